//! Brings the sandbox's shop to the state that the recorded shop was in before an exchange.
//!
//! Everything that recorded requests did is done by replaying them. What happened unrecorded (products made by a
//! script, an order typed in the admin pages, options set in the database) is put in here, from the first answer that
//! shows it.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::shop::{ApiKey, Clock, Kind, Permission, Settings, Shop, ShopSpec, TaxRate};
use serde_json::Value;

use super::recorded::{Exchange, records_in};

/// What the recordings know of records.
pub(crate) struct Known {
    /// The first answer that shows a record.
    first: BTreeMap<(Kind, u64), Value>,
    /// The last answer that shows it.
    last: BTreeMap<(Kind, u64), Value>,
    /// The last answer to a write that shows it: descriptions are there as they are kept.
    written: BTreeMap<(Kind, u64), Value>,
    /// Records that no recorded request created, with their creation date: a script or a shopper made them.
    unrecorded: Vec<(Kind, u64, String)>,
}

/// Made unrecorded, but by a recorded request: the refused order that stays behind.
const LEFT_BEHIND: u64 = 76;
/// Deleted unrecorded after this exchange.
const DELETED: [(&str, Kind, u64); 1] = [("products-update-restore-from-trash", Kind::Product, 86)];
/// While webhooks were recorded, products, orders and customers were edited without a recording; before the exchange
/// after that they get what later answers show.
const EDITED_BEFORE: &str = "webhooks-get-disabled-after-failures";
/// The price that a variation had got by then.
const VARIATION_EDITED_BEFORE: (&str, u64, &str) = ("orders-create-for-webhook", 29, "121.00");
/// Sales of a shopper's checkout and of unrecorded orders: products show them from here on.
const SOLD_BEFORE: &str = "products-walk-by-id-page1";

impl Known {
    pub(crate) fn new(exchanges: &[Exchange]) -> Known {
        let (mut first, mut last, mut written) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut created = BTreeSet::new();
        for exchange in exchanges {
            let creates = exchange.method == "POST" && exchange.status < 300;
            for (kind, id, record) in records_in(&exchange.answer) {
                if creates && !first.contains_key(&(kind, id)) {
                    created.insert((kind, id));
                }
                first.entry((kind, id)).or_insert_with(|| record.clone());
                if exchange.method != "GET" {
                    written.insert((kind, id), record.clone());
                }
                last.insert((kind, id), record);
            }
        }
        let date = |record: &Value| record["date_created_gmt"].as_str().map(str::to_owned);
        let made =
            first.iter().filter(|(key, _)| !created.contains(key) && **key != (Kind::Order, LEFT_BEHIND));
        let mut unrecorded: Vec<_> =
            made.filter_map(|((kind, id), record)| Some((*kind, *id, date(record)?))).collect();
        // The last first, so that they can be taken off the end as time goes on.
        unrecorded.sort_by(|a, b| (&b.2, b.1).cmp(&(&a.2, a.1)));
        Known { first, last, written, unrecorded }
    }

    /// Puts in what was made unrecorded up to a moment.
    fn catch_up(&mut self, shop: &Shop, moment: &str) {
        while self.unrecorded.last().is_some_and(|(_, _, date)| &**date <= moment) {
            let Some((kind, id, _)) = self.unrecorded.pop() else { return };
            if shop.get(kind, id).is_none() {
                let mut record = self.first[&(kind, id)].clone();
                if kind == Kind::Product {
                    record["total_sales"] = 0.into();
                }
                put(shop, record, kind);
            }
        }
    }
}

/// An empty shop with the settings and keys of the recorded one.
pub(crate) fn empty_shop() -> Shop {
    let settings = Settings {
        site_url: Some("http://shop.example".to_owned()),
        title: "Fixture Shop".to_owned(),
        tax_rates: vec![
            TaxRate::new(1, "SA", 15.0, "VAT", "standard", true),
            TaxRate::new(2, "SA", 5.0, "VAT reduced", "reduced-rate", false),
        ],
        ..Settings::default()
    };
    let keys = vec![
        ApiKey::read_write("ck_fixture", "cs_fixture"),
        ApiKey::new("ck_fixture_ro", "cs_fixture", Permission::Read, true),
        ApiKey::new("ck_fixture_wo", "cs_fixture", Permission::Write, true),
        ApiKey::new("ck_fixture_cust", "cs_fixture", Permission::ReadWrite, false),
    ];
    let start = Clock::at("2026-11-21T22:10:00").unwrap();
    Shop::from_records(&ShopSpec { settings, keys, clock: start, ..ShopSpec::default() }, [])
}

