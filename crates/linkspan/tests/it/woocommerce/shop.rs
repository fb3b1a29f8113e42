//! A shop that serves recorded bodies byte for byte, where the sandbox shop would format amounts anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{Request, Response};
use sandbox::serve::{Running, serve};
use serde_json::{Value, json};

/// Path below the API root -> id -> record.
pub(super) type Records = BTreeMap<&'static str, BTreeMap<u64, Value>>;

pub(super) const CATEGORIES: &str = "products/categories";
pub(super) const PRODUCTS: &str = "products";
pub(super) const CUSTOMERS: &str = "customers";
pub(super) const ORDERS: &str = "orders";

/// A shop that listens until it is dropped.
pub(super) struct Shop {
    server: Running,
    records: Arc<Mutex<Records>>,
}

impl Shop {
    pub(super) async fn start(records: Records) -> Shop {
        let records = Arc::new(Mutex::new(records));
        let kept = Arc::clone(&records);
        let server = serve(0, move |request: Request<Body>| {
            let answer = answer(&lock(&kept), &request);
            async move { Ok(answer) }
        });
        Shop { server: server.await.expect("a free port"), records }
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// Changes a record that it has.
    pub(super) fn change(&self, kind: &str, id: u64, change: impl FnOnce(&mut Value)) {
        let mut records = self.records();
        let record = records.get_mut(kind).and_then(|records| records.get_mut(&id));
        change(record.unwrap_or_else(|| panic!("the shop has no {kind} {id}")));
    }

    /// What it holds, to be changed.
    pub(super) fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.records)
    }
}

fn lock(records: &Mutex<Records>) -> MutexGuard<'_, Records> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(records: &Records, request: &Request<Body>) -> Response<Body> {
    let path = request.uri().path().trim_start_matches("/wp-json/wc/v3/");
    if let Some(kind) = records.get(path) {
        let query = request.uri().query().unwrap_or_default();
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        return list(kind, &query);
    }
    let (kind, id) = path.rsplit_once('/').unwrap_or_default();
    let record = id.parse().ok().and_then(|id: u64| records.get(kind)?.get(&id));
    match record {
        Some(record) if request.uri().query().is_some_and(|query| query.contains("context=edit")) => {
            json_answer(200, 1, record)
        }
        Some(record) => json_answer(200, 1, &as_viewed(records, record.clone())),
        None => {
            json_answer(404, 0, &json!({ "code": "woocommerce_rest_invalid_id", "message": "Invalid ID." }))
        }
    }
}

/// Unless it is to be edited, a variation without SKU shows its parent's (recorded: variation 35).
fn as_viewed(records: &Records, mut record: Value) -> Value {
    let parent = record["parent_id"].as_u64().and_then(|parent| records.get(PRODUCTS)?.get(&parent));
    if let Some(parent) = parent.filter(|_| record["sku"] == "") {
        record["sku"] = parent["sku"].clone();
    }
    record
}

/// A page in the order of ids. As on a real shop no list shows variations, not even to those who know their ids.
fn list(kind: &BTreeMap<u64, Value>, query: &BTreeMap<String, String>) -> Response<Body> {
    let number = |name: &str, default: usize| query.get(name).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (page, size) = (number("page", 1), number("per_page", 10));
    let included = query.get("include").map(|ids| ids.split(',').collect::<Vec<_>>());
    let wanted = |(id, record): &(&u64, &Value)| {
        let id = id.to_string();
        record["type"] != "variation" && included.as_ref().is_none_or(|ids| ids.contains(&id.as_str()))
    };
    let all: Vec<&Value> = kind.iter().filter(wanted).map(|(_, record)| record).collect();
    let shown: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).copied().collect();
    json_answer(200, all.len().div_ceil(size), &json!(shown))
}

fn json_answer(status: u16, pages: usize, body: &Value) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("Content-Type", "application/json; charset=UTF-8")
        .header("X-WP-TotalPages", pages)
        .body(Body::from(body.to_string()))
        .expect("a response")
}
