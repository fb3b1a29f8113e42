//! What single vendors do otherwise: totals in the body, an offset with a count, lists that come whole, wrapped records,
//! headers with an account's number, keys without a password.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linkspan::adapter::{Adapter, AdapterError};
use linkspan::definition::model::{ErrorClass, Scalar};
use pyexpr::Json;
use secrecy::SecretString;
use serde_json::json as value;

use super::shop::{Asked, BASIC, KEY, Shop, adapter, answer, definition, json, quick};

/// `BASIC` and a list at `items` with this `paginate`.
fn listing(paginate: &str) -> String {
    format!(
        "{BASIC}\n[operations.list]\nmethod = 'GET'\npath = '/items'\nrepeat = 'safe'\nrecords = 'items'\n\
         paginate = {{ {paginate} }}\n"
    )
}

async fn ids(shop: &Shop, paginate: &str) -> Result<Vec<i64>, AdapterError> {
    let mut walk = adapter(&shop.url(), &listing(paginate)).list("list", vec![], None);
    let mut ids = Vec::new();
    while let Some(page) = walk.next().await? {
        let records = page.records()?;
        ids.extend(records.iter().map(|record| match record.get("id") {
            Some(Json::Int(id)) => *id,
            other => panic!("no id: {other:?}"),
        }));
    }
    Ok(ids)
}

/// Records 1 to 5, two a page whatever was asked for; past the end the last page again, as Magento does.
fn capped(asked: &Asked) -> String {
    let first = match asked.query("offset") {
        Some(_) => asked.number("offset") + 1,
        None => (asked.number("page").max(1) - 1) * 2 + 1,
    };
    let first = first.min(5);
    let items: Vec<_> = (first..=5).take(2).map(|id| value!({ "id": id })).collect();
    value!({ "items": items, "total_count": 5, "meta": { "pages": "3" } }).to_string()
}

#[tokio::test]
async fn a_total_or_a_last_page_in_the_body_ends_the_list() {
    for paginate in [
        "kind = 'page', param = 'page', size = 2, total = 'total_count'",
        "kind = 'page', param = 'page', size = 100, total = 'total_count'",
        "kind = 'page', param = 'page', size = 100, last_page = 'meta.pages'",
        "kind = 'offset', param = 'offset', size = 100, total = 'total_count'",
    ] {
        let shop = Shop::start(|asked| json(capped(asked))).await;
        assert_eq!(ids(&shop, paginate).await.expect(paginate), [1, 2, 3, 4, 5], "{paginate}");
        assert_eq!(shop.targets().len(), 3, "{paginate}: {:?}", shop.targets());
    }
}

