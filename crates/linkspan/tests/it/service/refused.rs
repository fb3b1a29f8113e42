//! Refused records are told by one alert for each backend and entity.

use linkspan::store::{Alert, BatchCommit, NewDeadLetter, RecordKey, Store};

use super::{SELDOM, Served, configure, until};
use crate::store::dead_letter;
use crate::support::world::{BACKEND, Plan, World};

fn orders(dead_letters: Vec<NewDeadLetter>, resolved: &[&str]) -> BatchCommit {
    BatchCommit {
        backend: BACKEND.to_owned(),
        entity: "order".to_owned(),
        dead_letters,
        resolved_dead_letters: resolved.iter().map(|id| (*id).to_owned()).collect(),
        ..BatchCommit::default()
    }
}

async fn alert(store: &Store, says: &str) -> Option<Alert> {
    let alerts = store.list_alerts(Some(BACKEND), 10).await.unwrap();
    alerts.into_iter().find(|alert| alert.name == "refused:shop1/order" && alert.message.contains(says))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_records_raise_one_alert_that_is_over_when_none_is_open() {
    let world = World::start(Plan::sized(1, 0, 0)).await;
    configure(&world, SELDOM);
    let store = world.store().await;
    let served = Served::start(&world).await;
    // What waits for another record goes on by itself most often, and is not told at once.
    let waits = NewDeadLetter {
        depends_on: Some(RecordKey { entity: "product".to_owned(), external_id: "9".to_owned() }),
        ..dead_letter("900")
    };
    store.commit_batch(orders(vec![waits, dead_letter("901")], &[])).await.unwrap();
    let first = until("the first is told", || alert(&store, "Refused records of order: 1.")).await;
    assert!(first.message.contains("`linkspan dead-letters list --backend shop1 --entity order`"));
    store.commit_batch(orders(vec![dead_letter("902"), dead_letter("903")], &[])).await.unwrap();
    let second = until("it counts on", || alert(&store, "Refused records of order: 3.")).await;
    assert_eq!(second.raised_at, first.raised_at, "it is the same alert");
    store.commit_batch(orders(Vec::new(), &["901", "902", "903"])).await.unwrap();
    until("it is over", || async { alert(&store, "").await.is_none().then_some(()) }).await;
    assert!(served.stop().await.success());
}
