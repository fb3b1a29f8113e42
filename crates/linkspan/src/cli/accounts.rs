//! `linkspan accounts`

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use secrecy::SecretString;
use serde_json::json;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::when::when;
use crate::operations::{COMMAND_LINE, Operator, PASSWORD_CHARS};
use crate::store::Role;

/// People who may sign in to the dashboard.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan accounts add ada --role operator --password-stdin\n  linkspan accounts list"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an account.
    #[command(
        after_help = "Examples:\n  linkspan accounts add ada --role operator --password-stdin\n  linkspan accounts add bob --role viewer --password-env BOBS_PASSWORD"
    )]
    Add {
        /// Name to sign in with.
        name: String,
        /// What the account may do: a viewer looks, an operator looks and acts.
        #[arg(long, value_enum, default_value = "viewer")]
        role: Role,
        #[command(flatten)]
        password: Password,
    },
    /// List all accounts.
    #[command(after_help = "Example:\n  linkspan accounts list")]
    List,
    /// Change an account's password; it is signed out everywhere.
    #[command(after_help = "Example:\n  linkspan accounts password ada --password-stdin")]
    Password {
        /// Name of the account.
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Remove an account; it is signed out everywhere.
    #[command(after_help = "Example:\n  linkspan accounts remove bob")]
    Remove {
        /// Name of the account.
        name: String,
    },
}

/// Where a password comes from. Never an argument: other users of the machine see those.
#[derive(Debug, clap::Args)]
#[group(id = "password_source", required = true, multiple = false)]
struct Password {
    /// Environment variable that holds the password.
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// Read the password from standard input; a line break at its end is dropped.
    #[arg(long)]
    password_stdin: bool,
}

impl Password {
    fn read(&self) -> Result<SecretString, Failure> {
        if let Some(name) = &self.password_env {
            return std::env::var(name).map(SecretString::from).map_err(|_| {
                Failure::config(format!("the environment variable {name} is not set, or no text"))
            });
        }
        let mut text = String::new();
        // Four bytes a character, and the line break.
        let most = PASSWORD_CHARS.end() * 4 + 3;
        std::io::stdin()
            .take(u64::try_from(most).unwrap_or(u64::MAX))
            .read_to_string(&mut text)
            .map_err(|error| Failure::config(format!("standard input cannot be read: {error}")))?;
        Ok(text.trim_end_matches(['\r', '\n']).into())
    }
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let store = backend::store(&backend::config(path)?).await?;
    let operator = Operator::new(&store, COMMAND_LINE);
    match &arguments.command {
        Command::Add { name, role, password } => {
            operator.add_account(name, *role, &password.read()?).await?;
            output.object(&json!({ "added": name, "role": role }));
            output.line(format!("{name} may sign in as {}", role.text()));
        }
        Command::List => {
            let accounts = store.accounts().await?;
            output.object(&json!({ "accounts": accounts }));
            let rows = accounts.iter().map(|account| {
                [
                    account.name.clone(),
                    account.role.text().to_owned(),
                    when(account.created_at),
                    when(account.updated_at),
                ]
            });
            output.table(&["account", "role", "made", "changed"], rows);
        }
        Command::Password { name, password } => {
            operator.change_password(name, &password.read()?).await?;
            output.object(&json!({ "changed": name }));
            output.line(format!("{name} has a new password and is signed out everywhere"));
        }
        Command::Remove { name } => {
            operator.remove_account(name).await?;
            output.object(&json!({ "removed": name }));
            output.line(format!("{name} is removed"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
