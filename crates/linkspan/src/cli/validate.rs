//! `linkspan validate`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::failure::Failure;
use super::output::Output;
use crate::config::Config;
use crate::definition::{self, Report};

/// Check connector definitions and configurations: all problems at once, each with its place and what to write.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan validate connector.toml\n  linkspan validate linkspan.toml --json"
)]
pub(super) struct Arguments {
    /// connector.toml or linkspan.toml; default: the configuration.
    files: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let files = if arguments.files.is_empty() { vec![config.to_owned()] } else { arguments.files.clone() };
    let report = Report::new(files.iter().flat_map(|file| check(file).diagnostics).collect());
    let (errors, warnings) = report.counts();
    output.object(&report.to_json());
    if !report.diagnostics.is_empty() {
        output.line(report.render(std::io::IsTerminal::is_terminal(&std::io::stdout())));
    }
    output.line(match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        _ => format!("{errors} errors, {warnings} warnings"),
    });
    Ok(if errors > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// A configuration has backends or an Odoo at the top; everything else is read as a definition.
fn check(file: &Path) -> Report {
    let is_config = file.file_name().is_some_and(|name| name == "linkspan.toml")
        || std::fs::read_to_string(file).is_ok_and(|text| {
            text.lines().any(|line| line.starts_with("[backends") || line.starts_with("[odoo"))
        });
    if is_config {
        return match Config::load(file) {
            Ok(config) => config.check_all(),
            Err(report) => report,
        };
    }
    match definition::load(file) {
        Ok(loaded) => Report::new(loaded.warnings),
        Err(report) => report,
    }
}
