//! Life between a shop and an Odoo, with what people do on both sides, while things break; and the end, in which nothing is
//! lost, nothing there twice, nothing older than it should be, and nothing stuck.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use linkspan::store::{JobFilter, Store};
use odoo_rpc::Client;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::{Served, configure, take_webhooks, until};
use crate::support::kept::dead_letters;
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, World};

/// Products come by webhook only, after the first walk: what a webhook told can only be there because the service kept
/// it. Orders are polled, products go out.
const RULES: &str = r#"rollout = { product = { out = "on" } }
[[backends.shop1.schedules]]
every_ms = 86_400_000
[[backends.shop1.schedules]]
entities = ["order"]
every_ms = 1_000
[[backends.shop1.schedules]]
direction = "out"
entities = ["product"]
every_ms = 1_000
"#;

/// The world with what people do in it.
pub(super) struct Soak {
    pub(super) world: World,
    store: Store,
    random: StdRng,
    seed: u64,
    people: Client,
    /// Products that change in the shop.
    in_shop: Vec<u64>,
    /// Products whose price changes in Odoo: shop id, Odoo id.
    in_odoo: Vec<(u64, i64)>,
    /// Webhooks that were not answered 2xx yet, as the shop would send them again.
    unanswered: Vec<(String, u64)>,
    steps: u64,
    /// What has to be in the shop in the end.
    prices: BTreeMap<u64, String>,
    /// What has to be in Odoo in the end: notes of orders by Odoo id.
    notes: BTreeMap<i64, String>,
    /// Products that people made in Odoo, by SKU.
    made: Vec<String>,
}

impl Soak {
    /// Plan of a world that is small enough to be in step soon.
    pub(super) fn plan() -> Plan {
        Plan::sized(40, 5, 20).in_steps(100, 500)
    }

    /// The shop is imported, then life may begin. The seed is printed; `LINKSPAN_KILL_SEED` repeats a run.
    pub(super) async fn start(mut world: World) -> Soak {
        let given = std::env::var("LINKSPAN_KILL_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| rand::rng().random());
        println!("seed {seed}");
        configure(&world, RULES);
        take_webhooks(&mut world.program, BACKEND);
        let definition = "connector/connector.toml";
        // For so long nobody can tell whether a create that was cut off is still under way.
        world.program.edit_file(definition, "timeout_ms = 60_000", "timeout_ms = 4_000");
        let create = "create = \"create_product\"\n";
        world.program.edit_file(definition, create, &format!("{create}domain = {{ sale_ok = true }}\n"));
        let served = Served::start(&world).await;
        until("the shop is imported", || async { disagreements(&world).await.is_empty().then_some(()) })
            .await;
        assert!(served.stop().await.success());
        let simple: Vec<u64> =
            world.shop.ids(Kind::Product).into_iter().filter(|id| is_simple(&world, *id)).collect();
        let (in_shop, rest) = simple.split_at(simple.len() / 2);
        let in_odoo = rest.iter().map(|id| (*id, world.odoo_id(&format!("product_{id}")).unwrap())).collect();
        Soak {
            store: world.store().await,
            random: StdRng::seed_from_u64(seed),
            seed,
            people: world.client().await,
            in_shop: in_shop.to_vec(),
            in_odoo,
            unanswered: Vec::new(),
            steps: 0,
            prices: BTreeMap::new(),
            notes: BTreeMap::new(),
            made: Vec::new(),
            world,
        }
    }

    /// Things happen for a random while.
    pub(super) async fn live(&mut self, served: &Served) {
        let while_ms = self.random.random_range(50..1_500);
        self.live_for(served, Duration::from_millis(while_ms)).await;
    }

    /// Things happen for so long.
    pub(super) async fn live_for(&mut self, served: &Served, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.steps += 1;
            self.rename_in_shop();
            self.deliver(served).await;
            match self.random.random_range(0..10) {
                0..3 => self.price_in_odoo().await,
                3 => self.make_in_odoo().await,
                4..6 => self.note_in_shop(),
                _ => {}
            }
        }
    }

