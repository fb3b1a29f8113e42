//! Every recorded order, through the real import into the Odoo stand-in of each series.

use linkspan::sync::binding::xmlid;
use sandbox::odoo::Series;
use serde_json::{Value, json};

use super::import::{OdooRecord, World};
use super::recorded::{self, Recorded};
use pyexpr::Decimal;

/// Each recorded body becomes an order of its own, so that each is a case and none changes another.
fn cases() -> Vec<(u64, Recorded)> {
    let renumbered = |(id, mut order): (u64, Recorded)| {
        order.body["id"] = id.into();
        (id, order)
    };
    (100_000..).zip(recorded::orders()).map(renumbered).collect()
}

/// What the shop's status is in Odoo; `None` where the order does not come in.
pub(super) fn state_of(order: &Value) -> Option<&'static str> {
    match order["status"].as_str().expect("a status") {
        "pending" | "on-hold" | "failed" => Some("draft"),
        "processing" | "completed" => Some("sale"),
        "cancelled" | "refunded" | "trash" => Some("cancel"),
        "checkout-draft" => None,
        other => panic!("no test says what {other} is"),
    }
}

/// Whether Odoo shows the shop's total, exactly.
pub(super) fn same_total(shop: &Value, odoo: &OdooRecord) -> Result<(), String> {
    let said = Decimal::parse(shop["total"].as_str().expect("a total")).expect("a number");
    let shown = odoo["amount_total"].as_f64().expect("a number");
    let exact = Decimal::from_json_number(shown).expect("finite").quantize_half_up(6).expect("small");
    if exact == said { Ok(()) } else { Err(format!("the shop says {said}, Odoo {shown}")) }
}

