//! Products and variations.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal, refuse};
use super::super::dates;
use super::super::derive;
use super::super::generate::{blank_product, blank_variation};
use super::super::kind::Kind;
use super::super::money::read;
use super::super::present::site;
use super::super::spec::Settings;
use super::super::state::State;
use super::fields::{check_types, clean_name, clean_price, put_meta, wrong_type};
use super::{Fields, slug};

const TEXTS: [&str; 14] = [
    "name",
    "slug",
    "type",
    "status",
    "description",
    "short_description",
    "sku",
    "regular_price",
    "sale_price",
    "tax_status",
    "tax_class",
    "weight",
    "backorders",
    "catalog_visibility",
];
const INTEGERS: [&str; 4] = ["stock_quantity", "low_stock_amount", "menu_order", "parent_id"];
/// Fields that are kept as they are sent.
const PLAIN: [&str; 23] = [
    "type",
    "status",
    "description",
    "short_description",
    "sku",
    "tax_status",
    "tax_class",
    "weight",
    "backorders",
    "catalog_visibility",
    "featured",
    "virtual",
    "downloadable",
    "sold_individually",
    "reviews_allowed",
    "purchase_note",
    "external_url",
    "button_text",
    "grouped_products",
    "low_stock_amount",
    "menu_order",
    "upsell_ids",
    "cross_sell_ids",
];

/// Creates a product; nothing is required, not even a name.
pub(crate) fn create(state: &mut State, body: &Fields) -> Result<u64, Refusal> {
    check(state, body, None)?;
    let id = state.new_id(Kind::Product);
    let mut record = blank_product();
    record.insert("id".into(), id.into());
    record.insert("categories".into(), json!([category(state, 15)]));
    let now = state.now();
    dates::stamp(&mut record, "date_created", Some(now), state.settings.utc_offset_secs);
    fill(state, &mut record, body);
    let name = record["name"].as_str().unwrap_or_default().to_owned();
    let own =
        if record["status"] == "publish" { free_slug(state, &slug::kept(&name)) } else { String::new() };
    record.insert("slug".into(), own.into());
    finish(state, Kind::Product, id, record);
    Ok(id)
}

/// Creates a variation of `parent`.
pub(super) fn create_variation(state: &mut State, parent: u64, body: &Fields) -> Result<u64, Refusal> {
    check(state, body, None)?;
    let id = state.new_id(Kind::Variation);
    let mut record = blank_variation();
    record.insert("id".into(), id.into());
    record.insert("parent_id".into(), parent.into());
    let now = state.now();
    dates::stamp(&mut record, "date_created", Some(now), state.settings.utc_offset_secs);
    fill(state, &mut record, body);
    finish(state, Kind::Variation, id, record);
    Ok(id)
}

/// Changes the fields that the body names.
pub(crate) fn update(state: &mut State, kind: Kind, id: u64, body: &Fields) -> Result<(), Refusal> {
    check(state, body, Some(id))?;
    let Some(mut record) = state.take(kind, id) else { return Ok(()) };
    let was_trashed = record.get("status").is_some_and(|status| status == "trash");
    fill(state, &mut record, body);
    if was_trashed && record["status"] != "trash" {
        let slug = record["slug"].as_str().unwrap_or_default().trim_end_matches("__trashed").to_owned();
        record.insert("slug".into(), slug.into());
        if let Some(meta) = record.get_mut("meta_data").and_then(Value::as_array_mut) {
            meta.retain(|entry| entry["key"] != "_wp_desired_post_slug");
        }
    }
    finish(state, kind, id, record);
    Ok(())
}

/// Whether a field has the type that the API asks for.
pub(super) fn has_right_type(name: &str, value: &Value) -> bool {
    wrong_type(name, value, &TEXTS, &INTEGERS).is_none()
}

fn check(state: &State, body: &Fields, own: Option<u64>) -> Result<(), Refusal> {
    check_types(body, &TEXTS, &INTEGERS)?;
    let Some(sku) = body.get("sku").and_then(Value::as_str).filter(|sku| !sku.is_empty()) else {
        return Ok(());
    };
    let mut holder = None;
    for kind in [Kind::Product, Kind::Variation] {
        let held = |id: &u64| Some(*id) != own && state.sku(kind, *id).is_some_and(|held| held == sku);
        holder = holder.or_else(|| state.ids(kind).into_iter().find(held));
    }
    let Some(holder) = holder else { return Ok(()) };
    if state.head(Kind::Product, holder).is_some_and(|head| head.status == "trash") {
        let message = format!("The SKU ({sku}) you are trying to insert is already under processing");
        return refuse(400, "woocommerce_rest_product_not_created", &message);
    }
    let data = json!({ "status": 400, "resource_id": holder, "unique_sku": format!("{sku}-1") });
    let body =
        json!({ "code": "product_invalid_sku", "message": "Invalid or duplicated SKU.", "data": data });
    Err(Box::new(Answer::json(400, &body)))
}

