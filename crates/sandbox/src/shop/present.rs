//! Turns a kept record into what the API shows: links, amounts in the shop's decimals, an answer's `_fields`.

use serde_json::{Map, Value, json};

use super::autop;
use super::derive;
use super::kind::Kind;
use super::money::{fixed, number, read, round};
use super::spec::Settings;
use super::state::State;
use super::write::slug;

const API: &str = "/wp-json/wc/v3/";

/// How a record is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// Only these fields; dots reach into objects.
    pub(crate) fields: Option<Vec<String>>,
    /// Decimals of order lines, if not the shop's.
    pub(crate) dp: Option<u32>,
    /// Variations asked for through `/products` have another shape.
    pub(crate) through_products: bool,
    /// Answers to writes show descriptions as they are kept.
    pub(crate) raw: bool,
    /// The global list of refunds names the order.
    pub(crate) with_parent: bool,
}

/// The address of a path below the API root.
pub(crate) fn api_url(settings: &Settings, path: &str) -> String {
    format!("{}{API}{path}", site(settings))
}

/// The shop's address without a slash at the end.
pub(crate) fn site(settings: &Settings) -> &str {
    settings.site_url.as_deref().unwrap_or("http://127.0.0.1")
}

/// The record as the API shows it.
pub(crate) fn present(state: &State, kind: Kind, mut record: Map<String, Value>, view: &View) -> Value {
    let settings = &state.settings;
    match kind {
        Kind::Product => product(&mut record, settings, view),
        Kind::Variation => variation(state, &mut record, view),
        Kind::Order => order(&mut record, settings, view),
        Kind::Refund => refund(&mut record, settings, view),
        Kind::Category | Kind::Customer | Kind::Coupon => links(&mut record, kind, settings, vec![]),
    }
    let mut record = Value::Object(record);
    if let Some(fields) = &view.fields {
        record = select(&record, fields);
    }
    record
}

fn links(record: &mut Map<String, Value>, kind: Kind, settings: &Settings, more: Vec<(&str, String)>) {
    let id = record.get("id").map(Value::to_string).unwrap_or_default();
    let path = kind.path();
    let mut links = json!({
        "self": [{ "href": api_url(settings, &format!("{path}/{id}")) }],
        "collection": [{ "href": api_url(settings, path) }],
    });
    let up = record.get("parent").and_then(Value::as_u64).filter(|&parent| parent > 0);
    if let (Kind::Category, Some(parent)) = (kind, up) {
        links["up"] = json!([{ "href": api_url(settings, &format!("{path}/{parent}")) }]);
    }
    for (name, href) in more {
        links[name] = json!([{ "href": href }]);
    }
    record.insert("_links".into(), links);
}

fn product(record: &mut Map<String, Value>, settings: &Settings, view: &View) {
    for field in ["description", "short_description"].into_iter().filter(|_| !view.raw) {
        if let Some(text) = record.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()) {
            let shown = autop::shown(text);
            record.insert(field.into(), shown.into());
        }
    }
    let slug = record.get("slug").and_then(Value::as_str).unwrap_or_default();
    let public = matches!(record.get("status").and_then(Value::as_str), Some("publish" | "private"));
    let permalink = if public && !slug.is_empty() {
        format!("{}/product/{slug}/", site(settings))
    } else {
        format!("{}/?post_type=product&p={}", site(settings), record.get("id").unwrap_or(&Value::Null))
    };
    record.insert("permalink".into(), permalink.into());
    links(record, Kind::Product, settings, vec![]);
}

