//! `linkspan schedules`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::when::when;
use crate::operations::{COMMAND_LINE, Operator};
use crate::service::schedules_of;

/// What the service does by the clock.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  linkspan schedules list\n  linkspan schedules pause shop1/0")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List schedules with their next and last time.
    #[command(after_help = "Example:\n  linkspan schedules list --json")]
    List,
    /// Stop a schedule until it is resumed.
    #[command(after_help = "Example:\n  linkspan schedules pause shop1/0")]
    Pause {
        /// Name of the schedule.
        name: String,
    },
    /// Let a paused schedule go on.
    #[command(after_help = "Example:\n  linkspan schedules resume shop1/0")]
    Resume {
        /// Name of the schedule.
        name: String,
    },
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let store = backend::store(&config).await?;
    let operator = Operator::new(&store, COMMAND_LINE);
    match &arguments.command {
        Command::List => {
            let known = store.schedule_views().await?;
            let (mut all, mut broken) = (Vec::new(), Vec::new());
            for name in config.backend_names() {
                let schedules = match config.backend(name) {
                    Ok(backend) => schedules_of(&backend),
                    Err(report) => {
                        broken.push(backend::broken(name, &report));
                        continue;
                    }
                };
                for schedule in schedules {
                    let row = known.iter().find(|row| row.name == schedule.name);
                    all.push(json!({
                        "name": schedule.name, "rule": schedule.rule,
                        "next_at": row.map(|row| row.next_at), "last_at": row.and_then(|row| row.last_at),
                        "paused": row.is_some_and(|row| row.paused),
                    }));
                }
            }
            output.object(&json!({ "schedules": all, "broken": broken }));
            let time = |value: &serde_json::Value| value.as_i64().map_or_else(|| "-".to_owned(), when);
            let rows = all.iter().map(|one| {
                let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
                let next = if one["paused"] == true { "paused".to_owned() } else { time(&one["next_at"]) };
                [text("name"), text("rule"), next, time(&one["last_at"])]
            });
            output.table(&["schedule", "what", "next (UTC)", "last (UTC)"], rows);
            backend::tell_broken(&broken, output);
        }
        Command::Pause { name } => {
            operator.pause_schedule(name, true).await?;
            output.object(&json!({ "paused": name }));
            output.line(format!("{name} is paused"));
        }
        Command::Resume { name } => {
            operator.pause_schedule(name, false).await?;
            output.object(&json!({ "resumed": name }));
            output.line(format!("{name} goes on"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