fn fill(state: &mut State, record: &mut Fields, body: &Fields) {
    for name in PLAIN {
        if let Some(value) = body.get(name) {
            record.insert(name.into(), value.clone());
        }
    }
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        record.insert("name".into(), clean_name(name).into());
    }
    for price in ["regular_price", "sale_price"] {
        if let Some(text) = body.get(price).and_then(Value::as_str) {
            record.insert(price.into(), clean_price(text).into());
        }
    }
    for (from, block) in [("dimensions", "dimensions")] {
        if let (Some(Value::Object(given)), Some(Value::Object(own))) =
            (body.get(from), record.get_mut(block))
        {
            own.extend(given.clone());
        }
    }
    for field in ["date_on_sale_from", "date_on_sale_to"] {
        let moment = body.get(field).and_then(Value::as_str).and_then(dates::moment);
        if let Some(moment) = moment {
            let offset = state.settings.utc_offset_secs;
            dates::stamp(record, field, Some(moment - offset), offset);
        }
    }
    fill_stock(record, body);
    if let Some(given) = body.get("categories").and_then(Value::as_array) {
        let categories = given.iter().filter_map(|entry| entry["id"].as_u64()).map(|id| category(state, id));
        record.insert("categories".into(), categories.collect());
    }
    if record.get("type").is_some_and(|kind| kind == "variation") {
        fill_variation(state, record, body);
    } else if let Some(given) = body.get("attributes").and_then(Value::as_array) {
        let attributes = given.iter().map(product_attribute);
        record.insert("attributes".into(), attributes.collect());
    }
    put_meta(state, record, body);
}

/// A quantity is kept only while stock is managed.
fn fill_stock(record: &mut Fields, body: &Fields) {
    if let Some(manage) = body.get("manage_stock") {
        record.insert("manage_stock".into(), manage.clone());
    }
    let managed = record.get("manage_stock") == Some(&Value::Bool(true));
    if let Some(quantity) = body.get("stock_quantity").filter(|_| managed) {
        record.insert("stock_quantity".into(), json!(read(quantity) as i64));
    }
    if let Some(status) = body.get("stock_status").filter(|_| !managed) {
        record.insert("stock_status".into(), status.clone());
    }
}

fn product_attribute(given: &Value) -> Value {
    let name = given["name"].as_str().unwrap_or_default();
    json!({
        "id": given["id"].as_u64().unwrap_or(0), "name": name, "slug": name, "position": 0,
        "visible": given["visible"] == true, "variation": given["variation"] == true,
        "options": given["options"],
    })
}

