//! `linkspan addons`

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::failure::Failure;
use super::output::Output;
use crate::module::{self, Rendered, Series, addons, write};

/// Write the framework addons for an Odoo series: what generated modules stand on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linkspan addons --odoo 18.0 --path ~/odoo/addons\n\nThe addons need OCA's component, connector and queue_job on the addons path.\nA file that was edited is not overwritten unless --force is given."
)]
pub(super) struct Arguments {
    /// Odoo series.
    #[arg(long, value_enum, value_name = "SERIES")]
    odoo: Series,
    /// Folder of the addons path to write to; made if it does not exist.
    #[arg(long, value_name = "DIR")]
    path: PathBuf,
    /// Overwrite files that differ.
    #[arg(long)]
    force: bool,
    /// Also write the addon with the framework's own tests.
    #[arg(long)]
    with_tests: bool,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let names = addons::FRAMEWORK.into_iter().chain(arguments.with_tests.then_some(addons::TESTS));
    let mut files: Vec<Rendered> = Vec::new();
    for name in names.clone() {
        files.extend(addons::render(name, arguments.odoo)?);
    }
    let planned = write::compare(&arguments.path, &files)?;
    if !planned.changed.is_empty() && !arguments.force {
        return Err(edited(&planned, arguments));
    }
    let done = write::write(&arguments.path, &files)?;
    let names: Vec<&str> = names.collect();
    output.object(&json!({
        "odoo": arguments.odoo.to_string(), "path": arguments.path, "addons": names,
        "created": done.created, "changed": done.changed, "unchanged": done.unchanged,
    }));
    output.line(format!(
        "{} for Odoo {} in {}: {} files written, {} unchanged.",
        names.join(", "),
        arguments.odoo,
        arguments.path.display(),
        done.created.len() + done.changed.len(),
        done.unchanged.len()
    ));
    output.line(
        "Next: put the folder and OCA's component, connector and queue_job on Odoo's addons path, then \
         odoo-bin -i generic_connector.",
    );
    Ok(ExitCode::SUCCESS)
}

/// Nothing was written: the files differ from what this program would write.
fn edited(planned: &write::Outcome, arguments: &Arguments) -> Failure {
    Failure::config(format!(
        "{} would be overwritten in {}: {}. They were edited, or come from another version or series. Move your \
         changes to a module of your own that inherits, or give --force. Nothing was written.",
        if planned.changed.len() == 1 { "a file" } else { "files" },
        arguments.path.display(),
        planned.changed.join(", ")
    ))
}

impl From<module::RenderError> for Failure {
    fn from(error: module::RenderError) -> Failure {
        Failure::config(error.to_string())
    }
}

impl From<write::WriteError> for Failure {
    fn from(error: write::WriteError) -> Failure {
        Failure { code: 2, class: "config", message: error.to_string(), report: None }
    }
}
