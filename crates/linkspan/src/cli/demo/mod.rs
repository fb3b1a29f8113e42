//! `linkspan demo`

mod both_ways;
mod compare;
mod service;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use sandbox::odoo::{Odoo, OdooSpec, RunningOdoo, Series};
use sandbox::shop::{ChangeSpec, RunningShop, Shop, ShopSpec};
use secrecy::SecretString;
use serde::Serialize;
use tempfile::TempDir;

use super::backend::Opened;
use super::failure::{Failure, PROBLEMS};
use super::output::Output;
use super::{progress, sync};
use crate::backend::Patience;
use crate::connectors;
use crate::definition::model::Scalar;
use crate::store::Store;
use crate::sync::{ImportOptions, Mode, OdooContext, RefusedRecord, Session, Summary, import_order};
use both_ways::{BothWays, Sides};
use compare::Comparison;

const BACKEND: &str = "demo";
/// The user of the stand-in's Odoo.
const STAND_IN_LOGIN: &str = "manager";
const STAND_IN_PASSWORD: &str = "manager-pass-1";

/// The service does nothing by itself while it is shown, so that what arrives came by webhook.
const SELDOM: &str = "cron = \"0 3 1 1 *\"\ncatch_up = \"skip\"";

/// Import a sandbox shop into an Odoo, change it, import the changes, and check that both sides agree.
///
/// Then the service comes up for a moment: the shop sends it webhooks, and a price that changes in Odoo goes to the shop.
/// The shop runs in this process; so does the Odoo, unless --odoo-url points at a real one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan demo\n  linkspan demo --serve\n  linkspan demo --serve --listen 127.0.0.1:0 --json\n  LINKSPAN_ODOO_SECRET=... linkspan demo --odoo-url http://127.0.0.1:8069 --odoo-db test --odoo-login admin"
)]
pub(super) struct Arguments {
    /// A real Odoo to write to; it needs the apps Sales and Contacts. Take one for tests: the records stay there.
    #[arg(long, value_name = "URL", requires_all = ["odoo_db", "odoo_login"])]
    odoo_url: Option<String>,
    /// Its database.
    #[arg(long, value_name = "NAME")]
    odoo_db: Option<String>,
    /// Login of a user who may write products, contacts, price lists and sales orders.
    #[arg(long, value_name = "LOGIN")]
    odoo_login: Option<String>,
    /// Environment variable that holds the password or API key.
    #[arg(long, value_name = "VARIABLE", default_value = "LINKSPAN_ODOO_SECRET")]
    odoo_secret_env: String,
    /// Products in the shop.
    #[arg(long, default_value_t = 1_000)]
    products: usize,
    /// Registered customers.
    #[arg(long, default_value_t = 300)]
    customers: usize,
    /// Orders.
    #[arg(long, default_value_t = 2_000)]
    orders: usize,
    /// The same seed makes the same shop.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the whole service running on the sandbox shop and the Odoo, with the backend `demo`, until it is stopped.
    /// With --json one object is printed, in one line, once it listens: `listening` is its address, `sign_in` a link to
    /// the dashboard that works once, `shop` where the shop is and its keys.
    #[arg(long)]
    serve: bool,
    /// With --serve: address and port of the service; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", requires = "serve")]
    listen: Option<SocketAddr>,
    /// Where links are kept; default: a file that is removed at the end.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

/// One step of the demo.
#[derive(Debug, Serialize)]
struct Phase {
    name: &'static str,
    created: u64,
    updated: u64,
    unchanged: u64,
    refused: u64,
    shop_calls: u64,
    odoo_calls: u64,
    seconds: f64,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Result_ {
    odoo: String,
    created: u64,
    updated: u64,
    unchanged: u64,
    refused: u64,
    seconds: f64,
    shop_calls: u64,
    odoo_calls: u64,
    #[serde(flatten)]
    comparison: Comparison,
    phases: Vec<Phase>,
    refusals: Vec<RefusedRecord>,
    #[serde(flatten)]
    both_ways: BothWays,
    /// Where `linkspan demo --serve` shows the dashboard.
    dashboard: String,
}

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    if arguments.serve {
        return service::run(arguments, output).await;
    }
    let started = Instant::now();
    let shop = start_shop(arguments).await?;
    let stand_in = stand_in(arguments).await?;
    let client = connect(arguments, stand_in.as_ref()).await?;
    let folder = temporary_folder()?;
    let url = store_url(arguments, &folder);
    let store = Store::open(&url).await?;
    output.line(format!(
        "shop: {} products, {} customers, {} orders at {}\nOdoo: {} over {}",
        arguments.products,
        arguments.customers,
        arguments.orders,
        shop.url(),
        client.version().text,
        client.protocol()
    ));
    let opened = open_shop(&shop, &store)?;
    let mut demo = Demo {
        opened: &opened,
        client: &client,
        store: &store,
        output,
        phases: Vec::new(),
        refusals: Vec::new(),
    };
    demo.phase("first import", false).await?;
    demo.phase("the same again", true).await?;
    let few = |count: usize| count.div_ceil(50);
    shop.shop().change(&ChangeSpec {
        seed: arguments.seed,
        products: few(arguments.products),
        customers: few(arguments.customers),
        orders: few(arguments.orders),
    });
    demo.phase("after changes in the shop", false).await?;
    let (phases, refusals) = (demo.phases, demo.refusals);
    let config = service::config(folder.path(), arguments, stand_in.as_ref(), &url, &shop, SELDOM, None)?;
    let both_ways = both_ways::show(
        &config,
        arguments.seed,
        &shop,
        Sides { opened: &opened, client: &client, store: &store },
    )
    .await?;
    let comparison = compare::compare(shop.shop(), &client, &store, BACKEND).await?;
    opened.close().await;
    let sum = |pick: fn(&Phase) -> u64| phases.iter().map(pick).sum();
    let result = Result_ {
        odoo: client.version().text.clone(),
        created: sum(|p| p.created),
        updated: sum(|p| p.updated),
        unchanged: sum(|p| p.unchanged),
        refused: sum(|p| p.refused),
        seconds: started.elapsed().as_secs_f64(),
        shop_calls: sum(|p| p.shop_calls),
        odoo_calls: sum(|p| p.odoo_calls),
        comparison,
        phases,
        refusals,
        both_ways,
        dashboard: format!("http://{}", config.service().listen),
    };
    print(output, &result);
    output.object(&result);
    let agrees = result.comparison.agrees() && result.refused == 0 && result.both_ways.went_well();
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::from(PROBLEMS) })
}

