//! A node among others: says that it is alive, keeps its claims, takes back those of nodes that are gone.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Service;
use crate::store::{Store, StoreError, now_ms};

/// How long a claim holds without a sign of life.
pub(super) const LEASE_MS: i64 = 60_000;
const BEAT: Duration = Duration::from_secs(10);
/// Nodes are shown for so long after their last sign of life.
const FORGET_MS: i64 = 3_600_000;
const KEEP_JOBS_MS: i64 = 7 * 86_400_000;
const KEEP_OTHERS_MS: i64 = 30 * 86_400_000;
/// In beats.
const ASK_AGAIN_EVERY: u64 = 6;
const PRUNE_EVERY: u64 = 360;
const TRIES: u32 = 10;
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// `host:process id`
pub(super) fn name() -> String {
    crate::sync::holder()
}

/// The first sign of life. Claims of processes of this machine that no longer run are taken back at once.
pub(super) async fn start(service: &Service) -> Result<(), StoreError> {
    let store = &service.store;
    for worker in store.workers().await? {
        let process = worker.split('/').next().unwrap_or_default();
        if crate::sync::is_gone(process) || process == service.name {
            let back = take_back(store, &worker).await?;
            tracing::info!(worker, back, "took back the jobs of a worker that is gone");
        }
    }
    store.node_alive(&service.name, service.role, false).await
}

/// PostgreSQL may still be ending what the killed process had begun, or take in a webhook for the same record at the same
/// moment, and then refuses this.
async fn take_back(store: &Store, worker: &str) -> Result<u64, StoreError> {
    for _ in 0..TRIES {
        match store.take_back_of(worker, now_ms()).await {
            Err(error) => tracing::warn!(%error, worker, "its jobs are taken back in a moment"),
            done => return done,
        }
        sleep(TRY_AGAIN).await;
    }
    store.take_back_of(worker, now_ms()).await
}

/// Signs of life, until it is stopped. One that could not be written leaves its reason in `trouble`.
pub(super) async fn beat(
    store: Store,
    name: String,
    role: &'static str,
    stopping: watch::Receiver<bool>,
    trouble: watch::Sender<Option<String>>,
) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for count in 0_u64.. {
        ticks.tick().await;
        let draining = *stopping.borrow();
        let beaten = beat_once(&store, &name, role, draining, count).await;
        if let Err(error) = &beaten {
            tracing::warn!(%error, "the node could not say that it is alive");
        }
        trouble.send_replace(beaten.err().map(|error| error.to_string()));
    }
}

async fn beat_once(
    store: &Store,
    name: &str,
    role: &str,
    draining: bool,
    count: u64,
) -> Result<(), StoreError> {
    let now = now_ms();
    store.node_alive(name, role, draining).await?;
    store.keep_claims(name, now + LEASE_MS).await?;
    let back = store.take_back_jobs(now).await?;
    if back > 0 {
        tracing::warn!(back, "took back jobs of workers that gave no sign of life");
    }
    if count.is_multiple_of(ASK_AGAIN_EVERY) {
        store.try_waiting_again(now).await?;
    }
    if count.is_multiple_of(PRUNE_EVERY) {
        store.forget_nodes("", now - FORGET_MS).await?;
        store.prune_history(now - KEEP_JOBS_MS, now - KEEP_OTHERS_MS).await?;
    }
    Ok(())
}
