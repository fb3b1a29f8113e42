//! The store's server, room on the store's disk, or Odoo goes away while webhooks come, orders are polled and records go
//! out, and comes back. The service goes on by itself: it is never restarted here.
//!
//! `LINKSPAN_SERVICE_OUTAGES` says how often (default 3).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::soak::Soak;
use super::{Served, until};
use crate::support::postgres::Cluster;
use crate::support::program::LINKSPAN;
use crate::support::relay::Relay;
use crate::support::world::{BACKEND, Plan, StoreKind, World};

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

/// The kernel refuses every write beyond a size, as on a full disk; `prlimit` takes room from a process that runs and
/// gives it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_while_the_disk_is_full() {
    let world = World::start(Soak::plan()).await;
    let mut soak = Soak::start(world).await;
    let mut shell = Command::new("sh");
    // A write that is too much is an error and not the end.
    shell.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh", LINKSPAN, "serve", "--listen", "127.0.0.1:0"]);
    let served = Served::by(soak.world.program.at_home(shell)).await;
    let process = served.child.id().unwrap().to_string();
    for kibibytes in [4, 200, 1_000].into_iter().cycle().take(usize::try_from(outages()).unwrap()) {
        soak.live(&served).await;
        room(&process, &(kibibytes * 1_024).to_string());
        soak.live_for(&served, Duration::from_secs(2)).await;
        if kibibytes == 4 {
            assert!(
                !served.deliver(BACKEND, "product.updated", "on a full disk", 1).await,
                "the disk is not full"
            );
            until("monitoring is told", || async { is_unready(&served).await.then_some(()) }).await;
        }
        room(&process, "unlimited");
    }
    soak.end(&served).await;
    until("it is ready again", || async { (served.get("/ready").await.0 == 200).then_some(()) }).await;
    assert!(served.stop().await.success());
}

async fn is_unready(served: &Served) -> bool {
    let (status, said) = served.get("/ready").await;
    status == 503 && said.contains("the store could not")
}

fn room(process: &str, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    let set = std::process::Command::new("prlimit").args(["--pid", process, &limit]).status().unwrap();
    assert!(set.success());
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
