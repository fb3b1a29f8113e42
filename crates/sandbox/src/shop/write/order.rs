//! Orders: created, changed, and what a status brings with it.

use serde_json::{Value, json};

use super::super::answer::{BadParam, Refusal, invalid_params, refuse};
use super::super::dates;
use super::super::generate::pay;
use super::super::kind::Kind;
use super::super::money::read;
use super::super::order_json;
use super::super::query::ORDER_STATUSES;
use super::super::state::State;
use super::super::totals::{Charge, Discount};
use super::fields::{empty_address, merge_block, put_meta};
use super::product::put_sold;
use super::{Fields, coupon, customer, order_lines, refund};

/// Kept with an order whose sales were counted; no answer shows it.
pub(crate) const COUNTED: &str = "__sales_counted";

const PLAIN: [&str; 7] = [
    "currency",
    "customer_id",
    "customer_note",
    "payment_method",
    "payment_method_title",
    "transaction_id",
    "parent_id",
];

/// Creates an order. An unknown coupon is refused, but leaves the order behind, as in the real shop.
pub(crate) fn create(state: &mut State, body: &Fields) -> Result<u64, Refusal> {
    check(state, body)?;
    let id = state.new_id(Kind::Order);
    let now = state.now();
    let mut record = blank(state, id);
    dates::stamp(&mut record, "date_created", Some(now), state.settings.utc_offset_secs);
    fill(state, &mut record, body);
    let left_behind = build(state, &mut record, body);
    let status = body.get("status").and_then(Value::as_str).unwrap_or("pending");
    let status = if left_behind.is_err() { "pending" } else { status };
    record.insert("status".into(), status.into());
    if body.get("set_paid") == Some(&Value::Bool(true)) && left_behind.is_ok() {
        set_paid(&mut record);
    }
    finish(state, id, record, "", body.get("set_paid") == Some(&Value::Bool(true)));
    left_behind.map(|()| id)
}

/// Changes what the body names. A changed quantity alone keeps the line's old amounts.
pub(crate) fn update(state: &mut State, id: u64, body: &Fields) -> Result<(), Refusal> {
    check(state, body)?;
    let Some(mut record) = state.take(Kind::Order, id) else { return Ok(()) };
    let before = record["status"].as_str().unwrap_or_default().to_owned();
    fill(state, &mut record, body);
    if let Some(lines) = body.get("line_items").and_then(Value::as_array) {
        change_lines(state, &mut record, lines);
    }
    if let Some(status) = body.get("status") {
        record.insert("status".into(), status.clone());
    }
    if body.get("set_paid") == Some(&Value::Bool(true)) {
        set_paid(&mut record);
    }
    finish(state, id, record, &before, body.get("set_paid") == Some(&Value::Bool(true)));
    Ok(())
}

fn check(state: &State, body: &Fields) -> Result<(), Refusal> {
    let mut bad = Vec::new();
    let status = body.get("status").and_then(Value::as_str);
    if status.is_some_and(|status| !ORDER_STATUSES.contains(&status) && status != "trash") {
        bad.push(BadParam::not_in("status", "status", &ORDER_STATUSES));
    }
    let email = body.get("billing").and_then(|billing| billing["email"].as_str()).unwrap_or_default();
    if !email.is_empty() && !customer::valid_email(email) {
        bad.push(BadParam::new("billing", "rest_invalid_email", "Invalid email address."));
    }
    if !bad.is_empty() {
        return Err(invalid_params(&bad));
    }
    let customer = body.get("customer_id").and_then(Value::as_u64).unwrap_or(0);
    if customer > 0 && state.get(Kind::Customer, customer).is_none() {
        return refuse(400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.");
    }
    order_lines::check(lines_of(body, "line_items"))
}

fn lines_of<'a>(body: &'a Fields, field: &str) -> &'a [Value] {
    body.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn blank(state: &State, id: u64) -> Fields {
    let record = json!({
        "id": id, "parent_id": 0, "currency": state.settings.currency, "version": "9.2.5",
        "prices_include_tax": state.settings.prices_include_tax, "customer_id": 0,
        "order_key": format!("wc_order_{id:013x}"), "billing": empty_address(true),
        "shipping": empty_address(false), "payment_method": "", "payment_method_title": "", "transaction_id": "",
        "customer_ip_address": "", "customer_user_agent": "", "created_via": "rest-api", "customer_note": "",
        "date_completed": null, "date_completed_gmt": null, "date_paid": null, "date_paid_gmt": null,
        "cart_hash": "", "number": id.to_string(), "meta_data": [], "line_items": [], "tax_lines": [],
        "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": [],
    });
    match record {
        Value::Object(record) => record,
        _ => Fields::new(),
    }
}

