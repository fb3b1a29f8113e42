//! Fields that the shop computes from others: a product's price, stock status, price text.

use serde_json::{Map, Value};

use super::money;
use super::spec::Settings;

/// Sets the computed fields of a product or variation from the typed ones.
///
/// `variation_prices` are the current prices of a variable product's variations as typed, empty for all others.
pub(crate) fn product(map: &mut Map<String, Value>, variation_prices: &[String], settings: &Settings) {
    let text = |field: &str| map.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, regular, sale) = (text("type"), text("regular_price"), text("sale_price"));
    let on_sale = !sale.is_empty() && amount(&sale) < amount(&regular);
    let mut price = if on_sale { sale.clone() } else { regular.clone() };
    let mut range = None;
    if let Some((low, high)) = extremes(variation_prices) {
        price = low.clone();
        range = Some((low, high));
    }
    let html = match range {
        Some((low, high)) if amount(&low) != amount(&high) => {
            format!("{} &ndash; {}", tag(&low, settings), tag(&high, settings))
        }
        _ if price.is_empty() => String::new(),
        _ if on_sale => sale_html(&regular, &sale, settings),
        _ => tag(&price, settings),
    };
    let purchasable = !price.is_empty() && matches!(&*kind, "simple" | "variable" | "variation");
    map.insert("price".into(), price.into());
    map.insert("purchasable".into(), purchasable.into());
    if kind != "variable" {
        map.insert("on_sale".into(), on_sale.into());
    }
    stock(map);
    if kind != "variation" {
        let is_virtual = map.get("virtual").and_then(Value::as_bool).unwrap_or(false);
        map.insert("price_html".into(), html.into());
        map.insert("has_options".into(), (kind == "variable").into());
        map.insert("shipping_required".into(), (!is_virtual).into());
        map.insert("shipping_taxable".into(), (!is_virtual).into());
    }
}

fn amount(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

fn extremes(prices: &[String]) -> Option<(String, String)> {
    let priced = || prices.iter().filter(|price| !price.is_empty());
    let low = priced().min_by(|a, b| amount(a).total_cmp(&amount(b)))?;
    let high = priced().max_by(|a, b| amount(a).total_cmp(&amount(b)))?;
    Some((low.clone(), high.clone()))
}

/// Managed stock decides the status; unmanaged stock keeps the status that somebody set.
fn stock(map: &mut Map<String, Value>) {
    let backorders = map.get("backorders").and_then(Value::as_str) != Some("no");
    map.insert("backorders_allowed".into(), backorders.into());
    if map.get("manage_stock") == Some(&Value::Bool(true)) {
        let quantity = map.get("stock_quantity").map_or(0.0, money::read);
        let status = match (quantity > 0.0, backorders) {
            (true, _) => "instock",
            (false, true) => "onbackorder",
            (false, false) => "outofstock",
        };
        map.insert("stock_status".into(), status.into());
    }
    let backordered = map.get("stock_status").and_then(Value::as_str) == Some("onbackorder");
    map.insert("backordered".into(), backordered.into());
}

fn tag(price: &str, settings: &Settings) -> String {
    format!(
        "<span class=\"woocommerce-Price-amount amount\"><bdi><span class=\"woocommerce-Price-currencySymbol\">{}\
         </span>{}</bdi></span>",
        symbol(&settings.currency).0,
        grouped(amount(price), settings.decimals),
    )
}

fn sale_html(regular: &str, sale: &str, settings: &Settings) -> String {
    let plain = |price: &str| {
        format!("{}{}", symbol(&settings.currency).0, grouped(amount(price), settings.decimals))
    };
    format!(
        "<del aria-hidden=\"true\">{}</del> <span class=\"screen-reader-text\">Original price was: {}.</span>\
         <ins aria-hidden=\"true\">{}</ins><span class=\"screen-reader-text\">Current price is: {}.</span>",
        tag(regular, settings),
        plain(regular),
        tag(sale, settings),
        plain(sale),
    )
}

/// `1,234.50`
fn grouped(amount: f64, decimals: u32) -> String {
    let text = money::fixed(amount, decimals);
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 && digit != '-' {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// A currency's symbol as an entity (settings, price texts) and plain (orders).
pub(crate) fn symbol(currency: &str) -> (&'static str, &'static str) {
    match currency {
        "SAR" => ("&#x631;.&#x633;", "ر.س"),
        "KWD" => ("&#x62f;.&#x643;", "د.ك"),
        "AED" => ("&#x62f;.&#x625;", "د.إ"),
        "EUR" => ("&euro;", "€"),
        "GBP" => ("&pound;", "£"),
        "JPY" => ("&yen;", "¥"),
        "USD" => ("&#36;", "$"),
        _ => ("", ""),
    }
}
