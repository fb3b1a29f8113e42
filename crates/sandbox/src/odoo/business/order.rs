//! Sales orders: what they take from the customer and the products, their totals, their states.

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::orm::{Env, Input};
use crate::odoo::pack::Row;
use crate::odoo::schema::{FieldId, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::{Value, round_to};

pub(super) fn complete(env: &mut Env<'_>, model: ModelId, row: &mut Row, given: &[FieldId]) -> Outcome<()> {
    let definition = env.model(model);
    let field = |name: &str| definition.known(name);
    let (name, partner) = (field("name"), field("partner_id"));
    let (invoice, shipping) = (field("partner_invoice_id"), field("partner_shipping_id"));
    let (pricelist, currency, team) = (field("pricelist_id"), field("currency_id"), field("team_id"));
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
        let pricelists = env.schema().known("product.pricelist");
        row[pricelist] = env.db.table(pricelists).ids().next().map(Value::link).unwrap_or_default();
    }
    let of_pricelist = row[pricelist].id().map(|id| env.db.get("product.pricelist", id, "currency_id"));
    row[currency] =
        of_pricelist.filter(Value::truthy).unwrap_or_else(|| env.db.get("res.company", 1, "currency_id"));
    if !given.contains(&team) {
        let teams = env.schema().known("crm.team");
        row[team] = env.db.table(teams).ids().next().map(Value::link).unwrap_or_default();
    }
    Ok(())
}

