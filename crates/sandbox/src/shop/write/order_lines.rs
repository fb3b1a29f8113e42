//! Lines of an order as a client names them: by product, variation or SKU, with or without amounts.

use serde_json::{Value, json};

use super::super::answer::{Refusal, refuse};
use super::super::kind::Kind;
use super::super::money::{read, round};
use super::super::order_json::ItemLabel;
use super::super::state::State;
use super::super::totals::{self, Item};

/// The product or variation that a line names; `None` if there is none of this id or SKU.
type Found = Option<(Kind, u64)>;

/// Refuses lines that name no product at all.
pub(super) fn check(lines: &[Value]) -> Result<(), Refusal> {
    for line in lines.iter().filter(|line| line["id"].is_null()) {
        let named = |field: &str| line[field].as_u64().is_some_and(|id| id > 0);
        let by_sku = line["sku"].as_str().is_some_and(|sku| !sku.is_empty());
        if !named("product_id") && !named("variation_id") && !by_sku {
            return refuse(
                400,
                "woocommerce_rest_required_product_reference",
                "Product ID or SKU is required.",
            );
        }
    }
    Ok(())
}

/// A new line. An unknown product gives a line without name and price, not an error.
pub(super) fn new_line(state: &mut State, line: &Value) -> (ItemLabel, Item) {
    let found = find(state, line);
    let quantity = line["quantity"].as_u64().unwrap_or(1);
    let id = state.new_item_id();
    let (mut label, mut item) = match found {
        Some((kind, product)) => sold(state, kind, product, id, quantity),
        None => nothing(id, quantity),
    };
    if let Some(name) = line["name"].as_str() {
        label.name = name.to_owned();
    }
    if !line["subtotal"].is_null() {
        item.subtotal = read(&line["subtotal"]);
    }
    if !line["total"].is_null() {
        item.total = read(&line["total"]);
    }
    for meta in line["meta_data"].as_array().into_iter().flatten() {
        let shown = display(state, &label, meta);
        label.meta.push(shown);
    }
    for meta in &mut label.meta {
        meta["id"] = state.new_meta_id().into();
    }
    (label, item)
}

fn find(state: &State, line: &Value) -> Found {
    let id = |field: &str| line[field].as_u64().filter(|&id| id > 0);
    if let Some(variation) = id("variation_id") {
        return state.get(Kind::Variation, variation).map(|_| (Kind::Variation, variation));
    }
    if let Some(product) = id("product_id") {
        let kinds = [Kind::Product, Kind::Variation].into_iter();
        return kinds.filter(|kind| state.get(*kind, product).is_some()).map(|kind| (kind, product)).next();
    }
    let sku = line["sku"].as_str().filter(|sku| !sku.is_empty())?;
    [Kind::Product, Kind::Variation].into_iter().find_map(|kind| {
        let held = |id: &u64| state.sku(kind, *id).is_some_and(|held| held == sku);
        state.ids(kind).into_iter().find(held).map(|id| (kind, id))
    })
}

fn nothing(id: u64, quantity: u64) -> (ItemLabel, Item) {
    let label = ItemLabel {
        id,
        name: String::new(),
        product_id: 0,
        variation_id: 0,
        sku: None,
        image: json!({ "id": 0, "src": "" }),
        parent_name: None,
        meta: vec![],
    };
    let item =
        Item { quantity, tax_class: String::new(), taxable: true, subtotal: 0.0, total: 0.0, taxes: vec![] };
    (label, item)
}

fn sold(state: &State, kind: Kind, product: u64, id: u64, quantity: u64) -> (ItemLabel, Item) {
    let Some(record) = state.get(kind, product) else { return nothing(id, quantity) };
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    let parent_id = record["parent_id"].as_u64().unwrap_or(0);
    let parent = if kind == Kind::Variation { state.get(Kind::Product, parent_id) } else { None };
    let parent_name = parent.as_ref().map(|parent| parent["name"].as_str().unwrap_or_default().to_owned());
    let class = match (&parent, &*text("tax_class")) {
        (Some(parent), "" | "parent") => parent["tax_class"].as_str().unwrap_or_default().to_owned(),
        (_, own) => own.to_owned(),
    };
    let settings = &state.settings;
    let unit = record["price"].as_str().and_then(|price| price.parse().ok()).unwrap_or(0.0);
    let subtotal = round(totals::net(unit, quantity, &class, settings.prices_include_tax, settings), 6);
    let label = ItemLabel {
        id,
        name: match &parent_name {
            Some(parent) => format!("{parent} - {}", text("name")),
            None => text("name"),
        },
        product_id: if kind == Kind::Variation { parent_id } else { product },
        variation_id: if kind == Kind::Variation { product } else { 0 },
        sku: Some(text("sku")),
        image: image(kind, &record),
        parent_name,
        meta: attributes(&record),
    };
    let taxable = record["tax_status"] == "taxable";
    (label, Item { quantity, tax_class: class, taxable, subtotal, total: subtotal, taxes: vec![] })
}

/// The id of an image is a text on products and a number on variations.
fn image(kind: Kind, record: &Value) -> Value {
    if kind == Kind::Variation {
        let image = &record["image"];
        return if image.is_null() {
            json!({ "id": 0, "src": "" })
        } else {
            json!({ "id": image["id"], "src": image["src"] })
        };
    }
    match record["images"].get(0) {
        Some(image) => json!({ "id": image["id"].to_string(), "src": image["src"] }),
        None => json!({ "id": "", "src": "" }),
    }
}

/// A variation's attributes: global ones by slug, own ones as they are.
fn attributes(record: &Value) -> Vec<Value> {
    if record["type"] != "variation" {
        return vec![];
    }
    let attributes = record["attributes"].as_array().map(Vec::as_slice).unwrap_or_default();
    attributes
        .iter()
        .map(|attribute| {
            let (slug, option) =
                (attribute["slug"].as_str(), attribute["option"].as_str().unwrap_or_default());
            let global = slug.is_some_and(|slug| slug.starts_with("pa_"));
            let value = if global { option.to_lowercase() } else { option.to_owned() };
            json!({ "id": 0, "key": slug, "value": value, "display_key": attribute["name"],
                "display_value": option.replace('&', "&amp;") })
        })
        .collect()
}

/// A meta entry of a line with its readable form.
fn display(state: &State, label: &ItemLabel, meta: &Value) -> Value {
    let (key, value) = (meta["key"].as_str().unwrap_or_default(), &meta["value"]);
    let parent = state.get(Kind::Product, label.product_id);
    let attribute = parent.as_ref().and_then(|parent| {
        parent["attributes"].as_array()?.iter().find(|attribute| attribute["slug"] == key).cloned()
    });
    let option = attribute.as_ref().and_then(|attribute| {
        let same = |option: &&Value| option.as_str().map(str::to_lowercase).as_deref() == value.as_str();
        attribute["options"].as_array()?.iter().find(same).cloned()
    });
    let name = attribute.map_or_else(|| key.into(), |attribute| attribute["name"].clone());
    json!({ "id": 0, "key": key, "value": value, "display_key": name,
        "display_value": option.unwrap_or_else(|| value.clone()) })
}
