//! What generated shops are like.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::shop::{Kind, Shop, ShopSpec};
use serde_json::Value;

fn shop(seed: u64) -> Shop {
    Shop::generate(&ShopSpec { seed, products: 300, customers: 80, orders: 600, ..ShopSpec::default() })
}

fn all(shop: &Shop, kind: Kind) -> Vec<Value> {
    shop.ids(kind).into_iter().map(|id| shop.get(kind, id).unwrap()).collect()
}

/// `"12.50"` as 1250.
fn cents(value: &Value) -> i64 {
    let text = value.as_str().unwrap();
    let (whole, rest) = text.split_once('.').unwrap();
    assert_eq!(rest.len(), 2, "{text} has not two decimals");
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * rest.parse::<i64>().unwrap()
}

fn lines<'a>(order: &'a Value, field: &str) -> &'a [Value] {
    order[field].as_array().unwrap()
}

fn sum(order: &Value, list: &str, field: &str) -> i64 {
    lines(order, list).iter().map(|line| cents(&line[field])).sum()
}

#[test]
fn the_same_seed_gives_the_same_shop_and_another_seed_another() {
    for kind in Kind::ALL {
        assert_eq!(all(&shop(7), kind), all(&shop(7), kind), "{kind:?}");
    }
    assert_ne!(all(&shop(7), Kind::Product), all(&shop(8), Kind::Product));
    assert_ne!(all(&shop(7), Kind::Order), all(&shop(8), Kind::Order));
}

#[test]
fn a_record_does_not_depend_on_how_many_others_there_are() {
    let (small, large) =
        (shop(3), Shop::generate(&ShopSpec { seed: 3, products: 1_000_000, ..ShopSpec::default() }));
    let id = large.ids(Kind::Product)[299];
    let (mut few, mut many) = (small.get(Kind::Product, id).unwrap(), large.get(Kind::Product, id).unwrap());
    for record in [&mut few, &mut many] {
        // Only the import's dates depend on how long it took.
        for field in ["date_created", "date_created_gmt", "date_modified", "date_modified_gmt", "images"] {
            record.as_object_mut().unwrap().remove(field);
        }
    }
    assert_eq!(few, many);
    assert_eq!(large.ids(Kind::Product).len(), 1_000_000);
}

#[test]
fn amounts_of_an_order_relate_as_in_the_recordings() {
    let mut off_by_cents = 0;
    for order in all(&shop(5), Kind::Order) {
        let id = &order["id"];
        let count = (lines(&order, "line_items").len() + lines(&order, "fee_lines").len() + 3) as i64;
        let goods = sum(&order, "line_items", "total");
        let parts = goods + sum(&order, "shipping_lines", "total") + sum(&order, "fee_lines", "total");
        let difference = (parts + cents(&order["total_tax"]) - cents(&order["total"])).abs();
        assert!(difference <= count, "order {id}: parts and total differ by {difference} cents");
        off_by_cents += usize::from(difference > 0);
        assert_eq!(
            cents(&order["total_tax"]),
            cents(&order["cart_tax"]) + cents(&order["shipping_tax"]),
            "order {id}"
        );
        let by_rate = sum(&order, "tax_lines", "tax_total");
        assert!((by_rate - cents(&order["cart_tax"])).abs() <= count, "order {id}: tax lines give {by_rate}");
        let discount = sum(&order, "line_items", "subtotal") - goods;
        assert!(
            (discount - cents(&order["discount_total"])).abs() <= count,
            "order {id}: discount {discount}"
        );
        assert_eq!(sum(&order, "shipping_lines", "total"), cents(&order["shipping_total"]), "order {id}");
        lines(&order, "line_items").iter().for_each(|line| check_line(&order, line));
    }
    assert!(off_by_cents > 5, "only {off_by_cents} orders do not add up");
}

