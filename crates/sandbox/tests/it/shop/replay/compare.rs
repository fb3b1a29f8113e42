//! What must be equal, and what cannot be.

use std::collections::BTreeMap;

use sandbox::shop::Clock;
use serde_json::Value;

use super::recorded::Exchange;

/// Headers that are compared if they were recorded, and must be absent if they were not.
const HEADERS: [&str; 11] = [
    "content-type",
    "x-wp-total",
    "x-wp-totalpages",
    "link",
    "allow",
    "location",
    "vary",
    "retry-after",
    "expires",
    "cache-control",
    "x-robots-tag",
];
/// Fields that depend on chance, on a mail address's MD5 sum or on the site's other content.
const CHANCE: [&str; 6] = ["related_ids", "order_key", "payment_url", "avatar_url", "cart_hash", "store_id"];
/// Exchanges of which the sandbox answers a part of the fields; that part must be equal.
const PARTIAL: [&str; 7] = [
    "index-wp-json-root",
    "system-status",
    "settings-currency",
    "settings-number-of-decimals",
    "settings-weight-unit",
    "settings-tax-prices-include-tax",
    "server-",
];

/// The differences, as sentences; empty if the answer is as recorded.
pub(crate) fn differences(
    exchange: &Exchange,
    status: u64,
    headers: &BTreeMap<String, String>,
    answer: &Value,
) -> Vec<String> {
    let mut out = Vec::new();
    if status != exchange.status {
        out.push(format!("status {status}, recorded {}", exchange.status));
    }
    for name in HEADERS {
        let (own, recorded) = (headers.get(name), exchange.headers.get(name));
        if own != recorded {
            out.push(format!("header {name}: {own:?}, recorded {recorded:?}"));
        }
    }
    let html = exchange.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if html {
        return out;
    }
    if PARTIAL.iter().any(|name| exchange.name.starts_with(name)) {
        subset("", answer, &exchange.answer, &mut out);
    } else {
        same("", answer, &exchange.answer, &mut out);
    }
    out
}

/// Lists whose order is by date have ties; for them only the dates' order can be equal.
pub(crate) fn ordered_by_date(exchange: &Exchange) -> bool {
    let ordered = |name: &str| exchange.query.contains(&format!("orderby={name}"));
    let dated = ["products", "orders", "refunds", "coupons"].iter().any(|end| {
        exchange
            .path
            .strip_prefix("/wp-json/wc/v3/")
            .is_some_and(|path| path == *end || path.ends_with("/variations"))
    });
    exchange.answer.is_array()
        && dated
        && (!exchange.query.contains("orderby=") || ordered("date") || ordered("modified"))
}

/// Puts our list into the recorded order, if both hold the same records in the same order of dates.
///
/// A list that shows no dates may come in any order. On a page of several, ties may even be other records: those
/// that only one side has are left out on both, as long as they carry the date of a tie.
pub(crate) fn align(exchange: &Exchange, own: Value) -> (Value, Value, Option<String>) {
    let recorded = exchange.answer.clone();
    let (Value::Array(ours), Value::Array(theirs)) = (&own, &recorded) else { return (own, recorded, None) };
    let field =
        if exchange.query.contains("orderby=modified") { "date_modified_gmt" } else { "date_created" };
    let dates = |list: &[Value]| -> Vec<Value> { list.iter().map(|entry| entry[field].clone()).collect() };
    let close = |(own, recorded): (&Value, &Value)| own == recorded || close_dates(field, own, recorded);
    if ours.len() != theirs.len() || !dates(ours).iter().zip(&dates(theirs)).all(close) {
        let text = format!("the list's {field} come as {:?}, recorded {:?}", dates(ours), dates(theirs));
        return (own, recorded, Some(text));
    }
    let in_both = |list: &[Value], other: &[Value]| -> Vec<Value> {
        let held = |entry: &&Value| other.iter().any(|held| held["id"] == entry["id"]);
        let mut both: Vec<Value> = list.iter().filter(held).cloned().collect();
        both.sort_by_key(|entry| entry["id"].as_u64());
        both
    };
    let whole = exchange.headers.get("x-wp-totalpages").is_some_and(|pages| pages == "1");
    let (left, right) = (in_both(ours, theirs), in_both(theirs, ours));
    if whole && left.len() != theirs.len() {
        let ids = |list: &[Value]| -> Vec<Value> { list.iter().map(|entry| entry["id"].clone()).collect() };
        return (
            own.clone(),
            recorded.clone(),
            Some(format!("ids {:?}, recorded {:?}", ids(ours), ids(theirs))),
        );
    }
    (left.into(), right.into(), None)
}

fn same(path: &str, own: &Value, recorded: &Value, out: &mut Vec<String>) {
    let name = path.rsplit('.').next().unwrap_or_default();
    if CHANCE.contains(&name) || (name == "id" && path.contains("meta_data")) {
        return;
    }
    match (own, recorded) {
        (Value::Object(left), Value::Object(right)) => {
            for field in right.keys().filter(|field| !left.contains_key(*field)) {
                out.push(format!("{path}.{field} is missing, recorded {}", right[field]));
            }
            for (field, value) in left {
                match right.get(field) {
                    Some(other) => same(&format!("{path}.{field}"), value, other, out),
                    None => out.push(format!("{path}.{field} is too much: {value}")),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                same(&format!("{path}.{at}"), left, right, out);
            }
        }
        (left, right) if left == right || close_dates(name, left, right) => {}
        (left, right) => out.push(format!("{path} is {left}, recorded {right}")),
    }
}

/// While a request ran, the recorded shop's clock may have gone on by a second.
fn close_dates(name: &str, own: &Value, recorded: &Value) -> bool {
    let (Some(own), Some(recorded)) = (own.as_str(), recorded.as_str()) else { return false };
    let seconds = |text: &str| match Clock::at(text) {
        Some(Clock::Fixed(seconds)) => Some(seconds),
        // When something was put into the trash is kept as a number.
        _ if name == "value" && text.len() == 10 => text.parse().ok(),
        _ => None,
    };
    seconds(own).zip(seconds(recorded)).is_some_and(|(own, recorded)| (own - recorded).abs() <= 1)
}

fn subset(path: &str, own: &Value, recorded: &Value, out: &mut Vec<String>) {
    const SHORTER: [&str; 3] = ["namespaces", "routes", "tip"];
    match (own, recorded) {
        (Value::Object(left), Value::Object(right)) => {
            for (field, value) in left.iter().filter(|(field, _)| !SHORTER.contains(&&***field)) {
                subset(&format!("{path}.{field}"), value, right.get(field).unwrap_or(&Value::Null), out);
            }
        }
        (left, right) if left == right => {}
        (left, right) => out.push(format!("{path} is {left}, recorded {right}")),
    }
}
