//! Orders and refunds of all the kinds that a connector stumbles over.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::super::dates;
use super::super::dice::Dice;
use super::super::money::round;
use super::super::order_json::{self, ItemLabel};
use super::super::spec::Settings;
use super::super::totals::{self, Cart, Charge, Discount, Item};
use super::customer::Person;
use super::{Catalog, DAY, Head, START};

const SALT: u64 = 5;
/// 5 lines, shipping, 2 fees, coupon, 3 taxes; the rest is for refunds.
pub(super) const ITEMS_PER_ORDER: u64 = 32;

const STATUSES: [(u64, &str); 8] = [
    (44, "completed"),
    (22, "processing"),
    (8, "pending"),
    (7, "on-hold"),
    (7, "cancelled"),
    (5, "refunded"),
    (4, "failed"),
    (3, "checkout-draft"),
];

/// Ways to pay: id, title.
const PAYMENTS: [(&str, &str); 3] =
    [("bacs", "Direct bank transfer"), ("cod", "Cash on delivery"), ("stripe", "Credit card &amp; Mada")];

/// What is known of an order without its lines.
struct Frame {
    head: Head,
    dice: Dice,
    partial_refund: bool,
}

impl Catalog {
    pub(super) fn order_head(&self, index: u64) -> Head {
        self.frame(index).head
    }

    fn frame(&self, index: u64) -> Frame {
        let mut dice = Dice::new(self.seed, SALT, index);
        // Every eleventh order came in the same second as the one before.
        let slot = if index % 11 == 1 { index - 1 } else { index };
        let created = START + 60 * DAY + (slot * 200 * DAY as u64 / self.orders.max(1)) as i64;
        let status = dice.weighted(&STATUSES);
        let partial_refund = matches!(status, "completed" | "processing") && dice.chance(5);
        let later = if status == "pending" { 0 } else { dice.below(10 * DAY as u64) as i64 };
        let head = Head { created, modified: Some(created + later), status: Cow::Borrowed(status) };
        Frame { head, dice, partial_refund }
    }

    /// The order as the shop keeps it: raw amounts.
    pub(super) fn order(&self, index: u64, settings: &Settings) -> Value {
        let Frame { head, mut dice, .. } = self.frame(index);
        let id = self.order_id(index);
        let (customer_id, person) = self.buyer(index, &mut dice);
        let abroad_delivery = dice.chance(55);
        let currency = if dice.chance(2) { *dice.pick(&["USD", "EUR", "KWD"]) } else { &settings.currency };
        let mut cart = Cart {
            country: person.place[4].to_owned(),
            prices_include_tax: dice.chance(15),
            round_at_subtotal: dice.chance(33),
            decimals: settings.decimals,
            ..Cart::default()
        };
        let mut next_item = index * ITEMS_PER_ORDER + 1;
        let labels = self.add_lines(&mut cart, &mut dice, &mut next_item, settings);
        let extras = add_extras(&mut cart, &mut dice, &mut next_item, self.coupon_id(0));
        cart.calculate(settings);
        let mut map = blank(id);
        map.insert("currency".into(), currency.into());
        map.insert("status".into(), head.status.clone().into());
        map.insert("prices_include_tax".into(), cart.prices_include_tax.into());
        map.insert("customer_id".into(), customer_id.into());
        map.insert("billing".into(), person.billing());
        map.insert("shipping".into(), person.shipping(abroad_delivery));
        map.insert("order_key".into(), format!("wc_order_{:013x}", dice.next() >> 12).into());
        map.insert("created_via".into(), if dice.chance(8) { "admin" } else { "store-api" }.into());
        map.insert(
            "customer_note".into(),
            if dice.chance(10) { "Please call before delivery" } else { "" }.into(),
        );
        let (method, title) = *dice.pick(&PAYMENTS);
        map.insert("payment_method".into(), method.into());
        map.insert("payment_method_title".into(), title.into());
        let items = labels.into_iter().zip(&cart.items).map(|(label, item)| order_json::item(label, item));
        map.insert("line_items".into(), items.collect());
        extras.put(&mut map, &cart);
        let tax_lines = cart.tax_lines.iter().enumerate();
        let tax_line = |(n, line): (usize, _)| order_json::tax_line(next_item + n as u64, line, settings);
        map.insert("tax_lines".into(), tax_lines.map(tax_line).collect());
        order_json::set_sums(&mut map, &cart);
        self.date(&mut map, &head, settings);
        map.insert("refunds".into(), self.refund_summaries(index, &map));
        Value::Object(map)
    }

