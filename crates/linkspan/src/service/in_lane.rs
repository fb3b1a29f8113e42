//! The lane into Odoo of one backend: takes import jobs in batches, walks lists in slices.
//!
//! One node at a time works a backend's lane, under the same lease as `linkspan sync`. That makes a batch of many jobs
//! one list request and one `load`, and no two writers ever meet at a record. Between two batches the lane is free for
//! others every few seconds, so webhooks do not wait for a first import.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::Instrument;

use super::lane::{Place, Worker, each};
use super::runtime::Runtime;
use super::sessions::{Purpose, Sessions};
use super::stages::Stages;
use super::{deciding, outcome};
use crate::definition::model::ErrorClass;
use crate::queue::breaker::Gate;
use crate::store::{
    Direction, Job, JobKind, Lane, Lease, NewJob, RolloutKey, Run, Stage, Store, StoreError, Verdict, now_ms,
};
use crate::sync::{
    Action, Counts, Entry, ImportOptions, LeaseGuard, Session, SyncError, Walked, import_order,
};
use crate::telemetry;

/// The lane is given back after so long, so that other nodes and commands come to their turn.
const TURN: Duration = Duration::from_secs(10);
/// A walk pauses after so long, so that webhooks need not wait for its end.
const SLICE: Duration = Duration::from_secs(5);
/// A batch shall take about so long in Odoo; slower ones become smaller.
const BATCH: Duration = Duration::from_secs(5);
/// Jobs that this lane takes at once to begin with.
pub const FIRST_BATCH: u32 = 100;
/// Most jobs that this lane takes at once.
pub const LARGEST_BATCH: u32 = 500;
/// Failures in a row after which people are told of a list that may be readable again by itself.
const TOLD_AFTER: i64 = 3;

/// The worker of a backend's lane into Odoo.
pub(super) struct InLane {
    place: Place,
    sessions: Sessions,
    /// All entities, what others refer to first.
    order: Arc<[String]>,
    batch: u32,
    /// A lease that could not be given back, because the store was away.
    kept: Option<LeaseGuard>,
}

impl Worker for InLane {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn turn(&mut self, stopping: &watch::Receiver<bool>) -> Result<(), StoreError> {
        if !self.place.has_due().await? {
            return Ok(());
        }
        let gate = self.place.gate().await?;
        if matches!(gate, Gate::Closed { .. }) {
            return Ok(());
        }
        let guard = match self.acquire().await {
            Ok(guard) => guard,
            Err(SyncError::Store(error)) => return Err(error),
            // Another node, or a command.
            Err(_) => return Ok(()),
        };
        let worked = self.work(&guard.lease(), gate == Gate::Probe, stopping).await;
        if let Err(error) = guard.release().await {
            tracing::warn!(%error, "the lane could not be given back; it is kept for the next turn");
            self.kept = Some(guard);
        }
        worked
    }
}

impl InLane {
    pub(super) fn new(runtime: Arc<Runtime>, store: Store, node: &str) -> InLane {
        let sessions = Sessions::new(Arc::clone(&runtime), store.clone(), Direction::In);
        let entities: Vec<String> = runtime.opened.definition.entities.keys().cloned().collect();
        let mut order = import_order(&runtime.opened.definition, &entities);
        order.extend(entities.into_iter().filter(|name| !order.contains(name)).collect::<Vec<_>>());
        let order = order.into();
        InLane {
            place: Place::new(runtime, store, Lane::In, node),
            sessions,
            order,
            batch: FIRST_BATCH,
            kept: None,
        }
    }

    async fn acquire(&mut self) -> Result<LeaseGuard, SyncError> {
        match self.kept.take() {
            Some(guard) => Ok(guard),
            None => LeaseGuard::acquire(&self.place.store, self.place.runtime.name()).await,
        }
    }

