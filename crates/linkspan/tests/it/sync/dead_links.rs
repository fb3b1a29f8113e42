//! Records that somebody deleted in Odoo, or merged there, and that others of the shop refer to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use odoo_rpc::Record;
use sandbox::shop::Kind;
use serde_json::{Value, json};

use crate::support::kept::dead_letters;
use crate::support::records::{disagreements, record};
use crate::support::world::{Plan, World};

/// An order that a registered customer places after everything came in: its id, the customer's, the order.
async fn late_order(world: &World) -> (u64, u64, Value) {
    let shop = world.shop.shop();
    let customer = |id: &u64| shop.get(Kind::Order, *id).unwrap()["customer_id"].as_u64().unwrap();
    let id = shop.ids(Kind::Order).into_iter().find(|id| customer(id) != 0).unwrap();
    let (buyer, late) = (customer(&id), shop.get(Kind::Order, id).unwrap());
    for order in shop.ids(Kind::Order) {
        assert!(shop.delete(Kind::Order, order));
    }
    world.sync(&[]).await.ended(0);
    (id, buyer, late)
}

fn place(world: &World, id: u64, order: Value) {
    assert!(world.shop.shop().put(Kind::Order, order));
    world.edit(Kind::Order, id, |_| {});
}

fn order(world: &World, id: u64) -> Record {
    world.odoo_record("sale.order", world.odoo_id(&format!("order_{id}")).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_a_customer_that_was_deleted_in_odoo_comes_in_with_a_new_one() {
    let world = World::start(Plan::sized(5, 5, 10)).await;
    let (id, customer, late) = late_order(&world).await;
    let deleted = world.odoo_id(&format!("customer_{customer}")).unwrap();
    world.client().await.unlink("res.partner", &[deleted]).await.unwrap();
    place(&world, id, late);
    world.sync(&["order"]).await.ended(0);
    let anew = world.odoo_id(&format!("customer_{customer}")).unwrap();
    assert_ne!(anew, deleted);
    assert_eq!(order(&world, id)["partner_id"], anew);
    assert_eq!(dead_letters(&world.store().await).await.len(), 0);
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_a_merged_customer_waits_for_a_human_and_nothing_is_written_over() {
    let world = World::start(Plan::sized(5, 5, 10)).await;
    let (id, customer, late) = late_order(&world).await;
    let gone = world.odoo_id(&format!("customer_{customer}")).unwrap();
    let other = world.shop.shop().ids(Kind::Customer).into_iter().find(|id| *id != customer).unwrap();
    let kept = world.odoo_id(&format!("customer_{other}")).unwrap();
    let before = world.odoo_record("res.partner", kept);
    let [from, to] = [gone, kept].map(|id| u32::try_from(id).unwrap());
    world.odoo.merge("res.partner", from, to);
    place(&world, id, late);
    for arguments in [&["order"][..], &[], &["--full"]] {
        world.sync(arguments).await.ended(1);
        assert_eq!(world.odoo_record("res.partner", kept), before);
    }
    let letters = dead_letters(&world.store().await).await;
    let of = |entity: &str| letters.iter().find(|letter| letter.entity == entity).unwrap();
    assert_eq!((&*of("customer").class, &*of("order").class), ("conflict", "missing_dependency"));
    assert!(of("customer").message.contains(&format!("merged into {kept}")), "{:?}", of("customer"));
    // What the dead letter says.
    let own = world.client().await;
    let own = own.create("res.partner", vec![record(json!({ "name": "Of its own" }))]).await.unwrap()[0];
    let (customer, own_id) = (customer.to_string(), own.to_string());
    world.run(&["bindings", "link", "shop1", "customer", &customer, &own_id]).await.ended(0);
    world.run(&["dead-letters", "retry", &of("customer").id.to_string()]).await.ended(0);
    assert_eq!(order(&world, id)["partner_id"], own);
}