/// A variation by itself, or dressed as a product when it was asked for by `/products/<id>`.
fn variation(state: &State, record: &mut Map<String, Value>, view: &View) {
    let settings = &state.settings;
    let id = record.get("id").and_then(Value::as_u64).unwrap_or(0);
    let parent_id = record.get("parent_id").and_then(Value::as_u64).unwrap_or(0);
    let parent = state.get(Kind::Product, parent_id);
    let parent_field =
        |field: &str| parent.as_ref().and_then(|parent| parent[field].as_str()).unwrap_or_default();
    let slug = record.remove("slug").or_else(|| made_slug(record, parent_field("name")));
    if record.get("sku").is_some_and(|sku| sku == "") {
        record.insert("sku".into(), parent_field("sku").into());
    }
    if let (Some(parent), true) = (&parent, record.get("manage_stock").is_some_and(|by| by == "parent")) {
        record.insert("stock_quantity".into(), parent["stock_quantity"].clone());
        record.insert("stock_status".into(), parent["stock_status"].clone());
    }
    let permalink =
        format!("{}/product/{}/{}", site(settings), parent_field("slug"), attribute_query(record));
    record.insert("permalink".into(), permalink.into());
    let path = format!("products/{parent_id}");
    if !view.through_products {
        let own = json!({
            "self": [{ "href": api_url(settings, &format!("{path}/variations/{id}")) }],
            "collection": [{ "href": api_url(settings, &format!("{path}/variations")) }],
            "up": [{ "href": api_url(settings, &path) }],
        });
        record.insert("_links".into(), own);
        return;
    }
    let name = record.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = format!("{} - {name}", parent_field("name"));
    let image = record.remove("image").filter(|image| !image.is_null());
    record.insert("name".into(), name.into());
    record.insert("slug".into(), slug.unwrap_or_default());
    record.insert("images".into(), image.into_iter().collect());
    let mut dressed = super::generate::blank_product();
    dressed.append(record);
    dressed.insert("reviews_allowed".into(), false.into());
    dressed.insert("total_sales".into(), "0".into());
    *record = dressed;
    let mut as_product = record.clone();
    as_product.insert("type".into(), "simple".into());
    derive::product(&mut as_product, &[], settings);
    for field in ["price_html", "has_options", "shipping_required", "shipping_taxable"] {
        record.insert(field.into(), as_product.remove(field).unwrap_or_default());
    }
    links(record, Kind::Product, settings, vec![("up", api_url(settings, &path))]);
}

/// A variation that was put in without slug gets one from its parent's name and its options.
fn made_slug(record: &Map<String, Value>, parent: &str) -> Option<Value> {
    let name = record.get("name").and_then(Value::as_str)?;
    Some(slug::kept(&format!("{parent} {}", name.replace(", ", " "))).into())
}

fn attribute_query(record: &Map<String, Value>) -> String {
    let attributes =
        record.get("attributes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for attribute in attributes {
        let slug = attribute["slug"].as_str().unwrap_or_default().to_lowercase();
        let option = attribute["option"].as_str().unwrap_or_default();
        let value = if slug.starts_with("pa_") { slug::kept(option) } else { option.to_owned() };
        pairs.append_pair(&format!("attribute_{slug}"), &value);
    }
    let pairs = pairs.finish();
    if pairs.is_empty() { pairs } else { format!("?{pairs}") }
}

fn format_field(map: &mut Map<String, Value>, field: &str, decimals: u32) {
    if let Some(amount) = map.get(field).map(read) {
        map.insert(field.into(), fixed(amount, decimals).into());
    }
}

/// Lines: amounts in `dp` decimals (their taxes rounded to the shop's first), and the unit price after discount with
/// all its noise.
fn line(line: &mut Map<String, Value>, shop: u32, dp: u32, with_price: bool) {
    let sum = |side: &str| -> f64 {
        let taxes = line.get("taxes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        taxes.iter().map(|tax| round(read(&tax[side]), shop)).sum()
    };
    let (total_tax, subtotal_tax) = (sum("total"), sum("subtotal"));
    line.insert("total_tax".into(), fixed(total_tax, dp).into());
    if with_price {
        let quantity = line.get("quantity").map_or(1.0, read);
        let price = line.get("total").map_or(0.0, read) / if quantity == 0.0 { 1.0 } else { quantity };
        line.insert("price".into(), number(price));
        line.insert("subtotal_tax".into(), fixed(subtotal_tax, dp).into());
        format_field(line, "subtotal", dp);
    }
    format_field(line, "total", dp);
}

fn all_lines(record: &mut Map<String, Value>, shop: u32, dp: u32) {
    for field in ["line_items", "shipping_lines", "fee_lines"] {
        let lines = record.get_mut(field).and_then(Value::as_array_mut);
        for entry in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
            line(entry, shop, dp, field == "line_items");
        }
    }
    let lines = record.get_mut("tax_lines").and_then(Value::as_array_mut);
    for entry in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        format_field(entry, "tax_total", dp);
        format_field(entry, "shipping_tax_total", dp);
    }
}

