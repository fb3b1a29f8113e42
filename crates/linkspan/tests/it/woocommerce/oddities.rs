//! Orders and customers that were not recorded but do happen; each was decided on, and this is the decision.

use linkspan::store::DeadLetterState;
use sandbox::odoo::Series;
use serde_json::{Value, json};

use super::import::{OdooRecord, World};
use super::orders::same_total;
use super::recorded;
use super::shop::{CUSTOMERS, ORDERS, PRODUCTS};

/// A recorded order under a new id, changed.
fn order(id: u64, like: &str, change: impl FnOnce(&mut Value)) -> (u64, Value) {
    let mut order = recorded::orders().into_iter().find(|order| order.name == like).expect(like).body;
    order["id"] = id.into();
    order["number"] = id.to_string().into();
    change(&mut order);
    (id, order)
}

async fn world(orders: impl IntoIterator<Item = (u64, Value)>) -> World {
    World::new(Series::V18, "SAR", orders).await
}

async fn administrator(world: &World) -> odoo_rpc::Client {
    let admin = odoo_rpc::Config::new(
        world.odoo.url().parse().expect("an address"),
        "odoo",
        "admin",
        secrecy::SecretString::from("admin-pass-1"),
    );
    odoo_rpc::Client::connect(admin).await.expect("the Odoo answers")
}

fn assert_same_total(world: &World, id: u64) -> OdooRecord {
    let shop = world.shop.records()[ORDERS][&id].clone();
    let order = world.order(id);
    same_total(&shop, &order).unwrap_or_else(|wrong| panic!("order {id}: {wrong}"));
    order
}

fn text(line: &OdooRecord) -> (String, f64, f64) {
    let number = |field: &str| line[field].as_f64().expect("a number");
    (line["name"].as_str().expect("a name").to_owned(), number("product_uom_qty"), number("price_unit"))
}

#[tokio::test]
async fn quantities_may_be_fractions_of_as_many_digits_as_odoo_keeps() {
    let world = world([order(1_001, "orders-get-rounding", |order| {
        order["line_items"][0]["quantity"] = json!(1.5);
        order["line_items"][1]["quantity"] = json!(0.125);
        order["line_items"][2]["quantity"] = json!(0.001);
    })])
    .await;
    world.import_all("order").await;
    let lines: Vec<_> = world.lines(&assert_same_total(&world, 1_001)).iter().map(text).collect();
    assert_eq!(lines[0], ("مصباح مكتب كلاسيكي".to_owned(), 1.5, 199.98));
    assert_eq!(
        lines[1],
        ("Loose candle".to_owned(), 0.13, 167.31),
        "0.125 is 0.13 in Odoo, at a price that fits"
    );
    assert_eq!(lines[2], ("Wool scarf".to_owned(), 0.0, 0.0), "0.001 is nothing in Odoo");
    assert_eq!(lines.last(), Some(&("Rounding".to_owned(), 1.0, 59.9)));
}

#[tokio::test]
async fn what_a_line_without_quantity_costs_is_in_the_rounding() {
    let world = world([order(1_001, "orders-get-rounding", |order| {
        order["line_items"][0]["quantity"] = json!(0);
    })])
    .await;
    world.import_all("order").await;
    let lines: Vec<_> = world.lines(&assert_same_total(&world, 1_001)).iter().map(text).collect();
    assert_eq!(lines[0], ("مصباح مكتب كلاسيكي".to_owned(), 0.0, 0.0), "nothing is delivered");
    assert_eq!(lines.last(), Some(&("Rounding".to_owned(), 1.0, 299.97)));
}

#[tokio::test]
async fn a_currency_odoo_does_not_know_waits_for_a_human_and_then_comes_in() {
    let world = world([order(1_001, "orders-get-usd", |order| order["currency"] = json!("XYZ"))]).await;
    let summary = world.import("order").await;
    assert_eq!(summary.entities["order"].refused, 1);
    let letters = world.dead_letters().await;
    let reason = |entity: &str| &letters.iter().find(|letter| letter.entity == entity).expect(entity).message;
    assert!(
        reason("pricelist").contains("Odoo has no currency XYZ; add or activate it there"),
        "{letters:#?}"
    );
    assert!(reason("order").contains("pricelist XYZ is not in Odoo"), "{letters:#?}");

    let currency = [("name", json!("XYZ")), ("symbol", json!("X")), ("rounding", json!(0.01))];
    let values = currency.map(|(field, value)| (field.to_owned(), value)).into_iter().collect();
    administrator(&world).await.create("res.currency", vec![values]).await.expect("an administrator may");
    world.import_all("order").await;
    assert_same_total(&world, 1_001);
    let letters = world.dead_letters().await;
    assert!(letters.iter().all(|letter| letter.state == DeadLetterState::Resolved), "{letters:#?}");
}

