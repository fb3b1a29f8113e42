//! Orders as JSON with raw amounts, and back: what the shop keeps. [`super::present`] makes the answer of it.

use serde_json::{Map, Value, json};

use super::money::{plain, read};
use super::spec::Settings;
use super::totals::{Cart, Charge, Discount, Item, LineTax, TaxLine};

/// What an order line says besides its amounts.
#[derive(Debug, Clone)]
pub(crate) struct ItemLabel {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) product_id: u64,
    pub(crate) variation_id: u64,
    /// `None` for lines without product, or whose product is gone.
    pub(crate) sku: Option<String>,
    pub(crate) image: Value,
    pub(crate) parent_name: Option<String>,
    pub(crate) meta: Vec<Value>,
}

/// A line of `line_items`.
pub(crate) fn item(label: ItemLabel, item: &Item) -> Value {
    json!({
        "id": label.id, "name": label.name, "product_id": label.product_id, "variation_id": label.variation_id,
        "quantity": item.quantity, "tax_class": item.tax_class, "subtotal": plain(item.subtotal),
        "total": plain(item.total), "taxes": taxes(&item.taxes), "meta_data": label.meta, "sku": label.sku,
        "image": label.image, "parent_name": label.parent_name,
    })
}

/// Single taxes: unrounded, and with an empty subtotal on shipping and fees.
pub(crate) fn taxes(taxes: &[LineTax]) -> Value {
    taxes
        .iter()
        .map(|tax| {
            let subtotal = tax.subtotal.map(plain).unwrap_or_default();
            json!({ "id": tax.rate, "total": plain(tax.total), "subtotal": subtotal })
        })
        .collect()
}

/// A line of `shipping_lines`.
pub(crate) fn shipping(id: u64, title: &str, method: &str, instance: &str, charge: &Charge) -> Value {
    json!({
        "id": id, "method_title": title, "method_id": method, "instance_id": instance, "total": plain(charge.total),
        "taxes": taxes(&charge.taxes), "meta_data": [],
    })
}

/// A line of `fee_lines`; `amount` is empty whatever the fee.
pub(crate) fn fee(id: u64, name: &str, charge: &Charge) -> Value {
    json!({
        "id": id, "name": name, "tax_class": charge.tax_class,
        "tax_status": if charge.taxable { "taxable" } else { "none" }, "amount": "", "total": plain(charge.total),
        "taxes": taxes(&charge.taxes), "meta_data": [],
    })
}

/// A line of `coupon_lines`; `coupon` is the coupon's own id.
pub(crate) fn coupon(id: u64, coupon: u64, code: &str, discount: &Discount) -> Value {
    let kind = if discount.percent { "percent" } else { "fixed_cart" };
    let kind_info = if discount.percent { json!("percent") } else { Value::Null };
    let amount = super::money::number(discount.amount);
    let info = json!([coupon, code, kind_info, amount]).to_string();
    json!({
        "id": id, "code": code, "discount": plain(discount.discount), "discount_tax": plain(discount.discount_tax),
        "meta_data": [{ "id": 0, "key": "coupon_info", "value": info, "display_key": "coupon_info",
            "display_value": info }],
        "discount_type": kind, "nominal_amount": amount, "free_shipping": false,
    })
}

/// A line of `tax_lines`; a rate that was deleted leaves a bare line.
pub(crate) fn tax_line(id: u64, line: &TaxLine, settings: &Settings) -> Value {
    let rate = settings.tax_rates.iter().find(|rate| rate.id == line.rate);
    json!({
        "id": id, "rate_code": rate.map(|rate| rate.code()).unwrap_or_default(), "rate_id": line.rate,
        "label": rate.map(|rate| rate.name.clone()).unwrap_or_default(), "compound": false,
        "tax_total": plain(line.tax_total), "shipping_tax_total": plain(line.shipping_tax_total),
        "rate_percent": super::money::number(rate.map_or(0.0, |rate| rate.percent)), "meta_data": [],
    })
}