/// Puts in what the exchange speaks of and the shop does not have, and sets clock, options and counters.
pub(crate) fn before(shop: &Shop, known: &mut Known, exchange: &Exchange) {
    let ok = exchange.status < 300;
    let creates = exchange.method == "POST" && ok;
    let shown = records_in(&exchange.answer);
    if let Some(moment) = shown.iter().filter_map(|(_, _, record)| latest(record)).max() {
        known.catch_up(shop, &moment);
    }
    if exchange.name == EDITED_BEFORE || exchange.name == SOLD_BEFORE {
        edited(shop, known, exchange.name == SOLD_BEFORE);
    }
    for (kind, id, record) in &shown {
        let own = creates && !exchange.path.ends_with("/batch");
        if !own && exchange.path != "/wp-json/wc/v3/products/batch" && shop.get(*kind, *id).is_none() {
            put(shop, known.first.get(&(*kind, *id)).unwrap_or(record).clone(), *kind);
        }
    }
    if exchange.name == "categories-list-page1" {
        for ((kind, id), record) in known.first.iter().filter(|((kind, _), _)| *kind == Kind::Category) {
            if shop.get(*kind, *id).is_none() {
                put(shop, record.clone(), *kind);
            }
        }
    }
    if exchange.name == VARIATION_EDITED_BEFORE.0 {
        let mut variation = shop.get(Kind::Variation, VARIATION_EDITED_BEFORE.1).unwrap();
        variation["price"] = VARIATION_EDITED_BEFORE.2.into();
        variation["regular_price"] = VARIATION_EDITED_BEFORE.2.into();
        put(shop, variation, Kind::Variation);
    }
    for (kind, id) in spoken_of(exchange) {
        if let (None, Some(record)) = (shop.get(kind, id), known.first.get(&(kind, id))) {
            put(shop, record.clone(), kind);
        }
    }
    put_coupons(shop, known, exchange);
    if let Some(moment) = shown.iter().filter_map(|(_, _, record)| latest(record)).max() {
        shop.set_clock(Clock::at(&moment).unwrap());
    }
    if creates && let Some((kind, id, record)) = shown.first() {
        shop.set_next_id(*kind, *id);
        if let Some(line) = first_line(record) {
            shop.set_next_line_id(line);
        }
    }
    if exchange.method == "PUT"
        && let Some(refund) = exchange.answer["refunds"][0]["id"].as_u64()
    {
        shop.set_next_id(Kind::Refund, refund);
    }
    options(shop, &exchange.name);
}

/// Takes over what unrecorded edits left: all of it, or only what is not counted up by later orders.
fn edited(shop: &Shop, known: &Known, all: bool) {
    const TYPED: [&str; 7] =
        ["name", "regular_price", "price", "price_html", "date_modified", "date_modified_gmt", "sku"];
    for ((kind, id), record) in &known.last {
        let Some(mut own) = shop.get(*kind, *id) else { continue };
        for field in ["description", "short_description"] {
            if let Some(written) = known.written.get(&(*kind, *id)).filter(|_| *kind == Kind::Product) {
                own[field] = written[field].clone();
            }
        }
        match kind {
            Kind::Product if all => own = record.clone(),
            Kind::Product => TYPED.iter().for_each(|field| own[*field] = record[*field].clone()),
            Kind::Order if *id == 82 => own = record.clone(),
            Kind::Customer if !all => own = record.clone(),
            _ => continue,
        }
        put(shop, own, *kind);
    }
}

/// What happened unrecorded right after an exchange.
pub(crate) fn after(shop: &Shop, exchange: &Exchange) {
    for (name, kind, id) in DELETED {
        if exchange.name == name {
            shop.delete(kind, id);
        }
    }
}

