//! The lane that keeps the other two going: webhooks that the external system is to send, changes that Odoo has.

use std::sync::Arc;

use tokio::sync::watch;

use super::lane::{Outcome, Place, Worker};
use super::outcome;
use super::runtime::Runtime;
use super::sessions::{Purpose, Sessions};
use super::stages::Stages;
use crate::definition::model::ErrorClass;
use crate::queue::breaker::{self, Gate};
use crate::store::{Direction, Job, JobKind, Lane, Store, StoreError, SubscriptionState, Verdict};
use crate::sync::{ChangeOptions, SyncError};
use crate::webhook::subscriptions::{SubscribeError, Wanted, ensure};

/// The worker of a backend's upkeep.
pub(super) struct Upkeep {
    place: Place,
    sessions: Sessions,
    /// Where external systems reach this service.
    public_url: Option<String>,
}

impl Upkeep {
    pub(super) fn new(runtime: Arc<Runtime>, store: Store, node: &str, public_url: Option<String>) -> Upkeep {
        let sessions = Sessions::new(Arc::clone(&runtime), store.clone(), Direction::Out);
        Upkeep { place: Place::new(runtime, store, Lane::Upkeep, node), sessions, public_url }
    }

    async fn work<'j>(&mut self, job: &'j Job) -> Result<Outcome<'j>, StoreError> {
        let done = match job.kind {
            JobKind::Subscriptions => self.subscribe().await?,
            JobKind::Changes => self.look_for_changes(job).await,
            other => Err(SyncError::Impossible(format!("{} is no upkeep", other.text()))),
        };
        Ok(match done {
            Ok(message) => (job, Verdict::Done { message }, None),
            Err(error) => {
                let system = self.place.runtime.system_of(&error);
                if matches!(error.class(), ErrorClass::Transient | ErrorClass::Ambiguous) {
                    breaker::failed(&self.place.store, &system, &error.to_string()).await?;
                }
                (job, outcome::failed(job, &error), None)
            }
        })
    }

    /// What changed in Odoo becomes export jobs, in the transaction that remembers how far was looked.
    async fn look_for_changes(&mut self, job: &Job) -> Result<String, SyncError> {
        let stages = Stages::read(&self.place.store, &self.place.runtime, Direction::Out).await?;
        // With the canary's filter, or what it leaves out would be found as changed again and again.
        let session = self.sessions.take(Purpose::Write, (&stages.canary(), &[]), None, None).await?;
        let options = ChangeOptions { full: job.over_all().is_some(), ..ChangeOptions::default() };
        let found = session.session.enqueue_changes(&job.entity, options).await;
        match &found {
            Ok(_) => self.sessions.give_back(Purpose::Write, session),
            Err(_) => self.sessions.forget(),
        }
        Ok(format!("{} records are to go out", found?))
    }

    async fn subscribe(&self) -> Result<Result<String, SyncError>, StoreError> {
        let backend = self.place.runtime.config();
        let (Some(webhooks), Some(public_url)) = (&backend.definition.webhooks, &self.public_url) else {
            return Ok(Ok("no webhooks are wanted: `public_url` under [service] is not set".to_owned()));
        };
        let secret = match backend.secret(webhooks.verify.secret()) {
            Ok(secret) => secret,
            Err(error) => return Ok(Err(SyncError::Config(error.to_string()))),
        };
        let wanted = Wanted {
            backend: &backend.name,
            public_url,
            entities: &backend.entities,
            secret: secret.as_ref(),
            renew_secret: false,
        };
        match ensure(self.place.runtime.adapter(), webhooks, &wanted, &self.place.store).await {
            Ok(rows) => {
                let active = rows.iter().filter(|row| row.state == SubscriptionState::Active).count();
                Ok(Ok(format!("{active} of {} subscriptions deliver", rows.len())))
            }
            Err(SubscribeError::Store(error)) => Err(error),
            Err(SubscribeError::Adapter(error)) => Ok(Err(error.into())),
            Err(error @ (SubscribeError::NotDescribed { .. } | SubscribeError::NoSecret { .. })) => {
                Ok(Ok(error.to_string()))
            }
        }
    }
}

impl Worker for Upkeep {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn turn(&mut self, stopping: &watch::Receiver<bool>) -> Result<(), StoreError> {
        while !*stopping.borrow() && self.place.has_due().await? {
            if matches!(self.place.gate().await?, Gate::Closed { .. }) {
                return Ok(());
            }
            let jobs = self.place.claim(1).await?;
            let Some(job) = jobs.first() else { return Ok(()) };
            let outcome = self.work(job).await?;
            self.place.settle(vec![outcome]).await?;
        }
        Ok(())
    }
}
