//! The actions behind the pages' buttons: each calls `crate::operations`, goes back, and says what it did.

use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::extract::{Form, Path};
use super::failure::{Failure, Result};
use super::forms::{go_and_say, record_path, way_back};
use super::guard::Identity;
use super::pages::{jobs::JobQuery, letters::LetterQuery};
use super::{Dashboard, pages};
use crate::operations::{OperationError, Operator, pause_end};
use crate::store::{Direction, RolloutKey, Stage};
use crate::sync::{Decision, conflict};

/// The fields of a form that only says where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Back {
    back: Option<String>,
}

/// A filter that came with a form, so that the action is on what the page showed.
#[derive(Debug, Deserialize)]
pub(super) struct On<F> {
    back: Option<String>,
    #[serde(flatten)]
    filter: F,
}

/// What every action has.
pub(super) struct Act {
    dashboard: Dashboard,
    who: Identity,
    jar: CookieJar,
}

impl axum::extract::FromRequestParts<Dashboard> for Act {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        dashboard: &Dashboard,
    ) -> Result<Self> {
        let who = parts.extensions.get::<Identity>().cloned();
        let who = who.ok_or_else(|| Failure::new(axum::http::StatusCode::UNAUTHORIZED, "Sign in first."))?;
        Ok(Self { dashboard: dashboard.clone(), who, jar: CookieJar::from_headers(&parts.headers) })
    }
}

impl Act {
    fn operator(&self) -> Operator<'_> {
        Operator::new(self.dashboard.store(), &self.who.name)
    }

    fn done(self, back: Option<&str>, otherwise: &str, said: impl AsRef<str>) -> Result {
        let https = self.dashboard.shared.parts.https;
        Ok(go_and_say(self.jar, way_back(back, otherwise), said.as_ref(), https))
    }
}

pub(super) async fn retry(act: Act, Path(id): Path<i64>, Form(form): Form<Back>) -> Result {
    let letter = act.operator().retry(id).await?;
    let said = format!("{} {} is tried again.", letter.entity, letter.external_id);
    act.done(form.back.as_deref(), &format!("/dead-letters/{id}"), said)
}

/// What the edit form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    payload: String,
    /// There when the button "save and retry" was pressed.
    retry: Option<String>,
}

pub(super) async fn edit(act: Act, Path(id): Path<i64>, Form(form): Form<Edit>) -> Result {
    match act.operator().edit(id, &form.payload).await {
        Ok(()) => {}
        // The text that somebody typed must not be lost.
        Err(OperationError::Invalid(problem)) => {
            return pages::letters::with_text(&act.dashboard, &act.who, id, &form.payload, &problem).await;
        }
        Err(error) => return Err(error.into()),
    }
    let path = format!("/dead-letters/{id}");
    if form.retry.is_none() {
        return act.done(None, &path, "Saved. A retry takes this data.");
    }
    let letter = act.operator().retry(id).await?;
    let record = record_path(&letter.backend, &letter.entity, &letter.external_id);
    act.done(None, &record, "Saved, and on its way.")
}

/// What a conflict's buttons send.
#[derive(Debug, Deserialize)]
pub(super) struct Decide {
    side: Decision,
    back: Option<String>,
}

pub(super) async fn decide(act: Act, Path(id): Path<i64>, Form(form): Form<Decide>) -> Result {
    let configured = |letter: &_, direction| act.dashboard.configured_stage(letter, direction);
    let letter = act.operator().decide(id, form.side, configured).await?;
    let fields = conflict(&letter).map_or(1, |fields| fields.len());
    let said = format!("{} {}: {}.", letter.entity, letter.external_id, form.side.stays(fields));
    act.done(form.back.as_deref(), &format!("/dead-letters/{id}"), said)
}

pub(super) async fn dismiss(act: Act, Path(id): Path<i64>, Form(form): Form<Back>) -> Result {
    let letter = act.operator().dismiss(id).await?;
    let said = format!("{} {} is dismissed: it stays out.", letter.entity, letter.external_id);
    act.done(form.back.as_deref(), "/dead-letters", said)
}

pub(super) async fn retry_all(act: Act, Form(form): Form<On<LetterQuery>>) -> Result {
    let count = act.operator().retry_matching(form.filter.filter()?).await?;
    act.done(form.back.as_deref(), "/dead-letters", format!("{count} are tried again."))
}

pub(super) async fn dismiss_all(act: Act, Form(form): Form<On<LetterQuery>>) -> Result {
    let count = act.operator().dismiss_matching(form.filter.filter()?).await?;
    act.done(form.back.as_deref(), "/dead-letters", format!("{count} are dismissed."))
}

pub(super) async fn cancel_job(act: Act, Path(id): Path<i64>, Form(form): Form<Back>) -> Result {
    act.operator().cancel_job(id).await?;
    act.done(form.back.as_deref(), &format!("/jobs/{id}"), format!("Job {id} is cancelled."))
}

pub(super) async fn run_job(act: Act, Path(id): Path<i64>, Form(form): Form<Back>) -> Result {
    act.operator().run_job(id).await?;
    act.done(form.back.as_deref(), &format!("/jobs/{id}"), format!("Job {id} goes next."))
}

