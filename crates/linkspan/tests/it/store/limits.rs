//! Limits that several nodes share.

use std::time::Duration;

use linkspan::store::Store;

use super::{TestStore, on_both};

on_both!(nodes_together_take_no_more_than_the_limit, a_pause_holds_for_every_node);

const EVERY: Duration = Duration::from_secs(60);

async fn nodes_together_take_no_more_than_the_limit(test: &TestStore) {
    let other = Store::open(&test.url).await.unwrap();
    let nodes = [&test.store, &other];
    let slack = EVERY * 4;
    let takes = (0..20).map(|n| nodes[n % 2].take_token("limit", EVERY, slack));
    let waits = futures::future::try_join_all(takes).await.unwrap();
    let (taken, refused): (Vec<_>, Vec<_>) = waits.into_iter().partition(Option::is_none);
    assert_eq!((taken.len(), refused.len()), (5, 15), "a burst of five");
    assert!(
        refused.iter().flatten().all(|wait| *wait > EVERY / 2 && *wait <= EVERY + Duration::from_secs(5)),
        "{refused:?}"
    );
    assert_eq!(other.take_token("another", EVERY, slack).await.unwrap(), None);
}

async fn a_pause_holds_for_every_node(test: &TestStore) {
    let other = Store::open(&test.url).await.unwrap();
    test.store.pause_limit("limit", Duration::from_secs(30)).await.unwrap();
    test.store.pause_limit("limit", Duration::from_secs(5)).await.unwrap();
    let wait = other.take_token("limit", Duration::ZERO, Duration::ZERO).await.unwrap().unwrap();
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
}
