//! Compares Odoo with the shop's own records, without the program under test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use linkspan::store::{DeadLetterState, Store};
use sandbox::shop::{Kind, Shop};
use serde_json::{Map, Value};

use super::kept;
use super::world::World;

type Record = Map<String, Value>;

/// The models that are compared.
pub(crate) const MODELS: [&str; 4] = ["product.category", "product.product", "res.partner", "sale.order"];

/// The record in `json!({...})`.
pub(crate) fn record(values: Value) -> Record {
    match values {
        Value::Object(record) => record,
        other => panic!("{other} is no record"),
    }
}

/// Everything that is wrong; empty when each wanted record of the shop is in Odoo once and says the same, or is a
/// dead letter.
pub(crate) async fn disagreements(world: &World) -> Vec<String> {
    let odoo = MODELS.map(|model| (model, world.odoo.records(model)));
    compare(&world.store().await, world.shop.shop(), odoo.into()).await
}

/// The same for all records of any Odoo, by model.
pub(crate) async fn compare(
    store: &Store,
    shop: &Shop,
    mut odoo: BTreeMap<&str, Vec<Record>>,
) -> Vec<String> {
    let bindings = kept::bindings(store).await;
    let refused: BTreeSet<(String, String)> = kept::dead_letters(store)
        .await
        .into_iter()
        .filter(|letter| letter.state == DeadLetterState::Open)
        .map(|letter| (letter.entity, letter.external_id))
        .collect();
    let mut wrong = Vec::new();
    for (entity, kind, model) in [
        ("category", Kind::Category, "product.category"),
        ("product", Kind::Product, "product.product"),
        ("customer", Kind::Customer, "res.partner"),
        ("order", Kind::Order, "sale.order"),
    ] {
        let records: HashMap<i64, Record> =
            odoo.remove(model).unwrap().into_iter().map(|r| (r["id"].as_i64().unwrap(), r)).collect();
        let bound: BTreeMap<&str, i64> = bindings
            .iter()
            .filter(|binding| binding.entity == entity)
            .filter_map(|binding| Some((binding.external_id.as_str(), binding.odoo_id?)))
            .collect();
        let wanted = shop.ids(kind).into_iter().filter_map(|id| shop.get(kind, id)).filter(is_wanted);
        for record in wanted {
            let id = record["id"].to_string();
            match bound.get(id.as_str()).map(|odoo_id| records.get(odoo_id)) {
                Some(Some(_)) | None if refused.contains(&(entity.to_owned(), id.clone())) => {}
                Some(Some(shown)) => {
                    wrong.extend(differences(entity, &record, shown).map(|d| format!("{entity} {id}: {d}")));
                }
                Some(None) => {
                    wrong.push(format!("{entity} {id} is linked to a record that Odoo does not have"))
                }
                None => wrong.push(format!("{entity} {id} is neither in Odoo nor a dead letter")),
            }
        }
        wrong.extend(twice(entity, &records));
    }
    wrong
}

fn is_wanted(record: &Value) -> bool {
    !matches!(record["status"].as_str(), Some("checkout-draft" | "auto-draft" | "trash"))
}

/// What Odoo shows otherwise than the shop, in the fields that need no rounding or rewriting to be compared.
fn differences(entity: &str, shop: &Value, odoo: &Record) -> impl Iterator<Item = String> {
    let pairs: Vec<(&str, String, String)> = match entity {
        "category" => vec![("name", plain(&shop["name"]), text(&odoo["name"]))],
        "product" => vec![
            ("name", plain(&shop["name"]), text(&odoo["name"])),
            ("sku", text(&shop["sku"]), text(&odoo["default_code"])),
            ("price", cents(first_of(&shop["regular_price"], &shop["price"])), cents(&odoo["list_price"])),
        ],
        "customer" => vec![
            ("email", text(&shop["email"]), text(&odoo["email"])),
            ("phone", text(&shop["billing"]["phone"]), text(&odoo["phone"])),
        ],
        "order" => vec![
            ("number", text(&shop["number"]), text(&odoo["client_order_ref"])),
            ("total", cents(&shop["total"]), cents(&odoo["amount_total"])),
            (
                "state",
                state(&text(&shop["status"])).to_owned(),
                shown_state(&text(&odoo["state"])).to_owned(),
            ),
        ],
        _ => Vec::new(),
    };
    pairs
        .into_iter()
        .filter(|(_, shop, odoo)| shop.trim() != odoo.trim())
        .map(|(field, shop, odoo)| format!("{field} is {shop:?} in the shop and {odoo:?} in Odoo"))
}

/// An empty field is `false` in Odoo.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text of the shop without the HTML that the sandbox writes into some.
fn plain(value: &Value) -> String {
    let text = text(value).replace("<b>", "").replace("</b>", "");
    html_escape::decode_html_entities(&text).into_owned()
}

fn first_of<'v>(first: &'v Value, second: &'v Value) -> &'v Value {
    if text(first).is_empty() { second } else { first }
}

/// An amount with two decimals, whether text or number.
fn cents(value: &Value) -> String {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    format!("{:.2}", number.unwrap_or(0.0))
}

fn state(status: &str) -> &'static str {
    match status {
        "processing" | "completed" => "confirmed",
        "cancelled" | "refunded" => "cancelled",
        _ => "open",
    }
}

fn shown_state(state: &str) -> &'static str {
    match state {
        "sale" | "done" => "confirmed",
        "cancel" => "cancelled",
        _ => "open",
    }
}

/// Values that stand in two records and must not.
fn twice(entity: &str, records: &HashMap<i64, Record>) -> Vec<String> {
    let field = match entity {
        "product" => "default_code",
        "order" => "client_order_ref",
        _ => return Vec::new(),
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    records.values().for_each(|record| *seen.entry(text(&record[field])).or_default() += 1);
    seen.into_iter()
        .filter(|(value, count)| !value.is_empty() && *count > 1)
        .map(|(value, count)| format!("{entity}: {count} records with {field} {value}"))
        .collect()
}