fn check_line(order: &Value, line: &Value) {
    let id = &line["id"];
    let quantity = line["quantity"].as_f64().unwrap();
    let total = cents(&line["total"]);
    let by_price = line["price"].as_f64().unwrap() * quantity * 100.0;
    assert!((by_price - total as f64).abs() <= 0.51, "line {id}: {by_price} is not {total}");
    assert!(cents(&line["subtotal"]) >= total, "line {id} costs more than before the discount");
    for tax in lines(line, "taxes") {
        let rate = lines(order, "tax_lines").iter().find(|rate| rate["rate_id"] == tax["id"]).unwrap();
        let expected = by_price / 100.0 * rate["rate_percent"].as_f64().unwrap() / 100.0;
        let actual: f64 = tax["total"].as_str().unwrap().parse().unwrap();
        assert!((expected - actual).abs() < 1e-5, "line {id}: tax {actual}, expected {expected}");
    }
}

#[test]
fn generated_shops_hold_what_connectors_stumble_over() {
    let shop = shop(1);
    let (orders, products) = (all(&shop, Kind::Order), all(&shop, Kind::Product));
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for order in &orders {
        *statuses.entry(order["status"].as_str().unwrap()).or_default() += 1;
    }
    let expected = [
        "cancelled",
        "checkout-draft",
        "completed",
        "failed",
        "on-hold",
        "pending",
        "processing",
        "refunded",
    ];
    assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), expected);
    let any_line =
        |test: &dyn Fn(&Value) -> bool| orders.iter().flat_map(|order| lines(order, "line_items")).any(test);
    assert!(
        any_line(&|line| line["product_id"] == 0 && line["sku"].is_null()),
        "no line of a deleted product"
    );
    assert!(any_line(&|line| line["variation_id"] != 0), "no line of a variation");
    assert!(any_line(&|line| line["price"].to_string().len() > 12), "no noisy price");
    let guests = orders.iter().filter(|order| order["customer_id"] == 0).count();
    assert!((60..240).contains(&guests), "{guests} of 600 orders are by guests");
    for field in ["coupon_lines", "shipping_lines", "fee_lines", "refunds"] {
        assert!(orders.iter().any(|order| !lines(order, field).is_empty()), "no order has {field}");
    }
    assert!(orders.iter().any(|order| order["currency"] != "SAR"), "no order in another currency");
    assert!(orders.iter().any(|order| order["prices_include_tax"] == true), "no order typed with tax");
    let has =
        |test: &dyn Fn(&str) -> bool| products.iter().any(|product| test(product["name"].as_str().unwrap()));
    assert!(has(&|name| name.contains("&amp;")) && has(&|name| name.contains('م')), "names are all plain");
    let skus: Vec<&str> =
        products.iter().filter_map(|product| product["sku"].as_str()).filter(|sku| !sku.is_empty()).collect();
    assert_eq!(skus.iter().collect::<BTreeSet<_>>().len(), skus.len(), "a SKU is there twice");
    assert!(skus.iter().any(|sku| sku.starts_with('0')), "no SKU that looks like a number");
}

#[test]
fn ids_of_posts_are_disjoint() {
    let shop = shop(2);
    let mut seen = BTreeSet::new();
    for kind in [Kind::Product, Kind::Variation, Kind::Coupon, Kind::Order, Kind::Refund] {
        for id in shop.ids(kind) {
            assert!(seen.insert(id), "{kind:?} {id} is another post too");
        }
    }
}

#[test]
fn so_many_products_are_bad_as_were_asked_for() {
    let spec = ShopSpec { products: 300, bad_products: 7, ..ShopSpec::default() };
    let (good, bad) = (Shop::generate(&ShopSpec { bad_products: 0, ..spec.clone() }), Shop::generate(&spec));
    let spoilt = good
        .ids(Kind::Product)
        .into_iter()
        .filter(|&id| good.get(Kind::Product, id) != bad.get(Kind::Product, id));
    assert_eq!(spoilt.count(), 7);
}
