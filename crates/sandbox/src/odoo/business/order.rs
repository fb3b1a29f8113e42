//! Sales orders: what they take from the customer and the products, their totals, their states.

use serde_json::{Value as Json, json};

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::orm::{Env, Input};
use crate::odoo::pack::Row;
use crate::odoo::schema::{FieldId, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::Value;

pub(super) fn complete(env: &mut Env<'_>, model: ModelId, row: &mut Row, given: &[FieldId]) -> Outcome<()> {
    let definition = env.model(model);
    let field = |name: &str| definition.known(name);
    let (name, partner) = (field("name"), field("partner_id"));
    let (invoice, shipping) = (field("partner_invoice_id"), field("partner_shipping_id"));
    let (pricelist, team) = (field("pricelist_id"), field("team_id"));
    if !given.contains(&name) || row[name].as_text() == "New" {
        env.db.last_order_number += 1;
        row[name] = Value::Text(format!("S{:05}", env.db.last_order_number));
    }
    for (field, kind) in [(invoice, "invoice"), (shipping, "delivery")] {
        if !given.contains(&field) {
            row[field] = address(env, row[partner].id(), kind);
        }
    }
    if !given.contains(&pricelist) {
        row[pricelist] = default_pricelist(env);
    }
    take_currency(env, model, row);
    if !given.contains(&team) {
        let teams = env.schema().known("crm.team");
        row[team] = env.db.table(teams).ids().next().map(Value::link).unwrap_or_default();
    }
    Ok(())
}

/// The first pricelist; from 19.0 on only who has the feature switched on gets one by default.
fn default_pricelist(env: &Env<'_>) -> Value {
    if env.series() >= Series::V19 {
        return Value::Unset;
    }
    let pricelists = env.db.table(env.schema().known("product.pricelist"));
    let place = |id: &u32| env.db.get("product.pricelist", *id, "sequence").as_float();
    let first = pricelists.ids().min_by(|left, right| place(left).total_cmp(&place(right)));
    first.map(Value::link).unwrap_or_default()
}

/// Whoever writes the customer, the same one too, gets the customer's pricelist; from 17.0 on of a quotation only.
pub(super) fn before_write(env: &Env<'_>, model: ModelId, row: &mut Row, given: &[FieldId]) {
    let definition = env.model(model);
    let (partner, pricelist) = (definition.known("partner_id"), definition.known("pricelist_id"));
    let is_open = env.series() == Series::V16 || row[definition.known("state")].as_text() == "draft";
    if given.contains(&partner) && !given.contains(&pricelist) && is_open {
        row[pricelist] = default_pricelist(env);
    }
    take_currency(env, model, row);
}

/// An order's currency is that of its pricelist, or the company's; what is written there is overwritten.
fn take_currency(env: &Env<'_>, model: ModelId, row: &mut Row) {
    let definition = env.model(model);
    let (pricelist, currency) = (definition.known("pricelist_id"), definition.known("currency_id"));
    let of_pricelist = row[pricelist].id().map(|id| env.db.get("product.pricelist", id, "currency_id"));
    row[currency] =
        of_pricelist.filter(Value::truthy).unwrap_or_else(|| env.db.get("res.company", 1, "currency_id"));
}

/// The customer's own address of a kind, or the customer.
fn address(env: &mut Env<'_>, partner: Option<u32>, kind: &str) -> Value {
    let Some(partner) = partner else { return Value::Unset };
    let model = env.schema().known("res.partner");
    let parent = env.model(model).known("parent_id");
    let children = env.db.with_value(model, parent, &Value::link(partner));
    let of_kind = children.into_iter().filter(|child| {
        let get = |name: &str| env.db.get("res.partner", *child, name);
        get("type").as_text() == kind && get("active").truthy() && !get("is_company").truthy()
    });
    let names = |child: &u32| env.db.get("res.partner", *child, "name");
    let child = of_kind.min_by(|left, right| names(left).compare(&names(right)));
    Value::link(child.unwrap_or(partner))
}

pub(super) fn complete_line(
    env: &mut Env<'_>,
    model: ModelId,
    row: &mut Row,
    given: &[FieldId],
) -> Outcome<()> {
    let definition = env.model(model);
    let field = |name: &str| definition.known(name);
    let (product, name, price) = (field("product_id"), field("name"), field("price_unit"));
    let (unit, taxes) = (field(env.series().line_unit()), field(env.series().line_taxes()));
    let Some(product) = row[product].id() else {
        let heading = row[field("display_type")].truthy();
        if env.series() <= Series::V17 && !heading && !row[name].is_unset() {
            return Err(accountable(env));
        }
        return Ok(());
    };
    let of_product = |env: &Env<'_>, name: &str| env.db.get("product.product", product, name);
    if !given.contains(&name) {
        let products = env.schema().known("product.product");
        let label = env.display_name(products, product);
        let description = of_product(env, "description_sale");
        row[name] = match description.as_text() {
            "" => Value::Text(label),
            description => Value::Text(format!("{label}\n{description}")),
        };
    }
    if !given.contains(&unit) {
        row[unit] = of_product(env, "uom_id");
    }
    if !given.contains(&price) {
        row[price] = of_product(env, "list_price");
    }
    if !given.contains(&taxes) {
        row[taxes] = of_product(env, "taxes_id");
    }
    Ok(())
}

/// 16.0 and 17.0 want a product and a unit on a line that is no heading.
fn accountable(env: &Env<'_>) -> Error {
    let words = "new row for relation \"sale_order_line\" violates check constraint \"sale_order_line_accountable_required_fields\"\n";
    env.check_violation(messages::ACCOUNTABLE, words.to_owned())
}

pub(super) fn before_line_write(
    env: &mut Env<'_>,
    model: ModelId,
    before: &Row,
    row: &mut Row,
    given: &[FieldId],
) -> Outcome<()> {
    let definition = env.model(model);
    let order = row[definition.known("order_id")].id().unwrap_or(0);
    let state = env.db.get("sale.order", order, "state");
    if env.db.get("sale.order", order, "locked").truthy() || state.as_text() == "done" {
        let protected = ["product_id", "name", "price_unit", env.series().line_unit(), "product_uom_qty"];
        let mut fields = protected
            .iter()
            .map(|name| definition.known(name))
            .chain([definition.known(env.series().line_taxes())]);
        if let Some(field) = fields.find(|field| given.contains(field) && before[*field] != row[*field]) {
            let label = definition.fields[field].label;
            return Err(Error::new(Class::User, env.say(messages::LINE_OF_LOCKED, &[label])));
        }
    }
    Ok(())
}

/// A field of a line that mirrors its order.
pub(super) fn line_from_order(env: &Env<'_>, id: u32, name: &str) -> Value {
    let Some(order) = env.db.get("sale.order.line", id, "order_id").id() else { return Value::Unset };
    let source = if name == "order_partner_id" { "partner_id" } else { name };
    env.db.get("sale.order", order, source)
}

/// Confirms quotations; they get the moment of confirmation as their date.
pub(crate) fn confirm(env: &mut Env<'_>, ids: &[u32]) -> Outcome<()> {
    let model = env.schema().known("sale.order");
    for id in ids {
        if !env.db.table(model).contains(*id) {
            return Err(env.missing(model, *id));
        }
        let state = env.db.get("sale.order", *id, "state");
        // 16.0 confirms a confirmed order again, date included.
        let (refused, message) = match env.series() {
            Series::V16 => (matches!(state.as_text(), "cancel" | "done"), messages::CONFIRM_STATE_16),
            Series::V17 => (!is_quotation(&state), messages::CONFIRM_STATE_17),
            _ => (!is_quotation(&state), messages::CONFIRM_STATE),
        };
        if refused {
            let names: Vec<String> = ids.iter().map(|id| env.display_name(model, *id)).collect();
            return Err(Error::new(Class::User, env.say(message, &[&names.join(", ")])));
        }
    }
    let (state, date) = (env.model(model).known("state"), env.model(model).known("date_order"));
    let vals =
        vec![(state, Input::Value(Value::text("sale"))), (date, Input::Value(Value::text(env.now.as_str())))];
    env.write(model, ids, vals)
}

/// Cancels orders. Until 18.0 a confirmed order is not cancelled but answered with a window that asks for
/// confirmation, unless the context says `disable_cancel_warning`.
pub(crate) fn cancel(env: &mut Env<'_>, ids: &[u32]) -> Outcome<Json> {
    let quotation = |id: &u32| env.db.get("sale.order", *id, "state").as_text() == "draft";
    if env.series() < Series::V19 && !env.context.disable_cancel_warning && !ids.iter().all(quotation) {
        return Ok(json!({
            "name": "Cancel Sales Order",
            "type": "ir.actions.act_window",
            "res_model": "sale.order.cancel",
            "view_mode": "form",
            "target": "new",
            "context": { "default_order_id": ids.first(), "mark_so_as_canceled": true },
        }));
    }
    set_state(env, ids, "cancel")?;
    Ok(Json::Bool(true))
}

/// Makes cancelled orders quotations again.
pub(crate) fn draft(env: &mut Env<'_>, ids: &[u32]) -> Outcome<()> {
    let again: Vec<u32> = ids
        .iter()
        .copied()
        .filter(|id| matches!(env.db.get("sale.order", *id, "state").as_text(), "cancel" | "sent"))
        .collect();
    set_state(env, &again, "draft")
}

fn set_state(env: &mut Env<'_>, ids: &[u32], state: &str) -> Outcome<()> {
    let model = env.schema().known("sale.order");
    let field = env.model(model).known("state");
    env.write(model, ids, vec![(field, Input::Value(Value::text(state)))])
}

fn is_quotation(state: &Value) -> bool {
    matches!(state.as_text(), "draft" | "sent")
}

pub(super) fn before_unlink(env: &Env<'_>, id: u32) -> Outcome<()> {
    match env.db.get("sale.order", id, "state").as_text() {
        "draft" | "cancel" => Ok(()),
        _ => Err(Error::new(Class::User, env.say(messages::ORDER_NOT_CANCELLED, &[]))),
    }
}

pub(super) fn before_line_unlink(env: &mut Env<'_>, id: u32) -> Outcome<()> {
    let order = env.db.get("sale.order.line", id, "order_id").id();
    let state = order.map(|order| env.db.get("sale.order", order, "state")).unwrap_or_default();
    let confirmed = matches!(state.as_text(), "sale" | "done");
    let heading = env.db.get("sale.order.line", id, "display_type").truthy();
    if confirmed && !heading {
        let message = if env.series() == Series::V16 {
            messages::LINE_OF_CONFIRMED_16
        } else {
            messages::LINE_OF_CONFIRMED
        };
        return Err(Error::new(Class::User, env.say(message, &[])));
    }
    env.stale_orders.extend(order);
    Ok(())
}

/// Locks confirmed orders (17.0 and later; 16.0 has the state `done`).
pub(crate) fn lock(env: &mut Env<'_>, ids: &[u32], locked: bool) -> Outcome<()> {
    if env.series() == Series::V16 {
        return set_state(env, ids, if locked { "done" } else { "sale" });
    }
    let model = env.schema().known("sale.order");
    let field = env.model(model).known("locked");
    env.write(model, ids, vec![(field, Input::Value(Value::Bool(locked)))])
}
