//! The amounts of orders: each line rounded to the currency; the order sums the lines until 18.0 and, from 19.0 on,
//! sums what was not rounded yet and rounds the sums.

use crate::odoo::orm::Env;
use crate::odoo::spec::Series;
use crate::odoo::value::{Value, round_to};

/// Computes the totals of every order that changed.
pub(crate) fn settle(env: &mut Env<'_>) {
    while let Some(order) = env.stale_orders.pop_first() {
        settle_order(env, order);
    }
}

fn settle_order(env: &mut Env<'_>, order: u32) {
    let (orders, lines) = (env.schema().known("sale.order"), env.schema().known("sale.order.line"));
    if !env.db.table(orders).contains(order) {
        return;
    }
    let step = currency_step(env, order);
    let of_line = |env: &Env<'_>, name: &str| env.model(lines).known(name);
    let order_id = of_line(env, "order_id");
    let (mut sum, mut raw_taxes) = (Sum::default(), Vec::new());
    for line in env.db.with_value(lines, order_id, &Value::link(order)) {
        let amounts = line_amounts(env, line, step);
        sum.add(&amounts);
        raw_taxes.extend(amounts.raw_taxes.iter().copied());
        let tax = if env.series() == Series::V16 { amounts.tax } else { amounts.total - amounts.subtotal };
        let values = [
            (of_line(env, "price_subtotal"), Value::Float(amounts.subtotal)),
            (of_line(env, "price_tax"), Value::Float(tax)),
            (of_line(env, "price_total"), Value::Float(amounts.total)),
        ];
        env.db.set(lines, line, &values);
    }
    let (untaxed, tax) = if env.series() >= Series::V19 {
        (round_to(sum.raw_subtotal, step), per_tax(&raw_taxes, step))
    } else {
        (round_to(sum.subtotal, step), round_to(sum.tax, step))
    };
    let confirmed = env.db.get("sale.order", order, "state").as_text() == "sale" && sum.lines > 0;
    let of_order = |name: &str| env.model(orders).known(name);
    let values = [
        (of_order("amount_untaxed"), Value::Float(untaxed)),
        (of_order("amount_tax"), Value::Float(tax)),
        (of_order("amount_total"), Value::Float(round_to(untaxed + tax, step))),
        (of_order("invoice_status"), Value::text(if confirmed { "to invoice" } else { "no" })),
    ];
    env.db.set(orders, order, &values);
}

#[derive(Default)]
struct Sum {
    lines: u32,
    subtotal: f64,
    raw_subtotal: f64,
    tax: f64,
}

impl Sum {
    fn add(&mut self, line: &Amounts) {
        self.lines += 1;
        self.subtotal += line.subtotal;
        self.raw_subtotal += line.raw_subtotal;
        self.tax += line.tax;
    }
}

/// Each tax is summed over the lines, then rounded.
fn per_tax(raw: &[(u32, f64)], step: f64) -> f64 {
    let mut taxes: Vec<u32> = raw.iter().map(|(tax, _)| *tax).collect();
    taxes.sort_unstable();
    taxes.dedup();
    let of_tax = |tax: u32| raw.iter().filter(|(of, _)| *of == tax).map(|(_, amount)| amount).sum::<f64>();
    taxes.into_iter().map(|tax| round_to(of_tax(tax), step)).sum()
}

fn currency_step(env: &Env<'_>, order: u32) -> f64 {
    let currency = env.db.get("sale.order", order, "currency_id").id().unwrap_or(0);
    match env.db.get("res.currency", currency, "rounding").as_float() {
        step if step > 0.0 => step,
        _ => 0.01,
    }
}

/// What one line comes to.
#[derive(Debug, Default)]
struct Amounts {
    subtotal: f64,
    tax: f64,
    total: f64,
    raw_subtotal: f64,
    raw_taxes: Vec<(u32, f64)>,
}

fn line_amounts(env: &Env<'_>, line: u32, step: f64) -> Amounts {
    let of_line = |name: &str| env.db.get("sale.order.line", line, name);
    let quantity = of_line("product_uom_qty").as_float();
    let raw = of_line("price_unit").as_float() * (1.0 - of_line("discount").as_float() / 100.0) * quantity;
    // Until 18.0 the amount is rounded before anything is computed from it.
    let amount = if env.series() >= Series::V19 { raw } else { round_to(raw, step) };
    let taxes: Vec<Tax> =
        of_line(env.series().line_taxes()).ids().iter().map(|id| Tax::of(env, *id)).collect();
    let included: f64 = taxes.iter().filter(|tax| tax.included).map(|tax| tax.percent).sum();
    let inside = |tax: &Tax| amount * tax.percent / (100.0 + included);
    let rounded_inside: f64 =
        taxes.iter().filter(|tax| tax.included).map(|tax| round_to(inside(tax), step)).sum();
    let raw_inside: f64 = taxes.iter().filter(|tax| tax.included).map(inside).sum();
    let raw_base = amount - raw_inside;
    let base = if env.series() >= Series::V19 { raw_base } else { amount - rounded_inside };
    let mut amounts = Amounts { raw_subtotal: raw_base, ..Amounts::default() };
    for tax in &taxes {
        let raw = match (tax.fixed, tax.included) {
            (true, _) => tax.percent * quantity,
            (false, true) => inside(tax),
            (false, false) => base * tax.percent / 100.0,
        };
        amounts.tax += round_to(raw, step);
        amounts.raw_taxes.push((tax.id, raw));
    }
    amounts.subtotal = round_to(base, step);
    amounts.total = round_to(amounts.subtotal + amounts.tax, step);
    amounts
}

struct Tax {
    id: u32,
    percent: f64,
    included: bool,
    /// An amount per unit instead of a percentage.
    fixed: bool,
}

impl Tax {
    fn of(env: &Env<'_>, id: u32) -> Tax {
        let get = |name: &str| env.db.get("account.tax", id, name);
        let fixed = get("amount_type").as_text() == "fixed";
        let included =
            get("price_include").truthy() || get("price_include_override").as_text() == "tax_included";
        Tax { id, percent: get("amount").as_float(), included: included && !fixed, fixed }
    }
}
