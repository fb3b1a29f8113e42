//! What a real WooCommerce sent: `crates/sandbox/fixtures/woocommerce`, whose README tells how it was recorded, and the
//! orders of recorded webhooks (`data/webhook-orders.json`, bodies decoded).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// A record as one recorded answer showed it.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    /// Name of the exchange.
    pub(super) name: String,
    pub(super) body: Value,
}

impl Recorded {
    pub(super) fn id(&self) -> u64 {
        self.body["id"].as_u64().expect("recorded records have ids")
    }
}

/// Every order, in the order of recording; those of webhooks at the end.
pub(super) fn orders() -> Vec<Recorded> {
    let is_order = |record: &Value| has(record, &["line_items", "tax_lines", "billing", "refunds", "total"]);
    let mut orders = records(is_order);
    let webhooks = include_str!("data/webhook-orders.json");
    let webhooks: Vec<Value> = serde_json::from_str(webhooks).expect("valid JSON");
    orders.extend(webhooks.into_iter().map(|webhook| Recorded {
        name: webhook["name"].as_str().expect("named").to_owned(),
        body: webhook["body"].clone(),
    }));
    assert!(orders.len() > 130, "{} recorded orders", orders.len());
    orders
}

/// Every product, and the one variation that was asked for as a product.
pub(super) fn products() -> Vec<Recorded> {
    records(|record| has(record, &["sku", "regular_price", "categories", "short_description", "virtual"]))
}

pub(super) fn customers() -> Vec<Recorded> {
    records(|record| has(record, &["username", "billing", "is_paying_customer"]))
}

pub(super) fn categories() -> Vec<Recorded> {
    records(|record| has(record, &["parent", "display", "menu_order"]))
}

/// The products that orders may name, as they were last seen; variations in the shape that `/products/<id>` gives
/// them with `context=edit`.
pub(super) fn latest_products() -> BTreeMap<u64, Value> {
    let mut latest: BTreeMap<u64, Value> =
        products().into_iter().map(|product| (product.id(), product.body)).collect();
    let shape = latest.values().find(|product| product["type"] == "variation").cloned();
    let shape = shape.expect("one variation was asked for as a product");
    let own_fields = ["id", "sku", "price", "regular_price", "weight", "status", "virtual", "parent_id"];
    for variation in records(|record| has(record, &own_fields) && record["type"] == "variation") {
        let (id, body) = (variation.id(), variation.body);
        if body.get("categories").is_some() {
            continue;
        }
        let parent = &latest[&body["parent_id"].as_u64().expect("a variation has a parent")];
        let mut product = shape.clone();
        for field in own_fields.into_iter().chain(["date_modified_gmt", "manage_stock"]) {
            product[field] = body[field].clone();
        }
        let text = |record: &Value, field: &str| record[field].as_str().unwrap_or_default().to_owned();
        product["name"] = format!("{} - {}", text(parent, "name"), text(&body, "name")).into();
        if body["sku"] == parent["sku"] {
            product["sku"] = "".into();
        }
        latest.insert(id, product);
    }
    latest
}

/// The last state of each record.
pub(super) fn latest(records: Vec<Recorded>) -> BTreeMap<u64, Value> {
    records.into_iter().map(|record| (record.id(), record.body)).collect()
}

fn has(record: &Value, fields: &[&str]) -> bool {
    fields.iter().all(|field| record.get(field).is_some())
}

/// Every record for which `wanted` is true, in any answer.
fn records(wanted: impl Fn(&Value) -> bool) -> Vec<Recorded> {
    let mut found = Vec::new();
    for (name, body) in answers() {
        let batches = ["create", "update", "delete"].iter().filter_map(|part| body.get(part)?.as_array());
        let listed = body.as_array().into_iter().chain(batches).flatten();
        for record in std::iter::once(&body).chain(listed).filter(|record| wanted(record)) {
            found.push(Recorded { name: name.clone(), body: record.clone() });
        }
    }
    found
}

/// Name and body of every successful answer, in the order of recording.
fn answers() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/fixtures/woocommerce/exchanges");
    let files = std::fs::read_dir(folder).expect("the recorded exchanges are in the sandbox's folder");
    let mut exchanges: Vec<Value> = files
        .map(|file| std::fs::read(file.expect("a readable folder").path()).expect("a readable file"))
        .map(|text| serde_json::from_slice(&text).expect("valid JSON"))
        .collect();
    exchanges.retain(|exchange| exchange["response"]["status"].as_u64().is_some_and(|status| status < 300));
    exchanges.sort_by_key(|exchange| exchange["seq"].as_u64());
    let answer = |mut exchange: Value| {
        (exchange["name"].as_str().expect("named").to_owned(), exchange["response"]["body"].take())
    };
    exchanges.into_iter().map(answer).collect()
}
