//! What the API does: each calls `crate::operations`, as the pages do.

use axum::Json;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::extract::{Body, Caller, Path, Text};
use super::problem::Result;
use crate::dashboard::inspect::Connections;
use crate::definition::model::ErrorClass;
use crate::operations::pause_end;
use crate::store::{DeadLetterFilter, Direction, JobFilter, JobKind, RolloutKey, Stage};
use crate::sync::{Decision, class_text};

/// It was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Done {
    /// How many things it touched.
    count: u64,
    /// What is left to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn one() -> Result<Done> {
    many(1)
}

fn many(count: u64) -> Result<Done> {
    Ok(Json(Done { count, next: None }))
}

/// So many things that a filter by these names chose.
fn matched(caller: &Caller, count: u64, names: &(Option<String>, Option<String>)) -> Result<Done> {
    caller.check(count, names)?;
    many(count)
}

/// Which open dead letters an action is on. At least one filter, or `all`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetterChoice {
    backend: Option<String>,
    entity: Option<String>,
    external_id: Option<String>,
    class: Option<ErrorClass>,
    /// Exactly this message: those of one cause.
    message: Option<String>,
    /// This text in message, problems or external id.
    text: Option<String>,
    /// Without a filter: really all.
    #[serde(default)]
    all: bool,
}

impl LetterChoice {
    fn filter(self) -> std::result::Result<DeadLetterFilter, Problem> {
        let filter = DeadLetterFilter {
            backend: given(self.backend),
            entity: given(self.entity),
            external_id: given(self.external_id),
            class: self.class.map(|class| class_text(class).to_owned()),
            message: given(self.message),
            text: given(self.text),
            ..DeadLetterFilter::default()
        };
        let all = [
            &filter.backend,
            &filter.entity,
            &filter.external_id,
            &filter.class,
            &filter.message,
            &filter.text,
        ];
        chosen(all.iter().any(|one| one.is_some()), self.all)?;
        Ok(filter)
    }
}

/// Which waiting jobs an action is on. At least one filter, or `all`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobChoice {
    backend: Option<String>,
    kind: Option<JobKind>,
    entity: Option<String>,
    record: Option<String>,
    /// Only those that have failed.
    #[serde(default)]
    failed: bool,
    /// Without a filter: really all.
    #[serde(default)]
    all: bool,
}

impl JobChoice {
    fn filter(self) -> std::result::Result<JobFilter, Problem> {
        let filter = JobFilter {
            backend: given(self.backend),
            kind: self.kind,
            entity: given(self.entity),
            record: given(self.record),
            failed: self.failed,
            ..JobFilter::default()
        };
        let any = [&filter.backend, &filter.entity, &filter.record].iter().any(|one| one.is_some());
        chosen(any || filter.kind.is_some() || filter.failed, self.all)?;
        Ok(filter)
    }
}

/// What chooses nothing is not given.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// An empty filter is more often a mistake than a wish.
fn chosen(filtered: bool, all: bool) -> std::result::Result<(), Problem> {
    if filtered != all {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Give at least one filter, or `all`: true and none."))
}

pub(super) async fn retry(caller: Caller, Path(id): Path<i64>) -> Result<Done> {
    caller.operator().retry(id).await?;
    one()
}

/// What settles a conflict.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    /// Whose values stay, of all fields of the conflict.
    side: Decision,
}

pub(super) async fn decide(caller: Caller, Path(id): Path<i64>, Body(decide): Body<Decide>) -> Result<Done> {
    let configured = |letter: &_, direction| caller.dashboard.configured_stage(letter, direction);
    caller.operator().decide(id, decide.side, configured).await?;
    one()
}

pub(super) async fn dismiss(caller: Caller, Path(id): Path<i64>) -> Result<Done> {
    caller.operator().dismiss(id).await?;
    one()
}

pub(super) async fn edit(caller: Caller, Path(id): Path<i64>, Text(record): Text) -> Result<Done> {
    caller.operator().edit(id, &record).await?;
    one()
}

pub(super) async fn retry_all(caller: Caller, Body(choice): Body<LetterChoice>) -> Result<Done> {
    let filter = choice.filter()?;
    let names = (filter.backend.clone(), filter.entity.clone());
    matched(&caller, caller.operator().retry_matching(filter).await?, &names)
}

pub(super) async fn dismiss_all(caller: Caller, Body(choice): Body<LetterChoice>) -> Result<Done> {
    let filter = choice.filter()?;
    let names = (filter.backend.clone(), filter.entity.clone());
    matched(&caller, caller.operator().dismiss_matching(filter).await?, &names)
}

