//! `linkspan tokens`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::when::when;
use crate::operations::{COMMAND_LINE, Operator};
use crate::store::Role;

/// Tokens of programs that use the admin API.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  linkspan tokens add monitoring\n  linkspan tokens remove monitoring")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and print it, once: only its hash is stored.
    #[command(after_help = "Example:\n  linkspan tokens add deployment --role operator")]
    Add {
        /// What the token is called.
        name: String,
        /// What the program may do: a viewer reads, an operator reads and acts.
        #[arg(long, value_enum, default_value = "viewer")]
        role: Role,
    },
    /// List all tokens, without themselves.
    #[command(after_help = "Example:\n  linkspan tokens list")]
    List,
    /// Remove a token; it is refused from then on.
    #[command(after_help = "Example:\n  linkspan tokens remove monitoring")]
    Remove {
        /// What the token is called.
        name: String,
    },
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let store = backend::store(&backend::config(path)?).await?;
    let operator = Operator::new(&store, COMMAND_LINE);
    match &arguments.command {
        Command::Add { name, role } => {
            let new = operator.add_token(name, *role).await?;
            let token = new.token.expose_secret();
            output.object(&json!({ "added": name, "role": role, "token": token }));
            output.line(token);
        }
        Command::List => {
            let tokens = store.api_tokens().await?;
            output.object(&json!({ "tokens": tokens }));
            let rows = tokens.iter().map(|token| {
                let used = token.used_at.map_or_else(|| "never".to_owned(), when);
                [token.name.clone(), token.role.text().to_owned(), when(token.created_at), used]
            });
            output.table(&["token", "role", "made", "used"], rows);
        }
        Command::Remove { name } => {
            operator.remove_token(name).await?;
            output.object(&json!({ "removed": name }));
            output.line(format!("{name} is removed"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
