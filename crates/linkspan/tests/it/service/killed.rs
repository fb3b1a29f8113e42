//! `kill -9` of the whole service at random moments, while webhooks come, orders are polled and records go out.
//!
//! `LINKSPAN_SERVICE_KILLS` says how many kills there are on each database (default 8): `cargo xtask soak` asks for 1,000.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::Served;
use super::soak::Soak;
use crate::support::world::{Plan, StoreKind, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_whatever_is_killed_sqlite() {
    kill(StoreKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_whatever_is_killed_postgres() {
    kill(StoreKind::Postgres).await;
}

fn kills() -> usize {
    std::env::var("LINKSPAN_SERVICE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

async fn kill(store: StoreKind) {
    println!("{store:?}, {} kills", kills());
    let mut soak = Soak::start(World::start(Plan { store, ..Soak::plan() }).await).await;
    for _ in 0..kills() {
        let served = Served::start(&soak.world).await;
        soak.live(&served).await;
        served.kill().await;
    }
    let served = Served::start(&soak.world).await;
    soak.end(&served).await;
    assert!(served.stop().await.success());
}
