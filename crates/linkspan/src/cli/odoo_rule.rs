//! `linkspan odoo-rule`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::backend;
use super::failure::{Failure, PROBLEMS};
use super::output::Output;
use crate::sync::{RuleStatus, RuleTarget, install_rules, remove_rules, rule_status};

/// Automation rules in Odoo 17.0 and later that tell the service of changes at once.
///
/// Needs the app Automation Rules and an Odoo user with the right Administration: Settings. Where the configuration's
/// user lacks it, name an administrator for this command; the service goes on with its own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan odoo-rule install shop1\n  LINKSPAN_ODOO_SECRET=... linkspan odoo-rule install shop1 --odoo-login admin\n  linkspan odoo-rule status shop1"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Odoo user with the right Administration: Settings. Default: the configuration's.
    #[arg(long, value_name = "LOGIN", global = true)]
    odoo_login: Option<String>,
    /// Environment variable that holds that user's password or API key.
    #[arg(long, value_name = "VARIABLE", default_value = "LINKSPAN_ODOO_SECRET", global = true)]
    odoo_secret_env: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the rules, or put right those that are there.
    #[command(after_help = "Example:\n  linkspan odoo-rule install shop1")]
    Install {
        /// Backend in the configuration.
        backend: String,
    },
    /// Remove every rule of the backend.
    #[command(after_help = "Example:\n  linkspan odoo-rule remove shop1")]
    Remove {
        /// Backend in the configuration.
        backend: String,
    },
    /// Show which rules there are.
    #[command(after_help = "Example:\n  linkspan odoo-rule status shop1")]
    Status {
        /// Backend in the configuration.
        backend: String,
    },
}

pub(super) async fn run(arguments: &Arguments, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let (Command::Install { backend } | Command::Remove { backend } | Command::Status { backend }) =
        &arguments.command;
    let config = backend::config(path)?;
    let wanted = config.backend(backend)?;
    let odoo = match &arguments.odoo_login {
        Some(login) => backend::connect(&wanted.odoo.as_user(login, &arguments.odoo_secret_env)).await?,
        None => backend::connect(&wanted.odoo).await?,
    };
    if let Command::Remove { .. } = arguments.command {
        let removed = remove_rules(&odoo, backend).await?;
        output.object(&json!({ "removed": removed }));
        output.line(format!("{removed} rules removed"));
        return Ok(ExitCode::SUCCESS);
    }
    let public_url = config.service().public_url.clone().ok_or_else(|| {
        Failure::config(
            "the configuration does not say under which address Odoo reaches the service; add `public_url` under [service]",
        )
    })?;
    // The token is made of the secret that the service signs in with, whoever installs the rules.
    let secret = wanted.odoo.secret.read()?;
    let target =
        RuleTarget { backend, definition: &wanted.definition, public_url: &public_url, odoo_secret: &secret };
    let rules = match arguments.command {
        Command::Install { .. } => install_rules(&odoo, &target).await?,
        _ => rule_status(&odoo, &target).await?,
    };
    show(output, &rules);
    let is_fine = rules.iter().all(|rule| rule.state == "installed");
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

fn show(output: &Output, rules: &[RuleStatus]) {
    output.object(&json!({ "rules": rules }));
    let row = |rule: &RuleStatus| {
        [rule.model.clone(), rule.trigger.clone(), rule.name.clone(), rule.state.replace('_', " ")]
    };
    output.table(&["model", "when", "name in Odoo", "state"], rules.iter().map(row));
}