    async fn work(
        &mut self,
        lease: &Lease,
        probe: bool,
        stopping: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let end = Instant::now() + TURN;
        let mut most = if probe { 1 } else { self.batch };
        while !*stopping.borrow() && Instant::now() < end {
            let jobs = self.place.claim(most).await?;
            if jobs.is_empty() {
                break;
            }
            let (began, batch) = (Instant::now(), self.batch);
            self.process(&jobs, lease, stopping).await?;
            if !matches!(self.place.gate().await?, Gate::Open) {
                break;
            }
            if self.batch == batch {
                self.adapt(jobs.len(), began.elapsed());
            }
            most = self.batch;
        }
        Ok(())
    }

    /// An Odoo that gets slow is given less at a time.
    fn adapt(&mut self, jobs: usize, took: Duration) {
        if took > BATCH {
            self.batch = (self.batch / 2).max(1);
        } else if jobs as u32 >= self.batch && took < BATCH / 2 {
            self.batch = (self.batch * 2).min(LARGEST_BATCH);
        }
    }

    /// Does claimed jobs: records of an entity together, what others refer to first, walks last. What is not begun when the
    /// node is told to stop is given back.
    async fn process(
        &mut self,
        jobs: &[Job],
        lease: &Lease,
        stopping: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let stages = Stages::read(&self.place.store, &self.place.runtime, Direction::In).await?;
        let order = self.order.clone();
        let of = |kind: JobKind, entity: &str| -> Vec<&Job> {
            jobs.iter().filter(|job| job.kind == kind && job.entity == entity).collect()
        };
        let alone = [JobKind::Decision, JobKind::Retry, JobKind::Poll].into_iter().flat_map(|kind| {
            order.iter().flat_map(move |entity| of(kind, entity)).map(|job| vec![job]).collect::<Vec<_>>()
        });
        let groups = order.iter().map(|entity| of(JobKind::Import, entity)).chain(alone);
        for group in groups.collect::<Vec<_>>() {
            if *stopping.borrow() {
                let back = || Verdict::Later {
                    at: now_ms(),
                    message: "its node stopped before it began".to_owned(),
                };
                self.place.settle(each(&group, back)).await?;
            } else {
                self.group(&group, lease, &stages).await?;
            }
        }
        let strangers = jobs.iter().filter(|job| !order.contains(&job.entity)).map(|job| {
            let message = format!("the definition of {} has no entity {}", job.backend, job.entity);
            (job, Verdict::Dead { class: "config", message }, None)
        });
        self.place.settle(strangers.collect()).await
    }

    /// Does jobs of one kind and entity, and settles them.
    async fn group(&mut self, jobs: &[&Job], lease: &Lease, stages: &Stages) -> Result<(), StoreError> {
        let Some(first) = jobs.first() else { return Ok(()) };
        let stage = match first.kind {
            JobKind::Decision => match deciding::obstacle(&self.place, first, stages).await? {
                Some(verdict) => return self.place.settle(vec![(first, verdict, None)]).await,
                None => Stage::On,
            },
            _ => stages.of(&first.entity),
        };
        if stage == Stage::Off {
            let message = format!("the sync of {} into Odoo is off", first.entity);
            return self.place.settle(each(jobs, || Verdict::Done { message: message.clone() })).await;
        }
        let purpose = if stage == Stage::Shadow { Purpose::Shadow } else { Purpose::Write };
        let limit = (first.kind == JobKind::Poll).then(|| stages.change_limit(&first.entity)).flatten();
        let definition = &self.place.runtime.opened.definition;
        let unwritten = if purpose == Purpose::Write { stages.unwritten(definition) } else { Vec::new() };
        let canary = stages.canary();
        let session = match self.sessions.take(purpose, (&canary, &unwritten), Some(lease), limit).await {
            Ok(session) => session,
            Err(error) => return self.set_back(jobs, stages, &error).await,
        };
        let began = Instant::now();
        let span = tracing::info_span!(
            "jobs",
            backend = first.backend,
            kind = first.kind.text(),
            entity = first.entity,
            jobs = jobs.len(),
            correlation = first.correlation,
        );
        telemetry::follow(&span, jobs.iter().map(|job| job.correlation.as_str()));
        let result = do_jobs(&session.session, &self.place.store, jobs).instrument(span).await;
        let labels = [("backend", first.backend.clone()), ("kind", first.kind.text().to_owned())];
        metrics::histogram!("linkspan_work_seconds", &labels).record(began.elapsed().as_secs_f64());
        let entries = session.session.entries();
        if purpose == Purpose::Shadow {
            super::shadow::note(
                &self.place.store,
                self.place.runtime.name(),
                Direction::In,
                &session.session.planned(),
                entries.iter().map(|entry| (entry.entity.as_str(), entry.external_id.as_str())),
            )
            .await?;
        }
        self.after(&session.session, stages, &entries, (jobs, result)).await?;
        self.sessions.give_back(purpose, session);
        Ok(())
    }

