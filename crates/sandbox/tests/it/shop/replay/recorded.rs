//! The recorded exchanges: read, ordered, and searched for records.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sandbox::shop::Kind;
use serde_json::Value;

/// One request and its answer, as recorded.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) key: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Raw, url-encoded.
    pub(crate) query: String,
    pub(crate) accepts_json: bool,
    pub(crate) body: Value,
    pub(crate) status: u64,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) answer: Value,
}

/// All exchanges in the order of recording.
///
/// They are read from `LINKSPAN_FIXTURES` if that is set, else from the copy beside this crate.
pub(crate) fn all() -> Vec<Exchange> {
    let folder = std::env::var_os("LINKSPAN_FIXTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), PathBuf::from);
    let folder = folder.join("woocommerce/exchanges");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut exchanges: Vec<(u64, Exchange)> = files
        .map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let json: Value = serde_json::from_str(&text).unwrap();
            (json["seq"].as_u64().unwrap(), read(&json))
        })
        .collect();
    exchanges.sort_by_key(|(seq, _)| *seq);
    exchanges.into_iter().map(|(_, exchange)| exchange).collect()
}

fn read(json: &Value) -> Exchange {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (request, response) = (&json["request"], &json["response"]);
    let headers = response["headers"].as_object().unwrap();
    Exchange {
        name: text(&json["name"]),
        key: json["key"].as_str().map(str::to_owned),
        method: text(&request["method"]),
        path: text(&request["path"]),
        query: text(&request["query"]),
        accepts_json: request["headers"]["Accept"] == "application/json",
        body: request["body"].clone(),
        status: response["status"].as_u64().unwrap(),
        headers: headers.iter().map(|(name, value)| (name.to_lowercase(), text(value))).collect(),
        answer: response["body"].clone(),
    }
}

/// A whole record in an answer; `None` for a selection of fields, or something else.
pub(crate) fn record_of(value: &Value) -> Option<(Kind, u64)> {
    let href = value["_links"]["self"][0]["href"].as_str()?;
    let path = href.split("/wp-json/wc/v3/").nth(1)?;
    let parts: Vec<&str> = path.split('/').collect();
    let id = value["id"].as_u64()?;
    let kind = match &*parts {
        ["products", "categories", _] => Kind::Category,
        ["products", _, "variations", _] => Kind::Variation,
        ["products", own] if own.parse::<u64>().is_ok() && value["type"] != "variation" => Kind::Product,
        ["customers", _] => Kind::Customer,
        ["orders", _] => Kind::Order,
        ["orders", _, "refunds", _] => Kind::Refund,
        ["coupons", _] => Kind::Coupon,
        _ => return None,
    };
    Some((kind, id))
}

/// Every whole record in an answer: the answer itself, the entries of a list or of a batch.
pub(crate) fn records_in(answer: &Value) -> Vec<(Kind, u64, Value)> {
    let mut found = Vec::new();
    if let Some((kind, id)) = record_of(answer) {
        found.push((kind, id, answer.clone()));
        return found;
    }
    let lists = answer.as_object().map(|map| map.values().collect()).unwrap_or_else(|| vec![answer]);
    for entry in lists.into_iter().filter_map(Value::as_array).flatten() {
        if let Some((kind, id)) = record_of(entry) {
            found.push((kind, id, entry.clone()));
        }
    }
    found
}
