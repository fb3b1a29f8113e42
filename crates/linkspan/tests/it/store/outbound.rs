//! What exports leave in the store: what both sides hold, intents, dead letters of their own.

use std::collections::BTreeMap;

use linkspan::store::{
    Base, BatchCommit, DeadLetterFilter, DeadLetterKind, DeadLetterState, Intent, JobFilter, JobKind, NewJob,
    Outbound, Sent,
};
use serde_json::{Value, json};

use super::{TestStore, batch, binding, dead_letter, on_both};

on_both!(
    what_both_sides_hold_comes_back_as_it_was_stored,
    of_two_creators_only_one_creates,
    a_finished_create_leaves_no_intent,
    a_record_has_a_dead_letter_for_each_direction,
    a_search_and_its_jobs_are_stored_together,
);

fn outbound(external_id: &str, name: &str) -> Outbound {
    let base = Base::of(json!(name), Value::Null);
    Outbound {
        external_id: external_id.to_owned(),
        base: BTreeMap::from([
            ("name".to_owned(), base),
            ("a\u{0}b".to_owned(), Base::of(json!([1]), json!("00"))),
        ]),
        fingerprint: "f".to_owned(),
    }
}

async fn what_both_sides_hold_comes_back_as_it_was_stored(test: &TestStore) {
    let (first, second) = (outbound("1", "Lamp \"x\""), outbound("odoo:7", "مصباح"));
    let commit = BatchCommit { outbound: vec![first.clone(), second.clone()], ..batch(Vec::new()) };
    test.store.commit_batch(commit).await.unwrap();
    let found = test.store.outbound("shop", "product", &["1", "odoo:7", "none"]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found["1"].base["name"], first.base["name"]);
    assert_eq!(
        (&found["odoo:7"].fingerprint, found["odoo:7"].base["name"].odoo == json!("مصباح")),
        (&"f".to_owned(), true)
    );
    let changed = Outbound { fingerprint: String::new(), ..outbound("1", "Other") };
    let commit = BatchCommit {
        outbound: vec![outbound("1", "not this"), changed.clone()],
        forgotten: vec!["odoo:7".to_owned()],
        ..batch(Vec::new())
    };
    test.store.commit_batch(commit).await.unwrap();
    let found = test.store.outbound("shop", "product", &["1", "odoo:7"]).await.unwrap();
    assert_eq!((found.len(), &found["1"].base["name"]), (1, &changed.base["name"]));
    assert!(test.store.outbound("other", "product", &["1"]).await.unwrap().is_empty());
}

fn intent(odoo_id: i64) -> Intent {
    Intent { odoo_id, ..Intent::default() }
}

async fn of_two_creators_only_one_creates(test: &TestStore) {
    let sent = Sent { record: json!({ "name": "Lamp\u{0}" }), key: "a key".to_owned(), at: 5 };
    let first = Intent { look_up: Some("SKU".to_owned()), created_at: 5, sent: Some(sent), ..intent(7) };
    let again = Intent { created_at: 6, ..first.clone() };
    let begin = async |before: Option<&Intent>| {
        let intent = if before.is_none() { &first } else { &again };
        test.store.begin_create("shop", "product", intent, before).await
    };
    assert!(begin(None).await.unwrap());
    assert!(!begin(None).await.unwrap());
    let intent = test.store.intent("shop", "product", 7).await.unwrap().unwrap();
    assert_eq!(intent, first);
    // Once more after the same lost answer: again only one.
    let mut stale = intent.clone();
    stale.created_at -= 1;
    assert!(!begin(Some(&stale)).await.unwrap());
    assert!(begin(Some(&intent)).await.unwrap());
    assert!(!begin(Some(&intent)).await.unwrap());
    test.store.note_created("shop", "product", 7, "99").await.unwrap();
    let made = test.store.intent("shop", "product", 7).await.unwrap().unwrap();
    assert_eq!(made.external_id.as_deref(), Some("99"));
    // What is made is not made again.
    assert!(!begin(Some(&made)).await.unwrap());
    assert_eq!(test.store.intents("shop", "product").await.unwrap(), [made]);
}

async fn a_finished_create_leaves_no_intent(test: &TestStore) {
    for odoo_id in [7, 8] {
        assert!(test.store.begin_create("shop", "product", &intent(odoo_id), None).await.unwrap());
    }
    let commit = BatchCommit { settled_intents: vec![7], ..batch(vec![binding("99", 7)]) };
    test.store.commit_batch(commit).await.unwrap();
    assert_eq!(test.store.intent("shop", "product", 7).await.unwrap(), None);
    test.store.drop_intent("shop", "product", 8).await.unwrap();
    assert!(test.store.intents("shop", "product").await.unwrap().is_empty());
}

async fn a_record_has_a_dead_letter_for_each_direction(test: &TestStore) {
    for kind in [DeadLetterKind::Import, DeadLetterKind::Export, DeadLetterKind::Export] {
        let commit = BatchCommit { kind, dead_letters: vec![dead_letter("1")], ..batch(Vec::new()) };
        test.store.commit_batch(commit).await.unwrap();
    }
    let open = || async {
        let filter = DeadLetterFilter { state: Some(DeadLetterState::Open), ..DeadLetterFilter::default() };
        let letters = test.store.list_dead_letters(filter).await.unwrap();
        letters.into_iter().map(|letter| (letter.kind, letter.attempts)).collect::<Vec<_>>()
    };
    assert_eq!(open().await, [("export".to_owned(), 2), ("import".to_owned(), 1)]);
    // An import that goes through says nothing of the way out.
    let commit = BatchCommit { resolved_dead_letters: vec!["1".to_owned()], ..batch(Vec::new()) };
    test.store.commit_batch(commit).await.unwrap();
    assert_eq!(open().await, [("export".to_owned(), 2)]);
    assert!(!test.store.has_dismissed_dead_letters("shop", "product").await.unwrap());
}

async fn a_search_and_its_jobs_are_stored_together(test: &TestStore) {
    let job = NewJob::new("shop", JobKind::Export, "product", "7");
    let commit = BatchCommit { jobs: vec![job.clone(), job], ..batch(Vec::new()) };
    test.store.commit_batch(commit).await.unwrap();
    let jobs = test.store.list_jobs(JobFilter::default()).await.unwrap();
    assert_eq!(jobs.iter().map(|view| view.job.record.as_str()).collect::<Vec<_>>(), ["7"]);
}
