//! Alerts that nobody would take back any more are taken back when the service starts.

use super::{SELDOM, Served, configure, take_webhooks};
use crate::support::world::{BACKEND, Plan, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_takes_back_alerts_of_what_is_mended_or_not_configured_any_more() {
    let mut world = World::start(Plan::sized(1, 0, 0)).await;
    configure(&world, SELDOM);
    take_webhooks(&mut world.program, BACKEND);
    let store = world.store().await;
    let stale = [
        ("webhooks:shop1", BACKEND),
        ("backend:shop1", BACKEND),
        ("poll shop1 pricelist", BACKEND),
        ("held:shop1/pricelist", BACKEND),
        ("odoo:before", BACKEND),
        // `public_url` is not set, so nobody looks after subscriptions.
        ("subscription:shop1/order.updated", BACKEND),
        ("shop:closed", "closed"),
        ("held:closed/product", "closed"),
    ];
    let kept = [("held:shop1/product", BACKEND), ("signatures:shop1", BACKEND)];
    for (name, backend) in stale.into_iter().chain(kept) {
        store.raise_alert(name, backend, "It was wrong.").await.unwrap();
    }
    let served = Served::start(&world).await;
    let mut left: Vec<String> =
        store.list_alerts(None, 100).await.unwrap().into_iter().map(|alert| alert.name).collect();
    left.sort();
    assert_eq!(left, kept.map(|(name, _)| name));
    let status = world.run(&["webhooks", "status"]).await.ended(1);
    status.said(&["shop1: It was wrong."]);
    world.run(&["doctor", "--offline"]).await.ended(1).said(&["alert: It was wrong."]);
    assert!(served.stop().await.success());
}
