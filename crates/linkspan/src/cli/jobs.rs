//! `linkspan jobs`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::when::when;
use crate::config::Config;
use crate::operations::{COMMAND_LINE, Operator};
use crate::store::{EventFilter, JobFilter, JobKind, JobView, Store};

/// The service's work: what waits and why, what runs, what is over.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan jobs list\n  linkspan jobs list --state dead --backend shop1\n  linkspan jobs run --all --failed"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List jobs, newest first; by default those that wait or run.
    #[command(
        after_help = "Examples:\n  linkspan jobs list --entity order --record 1042\n  linkspan jobs list --state over"
    )]
    List {
        #[command(flatten)]
        filter: Filter,
        /// Most jobs to list.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// Show one job and what happened to its record.
    #[command(after_help = "Example:\n  linkspan jobs show 17")]
    Show {
        /// Number of the job.
        id: i64,
    },
    /// Let waiting jobs run at once.
    #[command(after_help = "Examples:\n  linkspan jobs run 17\n  linkspan jobs run --all --backend shop1")]
    Run {
        #[command(flatten)]
        which: Which,
    },
    /// Take waiting jobs out of the queue.
    #[command(
        after_help = "Examples:\n  linkspan jobs cancel 17\n  linkspan jobs cancel --all --backend shop1 --kind export"
    )]
    Cancel {
        #[command(flatten)]
        which: Which,
    },
}

/// Which jobs.
#[derive(Debug, clap::Args)]
struct Filter {
    /// Only in this state: waiting, running, done, dead, cancelled, merged, or over for all of the last four.
    #[arg(long, value_parser = ["waiting", "running", "done", "dead", "cancelled", "merged", "over"])]
    state: Option<String>,
    /// Only of this backend.
    #[arg(long)]
    backend: Option<String>,
    /// Only of this kind.
    #[arg(long, value_enum)]
    kind: Option<JobKind>,
    /// Only of this kind of record.
    #[arg(long)]
    entity: Option<String>,
    /// Only of this record: its external id; of an export its Odoo id.
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Only that have failed before.
    #[arg(long)]
    failed: bool,
}

/// One job, or all waiting ones of a filter.
#[derive(Debug, clap::Args)]
struct Which {
    /// Number of the job.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<i64>,
    /// All waiting jobs that match.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    filter: Filter,
}

impl Command {
    fn filter(&self) -> Option<&Filter> {
        match self {
            Command::List { filter, .. } => Some(filter),
            Command::Run { which } | Command::Cancel { which } => Some(&which.filter),
            Command::Show { .. } => None,
        }
    }
}

impl Filter {
    fn of(&self, limit: u32) -> JobFilter {
        JobFilter {
            state: self.state.clone(),
            backend: self.backend.clone(),
            kind: self.kind,
            entity: self.entity.clone(),
            record: self.record.clone(),
            failed: self.failed,
            limit,
            ..JobFilter::default()
        }
    }
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    if let Some(name) = arguments.command.filter().and_then(|filter| filter.backend.as_deref()) {
        config.check_backend(name)?;
    }
    let store = backend::store(&config).await?;
    let operator = Operator::new(&store, COMMAND_LINE);
    match &arguments.command {
        Command::List { filter, limit } => {
            let jobs = store.list_jobs(filter.of(*limit)).await?;
            found(&config, filter, jobs.len() as u64)?;
            list(&jobs, output);
        }
        Command::Show { id } => show(&store, *id, output).await?,
        Command::Run { which } => {
            let count = match which.id {
                Some(id) => operator.run_job(id).await.map(|()| 1)?,
                None => operator.run_matching(which.filter.of(0)).await?,
            };
            found(&config, &which.filter, count)?;
            output.object(&json!({ "run": count }));
            output.line(format!("{count} jobs run as soon as a worker is free"));
        }
        Command::Cancel { which } => {
            let count = match which.id {
                Some(id) => operator.cancel_job(id).await.map(|()| 1)?,
                None => operator.cancel_matching(which.filter.of(0)).await?,
            };
            found(&config, &which.filter, count)?;
            output.object(&json!({ "cancelled": count }));
            output.line(format!("{count} jobs cancelled"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// An error where nothing was found because the filter is mistyped.
fn found(config: &Config, filter: &Filter, count: u64) -> Result<(), Failure> {
    if count > 0 {
        return Ok(());
    }
    backend::check_entity(config, filter.backend.as_deref(), filter.entity.as_deref())
}

fn list(jobs: &[JobView], output: &Output) {
    output.object(&json!({ "jobs": jobs }));
    if jobs.is_empty() {
        output.line("no such jobs");
        return;
    }
    let row = |view: &JobView| {
        [
            view.job.id.to_string(),
            view.state.clone(),
            format!("{} {}", view.job.backend, view.job.kind.text()),
            format!("{} {}", view.job.entity, view.job.record),
            when(view.finished_at.unwrap_or(view.job.run_at)),
            view.job.failures.to_string(),
            view.message.clone().unwrap_or_default(),
        ]
    };
    output.table(&["job", "state", "what", "record", "when (UTC)", "failures", "why"], jobs.iter().map(row));
}

async fn show(store: &Store, id: i64, output: &Output) -> Result<(), Failure> {
    let view = store.job(id).await?.ok_or_else(|| {
        Failure::config(format!("there is no job {id}; `linkspan jobs list` shows those there are"))
    })?;
    let job = &view.job;
    let filter = EventFilter {
        backend: Some(job.backend.clone()),
        entity: Some(job.entity.clone()),
        record: Some(job.record.clone()),
        ..EventFilter::default()
    };
    let events = if job.record.is_empty() { Vec::new() } else { store.list_events(filter).await? };
    output.object(&json!({ "job": view, "events": events }));
    output.line(format!(
        "job {id}: {} {} of {} {}\n{}, attempt {}, {} failures, correlation {}",
        job.kind.text(),
        job.entity,
        job.backend,
        job.record,
        view.state,
        job.attempt,
        job.failures,
        job.correlation
    ));
    if let Some(message) = &view.message {
        output.line(message);
    }
    if !events.is_empty() {
        let rows = events.iter().map(|event| [when(event.at), event.kind.clone(), event.message.clone()]);
        output.table(&["when (UTC)", "what", "how"], rows);
    }
    Ok(())
}
