//! Both directions between a real Odoo and the sandbox's shop, and the automation rules where Odoo has them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use odoo_rpc::{Client, SearchOptions};
use sandbox::shop::{Kind, RunningShop, Shop};
use serde_json::{Value, json};

use super::real::{Real, run_number};
use crate::support::connector::Steps;
use crate::support::program::Program;
use crate::support::records::record;
use crate::support::world::{self, size};

/// One backend of its own in the real Odoo.
struct Both {
    backend: String,
    shop: RunningShop,
    program: Program,
    odoo: Client,
}

impl Both {
    async fn new(real: &Real, orders: usize) -> Both {
        let mark = run_number();
        let backend = format!("out{mark}");
        let shop = Shop::generate(&size(12, 4, orders));
        for id in shop.ids(Kind::Product) {
            let mut product = shop.get(Kind::Product, id).unwrap();
            product["sku"] = format!("X{mark}-{id}").into();
            assert!(shop.put(Kind::Product, product));
        }
        let shop = shop.start(0).await.unwrap();
        let config = world::config("woocommerce", &shop.url(), &real.url, &real.login)
            .replace("database = \"odoo\"", &format!("database = \"{}\"", real.database))
            .replace("backends.shop1", &format!("backends.{backend}"))
            .replace("[store]", "[service]\npublic_url = \"http://127.0.0.1:9\"\n\n[store]");
        let environment =
            [("TEST_KEY", "ck_sandbox"), ("TEST_SECRET", "cs_sandbox"), ("TEST_PASSWORD", &real.secret)];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut program = Program::new(&config, environment);
        program.set("TEST_STORE_URL", &format!("sqlite:{}", program.path("linkspan.db").display()));
        Both { backend, shop, program, odoo: real.client().await }
    }

    async fn sync(&self) -> Value {
        self.program.run(&["sync", &self.backend, "--json"]).await.finished().json()
    }

    async fn export(&self, arguments: &[&str]) -> Value {
        let all = [&["export", &self.backend, "--json"], arguments].concat();
        self.program.run(&all).await.ended(0).json()
    }

    fn product(&self, id: u64) -> Value {
        self.shop.shop().get(Kind::Product, id).unwrap()
    }

    async fn find(&self, model: &str, field: &str, value: &str) -> i64 {
        let domain = json!([[field, "=", value]]);
        let found = self.odoo.search_read(model, &domain, &["id"], SearchOptions::default()).await.unwrap();
        found[0]["id"].as_i64().unwrap()
    }

    async fn write(&self, model: &str, id: i64, values: Value) {
        self.odoo.write(model, &[id], record(values)).await.unwrap();
    }

