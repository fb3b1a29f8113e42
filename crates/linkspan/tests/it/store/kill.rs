//! `kill -9` at random moments: a batch is there whole, or not at all, and what was acknowledged stays.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use linkspan::store::{BatchCommit, Binding, Checkpoint, DeadLetterFilter, NewDeadLetter, Store};
use rand::Rng as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::{TestStore, batch, binding, dead_letter, on_both};

/// Tells the child which store to write to until it is killed.
const STORE_VARIABLE: &str = "LINKSPAN_TEST_KILLED_STORE";
const KILLS: usize = 12;
const RECORDS: i64 = 200;

on_both!(a_killed_writer_leaves_whole_batches);

async fn a_killed_writer_leaves_whole_batches(test: &TestStore) {
    let mut last = 0;
    for _ in 0..KILLS {
        let acknowledged = write_until_killed(&test.url).await;
        assert!(acknowledged > last, "the writer went on from {last} and came to {acknowledged}");
        last = whole_round(&Store::open(&test.url).await.unwrap()).await;
        // The one that was under way may have been committed without its writer hearing of it.
        assert!(last == acknowledged || last == acknowledged + 1, "{acknowledged} became {last}");
    }
}

/// Runs a writer, kills it some time after its first batches, and gives the last round it knows of.
async fn write_until_killed(url: &str) -> i64 {
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", &format!("{module}::a_writer_goes_on_from_the_last_round")])
        .env(STORE_VARIABLE, url)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let round = |line: &str| line.rsplit_once("round ").and_then(|(_, number)| number.parse().ok());
    let mut last = 0;
    while last == 0 {
        last = lines.next_line().await.unwrap().as_deref().and_then(round).unwrap_or(0);
    }
    let moment = Duration::from_micros(rand::rng().random_range(0..60_000));
    let until_then = async {
        while let Ok(Some(line)) = lines.next_line().await {
            last = round(&line).unwrap_or(last);
        }
    };
    tokio::time::timeout(moment, until_then).await.unwrap_err();
    child.kill().await.unwrap();
    // What it said before it died counts too.
    while let Ok(Some(line)) = lines.next_line().await {
        last = round(&line).unwrap_or(last);
    }
    last
}

/// The round that everything in the store belongs to; fails when it is not the same everywhere.
async fn whole_round(store: &Store) -> i64 {
    // A killed client's last statement may still run in the server; this waits for its lock.
    store.begin_writes("shop", "product", "product.product", &[]).await.unwrap();
    let since = store.checkpoint("shop", "product").await.unwrap().unwrap().since.unwrap();
    let ids: Vec<String> = (0..RECORDS).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let bound = store.bindings("shop", "product", &ids).await.unwrap();
    assert_eq!(bound.len(), ids.len());
    for binding in bound.values() {
        assert_eq!(binding.version.as_ref(), Some(&since), "{binding:?}");
    }
    let letters = store.list_dead_letters(DeadLetterFilter::default()).await.unwrap();
    let [letter] = letters.as_slice() else { panic!("one dead letter expected: {letters:?}") };
    let round = since.parse().unwrap();
    assert_eq!((letter.version.as_ref(), letter.attempts), (Some(&since), round));
    round
}

fn round_batch(round: i64) -> BatchCommit {
    let version = Some(round.to_string());
    let product = |id: i64| Binding { version: version.clone(), ..binding(&id.to_string(), id) };
    BatchCommit {
        dead_letters: vec![NewDeadLetter { version: version.clone(), ..dead_letter("refused") }],
        checkpoint: Some(Checkpoint {
            backend: "shop".to_owned(),
            entity: "product".to_owned(),
            since: version.clone(),
            ..Checkpoint::default()
        }),
        ..batch((0..RECORDS).map(product).collect())
    }
}

/// As the child of the tests above it writes until it is killed, otherwise three rounds.
#[tokio::test]
async fn a_writer_goes_on_from_the_last_round() {
    let (url, rounds, _folder) = match std::env::var(STORE_VARIABLE) {
        Ok(url) => (url, i64::MAX, None),
        Err(_) => {
            let test = TestStore::sqlite().await;
            (test.url.clone(), 3, Some(test))
        }
    };
    let store = Store::open(&url).await.unwrap();
    let checkpoint = store.checkpoint("shop", "product").await.unwrap();
    let done: i64 =
        checkpoint.and_then(|checkpoint| checkpoint.since).map_or(0, |since| since.parse().unwrap());
    for round in done + 1..=done.saturating_add(rounds) {
        assert_eq!(store.commit_batch(round_batch(round)).await.unwrap(), []);
        writeln!(std::io::stdout(), "round {round}").unwrap();
    }
    assert_eq!(whole_round(&store).await, done + rounds);
}
