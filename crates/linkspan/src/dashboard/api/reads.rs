//! What the API answers.

use axum::Json;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::extract::{Caller, Path, Query};
use super::problem::Result;
use crate::dashboard::failure::Failure;
use crate::dashboard::inspect::Inspection;
use crate::dashboard::pages::backends::{ChannelRow, channels as channel_rows};
use crate::dashboard::pages::overview::{EntityRow, rows};
use crate::dashboard::pages::record::{RecordStory, story};
use crate::dashboard::{BackendFacts, BrokenBackend};
use crate::definition::model::ErrorClass;
use crate::store::{
    Alert, AuditEntry, AuditFilter, CauseGroup, DeadLetter, DeadLetterFilter, DeadLetterState, Delivery,
    DeliveryFilter, DeliveryState, Difference, DifferenceCount, DifferenceFilter, Direction, Event,
    EventFilter, Hit, JobFilter, JobKind, JobView,
};
use crate::sync::class_text;

/// Rows of a list at most.
const MOST: u32 = 1_000;

fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(100).clamp(1, MOST)
}

/// How everything is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Overview {
    entities: Vec<EntityRow>,
    channels: Vec<ChannelRow>,
    alerts: Vec<Alert>,
}

pub(super) async fn overview(caller: Caller) -> Result<Overview> {
    let store = caller.dashboard.store();
    Ok(Json(Overview {
        entities: rows(&caller.dashboard, None).await?,
        channels: channel_rows(&caller.dashboard, None).await?,
        alerts: store.list_alerts(None, 100).await?,
    }))
}

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchQuery {
    /// External id, Odoo id, or a number that stands in the record.
    q: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Found {
    records: Vec<Hit>,
}

pub(super) async fn search(caller: Caller, Query(query): Query<SearchQuery>) -> Result<Found> {
    let records = caller.dashboard.store().search(&query.q, &caller.dashboard.places()).await?;
    Ok(Json(Found { records }))
}

pub(super) async fn record(
    caller: Caller,
    Path(names): Path<(String, String, String)>,
) -> Result<RecordStory> {
    Ok(Json(story(&caller.dashboard, &names).await?))
}

pub(super) async fn look(caller: Caller, Path(names): Path<(String, String, String)>) -> Result<Inspection> {
    let Some(inspect) = &caller.dashboard.shared.parts.inspect else {
        return Err(Problem::not_found("This Linkspan cannot look at both sides: it runs no backends."));
    };
    caller.dashboard.entity(&names.0, Some(&names.1))?;
    let seen = inspect.inspect(&names.0, &names.1, &names.2).await;
    seen.map(Json).map_err(|reason| Problem::new(axum::http::StatusCode::BAD_GATEWAY, reason))
}

/// Which dead letters.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetterQuery {
    /// `open` (default), `dismissed`, `resolved` or `any`.
    state: Option<LetterState>,
    /// Only of this backend.
    backend: Option<String>,
    /// Only of this kind of record.
    entity: Option<String>,
    /// Only of this record.
    external_id: Option<String>,
    /// Only of this class.
    class: Option<ErrorClass>,
    /// Only with exactly this message: those of one cause.
    message: Option<String>,
    /// Only with this text in message, problems or external id.
    text: Option<String>,
    /// Go on behind this one, the last of the page before.
    before: Option<i64>,
    /// Most to give, up to 1,000. Default 100.
    limit: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LetterState {
    #[default]
    Open,
    Dismissed,
    Resolved,
    Any,
}

impl From<LetterQuery> for DeadLetterFilter {
    fn from(query: LetterQuery) -> Self {
        let state = match query.state.unwrap_or_default() {
            LetterState::Open => Some(DeadLetterState::Open),
            LetterState::Dismissed => Some(DeadLetterState::Dismissed),
            LetterState::Resolved => Some(DeadLetterState::Resolved),
            LetterState::Any => None,
        };
        DeadLetterFilter {
            state,
            backend: query.backend,
            entity: query.entity,
            external_id: query.external_id,
            class: query.class.map(|class| class_text(class).to_owned()),
            message: query.message,
            text: query.text,
            before_id: query.before,
            limit: limit(query.limit),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Letters {
    dead_letters: Vec<DeadLetter>,
}

pub(super) async fn dead_letters(caller: Caller, Query(query): Query<LetterQuery>) -> Result<Letters> {
    let names = (query.backend.clone(), query.entity.clone());
    let dead_letters = caller.dashboard.store().list_dead_letters(query.into()).await?;
    caller.check(dead_letters.len() as u64, &names)?;
    Ok(Json(Letters { dead_letters }))
}

pub(super) async fn dead_letter(caller: Caller, Path(id): Path<i64>) -> Result<DeadLetter> {
    let found = caller.dashboard.store().dead_letter(id).await?;
    found.map(Json).ok_or_else(|| Problem::not_found(format!("There is no dead letter {id}.")))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Causes {
    causes: Vec<CauseGroup>,
}

pub(super) async fn causes(caller: Caller) -> Result<Causes> {
    Ok(Json(Causes { causes: caller.dashboard.store().cause_groups(None, MOST).await? }))
}

/// Which jobs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobQuery {
    /// Default: those that wait or run. `over` is the last four.
    state: Option<JobState>,
    /// Only of this backend.
    backend: Option<String>,
    /// Only of this kind.
    kind: Option<JobKind>,
    /// Only of this kind of record.
    entity: Option<String>,
    /// Only of this record.
    record: Option<String>,
    /// Only that have failed.
    failed: Option<bool>,
    /// Go on behind this one, the last of the page before.
    before: Option<i64>,
    /// Most to give, up to 1,000. Default 100.
    limit: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum JobState {
    Waiting,
    Running,
    Over,
    Done,
    Dead,
    Cancelled,
    Merged,
}

impl From<JobQuery> for JobFilter {
    fn from(query: JobQuery) -> Self {
        JobFilter {
            state: query.state.map(|state| format!("{state:?}").to_lowercase()),
            backend: query.backend,
            kind: query.kind,
            entity: query.entity,
            record: query.record,
            failed: query.failed.unwrap_or(false),
            before_id: query.before,
            limit: limit(query.limit),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Jobs {
    jobs: Vec<JobView>,
}

pub(super) async fn jobs(caller: Caller, Query(query): Query<JobQuery>) -> Result<Jobs> {
    let names = (query.backend.clone(), query.entity.clone());
    let jobs = caller.dashboard.store().list_jobs(query.into()).await?;
    caller.check(jobs.len() as u64, &names)?;
    Ok(Json(Jobs { jobs }))
}

pub(super) async fn job(caller: Caller, Path(id): Path<i64>) -> Result<JobView> {
    let found = caller.dashboard.store().job(id).await?;
    found.map(Json).ok_or_else(|| Problem::not_found(format!("There is no job {id}.")))
}

/// Which events.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventQuery {
    /// Only of this backend.
    backend: Option<String>,
    /// Only of this kind of record.
    entity: Option<String>,
    /// Only of this record.
    record: Option<String>,
    /// Only with this correlation.
    correlation: Option<String>,
    /// Go on behind this one, the last of the page before.
    before: Option<i64>,
    /// Most to give, up to 1,000. Default 100.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Events {
    events: Vec<Event>,
}

pub(super) async fn events(caller: Caller, Query(query): Query<EventQuery>) -> Result<Events> {
    let names = (query.backend.clone(), query.entity.clone());
    let filter = EventFilter {
        backend: query.backend,
        entity: query.entity,
        record: query.record,
        correlation: query.correlation,
        before_id: query.before,
        limit: limit(query.limit),
    };
    let events = caller.dashboard.store().list_events(filter).await?;
    caller.check(events.len() as u64, &names)?;
    Ok(Json(Events { events }))
}

/// Which webhooks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliveryQuery {
    /// Only of this backend.
    backend: Option<String>,
    /// Only about this kind of record.
    entity: Option<String>,
    /// Only about this record.
    record: Option<String>,
    /// Only in this state.
    state: Option<DeliveryState>,
    /// Only of this topic.
    topic: Option<String>,
    /// Go on behind this one, the last of the page before.
    before: Option<i64>,
    /// Most to give, up to 1,000. Default 100.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Deliveries {
    deliveries: Vec<Delivery>,
}

pub(super) async fn deliveries(caller: Caller, Query(query): Query<DeliveryQuery>) -> Result<Deliveries> {
    let names = (query.backend.clone(), query.entity.clone());
    let filter = DeliveryFilter {
        backend: query.backend,
        entity: query.entity,
        record: query.record,
        state: query.state.map(|state| state.text().to_owned()),
        topic: query.topic,
        before_id: query.before,
        limit: limit(query.limit),
    };
    let deliveries = caller.dashboard.store().deliveries(filter).await?;
    caller.check(deliveries.len() as u64, &names)?;
    Ok(Json(Deliveries { deliveries }))
}

pub(super) async fn delivery(caller: Caller, Path(id): Path<i64>) -> Result<Delivery> {
    let found = caller.dashboard.store().delivery(id).await?;
    found.map(Json).ok_or_else(|| Problem::not_found(format!("There is no webhook {id}.")))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Backends {
    backends: Vec<BackendFacts>,
    /// Those of the configuration that cannot be used.
    broken: Vec<BrokenBackend>,
}

pub(super) async fn backends(caller: Caller) -> Result<Backends> {
    let dashboard = &caller.dashboard;
    Ok(Json(Backends { backends: dashboard.backends().to_vec(), broken: dashboard.broken().to_vec() }))
}

/// A backend and how it is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BackendState {
    configuration: BackendFacts,
    entities: Vec<EntityRow>,
    channels: Vec<ChannelRow>,
    alerts: Vec<Alert>,
}

pub(super) async fn backend(caller: Caller, Path(name): Path<String>) -> Result<BackendState> {
    let dashboard = &caller.dashboard;
    let configuration = dashboard.entity(&name, None)?.clone();
    Ok(Json(BackendState {
        configuration,
        entities: rows(dashboard, Some(&name)).await?,
        channels: channel_rows(dashboard, Some(&name)).await?,
        alerts: dashboard.store().list_alerts(Some(&name), 100).await?,
    }))
}

/// Which differences.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DifferenceQuery {
    /// Only of this kind of record.
    entity: Option<String>,
    /// Only of this direction.
    direction: Option<Direction>,
    /// Go on behind this record, the last of the page before; needs `entity` and `direction`.
    after: Option<String>,
    /// Most to give, up to 1,000. Default 100.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Differences {
    /// How many there are of each entity and direction.
    counts: Vec<DifferenceCount>,
    /// In order of entity, direction and record.
    differences: Vec<Difference>,
}

pub(super) async fn differences(
    caller: Caller,
    Path(backend): Path<String>,
    Query(query): Query<DifferenceQuery>,
) -> Result<Differences> {
    caller.dashboard.entity(&backend, query.entity.as_deref())?;
    if query.after.is_some() && (query.entity.is_none() || query.direction.is_none()) {
        return Err(Failure::invalid("Give `entity` and `direction` with `after`.").into());
    }
    let store = caller.dashboard.store();
    let counts = store.difference_counts(Some(&backend)).await?;
    let filter = DifferenceFilter {
        backend: Some(backend),
        entity: query.entity,
        direction: query.direction,
        after: query.after,
        limit: limit(query.limit),
    };
    Ok(Json(Differences { counts, differences: store.differences(filter).await? }))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Channels {
    channels: Vec<ChannelRow>,
}

pub(super) async fn channels(caller: Caller) -> Result<Channels> {
    Ok(Json(Channels { channels: channel_rows(&caller.dashboard, None).await? }))
}

/// Which actions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditQuery {
    /// Only by this one.
    actor: Option<String>,
    /// Only of this kind, `dead_letter.retry` for instance.
    action: Option<String>,
    /// Go on behind this one, the last of the page before.
    before: Option<i64>,
    /// Most to give, up to 1,000. Default 100.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Audit {
    audit: Vec<AuditEntry>,
}

pub(super) async fn audit(caller: Caller, Query(query): Query<AuditQuery>) -> Result<Audit> {
    let filter = AuditFilter {
        actor: query.actor,
        action: query.action,
        before_id: query.before,
        limit: limit(query.limit),
    };
    Ok(Json(Audit { audit: caller.dashboard.store().list_audit(filter).await? }))
}

pub(super) async fn openapi() -> Json<serde_json::Value> {
    Json(super::description())
}