    /// A registered customer, or in a fifth of the cases a guest.
    fn buyer(&self, index: u64, dice: &mut Dice) -> (u64, Person) {
        if dice.chance(20) || self.customer_count() == 0 {
            return (0, Person::new(dice, 1_000_000 + index));
        }
        let customer = dice.below(self.customer_count());
        (self.customer_id_at(customer), self.person(customer))
    }

    fn add_lines(
        &self,
        cart: &mut Cart,
        dice: &mut Dice,
        next_item: &mut u64,
        settings: &Settings,
    ) -> Vec<ItemLabel> {
        let count = 1 + dice.below(5);
        (0..count)
            .map(|_| {
                let (label, unit, class) = self.pick_line(dice, *next_item);
                *next_item += 1;
                let quantity = 1 + dice.below(4);
                let subtotal =
                    round(totals::net(unit, quantity, class, cart.prices_include_tax, settings), 6);
                // A line may be cheaper without any coupon: somebody typed another total.
                let total = if dice.chance(4) { round(subtotal * 0.9, 2) } else { subtotal };
                let class = class.to_owned();
                cart.items.push(Item {
                    quantity,
                    tax_class: class,
                    taxable: true,
                    subtotal,
                    total,
                    taxes: vec![],
                });
                label
            })
            .collect()
    }

    /// A product, a product that was deleted since, or free text.
    fn pick_line(&self, dice: &mut Dice, id: u64) -> (ItemLabel, f64, &'static str) {
        let gone = |name: &str| ItemLabel {
            id,
            name: name.to_owned(),
            product_id: 0,
            variation_id: 0,
            sku: None,
            image: json!({ "id": 0, "src": "" }),
            parent_name: None,
            meta: vec![],
        };
        if self.products == 0 || dice.chance(2) {
            return (gone("Engraving service"), 33.0, "");
        }
        let index = dice.below(self.products);
        let sold = self.sellable(index, dice);
        if dice.chance(2) {
            return (gone(&sold.name), sold.price, sold.tax_class);
        }
        let label = ItemLabel {
            id,
            name: sold.name,
            product_id: sold.product_id,
            variation_id: sold.variation_id,
            sku: Some(sold.sku),
            image: sold.image,
            parent_name: sold.parent_name,
            meta: sold.meta,
        };
        (label, sold.price, sold.tax_class)
    }

    fn date(&self, map: &mut Map<String, Value>, head: &Head, settings: &Settings) {
        let offset = settings.utc_offset_secs;
        dates::stamp(map, "date_created", Some(head.created), offset);
        dates::stamp(map, "date_modified", head.modified, offset);
        let paid = matches!(&*head.status, "processing" | "completed" | "refunded");
        dates::stamp(map, "date_paid", paid.then_some(head.created), offset);
        let completed = head.modified.filter(|_| head.status == "completed");
        dates::stamp(map, "date_completed", completed, offset);
        pay(map);
    }

    /// A refunded order has one refund of everything; some paid ones have one of 5.00 for goodwill.
    pub(super) fn refund_ids(&self, index: u64) -> impl Iterator<Item = u64> + use<> {
        let frame = self.frame(index);
        let count = u64::from(frame.partial_refund || frame.head.status == "refunded");
        let first = self.order_id(index) + 1;
        first..first + count
    }

    fn refund_summaries(&self, index: u64, order: &Map<String, Value>) -> Value {
        let whole = order["status"] == "refunded";
        let total = order["total"].as_str().unwrap_or("0");
        let (reason, amount) = if whole { ("Order fully refunded.", total) } else { ("Goodwill", "5") };
        let ids = self.refund_ids(index);
        ids.map(|id| json!({ "id": id, "reason": reason, "total": format!("-{amount}") })).collect()
    }

