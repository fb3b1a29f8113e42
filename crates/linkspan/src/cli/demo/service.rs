//! `linkspan demo --serve`: the service as it would run for a merchant, on the sandbox shop.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use sandbox::odoo::{Odoo, OdooSpec, RunningOdoo, Series};

use super::{Arguments, TemporaryFolder, start_shop};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::serve;
use crate::config::Config;

/// What the demo's webhooks are signed with; it protects nothing.
const WEBHOOK_SECRET: &str = "demo-webhook-secret";

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let shop = start_shop(arguments).await?;
    let folder = TemporaryFolder::new()?;
    let (odoo, _stand_in) = odoo(arguments, &folder.0).await?;
    secret(&folder.0, "key", "ck_sandbox")?;
    secret(&folder.0, "secret", "cs_sandbox")?;
    secret(&folder.0, "webhook", WEBHOOK_SECRET)?;
    let store = arguments.store.as_deref().unwrap_or("sqlite:linkspan.db");
    let text = configuration(store, &odoo, &shop.url());
    let path = folder.0.join("linkspan.toml");
    write(&path, &text)?;
    let config = Config::load(&path)?;
    let address = serve::address(arguments.listen, &config)?;
    output.line(format!(
        "shop: {} (keys ck_sandbox, cs_sandbox)\nwebhooks of the backend `demo` are signed with {WEBHOOK_SECRET}",
        shop.url()
    ));
    serve::run(&config, address, true, output).await
}

/// The configuration's part for the Odoo, and the stand-in if it is one.
async fn odoo(arguments: &Arguments, folder: &Path) -> Result<(String, Option<RunningOdoo>), Failure> {
    if let (Some(url), Some(database), Some(login)) =
        (&arguments.odoo_url, &arguments.odoo_db, &arguments.odoo_login)
    {
        let secret = toml::Value::String(arguments.odoo_secret_env.clone());
        return Ok((section(url, database, login, &format!("env = {secret}")), None));
    }
    let odoo = Odoo::start(OdooSpec::new(Series::V18), 0).await;
    let odoo = odoo.map_err(|error| Failure::server(format!("the sandbox Odoo cannot start: {error}")))?;
    secret(folder, "odoo", "manager-pass-1")?;
    Ok((section(&odoo.url(), "odoo", "manager", "file = \"odoo\""), Some(odoo)))
}

fn section(url: &str, database: &str, login: &str, secret: &str) -> String {
    let [url, database, login] = [url, database, login].map(|text| toml::Value::String(text.to_owned()));
    format!("[odoo.demo]\nurl = {url}\ndatabase = {database}\nlogin = {login}\nsecret = {{ {secret} }}\n")
}

fn configuration(store: &str, odoo: &str, shop_url: &str) -> String {
    let [store, shop_url] = [store, shop_url].map(|text| toml::Value::String(text.to_owned()));
    format!(
        r#"schema = 1

[store]
url = {store}

{odoo}
[backends.demo]
connector = "woocommerce"
odoo = "demo"

[[backends.demo.schedules]]
every_ms = 60_000

[backends.demo.settings]
store_url = {shop_url}

[backends.demo.secrets]
consumer_key = {{ file = "key" }}
consumer_secret = {{ file = "secret" }}
webhook_secret = {{ file = "webhook" }}
"#
    )
}

/// A file that only its owner reads.
fn secret(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    write(&folder.join(name), text)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::server(format!("{} cannot be written: {error}", path.display()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}
