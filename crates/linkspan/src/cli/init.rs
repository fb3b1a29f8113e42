//! `linkspan init`

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::failure::Failure;
use super::output::Output;
use crate::definition::model::ConnectorType;
use crate::module::Series;
use crate::module::init::{self, AuthKind, Direction, InitError, Request};
use crate::module::publish::{self, PublishError};

/// Make an Odoo module from a connector definition.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan init shopify --path ~/odoo/addons --type ecommerce\n  linkspan init shop --path ~/odoo/addons --connector woocommerce --odoo 16.0\n\nThe module needs the addons that `linkspan addons` writes. Nothing is written when a problem is found."
)]
pub(super) struct Arguments {
    /// Name of the module and its models, in small letters: shopify becomes shopify_connector.
    name: String,
    /// Folder of the addons path that gets the module; made if it does not exist.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// What kind of system it connects; without --connector the module starts from this type's starter.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<ConnectorType>,
    /// Odoo series.
    #[arg(long, value_enum, value_name = "SERIES", default_value = "18.0")]
    odoo: Series,
    /// Id of a shipped connector, or a connector.toml.
    #[arg(long, value_name = "ID|FILE")]
    connector: Option<String>,
    /// Only these entities, and those that they refer to.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    entities: Vec<String>,
    /// Only one way.
    #[arg(long, value_enum, default_value = "both")]
    direction: Direction,
    /// Another authentication than the definition's.
    #[arg(long, value_enum, value_name = "KIND")]
    auth: Option<AuthKind>,
    /// Author in the manifest.
    #[arg(long, default_value = "Linkspan, Odoo Community Association (OCA)")]
    author: String,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let request = Request {
        name: arguments.name.clone(),
        kind: arguments.kind,
        connector: arguments.connector.clone(),
        series: arguments.odoo,
        entities: arguments.entities.clone(),
        direction: arguments.direction,
        imports: Vec::new(),
        exports: Vec::new(),
        auth: arguments.auth,
        author: arguments.author.clone(),
    };
    let module = init::generate(&request)?;
    let folder = arguments.path.join(&module.names.module);
    publish::publish(&folder, &module.files)?;
    let paths: Vec<&str> = module.files.iter().map(|file| file.path.as_str()).collect();
    output.object(&json!({
        "module": module.names.module, "path": folder, "odoo": arguments.odoo.to_string(),
        "entities": module.entities, "depends": module.depends, "files": paths,
    }));
    output.line(format!(
        "{} for Odoo {} in {}: {} files, entities {}.",
        module.names.module,
        arguments.odoo,
        folder.display(),
        paths.len(),
        module.entities.join(", ")
    ));
    output.line(format!(
        "Next: linkspan addons --odoo {} --path {}, then odoo-bin -i {} --test-tags /{}.",
        arguments.odoo,
        arguments.path.display(),
        module.names.module,
        module.names.module
    ));
    Ok(ExitCode::SUCCESS)
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Failure {
        match error {
            InitError::Definition(report) => report.into(),
            other => Failure::config(other.to_string()),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Failure {
        Failure::config(error.to_string())
    }
}
