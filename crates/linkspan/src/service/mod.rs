//! The service: keeps backends in sync with Odoo day and night, on one node or on many.
//!
//! A [`Service`] is a node. For each backend it has a worker for each lane (`in_lane`, ...); `node` says that it is
//! alive, keeps its claims, takes back those of others that are gone; `scheduler` enqueues what is due.
//! What has to be remembered is in the store, so a node may be killed at any moment and any number may run.

mod alerting;
mod deciding;
pub mod http;
mod in_lane;
mod lane;
mod looking;
mod node;
pub mod odoo_push;
mod out_lane;
mod outcome;
mod refused;
mod runtime;
mod scheduler;
mod sessions;
mod shadow;
mod stages;
mod stale_alerts;
mod upkeep;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::adapter::Limits;
use crate::config::Config;
use crate::store::{Job, Store, StoreError, Verdict};

pub use in_lane::{FIRST_BATCH, LARGEST_BATCH};
pub use looking::Looking;
pub use runtime::Runtime;
pub(crate) use scheduler::schedules_of;

/// A node of the service.
pub struct Service {
    store: Store,
    /// `host:process id`, unlike any other node's that runs.
    name: String,
    role: &'static str,
    backends: Vec<Arc<Runtime>>,
    public_url: Option<String>,
    alerting: Option<alerting::Alerting>,
    /// Why its last sign of life could not be written.
    trouble: watch::Sender<Option<String>>,
    stopping: watch::Receiver<bool>,
}

impl Service {
    /// A node with the configuration's backends. Those that cannot be opened are told by an alert and left out; the
    /// others go on.
    pub async fn open(
        config: &Config,
        store: Store,
        role: &'static str,
        stopping: watch::Receiver<bool>,
    ) -> Result<Service, StoreError> {
        let limits = match store.serves_many_nodes() {
            true => Limits::shared(Arc::new(store.clone())),
            false => Limits::default(),
        };
        let mut backends = Vec::new();
        for name in config.backend_names() {
            let alert = format!("backend:{name}");
            let opened = config.backend(name).map_err(|report| report.to_string());
            match opened.and_then(|backend| {
                Runtime::open(backend, &store, limits.clone()).map_err(|error| error.to_string())
            }) {
                Ok(runtime) => {
                    store.clear_alert(&alert).await?;
                    backends.push(Arc::new(runtime));
                }
                Err(reason) => {
                    tracing::error!(backend = name, %reason, "the backend cannot be opened");
                    let message =
                        format!("The backend cannot be opened: {reason} Mend it, then restart this node.");
                    store.raise_alert(&alert, name, &message).await?;
                }
            }
        }
        stale_alerts::take_back(config, &store, &backends).await?;
        let public_url = config.service().public_url.clone();
        let alerting = alerting::Alerting::new(config, store.clone());
        let trouble = watch::Sender::default();
        Ok(Service { store, name: node::name(), role, backends, public_url, alerting, trouble, stopping })
    }

    /// The backends that could be opened.
    pub fn backends(&self) -> &[Arc<Runtime>] {
        &self.backends
    }

    /// Why the node cannot write to its store, as its last sign of life showed.
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Works until it is told to stop; then what was begun is ended and nothing more is taken.
    pub async fn run(self) -> Result<(), StoreError> {
        node::start(&self).await?;
        let mut tasks = JoinSet::new();
        for backend in &self.backends {
            let (runtime, store) = (Arc::clone(backend), self.store.clone());
            let imports = in_lane::InLane::new(runtime, store, &self.name);
            tasks.spawn(lane::run(imports, self.stopping.clone()));
            let (runtime, store) = (Arc::clone(backend), self.store.clone());
            let exports = out_lane::OutLane::new(runtime, store, &self.name);
            tasks.spawn(lane::run(exports, self.stopping.clone()));
            let (runtime, store) = (Arc::clone(backend), self.store.clone());
            let upkeep = upkeep::Upkeep::new(runtime, store, &self.name, self.public_url.clone());
            tasks.spawn(lane::run(upkeep, self.stopping.clone()));
        }
        tasks.spawn(scheduler::run(
            self.backends.clone(),
            self.store.clone(),
            self.public_url.is_some(),
            self.stopping.clone(),
        ));
        tasks.spawn(refused::run(self.store.clone(), self.backends.clone(), self.stopping.clone()));
        if let Some(alerting) = self.alerting {
            tasks.spawn(alerting.run(self.stopping.clone()));
        }
        let beat = tokio::spawn(node::beat(
            self.store.clone(),
            self.name.clone(),
            self.role,
            self.stopping.clone(),
            self.trouble,
        ));
        while tasks.join_next().await.is_some() {}
        beat.abort();
        self.store.forget_nodes(&self.name, 0).await
    }
}

/// Waits until the service is told to stop.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Says what came of a job: in the log, under the correlation that led to it, and in `/metrics`.
fn tell(job: &Job, verdict: &Verdict) {
    let outcome = match verdict {
        Verdict::Done { .. } => "done",
        Verdict::Dead { .. } => "dead",
        Verdict::Retry { .. } => "failed",
        Verdict::Later { .. } => "postponed",
    };
    let class = match verdict {
        Verdict::Dead { class, .. } | Verdict::Retry { class, .. } => class,
        Verdict::Done { .. } | Verdict::Later { .. } => "",
    };
    let labels = [
        ("backend", job.backend.clone()),
        ("kind", job.kind.text().to_owned()),
        ("entity", job.entity.clone()),
        ("outcome", outcome.to_owned()),
        ("class", class.to_owned()),
    ];
    metrics::counter!("linkspan_jobs_total", &labels).increment(1);
    tracing::info!(
        job = job.id,
        backend = job.backend,
        kind = job.kind.text(),
        entity = job.entity,
        record = job.record,
        correlation = job.correlation,
        outcome,
        class,
        message = verdict.message(),
    );
}
