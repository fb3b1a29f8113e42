//! The demo's last part: the service is up for a moment between the same shop and Odoo. The shop sends it signed webhooks,
//! and a price that changes in Odoo arrives in the shop.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use odoo_rpc::Client;
use pyexpr::Decimal;
use sandbox::shop::{ChangeSpec, Kind, RunningShop};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, json};
use tokio::time::sleep;

use super::BACKEND;
use super::service::WEBHOOK_SECRET;
use crate::backend::Opened;
use crate::cli::failure::Failure;
use crate::cli::serve;
use crate::config::Config;
use crate::store::{JobFilter, JobKind, Store};
use crate::sync::{ChangeOptions, Mode, Silent};
use crate::webhook::subscriptions::{Wanted, ensure};

/// How long each part may take; a real Odoo needs seconds.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the service is between.
#[derive(Clone, Copy)]
pub(super) struct Sides<'d> {
    pub(super) opened: &'d Opened,
    pub(super) client: &'d Client,
    pub(super) store: &'d Store,
}

/// What was shown; part of what `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct BothWays {
    /// What came from the shop.
    webhooks: Webhooks,
    /// What went to the shop; `null`: it has no product whose price could be changed.
    export: Option<Export>,
}

/// Signed deliveries of the shop.
#[derive(Debug, Serialize)]
struct Webhooks {
    /// Deliveries that went out.
    sent: usize,
    /// Those that were answered 2xx.
    accepted: usize,
    /// Records that they told of and that are imported.
    imported: usize,
    /// From the change in the shop until all are in Odoo.
    seconds: f64,
}

/// A price that changed in Odoo.
#[derive(Debug, Serialize)]
struct Export {
    /// The product's id in the shop.
    product: String,
    odoo_id: i64,
    from: String,
    to: String,
    /// From the change in Odoo until it was in the shop.
    seconds: f64,
}

impl BothWays {
    pub(super) fn went_well(&self) -> bool {
        self.webhooks.accepted == self.webhooks.sent
    }

    /// Rows of the demo's table.
    pub(super) fn rows(&self) -> Vec<[String; 8]> {
        let row = |step: &str, updated: usize, seconds: f64| {
            let none = || "–".to_owned();
            let seconds = format!("{seconds:.1}");
            [step.to_owned(), none(), updated.to_string(), none(), none(), none(), none(), seconds]
        };
        let mut rows = vec![row("webhooks of the shop", self.webhooks.imported, self.webhooks.seconds)];
        rows.extend(
            self.export.as_ref().map(|export| row("a price from Odoo to the shop", 1, export.seconds)),
        );
        rows
    }

    pub(super) fn sentences(&self) -> Vec<String> {
        let Webhooks { sent, accepted, imported, seconds } = &self.webhooks;
        let mut sentences = vec![format!(
            "webhooks: {accepted} of {sent} signed deliveries were stored, the {imported} records they told of are in Odoo after {seconds:.1} s"
        )];
        sentences.extend(self.export.as_ref().map(|Export { product, from, to, seconds, .. }| {
            format!("export: the price of product {product} went from {from} to {to} in Odoo and was in the shop after {seconds:.1} s")
        }));
        sentences
    }
}

/// Shows both ways, with the service listening on a free port.
pub(super) async fn show(
    config: &Config,
    seed: u64,
    shop: &RunningShop,
    sides: Sides<'_>,
) -> Result<BothWays, Failure> {
    let service = serve::start(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None).await?;
    let shown = show_on(&service.url, seed, shop, sides).await;
    service.end().await?;
    shown
}

async fn show_on(url: &str, seed: u64, shop: &RunningShop, sides: Sides<'_>) -> Result<BothWays, Failure> {
    subscribe(url, sides).await?;
    let webhooks = webhooks(seed, shop, sides.store).await?;
    let export = match priced(shop, sides).await? {
        Some(product) => Some(export(shop, sides, product).await?),
        None => None,
    };
    Ok(BothWays { webhooks, export })
}

/// Subscribes to the shop's webhooks, as the service does when it knows its public address.
async fn subscribe(url: &str, sides: Sides<'_>) -> Result<(), Failure> {
    let definition = &sides.opened.definition;
    let Some(webhooks) = &definition.webhooks else { return Ok(()) };
    let entities: Vec<String> = definition.entities.keys().cloned().collect();
    let wanted = Wanted {
        backend: BACKEND,
        public_url: url,
        entities: &entities,
        secret: Some(&SecretString::from(WEBHOOK_SECRET)),
        renew_secret: false,
    };
    let made = ensure(&sides.opened.adapter, webhooks, &wanted, sides.store).await;
    made.map(drop).map_err(|error| Failure::server(error.to_string()))
}

