//! `linkspan verify`

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::failure::{self, Failure};
use super::output::Output;
use crate::module::verify::{self, Checklist, External, Options, Outcome, VerifyError};

/// Install, use and uninstall a module on a real Odoo, and fill in the testing checklist with what was seen.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linkspan verify ~/odoo/addons/shop_connector --odoo-src ~/odoo/18.0 --python ~/odoo/venv/bin/python \\\n    --addons-path ~/odoo/addons,~/odoo/oca --db-url postgres://odoo:odoo@127.0.0.1:5432\n\nThe database is made for the run and dropped afterwards. OCA's component, connector and queue_job and the\nframework addons (`linkspan addons`) have to be on the addons path."
)]
pub(super) struct Arguments {
    /// The module's folder.
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    /// Folder of the Odoo source tree, the one with odoo-bin.
    #[arg(long, value_name = "DIR", env = "LINKSPAN_ODOO_SRC")]
    odoo_src: PathBuf,
    /// Python that has Odoo's requirements.
    #[arg(long, value_name = "FILE", default_value = "python3", env = "LINKSPAN_ODOO_PYTHON")]
    python: PathBuf,
    /// More folders of the addons path, separated by commas.
    #[arg(long, value_name = "DIRS", value_delimiter = ',', env = "LINKSPAN_ODOO_ADDONS")]
    addons_path: Vec<PathBuf>,
    /// PostgreSQL server and a role that may create databases.
    #[arg(
        long,
        value_name = "URL",
        default_value = "postgres://odoo:odoo@127.0.0.1:5432",
        env = "LINKSPAN_ODOO_POSTGRES",
        hide_env_values = true
    )]
    db_url: String,
    /// What stands in for the external system: `recorded` (the exchanges in the module's tests/data), `shop` (a
    /// WooCommerce shop of believable data) or the address of a server.
    #[arg(long, value_name = "recorded|shop|URL", default_value = "recorded", value_parser = external)]
    external: External,
    /// A field of the backend that is made, over what is found out by itself; repeat for more.
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Only install, upgrade, test and uninstall: for a module without a backend of its own.
    #[arg(long)]
    installation_only: bool,
    /// Leave the database and the logs behind and say where.
    #[arg(long)]
    keep: bool,
}

fn external(text: &str) -> Result<External, String> {
    match text {
        "recorded" => Ok(External::Recorded),
        "shop" => Ok(External::Shop),
        url if url.starts_with("http://") || url.starts_with("https://") => Ok(External::Url(url.to_owned())),
        _ => Err("give recorded, shop or an address such as http://127.0.0.1:8090".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("give FIELD=VALUE, username=ck_1 for example")?;
    Ok((field.to_owned(), value.to_owned()))
}

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let options = Options {
        module: arguments.module.clone(),
        odoo_src: arguments.odoo_src.clone(),
        python: arguments.python.clone(),
        addons_path: arguments.addons_path.clone(),
        db_url: arguments.db_url.clone(),
        external: arguments.external.clone(),
        backend: arguments.set.clone(),
        installation_only: arguments.installation_only,
        keep: arguments.keep,
    };
    let say = |text: &str| output.line(format!("... {text}"));
    let list = verify::run(&options, &say).await?;
    show(&list, output);
    Ok(if list.missed() > 0 { ExitCode::from(failure::PROBLEMS) } else { ExitCode::SUCCESS })
}

fn show(list: &Checklist, output: &Output) {
    output.object(&json!({
        "module": list.module, "odoo": list.odoo, "missed": list.missed(), "items": list.items,
    }));
    let mut group = None;
    for item in &list.items {
        if group.replace(item.group) != Some(item.group) {
            output.line(format!("\n{}", item.group.title()));
        }
        let mark = match item.outcome {
            Outcome::Holds => "[x]",
            Outcome::Missed => "[ ]",
            Outcome::NotApplicable => "[-]",
        };
        output.line(format!("  {mark} {}\n      {}", item.text, item.observed.replace('\n', "\n      ")));
    }
    let holds = list.items.iter().filter(|item| item.outcome == Outcome::Holds).count();
    output.line(format!(
        "\n{} on Odoo {}: {holds} hold, {} missed, {} do not apply",
        list.module,
        list.odoo,
        list.missed(),
        list.items.len() - holds - list.missed()
    ));
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Failure {
        match error {
            VerifyError::Rpc(error) => error.into(),
            VerifyError::Options(message) => Failure::config(message),
            other => Failure::server(other.to_string()),
        }
    }
}
