//! Lines of an order: those that leave, those that stay, those that a person added.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use sandbox::shop::{Kind, Shop};
use serde_json::{Value, json};

use crate::support::world::{Plan, World, size};

/// A world with one synced order of at least two product lines in this status; gives it with the order's id and
/// the ids of its first two lines.
async fn with_order(status: &str) -> (World, u64, [u64; 2]) {
    let shop = Shop::generate(&size(12, 4, 30));
    let has_lines = |id: &u64| {
        let order = shop.get(Kind::Order, *id).unwrap();
        order["line_items"].as_array().unwrap().len() > 1 && order["status"] != "checkout-draft"
    };
    let id = shop.ids(Kind::Order).into_iter().find(has_lines).unwrap();
    let order = shop.get(Kind::Order, id).unwrap();
    let lines = [&order["line_items"][0]["id"], &order["line_items"][1]["id"]].map(|id| id.as_u64().unwrap());
    for other in shop.ids(Kind::Order).into_iter().filter(|other| *other != id) {
        shop.delete(Kind::Order, other);
    }
    let world = World::start(Plan::of(shop)).await;
    world.edit(Kind::Order, id, |order| order["status"] = status.into());
    world.sync(&[]).await.ended(0);
    (world, id, lines)
}

/// The order loses its first line. Its total stays: the difference is then booked as rounding.
fn remove_first_line(world: &World, id: u64) {
    world.edit(Kind::Order, id, |order| {
        order["line_items"].as_array_mut().unwrap().remove(0);
    });
}

fn line(id: u64, line: u64) -> String {
    format!("order_{id}_order__line_{line}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_left_a_quotation_disappears() {
    let (world, id, [left, stays]) = with_order("pending").await;
    let odoo_id = world.odoo_id(&line(id, left)).unwrap();
    remove_first_line(&world, id);
    world.sync(&[]).await.ended(0);
    assert!(world.odoo.records("sale.order.line").iter().all(|record| record["id"] != odoo_id));
    assert!(world.odoo_id(&line(id, stays)).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_left_a_confirmed_order_gets_quantity_0() {
    let (world, id, [left, stays]) = with_order("processing").await;
    let quantity = |name: String| {
        world.odoo_record("sale.order.line", world.odoo_id(&name).unwrap())["product_uom_qty"].clone()
    };
    let before = quantity(line(id, stays));
    remove_first_line(&world, id);
    world.sync(&[]).await.ended(0);
    assert_eq!(quantity(line(id, left)), json!(0.0));
    assert_eq!(quantity(line(id, stays)), before);
    // It is not written again and again.
    let writes = world.writes();
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(world.writes(), writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_a_person_added_stays() {
    let (world, id, [left, _]) = with_order("pending").await;
    let order_id = world.odoo_id(&format!("order_{id}")).unwrap();
    let product_id = world.odoo.records("product.product")[0]["id"].clone();
    let Value::Object(values) =
        json!({ "order_id": order_id, "product_id": product_id, "name": "Free gift", "price_unit": 0 })
    else {
        panic!("these are values")
    };
    let gift = world.client().await.create("sale.order.line", vec![values]).await.unwrap()[0];
    remove_first_line(&world, id);
    world.sync(&[]).await.ended(0);
    assert_eq!(world.odoo_id(&line(id, left)), None);
    assert_eq!(world.odoo_record("sale.order.line", gift)["name"], "Free gift");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_changes_is_updated_and_not_added() {
    let (world, id, [first, _]) = with_order("pending").await;
    let count = world.odoo.count("sale.order.line");
    let odoo_id = world.odoo_id(&line(id, first)).unwrap();
    world.edit(Kind::Order, id, |order| {
        let line = &mut order["line_items"][0];
        line["name"] = "Renamed line".into();
    });
    world.sync(&[]).await.ended(0);
    assert_eq!(world.odoo_record("sale.order.line", odoo_id)["name"], "Renamed line");
    assert_eq!(world.odoo.count("sale.order.line"), count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_paid_later_is_confirmed_then_and_one_that_is_cancelled_is_cancelled() {
    let (world, id, _) = with_order("pending").await;
    let state = || {
        let order = world.odoo_record("sale.order", world.odoo_id(&format!("order_{id}")).unwrap());
        order["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(), "draft");
    world.edit(Kind::Order, id, |order| order["status"] = "processing".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(state(), "sale");
    world.edit(Kind::Order, id, |order| order["status"] = "cancelled".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(state(), "cancel");
    world.edit(Kind::Order, id, |order| order["status"] = "processing".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(state(), "sale");
}