#[tokio::test]
async fn a_shop_with_three_decimals_needs_three_here_and_there() {
    let three = || order(1_001, "orders-create-shop-3-decimals", |order| order["total"] = json!("345.965"));
    // With the two digits that Odoo has by default, 345.965 cannot be shown: the order is in, and reported.
    let world = world([three()]).await;
    let summary = world.import("order").await;
    assert_eq!(summary.entities["order"].mismatched, 1);
    assert!(summary.refusals[0].reason.contains("345.965"), "{}", summary.refusals[0].reason);

    let mut world = World::new(Series::V18, "SAR", [three()]).await;
    world.settings.insert("price_decimals".to_owned(), 3);
    let precisions = world.odoo.records("decimal.precision");
    let price = precisions.iter().find(|precision| precision["name"] == "Product Price").expect("seeded");
    let digits = [("digits".to_owned(), json!(3))].into_iter().collect();
    let admin = odoo_rpc::Config::new(
        world.odoo.url().parse().expect("an address"),
        "odoo",
        "admin",
        secrecy::SecretString::from("admin-pass-1"),
    );
    let admin = odoo_rpc::Client::connect(admin).await.expect("the Odoo answers");
    let id = price["id"].as_i64().expect("an id");
    admin.write("decimal.precision", &[id], digits).await.expect("an administrator may");
    world.import_all("order").await;
    let lines: Vec<_> = world.lines(&assert_same_total(&world, 1_001)).iter().map(text).collect();
    assert_eq!(lines[1], ("Bulk bolt 6".to_owned(), 7.0, 0.123), "Odoo keeps the third digit");
}

#[tokio::test]
async fn a_yen_order_of_many_pieces_is_in_whole_yen() {
    let yen = |id: u64, quantity: u64, subtotal: &str| {
        order(id, "orders-get-read-in-0-decimals", |order| {
            order["currency"] = json!("JPY");
            order["line_items"] = json!([order["line_items"][0]]);
            order["line_items"][0]["quantity"] = quantity.into();
            for field in ["subtotal", "total"] {
                order["line_items"][0][field] = subtotal.into();
            }
            order["tax_lines"] = json!([]);
            order["total"] = subtotal.into();
        })
    };
    // 1001 yen for 150 pieces: at two digits Odoo would make 1000.50 of it, and two yen more with the difference.
    let world = world([yen(1_001, 3, "91"), yen(1_002, 150, "1001"), yen(1_003, 1, "7")]).await;
    world.import_all("order").await;
    for id in 1_001..=1_003 {
        assert_same_total(&world, id);
    }
    let lines: Vec<_> = world.lines(&world.order(1_002)).iter().map(text).collect();
    assert_eq!(lines[1], ("Rounding".to_owned(), 1.0, -49.0));
}

#[tokio::test]
async fn a_customer_without_an_email_address_comes_in_without_one() {
    let world = world([]).await;
    let mut nameless = world.shop.records()[CUSTOMERS][&7].clone();
    nameless["id"] = json!(70);
    for field in ["email", "first_name", "last_name"] {
        nameless[field] = json!("");
    }
    world.shop.records().insert(CUSTOMERS, [(70, nameless.clone()), (71, with_id(nameless, 71))].into());
    world.import_all("customer").await;
    let one = world.record("customer", "70").expect("customer 70");
    assert_eq!((&one["email"], &one["name"]), (&json!(false), &json!("solo")));
    // No e-mail address is no reason to take two people for one.
    assert_ne!(one["id"], world.record("customer", "71").expect("customer 71")["id"]);
}

fn with_id(mut record: Value, id: u64) -> Value {
    record["id"] = id.into();
    record
}

#[tokio::test]
async fn guests_whose_email_addresses_differ_in_case_are_one_customer_with_the_newest_address() {
    let guest = |id: u64, email: &str, street: &str, modified: &str| {
        order(id, "orders-get-guest-pending", |order| {
            order["billing"]["email"] = email.into();
            order["billing"]["address_1"] = street.into();
            order["date_modified_gmt"] = modified.into();
        })
    };
    let world = world([
        guest(1_001, "Mona@Mail.example", "Old street 1", "2026-11-21T10:00:00"),
        guest(1_002, "mona@mail.EXAMPLE ", "New street 2", "2026-11-21T12:00:00"),
        guest(1_003, "mona@mail.example", "Older street 3", "2026-11-20T12:00:00"),
    ])
    .await;
    world.import_all("order").await;
    let partners: Vec<Value> = (1_001..=1_003).map(|id| world.order(id)["partner_id"].clone()).collect();
    assert_eq!(partners[0], partners[1]);
    assert_eq!(partners[0], partners[2]);
    let partner = world.odoo_record("res.partner", &partners[0]);
    assert_eq!(
        (&partner["street"], &partner["email"]),
        (&json!("New street 2"), &json!("mona@mail.example"))
    );
}

