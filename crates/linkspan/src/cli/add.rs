//! `linkspan add-binding`, `linkspan add-webhook`, `linkspan add-export`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::failure::Failure;
use super::output::Output;
use crate::module::add::{self, AddError, Addition};
use crate::module::init::InitError;

/// Add an entity to a module that linkspan init made: its model, views, rights, jobs, components and definition.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linkspan add-binding ~/odoo/addons/shopify_connector invoice --odoo-model account.move\n\nHand edits and comments stay. Running it again changes nothing."
)]
pub(super) struct Binding {
    /// The module's folder.
    module: PathBuf,
    /// Name of the entity, such as invoice.
    entity: String,
    /// Odoo model that its records are bound to.
    #[arg(long, value_name = "MODEL")]
    odoo_model: String,
    #[command(flatten)]
    how: How,
}

/// Add a webhook to a module that linkspan init made: the topic and what it imports.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linkspan add-webhook ~/odoo/addons/shopify_connector order.cancelled\n\nHand edits and comments stay. Running it again changes nothing."
)]
pub(super) struct Webhook {
    /// The module's folder.
    module: PathBuf,
    /// The topic as the external system names it.
    topic: String,
    /// Entity that it imports; found in the topic when left out.
    #[arg(long)]
    entity: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Add the way out to a module that linkspan init made: exporter, mapper, operations and the entry in the Action menu.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linkspan add-export ~/odoo/addons/shopify_connector res.partner\n\nHand edits and comments stay. Running it again changes nothing."
)]
pub(super) struct Export {
    /// The module's folder.
    module: PathBuf,
    /// Odoo model whose records are exported.
    model: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct How {
    /// Show the changes and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn binding(arguments: &Binding, output: &Output) -> Result<ExitCode, Failure> {
    let addition =
        Addition::Binding { entity: arguments.entity.clone(), model: arguments.odoo_model.clone() };
    run(&arguments.module, &addition, &arguments.how, output)
}

pub(super) fn webhook(arguments: &Webhook, output: &Output) -> Result<ExitCode, Failure> {
    let addition = Addition::Webhook { topic: arguments.topic.clone(), entity: arguments.entity.clone() };
    run(&arguments.module, &addition, &arguments.how, output)
}

pub(super) fn export(arguments: &Export, output: &Output) -> Result<ExitCode, Failure> {
    run(&arguments.module, &Addition::Export { model: arguments.model.clone() }, &arguments.how, output)
}

fn run(module: &Path, addition: &Addition, how: &How, output: &Output) -> Result<ExitCode, Failure> {
    let added = add::plan(module, addition)?;
    let diff = if how.dry_run { added.edits.diff(module) } else { String::new() };
    if !how.dry_run {
        added.edits.write().map_err(AddError::from)?;
    }
    output.object(&json!({
        "module": module, "dry_run": how.dry_run, "files": added.files, "diff": how.dry_run.then_some(&diff),
    }));
    match (added.files.is_empty(), how.dry_run) {
        (true, _) => output.line("It is there already; nothing changes."),
        (false, true) => output.line(diff.trim_end()),
        (false, false) => {
            for file in &added.files {
                output.line(format!("  {file}"));
            }
            let folder = module.canonicalize().unwrap_or_else(|_| module.to_owned());
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            output.line(format!(
                "{} files written. Next: say in connector.toml what the system sends, then odoo-bin -u {name}.",
                added.files.len()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl From<AddError> for Failure {
    fn from(error: AddError) -> Failure {
        match error {
            AddError::Init(InitError::Definition(report)) => report.into(),
            other => Failure::config(other.to_string()),
        }
    }
}
