//! Both sides changed the same field: neither is overwritten until a human decides.

use linkspan::store::{AuditFilter, EventFilter};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::{in_step, in_step_in};
use crate::support::world::{StoreKind, World};

/// A product that both sides renamed, with its Odoo id and its dead letter.
pub(super) async fn both_renamed(store: StoreKind) -> (World, u64, i64, Value) {
    let world = in_step_in(store, 5, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "name": "Odoo's", "list_price": 44.0 })).await;
    world.edit(Kind::Product, id, |product| product["name"] = "The shop's".into());
    let done = world.export(&["product"]).await.ended(1).json();
    assert_eq!(done["records"][0]["outcome"], "conflict", "{done}");
    // What only Odoo changed went out all the same.
    assert_eq!(world.in_shop(Kind::Product, id)["regular_price"], "44.00");
    let letters = world.run(&["dead-letters", "list", "--json"]).await.json();
    let letter = letters["dead_letters"][0].clone();
    (world, id, odoo_id, letter)
}

pub(super) fn assert_names(world: &World, id: u64, odoo_id: i64, shop: &str, odoo: &str) {
    assert_eq!(world.in_shop(Kind::Product, id)["name"], shop);
    assert_eq!(world.odoo_record("product.product", odoo_id)["name"], odoo);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_is_a_dead_letter_with_both_values() {
    let (world, id, odoo_id, letter) = both_renamed(StoreKind::Sqlite).await;
    assert_eq!((&letter["kind"], &letter["class"]), (&"export".into(), &"conflict".into()));
    let payload: Value = serde_json::from_str(letter["payload"].as_str().unwrap()).unwrap();
    let field = &payload["fields"][0];
    assert_eq!(
        (&field["field"], &field["odoo"], &field["external"]),
        (&"name".into(), &"Odoo's".into(), &"The shop's".into())
    );
    // An import overwrites nothing either, and nobody asks the shop again and again.
    world.sync(&["product"]).await.finished();
    assert_names(&world, id, odoo_id, "The shop's", "Odoo's");
    world.export(&["product"]).await.finished();
    assert_names(&world, id, odoo_id, "The shop's", "Odoo's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_human_takes_odoos_value() {
    let (world, id, odoo_id, letter) = both_renamed(StoreKind::Sqlite).await;
    let number = letter["id"].to_string();
    world.run(&["dead-letters", "decide", &number, "odoo"]).await.ended(0);
    assert_names(&world, id, odoo_id, "Odoo's", "Odoo's");
    let audit = world.store().await.list_audit(AuditFilter::default()).await.unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].target.as_str()),
        ("dead_letter.decide", &*format!("dead letter {number}"))
    );
    let filter = EventFilter { record: Some(id.to_string()), ..EventFilter::default() };
    let told = world.store().await.list_events(filter).await.unwrap();
    assert_eq!(told[0].message, "command line decided on name: Odoo's value stays.");
    world.run(&["dead-letters", "decide", &number, "external"]).await.ended(2).said(&["no open conflict"]);
    assert_names(&world, id, odoo_id, "Odoo's", "Odoo's");
    assert_settled(&world).await;
    assert_names(&world, id, odoo_id, "Odoo's", "Odoo's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_human_takes_the_shops_value() {
    let (world, id, odoo_id, letter) = both_renamed(StoreKind::Sqlite).await;
    world.run(&["dead-letters", "decide", &letter["id"].to_string(), "external"]).await.ended(0);
    assert_names(&world, id, odoo_id, "The shop's", "The shop's");
    assert_settled(&world).await;
    assert_names(&world, id, odoo_id, "The shop's", "The shop's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_found_by_an_import_is_the_same_dead_letter() {
    let world = in_step(5, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "name": "Odoo's" })).await;
    world.edit(Kind::Product, id, |product| product["name"] = "The shop's".into());
    world.sync(&["product"]).await.finished();
    assert_names(&world, id, odoo_id, "The shop's", "Odoo's");
    world.export(&["product"]).await.ended(1);
    let letters = world.run(&["dead-letters", "list", "--json"]).await.json();
    assert_eq!(letters["dead_letters"].as_array().unwrap().len(), 1, "{letters}");
    // Made equal by hand it settles itself.
    world.write_odoo("product.product", odoo_id, json!({ "name": "The shop's" })).await;
    world.export(&["product"]).await.ended(0);
    assert_settled(&world).await;
}

async fn assert_settled(world: &World) {
    world.sync(&["product"]).await.ended(0);
    world.export(&["product"]).await.ended(0);
    let letters = world.run(&["dead-letters", "list", "--json"]).await.json();
    assert_eq!(letters["dead_letters"], json!([]));
}