fn contact_of(partner: &OdooRecord) -> Vec<Value> {
    ["name", "street", "city", "zip", "phone", "email", "country_id"]
        .map(|field| partner[field].clone())
        .to_vec()
}

fn contact(world: &World, id: &Value) -> Vec<Value> {
    contact_of(&world.odoo_record("res.partner", id))
}

/// Anybody can type somebody's e-mail address into a checkout, and another address with it.
#[tokio::test]
async fn a_guest_with_the_address_of_a_registered_customer_is_that_customer_and_changes_no_contact() {
    let world = world([order(1_001, "orders-get-guest-pending", |order| {
        order["billing"]["email"] = json!("LINA.harb@mail.example");
        order["shipping"] = order["billing"].clone();
    })])
    .await;
    world.import_all("customer").await;
    let lina = world.record("customer", "3").expect("customer 3");
    for street in ["Somewhere 4", "Elsewhere 5"] {
        world.shop.change(ORDERS, 1_001, |order| {
            order["billing"]["address_1"] = json!(street);
            order["shipping"]["address_1"] = json!(street);
        });
        world.import_all("order").await;
        assert_eq!(contact(&world, &lina["id"]), contact_of(&lina), "her contact is as the shop has her");
        let order = world.order(1_001);
        assert_eq!(order["partner_id"], lina["id"]);
        let address = world.odoo_record("res.partner", &order["partner_shipping_id"]);
        assert_eq!((&address["street"], &address["type"]), (&json!(street), &json!("delivery")));
    }
}

#[tokio::test]
async fn a_guest_with_the_address_of_a_supplier_changes_no_contact_either() {
    let world = world([order(1_001, "orders-get-guest-pending", |order| {
        order["billing"]["email"] = json!("info@supplier.example");
    })])
    .await;
    let values = [("name", "Supplier"), ("email", "info@supplier.example"), ("street", "Works 1")];
    let values = values.map(|(field, value)| (field.to_owned(), json!(value))).into_iter().collect();
    let made = administrator(&world).await.create("res.partner", vec![values]).await.expect("created");
    let supplier = json!(made[0]);
    let before = contact(&world, &supplier);
    for street in ["Fake 1", "Fake 2"] {
        world.shop.change(ORDERS, 1_001, |order| order["billing"]["address_1"] = json!(street));
        world.import_all("order").await;
        assert_eq!(contact(&world, &supplier), before);
        assert_eq!(world.order(1_001)["partner_id"], supplier, "one e-mail address, one contact");
    }
}

#[tokio::test]
async fn a_guest_who_registers_is_the_same_contact_and_later_orders_leave_it_to_the_account() {
    let world = world([order(1_001, "orders-get-guest-pending", |order| {
        order["billing"]["email"] = json!("lina.harb@mail.example");
        order["billing"]["address_1"] = json!("Before 1");
    })])
    .await;
    world.import_all("order").await;
    let guest = world.order(1_001)["partner_id"].clone();
    assert_eq!(world.odoo_record("res.partner", &guest)["street"], "Before 1");
    world.import_all("customer").await;
    let lina = contact(&world, &guest);
    assert_eq!(lina[0], "Lina Harb", "one person, one contact");
    assert_ne!(lina[1], "Before 1");
    world.shop.change(ORDERS, 1_001, |order| order["billing"]["address_1"] = json!("After 2"));
    world.import_all("order").await;
    assert_eq!(contact(&world, &guest), lina);
    assert_eq!(world.order(1_001)["partner_id"], guest);
}

/// The e-mail address, which is who a guest is, stays the same, and nothing of the order itself changes.
#[tokio::test]
async fn a_guests_address_that_is_corrected_in_the_order_comes_in() {
    let world = world([order(1_001, "orders-get-guest-pending", |_| {})]).await;
    world.import_all("order").await;
    world.shop.change(ORDERS, 1_001, |order| order["billing"]["address_1"] = json!("Corrected 7"));
    world.import_all("order").await;
    let partner = world.odoo_record("res.partner", &world.order(1_001)["partner_id"]);
    assert_eq!(partner["street"], "Corrected 7");
}

#[tokio::test]
async fn a_registered_customers_order_for_a_company_stays_the_customers() {
    let world = world([order(1_001, "orders-get-registered-processing", |order| {
        order["billing"]["company"] = json!("Harb & Sons");
    })])
    .await;
    world.import_all("order").await;
    let lina = world.record("customer", "3").expect("customer 3");
    assert_eq!(world.order(1_001)["partner_id"], lina["id"]);
    assert_eq!(lina["company_name"], json!(false), "the customer's own record decides");
}

