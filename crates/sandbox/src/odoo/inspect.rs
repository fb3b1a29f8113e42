//! What tests look at directly.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::database::Database;
use super::schema::{Kind, ModelId};
use super::value::Value;

pub(crate) fn records(db: &mut Database, model: &str) -> Vec<Map<String, Json>> {
    let Some(model) = db.schema.model(model) else { return Vec::new() };
    let ids: Vec<u32> = db.table(model).ids().collect();
    ids.into_iter().map(|id| record(db, model, id)).collect()
}

fn record(db: &mut Database, model: ModelId, id: u32) -> Map<String, Json> {
    let row = db.row(model, id).unwrap_or_default();
    let schema = std::sync::Arc::clone(&db.schema);
    let mut record = Map::new();
    for (number, field) in schema.models[model].fields.iter().enumerate() {
        let value = match field.kind {
            Kind::One2many(target, inverse) => {
                let target = schema.known(target);
                let inverse = schema.models[target].known(inverse);
                json!(db.with_value(target, inverse, &Value::link(id)))
            }
            _ if !field.stored => continue,
            _ => row[number].to_json(),
        };
        record.insert(field.name.to_owned(), value);
    }
    record.insert("id".to_owned(), json!(id));
    record
}

pub(crate) fn commit_late(db: &mut Database, model: &str, id: u32, values: &[(&str, Json)], began_at: &str) {
    let Some(model) = db.schema.model(model) else { return };
    let definition = std::sync::Arc::clone(&db.schema);
    let definition = &definition.models[model];
    let value = |json: &Json| match json {
        Json::String(text) => Value::text(text.as_str()),
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or(0.0)),
        _ => Value::Unset,
    };
    let mut changes: Vec<(usize, Value)> =
        values.iter().map(|(name, json)| (definition.known(name), value(json))).collect();
    changes.push((definition.known("write_date"), Value::text(began_at)));
    db.set(model, id, &changes);
    // Without a file nothing can fail; with one a test sees what is missing.
    let _ = db.commit();
}

pub(crate) fn xmlids(db: &mut Database) -> BTreeMap<String, (String, u32)> {
    let data = db.schema.known("ir.model.data");
    let model = db.model(data);
    let (complete, of_model, res_id) =
        (model.known("complete_name"), model.known("model"), model.known("res_id"));
    let entry = |id: u32| {
        let xmlid = db.field(data, id, complete).as_text().to_owned();
        let target = db.field(data, id, of_model).as_text().to_owned();
        (xmlid, (target, db.field(data, id, res_id).id().unwrap_or(0)))
    };
    db.table(data)
        .ids()
        .map(entry)
        .filter(|(xmlid, _)| !SEEDED.iter().any(|module| xmlid.starts_with(module)))
        .collect()
}

pub(crate) fn merge(db: &mut Database, model: &str, gone: u32, kept: u32) {
    let Some(model) = db.schema.model(model) else { return };
    let data = db.schema.known("ir.model.data");
    let (of_model, res_id) = (db.model(data).known("model"), db.model(data).known("res_id"));
    let name = db.model(model).name;
    for row in db.with_value(data, res_id, &Value::link(gone)) {
        if db.field(data, row, of_model).as_text() == name {
            db.set(data, row, &[(res_id, Value::link(kept))]);
        }
    }
    db.remove(model, gone);
    // As with `commit_late`.
    let _ = db.commit();
}

/// Modules of the seed's external ids.
const SEEDED: [&str; 5] = ["base.", "uom.", "product.", "sales_team.", "stock."];

/// Models whose records are the work of callers.
const COMPARED: [&str; 9] = [
    "res.partner",
    "res.partner.category",
    "product.category",
    "product.product",
    "product.tag",
    "product.pricelist",
    "account.tax",
    "sale.order",
    "sale.order.line",
];

/// Fields that differ between runs that did the same.
const NOT_COMPARED: [&str; 6] = ["id", "create_date", "write_date", "create_uid", "write_uid", "date_order"];

pub(crate) fn snapshot(db: &mut Database) -> Vec<String> {
    let mut lines = Vec::new();
    for name in COMPARED {
        let Some(model) = db.schema.model(name) else { continue };
        let ids: Vec<u32> = db.table(model).ids().collect();
        lines.extend(ids.into_iter().map(|id| format!("{name} {}", describe(db, model, id, 0))));
    }
    lines.sort_unstable();
    lines
}

/// A record without ids: its external ids, its values, and what its relations point at, named the same way.
fn describe(db: &mut Database, model: ModelId, id: u32, depth: usize) -> String {
    let schema = std::sync::Arc::clone(&db.schema);
    let definition = &schema.models[model];
    let mut parts = vec![format!("xmlids={:?}", xmlids_of(db, model, id))];
    let row = db.row(model, id).unwrap_or_default();
    for (number, field) in definition.fields.iter().enumerate() {
        let numbered = definition.name == "sale.order" && field.name == "name";
        if NOT_COMPARED.contains(&field.name) || numbered || row[number].is_unset() {
            continue;
        }
        let value = match (&field.kind, &row[number]) {
            (Kind::Many2one(_), value) if value.id() == Some(id) && field.name == "commercial_partner_id" => {
                continue;
            }
            (Kind::Many2one(target), value) => related(db, target, value.id().unwrap_or(0), depth),
            (Kind::Many2many(target), Value::Ids(ids)) => {
                let mut names: Vec<String> = ids.iter().map(|id| related(db, target, *id, depth)).collect();
                names.sort_unstable();
                names.join(",")
            }
            (_, value) => value.to_json().to_string(),
        };
        parts.push(format!("{}={value}", field.name));
    }
    parts.join(" ")
}

fn related(db: &mut Database, target: &str, id: u32, depth: usize) -> String {
    let model = db.schema.known(target);
    let known = xmlids_of(db, model, id);
    match known.first() {
        Some(xmlid) => xmlid.clone(),
        None if depth == 0 && COMPARED.contains(&target) => {
            format!("({})", describe(db, model, id, depth + 1))
        }
        None => db.get(target, id, db.model(model).rec_name).as_text().to_owned(),
    }
}

fn xmlids_of(db: &mut Database, model: ModelId, id: u32) -> Vec<String> {
    let data = db.schema.known("ir.model.data");
    let definition = &db.schema.models[data];
    let (complete, of_model, res_id) =
        (definition.known("complete_name"), definition.known("model"), definition.known("res_id"));
    let name = db.model(model).name;
    let rows = db.with_value(data, res_id, &Value::link(id));
    let rows = rows.into_iter().filter(|row| db.field(data, *row, of_model).as_text() == name);
    let mut xmlids: Vec<String> =
        rows.map(|row| db.field(data, row, complete).as_text().to_owned()).collect();
    xmlids.sort_unstable();
    xmlids
}