/// A few changes in the shop; their webhooks bring them to Odoo.
async fn webhooks(seed: u64, shop: &RunningShop, store: &Store) -> Result<Webhooks, Failure> {
    // What the new subscriptions send first is a ping.
    shop.shop().deliver_webhooks().await;
    let began = Instant::now();
    shop.shop().change(&ChangeSpec { seed: seed + 1, products: 3, customers: 0, orders: 2 });
    shop.shop().deliver_webhooks().await;
    let sent = shop.shop().sent_webhooks();
    let sent: Vec<_> = sent.iter().filter(|webhook| !webhook.topic.is_empty()).collect();
    until("the webhooks' records are in Odoo", || async {
        Ok(store.list_jobs(JobFilter::default()).await?.is_empty().then_some(()))
    })
    .await?;
    let done = JobFilter {
        state: Some("done".to_owned()),
        backend: Some(BACKEND.to_owned()),
        kind: Some(JobKind::Import),
        limit: 1_000,
        ..JobFilter::default()
    };
    let done = store.list_jobs(done).await?;
    let records: BTreeSet<(&str, &str)> =
        done.iter().map(|view| (view.job.entity.as_str(), view.job.record.as_str())).collect();
    Ok(Webhooks {
        sent: sent.len(),
        accepted: sent.iter().filter(|webhook| (200..300).contains(&webhook.status)).count(),
        imported: records.len(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// A product whose price is the same on both sides.
struct Priced {
    id: u64,
    odoo_id: i64,
    price: Decimal,
}

/// The first one: an earlier demo with another shop may have left some that differ.
async fn priced(shop: &RunningShop, sides: Sides<'_>) -> Result<Option<Priced>, Failure> {
    for id in shop.ids(Kind::Product) {
        let Some(price) = price_in_shop(shop, id) else { continue };
        let name = id.to_string();
        let binding = sides.store.bindings(BACKEND, "product", &[&name]).await?.remove(&name);
        let Some(odoo_id) = binding.and_then(|binding| binding.odoo_id) else { continue };
        let found = sides.client.read("product.product", &[odoo_id], &["list_price", "sale_ok"]).await?;
        let Some(product) = found.first().filter(|product| product["sale_ok"] == json!(true)) else {
            continue;
        };
        let in_odoo = product["list_price"].as_f64().and_then(|price| Decimal::from_json_number(price).ok());
        if in_odoo == Some(price) {
            return Ok(Some(Priced { id, odoo_id, price }));
        }
    }
    Ok(None)
}

fn price_in_shop(shop: &RunningShop, id: u64) -> Option<Decimal> {
    let product = shop.shop().get(Kind::Product, id).filter(|product| product["type"] == "simple")?;
    Decimal::parse(product["regular_price"].as_str()?).ok()
}

/// Changes a price in Odoo and waits until it is in the shop.
async fn export(shop: &RunningShop, sides: Sides<'_>, product: Priced) -> Result<Export, Failure> {
    let Priced { id, odoo_id, price } = product;
    let began = Instant::now();
    let dearer = price.to_string().parse::<f64>().unwrap_or_default() + 1.0;
    let values = Map::from_iter([("list_price".to_owned(), json!(dearer))]);
    sides.client.write("product.product", &[odoo_id], values).await?;
    let wanted = Decimal::parse(&format!("{dearer:.2}")).ok();
    search(sides, odoo_id).await?;
    until("the price is in the shop", || async { Ok((price_in_shop(shop, id) == wanted).then_some(())) })
        .await?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(Export {
        product: id.to_string(),
        odoo_id,
        from: price.to_string(),
        to: format!("{dearer:.2}"),
        seconds,
    })
}

/// Looks for what changed in Odoo since this record was written, by Odoo's own clock.
async fn search(sides: Sides<'_>, odoo_id: i64) -> Result<(), Failure> {
    let found = sides.client.read("product.product", &[odoo_id], &["write_date"]).await?;
    let written = found.first().and_then(|product| product["write_date"].as_str());
    let since = written.and_then(|text| text.parse::<jiff::civil::DateTime>().ok());
    let since =
        since.and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|time| time.timestamp());
    let silent = std::sync::Arc::new(Silent);
    let session = sides.opened.session(sides.client.clone(), sides.store, Mode::Write, None, silent).await?;
    session.enqueue_changes("product", ChangeOptions { since, ..ChangeOptions::default() }).await?;
    Ok(())
}

/// Waits until `holds` gives something.
async fn until<T, F: Future<Output = Result<Option<T>, Failure>>>(
    what: &str,
    mut holds: impl FnMut() -> F,
) -> Result<T, Failure> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = holds().await? {
            return Ok(found);
        }
        if Instant::now() > end {
            let seconds = PATIENCE.as_secs();
            return Err(Failure::server(format!(
                "waited for {seconds} s in vain until {what}; LINKSPAN_LOG=info tells more"
            )));
        }
        sleep(LOOK_EVERY).await;
    }
}
