//! `kill -9` at random moments of an import into a real Odoo; the end is that of an undisturbed import.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use linkspan::store::Store;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sandbox::shop::{RunningShop, Shop};
use serde_json::{Map, Value};

use super::real::{Real, mark_records, read, run_number};
use crate::support::connector::{self, Steps};
use crate::support::kept;
use crate::support::program::Program;
use crate::support::world::{self, size};

/// One backend of its own in the real Odoo: its name is part of every external id there.
struct Import {
    backend: String,
    shop: RunningShop,
    program: Program,
    store_url: String,
}

impl Import {
    async fn new(odoo: &Real, backend: String, mark: u64) -> Import {
        let shop = Shop::generate(&size(120, 40, 60));
        mark_records(&shop, mark);
        let shop = shop.start(0).await.unwrap();
        let config = world::config("./connector/connector.toml", &shop.url(), &odoo.url, &odoo.login)
            .replace("database = \"odoo\"", &format!("database = \"{}\"", odoo.database))
            .replace("backends.shop1", &format!("backends.{backend}"));
        let environment =
            [("TEST_KEY", "ck_sandbox"), ("TEST_SECRET", "cs_sandbox"), ("TEST_PASSWORD", &odoo.secret)];
        let mut program =
            Program::new(&config, environment.map(|(name, value)| (name.to_owned(), value.to_owned())));
        connector::write(program.folder(), Steps { page: 20, batch: 20 });
        let store_url = format!("sqlite:{}", program.path("linkspan.db").display());
        program.set("TEST_STORE_URL", &store_url);
        Import { backend, shop, program, store_url }
    }

    async fn finish(&self) {
        self.program.run(&["sync", &self.backend]).await.ended(0);
    }

    /// Everything in Odoo that the store links, without ids: by external id of the shop.
    async fn end_state(&self, odoo: &Real) -> BTreeMap<String, String> {
        let store = Store::open(&self.store_url).await.unwrap();
        let bindings = kept::bindings(&store).await;
        assert!(kept::dead_letters(&store).await.is_empty());
        let client = odoo.client().await;
        let mut state = BTreeMap::new();
        let names: HashMap<(String, i64), String> = bindings
            .iter()
            .filter_map(|b| {
                Some(((b.odoo_model.clone(), b.odoo_id?), format!("{} {}", b.entity, b.external_id)))
            })
            .collect();
        for (model, fields) in MODELS {
            let ids: Vec<i64> =
                bindings.iter().filter(|b| b.odoo_model == model).filter_map(|b| b.odoo_id).collect();
            for record in read(&client, model, &ids, fields).await {
                let id = record["id"].as_i64().unwrap();
                let name = names[&(model.to_owned(), id)].clone();
                state.insert(name, described(&record, &names));
            }
        }
        let orders: Vec<i64> =
            bindings.iter().filter(|b| b.odoo_model == "sale.order").filter_map(|b| b.odoo_id).collect();
        for (order, lines) in self.lines(&client, &orders, &names).await {
            state.insert(format!("lines of {order}"), lines.join("\n"));
        }
        assert_eq!(
            state.keys().filter(|key| !key.starts_with("lines")).count(),
            bindings.len(),
            "a link leads nowhere"
        );
        state
    }

    async fn lines(
        &self,
        client: &odoo_rpc::Client,
        orders: &[i64],
        names: &HashMap<(String, i64), String>,
    ) -> BTreeMap<String, Vec<String>> {
        let domain = serde_json::json!([["order_id", "in", orders]]);
        let fields = ["order_id", "product_id", "name", "product_uom_qty", "price_unit", "price_total"];
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in client.search_read("sale.order.line", &domain, &fields, Default::default()).await.unwrap()
        {
            let order = line["order_id"][0].as_i64().unwrap();
            let order = names[&("sale.order".to_owned(), order)].clone();
            lines.entry(order).or_default().push(described(&line, names));
        }
        lines.values_mut().for_each(|lines| lines.sort());
        lines
    }

    /// How many records of these models Odoo has with this run's mark: none of them may be there twice.
    async fn counts(odoo: &Real, mark: u64) -> [u64; 3] {
        let client = odoo.client().await;
        let mut counts = [0; 3];
        let fields = [
            ("product.product", "default_code"),
            ("res.partner", "email"),
            ("sale.order", "client_order_ref"),
        ];
        for (count, (model, field)) in counts.iter_mut().zip(fields) {
            let domain = serde_json::json!([[field, "like", format!("m{mark}")]]);
            *count = client.search_count(model, &domain).await.unwrap();
        }
        counts
    }
}

