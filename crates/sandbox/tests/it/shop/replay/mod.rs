//! Every recorded request that the shop claims to serve is sent to it again and must be answered as recorded.
//!
//! What cannot be equal is named in `compare`, what happened unrecorded in `align`, what is not served in
//! `not_served`; `expected` holds the differences that are known and accepted, each with its reason.

mod align;
mod compare;
mod expected;
mod not_served;
mod recorded;

use std::collections::BTreeMap;

use reqwest::{Client, Method};
use sandbox::shop::{Misbehaviour, RunningShop};
use serde_json::Value;

use super::client::client;
use recorded::Exchange;

#[tokio::test]
async fn every_recorded_request_that_is_served_is_answered_as_recorded() {
    let (exchanges, client) = (recorded::all(), client());
    assert!(exchanges.len() >= 385, "only {} exchanges were found", exchanges.len());
    let mut known = align::Known::new(&exchanges);
    let shop = align::empty_shop().start(0).await.unwrap();
    let (mut served, mut failed, mut expected) = (0, Vec::new(), expected::Expected::default());
    let mut not_served: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for exchange in &exchanges {
        align::before(shop.shop(), &mut known, exchange);
        if let Some(reason) = not_served::reason(exchange) {
            not_served.entry(reason).or_default().push(&exchange.name);
            continue;
        }
        served += 1;
        let found = replay(&client, &shop, exchange).await;
        let found: Vec<String> =
            found.into_iter().filter(|text| !expected.accepts(&exchange.name, text)).collect();
        if !found.is_empty() {
            failed.push(format!(
                "{}: {} {}?{}\n  {}",
                exchange.name,
                exchange.method,
                exchange.path,
                exchange.query,
                found.join("\n  ")
            ));
        }
        after(&shop, exchange);
        align::after(shop.shop(), exchange);
    }
    for (reason, names) in &not_served {
        eprintln!("not served, {reason}: {}", names.join(", "));
    }
    eprintln!("{served} exchanges replayed, {} of them differ", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(expected.unused(), [""; 0], "accepted differences that no longer occur");
}

/// The differences between the sandbox's answer and the recorded one.
async fn replay(client: &Client, shop: &RunningShop, exchange: &Exchange) -> Vec<String> {
    if let Some(what) = provoked(&exchange.name) {
        shop.shop().misbehave("", what, 0, 1);
    }
    let (status, headers, text) = send(client, shop, exchange).await;
    let own = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let own = if exchange.method == "HEAD" { Value::Null } else { own };
    if !compare::ordered_by_date(exchange) {
        return compare::differences(exchange, status, &headers, &own);
    }
    let (own, recorded, problem) = compare::align(exchange, own);
    let aligned = Exchange { answer: recorded, ..exchange.clone() };
    let mut found = compare::differences(&aligned, status, &headers, &own);
    found.extend(problem);
    found
}

async fn send(
    client: &Client,
    shop: &RunningShop,
    exchange: &Exchange,
) -> (u64, BTreeMap<String, String>, String) {
    let query = if exchange.query.is_empty() { String::new() } else { format!("?{}", exchange.query) };
    let url = format!("{}{}{query}", shop.url(), exchange.path);
    let mut request = client.request(Method::from_bytes(exchange.method.as_bytes()).unwrap(), url);
    let secret = if exchange.key.as_deref() == Some("badsecret") { "cs_wrong" } else { "cs_fixture" };
    request = match exchange.key.as_deref() {
        Some("rw" | "badsecret") => request.basic_auth("ck_fixture", Some(secret)),
        Some("bad") => request.basic_auth("ck_unknown", Some(secret)),
        Some(other) => request.basic_auth(format!("ck_fixture_{other}"), Some(secret)),
        None => request,
    };
    if exchange.accepts_json {
        request = request.header("Accept", "application/json");
    }
    request = match &exchange.body {
        Value::Null => request,
        Value::String(raw) => request.header("Content-Type", "application/json").body(raw.clone()),
        body => request.header("Content-Type", "application/json").body(body.to_string()),
    };
    let response = request.send().await.unwrap();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (u64::from(response.status().as_u16()), headers, response.text().await.unwrap())
}

/// The state that was provoked for the recording.
fn provoked(name: &str) -> Option<Misbehaviour> {
    Some(match name {
        "server-fatal-error" | "server-fatal-error-no-accept" => Misbehaviour::FatalError,
        "server-database-down" => Misbehaviour::DatabaseDown,
        "server-maintenance" | "server-maintenance-no-accept" => Misbehaviour::Maintenance,
        "server-php-warning-before-json" | "server-php-warning-hidden-by-accept" => Misbehaviour::PhpWarning,
        _ => return None,
    })
}

/// After the comparison the recorded form is kept of what is no order, so that one difference is told once.
fn after(shop: &RunningShop, exchange: &Exchange) {
    let changed = matches!(&*exchange.method, "POST" | "PUT") && exchange.status < 300;
    if !changed {
        return;
    }
    for (kind, _, record) in recorded::records_in(&exchange.answer) {
        let deleted = exchange.path.ends_with("/batch") && exchange.answer.get("delete").is_some();
        if !matches!(kind, sandbox::shop::Kind::Order | sandbox::shop::Kind::Refund) && !deleted {
            align::put(shop.shop(), record, kind);
        }
    }
}
