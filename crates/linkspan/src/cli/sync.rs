//! `linkspan sync`

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::json;

use super::failed::Failed;
use super::failure::{Failure, PROBLEMS};
use super::kept_back::{Asked, Chosen, leave_out};
use super::output::Output;
use super::{backend, progress};
use crate::config::Backend;
use crate::store::{Direction, Run, Store};
use crate::sync::{
    Counts, ImportOptions, LeaseGuard, Mode, PlannedChange, Session, Summary, SyncError, import_order,
};

/// Import what is new or changed from a backend into Odoo.
///
/// The first sync imports everything; later ones what changed since. It may be killed at any moment and run again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan sync shop1\n  linkspan sync shop1 product order --plan\n  linkspan sync shop1 order --id 1042"
)]
pub(super) struct Arguments {
    /// Backend in the configuration.
    backend: String,
    /// Entities to import; default: all of the backend.
    entities: Vec<String>,
    /// Everything, not only what changed since the last sync.
    #[arg(long)]
    full: bool,
    /// What changed since this moment, such as 2026-11-01 or 2026-11-01T08:00:00Z; the next sync is not affected.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// At most so many records of each entity; the next sync is not affected.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Only the record with this external id; needs one entity.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Print what would be created and changed, field by field, and write nothing.
    #[arg(long)]
    plan: bool,
    /// Write also what a rollout stage or a pause keeps back.
    #[arg(long)]
    force: bool,
}

/// A day or a time as people write it.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let day =
        text.parse::<jiff::civil::Date>().ok().and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok());
    match day {
        Some(day) => Ok(day.timestamp()),
        None => text
            .parse()
            .map_err(|_| "write a day such as 2026-11-01 or a time such as 2026-11-01T08:00:00Z".to_owned()),
    }
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let wanted = config.backend(&arguments.backend)?;
    let entities = entities(arguments, &wanted)?;
    let store = backend::store(&config).await?;
    let mode = if arguments.plan { Mode::Plan } else { Mode::Write };
    let chosen = if mode == Mode::Write && !arguments.force {
        let asked = Asked { command: "sync", direction: Direction::In, plans: true };
        leave_out(&store, &wanted, asked, (entities, &arguments.entities)).await?
    } else {
        Chosen { entities, left_out: Vec::new() }
    };
    let entities = &chosen.entities;
    let opened = backend::open(&wanted, &store)?;
    let guard = match mode {
        Mode::Write => Some(LeaseGuard::acquire_for_command(&store, &wanted.name).await?),
        Mode::Plan => None,
    };
    let started = (Instant::now(), Timestamp::now());
    let odoo = backend::connect(&wanted.odoo).await?;
    let lease = guard.as_ref().map(LeaseGuard::lease);
    let mut session = opened.session(odoo, &store, mode, lease, progress::progress(output)).await?;
    session.hold_back(&chosen.left_out);
    let failed = import(&session, entities, arguments).await;
    let summary = session.summary();
    let calls = (opened.log.calls(), session.odoo_calls());
    if mode == Mode::Write {
        let walked = Walked { backend: &wanted.name, entities, is_part: arguments.is_part() };
        record_runs(&store, walked, &summary, started.1, calls, &failed).await?;
    }
    let planned = session.planned();
    drop(session);
    opened.close().await;
    if let Some(guard) = guard {
        guard.release().await?;
    }
    print(
        output,
        &wanted.name,
        (&summary, &chosen.left_out),
        &planned,
        mode,
        calls,
        started.0.elapsed().as_secs_f64(),
        failed.first(),
    );
    chosen.tell(output);
    match failed.tell(output) {
        Some(error) => Err(error.into()),
        None if summary.total().refused > 0 => Ok(ExitCode::from(PROBLEMS)),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn entities(arguments: &Arguments, backend: &Backend) -> Result<Vec<String>, Failure> {
    for name in &arguments.entities {
        if backend.definition.entities.get(name).is_none_or(|entity| entity.import.is_none()) {
            let known = backend.entities.join(", ");
            return Err(Failure::config(format!(
                "{name} is no entity of {} that can be imported; there are: {known}",
                backend.name
            )));
        }
    }
    if arguments.id.is_some() && arguments.entities.len() != 1 {
        return Err(Failure::config(
            "--id needs exactly one entity, such as: linkspan sync shop1 order --id 1042",
        ));
    }
    let wanted = if arguments.entities.is_empty() { &backend.entities } else { &arguments.entities };
    Ok(import_order(&backend.definition, wanted))
}

async fn import(session: &Session, entities: &[String], arguments: &Arguments) -> Failed {
    let mut failed = Failed::default();
    if let (Some(id), [entity]) = (&arguments.id, entities) {
        failed.stopped = session.import_record(entity, id).await.err();
        return failed;
    }
    let options = ImportOptions {
        full: arguments.full,
        since: arguments.since,
        limit: arguments.limit,
        ..ImportOptions::default()
    };
    for entity in entities {
        if let Err(error) = session.import_batch(entity, options.clone()).await
            && failed.note(session, entity, error).await
        {
            return failed;
        }
    }
    if !arguments.plan {
        failed.stopped = session.retry_released().await.err();
    }
    failed
}

impl Arguments {
    /// Whether what was walked is less than all that changed.
    fn is_part(&self) -> bool {
        self.id.is_some() || self.limit.is_some()
    }
}

/// What a run went through.
#[derive(Clone, Copy)]
struct Walked<'w> {
    backend: &'w str,
    entities: &'w [String],
    is_part: bool,
}

