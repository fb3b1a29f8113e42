//! The same webhooks again and again, in any order, by many senders.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::{EventFilter, JobFilter};
use sandbox::shop::Kind;

use super::{SECRET, SELDOM, Served, configure, take_webhooks, until};
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, StoreKind, World};
use crate::webhook::deliveries;
use crate::webhook::storm::{RECORDS, TIMES, WEBHOOKS, send, signed};

async fn storm(store: StoreKind, times: usize) {
    let mut world = World::start(Plan { store, ..Plan::sized(RECORDS, 0, 0) }).await;
    configure(&world, SELDOM);
    take_webhooks(&mut world.program, BACKEND);
    let served = Served::start(&world).await;
    until("the shop is imported", || async { disagreements(&world).await.is_empty().then_some(()) }).await;
    let products = world.shop.ids(Kind::Product);
    for id in &products {
        world.edit(Kind::Product, *id, |product| product["name"] = format!("After {id}").into());
    }
    let request = |number: usize| {
        let body = format!(r#"{{"id":{},"n":{number}}}"#, products[number % products.len()]);
        let path = format!("/webhooks/{BACKEND}");
        signed(&path, SECRET, "product.updated", &format!("d{number}"), &body)
    };
    let requests = (0..WEBHOOKS).map(request).collect();
    send(served.url.trim_start_matches("http://"), requests, times).await;
    let store = world.store().await;
    until("no record waits", || async {
        let jobs = store.list_jobs(JobFilter::default()).await.unwrap();
        jobs.iter().all(|view| view.job.record.is_empty()).then_some(())
    })
    .await;
    assert!(disagreements(&world).await.is_empty());
    assert_eq!(deliveries(&store).await.len(), WEBHOOKS);
    for id in &products {
        let filter = EventFilter { record: Some(id.to_string()), ..EventFilter::default() };
        let events = store.list_events(filter).await.unwrap();
        let written = events.iter().filter(|event| event.message.starts_with("updated")).count();
        assert_eq!(written, 1, "product {id}: {events:#?}");
    }
    println!(
        "ok {} webhooks, {WEBHOOKS} of them different: {RECORDS} records written once each",
        WEBHOOKS * times
    );
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_repeated_webhooks_ends_in_the_shops_true_state_with_one_effect_each() {
    storm(StoreKind::Sqlite, TIMES / 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes without optimization; `cargo xtask soak` runs it"]
async fn the_whole_storm_ends_in_the_shops_true_state_with_one_effect_each_sqlite() {
    storm(StoreKind::Sqlite, TIMES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes without optimization; `cargo xtask soak` runs it"]
async fn the_whole_storm_ends_in_the_shops_true_state_with_one_effect_each_postgres() {
    storm(StoreKind::Postgres, TIMES).await;
}