/// Writes the order's own amounts.
pub(crate) fn set_sums(order: &mut Map<String, Value>, cart: &Cart) {
    let sums = &cart.sums;
    for (field, amount) in [
        ("discount_total", sums.discount_total),
        ("discount_tax", sums.discount_tax),
        ("shipping_total", sums.shipping_total),
        ("shipping_tax", sums.shipping_tax),
        ("cart_tax", sums.cart_tax),
        ("total", sums.total),
        ("total_tax", sums.cart_tax + sums.shipping_tax),
    ] {
        order.insert(field.into(), plain(super::money::round(amount, 6)).into());
    }
}

/// The country that taxes depend on: where the goods go, else where the bill goes, else where the shop is.
fn country(order: &Map<String, Value>, base: &str) -> String {
    let of = |block: &str| order.get(block).and_then(|block| block["country"].as_str()).unwrap_or_default();
    let (shipping, billing) = (of("shipping"), of("billing"));
    [shipping, billing, base].into_iter().find(|country| !country.is_empty()).unwrap_or_default().to_owned()
}

/// The amounts of a kept order, ready to be calculated anew.
pub(crate) fn cart(order: &Map<String, Value>, settings: &Settings) -> Cart {
    let lines = |field: &str| order.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    Cart {
        country: country(order, &settings.country),
        prices_include_tax: order.get("prices_include_tax") == Some(&Value::Bool(true)),
        round_at_subtotal: settings.round_at_subtotal,
        decimals: settings.decimals,
        items: lines("line_items").iter().map(read_item).collect(),
        shipping: lines("shipping_lines").iter().map(read_charge).collect(),
        fees: lines("fee_lines").iter().map(read_charge).collect(),
        ..Cart::default()
    }
}

fn read_item(line: &Value) -> Item {
    Item {
        quantity: read(&line["quantity"]) as u64,
        tax_class: line["tax_class"].as_str().unwrap_or_default().to_owned(),
        taxable: true,
        subtotal: read(&line["subtotal"]),
        total: read(&line["total"]),
        taxes: read_taxes(line),
    }
}

fn read_charge(line: &Value) -> Charge {
    Charge {
        tax_class: line["tax_class"].as_str().unwrap_or_default().to_owned(),
        taxable: line["tax_status"] != "none",
        total: read(&line["total"]),
        taxes: read_taxes(line),
    }
}

fn read_taxes(line: &Value) -> Vec<LineTax> {
    let taxes = line["taxes"].as_array().map(Vec::as_slice).unwrap_or_default();
    taxes
        .iter()
        .map(|tax| LineTax {
            rate: tax["id"].as_u64().unwrap_or(0),
            total: read(&tax["total"]),
            subtotal: tax["subtotal"]
                .as_str()
                .filter(|text| !text.is_empty())
                .and_then(|text| text.parse().ok()),
        })
        .collect()
}

/// Puts newly calculated taxes and sums into an order; tax lines keep the ids of their rates.
pub(crate) fn put_cart(
    order: &mut Map<String, Value>,
    cart: &Cart,
    settings: &Settings,
    mut next_id: impl FnMut() -> u64,
) {
    let put = |order: &mut Map<String, Value>, field: &str, all: Vec<(f64, &Vec<LineTax>)>| {
        let Some(lines) = order.get_mut(field).and_then(Value::as_array_mut) else { return };
        for (line, (total, line_taxes)) in lines.iter_mut().zip(all) {
            line["total"] = plain(total).into();
            line["taxes"] = taxes(line_taxes);
        }
    };
    put(order, "line_items", cart.items.iter().map(|item| (item.total, &item.taxes)).collect());
    put(order, "shipping_lines", cart.shipping.iter().map(|line| (line.total, &line.taxes)).collect());
    put(order, "fee_lines", cart.fees.iter().map(|line| (line.total, &line.taxes)).collect());
    let known = order.get("tax_lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let lines: Vec<Value> = cart
        .tax_lines
        .iter()
        .map(|line| {
            let id = known.iter().find(|old| old["rate_id"] == line.rate).and_then(|old| old["id"].as_u64());
            tax_line(id.unwrap_or_else(&mut next_id), line, settings)
        })
        .collect();
    order.insert("tax_lines".into(), lines.into());
    set_sums(order, cart);
}
