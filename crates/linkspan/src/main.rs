//! Parses the command line, runs the command, prints what went wrong, sets the exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    linkspan::cli::main(linkspan::cli::Cli::parse())
}
