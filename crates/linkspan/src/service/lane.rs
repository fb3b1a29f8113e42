//! What the workers of all lanes do alike: look for jobs, claim them, say what came of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::node::LEASE_MS;
use super::runtime::Runtime;
use super::{stopped, tell};
use crate::definition::model::ErrorClass;
use crate::queue::breaker::{self, Gate};
use crate::store::{Claim, Job, Lane, Settled, Store, StoreError, Verdict, now_ms};
use crate::sync::{SyncError, class_text};

/// Looks for jobs at least so often; this process's own jobs wake it at once.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Wait after too many requests, when the other side does not say how long.
const THROTTLED: Duration = Duration::from_secs(10);

/// A job with what came of it, and what else there is to know as JSON.
pub(super) type Outcome<'j> = (&'j Job, Verdict, Option<String>);

/// A worker's place: backend, lane, node.
pub(super) struct Place {
    pub(super) runtime: Arc<Runtime>,
    pub(super) store: Store,
    lane: Lane,
    channel: String,
    worker: String,
}

impl Place {
    pub(super) fn new(runtime: Arc<Runtime>, store: Store, lane: Lane, node: &str) -> Place {
        let channel = lane.channel(runtime.name());
        Place { worker: format!("{node}/{channel}"), runtime, store, lane, channel }
    }

    /// Whether a job's time has come.
    pub(super) async fn has_due(&self) -> Result<bool, StoreError> {
        Ok(self.store.next_due(&self.channel).await?.is_some_and(|due| due <= now_ms()))
    }

    /// Whether both systems are to be asked.
    pub(super) async fn gate(&self) -> Result<Gate, StoreError> {
        breaker::gate(&self.store, &[&self.runtime.shop_system(), &self.runtime.odoo_system()]).await
    }

    /// Claims at most so many jobs.
    pub(super) async fn claim(&self, most: u32) -> Result<Vec<Job>, StoreError> {
        let claim = Claim {
            backend: self.runtime.name(),
            channel: &self.channel,
            default_capacity: self.lane.default_capacity(),
            most,
            worker: &self.worker,
            lease_ms: LEASE_MS,
            now: now_ms(),
        };
        self.store.claim_jobs(&claim).await
    }

    /// Stores and tells what came of jobs.
    pub(super) async fn settle(&self, outcomes: Vec<Outcome<'_>>) -> Result<(), StoreError> {
        for (job, verdict, _) in &outcomes {
            tell(job, verdict);
        }
        let settled: Vec<Settled<'_>> =
            outcomes.into_iter().map(|(job, verdict, details)| Settled { job, verdict, details }).collect();
        let late = self.store.settle_jobs(&self.worker, &settled).await?;
        if !late.is_empty() {
            tracing::warn!(?late, "these jobs were taken back while they ran; others do them again");
        }
        Ok(())
    }

    /// Gives back what it claimed and could not settle, because its store was away; gives how many jobs.
    async fn put_back(&self) -> Result<u64, StoreError> {
        self.store.take_back_of(&self.worker, now_ms()).await
    }

    /// Both systems answered. As long as neither had a failure that costs no write.
    pub(super) async fn answered(&self) -> Result<(), StoreError> {
        for system in [self.runtime.shop_system(), self.runtime.odoo_system()] {
            let failed = self.store.breaker(&system).await?.is_some_and(|breaker| breaker.failures > 0);
            if failed {
                // First, so that a node that dies here leaves no alert that nobody takes back.
                self.store.clear_alert(&system).await?;
                self.store.breaker_closed(&system).await?;
            }
        }
        Ok(())
    }

    /// What an error that stopped work means for the jobs that met it: the time until which they wait for a system or
    /// for another worker. `None`: it is theirs, and each has failed.
    pub(super) async fn wait_out(&self, error: &SyncError) -> Result<Option<i64>, StoreError> {
        if let SyncError::Impossible(_) = error {
            // Whether the systems answer was not seen.
            return Ok(None);
        }
        if self.is_its_own(error).await {
            self.answered().await?;
            return Ok(None);
        }
        let system = self.runtime.system_of(error);
        let message = error.to_string();
        match (error, error.class()) {
            (SyncError::Store(StoreError::LeaseLost { .. }) | SyncError::Busy(_), _) => {
                Ok(Some(now_ms() + 1_000))
            }
            (SyncError::Store(_), _) => Ok(Some(now_ms() + 5_000)),
            (_, ErrorClass::Throttled) => {
                let wait = error.retry_after().unwrap_or(THROTTLED).as_millis();
                Ok(Some(now_ms() + i64::try_from(wait).unwrap_or(i64::MAX / 2)))
            }
            (_, ErrorClass::Auth | ErrorClass::Config) => {
                let at = breaker::refused(&self.store, &system, &message).await?;
                self.store.raise_alert(&system, self.runtime.name(), &message).await?;
                Ok(Some(at))
            }
            (_, ErrorClass::Transient | ErrorClass::Ambiguous) => {
                tracing::warn!(system, class = class_text(error.class()), message, "no usable answer");
                let at = breaker::failed(&self.store, &system, &message).await?;
                if at.is_some() {
                    let message = format!(
                        "It does not answer, so its jobs wait and it is tried again by itself, more and more seldom: {message}"
                    );
                    self.store.raise_alert(&system, self.runtime.name(), &message).await?;
                }
                Ok(at)
            }
            _ => Ok(None),
        }
    }

    /// Whether an error is about what was asked, because the system answers whoever asks for something else: an id that it
    /// cannot read, a record that it breaks at, a right that the user lacks. Such a job must not stop the others.
    async fn is_its_own(&self, error: &SyncError) -> bool {
        match error {
            SyncError::Odoo(error) => error.class() == odoo_rpc::Class::Access,
            SyncError::External(error) if error.status.is_some() && error.class != ErrorClass::Throttled => {
                self.runtime.adapter().answers().await
            }
            _ => false,
        }
    }
}

/// The worker of a lane.
pub(super) trait Worker {
    /// Where it works.
    fn place(&self) -> &Place;

    /// Works as long as there is work, but not longer than its turn.
    fn turn(
        &mut self,
        stopping: &watch::Receiver<bool>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Works until it is told to stop.
pub(super) async fn run(mut worker: impl Worker, mut stopping: watch::Receiver<bool>) {
    let mut broke_off = false;
    while !*stopping.borrow() {
        let store = worker.place().store.clone();
        let woken = store.woken();
        let worked = turn(&mut worker, broke_off, &stopping).await;
        broke_off = worked.is_err();
        if let Err(error) = worked {
            tracing::error!(channel = worker.place().channel, %error, "the lane could not use its store");
        }
        tokio::select! {
            () = woken => {}
            () = sleep(LOOK_EVERY) => {}
            () = stopped(&mut stopping) => {}
        }
    }
}

/// One turn. The node keeps the claims of its workers alive, so what a turn that broke off left claimed is put back first:
/// it would run for ever otherwise.
async fn turn(
    worker: &mut impl Worker,
    broke_off: bool,
    stopping: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    if broke_off {
        let back = worker.place().put_back().await?;
        tracing::info!(channel = worker.place().channel, back, "the store is back; so are the jobs in work");
    }
    worker.turn(stopping).await
}

/// The same verdict for each job.
pub(super) fn each<'j>(jobs: &[&'j Job], verdict: impl Fn() -> Verdict) -> Vec<Outcome<'j>> {
    jobs.iter().map(|job| (*job, verdict(), None)).collect()
}