async fn every_recorded_order_comes_in(series: Series, currency: &str) {
    let cases = cases();
    let world = World::new(series, currency, cases.iter().map(|(id, case)| (*id, case.body.clone()))).await;
    let summary = world.import_all("order").await;
    let counts = summary.entities["order"];
    assert_eq!((counts.mismatched, counts.skipped), (0, 3), "{counts:?}");

    let orders = world.records("order");
    let currencies = world.odoo.records("res.currency");
    let mut wrong = Vec::new();
    for (id, case) in &cases {
        let order = orders.get(&xmlid("shop", "order", &id.to_string()));
        let (Some(order), Some(state)) = (order, state_of(&case.body)) else {
            assert!(order.is_none() && state_of(&case.body).is_none(), "{} came in or not", case.name);
            continue;
        };
        let mut check = |what: &str, right: bool| {
            if !right {
                let shown = ["state", "amount_total", "currency_id", "date_order", "client_order_ref"];
                let shown = shown.map(|field| format!("{field} = {}", order[field]));
                wrong.push(format!("{}: {what} of {shown:?}", case.name));
            }
        };
        let total = same_total(&case.body, order);
        check(&format!("{total:?}"), total.is_ok());
        check("state", order["state"] == state);
        check("client_order_ref", order["client_order_ref"] == case.body["number"]);
        let created = case.body["date_created_gmt"].as_str().expect("a date").replace('T', " ");
        check("date_order", order["date_order"] == json!(created));
        let currency = currencies.iter().find(|currency| currency["id"] == order["currency_id"]);
        check("currency_id", currency.is_some_and(|currency| currency["name"] == case.body["currency"]));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    let again = world.import_all("order").await.entities["order"];
    assert_eq!((again.created, again.updated), (0, 0), "a second run writes nothing");
}

#[tokio::test]
async fn every_recorded_order_comes_into_odoo_16_with_the_shops_total() {
    every_recorded_order_comes_in(Series::V16, "SAR").await;
}

#[tokio::test]
async fn every_recorded_order_comes_into_odoo_17_with_the_shops_total() {
    every_recorded_order_comes_in(Series::V17, "SAR").await;
}

#[tokio::test]
async fn every_recorded_order_comes_into_odoo_18_with_the_shops_total() {
    every_recorded_order_comes_in(Series::V18, "SAR").await;
}

#[tokio::test]
async fn every_recorded_order_comes_into_odoo_19_with_the_shops_total() {
    every_recorded_order_comes_in(Series::V19, "SAR").await;
}

/// Then the riyals are the foreign currency.
#[tokio::test]
async fn every_recorded_order_comes_into_a_company_with_dollars() {
    every_recorded_order_comes_in(Series::V18, "USD").await;
}

/// One world for the questions below: name of the recorded exchange -> id of its order.
async fn imported() -> (World, impl Fn(&str) -> u64) {
    let cases = cases();
    let world = World::new(Series::V18, "SAR", cases.iter().map(|(id, case)| (*id, case.body.clone()))).await;
    world.import_all("order").await;
    let id = move |name: &str| cases.iter().find(|(_, case)| case.name == name).expect(name).0;
    (world, id)
}

#[tokio::test]
async fn recorded_customers_of_every_kind_are_the_orders_customers() {
    let (world, id) = imported().await;
    let partner = |name: &str| {
        let order = world.order(id(name));
        world.odoo_record("res.partner", &order["partner_id"])
    };
    let registered = partner("orders-get-registered-processing");
    assert_eq!(
        (&registered["name"], &registered["email"]),
        (&json!("Lina Harb"), &json!("lina.harb@mail.example"))
    );
    let arabic = partner("orders-get-arabic-onhold");
    assert_eq!(arabic["name"], json!("نور القحطاني"));
    let company = partner("orders-get-company-completed");
    assert_eq!(
        (&company["name"], &company["company_name"]),
        (&json!("Sami Aziz"), &json!("Acme Trading LLC"))
    );
    // The shop forgets a deleted customer; the e-mail address of the order still tells who it was.
    assert_eq!(partner("orders-get-after-customer-deleted")["id"], company["id"]);
    let guest = partner("orders-get-guest-pending");
    assert_eq!(guest["email"], case_of("orders-get-guest-pending")["billing"]["email"]);
    let nobody = partner("orders-get-no-billing");
    assert_eq!((&nobody["name"], &nobody["email"]), (&json!("Guest of order 55"), &json!(false)));
    // Each order without any billing has a customer of its own.
    assert_ne!(nobody["id"], partner("orders-create-no-billing")["id"]);
}

fn case_of(name: &str) -> Value {
    recorded::orders().into_iter().find(|order| order.name == name).expect(name).body
}

#[tokio::test]
async fn recorded_lines_of_every_kind_have_their_products() {
    let (world, id) = imported().await;
    let codes = |name: &str| -> Vec<String> {
        let lines = world.lines(&world.order(id(name)));
        let product = |line: &OdooRecord| world.odoo_record("product.product", &line["product_id"]);
        let code = |line| product(line)["default_code"].as_str().unwrap_or_default().to_owned();
        lines.iter().map(code).collect()
    };
    let cases: &[(&str, &[&str])] = &[
        ("orders-get-deleted-product", &["WOO-ITEM", "LAMP-001", "WOO-TAX"]),
        ("orders-get-free-text-line", &["WOO-ITEM", "WOO-TAX"]),
        ("orders-get-variations", &["SHIRT-BM2", "MUG-DOG", "SHIRT-GA", "WOO-TAX", "WOO-TAX"]),
        ("orders-get-shipping-fee", &["TEA-250", "WOO-SHIPPING", "WOO-FEE", "WOO-FEE", "WOO-TAX", "WOO-TAX"]),
        ("orders-get-coupon-percent", &["مصباح-٢", "", "WOO-COUPON", "WOO-TAX"]),
        ("orders-get-line-discount", &["LAMP-001", "WOO-TAX", "WOO-DISCOUNT"]),
        ("orders-get-empty", &[]),
    ];
    for (name, expected) in cases {
        assert_eq!(codes(name), *expected, "{name}");
    }
}

#[tokio::test]
async fn refunds_are_a_state_and_stand_in_the_source() {
    let (world, id) = imported().await;
    for (name, state, origin) in [
        ("orders-get-partial-refund", "sale", "WooCommerce 62 (completed, refunded "),
        ("orders-get-full-refund", "cancel", "WooCommerce 66 (refunded, refunded 137.99)"),
        ("orders-get-status-refunded", "cancel", "WooCommerce 60 (refunded, refunded 63.00)"),
    ] {
        let order = world.order(id(name));
        assert_eq!(order["state"], state, "{name}");
        let shown = order["origin"].as_str().expect("a text");
        assert!(shown.starts_with(origin), "{name}: {shown}");
    }
}