    /// The refund of an id that exists: positive amount, without lines, as a change of status makes it.
    pub(super) fn refund(&self, id: u64, settings: &Settings) -> Option<Value> {
        let (index, _) = self.order_index(id)?;
        let order = self.order(index, settings);
        let summary = order["refunds"].as_array()?.iter().find(|summary| summary["id"] == id)?.clone();
        let amount = summary["total"].as_str().unwrap_or_default().trim_start_matches('-').to_owned();
        let mut record = json!({
            "id": id, "parent_id": order["id"], "amount": amount, "reason": summary["reason"], "refunded_by": 1,
            "refunded_payment": false, "meta_data": [], "line_items": [], "shipping_lines": [], "tax_lines": [],
            "fee_lines": [],
        });
        let moment = dates::stamped(&order, "date_modified");
        dates::stamp(record.as_object_mut()?, "date_created", moment, settings.utc_offset_secs);
        Some(record)
    }
}

/// Labels of what an order has besides goods.
struct Extras {
    shipping: Vec<u64>,
    fees: Vec<(u64, &'static str)>,
    coupons: Vec<(u64, u64, &'static str)>,
}

impl Extras {
    fn put(&self, order: &mut Map<String, Value>, cart: &Cart) {
        let shipping = self.shipping.iter().zip(&cart.shipping);
        let line =
            |(id, charge): (&u64, &Charge)| order_json::shipping(*id, "Flat rate", "flat_rate", "1", charge);
        order.insert("shipping_lines".into(), shipping.map(line).collect());
        let fees = self.fees.iter().zip(&cart.fees);
        order.insert(
            "fee_lines".into(),
            fees.map(|((id, name), fee)| order_json::fee(*id, name, fee)).collect(),
        );
        let coupons = self.coupons.iter().zip(&cart.discounts);
        let line = |((id, coupon, code), discount): (&(u64, u64, &str), &Discount)| {
            order_json::coupon(*id, *coupon, code, discount)
        };
        order.insert("coupon_lines".into(), coupons.map(line).collect());
    }
}

fn add_extras(cart: &mut Cart, dice: &mut Dice, next_item: &mut u64, first_coupon: u64) -> Extras {
    let mut id = || {
        *next_item += 1;
        *next_item - 1
    };
    let mut extras = Extras { shipping: vec![], fees: vec![], coupons: vec![] };
    let charge = |total: f64, taxable| Charge { tax_class: String::new(), taxable, total, taxes: vec![] };
    if dice.chance(70) {
        extras.shipping.push(id());
        cart.shipping.push(charge(*dice.pick(&[20.0, 15.5, 0.0, 9.99]), true));
    }
    if dice.chance(8) {
        extras.fees.push((id(), "COD fee"));
        cart.fees.push(charge(12.5, true));
    }
    if dice.chance(2) {
        extras.fees.push((id(), "Loyalty discount"));
        cart.fees.push(charge(-0.5, false));
    }
    if dice.chance(12) {
        let percent = dice.chance(70);
        let (coupon, code, amount) = if percent { (0, "ten", 10.0) } else { (1, "less20", 20.0) };
        extras.coupons.push((id(), first_coupon + coupon, code));
        cart.discounts.push(Discount { percent, amount, discount: 0.0, discount_tax: 0.0 });
    }
    extras
}

/// An order without anything, as the shop keeps it.
fn blank(id: u64) -> Map<String, Value> {
    let blank = json!({
        "id": id, "parent_id": 0, "version": "9.2.5", "transaction_id": "", "customer_ip_address": "",
        "customer_user_agent": "", "cart_hash": "", "number": id.to_string(), "meta_data": [],
    });
    match blank {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Sets what follows from status and lines: who may pay and edit, whether there is work to do.
pub(crate) fn pay(order: &mut Map<String, Value>) {
    let status = order.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    let total = order.get("total").map_or(0.0, super::super::money::read);
    let editable = matches!(&*status, "pending" | "on-hold" | "auto-draft");
    let needs_payment = matches!(&*status, "pending" | "failed" | "checkout-draft") && total > 0.0;
    let goods = order.get("line_items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let needs_processing = goods.iter().any(|line| line["product_id"] != 0);
    order.insert("is_editable".into(), editable.into());
    order.insert("needs_payment".into(), needs_payment.into());
    order.insert("needs_processing".into(), needs_processing.into());
}
