//! One record: where it is and why, everything that happened to it, the rules that set its fields.

use axum::extract::{Extension, State};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dashboard::extract::Path;
use crate::dashboard::facts::{BackendFacts, EntityFacts};
use crate::dashboard::failure::{Failure, Result};
use crate::dashboard::guard::Identity;
use crate::dashboard::inspect::{Answer, Inspection};
use crate::dashboard::pages::letters::Conflict;
use crate::dashboard::render::values;
use crate::dashboard::why::{Controls, Known, Why, why};
use crate::dashboard::{Dashboard, forms, render};
use crate::mapping::Problem;
use crate::store::{
    Binding, BindingFilter, DeadLetter, DeadLetterFilter, DeadLetterState, Delivery, DeliveryFilter, Event,
    EventFilter, JobFilter, JobView, Store, now_ms,
};

/// Rows of each list on the page.
const EVENTS: u32 = 200;
const JOBS: u32 = 20;
const DELIVERIES: u32 = 20;

/// Names of the record, from the path.
type Names = (String, String, String);

pub(in crate::dashboard) async fn page(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(names): Path<Names>,
) -> Result {
    show(&dashboard, &who, &names, None).await
}

/// The page with what both sides hold right now.
pub(in crate::dashboard) async fn look(
    State(dashboard): State<Dashboard>,
    Extension(who): Extension<Identity>,
    Path(names): Path<Names>,
) -> Result {
    let Some(inspect) = &dashboard.shared.parts.inspect else {
        return Err(Failure::not_found("This Linkspan cannot look at both sides: it runs no backends."));
    };
    facts(&dashboard, &names)?;
    let seen = inspect.inspect(&names.0, &names.1, &names.2).await;
    show(&dashboard, &who, &names, Some(seen)).await
}

fn facts<'d>(
    dashboard: &'d Dashboard,
    (backend, entity, _): &Names,
) -> Result<(&'d BackendFacts, &'d EntityFacts)> {
    let missing = || Failure::not_found(format!("There is no {entity} in a backend {backend}."));
    let facts = dashboard.entity(backend, Some(entity))?;
    Ok((facts, facts.entity(entity).ok_or_else(missing)?))
}

/// Everything that is known of a record.
pub(in crate::dashboard) async fn story(dashboard: &Dashboard, names: &Names) -> Result<RecordStory> {
    let (backend, entity) = facts(dashboard, names)?;
    let store = dashboard.store();
    let mut story = RecordStory::read(store, names).await?;
    story.why = why(&Known {
        backend,
        entity,
        binding: story.binding.as_ref(),
        letter: story.dead_letter.as_ref(),
        dependency: story.dependency.as_ref(),
        jobs: &story.jobs,
        controls: &Controls::read(store).await?,
        breakers: &store.breaker_views().await?,
        now: now_ms(),
    });
    Ok(story)
}

async fn show(
    dashboard: &Dashboard,
    who: &Identity,
    names: &Names,
    seen: Option<Answer<Inspection>>,
) -> Result {
    let (backend, entity) = facts(dashboard, names)?;
    let story = story(dashboard, names).await?;
    let looked = seen.is_some();
    let (inspection, trouble) = match seen {
        Some(Ok(inspection)) => (Some(inspection), None),
        Some(Err(trouble)) => (None, Some(trouble)),
        None => (None, None),
    };
    let problems: Vec<Problem> = story
        .dead_letter
        .as_ref()
        .and_then(|letter| serde_json::from_str(&letter.problems).ok())
        .unwrap_or_default();
    let conflict = story.dead_letter.as_ref().and_then(|letter| Conflict::of(letter, &story.jobs));
    let values = values! {
        backend => backend.name,
        entity => entity.name,
        model => entity.model,
        odoo_url => backend.odoo_url,
        record => names.2,
        path => forms::record_path(&names.0, &names.1, &names.2),
        rules => entity.rules,
        can_import => entity.stage_in.is_some(),
        can_look => dashboard.shared.parts.inspect.is_some(),
        looked, inspection, trouble, problems, conflict, story,
    };
    render::page(who, "search", "record.html", values)
}

/// One record: why it is where it is, and what happened to it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::dashboard) struct RecordStory {
    /// Why it is where it is.
    why: Why,
    /// Its link to Odoo.
    binding: Option<Binding>,
    /// The open one.
    dead_letter: Option<DeadLetter>,
    /// The open dead letter of the record that it waits for.
    dependency: Option<DeadLetter>,
    /// Closed ones, newest first.
    earlier_dead_letters: Vec<DeadLetter>,
    /// Jobs, newest first; those that wait or run come before those that are over.
    jobs: Vec<JobView>,
    /// What happened, newest first.
    events: Vec<Event>,
    /// The webhooks about it, newest first.
    deliveries: Vec<Delivery>,
}

impl RecordStory {
    async fn read(store: &Store, (backend, entity, record): &Names) -> Result<Self> {
        let (backend, entity, record) = (Some(backend.clone()), Some(entity.clone()), Some(record.clone()));
        let filter = BindingFilter {
            backend: backend.clone(),
            entity: entity.clone(),
            external_id: record.clone(),
            limit: 1,
            ..BindingFilter::default()
        };
        let binding = store.list_bindings(filter).await?.pop();
        let filter = DeadLetterFilter {
            backend: backend.clone(),
            entity: entity.clone(),
            external_id: record.clone(),
            ..DeadLetterFilter::default()
        };
        let (open, closed): (Vec<_>, Vec<_>) = store
            .list_dead_letters(filter)
            .await?
            .into_iter()
            .partition(|letter| letter.state == DeadLetterState::Open);
        let letter = open.into_iter().next();
        let dependency = match letter.as_ref().and_then(|letter| Some((letter, letter.depends_on.as_ref()?)))
        {
            Some((letter, on)) => {
                store.open_dead_letters_for(&letter.backend, &on.entity, &[&on.external_id]).await?.pop()
            }
            None => None,
        };
        let jobs = JobFilter {
            backend: backend.clone(),
            entity: entity.clone(),
            record: record.clone(),
            limit: JOBS,
            ..JobFilter::default()
        };
        let mut all_jobs = store.list_jobs(jobs.clone()).await?;
        all_jobs.extend(store.list_jobs(JobFilter { state: Some("over".to_owned()), ..jobs }).await?);
        let filter = EventFilter {
            backend: backend.clone(),
            entity: entity.clone(),
            record: record.clone(),
            limit: EVENTS,
            ..EventFilter::default()
        };
        let events = store.list_events(filter).await?;
        let filter =
            DeliveryFilter { backend, entity, record, limit: DELIVERIES, ..DeliveryFilter::default() };
        let deliveries = store.deliveries(filter).await?;
        Ok(Self {
            why: Why::default(),
            binding,
            dead_letter: letter,
            dependency,
            earlier_dead_letters: closed,
            jobs: all_jobs,
            events,
            deliveries,
        })
    }
}