/// A run of each entity; the calls of all of them stand with the first.
async fn record_runs(
    store: &Store,
    walked: Walked<'_>,
    summary: &Summary,
    started: Timestamp,
    mut calls: (u64, u64),
    failed: &Failed,
) -> Result<(), Failure> {
    for entity in walked.entities {
        let counts = summary.entities.get(entity).cloned().unwrap_or_default();
        let (shop_calls, odoo_calls) = std::mem::take(&mut calls);
        let run = Run {
            backend: walked.backend.to_owned(),
            entity: entity.clone(),
            kind: if walked.is_part { "part" } else { "sync" }.to_owned(),
            started_at: started.as_millisecond(),
            ended_at: Timestamp::now().as_millisecond(),
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            skipped: counts.skipped + counts.stale,
            refused: counts.refused,
            shop_calls,
            odoo_calls,
            error: failed.of(entity).map(ToString::to_string),
        };
        store.record_run(&run).await?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "everything a person wants to know about a run")]
fn print(
    output: &Output,
    backend: &str,
    (summary, left_out): (&Summary, &[String]),
    planned: &[PlannedChange],
    mode: Mode,
    calls: (u64, u64),
    seconds: f64,
    failed: Option<&SyncError>,
) {
    let total = summary.total();
    if output.json && failed.is_none() {
        let mut object = json!({
            "backend": backend, "plan": mode == Mode::Plan, "entities": summary.entities,
            "created": total.created, "updated": total.updated, "adopted": total.adopted,
            "unchanged": total.unchanged, "stale": total.stale, "skipped": total.skipped,
            "refused": total.refused, "mismatched": total.mismatched, "refusals": summary.refusals,
            "shop_calls": calls.0, "odoo_calls": calls.1, "seconds": seconds,
            "left_out": left_out,
        });
        if mode == Mode::Plan {
            object["planned"] = json!(planned);
        }
        output.object(&object);
    }
    planned.iter().for_each(|change| print_planned(output, change));
    table(output, summary);
    print_refusals(output, summary);
    output.line(format!("{} shop requests, {} Odoo requests, {seconds:.1} s", calls.0, calls.1));
    if mode == Mode::Plan {
        output.line("Nothing was written.");
    }
}

/// The counts of a run, entity by entity.
pub(super) fn table(output: &Output, summary: &Summary) {
    let row = |name: &str, counts: &Counts| {
        [
            name.to_owned(),
            counts.created.to_string(),
            counts.updated.to_string(),
            counts.unchanged.to_string(),
            counts.stale.to_string(),
            counts.skipped.to_string(),
            counts.refused.to_string(),
        ]
    };
    let rows = summary.entities.iter().map(|(name, counts)| row(name, counts));
    output.table(
        &["entity", "created", "updated", "unchanged", "older", "skipped", "refused"],
        rows.chain([row("total", &summary.total())]),
    );
}

/// Refused records with their reasons.
pub(super) fn print_refusals(output: &Output, summary: &Summary) {
    for refused in summary.refusals.iter().take(20) {
        output.line(format!(
            "refused: {} {} [{}] {}",
            refused.entity, refused.external_id, refused.class, refused.reason
        ));
    }
    if summary.total().refused > 20 {
        output.line("... all of them: linkspan dead-letters list");
    }
}

/// A planned change, field by field.
pub(super) fn print_planned(output: &Output, change: &PlannedChange) {
    let at = change.odoo_id.map(|id| format!(" (Odoo {} {id})", change.model)).unwrap_or_default();
    output.line(format!("{} {} {}{at}", change.action, change.entity, change.external_id));
    for field in &change.fields {
        match &field.from {
            Some(from) => output.line(format!("  {}: {from} -> {}", field.field, field.to)),
            None => output.line(format!("  {}: {}", field.field, field.to)),
        }
    }
}
