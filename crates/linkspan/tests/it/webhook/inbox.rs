//! What is stored, on both databases.

use linkspan::store::{
    BodyEncoding, DeliveryFilter, DeliveryState, NewAudit, NewDelivery, RecordKey, Replay,
};

use crate::store::{TestStore, on_both};

fn order(id: &str) -> RecordKey {
    RecordKey { entity: "order".to_owned(), external_id: id.to_owned() }
}

fn delivery(id: &str, record: &str) -> NewDelivery {
    NewDelivery {
        backend: "shop".to_owned(),
        delivery: Some(id.to_owned()),
        fingerprint: format!("f{id}"),
        topic: "order.updated".to_owned(),
        records: vec![order(record)],
        state: DeliveryState::Queued,
        message: None,
        headers: "{}".to_owned(),
        body: format!("{{\"id\":{record}}}"),
        body_encoding: BodyEncoding::Text,
        correlation: linkspan::store::correlation(),
        received_at: 1_000,
    }
}

async fn many_deliveries_are_one_step_and_repeats_are_told(test: &TestStore) {
    let store = &test.store;
    let first = [delivery("a", "1"), delivery("b", "1"), delivery("a", "1"), delivery("c", "2")];
    let new = store.receive(&first).await.unwrap();
    // Which of two equal ones counts as the first is the database's choice.
    assert_eq!((new[1], new[3], new.iter().filter(|new| **new).count()), (true, true, 3));
    let again = [delivery("c", "2"), delivery("d", "3")];
    assert_eq!(store.receive(&again).await.unwrap(), [false, true]);
    assert_eq!(super::deliveries(store).await.len(), 4);
    let mut records: Vec<String> = super::jobs(store).await.into_iter().map(|job| job.record).collect();
    records.sort();
    assert_eq!(records, ["1", "2", "3"], "one job for each record");
    assert!(store.receive(&[]).await.unwrap().is_empty());
}

async fn a_delivery_without_an_id_is_never_a_repeat(test: &TestStore) {
    let nameless = || NewDelivery { delivery: None, ..delivery("x", "1") };
    assert_eq!(test.store.receive(&[nameless(), nameless()]).await.unwrap(), [true, true]);
    assert_eq!(test.store.receive(&[nameless()]).await.unwrap(), [true]);
    assert_eq!(super::deliveries(&test.store).await.len(), 3);
}

async fn the_same_id_at_two_backends_is_two_deliveries(test: &TestStore) {
    let other = NewDelivery { backend: "other".to_owned(), ..delivery("a", "1") };
    assert_eq!(test.store.receive(&[delivery("a", "1"), other]).await.unwrap(), [true, true]);
}

async fn odd_text_is_kept_or_made_fit(test: &TestStore) {
    let odd = NewDelivery {
        topic: "a\u{0}b \u{1f600} \\u0000 \"'".to_owned(),
        body: "{\"x\":\"\\u0000 \\ud800 \u{2028}\"}".to_owned(),
        ..delivery("odd", "1")
    };
    assert_eq!(test.store.receive(std::slice::from_ref(&odd)).await.unwrap(), [true]);
    let stored = &super::deliveries(&test.store).await[0];
    assert_eq!(stored.topic, "a\u{fffd}b \u{1f600} \\u0000 \"'");
    assert_eq!(test.store.delivery(stored.id).await.unwrap().unwrap().body, odd.body);
}

async fn webhooks_are_found_by_what_they_are(test: &TestStore) {
    let store = &test.store;
    let ignored = NewDelivery {
        state: DeliveryState::Ignored,
        topic: "coupon.updated".to_owned(),
        records: Vec::new(),
        received_at: 5_000,
        ..delivery("b", "")
    };
    store.receive(&[delivery("a", "1"), ignored, delivery("c", "3")]).await.unwrap();
    let all = DeliveryFilter::default;
    for (filter, expected) in [
        (all(), 3),
        (DeliveryFilter { backend: Some("shop".to_owned()), ..all() }, 3),
        (DeliveryFilter { backend: Some("none".to_owned()), ..all() }, 0),
        (DeliveryFilter { topic: Some("coupon.updated".to_owned()), ..all() }, 1),
        (DeliveryFilter { record: Some("3".to_owned()), entity: Some("order".to_owned()), ..all() }, 1),
        (DeliveryFilter { state: Some("ignored".to_owned()), ..all() }, 1),
        (DeliveryFilter { limit: 2, ..all() }, 2),
    ] {
        assert_eq!(store.deliveries(filter.clone()).await.unwrap().len(), expected, "{filter:?}");
    }
    let page = store.deliveries(DeliveryFilter { limit: 2, ..all() }).await.unwrap();
    let next = DeliveryFilter { before_id: Some(page[1].id), ..all() };
    assert_eq!(store.deliveries(next).await.unwrap().len(), 1);
    let counts = store.inbox_counts(0).await.unwrap();
    assert_eq!((counts.len(), counts[0].queued, counts[0].ignored, counts[0].unreadable), (1, 2, 1, 0));
    assert_eq!(counts[0].last_received_at, 5_000);
}