pub(super) async fn cancel_jobs(act: Act, Form(form): Form<On<JobQuery>>) -> Result {
    let count = act.operator().cancel_matching(form.filter.filter()?).await?;
    act.done(form.back.as_deref(), "/jobs", format!("{count} are cancelled."))
}

pub(super) async fn run_jobs(act: Act, Form(form): Form<On<JobQuery>>) -> Result {
    let count = act.operator().run_matching(form.filter.filter()?).await?;
    act.done(form.back.as_deref(), "/jobs", format!("{count} go next."))
}

pub(super) async fn import(
    act: Act,
    Path((backend, entity, record)): Path<(String, String, String)>,
    Form(form): Form<Back>,
) -> Result {
    act.dashboard.imported(&backend, &entity)?;
    act.operator().import(&backend, &entity, &record).await?;
    let path = record_path(&backend, &entity, &record);
    act.done(
        form.back.as_deref(),
        &path,
        format!("{entity} {record} is in the queue: it is fetched and imported at its turn."),
    )
}

pub(super) async fn replay(act: Act, Path(id): Path<i64>, Form(form): Form<Back>) -> Result {
    let Some(receivers) = &act.dashboard.shared.parts.receivers else {
        return Err(Failure::not_found("This Linkspan takes no webhooks, so it cannot replay them."));
    };
    act.operator().replay_one(receivers, id).await?;
    act.done(
        form.back.as_deref(),
        &format!("/deliveries/{id}"),
        "Replayed: its record is in the queue again.",
    )
}

/// What the poll form sends; without an entity all are polled.
#[derive(Debug, Deserialize)]
pub(super) struct Poll {
    entity: Option<String>,
    back: Option<String>,
}

pub(super) async fn poll(act: Act, Path(backend): Path<String>, Form(form): Form<Poll>) -> Result {
    let entity = form.entity.as_deref().filter(|entity| !entity.is_empty());
    let names = act.dashboard.polled(&backend, entity)?;
    act.operator().poll(&backend, &names).await?;
    let said = format!("Looking for changes: {}.", names.join(", "));
    drop(names);
    act.done(form.back.as_deref(), &format!("/backends/{}", super::forms::segment(&backend)), said)
}

#[derive(Debug, Deserialize)]
pub(super) struct SetStage {
    stage: Stage,
    back: Option<String>,
}

pub(super) async fn stage(
    act: Act,
    Path((backend, entity, direction)): Path<(String, String, Direction)>,
    Form(form): Form<SetStage>,
) -> Result {
    let way = act.dashboard.way(&backend, &entity, direction)?;
    let key = RolloutKey { backend: &backend, entity: &entity, direction };
    let next = act.operator().set_stage(key, form.stage, way).await?;
    let next = next.map_or_else(String::new, |next| format!(" {next}."));
    act.done(
        form.back.as_deref(),
        "/backends",
        format!("{entity} {} is {} now.{next}", direction.text(), form.stage.text()),
    )
}

pub(super) async fn allow(
    act: Act,
    Path((backend, entity, direction)): Path<(String, String, Direction)>,
    Form(form): Form<Back>,
) -> Result {
    act.dashboard.entity(&backend, Some(&entity))?;
    act.operator().allow_changes(RolloutKey { backend: &backend, entity: &entity, direction }).await?;
    act.done(form.back.as_deref(), "/backends", "The next run may make these changes.")
}

#[derive(Debug, Deserialize)]
pub(super) struct Pause {
    #[serde(default)]
    reason: String,
    /// How long; empty: until somebody resumes it.
    #[serde(default)]
    minutes: String,
    back: Option<String>,
}

pub(super) async fn pause(act: Act, Path(channel): Path<String>, Form(form): Form<Pause>) -> Result {
    act.dashboard.channel(&channel)?;
    let minutes = form.minutes.trim();
    let resume_at = match minutes.parse::<i64>() {
        _ if minutes.is_empty() => None,
        Ok(minutes) => Some(pause_end(minutes)?),
        Err(_) => return Err(Failure::invalid("Write the minutes as a whole number.")),
    };
    act.operator().pause_channel(&channel, &form.reason, resume_at).await?;
    act.done(form.back.as_deref(), "/backends", format!("{channel} is paused. What runs goes on."))
}

pub(super) async fn resume(act: Act, Path(channel): Path<String>, Form(form): Form<Back>) -> Result {
    act.dashboard.channel(&channel)?;
    act.operator().resume_channel(&channel).await?;
    act.done(form.back.as_deref(), "/backends", format!("{channel} goes on."))
}

#[derive(Debug, Deserialize)]
pub(super) struct Resize {
    capacity: u32,
    back: Option<String>,
}

pub(super) async fn resize(act: Act, Path(channel): Path<String>, Form(form): Form<Resize>) -> Result {
    act.dashboard.channel(&channel)?;
    act.operator().resize_channel(&channel, form.capacity).await?;
    act.done(form.back.as_deref(), "/backends", format!("{channel} runs {} at a time now.", form.capacity))
}