const MODELS: [(&str, &[&str]); 5] = [
    ("product.category", &["name", "parent_id"]),
    ("product.product", &["name", "default_code", "list_price", "active", "sale_ok", "weight", "categ_id"]),
    ("product.pricelist", &["currency_id"]),
    ("res.partner", &["name", "email", "phone", "street", "zip", "city", "country_id"]),
    (
        "sale.order",
        &[
            "client_order_ref",
            "partner_id",
            "partner_shipping_id",
            "state",
            "amount_total",
            "amount_tax",
            "date_order",
        ],
    ),
];

/// Fields as text; links by what they stand for.
fn described(record: &Map<String, Value>, names: &HashMap<(String, i64), String>) -> String {
    let mut parts = Vec::new();
    for (field, value) in record.iter().filter(|(field, _)| *field != "id" && *field != "order_id") {
        let linked = value.as_array().and_then(|link| link.first()?.as_i64());
        let model = match field.as_str() {
            "product_id" => "product.product",
            "partner_id" | "partner_shipping_id" => "res.partner",
            "categ_id" | "parent_id" => "product.category",
            _ => "",
        };
        let name = linked.and_then(|id| names.get(&(model.to_owned(), id)).cloned());
        parts.push(format!("{field}={}", name.unwrap_or_else(|| value.to_string())));
    }
    parts.join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn a_killed_import_ends_as_an_undisturbed_one() {
    let odoo = Real::from_environment();
    let kills: usize = std::env::var("LINKSPAN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let seed = rand::rng().random();
    let mut random = StdRng::seed_from_u64(seed);
    let mark = run_number();

    let calm = Import::new(&odoo, format!("calm{mark}"), mark * 10).await;
    let started = Instant::now();
    calm.finish().await;
    let took = started.elapsed();
    let expected = calm.end_state(&odoo).await;
    let expected_counts = Import::counts(&odoo, mark * 10).await;
    println!("live kills: an undisturbed import takes {took:?}; seed {seed}");

    let (mut done, mut round) = (0, 0);
    while done < kills {
        round += 1;
        let mark = mark * 10 + round;
        let disturbed = Import::new(&odoo, format!("kill{mark}"), mark).await;
        while done < kills {
            let mut child = disturbed.program.start(&["sync", &disturbed.backend]);
            let moment = took.mul_f64(random.random_range(0.0..0.7)) + Duration::from_millis(50);
            match tokio::time::timeout(moment, child.wait()).await {
                Ok(ended) => {
                    assert!(ended.unwrap().success());
                    break;
                }
                Err(_) => child.kill().await.unwrap(),
            }
            done += 1;
        }
        disturbed.finish().await;
        let found = disturbed.end_state(&odoo).await;
        let unmarked = |state: &BTreeMap<String, String>, mark: u64| -> Vec<String> {
            state
                .iter()
                .map(|(name, text)| format!("{name} {text}").replace(&format!("m{mark}"), "m"))
                .collect()
        };
        let (found, expected) = (unmarked(&found, mark), unmarked(&expected, run_mark(&calm)));
        let differing: Vec<_> = found.iter().filter(|line| !expected.contains(line)).take(5).collect();
        assert!(found.len() == expected.len() && differing.is_empty(), "seed {seed}: {differing:#?}");
        assert_eq!(
            Import::counts(&odoo, mark).await,
            expected_counts,
            "seed {seed}: records are there twice"
        );
        let again =
            disturbed.program.run(&["sync", &disturbed.backend, "--full", "--json"]).await.ended(0).json();
        assert_eq!((&again["created"], &again["updated"]), (&0.into(), &0.into()), "{again}");
        println!(
            "live kills: {done} of {kills} kills, {} records equal, none twice, a full sync wrote nothing",
            found.len()
        );
        drop(disturbed.shop);
    }
    drop(calm.shop);
}

/// The mark of the undisturbed import.
fn run_mark(calm: &Import) -> u64 {
    calm.backend.trim_start_matches("calm").parse::<u64>().unwrap() * 10
}
