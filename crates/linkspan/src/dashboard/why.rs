//! Why a record is where it is, in a sentence: the answer that an operator comes for.

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::{BackendFacts, EntityFacts};
use super::render;
use crate::store::{
    self, Binding, BreakerView, Channel, DeadLetter, Direction, JobKind, JobView, Lane, Rollout,
    ScheduleView, Stage, Store,
};

/// What is known of a record.
#[derive(Debug)]
pub(super) struct Known<'k> {
    pub(super) backend: &'k BackendFacts,
    pub(super) entity: &'k EntityFacts,
    pub(super) binding: Option<&'k Binding>,
    /// The open one.
    pub(super) letter: Option<&'k DeadLetter>,
    /// The open dead letter of the record that it waits for.
    pub(super) dependency: Option<&'k DeadLetter>,
    /// Its jobs; only those that wait or run count.
    pub(super) jobs: &'k [JobView],
    pub(super) controls: &'k Controls,
    pub(super) breakers: &'k [BreakerView],
    pub(super) now: i64,
}

/// What an operator has set, of all backends.
#[derive(Debug)]
pub(super) struct Controls {
    channels: Vec<Channel>,
    rollouts: Vec<Rollout>,
    schedules: Vec<ScheduleView>,
}

impl Controls {
    pub(super) async fn read(store: &Store) -> store::Result<Self> {
        Ok(Self {
            channels: store.channels().await?,
            rollouts: store.rollouts(None).await?,
            schedules: store.schedule_views().await?,
        })
    }
}

/// The sentence, and whether it is good, needs a human, or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Why {
    /// `good`, `bad` or `wait`.
    pub(super) mood: &'static str,
    /// The sentence.
    pub(super) text: String,
}

impl Why {
    fn new(mood: &'static str, text: impl Into<String>) -> Self {
        Self { mood, text: text.into() }
    }
}

/// The nearest reason first: work under way, then what stops it, then the state it rests in.
pub(super) fn why(known: &Known<'_>) -> Why {
    let running = known.jobs.iter().find(|view| view.state == "running");
    if let Some(view) = running {
        return Why::new("wait", format!("A worker does the {} right now.", view.job.kind.text()));
    }
    let waits = known.jobs.iter().filter(|view| view.state == "waiting");
    let first = waits.min_by_key(|view| (view.job.priority, view.job.run_at));
    if let Some(view) = first {
        return waiting(known, view);
    }
    if let Some(letter) = known.letter {
        return refused(letter, known.dependency);
    }
    match known.binding {
        Some(Binding { odoo_id: Some(id), odoo_model, .. }) => {
            let is_in = format!("It is in Odoo as {odoo_model} {id}.");
            match halts(known.backend, known.entity, known.controls, known.now).as_slice() {
                [] => Why::new("good", format!("{is_in} Nothing waits.")),
                halts => Why::new("wait", format!("{is_in} Later changes may not be: {}", halts.join(" "))),
            }
        }
        Some(_) => Why::new(
            "wait",
            "A write to Odoo was begun and broke off; the next sync finds out what came of it.",
        ),
        None => unseen(known),
    }
}

fn waiting(known: &Known<'_>, view: &JobView) -> Why {
    let job = &view.job;
    let kind = job.kind.text();
    let mut channels = known.controls.channels.iter();
    if let Some(channel) = channels.find(|c| c.name == job.channel && c.is_paused_at(known.now)) {
        let reason = channel.reason.as_deref().unwrap_or("no reason was given");
        return Why::new(
            "bad",
            format!("Its {kind} waits because the channel {} is paused: {reason}.", channel.name),
        );
    }
    let direction = if job.kind == JobKind::Export { Direction::Out } else { Direction::In };
    // A decision asks for the stage of the side that it writes to, and says so itself.
    if job.kind != JobKind::Decision && stage(known, direction) == Some(Stage::Off) {
        return Why::new(
            "bad",
            format!("Its {kind} waits because the stage is \"off\"; the backend's page changes it."),
        );
    }
    let servers = known.backend.breakers();
    let held = known.breakers.iter().find(|b| b.state != "closed" && servers.contains(&b.name));
    if let Some(breaker) = held {
        let said = breaker.message.as_deref().unwrap_or("it fails again and again");
        return Why::new(
            "wait",
            format!("Its {kind} waits because a server is left alone for a while: {said}"),
        );
    }
    let due = job.run_at > known.now;
    match (&view.message, job.failures, due) {
        (Some(message), 1.., _) => Why::new(
            "wait",
            format!(
                "It failed {} and is tried again {}. {message}",
                times(job.failures),
                next(job.run_at, known.now)
            ),
        ),
        (Some(message), _, true) => {
            Why::new("wait", format!("Its {kind} waits until {}: {message}", next(job.run_at, known.now)))
        }
        (None, _, true) => Why::new("wait", format!("Its {kind} begins {}.", next(job.run_at, known.now))),
        (_, _, false) => Why::new("wait", format!("Its {kind} is in line for the next free worker.")),
    }
}

