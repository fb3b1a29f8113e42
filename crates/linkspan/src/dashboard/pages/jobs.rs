//! Jobs: lists by state, one with its story, and actions on all that match.

use axum::extract::{Extension, State};
use serde::Deserialize;

use super::{ROWS, set};
use crate::dashboard::extract::{Path, Query};
use crate::dashboard::failure::{Failure, Result};
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, chart, forms, render};
use crate::store::{EventFilter, JobFilter, JobKind, now_ms};

const TABS: [&str; 6] = ["waiting", "running", "done", "dead", "cancelled", "merged"];

/// A filter of jobs as it stands in an address or a form.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::dashboard) struct JobQuery {
    state: Option<String>,
    backend: Option<String>,
    kind: Option<String>,
    entity: Option<String>,
    record: Option<String>,
    failed: Option<String>,
    before: Option<String>,
}

impl JobQuery {
    pub(in crate::dashboard) fn filter(&self) -> Result<JobFilter> {
        let kind = set(&self.kind)
            .map(|kind| {
                JobKind::from_name(&kind)
                    .ok_or_else(|| Failure::invalid(format!("There is no kind of job called {kind}.")))
            })
            .transpose()?;
        let state = set(&self.state).unwrap_or_else(|| "waiting".to_owned());
        if !TABS.contains(&state.as_str()) && state != "over" {
            return Err(Failure::invalid(format!("Jobs are {}, not {state}.", TABS.join(", "))));
        }
        Ok(JobFilter {
            state: Some(state),
            backend: set(&self.backend),
            kind,
            entity: set(&self.entity),
            record: set(&self.record),
            failed: set(&self.failed).is_some(),
            before_id: number(&self.before)?,
            limit: ROWS,
        })
    }

    fn address(&self, state: &str, before: Option<&str>) -> String {
        let query = [
            ("state", Some(state)),
            ("backend", self.backend.as_deref()),
            ("kind", self.kind.as_deref()),
            ("entity", self.entity.as_deref()),
            ("record", self.record.as_deref()),
            ("failed", self.failed.as_deref()),
            ("before", before),
        ];
        forms::with_query("/jobs", &query)
    }
}

/// A number in an address or a form; empty: none.
pub(super) fn number(text: &Option<String>) -> Result<Option<i64>> {
    let parsed = set(text).map(|text| text.parse::<i64>());
    parsed.transpose().map_err(|_| Failure::invalid("A number was expected."))
}

pub(in crate::dashboard) async fn list(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Query(query): Query<JobQuery>,
) -> Result {
    let filter = query.filter()?;
    let state = filter.state.clone().unwrap_or_default();
    let store = dashboard.store();
    let now = now_ms();
    let counts = store.job_state_counts(now - chart::HOURS * 3_600_000).await?;
    let count = |state: &str| counts.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| *count);
    let tabs: Vec<_> = TABS
        .iter()
        .map(|tab| values! { name => tab, count => count(tab), path => query.address(tab, None), here => *tab == state })
        .collect();
    let jobs = store.list_jobs(filter.clone()).await?;
    let last = jobs.last().filter(|_| jobs.len() == ROWS as usize).map(|view| view.job.id.to_string());
    let older = last.map(|last| query.address(&state, Some(&last)));
    let filtered = filter.backend.is_some()
        || filter.kind.is_some()
        || filter.entity.is_some()
        || filter.record.is_some()
        || filter.failed;
    let values = values! {
        tabs, jobs, older, filtered, state,
        backend => filter.backend, kind => filter.kind.map(JobKind::text), entity => filter.entity,
        record => filter.record, failed => filter.failed,
        here => query.address(&state, None),
        backends => dashboard.backend_names(),
        kinds => JobKind::ALL.map(JobKind::text),
    };
    render::page(&who, "jobs", "jobs.html", values)
}

pub(in crate::dashboard) async fn one(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(id): Path<i64>,
) -> Result {
    let store = dashboard.store();
    let job = store.job(id).await?.ok_or_else(|| {
        Failure::not_found(format!(
            "There is no job {id}. It may be gone by its age; the record's page tells what happened."
        ))
    })?;
    let filter = EventFilter { correlation: Some(job.job.correlation.clone()), ..EventFilter::default() };
    let events = store.list_events(filter).await?;
    render::page(&who, "jobs", "job.html", values! { view => job, events })
}