async fn old_webhooks_are_forgotten_in_steps(test: &TestStore) {
    let store = &test.store;
    let old: Vec<NewDelivery> = (0..25).map(|n| delivery(&format!("old{n}"), "1")).collect();
    store.receive(&old).await.unwrap();
    store.receive(&[NewDelivery { received_at: 9_000, ..delivery("new", "1") }]).await.unwrap();
    assert_eq!(store.prune_deliveries(9_000, 20).await.unwrap(), 20);
    assert_eq!(store.prune_deliveries(9_000, 20).await.unwrap(), 5);
    assert_eq!(super::deliveries(store).await.len(), 1);
}

async fn what_is_kept_for_long_enough_is_forgotten(test: &TestStore) {
    let store = &test.store;
    let now = jiff::Timestamp::now().as_millisecond();
    let days = |days: i64| now - days * 86_400_000;
    let old = NewDelivery { received_at: days(31), ..delivery("old", "1") };
    store.receive(&[old, NewDelivery { received_at: days(29), ..delivery("young", "1") }]).await.unwrap();
    let forgotten = async { while super::deliveries(store).await.len() > 1 {} };
    tokio::select! {
        () = linkspan::webhook::inbox::forget_old(store.clone(), 30) => {}
        () = forgotten => {}
    }
    assert_eq!(super::deliveries(store).await[0].delivery.as_deref(), Some("young"));
}

async fn a_replay_makes_its_job_go_first(test: &TestStore) {
    let store = &test.store;
    store.receive(&[delivery("a", "1")]).await.unwrap();
    let id = super::deliveries(store).await[0].id;
    let replay = |id| Replay { id, records: vec![order("1")] };
    assert_eq!(
        store.replay_deliveries(&[replay(id), replay(id + 1)], &NewAudit::default()).await.unwrap(),
        1
    );
    let jobs = super::jobs(store).await;
    assert_eq!((jobs.len(), jobs[0].priority), (1, 1));
}

async fn a_delivery_of_several_records_is_found_by_each_and_replayed_whole(test: &TestStore) {
    let store = &test.store;
    let several = NewDelivery { records: vec![order("1"), order("2")], ..delivery("a", "0") };
    store.receive(&[several, delivery("b", "2")]).await.unwrap();
    let about = |record: &str, with_entity: bool| DeliveryFilter {
        entity: with_entity.then(|| "order".to_owned()),
        record: Some(record.to_owned()),
        ..DeliveryFilter::default()
    };
    for (filter, count) in
        [(about("1", true), 1), (about("2", true), 2), (about("2", false), 2), (about("3", true), 0)]
    {
        assert_eq!(store.deliveries(filter.clone()).await.unwrap().len(), count, "{filter:?}");
    }
    let id = store.deliveries(about("1", true)).await.unwrap()[0].id;
    let found = store.delivery(id).await.unwrap().unwrap();
    assert_eq!((found.record.as_str(), found.records), ("", vec![order("1"), order("2")]));
    let mut records: Vec<String> = super::jobs(store).await.into_iter().map(|job| job.record).collect();
    records.sort();
    assert_eq!(records, ["1", "2"]);
    let replay = Replay { id, records: vec![order("2"), order("3")] };
    assert_eq!(store.replay_deliveries(&[replay], &NewAudit::default()).await.unwrap(), 1);
    let first = super::jobs(store).await.into_iter().filter(|job| job.priority == 1).count();
    assert_eq!(first, 2);
    assert_eq!(store.prune_deliveries(i64::MAX, 10).await.unwrap(), 2);
    assert!(store.deliveries(about("1", true)).await.unwrap().is_empty());
}

on_both!(
    a_delivery_of_several_records_is_found_by_each_and_replayed_whole,
    many_deliveries_are_one_step_and_repeats_are_told,
    a_delivery_without_an_id_is_never_a_repeat,
    the_same_id_at_two_backends_is_two_deliveries,
    odd_text_is_kept_or_made_fit,
    webhooks_are_found_by_what_they_are,
    old_webhooks_are_forgotten_in_steps,
    what_is_kept_for_long_enough_is_forgotten,
    a_replay_makes_its_job_go_first,
);
