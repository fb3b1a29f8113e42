//! The lane out of Odoo of one backend: sends records one after the other, several workers beside each other on
//! different nodes. What a record holds is read right before it is sent, so of many changes the last one counts.

use std::sync::Arc;

use tokio::sync::watch;
use tracing::Instrument;

use super::lane::{Outcome, Place, Worker, each};
use super::runtime::Runtime;
use super::sessions::{Purpose, Sessions};
use super::stages::Stages;
use super::{outcome, shadow};
use crate::queue::backoff;
use crate::queue::breaker::Gate;
use crate::store::{Direction, Job, JobKind, Lane, Priority, Stage, Store, StoreError, Verdict, now_ms};
use crate::sync::{ExportOptions, ExportOutcome, PlannedChange, Session, SyncError};
use crate::telemetry;

/// Jobs that are claimed at once.
const AT_ONCE: u32 = 4;

/// The worker of a backend's lane out of Odoo.
pub(super) struct OutLane {
    place: Place,
    sessions: Sessions,
}

impl Worker for OutLane {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn turn(&mut self, stopping: &watch::Receiver<bool>) -> Result<(), StoreError> {
        while !*stopping.borrow() && self.place.has_due().await? {
            let gate = self.place.gate().await?;
            let most = match gate {
                Gate::Closed { .. } => return Ok(()),
                Gate::Probe => 1,
                Gate::Open => AT_ONCE,
            };
            let jobs = self.place.claim(most).await?;
            if jobs.is_empty() {
                return Ok(());
            }
            let stages = Stages::read(&self.place.store, &self.place.runtime, Direction::Out).await?;
            for job in &jobs {
                self.export(job, &stages).await?;
            }
        }
        Ok(())
    }
}

impl OutLane {
    pub(super) fn new(runtime: Arc<Runtime>, store: Store, node: &str) -> OutLane {
        let sessions = Sessions::new(Arc::clone(&runtime), store.clone(), Direction::Out);
        OutLane { place: Place::new(runtime, store, Lane::Out, node), sessions }
    }

    async fn export(&mut self, job: &Job, stages: &Stages) -> Result<(), StoreError> {
        let purpose = match stages.of(&job.entity) {
            Stage::Off => {
                let message = format!("the sync of {} out of Odoo is off", job.entity);
                return self.place.settle(each(&[job], || Verdict::Done { message: message.clone() })).await;
            }
            Stage::Shadow => Purpose::Shadow,
            Stage::Canary | Stage::On => Purpose::Write,
        };
        let session = match self.sessions.take(purpose, (&stages.canary(), &[]), None, None).await {
            Ok(session) => session,
            Err(error) => return self.set_back(job, &error).await,
        };
        let Job { backend, entity, record, correlation, .. } = job;
        let span = tracing::info_span!("export", backend, entity, record, correlation);
        telemetry::follow(&span, [correlation.as_str()]);
        let result = send(&session.session, job).instrument(span).await;
        if purpose == Purpose::Shadow && result.is_ok() {
            self.note(job, &session.session.planned()).await?;
        }
        self.sessions.give_back(purpose, session);
        match result {
            Ok(sent) => {
                self.place.answered().await?;
                let (job, verdict, details) = verdict(job, sent);
                if let Verdict::Dead { class: "transient" | "throttled", .. } = verdict {
                    // What should pass and did not has no dead letter yet.
                    outcome::bury(&self.place.store, job, &verdict).await?;
                }
                self.place.settle(vec![(job, verdict, details)]).await
            }
            Err(error) => self.set_back(job, &error).await,
        }
    }

    /// Records what would have been sent.
    async fn note(&self, job: &Job, planned: &[PlannedChange]) -> Result<(), StoreError> {
        let (store, backend) = (&self.place.store, self.place.runtime.name());
        let odoo_ids: Vec<i64> = job.record.parse().into_iter().collect();
        let linked = store.bindings_by_odoo_id(backend, &job.entity, &odoo_ids).await?;
        let name = match linked.into_values().next() {
            Some(binding) => binding.external_id,
            None => format!("odoo:{}", job.record),
        };
        let looked_at = [(job.entity.as_str(), name.as_str())].into_iter();
        shadow::note(store, backend, Direction::Out, planned, looked_at).await
    }

    /// Work stopped with an error that is not this record's.
    async fn set_back(&mut self, job: &Job, error: &SyncError) -> Result<(), StoreError> {
        self.sessions.forget_after(error);
        let verdict = match self.place.wait_out(error).await? {
            Some(at) => Verdict::Later { at, message: error.to_string() },
            None => outcome::failed(job, error),
        };
        outcome::bury(&self.place.store, job, &verdict).await?;
        self.place.settle(vec![(job, verdict, None)]).await
    }
}

async fn send(session: &Session, job: &Job) -> Result<Option<ExportOutcome>, SyncError> {
    debug_assert_eq!(job.kind, JobKind::Export);
    let odoo_id = job.record.parse().map_err(|_| {
        SyncError::Impossible(format!("{:?} is no id of an Odoo record; cancel this job", job.record))
    })?;
    // A human who retries wants it looked at again, whatever is known of it.
    let options = ExportOptions { force: job.priority == Priority::HUMAN, ..ExportOptions::default() };
    let outcomes = session.export_with(&job.entity, &[odoo_id], options).await?;
    Ok(outcomes.into_iter().next().map(|(_, outcome)| outcome))
}

fn verdict(job: &Job, outcome: Option<ExportOutcome>) -> Outcome<'_> {
    let details = outcome.as_ref().and_then(|outcome| serde_json::to_string(outcome).ok());
    let done = |message: String| Verdict::Done { message };
    let verdict = match outcome {
        None => done("Odoo has no such record any more".to_owned()),
        Some(ExportOutcome::Created { external_id }) => done(format!("created there as {external_id}")),
        Some(ExportOutcome::Updated { fields }) => done(format!("sent {}", fields.join(", "))),
        Some(ExportOutcome::Archived) => done("archived there".to_owned()),
        Some(ExportOutcome::Unchanged) => done("nothing to send".to_owned()),
        Some(ExportOutcome::Skipped { reason }) => done(format!("not sent: {reason}")),
        Some(ExportOutcome::Conflict { fields }) => {
            let message = format!("both sides changed {}; decide on the dead letter", fields.join(", "));
            Verdict::Dead { class: "conflict", message }
        }
        Some(ExportOutcome::Refused { after_ms: Some(after), message, .. }) => {
            Verdict::Later { at: now_ms() + after, message }
        }
        Some(ExportOutcome::Refused { class, message, after_ms: None }) => {
            let passes = ["transient", "throttled"].contains(&class);
            match backoff::next_try(job.failures + 1, None, &mut rand::rng()).filter(|_| passes) {
                Some(wait) => Verdict::Retry { at: now_ms() + wait, class, message },
                None => Verdict::Dead { class, message },
            }
        }
    };
    (job, verdict, details)
}