    async fn after(
        &mut self,
        session: &Session,
        stages: &Stages,
        entries: &[Entry],
        (jobs, result): (&[&Job], Result<Option<Walked>, SyncError>),
    ) -> Result<(), StoreError> {
        let Some(first) = jobs.first() else { return Ok(()) };
        self.release_waiting(first, entries).await?;
        if first.kind == JobKind::Poll {
            self.record_run(session, first, result.as_ref().err()).await?;
        }
        match result {
            Ok(walked) => {
                self.place.answered().await?;
                self.tell(entries, jobs).await?;
                if walked == Some(Walked::Through) && stages.is_limited(&first.entity) {
                    super::stages::use_allowance(&self.place.store, self.place.runtime.name(), &first.entity)
                        .await?;
                }
                if first.kind == JobKind::Poll {
                    self.place.store.clear_alert(&poll_alert(first)).await?;
                }
                let counts = session.summary().total();
                let last = outcome::last_of(entries, &first.entity);
                let outcomes = jobs.iter().map(|job| match (job.kind, walked) {
                    (JobKind::Poll, Some(Walked::Paused)) => {
                        let message = "goes on where it paused".to_owned();
                        (*job, Verdict::Later { at: now_ms(), message }, None)
                    }
                    (JobKind::Poll, _) => (*job, Verdict::Done { message: sentence(&counts) }, None),
                    (kind, _) => {
                        let entry = last.get(job.record.as_str()).copied();
                        let verdict = match kind {
                            JobKind::Decision => deciding::verdict(job, entry),
                            _ => outcome::verdict(job, entry),
                        };
                        (*job, verdict, entry.and_then(outcome::details))
                    }
                });
                self.place.settle(outcomes.collect()).await
            }
            Err(error) => {
                self.tell(entries, jobs).await?;
                self.set_back(jobs, stages, &error).await
            }
        }
    }

    /// What became of records that no job was for.
    async fn tell(&self, entries: &[Entry], jobs: &[&Job]) -> Result<(), StoreError> {
        let Some(first) = jobs.first() else { return Ok(()) };
        let has_job = |entry: &Entry| {
            jobs.iter().any(|job| job.entity == entry.entity && job.record == entry.external_id)
        };
        let events = outcome::events(self.place.runtime.name(), entries, has_job, first);
        if events.is_empty() { Ok(()) } else { self.place.store.log_events(&events).await }
    }

    /// Records that waited for those that are in Odoo by now are tried again.
    async fn release_waiting(&self, cause: &Job, entries: &[Entry]) -> Result<(), StoreError> {
        let backend = self.place.runtime.name();
        let mut bound: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
        for entry in entries
            .iter()
            .filter(|entry| matches!(entry.action, Action::Created | Action::Updated | Action::Unchanged))
        {
            bound.entry(&entry.entity).or_default().push(&entry.external_id);
        }
        let mut jobs = Vec::new();
        for (entity, ids) in bound {
            for letter in self.place.store.waiting_on(backend, entity, &ids).await? {
                jobs.push(NewJob {
                    correlation: cause.correlation.clone(),
                    ..NewJob::new(backend, JobKind::Retry, &letter.entity, &letter.external_id)
                });
            }
        }
        self.place.store.enqueue(&jobs).await
    }

