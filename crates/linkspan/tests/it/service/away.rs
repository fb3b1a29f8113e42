//! The store's server or Odoo goes away while webhooks come, orders are polled and records go out, and comes back. The
//! service goes on by itself: it is never restarted here.
//!
//! `LINKSPAN_SERVICE_OUTAGES` says how often (default 3).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::Served;
use super::soak::Soak;
use crate::support::postgres::Cluster;
use crate::support::relay::Relay;
use crate::support::world::{Plan, StoreKind, World};

fn outages() -> u64 {
    std::env::var("LINKSPAN_SERVICE_OUTAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_when_postgres_is_restarted() {
    let cluster = Arc::new(spawn_blocking(Cluster::start).await.unwrap());
    let mut world = World::start(Soak::plan()).await;
    world.keep_store_at(&cluster.url());
    let mut soak = Soak::start(world).await;
    let served = Served::start(&soak.world).await;
    for length in 0..outages() {
        let server = Arc::clone(&cluster);
        let outage = async move {
            sleep(Duration::from_millis(700)).await;
            let crashed = Arc::clone(&server);
            spawn_blocking(move || crashed.crash()).await.unwrap();
            sleep(Duration::from_millis(length * 700)).await;
            spawn_blocking(move || server.start_again()).await.unwrap();
        };
        tokio::join!(soak.live_for(&served, Duration::from_millis(2_500)), outage);
    }
    soak.end(&served).await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_while_odoo_is_down_sqlite() {
    odoo_down(StoreKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_while_odoo_is_down_postgres() {
    odoo_down(StoreKind::Postgres).await;
}

async fn odoo_down(store: StoreKind) {
    let world = World::start(Plan { store, ..Soak::plan() }).await;
    let mut relay = Relay::to(&world.odoo.url()).await;
    world.program.edit(&world.odoo.url(), &relay.url());
    let mut soak = Soak::start(world).await;
    let served = Served::start(&soak.world).await;
    for _ in 0..outages() {
        soak.live(&served).await;
        relay.cut().await;
        soak.live(&served).await;
        relay.mend().await;
    }
    soak.end(&served).await;
    assert!(served.stop().await.success());
}