struct Demo<'d> {
    opened: &'d Opened,
    client: &'d odoo_rpc::Client,
    store: &'d Store,
    output: &'d Output,
    phases: Vec<Phase>,
    refusals: Vec<RefusedRecord>,
}

impl Demo<'_> {
    async fn phase(&mut self, name: &'static str, full: bool) -> Result<(), Failure> {
        let started = Instant::now();
        let (shop_before, odoo_before) = (self.opened.log.calls(), self.client.calls_made());
        let bars = progress::progress(self.output);
        let session = self.opened.session(self.client.clone(), self.store, Mode::Write, None, bars).await?;
        let wanted = self.opened.definition.entities.iter().filter(|(_, entity)| entity.import.is_some());
        let wanted: Vec<String> = wanted.map(|(name, _)| name.clone()).collect();
        import(&session, &import_order(&self.opened.definition, &wanted), full).await?;
        let summary = session.summary();
        let total = summary.total();
        self.output.line(format!("\n{name}"));
        sync::table(self.output, &summary);
        self.phases.push(Phase {
            name,
            created: total.created,
            updated: total.updated,
            unchanged: total.unchanged + total.stale,
            refused: total.refused,
            shop_calls: self.opened.log.calls() - shop_before,
            odoo_calls: self.client.calls_made() - odoo_before,
            seconds: started.elapsed().as_secs_f64(),
        });
        sync::print_refusals(self.output, &summary);
        let Summary { refusals, .. } = summary;
        self.refusals.extend(refusals);
        Ok(())
    }
}

async fn import(session: &Session, entities: &[String], full: bool) -> Result<(), Failure> {
    for entity in entities {
        session.import_batch(entity, ImportOptions { full, ..ImportOptions::default() }).await?;
    }
    Ok(session.retry_released().await?)
}