/// A variation takes names of attributes, and stock that it does not manage itself, from its parent.
fn fill_variation(state: &State, record: &mut Fields, body: &Fields) {
    let parent = record.get("parent_id").and_then(Value::as_u64).unwrap_or(0);
    let Some(parent) = state.get(Kind::Product, parent) else { return };
    if let Some(given) = body.get("attributes").and_then(Value::as_array) {
        let known = parent["attributes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut attributes = Vec::new();
        for attribute in known {
            let same = |given: &&Value| match given["id"].as_u64() {
                Some(id) if id > 0 => attribute["id"] == id,
                _ => given["name"] == attribute["name"],
            };
            if let Some(given) = given.iter().find(same) {
                let slug = attribute["slug"].as_str().unwrap_or_default().to_lowercase();
                attributes.push(json!({ "id": attribute["id"], "name": attribute["name"], "slug": slug,
                    "option": given["option"] }));
            }
        }
        let options: Vec<&str> = attributes.iter().filter_map(|entry| entry["option"].as_str()).collect();
        record.insert("name".into(), options.join(", ").into());
        let title = format!("{} {}", parent["name"].as_str().unwrap_or_default(), options.join(" "));
        record.insert("slug".into(), slug::kept(&title).into());
        record.insert("attributes".into(), attributes.into());
    }
    let own_stock = record.get("manage_stock") == Some(&Value::Bool(true));
    if !own_stock && parent["manage_stock"] == true {
        record.insert("manage_stock".into(), "parent".into());
        record.insert("stock_quantity".into(), parent["stock_quantity"].clone());
    }
}

/// Computes what follows, stamps the change and keeps the record; a variation's parent changes with it.
fn finish(state: &mut State, kind: Kind, id: u64, mut record: Fields) {
    let now = state.now();
    let prices = children_prices(state, id, &mut record);
    derive::product(&mut record, &prices, &state.settings);
    dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    let parent = record.get("parent_id").and_then(Value::as_u64).unwrap_or(0);
    state.put(kind, id, record);
    if kind == Kind::Variation
        && let Some(record) = state.take(Kind::Product, parent)
    {
        finish(state, Kind::Product, parent, record);
    }
}

/// Keeps a product or variation after its stock changed by an order.
pub(super) fn put_sold(state: &mut State, kind: Kind, id: u64, mut record: Fields, now: i64) {
    let parent = record.get("parent_id").and_then(Value::as_u64).unwrap_or(0);
    let prices = children_prices(state, id, &mut record);
    derive::product(&mut record, &prices, &state.settings);
    dates::stamp(&mut record, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(kind, id, record);
    if kind == Kind::Variation
        && let Some(record) = state.take(Kind::Product, parent)
    {
        put_sold(state, Kind::Product, parent, record, now);
    }
}

/// Prices of variations or of grouped products; a variable product also takes over what its variations have.
fn children_prices(state: &State, id: u64, record: &mut Fields) -> Vec<String> {
    if record["type"] == "grouped" {
        let children =
            record.get("grouped_products").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let ids = children.iter().filter_map(Value::as_u64);
        return ids.filter_map(|id| price_of(state, Kind::Product, id)).collect();
    }
    if record["type"] != "variable" {
        return vec![];
    }
    let variations = variations_of(state, id);
    let field = |id: &u64, field: &str| state.get(Kind::Variation, *id).map(|record| record[field].clone());
    let in_stock =
        variations.iter().any(|id| field(id, "stock_status").is_some_and(|status| status != "outofstock"));
    let on_sale = variations.iter().any(|id| field(id, "on_sale").is_some_and(|on_sale| on_sale == true));
    if record.get("manage_stock") != Some(&Value::Bool(true)) {
        record.insert("stock_status".into(), if in_stock { "instock" } else { "outofstock" }.into());
    }
    record.insert("on_sale".into(), on_sale.into());
    let prices = variations.iter().filter_map(|id| price_of(state, Kind::Variation, *id)).collect();
    record.insert("variations".into(), variations.into());
    prices
}

fn price_of(state: &State, kind: Kind, id: u64) -> Option<String> {
    Some(state.get(kind, id)?["price"].as_str()?.to_owned())
}

/// Ids of a product's variations.
pub(super) fn variations_of(state: &State, parent: u64) -> Vec<u64> {
    let belongs =
        |id: &u64| state.get(Kind::Variation, *id).is_some_and(|record| record["parent_id"] == parent);
    state.ids(Kind::Variation).into_iter().filter(belongs).collect()
}

fn category(state: &State, id: u64) -> Value {
    let record = state.get(Kind::Category, id);
    let field = |name: &str| record.as_ref().map(|record| record[name].clone()).unwrap_or_default();
    json!({ "id": id, "name": field("name"), "slug": field("slug") })
}

fn free_slug(state: &State, wanted: &str) -> String {
    // Generated products are slugged by id, so only written ones can hold a slug made of a name.
    let taken = |slug: &str| {
        let newest = state.ids(Kind::Product).into_iter().rev().take(200);
        newest.into_iter().any(|id| state.get(Kind::Product, id).is_some_and(|record| record["slug"] == slug))
    };
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (2..).map(|number| format!("{wanted}-{number}")).find(|slug| !taken(slug)).unwrap_or_default()
}

/// Answers to writes show a product as the editor sees it.
pub(super) fn dress_written(record: &mut Fields, settings: &Settings) {
    let name = record.get("name").and_then(Value::as_str).unwrap_or_default();
    let generated = slug::readable(name);
    record.insert("generated_slug".into(), generated.into());
    let template = format!("{}/product/%pagename%/", site(settings));
    record.insert("permalink_template".into(), template.into());
    record.insert("average_rating".into(), "0".into());
}