#[tokio::test]
async fn a_total_that_is_not_told_stops_the_walk() {
    let shop = Shop::start(|_| json(r#"{"items": [{"id": 1}], "total_count": null}"#)).await;
    let error = ids(&shop, "kind = 'page', param = 'page', size = 1, total = 'total_count'").await;
    let error = error.expect_err("nobody knows where it ends");
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("`total_count`") && error.message.contains("null"), "{error}");
}

#[tokio::test]
async fn an_offset_may_come_with_the_count() {
    let shop = Shop::start(|asked| {
        let limit = asked.query("limit").unwrap_or_default();
        let items = if limit == "0,2" { value!([{ "id": 1 }, { "id": 2 }]) } else { value!([{ "id": 3 }]) };
        json(value!({ "items": items }).to_string())
    })
    .await;
    let paginate = "kind = 'offset', param = 'limit', value = '{offset},{size}', size = 2";
    assert_eq!(ids(&shop, paginate).await.expect("a list"), [1, 2, 3]);
    assert_eq!(shop.targets(), ["/api/items?limit=0%2C2", "/api/items?limit=2%2C2"]);
}

#[tokio::test]
async fn a_list_may_come_whole() {
    let shop = Shop::start(|_| json(r#"{"items": [{"id": 1}, {"id": 2}]}"#)).await;
    assert_eq!(ids(&shop, "kind = 'whole'").await.expect("a list"), [1, 2]);
    assert_eq!(shop.targets(), ["/api/items"]);
}

/// PHP writes an object without members as an empty list.
#[tokio::test]
async fn an_empty_list_instead_of_an_object_is_an_empty_page() {
    let shop = Shop::start(|_| json("[]")).await;
    assert_eq!(ids(&shop, "kind = 'whole'").await.expect("no records"), [0_i64; 0]);
    let shop = Shop::start(|_| json(r#"{"errors": "maintenance"}"#)).await;
    assert_eq!(ids(&shop, "kind = 'whole'").await.expect_err("no list").class, ErrorClass::Config);
}

#[tokio::test]
async fn a_body_stands_in_what_wraps_it() {
    let shop = Shop::start(|_| json(r#"{"product": {"id": 7}}"#)).await;
    let operation = "[operations.update]\nmethod = 'PUT'\npath = '/products/{id}'\nrepeat = 'idempotent'\n\
                     records = 'product'\nwrap = 'product'\n";
    let adapter = adapter(&shop.url(), &format!("{BASIC}{operation}"));
    adapter.call("update", &[("id", "7")], Some(&value!({ "title": "Tea" }))).await.expect("an answer");
    assert_eq!(shop.asked()[0].body, r#"{"product":{"title":"Tea"}}"#);
}

/// As Stripe takes them.
#[tokio::test]
async fn a_body_may_be_a_form_with_brackets() {
    let shop = Shop::start(|_| json(r#"{"id": "cus_1"}"#)).await;
    let operation = "[operations.create]\nmethod = 'POST'\npath = '/customers'\nrepeat = 'look_up_first'\n\
                     body = { metadata = { source = 'odoo' } }\n";
    let adapter = adapter(&shop.url(), &format!("{BASIC}format = 'form'\n{operation}"));
    let customer = value!({ "email": "a+b@example.com", "address": { "city": "Köln" }, "tags": ["x", "y"] });
    let made = adapter.call("create", &[], Some(&customer)).await.expect("an answer");
    assert_eq!(made.json().expect("JSON").get("id").and_then(Json::as_str), Some("cus_1"));
    let asked = &shop.asked()[0];
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    let mut pairs: Vec<String> = url::form_urlencoded::parse(asked.body.as_bytes())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.sort();
    let expected =
        ["address[city]=Köln", "email=a+b@example.com", "metadata[source]=odoo", "tags[0]=x", "tags[1]=y"];
    assert_eq!(pairs, expected);
}

#[tokio::test]
async fn an_answer_that_is_not_the_xml_it_should_be_is_told_as_what_it_is() {
    for (body, class, part) in [
        ("<shop><items><item><id>1</id>", ErrorClass::Transient, "not XML"),
        ("<!DOCTYPE html><html><title>Down</title></html>", ErrorClass::Config, "\"Down\""),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><shop>&b;</shop>", ErrorClass::Config, "web page"),
        ("<shop><other/></shop>", ErrorClass::Config, "`shop.items.item`"),
    ] {
        let shop = Shop::start(move |_| answer(200, &[("content-type", "text/xml")], body)).await;
        let list = "[operations.list]\nmethod = 'GET'\npath = '/items'\nrepeat = 'safe'\n\
                    records = 'shop.items.item'\npaginate = { kind = 'whole' }\n";
        let adapter = adapter(&shop.url(), &format!("{BASIC}format = 'xml'\n{list}"));
        let page = adapter.list("list", vec![], None).next().await;
        let error =
            page.and_then(|page| page.map(|page| page.records().map(drop)).transpose()).expect_err(body);
        assert_eq!(error.class, class, "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_wait_may_be_told_with_a_fraction() {
    let shop = Shop::start(|_| answer(429, &[("retry-after", "90.5")], "{}")).await;
    let error = ids(&shop, "kind = 'whole'").await.expect_err("throttled");
    assert_eq!(error.retry_after.map(|wait| wait.as_millis()), Some(90_500));
}

/// A definition whose headers and query name settings and secrets.
const NAMED: &str = r#"
[settings.tenant]
type = "text"
title = "Tenant"
[settings.shop_id]
type = "integer"
title = "Shop"
optional = true
[secrets.second]
title = "Second token"
optional = true
[auth]
kind = "basic"
username = "consumer_key"
password = "second"
[http]
base_url = "{store_url}/api"
headers = { Xero-Tenant-Id = "{tenant}", X-Manager-Token = "Token {second}", Accept-Language = "en" }
[operations.get]
method = "GET"
path = "/items/{id}"
repeat = "safe"
query = { id_shop = "{shop_id}", filter = "[{id}]", lang = "en" }
"#;

fn named(url: &str, settings: &[(&str, Scalar)], secrets: &[(&str, &str)]) -> Result<Adapter, AdapterError> {
    let address = [("store_url", Scalar::Text(url.to_owned()))];
    let settings: BTreeMap<String, Scalar> =
        address.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let secrets = [("consumer_key", KEY)].iter().chain(secrets);
    let secrets = secrets.map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))).collect();
    Adapter::new(definition(NAMED), &settings, &secrets, quick())
}

#[tokio::test]
async fn headers_and_query_hold_what_the_backend_gives() {
    let shop = Shop::start(|_| json(r#"{"id": 7}"#)).await;
    let settings = [("tenant", Scalar::Text("acme-1".to_owned())), ("shop_id", Scalar::Integer(3))];
    let adapter = named(&shop.url(), &settings, &[("second", "hidden-9")]).expect("an adapter");
    adapter.get("get", "7").await.expect("a record");
    let asked = shop.asked().remove(0);
    assert_eq!(asked.header("xero-tenant-id"), "acme-1");
    assert_eq!(asked.header("x-manager-token"), "Token hidden-9");
    assert_eq!(asked.header("accept-language"), "en");
    assert_eq!(asked.target, "/api/items/7?filter=%5B7%5D&id_shop=3&lang=en");
}

#[tokio::test]
async fn what_is_optional_and_not_given_is_left_out() {
    let shop = Shop::start(|_| json(r#"{"id": 7}"#)).await;
    let settings = [("tenant", Scalar::Text("acme-1".to_owned()))];
    let adapter = named(&shop.url(), &settings, &[]).expect("an adapter");
    adapter.get("get", "7").await.expect("a record");
    let asked = shop.asked().remove(0);
    assert_eq!(asked.header("x-manager-token"), "");
    assert_eq!(asked.target, "/api/items/7?filter=%5B7%5D&lang=en");
    assert_eq!(asked.header("authorization"), format!("Basic {}", STANDARD.encode(format!("{KEY}:"))));
}

#[test]
fn a_header_without_the_setting_it_needs_is_told() {
    let error = named("https://shop.example", &[], &[]).expect_err("no tenant");
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("`tenant`") && error.message.contains("Xero-Tenant-Id"), "{error}");
}