async fn start_shop(arguments: &Arguments) -> Result<RunningShop, Failure> {
    let spec = ShopSpec {
        seed: arguments.seed,
        products: arguments.products,
        customers: arguments.customers,
        orders: arguments.orders,
        ..ShopSpec::default()
    };
    let started = Shop::generate(&spec).start(0).await;
    started.map_err(|error| Failure::server(format!("the sandbox shop cannot start: {error}")))
}

/// The Odoo of this process, unless a real one is to be written to. It answers while it is held.
async fn stand_in(arguments: &Arguments) -> Result<Option<RunningOdoo>, Failure> {
    if arguments.odoo_url.is_some() {
        return Ok(None);
    }
    let odoo = Odoo::start(OdooSpec::new(Series::V18), 0).await;
    odoo.map(Some).map_err(|error| Failure::server(format!("the sandbox Odoo cannot start: {error}")))
}

async fn connect(arguments: &Arguments, stand_in: Option<&RunningOdoo>) -> Result<odoo_rpc::Client, Failure> {
    let address =
        |url: &str| url.parse().map_err(|error| Failure::config(format!("{url} is no address: {error}")));
    if let (None, Some(url), Some(database), Some(login)) =
        (stand_in, &arguments.odoo_url, &arguments.odoo_db, &arguments.odoo_login)
    {
        let variable = &arguments.odoo_secret_env;
        let secret = std::env::var(variable).map_err(|_| {
            Failure::config(format!(
                "the environment variable {variable} is not set; put the password or API key of {login} there"
            ))
        })?;
        let config = odoo_rpc::Config::new(address(url)?, database, login, SecretString::from(secret));
        return Ok(odoo_rpc::Client::connect(config).await?);
    }
    let url = address(&stand_in.map(RunningOdoo::url).unwrap_or_default())?;
    let config = odoo_rpc::Config::new(url, "odoo", STAND_IN_LOGIN, SecretString::from(STAND_IN_PASSWORD));
    Ok(odoo_rpc::Client::connect(config).await?)
}

fn open_shop(shop: &RunningShop, store: &Store) -> Result<Opened, Failure> {
    let definition = connectors::shipped("woocommerce")
        .ok_or_else(|| Failure::config("the WooCommerce connector is not in this program"))??;
    let settings = BTreeMap::from([("store_url".to_owned(), Scalar::Text(shop.url()))]);
    let secrets = [("consumer_key", "ck_sandbox"), ("consumer_secret", "cs_sandbox")]
        .map(|(name, secret)| (name.to_owned(), SecretString::from(secret)))
        .into();
    // The sandbox has no PHP workers to spare.
    let mut definition = Arc::unwrap_or_clone(definition);
    definition.limits.clear();
    Ok(Opened::new(
        BACKEND,
        Arc::new(definition),
        &settings,
        &secrets,
        OdooContext::default(),
        store,
        Patience::default(),
    )?)
}

fn print(output: &Output, result: &Result_) {
    output.line("\nsummary");
    let rows = result.phases.iter().map(|phase| {
        [
            phase.name.to_owned(),
            phase.created.to_string(),
            phase.updated.to_string(),
            phase.unchanged.to_string(),
            phase.refused.to_string(),
            phase.shop_calls.to_string(),
            phase.odoo_calls.to_string(),
            format!("{:.1}", phase.seconds),
        ]
    });
    let rows = rows.chain(result.both_ways.rows());
    output.table(
        &["step", "created", "updated", "unchanged", "refused", "shop calls", "Odoo calls", "seconds"],
        rows,
    );
    result.both_ways.sentences().iter().for_each(|sentence| output.line(sentence));
    result.comparison.sentences().iter().for_each(|sentence| output.line(sentence));
    output.line(format!("The dashboard: `linkspan demo --serve` shows it at {}", result.dashboard));
}

/// Where links are kept.
fn store_url(arguments: &Arguments, folder: &TempDir) -> String {
    arguments.store.clone().unwrap_or_else(|| format!("sqlite:{}", folder.path().join("demo.db").display()))
}

/// A folder that is removed at the end, and nobody else's.
fn temporary_folder() -> Result<TempDir, Failure> {
    let made = tempfile::Builder::new().prefix("linkspan-demo-").tempdir();
    made.map_err(|error| Failure::server(format!("no temporary folder can be made: {error}")))
}