/// Records that a request names or that its list must count.
fn spoken_of(exchange: &Exchange) -> Vec<(Kind, u64)> {
    let mut ids = Vec::new();
    for line in exchange.body["line_items"].as_array().into_iter().flatten() {
        ids.extend(line["product_id"].as_u64().map(|id| (Kind::Product, id)));
        ids.extend(line["variation_id"].as_u64().map(|id| (Kind::Variation, id)));
    }
    let entries = exchange.answer.as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_u64());
    let kind = match &*exchange.path {
        "/wp-json/wc/v3/orders" => Some(Kind::Order),
        "/wp-json/wc/v3/products" => Some(Kind::Product),
        "/wp-json/wc/v3/customers" => Some(Kind::Customer),
        _ => None,
    };
    ids.extend(entries.filter_map(|id| Some((kind?, id))));
    ids
}

fn put_coupons(shop: &Shop, known: &Known, exchange: &Exchange) {
    for line in exchange.body["coupon_lines"].as_array().into_iter().flatten() {
        let code = line["code"].as_str().unwrap().to_lowercase();
        let held =
            known.first.iter().find(|((kind, _), record)| *kind == Kind::Coupon && record["code"] == *code);
        if let Some(((kind, id), record)) = held
            && shop.get(*kind, *id).is_none()
        {
            put(shop, record.clone(), *kind);
        }
    }
}

/// The latest UTC date in a record.
fn latest(record: &Value) -> Option<String> {
    let fields = ["date_created_gmt", "date_modified_gmt", "date_paid_gmt", "date_completed_gmt"];
    fields.iter().filter_map(|field| record[*field].as_str()).max().map(str::to_owned)
}

/// The smallest id among the lines, which came first.
fn first_line(record: &Value) -> Option<u64> {
    let fields = ["line_items", "shipping_lines", "fee_lines", "tax_lines", "coupon_lines"];
    let lines = fields.iter().filter_map(|field| record[*field].as_array()).flatten();
    lines.filter_map(|line| line["id"].as_u64()).min()
}

/// Options that were set in the recorded shop's database before an exchange.
fn options(shop: &Shop, name: &str) {
    let decimals = match name {
        "orders-create-shop-3-decimals"
        | "orders-get-3-decimals-made-in-2-decimals"
        | "system-status-settings-3-decimals" => (3, "KWD"),
        "orders-get-read-in-0-decimals" | "orders-get-read-in-0-decimals-dp-2" => (0, "SAR"),
        _ => (2, "SAR"),
    };
    let in_database =
        name.starts_with("orders-create-incl-round") || name == "orders-create-round-at-subtotal";
    shop.change_settings(|settings| {
        settings.decimals = decimals.0;
        settings.currency = decimals.1.to_owned();
        settings.keys_over_plain_http = !name.ends_with("over-plain-http");
        settings.round_at_subtotal = name.ends_with("round-at-subtotal");
        if in_database || name == "orders-create-round-per-line" {
            settings.prices_include_tax = name.starts_with("orders-create-incl");
        }
    });
    if name == "orders-update-line-quantity-only" {
        shop.change_settings(|settings| settings.prices_include_tax = false);
    }
}

/// Keeps a record without what only the answers to writes show.
pub(crate) fn put(shop: &Shop, mut record: Value, kind: Kind) {
    if let Some(map) = record.as_object_mut() {
        map.remove("permalink_template");
        map.remove("generated_slug");
        if map.get("average_rating").is_some_and(|rating| rating == "0") {
            map.insert("average_rating".into(), "0.00".into());
        }
        if map.get("tax_class").is_some_and(|class| class == "parent") {
            map.insert("tax_class".into(), "".into());
        }
        // Sales were counted already; counting them again would lower stock twice.
        let sold = ["processing", "completed", "on-hold"];
        if kind == Kind::Order && map["status"].as_str().is_some_and(|status| sold.contains(&status)) {
            map.insert("__sales_counted".into(), true.into());
        }
    }
    assert!(shop.put(kind, record));
}
