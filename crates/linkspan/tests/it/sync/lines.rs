//! Lines of an order: those that leave, those that stay, those that a person added.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use sandbox::shop::{Kind, Shop};
use serde_json::{Value, json};

use crate::support::records::record;
use crate::support::world::{BACKEND, Plan, World, size};

/// A world with one synced order of at least two product lines in this status; gives it with the order's id and
/// the ids of its first two lines.
async fn with_order(status: &str) -> (World, u64, [u64; 2]) {
    with_order_by(status, &[]).await
}

/// The same, by the shipped definition with these texts replaced everywhere.
async fn with_order_by(status: &str, edits: &[(&str, &str)]) -> (World, u64, [u64; 2]) {
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
    let world = World::start(Plan::of(shop).in_steps(100, 100)).await;
    world.redefine(edits);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_only_a_step_looks_at_is_followed() {
    let origin = "+ ' (' + record['status'] + (', refunded ' + str(-sum([decimal(r['total']) for r in record['refunds']])) if record['refunds'] else '') + ')'";
    let (world, id, _) = with_order_by("pending", &[(origin, "")]).await;
    let order = || world.odoo_record("sale.order", world.odoo_id(&format!("order_{id}")).unwrap());
    for (status, state) in [("processing", "sale"), ("cancelled", "cancel")] {
        world.edit(Kind::Order, id, |order| order["status"] = status.into());
        world.sync(&[]).await.ended(0);
        assert_eq!(order()["state"], state, "{status}");
    }
    let writes = world.writes();
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(world.writes(), writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_total_that_only_a_check_looks_at_is_compared_again() {
    let checked = "amount_total = { expr = \"decimal(record['total'])\" }";
    let other = "amount_total = { expr = \"decimal(record['transaction_id'] or record['total'])\" }";
    let (world, id, _) = with_order_by("pending", &[(checked, other)]).await;
    for (noted, refused) in [("0.01", 1), ("", 0), ("0.02", 1)] {
        world.edit(Kind::Order, id, |order| order["transaction_id"] = noted.into());
        world.sync(&[]).await;
        let id = id.to_string();
        let open = world.store().await.open_dead_letters_for(BACKEND, "order", &[&id]).await.unwrap();
        assert_eq!(open.len(), refused, "{noted:?} {open:?}");
    }
}

/// Columns of one kind of line are not emptied in another, nor is what one line does not tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_line_does_not_tell_is_left_to_odoo() {
    let edits = [
        ("product_uom_qty = { value = 1 }\n", ""),
        (
            "name = { expr = \"html_to_text(line['name']) or 'Item'\" }",
            "name = { expr = \"html_to_text(line['name']) or 'Item'\" }\ndiscount = { from = \"rebate\", as = \"decimal\", optional = true }",
        ),
        ("[entities.order.check]\namount_total = { expr = \"decimal(record['total'])\" }\n", ""),
    ];
    let (world, id, [told, silent]) = with_order_by("pending", &edits).await;
    let order_id = world.odoo_id(&format!("order_{id}")).unwrap();
    let lines = world.odoo.records("sale.order.line").into_iter().filter(|line| line["order_id"] == order_id);
    let lines: Vec<_> = lines.collect();
    assert!(lines.len() > 2, "shipping is among them: {lines:?}");
    let wrong: Vec<_> = lines.into_iter().filter(|line| line["product_uom_qty"] == 0.0).collect();
    assert_eq!(wrong, Vec::<serde_json::Map<String, Value>>::new(), "shipping is one piece");
    let odoo_id = |of: u64| world.odoo_id(&line(id, of)).unwrap();
    for of in [told, silent] {
        world.write_odoo("sale.order.line", odoo_id(of), json!({ "discount": 7 })).await;
    }
    world.edit(Kind::Order, id, |order| {
        order["line_items"][0]["rebate"] = "5".into();
        order["line_items"][1]["name"] = "Renamed line".into();
    });
    world.sync(&[]).await.ended(0);
    let shown = |of: u64| world.odoo_record("sale.order.line", odoo_id(of));
    assert_eq!((&shown(told)["discount"], &shown(silent)["discount"]), (&json!(5.0), &json!(7.0)));
    assert_eq!(shown(silent)["name"], "Renamed line");
}

/// They come back under ids of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_odoo_made_and_that_go_out_are_not_there_twice() {
    let sent = "[entities.order.export.map]\ntransaction_id = { expr = \"join(',', [l['name'] for l in odoo['order_line']])\" }\n";
    let read = "read = { order_line = { fields = [\"name\"] }, picking_ids";
    let edits = [("[entities.order.export.map]\n", sent), ("read = { picking_ids", read)];
    let (world, id, _) = with_order_by("pending", &edits).await;
    let made = world.odoo_record("sale.order", world.odoo_id(&format!("order_{id}")).unwrap());
    let product_id = world.odoo.records("product.product")[0]["id"].clone();
    let line = json!({ "product_id": product_id, "name": "Coffee", "price_unit": 5, "product_uom_qty": 2 });
    let order = record(json!({ "partner_id": made["partner_id"], "order_line": [[0, 0, line]] }));
    let odoo_id = world.administrator().await.create("sale.order", vec![order]).await.unwrap()[0];
    let (external, other) = (id.to_string(), odoo_id.to_string());
    world.run(&["bindings", "unlink", "shop1", "order", &external]).await.ended(0);
    world.run(&["bindings", "link", "shop1", "order", &external, &other]).await.ended(0);
    for customer_note in ["Ring twice", "Ring three times"] {
        world.edit(Kind::Order, id, |order| order["customer_note"] = customer_note.into());
        world.sync(&[]).await;
        let order = world.odoo_record("sale.order", odoo_id);
        assert!(order["note"].as_str().unwrap().contains(customer_note), "{order:?}");
        let lines = world.odoo.records("sale.order.line");
        let of_order = lines.iter().filter(|line| line["order_id"] == odoo_id);
        assert_eq!(of_order.map(|line| &line["name"]).collect::<Vec<_>>(), ["Coffee"]);
    }
    let open = world.store().await.open_dead_letters_for(BACKEND, "order", &[&external]).await.unwrap();
    assert!(open[0].message.contains("amount_total: Odoo shows 10.0 and the shop"), "{open:?}");
}
