//! What the models do beyond their tables: values they fill in, totals they keep, changes they refuse, buttons.

pub(crate) mod amounts;
pub(crate) mod order;
mod partner;
mod product;
mod stock;

use super::error::{Class, Error, Outcome};
use super::orm::{Env, Input, Vals};
use super::pack::Row;
use super::schema::{FieldId, ModelId};
use super::value::Value;

/// Fills what a new record needs and its creator did not give.
pub(crate) fn complete(env: &mut Env<'_>, model: ModelId, row: &mut Row, given: &[FieldId]) -> Outcome<()> {
    match env.model(model).name {
        "sale.order" => order::complete(env, model, row, given),
        "sale.order.line" => order::complete_line(env, model, row, given),
        "product.product" => product::complete(env, model, row, given),
        "res.partner" => partner::complete(env, model, row, given),
        "product.category" => {
            product::name_category(env, model, row);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Refuses what `load` can not create although `create` can.
pub(crate) fn before_loaded_create(env: &Env<'_>, model: ModelId, vals: &Vals) -> Outcome<()> {
    match env.model(model).name {
        "res.partner" => partner::before_loaded_create(env, model, vals),
        _ => Ok(()),
    }
}

/// Refuses or completes a change of a record.
pub(crate) fn before_write(
    env: &mut Env<'_>,
    model: ModelId,
    id: u32,
    before: &Row,
    row: &mut Row,
    given: &[FieldId],
) -> Outcome<()> {
    match env.model(model).name {
        "sale.order" => {
            order::before_write(env, model, row, given);
            Ok(())
        }
        "sale.order.line" => order::before_line_write(env, model, before, row, given),
        "product.product" => product::before_write(env, model, id, row, given),
        "res.partner" => partner::before_write(env, model, id, row, given),
        "product.category" => {
            product::name_category(env, model, row);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Follows up a change that is in the table.
pub(crate) fn after_change(
    env: &mut Env<'_>,
    model: ModelId,
    id: u32,
    given: &[FieldId],
    new: bool,
) -> Outcome<()> {
    match env.model(model).name {
        "sale.order" => {
            env.stale_orders.insert(id);
            Ok(())
        }
        "sale.order.line" => {
            let order = env.db.get("sale.order.line", id, "order_id").id();
            env.stale_orders.extend(order);
            Ok(())
        }
        "res.partner" => partner::after_change(env, model, id, given, new),
        _ => Ok(()),
    }
}

/// Refuses to delete what has to stay.
pub(crate) fn before_unlink(env: &mut Env<'_>, model: ModelId, id: u32) -> Outcome<()> {
    match env.model(model).name {
        "sale.order" => order::before_unlink(env, id),
        "res.partner" => partner::before_unlink(env, id),
        "sale.order.line" => order::before_line_unlink(env, id),
        _ => Ok(()),
    }
}

/// The value of a field that is not kept in the table.
pub(crate) fn computed(env: &mut Env<'_>, model: ModelId, id: u32, name: &str) -> Value {
    let definition = env.model(model).name;
    let stored = |field: &str| env.db.get(definition, id, field);
    match (definition, name) {
        ("res.partner", "country_code") => {
            let country = stored("country_id").id();
            country.map(|country| env.db.get("res.country", country, "code")).unwrap_or_default()
        }
        ("res.partner", "company_type") => {
            Value::text(if stored("is_company").truthy() { "company" } else { "person" })
        }
        ("res.partner", "property_product_pricelist") => {
            let pricelists = env.schema().known("product.pricelist");
            let first = env.db.table(pricelists).ids().next();
            first.map(Value::link).unwrap_or_default()
        }
        ("product.product", "lst_price") => stored("list_price"),
        ("product.product", "free_qty") => stock::quantity(env, id, true),
        ("product.product", "qty_available") => stock::quantity(env, id, false),
        ("sale.order", "delivery_status") => stock::delivery_status(env, id),
        ("product.product", "currency_id") => env.db.get("res.company", 1, "currency_id"),
        ("res.currency", "decimal_places") => {
            let rounding = stored("rounding").as_float();
            Value::Int(if rounding > 0.0 && rounding < 1.0 {
                (1.0 / rounding).log10().ceil() as i64
            } else {
                0
            })
        }
        ("res.currency", "rate") => Value::Float(1.0),
        ("account.tax", "price_include") => {
            Value::Bool(stored("price_include_override").as_text() == "tax_included")
        }
        ("ir.model.data", "module") => {
            let complete = stored("complete_name");
            Value::text(complete.as_text().split_once('.').map_or("", |(module, _)| module))
        }
        ("ir.model.data", "name") => {
            let complete = stored("complete_name");
            Value::text(complete.as_text().split_once('.').map_or("", |(_, name)| name))
        }
        ("ir.model.data", "reference") => {
            Value::Text(format!("{},{}", stored("model").as_text(), stored("res_id").as_float()))
        }
        ("sale.order.line", _) => order::line_from_order(env, id, name),
        _ => Value::Unset,
    }
}

/// Sets archived or not.
pub(crate) fn set_active(env: &mut Env<'_>, model: ModelId, ids: &[u32], active: bool) -> Outcome<()> {
    let Some(field) = env.model(model).field("active") else {
        let message = format!(
            "The method '{}' does not exist on the model '{}'",
            "action_archive",
            env.model(model).name
        );
        return Err(Error::new(Class::Attribute, message));
    };
    env.write(model, ids, vec![(field, Input::Value(Value::Bool(active)))])
}
