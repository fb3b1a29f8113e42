//! `kill -9` of the whole service at random moments, while webhooks come, records change in Odoo and nothing polls the
//! shop: what a webhook that was answered 2xx told can only be there because the service kept it.
//!
//! `LINKSPAN_SERVICE_KILLS` says how many kills there are on each database (default 8), `LINKSPAN_KILL_SEED` repeats a
//! failed run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use linkspan::store::{JobFilter, Store};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use sandbox::shop::Kind;
use serde_json::json;

use super::{Served, configure, take_webhooks, until};
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, StoreKind, World};

/// The first walk only: what comes later comes by webhook.
const RULES: &str = r#"rollout = { product = { out = "on" } }
[[backends.shop1.schedules]]
every_ms = 86_400_000
[[backends.shop1.schedules]]
direction = "out"
entities = ["product"]
every_ms = 1_000
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_whatever_is_killed_sqlite() {
    soak(StoreKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_answered_2xx_is_never_lost_whatever_is_killed_postgres() {
    soak(StoreKind::Postgres).await;
}

fn kills() -> usize {
    std::env::var("LINKSPAN_SERVICE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

async fn soak(kind: StoreKind) {
    let given = std::env::var("LINKSPAN_KILL_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| rand::rng().random());
    println!("{kind:?}, seed {seed}");
    let mut soak = Soak::start(kind, seed).await;
    for _ in 0..kills() {
        let served = Served::start(&soak.world).await;
        soak.live(&served).await;
        served.kill().await;
    }
    let served = Served::start(&soak.world).await;
    soak.end(&served).await;
    assert!(served.stop().await.success());
}

/// The world with what people do in it.
struct Soak {
    world: World,
    store: Store,
    random: StdRng,
    seed: u64,
    /// Products that change in the shop.
    in_shop: Vec<u64>,
    /// Products whose price changes in Odoo: shop id, Odoo id.
    in_odoo: Vec<(u64, i64)>,
    /// Webhooks that were not answered 2xx yet, as the shop would send them again.
    unanswered: Vec<(String, u64)>,
    sent: u64,
    prices: BTreeMap<u64, String>,
}

impl Soak {
    async fn start(kind: StoreKind, seed: u64) -> Soak {
        let mut world = World::start(Plan { store: kind, ..Plan::sized(40, 5, 20) }).await;
        configure(&world, RULES);
        take_webhooks(&mut world.program, BACKEND);
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
            in_shop: in_shop.to_vec(),
            in_odoo,
            unanswered: Vec::new(),
            sent: 0,
            prices: BTreeMap::new(),
            world,
        }
    }

    /// Things happen until a random moment.
    async fn live(&mut self, served: &Served) {
        let end = Instant::now() + Duration::from_millis(self.random.random_range(50..1_500));
        let people = self.world.client().await;
        while Instant::now() < end {
            let id = *self.in_shop.choose(&mut self.random).unwrap();
            self.sent += 1;
            let name = format!("Name {}", self.sent);
            // Each change is newer by a second, as far as the shop's clock shows.
            let at = jiff::Timestamp::now() + Duration::from_secs(self.sent);
            let at = at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            self.world.edit_at(Kind::Product, id, &at, |product| product["name"] = name.into());
            self.unanswered.push((format!("delivery-{}", self.sent), id));
            self.deliver(served).await;
            if self.random.random_bool(0.3) {
                let (id, odoo_id) = *self.in_odoo.choose(&mut self.random).unwrap();
                let price = format!("{}.50", 100 + self.sent);
                let values = json!({ "list_price": price.parse::<f64>().unwrap() });
                people
                    .write("product.product", &[odoo_id], values.as_object().unwrap().clone())
                    .await
                    .unwrap();
                self.prices.insert(id, price);
            }
        }
    }

    /// Sends what was not answered; a webhook that was is never sent again, but for one in ten.
    async fn deliver(&mut self, served: &Served) {
        let mut left = Vec::new();
        for (delivery, id) in std::mem::take(&mut self.unanswered) {
            let answered = served.deliver(BACKEND, "product.updated", &delivery, id).await;
            if !answered || self.random.random_bool(0.1) {
                left.push((delivery, id));
            }
        }
        self.unanswered = left;
    }

    async fn end(&mut self, served: &Served) {
        while !self.unanswered.is_empty() {
            self.deliver(served).await;
        }
        until("nothing waits, and both sides agree", || async {
            let jobs = self.store.list_jobs(JobFilter::default()).await.unwrap();
            let waiting = jobs.iter().any(|view| !view.job.record.is_empty());
            let sent = self.prices.iter().all(|(id, price)| {
                self.world.shop.shop().get(Kind::Product, *id).unwrap()["regular_price"] == price.as_str()
            });
            (!waiting && sent && disagreements(&self.world).await.is_empty()).then_some(())
        })
        .await;
        let letters = crate::support::kept::dead_letters(&self.store).await;
        assert!(letters.is_empty(), "seed {}: {letters:#?}", self.seed);
        let names: Vec<String> =
            self.world.odoo.records("product.product").iter().map(|r| r["name"].to_string()).collect();
        assert!(names.len() >= 40, "seed {}", self.seed);
    }
}

fn is_simple(world: &World, id: u64) -> bool {
    let record = world.shop.shop().get(Kind::Product, id).unwrap();
    record["type"] == "simple" && record["status"] == "publish" && record["regular_price"] != ""
}
