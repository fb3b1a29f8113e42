//! Dead letters: by cause, as a list, one with everything that is needed to mend it.

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::jobs::number;
use super::{ROWS, set};
use crate::dashboard::extract::{Path, Query};
use crate::dashboard::failure::{Failure, Result};
use crate::dashboard::guard::Identity;
use crate::dashboard::render::values;
use crate::dashboard::{Dashboard, forms, render};
use crate::mapping::Problem;
use crate::store::{DeadLetter, DeadLetterFilter, DeadLetterState, JobFilter, JobKind, JobView};
use crate::sync::{Decided, FieldConflict, conflict};

/// Causes on the page; the smallest ones are left out first.
const CAUSES: u32 = 100;

/// A filter of dead letters as it stands in an address or a form.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::dashboard) struct LetterQuery {
    state: Option<String>,
    backend: Option<String>,
    entity: Option<String>,
    external_id: Option<String>,
    class: Option<String>,
    message: Option<String>,
    text: Option<String>,
    before: Option<String>,
}

impl LetterQuery {
    pub(in crate::dashboard) fn filter(&self) -> Result<DeadLetterFilter> {
        let state = match set(&self.state).as_deref() {
            None | Some("open") => Some(DeadLetterState::Open),
            Some("dismissed") => Some(DeadLetterState::Dismissed),
            Some("resolved") => Some(DeadLetterState::Resolved),
            Some("any") => None,
            Some(other) => {
                return Err(Failure::invalid(format!(
                    "Dead letters are open, dismissed or resolved, not {other}."
                )));
            }
        };
        Ok(DeadLetterFilter {
            state,
            backend: set(&self.backend),
            entity: set(&self.entity),
            external_id: set(&self.external_id),
            class: set(&self.class),
            // Exact, so it is not trimmed or cut.
            message: self.message.clone().filter(|message| !message.is_empty()),
            text: set(&self.text),
            before_id: number(&self.before)?,
            limit: ROWS,
        })
    }

    fn address(&self, state: &str, before: Option<&str>) -> String {
        let query = [
            ("state", Some(state)),
            ("backend", self.backend.as_deref()),
            ("entity", self.entity.as_deref()),
            ("external_id", self.external_id.as_deref()),
            ("class", self.class.as_deref()),
            ("message", self.message.as_deref()),
            ("text", self.text.as_deref()),
            ("before", before),
        ];
        forms::with_query("/dead-letters/list", &query)
    }
}

pub(in crate::dashboard) async fn causes(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
) -> Result {
    let groups = dashboard.store().cause_groups(None, CAUSES).await?;
    let groups: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let query = [
                ("backend", Some(group.backend.as_str())),
                ("entity", Some(group.entity.as_str())),
                ("class", Some(group.class.as_str())),
                ("message", Some(group.message.as_str())),
            ];
            let path = forms::with_query("/dead-letters/list", &query);
            values! { path, group }
        })
        .collect();
    render::page(&who, "dead-letters", "causes.html", values! { groups })
}

pub(in crate::dashboard) async fn list(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Query(query): Query<LetterQuery>,
) -> Result {
    let filter = query.filter()?;
    let letters = dashboard.store().list_dead_letters(filter.clone()).await?;
    let state = filter.state.map_or("any", DeadLetterState::text);
    let last = letters.last().filter(|_| letters.len() == ROWS as usize).map(|letter| letter.id.to_string());
    let older = last.map(|last| query.address(state, Some(&last)));
    let tabs: Vec<_> = ["open", "dismissed", "resolved", "any"]
        .iter()
        .map(|tab| values! { name => tab, path => query.address(tab, None), here => *tab == state })
        .collect();
    let values = values! {
        letters, older, tabs, state,
        backend => filter.backend, entity => filter.entity, external_id => filter.external_id,
        class => filter.class, message => filter.message, text => filter.text,
        here => query.address(state, None),
        backends => dashboard.backend_names(),
    };
    render::page(&who, "dead-letters", "letters.html", values)
}

pub(in crate::dashboard) async fn one(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(id): Path<i64>,
) -> Result {
    show(&dashboard, &who, id, None, None).await
}

/// The page again with the text that could not be saved and the reason.
pub(in crate::dashboard) async fn with_text(
    dashboard: &Dashboard,
    who: &Identity,
    id: i64,
    text: &str,
    problem: &str,
) -> Result<Response> {
    let page = show(dashboard, who, id, Some(text), Some(problem)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn show(
    dashboard: &Dashboard,
    who: &Identity,
    id: i64,
    text: Option<&str>,
    problem: Option<&str>,
) -> Result {
    let letter = dashboard.store().dead_letter(id).await?;
    let letter = letter.ok_or_else(|| Failure::not_found(format!("There is no dead letter {id}.")))?;
    let problems: Vec<Problem> = serde_json::from_str(&letter.problems).unwrap_or_default();
    let lines = text.map_or_else(|| render::pretty(letter.payload.clone()), str::to_owned).lines().count();
    let filter = JobFilter {
        backend: Some(letter.backend.clone()),
        kind: Some(JobKind::Decision),
        entity: Some(letter.entity.clone()),
        record: Some(letter.external_id.clone()),
        ..JobFilter::default()
    };
    let conflict = Conflict::of(&letter, &dashboard.store().list_jobs(filter).await?);
    let values = values! { letter, problems, conflict, text, problem, rows => (lines + 1).clamp(6, 28) };
    render::page(who, "dead-letters", "letter.html", values)
}

/// What a page shows of an open conflict.
#[derive(Debug, Serialize)]
pub(super) struct Conflict {
    fields: Vec<FieldConflict>,
    settling: Option<Settling>,
}

/// It was decided, and a job is about to settle it.
#[derive(Debug, Serialize)]
struct Settling {
    job: i64,
    stays: String,
}

impl Conflict {
    /// `jobs`: those of the record.
    pub(super) fn of(letter: &DeadLetter, jobs: &[JobView]) -> Option<Self> {
        let fields = conflict(letter).ok()?;
        let alive = jobs.iter().filter(|view| ["waiting", "running"].contains(&view.state.as_str()));
        let settling = alive.filter(|view| view.job.kind == JobKind::Decision).find_map(|view| {
            let decided = Decided::of(&view.job).filter(|decided| decided.dead_letter == letter.id)?;
            Some(Settling { job: view.job.id, stays: decided.side.stays(fields.len()) })
        });
        Some(Self { fields, settling })
    }
}
