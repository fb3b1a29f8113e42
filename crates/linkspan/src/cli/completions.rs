//! `linkspan completions`

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::failure::Failure;
use super::output::{self, Output};

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linkspan completions bash > /etc/bash_completion.d/linkspan")]
pub(super) struct Arguments {
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Cli::command(), "linkspan", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.object(&serde_json::json!({ "script": script }));
    if !output.json {
        output::write(&script);
    }
    Ok(ExitCode::SUCCESS)
}