fn refused(letter: &DeadLetter, dependency: Option<&DeadLetter>) -> Why {
    let Some(other) = &letter.depends_on else {
        return Why::new("bad", format!("It was refused and needs a person. {}", letter.message));
    };
    let waits = format!(
        "It waits for {} {}, which is not in Odoo yet, and goes on by itself as soon as that is.",
        other.entity, other.external_id
    );
    match dependency {
        Some(dependency) => Why::new("bad", format!("{waits} That one was refused: {}", dependency.message)),
        None => Why::new("wait", waits),
    }
}

fn unseen(known: &Known<'_>) -> Why {
    let reasons = kept_out(known.backend, known.entity, known.controls, known.now);
    let next = "If it exists in the other system, import it now, or see whether its webhook came.";
    if reasons.is_empty() {
        return Why::new("wait", format!("Linkspan has no link of this record to Odoo. {next}"));
    }
    let mood = if stage(known, Direction::In) == Some(Stage::Off) { "bad" } else { "wait" };
    Why::new(mood, format!("It is not in Odoo. {}", reasons.join(" ")))
}

/// Why records of an entity may not come in, though nothing is wrong with them; empty: nothing keeps them out.
pub(super) fn kept_out(
    backend: &BackendFacts,
    entity: &EntityFacts,
    controls: &Controls,
    now: i64,
) -> Vec<String> {
    let mut reasons: Vec<String> =
        staged_out(&backend.name, entity, &controls.rollouts).into_iter().collect();
    reasons.extend(halts(backend, entity, controls, now));
    reasons
}

/// The stage into Odoo, where it leaves records out.
fn staged_out(backend: &str, entity: &EntityFacts, rollouts: &[Rollout]) -> Option<String> {
    let name = &entity.name;
    match stage_of(backend, entity, rollouts, Direction::In)? {
        Stage::Off => Some(format!("The stage of {name} is \"off\"; the backend's page changes it.")),
        Stage::Shadow => Some(format!(
            "The stage of {name} is \"shadow\", so nothing is written; the backend's page changes it."
        )),
        Stage::Canary => Some(format!(
            "The stage of {name} is \"canary\": only records come in that `canary` under \
             [backends.{backend}.rollout.{name}] chooses. Import it now to see whether this one is chosen."
        )),
        Stage::On => None,
    }
}

/// What stops records of an entity on their way in for now.
fn halts(backend: &BackendFacts, entity: &EntityFacts, controls: &Controls, now: i64) -> Vec<String> {
    let mut halts = Vec::new();
    let lane = Lane::In.channel(&backend.name);
    let mut channels = controls.channels.iter();
    if let Some(channel) = channels.find(|channel| channel.name == lane && channel.is_paused_at(now)) {
        let reason = channel.reason.as_deref().unwrap_or("no reason was given");
        halts.push(format!("The channel {lane} is paused, so nothing comes in: {reason}."));
    }
    let name = &entity.name;
    let paused = backend.paused_schedules(name, &controls.schedules);
    if let Some(first) = paused.first() {
        let besides =
            if backend.webhooks { "webhooks bring it or somebody imports it" } else { "somebody imports it" };
        halts.push(format!(
            "Paused by somebody: {}. So {name} comes in only where {besides}; `linkspan schedules resume {first}` \
             ends that.",
            paused.join(", ")
        ));
    }
    let of = |rollout: &&Rollout| rollout.backend == backend.name && rollout.entity == *name;
    if let Some(held) = controls.rollouts.iter().filter(of).find_map(|rollout| rollout.held.as_deref()) {
        halts.push(format!(
            "A look for changes of {name} waits for a person: {held}. The backend's page allows it."
        ));
    }
    halts
}

fn stage(known: &Known<'_>, direction: Direction) -> Option<Stage> {
    stage_of(&known.backend.name, known.entity, &known.controls.rollouts, direction)
}

/// What somebody set, else what the configuration says; `None`: the entity does not go that way.
pub(super) fn stage_of(
    backend: &str,
    entity: &EntityFacts,
    rollouts: &[Rollout],
    direction: Direction,
) -> Option<Stage> {
    let configured = entity.stage(direction)?;
    let set = rollouts
        .iter()
        .find(|set| set.backend == backend && set.entity == entity.name && set.direction == direction);
    Some(set.map_or(configured, |set| set.stage))
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn next(at: i64, now: i64) -> String {
    if at <= now { "now".to_owned() } else { format!("in {}", render::length(at - now)) }
}