pub(super) async fn cancel(caller: Caller, Path(id): Path<i64>) -> Result<Done> {
    caller.operator().cancel_job(id).await?;
    one()
}

pub(super) async fn run(caller: Caller, Path(id): Path<i64>) -> Result<Done> {
    caller.operator().run_job(id).await?;
    one()
}

pub(super) async fn cancel_all(caller: Caller, Body(choice): Body<JobChoice>) -> Result<Done> {
    let filter = choice.filter()?;
    let names = (filter.backend.clone(), filter.entity.clone());
    matched(&caller, caller.operator().cancel_matching(filter).await?, &names)
}

pub(super) async fn run_all(caller: Caller, Body(choice): Body<JobChoice>) -> Result<Done> {
    let filter = choice.filter()?;
    let names = (filter.backend.clone(), filter.entity.clone());
    matched(&caller, caller.operator().run_matching(filter).await?, &names)
}

pub(super) async fn import(
    caller: Caller,
    Path((backend, entity, record)): Path<(String, String, String)>,
) -> Result<Done> {
    caller.dashboard.imported(&backend, &entity)?;
    caller.operator().import(&backend, &entity, &record).await?;
    one()
}

pub(super) async fn replay(caller: Caller, Path(id): Path<i64>) -> Result<Done> {
    let Some(receivers) = &caller.dashboard.shared.parts.receivers else {
        return Err(Problem::not_found("This Linkspan takes no webhooks, so it cannot replay them."));
    };
    caller.operator().replay_one(receivers, id).await?;
    one()
}

pub(super) async fn test(caller: Caller, Path(backend): Path<String>) -> Result<Connections> {
    let Some(test) = &caller.dashboard.shared.parts.test else {
        return Err(Problem::not_found("This Linkspan cannot try connections: it runs no backends."));
    };
    caller.dashboard.entity(&backend, None)?;
    Ok(Json(test.test(&backend).await))
}

/// What to look for changes in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    /// Default: all that go into Odoo.
    entity: Option<String>,
}

pub(super) async fn poll(
    caller: Caller,
    Path(backend): Path<String>,
    Body(poll): Body<Poll>,
) -> Result<Done> {
    let names = caller.dashboard.polled(&backend, poll.entity.as_deref())?;
    caller.operator().poll(&backend, &names).await?;
    many(names.len() as u64)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewStage {
    stage: Stage,
}

pub(super) async fn stage(
    caller: Caller,
    Path((backend, entity, direction)): Path<(String, String, Direction)>,
    Body(new): Body<NewStage>,
) -> Result<Done> {
    let way = caller.dashboard.way(&backend, &entity, direction)?;
    let key = RolloutKey { backend: &backend, entity: &entity, direction };
    let next = caller.operator().set_stage(key, new.stage, way).await?;
    Ok(Json(Done { count: 1, next }))
}

pub(super) async fn allow(
    caller: Caller,
    Path((backend, entity, direction)): Path<(String, String, Direction)>,
) -> Result<Done> {
    caller.dashboard.entity(&backend, Some(&entity))?;
    caller.operator().allow_changes(RolloutKey { backend: &backend, entity: &entity, direction }).await?;
    one()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pause {
    /// Stands beside every job that waits for it.
    #[serde(default)]
    reason: String,
    /// How long; default: until somebody resumes it.
    #[schemars(range(min = 1, max = 10_080))]
    minutes: Option<u32>,
}

pub(super) async fn pause(
    caller: Caller,
    Path(channel): Path<String>,
    Body(pause): Body<Pause>,
) -> Result<Done> {
    caller.dashboard.channel(&channel)?;
    let resume_at = pause.minutes.map(|minutes| pause_end(minutes.into())).transpose()?;
    caller.operator().pause_channel(&channel, &pause.reason, resume_at).await?;
    one()
}

pub(super) async fn resume(caller: Caller, Path(channel): Path<String>) -> Result<Done> {
    caller.dashboard.channel(&channel)?;
    caller.operator().resume_channel(&channel).await?;
    one()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Capacity {
    /// Jobs at a time, over all nodes.
    #[schemars(range(min = 1, max = 10_000))]
    capacity: u32,
}

pub(super) async fn resize(
    caller: Caller,
    Path(channel): Path<String>,
    Body(new): Body<Capacity>,
) -> Result<Done> {
    caller.dashboard.channel(&channel)?;
    caller.operator().resize_channel(&channel, new.capacity).await?;
    one()
}
