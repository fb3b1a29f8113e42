//! `linkspan export`

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::failed::Failed;
use super::failure::{Failure, PROBLEMS};
use super::kept_back::{Asked, Chosen, leave_out};
use super::output::Output;
use super::{backend, progress};
use crate::config::Backend;
use crate::store::Direction;
use crate::sync::{
    ChangeOptions, ChangedRecord, ExportOptions, ExportOutcome, LeaseGuard, Mode, PlannedChange, Session,
    SyncError, import_order,
};

/// Bring what changed in Odoo to a backend.
///
/// Every export sends what changed since the last one, field by field, and never what an import brought. It may be killed
/// at any moment and run again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan export shop1\n  linkspan export shop1 product --plan\n  linkspan export shop1 product --id 42"
)]
pub(super) struct Arguments {
    /// Backend in the configuration.
    backend: String,
    /// Entities to export; default: all of the backend that go out.
    entities: Vec<String>,
    /// Only the record with this id in Odoo, linked or new; needs one entity.
    #[arg(long, value_name = "ODOO_ID")]
    id: Option<i64>,
    /// Look at every record, not only at what changed since the last export.
    #[arg(long)]
    full: bool,
    /// What changed since this moment, such as 2026-11-01 or 2026-11-01T08:00:00Z; the next export is not affected.
    #[arg(long, value_name = "TIME", value_parser = super::sync::moment)]
    since: Option<Timestamp>,
    /// Print what would be sent, field by field, and send nothing.
    #[arg(long)]
    plan: bool,
    /// Send also what a rollout stage or a pause keeps back.
    #[arg(long)]
    force: bool,
    /// An earlier create whose answer was lost made nothing: create the record again. Needs --id.
    #[arg(long, requires = "id")]
    create_again: bool,
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let wanted = config.backend(&arguments.backend)?;
    let entities = entities(arguments, &wanted)?;
    let store = backend::store(&config).await?;
    let mode = if arguments.plan { Mode::Plan } else { Mode::Write };
    let chosen = if mode == Mode::Write && !arguments.force {
        let asked = Asked { command: "export", direction: Direction::Out, plans: true };
        leave_out(&store, &wanted, asked, (entities, &arguments.entities)).await?
    } else {
        Chosen { entities, left_out: Vec::new() }
    };
    let opened = backend::open(&wanted, &store)?;
    let guard = match mode {
        Mode::Write => Some(LeaseGuard::acquire_export(&store, &wanted.name).await?),
        Mode::Plan => None,
    };
    let odoo = backend::connect(&wanted.odoo).await?;
    let lease = guard.as_ref().map(LeaseGuard::lease);
    let session = opened.session(odoo, &store, mode, lease, progress::progress(output)).await?;
    let mut exported = Vec::new();
    let mut failed = Failed::default();
    for entity in &chosen.entities {
        if let Err(error) = export(&session, entity, arguments, &mut exported).await
            && failed.note(&session, entity, error).await
        {
            break;
        }
    }
    let planned = session.planned();
    drop(session);
    opened.close().await;
    if let Some(guard) = guard {
        guard.release().await?;
    }
    print(output, (&wanted.name, &chosen.left_out), &exported, &planned, failed.first());
    chosen.tell(output);
    match failed.tell(output) {
        Some(error) => Err(error.into()),
        None if exported.iter().any(|record| needs_someone(&record.outcome)) => Ok(ExitCode::from(PROBLEMS)),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// A record and what became of it.
struct Exported {
    entity: String,
    odoo_id: i64,
    outcome: ExportOutcome,
}

fn entities(arguments: &Arguments, backend: &Backend) -> Result<Vec<String>, Failure> {
    let definition = &backend.definition;
    let goes_out =
        |name: &String| definition.entities.get(name).is_some_and(|entity| entity.export.is_some());
    let known: Vec<String> = definition.entities.keys().filter(|name| goes_out(name)).cloned().collect();
    if let Some(name) = arguments.entities.iter().find(|name| !known.contains(name)) {
        return Err(Failure::config(format!(
            "nothing of {name} goes out of Odoo to {}; there are: {}",
            backend.name,
            known.join(", ")
        )));
    }
    if arguments.id.is_some() && arguments.entities.len() != 1 {
        return Err(Failure::config(
            "--id needs exactly one entity, such as: linkspan export shop1 product --id 42",
        ));
    }
    let wanted = if arguments.entities.is_empty() { &known } else { &arguments.entities };
    Ok(import_order(definition, wanted))
}

async fn export(
    session: &Session,
    entity: &str,
    arguments: &Arguments,
    exported: &mut Vec<Exported>,
) -> Result<(), SyncError> {
    let options = ExportOptions { force: arguments.id.is_some(), create_again: arguments.create_again };
    let changes = match arguments.id {
        Some(_) => None,
        None => {
            let options = ChangeOptions { full: arguments.full, since: arguments.since };
            Some(session.changed_in_odoo(entity, options).await?)
        }
    };
    let found =
        changes.iter().flat_map(|changes| &changes.records).map(|record: &ChangedRecord| record.odoo_id);
    let ids: Vec<i64> = arguments.id.into_iter().chain(found).collect();
    let mut again = false;
    for ids in ids.chunks(40) {
        for (odoo_id, outcome) in session.export_with(entity, ids, options).await? {
            again |= is_put_off(&outcome);
            exported.push(Exported { entity: entity.to_owned(), odoo_id, outcome });
        }
    }
    // What was put off is found again.
    if let Some(changes) = changes.filter(|_| !arguments.plan && !again) {
        session.settle_changes(&changes, &[]).await?;
    }
    Ok(())
}

fn is_put_off(outcome: &ExportOutcome) -> bool {
    matches!(outcome, ExportOutcome::Refused { class: "transient", .. })
}

fn needs_someone(outcome: &ExportOutcome) -> bool {
    matches!(outcome, ExportOutcome::Refused { .. } | ExportOutcome::Conflict { .. })
}

fn print(
    output: &Output,
    (backend, left_out): (&str, &[String]),
    exported: &[Exported],
    planned: &[PlannedChange],
    failed: Option<&SyncError>,
) {
    let count = |is: fn(&ExportOutcome) -> bool| exported.iter().filter(|record| is(&record.outcome)).count();
    let counts = [
        ("created", count(|outcome| matches!(outcome, ExportOutcome::Created { .. }))),
        (
            "updated",
            count(|outcome| matches!(outcome, ExportOutcome::Updated { .. } | ExportOutcome::Archived)),
        ),
        ("unchanged", count(|outcome| matches!(outcome, ExportOutcome::Unchanged))),
        ("skipped", count(|outcome| matches!(outcome, ExportOutcome::Skipped { .. }))),
        ("refused", count(needs_someone)),
    ];
    if output.json && failed.is_none() {
        let records: Vec<Value> = exported.iter().map(object).collect();
        let mut result =
            json!({ "backend": backend, "records": records, "planned": planned, "left_out": left_out });
        for (name, count) in counts {
            result[name] = json!(count);
        }
        output.object(&result);
    }
    planned.iter().for_each(|change| super::sync::print_planned(output, change));
    for record in exported {
        if let Some(line) = line(&record.outcome).filter(|_| planned.is_empty()) {
            output.line(format!("{} {}: {line}", record.entity, record.odoo_id));
        }
    }
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    output.line(counts.join(", "));
}

fn object(record: &Exported) -> Value {
    let mut object = json!(record.outcome);
    object["entity"] = json!(record.entity);
    object["odoo_id"] = json!(record.odoo_id);
    object
}

/// An outcome in words, unless there is nothing to tell.
fn line(outcome: &ExportOutcome) -> Option<String> {
    Some(match outcome {
        ExportOutcome::Created { external_id } => format!("is {external_id} on the other side now"),
        ExportOutcome::Updated { fields } => format!("sent {}", fields.join(", ")),
        ExportOutcome::Archived => "archived on the other side".to_owned(),
        ExportOutcome::Conflict { fields } => format!("conflict: both sides changed {}", fields.join(", ")),
        ExportOutcome::Refused { class, message, .. } => format!("refused [{class}] {message}"),
        ExportOutcome::Skipped { reason } => format!("left out: {reason}"),
        ExportOutcome::Unchanged => return None,
    })
}