/// The customer's own address of a kind, or the customer.
fn address(env: &mut Env<'_>, partner: Option<u32>, kind: &str) -> Value {
    let Some(partner) = partner else { return Value::Unset };
    let model = env.schema().known("res.partner");
    let parent = env.model(model).known("parent_id");
    let children = env.db.with_value(model, parent, &Value::link(partner));
    let child =
        children.into_iter().find(|child| env.db.get("res.partner", *child, "type").as_text() == kind);
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
    let Some(product) = row[product].id() else { return Ok(()) };
    let of_product = |env: &Env<'_>, name: &str| env.db.get("product.product", product, name);
    if !given.contains(&name) || row[name].is_unset() {
        let products = env.schema().known("product.product");
        let label = env.display_name(products, product);
        let description = of_product(env, "description_sale");
        row[name] = match description.as_text() {
            "" => Value::Text(label),
            description => Value::Text(format!("{label}\n{description}")),
        };
    }
    if !given.contains(&unit) || row[unit].is_unset() {
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

pub(super) fn before_line_write(
    env: &mut Env<'_>,
    model: ModelId,
    _before: &Row,
    row: &mut Row,
    _given: &[FieldId],
) -> Outcome<()> {
    let name = env.model(model).known("name");
    if row[name].is_unset() {
        return complete_line(env, model, row, &[]);
    }
    Ok(())
}

/// A field of a line that mirrors its order.
pub(super) fn line_from_order(env: &Env<'_>, id: u32, name: &str) -> Value {
    let Some(order) = env.db.get("sale.order.line", id, "order_id").id() else { return Value::Unset };
    let source = if name == "order_partner_id" { "partner_id" } else { name };
    env.db.get("sale.order", order, source)
}

/// Computes the totals of every order that changed.
pub(crate) fn settle(env: &mut Env<'_>) {
    while let Some(order) = env.stale_orders.pop_first() {
        settle_order(env, order);
    }
}

fn settle_order(env: &mut Env<'_>, order: u32) {
    let orders = env.schema().known("sale.order");
    let lines = env.schema().known("sale.order.line");
    if !env.db.table(orders).contains(order) {
        return;
    }
    let step = currency_step(env, order);
    let of_line = |env: &Env<'_>, name: &str| env.model(lines).known(name);
    let order_id = of_line(env, "order_id");
    let (mut untaxed, mut tax) = (0.0, 0.0);
    for line in env.db.with_value(lines, order_id, &Value::link(order)) {
        let (subtotal, line_tax) = line_amounts(env, line, step);
        untaxed += subtotal;
        tax += line_tax;
        let values = [
            (of_line(env, "price_subtotal"), Value::Float(subtotal)),
            (of_line(env, "price_tax"), Value::Float(line_tax)),
            (of_line(env, "price_total"), Value::Float(round_to(subtotal + line_tax, step))),
        ];
        env.db.set(lines, line, &values);
    }
    let of_order = |env: &Env<'_>, name: &str| env.model(orders).known(name);
    let (untaxed, tax) = (round_to(untaxed, step), round_to(tax, step));
    let status =
        if env.db.get("sale.order", order, "state").as_text() == "sale" { "to invoice" } else { "no" };
    let values = [
        (of_order(env, "amount_untaxed"), Value::Float(untaxed)),
        (of_order(env, "amount_tax"), Value::Float(tax)),
        (of_order(env, "amount_total"), Value::Float(round_to(untaxed + tax, step))),
        (of_order(env, "invoice_status"), Value::text(status)),
    ];
    env.db.set(orders, order, &values);
}

fn currency_step(env: &Env<'_>, order: u32) -> f64 {
    let currency = env.db.get("sale.order", order, "currency_id").id().unwrap_or(0);
    match env.db.get("res.currency", currency, "rounding").as_float() {
        step if step > 0.0 => step,
        _ => 0.01,
    }
}

/// Amount without tax and tax of one line, each rounded to the currency.
fn line_amounts(env: &Env<'_>, line: u32, step: f64) -> (f64, f64) {
    let of_line = |name: &str| env.db.get("sale.order.line", line, name);
    let price = of_line("price_unit").as_float() * (1.0 - of_line("discount").as_float() / 100.0);
    let amount = price * of_line("product_uom_qty").as_float();
    let (mut included, mut on_top, mut fixed) = (0.0, 0.0, 0.0);
    for tax in of_line(env.series().line_taxes()).ids() {
        let percent = env.db.get("account.tax", *tax, "amount").as_float();
        let include = env.db.get("account.tax", *tax, "price_include").truthy()
            || env.db.get("account.tax", *tax, "price_include_override").as_text() == "tax_included";
        match env.db.get("account.tax", *tax, "amount_type").as_text() {
            "fixed" => fixed += percent * of_line("product_uom_qty").as_float(),
            _ if include => included += percent,
            _ => on_top += percent,
        }
    }
    let total_included = round_to(amount, step);
    let inside = round_to(amount * included / (100.0 + included), step);
    let base = total_included - inside;
    (
        round_to(base, step),
        inside + round_to((amount - inside) * on_top / 100.0, step) + round_to(fixed, step),
    )
}

/// Confirms quotations; they get the moment of confirmation as their date.
pub(crate) fn confirm(env: &mut Env<'_>, ids: &[u32]) -> Outcome<()> {
    let model = env.schema().known("sale.order");
    let wrong: Vec<String> = ids
        .iter()
        .filter(|id| !matches!(env.db.get("sale.order", **id, "state").as_text(), "draft" | "sent"))
        .map(ToString::to_string)
        .collect();
    if !wrong.is_empty() {
        return Err(Error::new(Class::User, env.say(messages::CONFIRM_STATE, &[&wrong.join(", ")])));
    }
    let (state, date) = (env.model(model).known("state"), env.model(model).known("date_order"));
    let vals =
        vec![(state, Input::Value(Value::text("sale"))), (date, Input::Value(Value::text(env.now.as_str())))];
    env.write(model, ids, vals)
}

/// Cancels orders.
pub(crate) fn cancel(env: &mut Env<'_>, ids: &[u32]) -> Outcome<()> {
    set_state(env, ids, "cancel")
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
        return Err(Error::new(Class::User, env.say(messages::LINE_OF_CONFIRMED, &[])));
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
