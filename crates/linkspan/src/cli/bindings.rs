//! `linkspan bindings`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use crate::operations::{COMMAND_LINE, Operator};
use crate::store::{BatchCommit, Binding, BindingFilter, Origin};

/// Show and change what is linked to what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan bindings list shop1 --entity order --external-id 1042\n  linkspan bindings link shop1 product 22 145"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List links between external records and Odoo records.
    #[command(after_help = "Example:\n  linkspan bindings list shop1 --entity order")]
    List {
        /// Backend.
        backend: Option<String>,
        /// Only this entity.
        #[arg(long)]
        entity: Option<String>,
        /// Only this external id.
        #[arg(long)]
        external_id: Option<String>,
        /// Only this Odoo id.
        #[arg(long)]
        odoo_id: Option<i64>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Link an external record to an Odoo record by hand, where matching must not guess.
    #[command(after_help = "Example:\n  linkspan bindings link shop1 product 22 145")]
    Link {
        /// Backend.
        backend: String,
        /// Entity.
        entity: String,
        /// Id in the external system.
        external_id: String,
        /// Database id in Odoo.
        odoo_id: i64,
    },
    /// Forget a link; both records stay. The next import matches the record anew.
    #[command(after_help = "Example:\n  linkspan bindings unlink shop1 product 22")]
    Unlink {
        /// Backend.
        backend: String,
        /// Entity.
        entity: String,
        /// Id in the external system.
        external_id: String,
    },
}

impl Command {
    fn backend(&self) -> Option<&str> {
        match self {
            Command::List { backend, .. } => backend.as_deref(),
            Command::Link { backend, .. } => Some(backend),
            // Links of a backend that was removed from the configuration can still be forgotten.
            Command::Unlink { .. } => None,
        }
    }
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    if let Some(name) = arguments.command.backend() {
        config.check_backend(name)?;
    }
    let store = backend::store(&config).await?;
    match &arguments.command {
        Command::List { backend, entity, external_id, odoo_id, limit } => {
            let filter = BindingFilter {
                backend: backend.clone(),
                entity: entity.clone(),
                external_id: external_id.clone(),
                odoo_id: *odoo_id,
                limit: *limit,
                after: None,
            };
            let bindings = store.list_bindings(filter).await?;
            if bindings.is_empty() {
                backend::check_entity(&config, backend.as_deref(), entity.as_deref())?;
            }
            list(&bindings, output);
        }
        Command::Link { backend: name, entity, external_id, odoo_id } => {
            let wanted = config.backend(name)?;
            let Some(found) = wanted.definition.entities.get(entity) else {
                let known: Vec<&str> = wanted.definition.entities.keys().map(String::as_str).collect();
                return Err(Failure::config(format!(
                    "{name} has no entity {entity}; there are: {}",
                    known.join(", ")
                )));
            };
            let model = &found.odoo.model;
            let odoo = backend::connect(&wanted.odoo).await?;
            let context = serde_json::Map::from_iter([("active_test".to_owned(), json!(false))]);
            let found =
                odoo.with_context(context).search_count(model, &json!([["id", "=", odoo_id]])).await?;
            if found == 0 {
                return Err(Failure::config(format!(
                    "Odoo has no {model} with id {odoo_id} that this user may see"
                )));
            }
            link(&store, name, entity, external_id, model, *odoo_id).await?;
            let details = json!({ "odoo_model": model, "odoo_id": odoo_id });
            let record = format!("{entity} {external_id} of {name}");
            Operator::new(&store, COMMAND_LINE).note("binding.link", record, details).await?;
            output.object(&json!({ "linked": true }));
            output.line(format!(
                "{entity} {external_id} is linked to {model} {odoo_id}; the next sync writes it"
            ));
        }
        Command::Unlink { backend, entity, external_id } => {
            let unlinked = store.delete_binding(backend, entity, external_id).await?;
            if unlinked {
                let record = format!("{entity} {external_id} of {backend}");
                Operator::new(&store, COMMAND_LINE).note("binding.unlink", record, json!({})).await?;
            }
            output.object(&json!({ "unlinked": unlinked }));
            output.line(if unlinked { "the link is forgotten" } else { "there was no such link" });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn link(
    store: &crate::store::Store,
    backend: &str,
    entity: &str,
    external_id: &str,
    model: &str,
    odoo_id: i64,
) -> Result<(), Failure> {
    store.delete_binding(backend, entity, external_id).await?;
    let binding = Binding {
        backend: backend.to_owned(),
        entity: entity.to_owned(),
        external_id: external_id.to_owned(),
        odoo_model: model.to_owned(),
        odoo_id: Some(odoo_id),
        origin: Origin::Adopted,
        version: None,
        digest: None,
        line_keys: None,
        agreed: None,
        created_at: 0,
        updated_at: 0,
    };
    let commit = BatchCommit {
        backend: backend.to_owned(),
        entity: entity.to_owned(),
        bindings: vec![binding],
        ..BatchCommit::default()
    };
    match store.commit_batch(commit).await?.first() {
        None => Ok(()),
        Some(conflict) => Err(Failure::config(format!(
            "{model} {odoo_id} is linked to {entity} {} already; unlink that first",
            conflict.held_by
        ))),
    }
}

fn list(bindings: &[Binding], output: &Output) {
    output.object(&json!({ "bindings": bindings }));
    let rows = bindings.iter().map(|binding| {
        [
            binding.backend.clone(),
            binding.entity.clone(),
            binding.external_id.clone(),
            binding.odoo_model.clone(),
            binding.odoo_id.map_or_else(|| "(being written)".to_owned(), |id| id.to_string()),
            binding.version.clone().unwrap_or_default(),
        ]
    });
    output.table(&["backend", "entity", "external id", "Odoo model", "Odoo id", "external version"], rows);
}