fn fill(state: &mut State, record: &mut Fields, body: &Fields) {
    for name in PLAIN {
        if let Some(value) = body.get(name) {
            record.insert(name.into(), value.clone());
        }
    }
    merge_block(record, body, "billing");
    merge_block(record, body, "shipping");
    put_meta(state, record, body);
}

/// Lines, shipping, fees and coupons of a new order, and all amounts.
fn build(state: &mut State, record: &mut Fields, body: &Fields) -> Result<(), Refusal> {
    let mut cart = order_json::cart(record, &state.settings);
    let mut labels = Vec::new();
    for line in lines_of(body, "line_items") {
        let (label, item) = order_lines::new_line(state, line);
        labels.push(label);
        cart.items.push(item);
    }
    let mut shipping = Vec::new();
    for line in lines_of(body, "shipping_lines") {
        shipping.push((state.new_item_id(), line));
        cart.shipping.push(charge(line));
    }
    let mut fees = Vec::new();
    for line in lines_of(body, "fee_lines") {
        fees.push((state.new_item_id(), line));
        cart.fees.push(charge(line));
    }
    let mut coupons = Vec::new();
    let mut refusal = Ok(());
    for line in lines_of(body, "coupon_lines") {
        let code = line["code"].as_str().unwrap_or_default().to_lowercase();
        let Some(id) = coupon::find(state, &code) else {
            let message = format!("Coupon \"{code}\" does not exist!");
            refusal = refuse(400, "woocommerce_rest_invalid_coupon", &message);
            break;
        };
        let percent = state.get(Kind::Coupon, id).is_some_and(|coupon| coupon["discount_type"] == "percent");
        let amount = state.get(Kind::Coupon, id).map_or(0.0, |coupon| read(&coupon["amount"]));
        cart.discounts.push(Discount { percent, amount, discount: 0.0, discount_tax: 0.0 });
        coupons.push((id, code));
    }
    cart.calculate(&state.settings);
    let items = labels.into_iter().zip(&cart.items).map(|(label, item)| order_json::item(label, item));
    record.insert("line_items".into(), items.collect());
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let lines = shipping.iter().zip(&cart.shipping).map(|((id, line), charge)| {
        let (title, method) = (text(line, "method_title"), text(line, "method_id"));
        order_json::shipping(*id, &title, &method, &text(line, "instance_id"), charge)
    });
    record.insert("shipping_lines".into(), lines.collect());
    let lines = fees.iter().zip(&cart.fees);
    let lines = lines.map(|((id, line), charge)| order_json::fee(*id, &text(line, "name"), charge));
    record.insert("fee_lines".into(), lines.collect());
    order_json::put_cart(record, &cart, &state.settings.clone(), || state.new_item_id());
    let mut lines = Vec::new();
    for ((coupon, code), discount) in coupons.iter().zip(&cart.discounts) {
        lines.push(order_json::coupon(state.new_item_id(), *coupon, code, discount));
    }
    record.insert("coupon_lines".into(), lines.into());
    refusal
}

fn charge(line: &Value) -> Charge {
    Charge {
        tax_class: line["tax_class"].as_str().unwrap_or_default().to_owned(),
        taxable: line["tax_status"] != "none",
        total: read(&line["total"]),
        taxes: vec![],
    }
}

/// Quantity 0 removes a line; amounts that are named replace the old ones; a line without id is new.
fn change_lines(state: &mut State, record: &mut Fields, changes: &[Value]) {
    let mut lines = record.get("line_items").and_then(Value::as_array).cloned().unwrap_or_default();
    for change in changes {
        let Some(id) = change["id"].as_u64() else {
            let (label, item) = order_lines::new_line(state, change);
            lines.push(order_json::item(label, &item));
            continue;
        };
        let gone = change["quantity"] == 0 || change.get("product_id").is_some_and(Value::is_null);
        if gone {
            lines.retain(|line| line["id"] != id);
            continue;
        }
        for line in lines.iter_mut().filter(|line| line["id"] == id) {
            for field in ["quantity", "total", "subtotal", "name"] {
                if let Some(value) = change.get(field) {
                    line[field] = value.clone();
                }
            }
        }
    }
    record.insert("line_items".into(), lines.into());
    recalculate(state, record);
}

/// Taxes and sums anew from the lines as they stand.
fn recalculate(state: &mut State, record: &mut Fields) {
    let mut cart = order_json::cart(record, &state.settings);
    cart.tax(&state.settings);
    cart.add_up();
    order_json::put_cart(record, &cart, &state.settings.clone(), || state.new_item_id());
}

