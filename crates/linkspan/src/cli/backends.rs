//! `linkspan backends`

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::when::when;
use crate::config::Config;
use crate::operations::{COMMAND_LINE, Operator};
use crate::store::{
    Channel, DifferenceFilter, Direction, EntityCount, FieldChange, Lane, RolloutKey, Stage, Store, now_ms,
};

/// The backends: how they stand, how far each entity is rolled out, pauses.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan backends list\n  linkspan backends stage shop1 order shadow\n  linkspan backends pause shop1"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List backends and entities: stage, last import, what waits, what needs a human.
    #[command(after_help = "Example:\n  linkspan backends list --json")]
    List,
    /// Set how far an entity is rolled out, while the service runs.
    #[command(
        after_help = "Examples:\n  linkspan backends stage shop1 order shadow\n  linkspan backends stage shop1 product on --direction out"
    )]
    Stage {
        /// The backend.
        backend: String,
        /// The kind of record.
        entity: String,
        /// off, shadow (records what it would do), canary (only records that the configuration chooses), on.
        #[arg(value_enum)]
        stage: Stage,
        /// Into Odoo or out of it.
        #[arg(long, value_enum, default_value = "in")]
        direction: Direction,
    },
    /// Let a run that was held because of too many changes make them.
    #[command(after_help = "Example:\n  linkspan backends allow shop1 product")]
    Allow {
        /// The backend.
        backend: String,
        /// The kind of record.
        entity: String,
    },
    /// What runs in the stage `shadow` would have changed.
    #[command(after_help = "Example:\n  linkspan backends differences shop1 --entity order")]
    Differences {
        /// The backend.
        backend: String,
        /// Only of this kind of record.
        #[arg(long)]
        entity: Option<String>,
        /// Most records to list.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    /// Take no further jobs of a backend; those that come wait.
    #[command(after_help = "Example:\n  linkspan backends pause shop1 --reason \"stocktaking\"")]
    Pause {
        /// The backend.
        backend: String,
        /// Why; shown with every job that waits.
        #[arg(long, default_value = "paused by an operator")]
        reason: String,
    },
    /// Let a paused backend go on.
    #[command(after_help = "Example:\n  linkspan backends resume shop1")]
    Resume {
        /// The backend.
        backend: String,
    },
    /// Ask the external system for changes now.
    #[command(after_help = "Example:\n  linkspan backends poll shop1 order")]
    Poll {
        /// The backend.
        backend: String,
        /// The kinds of records; default: all.
        entities: Vec<String>,
    },
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let store = backend::store(&config).await?;
    let operator = Operator::new(&store, COMMAND_LINE);
    match &arguments.command {
        Command::List => list(&config, &store, output).await?,
        Command::Stage { backend, entity, stage, direction } => {
            known(&config, backend, std::slice::from_ref(entity))?;
            let key = RolloutKey { backend, entity, direction: *direction };
            let way = config.backend(backend)?.way(entity, *direction);
            let next = operator.set_stage(key, *stage, way).await?;
            let done = format!("{entity} of {backend}, {}: {}", direction.text(), stage.text());
            output.object(&json!({ "done": done, "next": next }));
            output.line(done);
            next.iter().for_each(|next| output.line(next));
        }
        Command::Allow { backend, entity } => {
            known(&config, backend, std::slice::from_ref(entity))?;
            operator.allow_changes(RolloutKey { backend, entity, direction: Direction::In }).await?;
            operator.poll(backend, &[entity]).await?;
            done(output, format!("the next run of {entity} of {backend} makes its changes"));
        }
        Command::Differences { backend, entity, limit } => {
            config.check_backend(backend)?;
            let filter = DifferenceFilter {
                backend: Some(backend.clone()),
                entity: entity.clone(),
                limit: *limit,
                ..DifferenceFilter::default()
            };
            let found = store.differences(filter).await?;
            output.object(&json!({ "differences": found }));
            let rows = found.iter().map(|one| {
                let what = format!("{} {} {}", one.action, one.entity, one.record);
                let field = |field: &FieldChange| {
                    let from = field.from.as_ref().map_or_else(String::new, |from| format!("{from} -> "));
                    format!("{}: {from}{}", field.field, field.to)
                };
                let fields: Vec<String> = one.fields.iter().map(field).collect();
                [when(one.seen_at), one.direction.text().to_owned(), what, fields.join("\n")]
            });
            output.table(&["seen (UTC)", "way", "what", "fields"], rows);
        }
        Command::Pause { backend, reason } => {
            config.check_backend(backend)?;
            for lane in Lane::ALL {
                operator.pause_channel(&lane.channel(backend), reason, None).await?;
            }
            done(output, format!("{backend} is paused; its jobs wait"));
        }
        Command::Resume { backend } => {
            config.check_backend(backend)?;
            let paused: Vec<String> =
                store.channels().await?.into_iter().filter(is_paused).map(|c| c.name).collect();
            let channels: Vec<String> = Lane::ALL.iter().map(|lane| lane.channel(backend)).collect();
            let mut resumed = channels.iter().filter(|channel| paused.contains(channel)).peekable();
            if resumed.peek().is_none() {
                return Err(Failure::config(format!("{backend} is not paused")));
            }
            for channel in resumed {
                operator.resume_channel(channel).await?;
            }
            done(output, format!("{backend} goes on"));
        }
        Command::Poll { backend, entities } => {
            let entities = known(&config, backend, entities)?;
            let walked = config.backend(backend)?.entities;
            if let Some(other) = entities.iter().find(|entity| !walked.contains(entity)) {
                return Err(Failure::config(format!(
                    "{other} of {backend} has no list that could be walked; there are: {}",
                    walked.join(", ")
                )));
            }
            let names: Vec<&str> = entities.iter().map(String::as_str).collect();
            operator.poll(backend, &names).await?;
            done(output, format!("{} of {backend}: asked for as soon as a worker is free", names.join(", ")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn is_paused(channel: &Channel) -> bool {
    channel.is_paused_at(now_ms())
}

fn done(output: &Output, text: String) {
    output.object(&json!({ "done": text }));
    output.line(text);
}

/// The entities, or all of the backend's; what the configuration does not have is an error.
fn known(config: &Config, name: &str, entities: &[String]) -> Result<Vec<String>, Failure> {
    let backend = config.backend(name)?;
    if let Some(entity) = entities.iter().find(|entity| !backend.definition.entities.contains_key(*entity)) {
        let there = backend.definition.entities.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(Failure::config(format!("{name} has no entity {entity}; there are: {there}")));
    }
    Ok(if entities.is_empty() { backend.entities } else { entities.to_vec() })
}

async fn list(config: &Config, store: &Store, output: &Output) -> Result<(), Failure> {
    let (waiting, dead) = (store.waiting_counts().await?, store.dead_counts().await?);
    let (runs, rollouts) = (store.last_successes().await?, store.rollouts(None).await?);
    let (mut all, mut broken): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let count = |counts: &[EntityCount], name: &str, entity: &str| {
        counts.iter().find(|one| one.backend == name && one.entity == entity).map_or(0, |one| one.count)
    };
    let configured: Vec<&str> = config.backend_names().collect();
    let counted: BTreeSet<&str> = waiting.iter().chain(&dead).map(|one| one.backend.as_str()).collect();
    let strangers = counted.into_iter().filter(|name| !configured.contains(name));
    for name in configured.iter().copied().chain(strangers) {
        let backend = match config.backend(name) {
            Ok(backend) => Some(backend),
            Err(report) if configured.contains(&name) => {
                broken.push(backend::broken(name, &report));
                None
            }
            Err(_) => None,
        };
        let synced = backend.as_ref().map_or(&[][..], |backend| &backend.entities[..]);
        // What stands inside others, or is not synced any more, waits and is refused too.
        let counted = waiting.iter().chain(&dead).filter(|one| one.backend == name).map(|one| &one.entity);
        let others: BTreeSet<&String> = counted.filter(|entity| !synced.contains(entity)).collect();
        for entity in synced.iter().chain(others) {
            let stage = |direction: Direction| {
                let row = rollouts
                    .iter()
                    .find(|row| row.backend == name && row.entity == *entity && row.direction == direction);
                let way = backend.as_ref()?.way(entity, direction);
                way.is_there.then(|| row.map_or(way.stage, |row| row.stage).text())
            };
            let last = runs.iter().find(|(b, e, _)| b == name && e == entity).map(|(_, _, at)| *at);
            all.push(json!({
                "backend": name, "entity": entity, "in": stage(Direction::In), "out": stage(Direction::Out),
                "last_import_at": last, "lag_seconds": last.map(|at| (now_ms() - at).max(0) / 1_000),
                "waiting": count(&waiting, name, entity), "dead": count(&dead, name, entity),
            }));
        }
    }
    let (breakers, alerts) = (store.breaker_views().await?, store.list_alerts(None, 1_000).await?);
    let channels = store.channels().await?;
    let paused: Vec<_> = channels.iter().filter(|channel| is_paused(channel)).collect();
    output.object(&json!({
        "entities": all, "broken": broken, "paused": paused, "breakers": breakers, "alerts": alerts,
    }));
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let rows = all.iter().map(|one| {
        let last = one["last_import_at"].as_i64().map_or_else(|| "never".to_owned(), when);
        [
            text(&one["backend"]),
            text(&one["entity"]),
            text(&one["in"]),
            text(&one["out"]),
            last,
            text(&one["waiting"]),
            text(&one["dead"]),
        ]
    });
    output.table(&["backend", "entity", "in", "out", "last import (UTC)", "waiting", "dead letters"], rows);
    backend::tell_broken(&broken, output);
    for channel in &paused {
        let until = channel.resume_at.map_or_else(String::new, |at| format!(" until {}", when(at)));
        let why = channel.reason.as_deref().unwrap_or_default();
        output.line(format!("paused: {}{until}: {why}", channel.name));
    }
    for breaker in breakers.iter().filter(|breaker| breaker.state != "closed") {
        let why = breaker.message.as_deref().unwrap_or_default();
        output.line(format!("left alone: {} until {}: {why}", breaker.name, when(breaker.retry_at)));
    }
    for alert in &alerts {
        output.line(format!("alert about {}: {}", alert.name, alert.message));
    }
    Ok(())
}
