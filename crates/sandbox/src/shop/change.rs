//! Edits as a shop's day brings them: deterministic, so that a test knows what to expect.

use serde_json::{Value, json};

use super::dice::Dice;
use super::kind::Kind;
use super::money::read;
use super::state::State;
use super::write::{Fields, customer, order, product};

const SALT: u64 = 9;

/// How many records of each kind to touch, and which way the dice fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeSpec {
    /// Another seed picks other records.
    pub seed: u64,
    /// Products to change (price, name, stock); one more is created.
    pub products: usize,
    /// Customers to change (name, phone); one more is created.
    pub customers: usize,
    /// Orders to change (status, lines, address); one more is created.
    pub orders: usize,
}

/// What [`super::Shop::change`] did, as ids. No id is in two of a kind's lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Products whose fields changed.
    pub products: Vec<u64>,
    /// Customers whose fields changed.
    pub customers: Vec<u64>,
    /// Orders whose status, lines or address changed.
    pub orders: Vec<u64>,
    /// New records.
    pub created: Vec<(Kind, u64)>,
    /// Records that changed as a consequence: stock and sales of products, customers who paid.
    pub also: Vec<(Kind, u64)>,
}

/// Edits the shop; every touched record gets a new `date_modified`.
pub(crate) fn change(state: &mut State, spec: &ChangeSpec) -> Changed {
    let mut changed = Changed::default();
    state.watch();
    for id in pick(state, Kind::Product, spec.products, spec.seed) {
        let body = product_edit(state, id, &mut Dice::new(spec.seed, SALT, id));
        if product::update(state, Kind::Product, id, &body).is_ok() {
            changed.products.push(id);
        }
    }
    for id in pick(state, Kind::Customer, spec.customers, spec.seed) {
        let mut dice = Dice::new(spec.seed, SALT + 1, id);
        let phone = format!("+9665{:08}", dice.below(100_000_000));
        let body = fields(
            json!({ "last_name": format!("Renamed {}", dice.below(1000)), "billing": { "phone": phone } }),
        );
        if customer::update(state, id, &body).is_ok() {
            changed.customers.push(id);
        }
    }
    for (at, id) in pick(state, Kind::Order, spec.orders, spec.seed).into_iter().enumerate() {
        let body = order_edit(state, id, at, &mut Dice::new(spec.seed, SALT + 2, id));
        if order::update(state, id, &body).is_ok() {
            changed.orders.push(id);
        }
    }
    create(state, spec, &mut changed);
    let named = |kind: Kind, ids: &[u64]| ids.iter().map(move |id| (kind, *id)).collect::<Vec<_>>();
    let mut known = named(Kind::Product, &changed.products);
    known.extend(named(Kind::Customer, &changed.customers));
    known.extend(named(Kind::Order, &changed.orders));
    known.extend(&changed.created);
    changed.also = state.watch().into_iter().filter(|touched| !known.contains(touched)).collect();
    changed
}

/// So many different ids, spread over the shop; the administrator is left alone.
fn pick(state: &State, kind: Kind, count: usize, seed: u64) -> Vec<u64> {
    let mut ids: Vec<u64> =
        state.ids(kind).into_iter().filter(|&id| kind != Kind::Customer || id > 1).collect();
    ids.sort_by_key(|&id| Dice::new(seed, SALT + 3, id).next());
    ids.truncate(count);
    ids.sort_unstable();
    ids
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

fn product_edit(state: &State, id: u64, dice: &mut Dice) -> Fields {
    let record = state.get(Kind::Product, id);
    let name = record.as_ref().and_then(|record| record["name"].as_str()).unwrap_or("Product").to_owned();
    let variable = record.is_some_and(|record| record["type"] == "variable" || record["type"] == "grouped");
    let price = format!("{}.{:02}", 1 + dice.below(900), dice.below(100));
    fields(match dice.below(3) {
        0 => json!({ "name": format!("{name} (new)") }),
        1 if !variable => json!({ "regular_price": price, "sale_price": "" }),
        _ => json!({ "name": format!("{name} II"), "weight": format!("{}.5", dice.below(30)) }),
    })
}

/// In turn: the next status, one more line, one line less, another address.
fn order_edit(state: &State, id: u64, at: usize, dice: &mut Dice) -> Fields {
    let Some(record) = state.get(Kind::Order, id) else { return Fields::new() };
    let next = match record["status"].as_str() {
        Some("pending" | "checkout-draft" | "failed") => Some("processing"),
        Some("on-hold") => Some("processing"),
        Some("processing") => Some("completed"),
        _ => None,
    };
    let lines = record["line_items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let address = json!({ "billing": { "address_2": format!("Floor {}", 1 + dice.below(40)) } });
    fields(match (at % 4, next) {
        (0, Some(status)) => json!({ "status": status }),
        (1, _) => match some_product(state, dice) {
            Some(product) => {
                json!({ "line_items": [{ "product_id": product, "quantity": 1 + dice.below(3) }] })
            }
            None => address,
        },
        (2, _) if lines.len() > 1 => {
            json!({ "line_items": [{ "id": lines[0]["id"], "quantity": 0 }] })
        }
        _ => address,
    })
}

/// A product with a price, if there is one among a few tries.
fn some_product(state: &State, dice: &mut Dice) -> Option<u64> {
    let ids = state.ids(Kind::Product);
    if ids.is_empty() {
        return None;
    }
    (0..20).map(|_| *dice.pick(&ids)).find(|&id| {
        let record = state.get(Kind::Product, id);
        record.is_some_and(|record| record["type"] == "simple" && read(&record["price"]) > 0.0)
    })
}

fn create(state: &mut State, spec: &ChangeSpec, changed: &mut Changed) {
    let mut dice = Dice::new(spec.seed, SALT + 4, 0);
    let number = dice.below(1_000_000);
    if spec.products > 0 {
        let body =
            fields(json!({ "name": format!("New arrival {number}"), "sku": format!("NEW-{number:06}"),
            "regular_price": "49.90" }));
        let made = product::create(state, &body).ok();
        changed.created.extend(made.map(|id| (Kind::Product, id)));
    }
    let mut buyer = 0;
    if spec.customers > 0 {
        let body = fields(json!({ "email": format!("new.{number}@mail.example"), "first_name": "Nora",
            "last_name": "Said", "billing": { "first_name": "Nora", "last_name": "Said", "city": "Riyadh",
            "country": "SA", "email": format!("new.{number}@mail.example") } }));
        if let Ok(id) = customer::create(state, &body) {
            buyer = id;
            changed.created.push((Kind::Customer, id));
        }
    }
    if spec.orders > 0 {
        let products: Vec<u64> = (0..2).filter_map(|_| some_product(state, &mut dice)).collect();
        let lines: Vec<Value> =
            products.iter().map(|id| json!({ "product_id": id, "quantity": 2 })).collect();
        let body = fields(json!({ "status": "processing", "customer_id": buyer, "payment_method": "bacs",
            "billing": { "first_name": "Nora", "last_name": "Said", "city": "Riyadh", "country": "SA",
            "email": format!("new.{number}@mail.example") }, "line_items": lines }));
        changed.created.extend(order::create(state, &body).ok().map(|id| (Kind::Order, id)));
    }
}
