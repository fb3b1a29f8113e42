//! A shop, a real Odoo and the service between them.

use std::collections::BTreeMap;

use linkspan::store::{JobFilter, Store};
use odoo_rpc::{Client, Record, SearchOptions};
use sandbox::shop::{Kind, RunningShop, Shop};
use serde_json::{Value, json};

use super::server::{Server, free_port};
use crate::live::real::{mark_records, run_number};
use crate::service::{Served, take_webhooks, until};
use crate::support::kept::dead_letters;
use crate::support::program::Program;
use crate::support::records::{MODELS, compare};
use crate::support::world::{self, size};

/// One backend of its own in the real Odoo.
pub(super) struct Site {
    pub(super) backend: String,
    pub(super) shop: RunningShop,
    pub(super) program: Program,
    pub(super) odoo: Server,
    /// A product that nobody ordered.
    pub(super) unsold: u64,
    address: String,
    sent: u64,
}

impl Site {
    /// A small shop and an Odoo that runs. `schedules` is the backend's part of the configuration that says what is done
    /// by itself.
    pub(super) async fn new(schedules: &str) -> Site {
        let odoo = Server::start().await;
        let mark = run_number();
        let backend = format!("live{mark}");
        let (shop, unsold) = shop(mark);
        let shop = shop.start(0).await.unwrap();
        let real = odoo.manager();
        let address = format!("127.0.0.1:{}", free_port());
        let head = "[backends.shop1.settings]";
        let config = world::config("woocommerce", &shop.url(), &real.url, &real.login)
            .replace("database = \"odoo\"", &format!("database = \"{}\"", real.database))
            .replace(head, &format!("{schedules}\n{head}"))
            .replace("backends.shop1", &format!("backends.{backend}"))
            .replace("[store]", &format!("[service]\npublic_url = \"http://{address}\"\n\n[store]"));
        let environment =
            [("TEST_KEY", "ck_sandbox"), ("TEST_SECRET", "cs_sandbox"), ("TEST_PASSWORD", &real.secret)];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut program = Program::new(&config, environment);
        program.set("TEST_STORE_URL", &format!("sqlite:{}", program.path("linkspan.db").display()));
        take_webhooks(&mut program, &backend);
        Site { backend, shop, program, odoo, unsold, address, sent: 0 }
    }

    /// Starts the service, and waits until everything that the shop has is in Odoo.
    pub(super) async fn serve(&self) -> Served {
        let served = Served::at(&self.program, &self.address).await;
        let store = self.store().await;
        until("everything was walked once", || async {
            (store.last_successes().await.unwrap().len() == 4).then_some(())
        })
        .await;
        self.settled("the first import").await;
        served
    }

    pub(super) async fn store(&self) -> Store {
        Store::open(&format!("sqlite:{}", self.program.path("linkspan.db").display())).await.unwrap()
    }

    /// Waits until no record has anything to do; then both sides say the same, nothing is there twice and nothing was
    /// refused.
    pub(super) async fn settled(&self, what: &str) {
        let store = self.store().await;
        until("no record waits", || async {
            let jobs = store.list_jobs(JobFilter::default()).await.unwrap();
            jobs.iter().all(|view| view.job.record.is_empty()).then_some(())
        })
        .await;
        let letters = dead_letters(&store).await;
        assert!(letters.is_empty(), "{what}: {letters:#?}\n{}", self.odoo.said());
        let people = self.odoo.people().await;
        let mut records: BTreeMap<&str, Vec<Record>> = BTreeMap::new();
        for model in MODELS {
            records.insert(model, all(&people, model).await);
        }
        let wrong = compare(&store, self.shop.shop(), records).await;
        assert!(wrong.is_empty(), "{what}: {wrong:#?}");
        println!("{what}: {} and the shop agree", people.version().text);
    }

    /// Something changes in the shop, which tells of it. Every webhook is acknowledged.
    pub(super) async fn edit(
        &mut self,
        served: &Served,
        kind: Kind,
        id: u64,
        change: impl FnOnce(&mut Value),
    ) {
        self.sent += 1;
        let mut record = self.record(kind, id);
        change(&mut record);
        // Each change is newer by a second, as far as the shop's clock shows.
        let at = jiff::Timestamp::now() + std::time::Duration::from_secs(self.sent);
        record["date_modified_gmt"] = at.strftime("%Y-%m-%dT%H:%M:%S").to_string().into();
        assert!(self.shop.shop().put(kind, record));
        let topic = if kind == Kind::Order { "order.updated" } else { "product.updated" };
        let delivery = format!("delivery-{}", self.sent);
        assert!(served.deliver(&self.backend, topic, &delivery, id).await, "{delivery} was not acknowledged");
    }

    /// A record as the shop has it.
    pub(super) fn record(&self, kind: Kind, id: u64) -> Value {
        self.shop.shop().get(kind, id).unwrap()
    }

    /// Orders of this status, as the shop has them.
    pub(super) fn orders(&self, status: &str) -> Vec<u64> {
        let all = self.shop.ids(Kind::Order).into_iter();
        all.filter(|id| self.record(Kind::Order, *id)["status"] == status).collect()
    }

    /// Products with a price of their own that are on sale.
    pub(super) fn products(&self) -> Vec<u64> {
        let all = self.shop.ids(Kind::Product).into_iter();
        all.filter(|id| {
            let product = self.record(Kind::Product, *id);
            product["type"] == "simple" && product["status"] == "publish" && product["regular_price"] != ""
        })
        .collect()
    }

    /// The Odoo id of a record of the shop.
    pub(super) async fn odoo_id(&self, entity: &str, id: u64) -> i64 {
        let id = id.to_string();
        let store = self.store().await;
        let mut found = store.bindings(&self.backend, entity, &[&id]).await.unwrap();
        found.remove(&id).and_then(|binding| binding.odoo_id).expect("it is in Odoo")
    }
}

/// A shop whose records are this run's only.
fn shop(mark: u64) -> (Shop, u64) {
    let shop = Shop::generate(&size(12, 4, 16));
    let simple = |id: &u64| shop.get(Kind::Product, *id).is_some_and(|product| product["type"] == "simple");
    let first = shop.ids(Kind::Product).into_iter().find(simple).unwrap();
    let mut unsold = shop.get(Kind::Product, first).unwrap();
    let id = 900_001;
    for (field, value) in [("id", json!(id)), ("sku", json!("UNSOLD")), ("regular_price", json!("8.00"))] {
        unsold[field] = value;
    }
    assert!(shop.put(Kind::Product, unsold));
    mark_records(&shop, mark);
    (shop, id)
}

async fn all(people: &Client, model: &str) -> Vec<Record> {
    let fields: &[&str] = match model {
        "product.category" => &["name"],
        "product.product" => &["name", "default_code", "list_price"],
        "res.partner" => &["email", "phone"],
        _ => &["client_order_ref", "amount_total", "state"],
    };
    people.search_read(model, &json!([]), fields, SearchOptions::default()).await.unwrap()
}