    fn sent(&self) -> usize {
        self.shop.requests().iter().filter(|(method, _)| method != "GET").count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn what_changes_in_a_real_odoo_goes_out_once_and_its_echo_writes_nothing() {
    let real = Real::from_environment();
    let both = Both::new(&real, 12).await;
    both.sync().await;
    // Imports are no changes: what they wrote is not sent back.
    both.export(&[]).await;
    assert_eq!(both.sent(), 0);
    let is_simple = |id: &u64| {
        let product = both.product(*id);
        product["type"] == "simple" && product["status"] == "publish" && product["regular_price"] != ""
    };
    let id = both.shop.ids(Kind::Product).into_iter().find(is_simple).unwrap();
    let odoo_id =
        both.find("product.product", "default_code", both.product(id)["sku"].as_str().unwrap()).await;
    both.write("product.product", odoo_id, json!({ "name": "Out & back", "list_price": 12.345 })).await;
    let done = both.export(&["product"]).await;
    assert_eq!(done["updated"], 1, "{done}");
    let product = both.product(id);
    assert!(matches!(product["name"].as_str(), Some("Out & back" | "Out &amp; back")), "{product}");
    let price = product["regular_price"].as_str().unwrap().to_owned();
    assert!(price == "12.35" || price == "12.34", "{price}");
    // The echo: the import finds it unchanged, the next export sends nothing.
    let echo = both.sync().await;
    assert_eq!((&echo["updated"], &echo["created"]), (&0.into(), &0.into()), "{echo}");
    both.export(&[]).await;
    assert_eq!(both.sent(), 1);
    assert_archives(&both, id, odoo_id).await;
    assert_creates(&both).await;
    assert_cancels(&both).await;
    println!(
        "live export on {}: changed, archived, created and cancelled, {} requests",
        real.url,
        both.sent()
    );
}

/// Related records of which a field has several, between a real Odoo and the shop: its categories as product tags.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn the_tags_of_a_product_go_both_ways() {
    let real = Real::from_environment();
    let both = Both::new(&real, 0).await;
    both.program.edit("connector = \"woocommerce\"", "connector = \"./connector/connector.toml\"");
    crate::support::connector::write(both.program.folder(), Steps { page: 100, batch: 100 });
    let field = r#"{ from = "categories[].id", relation = "category", missing = "fetch", owner = "shared" }"#;
    crate::support::tags::map(&both.program, field);
    let categories = both.shop.ids(Kind::Category);
    for id in &categories {
        let mut category = both.shop.shop().get(Kind::Category, *id).unwrap();
        // Odoo takes each name once.
        category["name"] = format!("{} {id}", both.backend).into();
        assert!(both.shop.shop().put(Kind::Category, category));
    }
    let id = both.shop.ids(Kind::Product)[0];
    let tag_in_shop = |tags: &[u64]| {
        let mut product = both.product(id);
        let tags: Vec<Value> = tags.iter().map(|tag| json!({ "id": tag })).collect();
        product["categories"] = tags.into();
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        product["date_modified_gmt"] = now.into();
        assert!(both.shop.shop().put(Kind::Product, product));
    };
    tag_in_shop(&[categories[2], categories[1]]);
    let done = both.sync().await;
    assert_eq!(done["refused"], 0, "{done}");
    let listed = both.program.run(&["bindings", "list", &both.backend, "--json", "--limit", "1000"]).await;
    let bindings = listed.ended(0).json();
    let odoo_id = |entity: &str, id: u64| {
        let mut all = bindings["bindings"].as_array().unwrap().iter();
        let bound = all.find(|one| one["entity"] == entity && one["external_id"] == id.to_string().as_str());
        bound.unwrap()["odoo_id"].as_i64().unwrap()
    };
    let product = odoo_id("product", id);
    let tags = |ids: &[u64]| {
        let mut tags: Vec<i64> = ids.iter().map(|id| odoo_id("category", *id)).collect();
        tags.sort_unstable();
        tags
    };
    let in_odoo = async || {
        let read = both.odoo.read("product.product", &[product], &["product_tag_ids"]).await.unwrap();
        let shown = read[0]["product_tag_ids"].as_array().unwrap();
        let mut shown: Vec<i64> = shown.iter().filter_map(Value::as_i64).collect();
        shown.sort_unstable();
        shown
    };
    assert_eq!(in_odoo().await, tags(&categories[1..3]));
    both.export(&[]).await;
    // The same in another order is no change.
    tag_in_shop(&[categories[1], categories[2]]);
    let again = both.sync().await;
    assert_eq!((&again["updated"], &again["refused"]), (&0.into(), &0.into()), "{again}");
    // Other tags replace them, none clears.
    for now in [&categories[2..4], &[], &categories[..1]] {
        tag_in_shop(now);
        both.sync().await;
        assert_eq!(in_odoo().await, tags(now));
    }
    both.export(&[]).await;
    assert_eq!(both.sent(), 0);
    // What people choose in Odoo goes out once, and does not come back.
    let chosen = tags(&categories[3..5]);
    both.write("product.product", product, json!({ "product_tag_ids": [[6, 0, chosen]] })).await;
    both.export(&["product"]).await;
    let shown: Vec<u64> = both.product(id)["categories"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|category| category["id"].as_u64())
        .collect();
    assert_eq!((shown.as_slice(), both.sent()), (&categories[3..5], 1));
    let echo = both.sync().await;
    assert_eq!((&echo["updated"], &echo["created"]), (&0.into(), &0.into()), "{echo}");
    both.export(&[]).await;
    assert_eq!(both.sent(), 1);
    println!("live tags on {}: both ways, {} requests", real.url, both.shop.requests().len());
}

/// Archived in Odoo it is a draft in the shop, and comes back.
async fn assert_archives(both: &Both, id: u64, odoo_id: i64) {
    for (active, status) in [(false, "draft"), (true, "publish")] {
        both.write("product.product", odoo_id, json!({ "active": active })).await;
        both.export(&["product"]).await;
        assert_eq!(both.product(id)["status"], status);
    }
}

/// A product of Odoo is made in the shop once, and its echo makes none in Odoo.
async fn assert_creates(both: &Both) {
    let sku = format!("{}-NEW", both.backend);
    let values = record(json!({ "name": "Made in Odoo", "default_code": sku, "list_price": 5 }));
    let made = both.odoo.create("product.product", vec![values]).await.unwrap()[0];
    both.shop.faults().add("POST /wp-json/wc/v3/products", sandbox::Fault::CutAfterWork, 1);
    let export = ["export", &both.backend, "product", "--id", &made.to_string()];
    both.program.run(&export).await.ended(1);
    both.program.run(&export).await.ended(0);
    let products =
        both.shop.ids(Kind::Product).into_iter().filter(|id| both.product(*id)["sku"] == sku.as_str());
    assert_eq!(products.count(), 1);
    both.sync().await;
    let domain = json!([["default_code", "=", sku]]);
    assert_eq!(both.odoo.search_count("product.product", &domain).await.unwrap(), 1);
}

/// An order that is cancelled in Odoo is cancelled in the shop.
async fn assert_cancels(both: &Both) {
    let shop = both.shop.shop();
    let is_open = |id: &u64| shop.get(Kind::Order, *id).unwrap()["status"] == "processing";
    let Some(id) = both.shop.ids(Kind::Order).into_iter().find(is_open) else { return };
    let listed = both.program.run(&["bindings", "list", &both.backend, "--json", "--entity", "order"]).await;
    let bindings = listed.ended(0).json();
    let id_text = id.to_string();
    let mut all = bindings["bindings"].as_array().unwrap().iter();
    let bound = all.find(|binding| binding["external_id"] == id_text.as_str()).unwrap();
    let order = bound["odoo_id"].as_i64().unwrap();
    let odoo = both.odoo.with_context(record(json!({ "disable_cancel_warning": true })));
    odoo.call_button("sale.order", "action_cancel", &[order]).await.unwrap();
    both.export(&["order"]).await;
    assert_eq!(shop.get(Kind::Order, id).unwrap()["status"], "cancelled");
}

/// Where the app Inventory is installed and the user may write stock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn stock_of_a_real_odoo_goes_out_as_its_last_value() {
    let real = Real::from_environment();
    // Without orders: what is reserved for one cannot become storable.
    let both = Both::new(&real, 0).await;
    let may = both.odoo.has_access("stock.quant", "create").await;
    if !matches!(may, Ok(true)) {
        println!(
            "live stock on {}: not tried, this Odoo has no Inventory or the user may not write stock",
            real.url
        );
        return;
    }
    both.sync().await;
    both.export(&[]).await;
    let id =
        both.shop.ids(Kind::Product).into_iter().find(|id| both.product(*id)["type"] == "simple").unwrap();
    let odoo_id =
        both.find("product.product", "default_code", both.product(id)["sku"].as_str().unwrap()).await;
    let storable = match both.odoo.version().series.major() {
        16 | 17 => json!({ "detailed_type": "product" }),
        _ => json!({ "is_storable": true }),
    };
    both.write("product.product", odoo_id, storable).await;
    let domain = json!([["usage", "=", "internal"]]);
    let places =
        both.odoo.search_read("stock.location", &domain, &["id"], SearchOptions::default()).await.unwrap();
    let stock = both.odoo.with_context(record(json!({ "inventory_mode": true })));
    for quantity in [3, 11, 7] {
        let quant =
            json!({ "product_id": odoo_id, "location_id": places[0]["id"], "inventory_quantity": quantity });
        let quant = stock.create("stock.quant", vec![record(quant)]).await.unwrap()[0];
        stock.call_button("stock.quant", "action_apply_inventory", &[quant]).await.unwrap();
    }
    let before = both.sent();
    both.export(&["product"]).await;
    let product = both.product(id);
    assert_eq!((&product["stock_quantity"], both.sent() - before), (&7.into(), 1), "{product}");
    println!("live stock on {}: three changes, one request, quantity 7", real.url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn rules_are_installed_in_a_real_odoo_and_removed_or_it_is_said_what_they_need() {
    let real = Real::from_environment();
    let both = Both::new(&real, 0).await;
    let rules = |word: &'static str| {
        let (program, backend) = (&both.program, both.backend.clone());
        async move { program.run(&["odoo-rule", word, &backend]).await }
    };
    let installed = rules("install").await;
    if installed.code == 2 {
        let needs = ["since 17.0", "base_automation", "Administration: Settings"];
        assert!(needs.iter().any(|need| installed.output().contains(need)), "{installed:?}");
        println!("live rules on {}: {}", real.url, installed.output().trim());
        return;
    }
    installed.ended(0);
    rules("install").await.ended(0);
    rules("status").await.ended(0).said(&["installed"]);
    let domain = json!([["name", "=like", format!("Linkspan {}: %", both.backend)]]);
    let count = both.odoo.search_count("base.automation", &domain).await.unwrap();
    assert!((3..=6).contains(&count), "{count}");
    rules("remove").await.ended(0);
    assert_eq!(both.odoo.search_count("base.automation", &domain).await.unwrap(), 0);
    println!("live rules on {}: {count} installed, found again, removed", real.url);
}
