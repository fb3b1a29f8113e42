//! `linkspan schema`

use std::process::ExitCode;

use clap::ValueEnum;

use super::failure::Failure;
use super::output::Output;
use crate::{config, definition};

/// Print the JSON Schema of definitions or configurations, for editors and agents.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linkspan schema > connector.schema.json\n  # first line of connector.toml, for editors: #:schema ./connector.schema.json"
)]
pub(super) struct Arguments {
    /// Which file the schema is for.
    #[arg(value_enum, default_value = "connector")]
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// connector.toml
    Connector,
    /// linkspan.toml
    Config,
}

pub(super) fn run(arguments: &Arguments, _output: &Output) -> Result<ExitCode, Failure> {
    let schema = match arguments.of {
        Of::Connector => definition::json_schema(),
        Of::Config => config::json_schema(),
    };
    // The schema is JSON with and without --json.
    Output::new(true).object(&schema);
    Ok(ExitCode::SUCCESS)
}
