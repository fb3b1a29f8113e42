//! The program: one file for each command.

mod accounts;
mod add;
mod addons;
mod backend;
mod backends;
mod bindings;
mod completions;
mod dead_letters;
mod demo;
mod doctor;
mod exchanges;
mod export;
mod failed;
mod failure;
mod init;
mod jobs;
mod kept_back;
mod odoo_rule;
mod output;
mod progress;
mod sandbox;
mod schedules;
mod schema;
mod serve;
mod signals;
mod sync;
mod test_connection;
mod tokens;
mod validate;
mod verify;
mod webhooks;
mod when;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::telemetry::{self, LogFormat};
use failure::Failure;
use output::Output;

/// Connects any external system to Odoo 16.0 to 19.0.
#[derive(Debug, Parser)]
#[command(name = "linkspan", version, after_help = failure::EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Configuration with the Odoo connections and backends.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "linkspan.toml",
        env = "LINKSPAN_CONFIG"
    )]
    config: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,
    /// How log lines are written to stderr. LINKSPAN_LOG says which: `info`, `linkspan::sync=debug`.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", env = "LINKSPAN_LOG_FORMAT")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Serve(serve::Serve),
    Work(serve::Work),
    Doctor(doctor::Arguments),
    Jobs(jobs::Arguments),
    Schedules(schedules::Arguments),
    Backends(backends::Arguments),
    Sync(sync::Arguments),
    Export(export::Arguments),
    OdooRule(odoo_rule::Arguments),
    Validate(validate::Arguments),
    Verify(verify::Arguments),
    Schema(schema::Arguments),
    Init(init::Arguments),
    AddBinding(add::Binding),
    AddWebhook(add::Webhook),
    AddExport(add::Export),
    Addons(addons::Arguments),
    TestConnection(test_connection::Arguments),
    Bindings(bindings::Arguments),
    DeadLetters(dead_letters::Arguments),
    Accounts(accounts::Arguments),
    Tokens(tokens::Arguments),
    Webhooks(webhooks::Arguments),
    Exchanges(exchanges::Arguments),
    Completions(completions::Arguments),
    Sandbox(sandbox::Arguments),
}

/// Runs a command; the result is the process's exit code (`linkspan --help` lists them).
pub fn main(cli: Cli) -> ExitCode {
    odoo_rpc::install_crypto();
    let level = match cli.command {
        Command::Serve(_) | Command::Work(_) => "info",
        _ => "warn",
    };
    let _telemetry = telemetry::start(cli.log_format, level);
    let output = Output::new(cli.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&Failure::server(format!("the program cannot start: {error}"))),
    };
    let outcome = runtime.block_on(run(&cli, &output));
    // A task that still waits for a server must not hold the exit back.
    runtime.shutdown_background();
    output::complete(outcome.unwrap_or_else(|failure| output.fail(&failure)))
}

async fn run(cli: &Cli, output: &Output) -> Result<ExitCode, Failure> {
    match &cli.command {
        Command::Demo(arguments) => demo::run(arguments, output).await,
        Command::Serve(arguments) => serve::serve(arguments, &cli.config, output).await,
        Command::Work(arguments) => serve::work(arguments, &cli.config, output).await,
        Command::Doctor(arguments) => doctor::run(arguments, &cli.config, output).await,
        Command::Jobs(arguments) => jobs::run(arguments, &cli.config, output).await,
        Command::Schedules(arguments) => schedules::run(arguments, &cli.config, output).await,
        Command::Backends(arguments) => backends::run(arguments, &cli.config, output).await,
        Command::Sync(arguments) => sync::run(arguments, &cli.config, output).await,
        Command::Export(arguments) => export::run(arguments, &cli.config, output).await,
        Command::OdooRule(arguments) => odoo_rule::run(arguments, &cli.config, output).await,
        Command::Validate(arguments) => validate::run(arguments, &cli.config, output),
        Command::Verify(arguments) => verify::run(arguments, output).await,
        Command::Schema(arguments) => schema::run(arguments, output),
        Command::Init(arguments) => init::run(arguments, output),
        Command::AddBinding(arguments) => add::binding(arguments, output),
        Command::AddWebhook(arguments) => add::webhook(arguments, output),
        Command::AddExport(arguments) => add::export(arguments, output),
        Command::Addons(arguments) => addons::run(arguments, output),
        Command::TestConnection(arguments) => test_connection::run(arguments, &cli.config, output).await,
        Command::Bindings(arguments) => bindings::run(arguments, &cli.config, output).await,
        Command::DeadLetters(arguments) => dead_letters::run(arguments, &cli.config, output).await,
        Command::Accounts(arguments) => accounts::run(arguments, &cli.config, output).await,
        Command::Tokens(arguments) => tokens::run(arguments, &cli.config, output).await,
        Command::Webhooks(arguments) => webhooks::run(arguments, &cli.config, output).await,
        Command::Exchanges(arguments) => exchanges::run(arguments, &cli.config, output).await,
        Command::Completions(arguments) => completions::run(arguments, output),
        Command::Sandbox(arguments) => sandbox::run(arguments, output).await,
    }
}