fn order(record: &mut Map<String, Value>, settings: &Settings, view: &View) {
    record.remove(super::write::order::COUNTED);
    let (shop, dp) = (settings.decimals, view.dp.unwrap_or(settings.decimals));
    all_lines(record, shop, dp);
    for field in ["discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax"] {
        format_field(record, field, dp);
    }
    // Totals are rounded to the shop's decimals before they are written with those asked for.
    for field in ["total", "total_tax"] {
        let total = round(record.get(field).map_or(0.0, read), shop);
        record.insert(field.into(), fixed(total, dp).into());
    }
    let coupons = record.get_mut("coupon_lines").and_then(Value::as_array_mut);
    for coupon in coupons.into_iter().flatten().filter_map(Value::as_object_mut) {
        for field in ["discount", "discount_tax"] {
            let amount = round(coupon.get(field).map_or(0.0, read), shop);
            coupon.insert(field.into(), super::money::plain(amount).into());
        }
    }
    let refunds = record.get_mut("refunds").and_then(Value::as_array_mut);
    for refund in refunds.into_iter().flatten().filter_map(Value::as_object_mut) {
        format_field(refund, "total", dp);
    }
    let currency = record.get("currency").and_then(Value::as_str).unwrap_or_default();
    let symbol = derive::symbol(currency).1;
    record.insert("currency_symbol".into(), symbol.into());
    let key = record.get("order_key").and_then(Value::as_str).unwrap_or_default();
    let id = record.get("id").and_then(Value::as_u64).unwrap_or(0);
    let pay = format!("{}/checkout/order-pay/{id}/?pay_for_order=true&key={key}", site(settings));
    record.insert("payment_url".into(), pay.into());
    let customer = record.get("customer_id").and_then(Value::as_u64).filter(|&customer| customer > 0);
    let customer = customer.map(|id| ("customer", api_url(settings, &format!("customers/{id}"))));
    links(record, Kind::Order, settings, customer.into_iter().collect());
}

fn refund(record: &mut Map<String, Value>, settings: &Settings, view: &View) {
    let dp = view.dp.unwrap_or(settings.decimals);
    all_lines(record, settings.decimals, dp);
    format_field(record, "amount", settings.decimals);
    let id = record.get("id").and_then(Value::as_u64).unwrap_or(0);
    let parent = if view.with_parent { record.get("parent_id").cloned() } else { record.remove("parent_id") };
    let path = format!("orders/{}", parent.and_then(|parent| parent.as_u64()).unwrap_or(0));
    let links = json!({
        "self": [{ "href": api_url(settings, &format!("{path}/refunds/{id}")) }],
        "collection": [{ "href": api_url(settings, &format!("{path}/refunds")) }],
        "up": [{ "href": api_url(settings, &path) }],
    });
    record.insert("_links".into(), links);
}

/// Keeps the named fields only.
pub(crate) fn select(record: &Value, fields: &[String]) -> Value {
    let mut out = Map::new();
    for field in fields {
        let (name, rest) = field.split_once('.').map_or((&**field, None), |(name, rest)| (name, Some(rest)));
        let Some(value) = record.get(name) else { continue };
        let Some(rest) = rest else {
            out.insert(name.to_owned(), value.clone());
            continue;
        };
        let inner = select(value, &[rest.to_owned()]);
        let slot = out.entry(name.to_owned()).or_insert_with(|| json!({}));
        if let (Value::Object(slot), Value::Object(inner)) = (slot, inner) {
            slot.extend(inner);
        }
    }
    Value::Object(out)
}
