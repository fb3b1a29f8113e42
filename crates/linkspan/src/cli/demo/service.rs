//! The service as it would run for a merchant, on the sandbox shop: `linkspan demo --serve`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use sandbox::odoo::RunningOdoo;
use sandbox::shop::RunningShop;
use serde_json::json;

use super::{Arguments, STAND_IN_LOGIN, STAND_IN_PASSWORD, start_shop, temporary_folder};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::serve::{self, Guest};
use crate::config::{Config, LISTEN};

/// What the demo's webhooks are signed with; it protects nothing.
pub(super) const WEBHOOK_SECRET: &str = "demo-webhook-secret";

/// Asked every minute what changed in the shop.
const OFTEN: &str = "every_ms = 60_000";

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let shop = start_shop(arguments).await?;
    let folder = temporary_folder()?;
    let stand_in = super::stand_in(arguments).await?;
    let store = super::store_url(arguments, &folder);
    let listen = arguments.listen.unwrap_or(LISTEN);
    let config =
        config(folder.path(), arguments, stand_in.as_ref(), &store, &shop, OFTEN, reached_at(listen))?;
    output.line(format!(
        "shop: {url} (keys ck_sandbox, cs_sandbox)\nit sends webhooks, signed with {WEBHOOK_SECRET}, of what changes \
         there:\n  curl -u ck_sandbox:cs_sandbox -X PUT {url}/wp-json/wc/v3/products/ID --json '{{\"regular_price\": \"9.90\"}}'",
        url = shop.url()
    ));
    let shop = json!({
        "url": shop.url(), "consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox",
        "webhook_secret": WEBHOOK_SECRET,
    });
    serve::show(&config, listen, Guest { shop }, output).await
}

/// Where the shop, on this machine, reaches the service; unknown while the system is still to choose the port.
fn reached_at(listen: SocketAddr) -> Option<SocketAddr> {
    let ip = if listen.ip().is_unspecified() { LISTEN.ip() } else { listen.ip() };
    (listen.port() != 0).then_some(SocketAddr::new(ip, listen.port()))
}

/// The configuration of a service between this shop and this Odoo, with its secrets in files of `folder`. `looks` says
/// when it asks the shop by itself, `public` where the shop sends webhooks.
pub(super) fn config(
    folder: &Path,
    arguments: &Arguments,
    stand_in: Option<&RunningOdoo>,
    store: &str,
    shop: &RunningShop,
    looks: &str,
    public: Option<SocketAddr>,
) -> Result<Config, Failure> {
    secret(folder, "key", "ck_sandbox")?;
    secret(folder, "secret", "cs_sandbox")?;
    secret(folder, "webhook", WEBHOOK_SECRET)?;
    let odoo = match (stand_in, &arguments.odoo_url, &arguments.odoo_db, &arguments.odoo_login) {
        (None, Some(url), Some(database), Some(login)) => {
            let secret = toml::Value::String(arguments.odoo_secret_env.clone());
            section(url, database, login, &format!("env = {secret}"))
        }
        (stand_in, ..) => {
            secret(folder, "odoo", STAND_IN_PASSWORD)?;
            let url = stand_in.map(RunningOdoo::url).unwrap_or_default();
            section(&url, "odoo", STAND_IN_LOGIN, "file = \"odoo\"")
        }
    };
    let path = folder.join("linkspan.toml");
    write(&path, &configuration(&from_here(store)?, &odoo, &shop.url(), looks, public))?;
    Ok(Config::load(&path)?)
}

/// The store's address for a configuration in another folder: what was given is relative to this one.
fn from_here(store: &str) -> Result<String, Failure> {
    let Some(path) = store.strip_prefix("sqlite:").filter(|path| !path.starts_with([':', '/'])) else {
        return Ok(store.to_owned());
    };
    let path = std::path::absolute(path)
        .map_err(|error| Failure::config(format!("--store {store} names no file: {error}")))?;
    Ok(format!("sqlite:{}", path.display()))
}

fn section(url: &str, database: &str, login: &str, secret: &str) -> String {
    let [url, database, login] = [url, database, login].map(|text| toml::Value::String(text.to_owned()));
    format!("[odoo.demo]\nurl = {url}\ndatabase = {database}\nlogin = {login}\nsecret = {{ {secret} }}\n")
}

fn configuration(store: &str, odoo: &str, shop_url: &str, looks: &str, public: Option<SocketAddr>) -> String {
    let service = public.map(|address| format!("[service]\npublic_url = \"http://{address}\"\n"));
    let service = service.unwrap_or_default();
    let [store, shop_url] = [store, shop_url].map(|text| toml::Value::String(text.to_owned()));
    format!(
        r#"schema = 1

[store]
url = {store}

{service}
{odoo}
[backends.demo]
connector = "woocommerce"
odoo = "demo"

[[backends.demo.schedules]]
{looks}

[backends.demo.rollout]
product = {{ out = "on" }}

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
