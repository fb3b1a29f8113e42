//! What happens to an order in Odoo shows in the shop: delivered, cancelled, tracking number.

use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::{in_step, record};
use crate::support::world::World;

fn processing(world: &World) -> (u64, i64) {
    let shop = world.shop.shop();
    let is_open = |id: &u64| shop.get(Kind::Order, *id).unwrap()["status"] == "processing";
    let id = world.shop.ids(Kind::Order).into_iter().find(is_open).unwrap();
    (id, world.odoo_id(&format!("order_{id}")).unwrap())
}

fn meta(order: &Value, key: &str) -> Vec<Value> {
    let all = order["meta_data"].as_array().into_iter().flatten();
    all.filter(|entry| entry["key"] == key).map(|entry| entry["value"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_order_is_completed_with_its_tracking_number() {
    let world = in_step(10, 5, 20).await;
    let (id, odoo_id) = processing(&world);
    let client = world.administrator().await;
    let transfer =
        json!({ "name": "OUT/1", "sale_id": odoo_id, "state": "assigned", "carrier_tracking_ref": "T-1" });
    let transfer = client.create("stock.picking", vec![record(transfer)]).await.unwrap()[0];
    world.export(&["order"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Order, id)["status"], "processing");
    client.write("stock.picking", &[transfer], record(json!({ "state": "done" }))).await.unwrap();
    let done = world.export(&["order"]).await.ended(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    let order = world.in_shop(Kind::Order, id);
    assert_eq!(order["status"], "completed");
    assert_eq!(meta(&order, "_tracking_number"), ["T-1"]);
    // A corrected number replaces the first one.
    client
        .write("stock.picking", &[transfer], record(json!({ "carrier_tracking_ref": "T-2" })))
        .await
        .unwrap();
    world.export(&["order"]).await.ended(0);
    assert_eq!(meta(&world.in_shop(Kind::Order, id), "_tracking_number"), ["T-2"]);
    assert_eq!(world.sent().len(), 2);
    world.sync(&["order"]).await.ended(0);
    world.export(&["order"]).await.ended(0);
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_cancelled_in_odoo_is_cancelled_in_the_shop() {
    let world = in_step(10, 5, 20).await;
    let (id, odoo_id) = processing(&world);
    let context = record(json!({ "disable_cancel_warning": true }));
    let client = world.administrator().await.with_context(context);
    client.call_button("sale.order", "action_cancel", &[odoo_id]).await.unwrap();
    let done = world.export(&["order"]).await.ended(0).json();
    assert_eq!(world.in_shop(Kind::Order, id)["status"], "cancelled", "{done}");
    world.sync(&["order"]).await.ended(0);
    assert_eq!(world.odoo_record("sale.order", odoo_id)["state"], "cancel");
    world.export(&["order"]).await.ended(0);
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_the_shop_refunds_is_not_cancelled_there_by_its_echo() {
    let world = in_step(10, 5, 20).await;
    let (id, odoo_id) = processing(&world);
    world.edit(Kind::Order, id, |order| order["status"] = "refunded".into());
    world.sync(&["order"]).await.ended(0);
    assert_eq!(world.odoo_record("sale.order", odoo_id)["state"], "cancel");
    world.export(&["order"]).await.ended(0);
    assert_eq!(
        (world.in_shop(Kind::Order, id)["status"].clone(), world.sent().len()),
        ("refunded".into(), 0)
    );
}
