//! Compares the sandbox shop with what Odoo shows, record by record.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use odoo_rpc::{Client, SearchOptions};
use pyexpr::Decimal;
use sandbox::shop::{Kind, Shop};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::failure::Failure;
use crate::store::{DeadLetterFilter, DeadLetterState, Store};

/// Whether both sides agree.
#[derive(Debug, Default, Serialize)]
pub(super) struct Comparison {
    /// Records of each entity that the shop has and Odoo should have.
    compared: BTreeMap<&'static str, usize>,
    /// Records in the shop without one in Odoo, refused ones not counted.
    missing: Vec<String>,
    /// Records that Odoo has more than once.
    duplicates: usize,
    /// Orders whose totals differ.
    mismatched_totals: usize,
    /// Paid orders that are not confirmed, cancelled ones that are.
    wrong_states: usize,
}

impl Comparison {
    pub(super) fn agrees(&self) -> bool {
        self.missing.is_empty()
            && self.duplicates == 0
            && self.mismatched_totals == 0
            && self.wrong_states == 0
    }

    pub(super) fn sentences(&self) -> Vec<String> {
        let compared: Vec<String> =
            self.compared.iter().map(|(entity, count)| format!("{count} {entity}")).collect();
        let mut sentences = vec![format!("compared: {}", compared.join(", "))];
        let missing = match self.missing.len() {
            0 => "0".to_owned(),
            count => format!("{count} ({} ...)", self.missing[0]),
        };
        sentences.push(format!(
            "missing in Odoo: {missing}, twice in Odoo: {}, order totals that differ: {}, orders in a wrong state: {}",
            self.duplicates, self.mismatched_totals, self.wrong_states
        ));
        sentences
            .push(if self.agrees() { "Both sides agree." } else { "The two sides do NOT agree." }.to_owned());
        sentences
    }
}

const AT_ONCE: usize = 500;

/// Compares all records of the shop with Odoo.
pub(super) async fn compare(
    shop: &Shop,
    odoo: &Client,
    store: &Store,
    backend: &str,
) -> Result<Comparison, Failure> {
    let odoo = odoo.with_context(Map::from_iter([("active_test".to_owned(), json!(false))]));
    let mut comparison = Comparison::default();
    let kinds = [
        ("category", Kind::Category),
        ("product", Kind::Product),
        ("customer", Kind::Customer),
        ("order", Kind::Order),
    ];
    for (entity, kind) in kinds {
        let refused = refused(store, backend, entity).await?;
        let records: Vec<Value> =
            shop.ids(kind).iter().filter_map(|id| shop.get(kind, *id)).filter(wanted).collect();
        comparison.compared.insert(entity, records.len());
        for chunk in records.chunks(AT_ONCE) {
            compare_chunk(&mut comparison, &odoo, store, backend, entity, chunk, &refused).await?;
        }
    }
    Ok(comparison)
}

/// Drafts of a checkout and trash are not for Odoo.
fn wanted(record: &Value) -> bool {
    !matches!(record["status"].as_str(), Some("checkout-draft" | "auto-draft" | "trash"))
}

async fn refused(store: &Store, backend: &str, entity: &str) -> Result<BTreeSet<String>, Failure> {
    let filter = DeadLetterFilter {
        state: Some(DeadLetterState::Open),
        backend: Some(backend.to_owned()),
        entity: Some(entity.to_owned()),
        limit: u32::MAX >> 1,
        ..DeadLetterFilter::default()
    };
    Ok(store.list_dead_letters(filter).await?.into_iter().map(|letter| letter.external_id).collect())
}

async fn compare_chunk(
    comparison: &mut Comparison,
    odoo: &Client,
    store: &Store,
    backend: &str,
    entity: &str,
    records: &[Value],
    refused: &BTreeSet<String>,
) -> Result<(), Failure> {
    let ids: Vec<String> = records.iter().map(|record| record["id"].to_string()).collect();
    let texts: Vec<&str> = ids.iter().map(String::as_str).collect();
    let bindings = store.bindings(backend, entity, &texts).await?;
    let (model, field) = match entity {
        "category" => ("product.category", "name"),
        "product" => ("product.product", "default_code"),
        "customer" => ("res.partner", "email"),
        _ => ("sale.order", "client_order_ref"),
    };
    let fields: &[&str] = if entity == "order" { &[field, "amount_total", "state"] } else { &[field] };
    let odoo_ids: Vec<i64> = bindings.values().filter_map(|binding| binding.odoo_id).collect();
    let domain = json!([["id", "in", odoo_ids]]);
    let found = odoo.search_read(model, &domain, fields, SearchOptions::default()).await?;
    let shown: HashMap<i64, &Map<String, Value>> =
        found.iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect();
    for (record, id) in records.iter().zip(&ids) {
        let in_odoo = bindings.get(id).and_then(|binding| shown.get(&binding.odoo_id?));
        match in_odoo {
            None if !refused.contains(id) => comparison.missing.push(format!("{entity} {id}")),
            Some(order) if entity == "order" => compare_order(comparison, record, order),
            _ => {}
        }
    }
    if entity != "category" {
        comparison.duplicates += duplicates(odoo, model, field, &found).await?;
    }
    Ok(())
}

fn compare_order(comparison: &mut Comparison, record: &Value, order: &Map<String, Value>) {
    let total = record["total"].as_str().and_then(|text| Decimal::parse(text).ok());
    let shown = order["amount_total"].as_f64().and_then(|float| Decimal::from_json_number(float).ok());
    comparison.mismatched_totals += usize::from(total.is_none() || total != shown);
    let state = order["state"].as_str().unwrap_or_default();
    let right = match record["status"].as_str().unwrap_or_default() {
        "processing" | "completed" => matches!(state, "sale" | "done"),
        "cancelled" | "refunded" => state == "cancel",
        _ => !matches!(state, "cancel"),
    };
    comparison.wrong_states += usize::from(!right);
}

/// How many records beyond the first Odoo has for each value of `field`.
async fn duplicates(
    odoo: &Client,
    model: &str,
    field: &str,
    found: &[Map<String, Value>],
) -> Result<usize, Failure> {
    let values: BTreeSet<&str> = found
        .iter()
        .filter_map(|record| record.get(field)?.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    if values.is_empty() {
        return Ok(0);
    }
    let count = odoo.search_count(model, &json!([[field, "in", values]])).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(values.len()))
}