/// The customer's address changes with the profile and with later orders; the goods of this one still go where it says.
#[tokio::test]
async fn goods_go_where_the_order_says_whatever_becomes_of_the_customers_address() {
    let to = |order: &mut Value, street: &str| {
        order["shipping"] = order["billing"].clone();
        order["shipping"].as_object_mut().expect("an object").remove("email");
        order["shipping"]["address_1"] = street.into();
        order["shipping"]["phone"] = json!("");
    };
    let world = world([
        order(1_001, "orders-get-guest-pending", |order| to(order, "Quay 1")),
        order(1_002, "orders-get-guest-pending", |order| to(order, "Harbour 9")),
        order(1_003, "orders-get-guest-pending", |order| to(order, "HARBOUR 9")),
        order(1_004, "orders-get-registered-processing", |order| to(order, "Harbour 9")),
        order(1_005, "orders-get-guest-pending", |order| {
            order["shipping"]["address_1"] = json!("");
            order["shipping_lines"] = json!([]);
        }),
    ])
    .await;
    world.import_all("order").await;
    let goes_to = |id: u64| world.odoo_record("res.partner", &world.order(id)["partner_shipping_id"]);
    for (id, street) in [(1_001, "Quay 1"), (1_002, "Harbour 9"), (1_003, "HARBOUR 9"), (1_004, "Harbour 9")]
    {
        let address = goes_to(id);
        let same = address["street"].as_str().expect("a street").eq_ignore_ascii_case(street);
        assert!(same && address["type"] == "delivery", "order {id}: {address:?}");
        let phone = &world.shop.records()[ORDERS][&id]["billing"]["phone"].clone();
        assert_eq!(address["phone"], *phone, "the carrier can call");
    }
    assert_eq!(goes_to(1_002)["id"], goes_to(1_003)["id"], "the same address is one contact");
    let nothing_to_send = world.order(1_005);
    assert_eq!(nothing_to_send["partner_shipping_id"], nothing_to_send["partner_id"]);
    // A clerk corrects both addresses of an order; another order keeps its own.
    world.shop.change(ORDERS, 1_002, |order| {
        order["billing"]["address_1"] = json!("Corrected 3");
        to(order, "Corrected 3");
    });
    world.import_all("order").await;
    assert_eq!(goes_to(1_002)["street"], "Corrected 3");
    assert_eq!(goes_to(1_001)["street"], "Quay 1");
    // An order that loses its address goes to the customer again.
    world.shop.change(ORDERS, 1_002, |order| {
        order["shipping"]["address_1"] = json!("");
        order["shipping_lines"] = json!([]);
    });
    world.import_all("order").await;
    let order = world.order(1_002);
    assert_eq!(order["partner_shipping_id"], order["partner_id"]);
}

#[tokio::test]
async fn names_are_text_and_not_what_a_page_shows() {
    let world = world([order(1_001, "orders-get-guest-pending", |order| {
        order["billing"]["last_name"] = json!("O'Neill &amp; Co");
    })])
    .await;
    world.import_all("order").await;
    let partner = world.odoo_record("res.partner", &world.order(1_001)["partner_id"]);
    let name = partner["name"].as_str().expect("a name");
    assert!(name.ends_with("O'Neill & Co"), "{name}");
}

/// Without SKU a variation shows its parent's (recorded: variation 35), which is the parent's code in Odoo already.
#[tokio::test]
async fn variations_without_an_sku_come_in_beside_their_parent() {
    let world = world([order(1_001, "orders-get-variations", |order| {
        for line in order["line_items"].as_array_mut().expect("lines") {
            line["product_id"] = json!(32);
            line["variation_id"] = json!(35);
            line["sku"] = json!("MUG");
        }
    })])
    .await;
    world.shop.change(PRODUCTS, 35, |variation| variation["sku"] = json!(""));
    world.import_all("product").await;
    world.import_all("order").await;
    let mug = world.record("product", "32").expect("product 32");
    let variation = world.record("product", "35").expect("variation 35");
    assert_eq!((&mug["default_code"], &variation["default_code"]), (&json!("MUG"), &json!(false)));
    assert_ne!(mug["id"], variation["id"]);
}

#[tokio::test]
async fn what_the_customer_typed_is_text_in_odoos_html_note() {
    let world = world([order(1_001, "orders-get-guest-pending", |order| {
        order["customer_note"] = json!("Ring <twice> & wait\nThanks");
    })])
    .await;
    world.import_all("order").await;
    let note = world.order(1_001)["note"].as_str().expect("a note").to_owned();
    assert_eq!(note, "Ring &lt;twice> &amp; wait<br/>Thanks");
}