    /// Work stopped with an error that concerns all of it. Where it is no system's, one job alone has failed; of several
    /// each is done alone next, because an id that cannot be asked for spoils the request for all of them.
    async fn set_back(
        &mut self,
        jobs: &[&Job],
        stages: &Stages,
        error: &SyncError,
    ) -> Result<(), StoreError> {
        let message = error.to_string();
        if let SyncError::TooManyChanges { .. } = error {
            return self.hold(jobs, stages, &message).await;
        }
        self.sessions.forget_after(error);
        let later = |at| each(jobs, || Verdict::Later { at, message: message.clone() });
        if let Some(at) = self.place.wait_out(error).await? {
            return self.place.settle(later(at)).await;
        }
        self.batch = 1;
        if jobs.len() > 1 {
            return self.place.settle(later(now_ms())).await;
        }
        self.give_up(jobs, error).await
    }

    async fn give_up(&self, jobs: &[&Job], error: &SyncError) -> Result<(), StoreError> {
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            let verdict = outcome::failed(job, error);
            outcome::bury(&self.place.store, job, &verdict).await?;
            let may_pass = matches!(error.class(), ErrorClass::Transient | ErrorClass::Ambiguous);
            if job.kind == JobKind::Poll && !(may_pass && job.failures + 1 < TOLD_AFTER) {
                let message =
                    format!("{} cannot be listed, and it is tried again by itself: {error}", job.entity);
                self.place.store.raise_alert(&poll_alert(job), &job.backend, &message).await?;
            }
            outcomes.push((*job, verdict, None));
        }
        self.place.settle(outcomes).await
    }

    /// A run wants more changes than it may make: it waits for a human.
    async fn hold(&self, jobs: &[&Job], stages: &Stages, message: &str) -> Result<(), StoreError> {
        let mut outcomes = Vec::new();
        for job in jobs {
            let key = (self.place.runtime.name(), job.entity.as_str());
            super::stages::hold(&self.place.store, key, stages.of(&job.entity), message).await?;
            outcomes.push((*job, Verdict::Done { message: format!("held: {message}") }, None));
        }
        self.place.settle(outcomes).await
    }

    async fn record_run(
        &self,
        session: &Session,
        job: &Job,
        error: Option<&SyncError>,
    ) -> Result<(), StoreError> {
        let Counts { created, updated, unchanged, skipped, stale, refused, .. } = session.summary().total();
        let run = Run {
            backend: job.backend.clone(),
            entity: job.entity.clone(),
            kind: if job.over_all().is_some() { "full" } else { "incremental" }.to_owned(),
            started_at: now_ms().min(job.run_at),
            ended_at: now_ms(),
            created,
            updated,
            unchanged,
            skipped: skipped + stale,
            refused,
            error: error.map(ToString::to_string),
            ..Run::default()
        };
        self.place.store.record_run(&run).await
    }
}

/// The work itself. Gives how far a walk came.
async fn do_jobs(session: &Session, store: &Store, jobs: &[&Job]) -> Result<Option<Walked>, SyncError> {
    let Some(first) = jobs.first() else { return Ok(None) };
    match first.kind {
        JobKind::Poll => {
            let over_all = first.over_all();
            let until = Some(Instant::now() + SLICE);
            let full = over_all.is_some();
            let options = ImportOptions { full, walk: over_all, until, ..ImportOptions::default() };
            session.import_batch(&first.entity, options).await.map(Some)
        }
        JobKind::Retry => {
            let ids = [first.record.as_str()];
            let letters = store.open_dead_letters_for(&first.backend, &first.entity, &ids).await?;
            match letters.first() {
                Some(letter) => session.retry(letter).await?,
                None => session.import_record(&first.entity, &first.record).await?,
            }
            Ok(None)
        }
        JobKind::Decision => deciding::carry_out(session, store, first).await.map(|()| None),
        _ => {
            let ids: Vec<String> = jobs.iter().map(|job| job.record.clone()).collect();
            session.import_records(&first.entity, &ids).await?;
            Ok(None)
        }
    }
}

/// What the alert of a list that cannot be read is called.
fn poll_alert(job: &Job) -> String {
    RolloutKey { backend: &job.backend, entity: &job.entity, direction: Direction::In }.poll_alert()
}

fn sentence(counts: &Counts) -> String {
    let Counts { created, updated, unchanged, refused, .. } = counts;
    format!("{created} created, {updated} updated, {unchanged} unchanged, {refused} refused")
}
