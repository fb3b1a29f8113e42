//! A shop switches webhooks off that nobody took, so a service that was away looks after them when it starts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;

use super::{SELDOM, Served, configure, take_webhooks, until};
use crate::support::world::{BACKEND, Plan, World};
use crate::webhook::client;

/// The status of the shop's first webhook.
async fn status(world: &World) -> Option<String> {
    let url = format!("{}/wp-json/wc/v3/webhooks/1", world.shop.url());
    let answer = client().get(url).basic_auth("ck_sandbox", Some("cs_sandbox")).send().await.unwrap();
    let webhook: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    webhook["status"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_were_switched_off_while_the_service_was_away_are_switched_on_at_its_start() {
    let mut world = World::start(Plan::sized(1, 0, 0)).await;
    configure(&world, SELDOM);
    take_webhooks(&mut world.program, BACKEND);
    world.program.edit("[store]", "[service]\npublic_url = \"http://127.0.0.1:1\"\n\n[store]");
    let is_active = || async { (status(&world).await.as_deref() == Some("active")).then_some(()) };
    let served = Served::start(&world).await;
    until("the shop is subscribed to", is_active).await;
    // It ends what it has begun.
    assert!(served.stop().await.success());
    assert!(world.shop.shop().set_webhook_status(1, "disabled"));
    let served = Served::start(&world).await;
    until("it is switched on again", is_active).await;
    assert!(served.stop().await.success());
}