/// Payment moves an order on: to completed when cash was paid or nothing is left to do, else to processing.
fn set_paid(record: &mut Fields) {
    let open = matches!(record["status"].as_str(), Some("pending" | "on-hold" | "failed" | "cancelled"));
    if open {
        let status = if record["payment_method"] == "cod" { "completed" } else { "processing" };
        record.insert("status".into(), status.into());
    }
}

/// What a status brings with it; stamps the change and keeps the order.
///
/// `paid_now` is the API's word for a payment; only that and completion make a customer a paying one.
fn finish(state: &mut State, id: u64, mut record: Fields, before: &str, paid_now: bool) {
    let now = state.now();
    let offset = state.settings.utc_offset_secs;
    let status = record["status"].as_str().unwrap_or_default().to_owned();
    let paid_at = if record["payment_method"] == "cod" { "completed" } else { "processing" };
    if record["date_paid"].is_null() && (status == paid_at || status == "completed") {
        dates::stamp(&mut record, "date_paid", Some(now), offset);
    }
    if status == "completed" && status != before {
        dates::stamp(&mut record, "date_completed", Some(now), offset);
    }
    let sold = matches!(&*status, "processing" | "completed" | "on-hold");
    if sold && !record.contains_key(COUNTED) {
        record.insert(COUNTED.into(), true.into());
        take_from_stock(state, &mut record, now);
    }
    let customer = record["customer_id"].as_u64().unwrap_or(0);
    if customer > 0 && (paid_now || status == "completed") && status != before {
        customer::mark_paying(state, customer, now);
    }
    let refunded = record["refunds"].as_array().is_some_and(|refunds| !refunds.is_empty());
    dates::stamp(&mut record, "date_modified", Some(now), offset);
    pay(&mut record);
    state.put(Kind::Order, id, record);
    if status == "refunded" && before != "refunded" && !refunded {
        refund::refund_rest(state, id);
    }
}

/// Counts the sales, and lowers the stock that is managed, which changes the product too.
fn take_from_stock(state: &mut State, record: &mut Fields, now: i64) {
    let mut lines = record.get("line_items").and_then(Value::as_array).cloned().unwrap_or_default();
    for line in &mut lines {
        let quantity = read(&line["quantity"]);
        let (product, variation) = (line["product_id"].as_u64().unwrap_or(0), line["variation_id"].as_u64());
        if let Some(mut sold) = state.take(Kind::Product, product) {
            let sales = sold.get("total_sales").map_or(0.0, read) + quantity;
            sold.insert("total_sales".into(), json!(sales as i64));
            state.put(Kind::Product, product, sold);
        }
        let own = variation.filter(|&id| id > 0).map(|id| (Kind::Variation, id));
        for (kind, id) in own.into_iter().chain([(Kind::Product, product)]) {
            let Some(mut sold) = state.take(kind, id) else { continue };
            if sold.get("manage_stock") != Some(&Value::Bool(true)) {
                continue;
            }
            let left = sold.get("stock_quantity").map_or(0.0, read) - quantity;
            sold.insert("stock_quantity".into(), json!(left as i64));
            put_sold(state, kind, id, sold, now);
            let (meta, text) = (state.new_meta_id(), quantity.to_string());
            if let Some(entries) = line["meta_data"].as_array_mut() {
                entries.push(json!({ "id": meta, "key": "_reduced_stock", "value": text,
                    "display_key": "_reduced_stock", "display_value": text }));
            }
            break;
        }
    }
    record.insert("line_items".into(), lines.into());
}

/// Lines of a deleted product lose everything but their name and amounts.
pub(super) fn forget_product(state: &mut State, product: u64) {
    change_all(state, |record| {
        let lines = record.get_mut("line_items").and_then(Value::as_array_mut)?;
        let mut changed = false;
        for line in lines.iter_mut() {
            if line["product_id"] == product || line["variation_id"] == product {
                line["product_id"] = 0.into();
                line["variation_id"] = 0.into();
                line["sku"] = Value::Null;
                line["image"] = json!({ "id": 0, "src": "" });
                changed = true;
            }
        }
        changed.then_some(())
    });
}

/// Orders of a deleted customer become those of a guest.
pub(super) fn forget_customer(state: &mut State, customer: u64) {
    let (now, offset) = (state.now(), state.settings.utc_offset_secs);
    change_all(state, |record| {
        (record.get("customer_id") == Some(&customer.into())).then(|| {
            record.insert("customer_id".into(), 0.into());
            dates::stamp(record, "date_modified", Some(now), offset);
        })
    });
}

fn change_all(state: &mut State, change: impl Fn(&mut Fields) -> Option<()>) {
    for id in state.ids(Kind::Order) {
        if let Some(mut record) = state.take(Kind::Order, id)
            && change(&mut record).is_some()
        {
            state.put(Kind::Order, id, record);
        }
    }
}
