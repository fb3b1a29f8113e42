//! Refunds: negative lines, a positive amount, and an order that may be done with.

use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::dates;
use super::super::kind::Kind;
use super::super::money::{plain, read, round};
use super::super::order_json;
use super::super::query::truthy;
use super::super::route::unknown;
use super::super::state::State;
use super::super::totals::TaxLine;
use super::Fields;

/// Creates a refund of an order. Errors are 500 and their `data` is a number, unlike everywhere else.
pub(super) fn create(state: &mut State, order: u64, body: &Fields) -> Result<u64, Refusal> {
    let Some(record) = state.take(Kind::Order, order) else { return unknown(Kind::Order, 404) };
    let lines = body.get("line_items").and_then(Value::as_array).cloned().unwrap_or_default();
    let amount = body.get("amount").map_or(0.0, read);
    if amount <= 0.0 || round(amount, 6) > round(remaining(&record), 6) {
        return fail("Invalid refund amount.");
    }
    let through_gateway =
        body.get("api_refund").is_none_or(|flag| *flag == true || flag.as_str().is_some_and(truthy));
    if through_gateway {
        return fail("The payment gateway for this order does not support automatic refunds.");
    }
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let restock = body.get("api_restock").is_none_or(|flag| *flag == true);
    Ok(make(state, order, amount, reason, &lines, restock))
}

fn fail<T>(message: &str) -> Result<T, Refusal> {
    let code = "woocommerce_rest_cannot_create_order_refund";
    Err(Box::new(Answer::json(500, &json!({ "code": code, "message": message, "data": 500 }))))
}

/// What is not refunded yet.
fn remaining(order: &Fields) -> f64 {
    let refunds = order.get("refunds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let refunded: f64 = refunds.iter().map(|refund| read(&refund["total"])).sum();
    order.get("total").map_or(0.0, read) + refunded
}

/// The refund without lines that a change of status to refunded makes.
pub(super) fn refund_rest(state: &mut State, order: u64) {
    let Some(record) = state.take(Kind::Order, order) else { return };
    let amount = remaining(&record);
    if amount > 0.0 {
        make(state, order, amount, "Order fully refunded.", &[], false);
    }
}

fn make(state: &mut State, order: u64, amount: f64, reason: &str, lines: &[Value], restock: bool) -> u64 {
    let id = state.new_id(Kind::Refund);
    let now = state.now();
    let mut record = json!({
        "id": id, "parent_id": order, "amount": plain(amount), "reason": reason, "refunded_by": 1,
        "refunded_payment": false, "meta_data": [], "line_items": [], "shipping_lines": [], "tax_lines": [],
        "fee_lines": [],
    })
    .as_object()
    .cloned()
    .unwrap_or_default();
    dates::stamp(&mut record, "date_created", Some(now), state.settings.utc_offset_secs);
    let Some(mut kept) = state.take(Kind::Order, order) else { return id };
    add_lines(state, &mut record, &mut kept, lines, restock);
    state.put(Kind::Refund, id, record);
    let summary = json!({ "id": id, "reason": reason, "total": format!("-{}", plain(amount)) });
    if let Some(refunds) = kept.get_mut("refunds").and_then(Value::as_array_mut) {
        // The newest comes first.
        refunds.insert(0, summary);
    }
    if round(remaining(&kept), 6) <= 0.0 {
        kept.insert("status".into(), "refunded".into());
    }
    super::super::generate::pay(&mut kept);
    dates::stamp(&mut kept, "date_modified", Some(now), state.settings.utc_offset_secs);
    state.put(Kind::Order, order, kept);
    id
}

/// Copies each refunded line with its signs turned; only the meta entry says which line it was.
fn add_lines(state: &mut State, refund: &mut Fields, order: &mut Fields, lines: &[Value], restock: bool) {
    let mut tax_lines: Vec<TaxLine> = Vec::new();
    for line in lines {
        for field in ["line_items", "shipping_lines", "fee_lines"] {
            let kept = order.get_mut(field).and_then(Value::as_array_mut);
            let Some(own) = kept.into_iter().flatten().find(|own| own["id"] == line["id"]) else { continue };
            let copy = turned(state, own, line, field == "line_items");
            for tax in copy["taxes"].as_array().into_iter().flatten() {
                collect(&mut tax_lines, tax, field == "shipping_lines");
            }
            if restock && field == "line_items" {
                back_to_stock(state, own, line);
            }
            if let Some(copies) = refund.get_mut(field).and_then(Value::as_array_mut) {
                copies.push(copy);
            }
        }
    }
    let settings = state.settings.clone();
    let lines = tax_lines.iter().map(|line| order_json::tax_line(state.new_item_id(), line, &settings));
    refund.insert("tax_lines".into(), lines.collect());
}

fn turned(state: &mut State, own: &Value, line: &Value, goods: bool) -> Value {
    let mut copy = own.clone();
    let total = plain(-read(&line["refund_total"]));
    let given = line["refund_tax"].as_array().map(Vec::as_slice).unwrap_or_default();
    let taxes = given.iter().map(|tax| {
        let id = read(&tax["id"]) as u64;
        let total = plain(-read(&tax["refund_total"]));
        let subtotal = if goods { total.clone() } else { String::new() };
        json!({ "id": id, "total": total, "subtotal": subtotal })
    });
    copy["taxes"] = taxes.collect();
    copy["id"] = state.new_item_id().into();
    copy["total"] = total.clone().into();
    if goods {
        copy["subtotal"] = total.into();
        copy["quantity"] = json!(-(read(&line["quantity"]) as i64));
    }
    let refunded = own["id"].to_string();
    copy["meta_data"] = json!([{ "id": state.new_meta_id(), "key": "_refunded_item_id", "value": refunded,
        "display_key": "_refunded_item_id", "display_value": refunded }]);
    copy
}

fn collect(lines: &mut Vec<TaxLine>, tax: &Value, shipping: bool) {
    let (rate, total) = (tax["id"].as_u64().unwrap_or(0), read(&tax["total"]));
    let at = lines.iter().position(|line| line.rate == rate).unwrap_or_else(|| {
        lines.push(TaxLine { rate, tax_total: 0.0, shipping_tax_total: 0.0 });
        lines.len() - 1
    });
    if shipping {
        lines[at].shipping_tax_total += total;
    } else {
        lines[at].tax_total += total;
    }
}

/// Puts pieces back, and notes on the order's line how many are still out.
fn back_to_stock(state: &mut State, own: &mut Value, line: &Value) {
    let quantity = read(&line["quantity"]);
    let Some(entries) = own["meta_data"].as_array_mut() else { return };
    let Some(reduced) = entries.iter_mut().find(|entry| entry["key"] == "_reduced_stock") else { return };
    let left = (read(&reduced["value"]) - quantity).to_string();
    reduced["value"] = left.clone().into();
    reduced["display_value"] = left.into();
    let text = quantity.to_string();
    entries.push(json!({ "id": state.new_meta_id(), "key": "_restock_refunded_items", "value": text,
        "display_key": "_restock_refunded_items", "display_value": text }));
    let product = own["product_id"].as_u64().unwrap_or(0);
    if let Some(mut record) = state.take(Kind::Product, product) {
        let stock = record.get("stock_quantity").map_or(0.0, read) + quantity;
        record.insert("stock_quantity".into(), json!(stock as i64));
        let now = state.now();
        super::product::put_sold(state, Kind::Product, product, record, now);
    }
}
