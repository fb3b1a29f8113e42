//! Quantities of products and the delivery state of orders.

use crate::odoo::orm::Env;
use crate::odoo::value::Value;

/// What is on hand, or free of reservations, in the location of the context and everything below it.
pub(super) fn quantity(env: &mut Env<'_>, product: u32, is_free: bool) -> Value {
    let quants = env.schema().known("stock.quant");
    let field = env.model(quants).known("product_id");
    let mut total = 0.0;
    for quant in env.db.with_value(quants, field, &Value::link(product)) {
        let of_quant = |name: &str| env.db.get("stock.quant", quant, name);
        if !is_within(env, of_quant("location_id").id(), env.context.location) {
            continue;
        }
        let reserved = if is_free { of_quant("reserved_quantity").as_float() } else { 0.0 };
        total += of_quant("quantity").as_float() - reserved;
    }
    Value::Float(total)
}

fn is_within(env: &Env<'_>, location: Option<u32>, wanted: Option<u32>) -> bool {
    let Some(wanted) = wanted else { return true };
    let mut here = location;
    while let Some(id) = here {
        if id == wanted {
            return true;
        }
        here = env.db.get("stock.location", id, "location_id").id();
    }
    false
}

/// As its transfers are: all done is delivered.
pub(super) fn delivery_status(env: &mut Env<'_>, order: u32) -> Value {
    let transfers = env.schema().known("stock.picking");
    let field = env.model(transfers).known("sale_id");
    let ids = env.db.with_value(transfers, field, &Value::link(order));
    let states = ids.iter().map(|id| env.db.get("stock.picking", *id, "state"));
    let states: Vec<Value> = states.filter(|state| state.as_text() != "cancel").collect();
    let done = states.iter().filter(|state| state.as_text() == "done").count();
    match (states.len(), done) {
        (0, _) => Value::Unset,
        (all, done) if all == done => Value::text("full"),
        (_, 0) => Value::text("pending"),
        _ => Value::text("started"),
    }
}