    /// Each change is newer by a second, as far as the shop's clock shows.
    fn clock(&self) -> String {
        let at = jiff::Timestamp::now() + Duration::from_secs(self.steps);
        at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    fn rename_in_shop(&mut self) {
        let id = *self.in_shop.choose(&mut self.random).unwrap();
        let name = format!("Name {}", self.steps);
        self.world.edit_at(Kind::Product, id, &self.clock(), |product| product["name"] = name.into());
        self.unanswered.push((format!("delivery-{}", self.steps), id));
    }

    /// No webhook tells of it: the next poll finds it.
    fn note_in_shop(&mut self) {
        let orders = self.world.shop.ids(Kind::Order);
        let id = *orders.choose(&mut self.random).unwrap();
        let Some(odoo_id) = self.world.odoo_id(&format!("order_{id}")) else { return };
        let note = format!("Note {}", self.steps);
        self.world.edit_at(Kind::Order, id, &self.clock(), |order| {
            order["customer_note"] = note.clone().into();
        });
        self.notes.insert(odoo_id, note);
    }

    async fn price_in_odoo(&mut self) {
        let (id, odoo_id) = *self.in_odoo.choose(&mut self.random).unwrap();
        let price = format!("{}.50", 100 + self.steps);
        let values = json!({ "list_price": price.parse::<f64>().unwrap() });
        self.people.write("product.product", &[odoo_id], values.as_object().unwrap().clone()).await.unwrap();
        self.prices.insert(id, price);
    }

    async fn make_in_odoo(&mut self) {
        let sku = format!("MADE-{}", self.steps);
        let values =
            json!({ "name": format!("Made {sku}"), "default_code": sku, "list_price": 5, "sale_ok": true });
        self.people.create("product.product", vec![values.as_object().unwrap().clone()]).await.unwrap();
        self.made.push(sku);
    }

    /// Sends what was not answered; a webhook that was is never sent again, but for one in ten.
    async fn deliver(&mut self, served: &Served) {
        let sent = std::mem::take(&mut self.unanswered);
        let answers = join_all(
            sent.iter().map(|(delivery, id)| served.deliver(BACKEND, "product.updated", delivery, *id)),
        );
        for (webhook, answered) in sent.iter().zip(answers.await) {
            if !answered || self.random.random_bool(0.1) {
                self.unanswered.push(webhook.clone());
            }
        }
    }

    /// Nobody does anything any more, and what was done has its effect.
    pub(super) async fn end(&mut self, served: &Served) {
        let Soak { seed, .. } = *self;
        while !self.unanswered.is_empty() {
            self.deliver(served).await;
        }
        let mut wrong = Vec::new();
        let end = Instant::now() + super::PATIENCE;
        while Instant::now() < end {
            wrong = self.wrong().await;
            if wrong.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let letters = dead_letters(&self.store).await;
        assert!(wrong.is_empty() && letters.is_empty(), "seed {seed}: {wrong:#?}\n{letters:#?}");
        let Soak { steps, prices, notes, made, .. } = self;
        println!(
            "ok {steps} webhooks, {} prices, {} notes, {} new products: each had its effect once, no job is left",
            prices.len(),
            notes.len(),
            made.len()
        );
    }

    /// What is not yet as it has to be.
    async fn wrong(&self) -> Vec<String> {
        let jobs = self.store.list_jobs(JobFilter::default()).await.unwrap();
        let waits = jobs.iter().filter(|view| !view.job.record.is_empty());
        let mut wrong: Vec<String> = waits.map(|view| format!("{:?}", view.job)).collect();
        let shop = self.world.shop.shop();
        for (id, price) in &self.prices {
            let found = shop.get(Kind::Product, *id).unwrap()["regular_price"].clone();
            if found != price.as_str() {
                wrong.push(format!("product {id} costs {found} in the shop and {price} in Odoo"));
            }
        }
        let orders = self.world.odoo.records("sale.order");
        for (id, note) in &self.notes {
            let order = orders.iter().find(|order| order["id"] == *id).unwrap();
            if !order["note"].as_str().is_some_and(|found| found.contains(note)) {
                wrong.push(format!("Odoo order {id} has the note {} and not {note}", order["note"]));
            }
        }
        wrong.extend(self.made_once());
        wrong.extend(disagreements(&self.world).await);
        wrong
    }

    /// Products that people made and that are not once on each side.
    fn made_once(&self) -> Vec<String> {
        let shop = self.world.shop.shop();
        let ids = self.world.shop.ids(Kind::Product).into_iter();
        let in_shop: Vec<Value> = ids.map(|id| shop.get(Kind::Product, id).unwrap()["sku"].clone()).collect();
        let records = self.world.odoo.records("product.product").into_iter();
        let in_odoo: Vec<Value> = records.map(|mut one| one["default_code"].take()).collect();
        let times = |all: &[Value], sku: &str| all.iter().filter(|one| *one == sku).count();
        self.made
            .iter()
            .map(|sku| (sku, times(&in_shop, sku), times(&in_odoo, sku)))
            .filter(|(_, in_shop, in_odoo)| (*in_shop, *in_odoo) != (1, 1))
            .map(|(sku, in_shop, in_odoo)| format!("{sku}: {in_shop} in the shop, {in_odoo} in Odoo"))
            .collect()
    }
}

fn is_simple(world: &World, id: u64) -> bool {
    let record = world.shop.shop().get(Kind::Product, id).unwrap();
    record["type"] == "simple" && record["status"] == "publish" && record["regular_price"] != ""
}
