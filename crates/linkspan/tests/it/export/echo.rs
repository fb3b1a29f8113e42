//! What came from one side is never sent back to it.

use sandbox::Fault;
use sandbox::shop::Kind;
use serde_json::json;

use super::{in_step, with_apps};
use crate::support::world::{Plan, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_import_brought_is_not_sent_back() {
    let world = World::start(with_apps(Plan::sized(30, 5, 10))).await;
    world.sync(&[]).await.ended(0);
    let done = world.export(&[]).await.ended(0).json();
    assert_eq!((&done["updated"], &done["created"]), (&0.into(), &0.into()), "{done}");
    let (id, _) = world.simple_product();
    world.edit(Kind::Product, id, |product| product["name"] = "Renamed in the shop".into());
    world.sync(&[]).await.ended(0);
    world.export(&[]).await.ended(0);
    assert_eq!(world.sent(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_interrupted_imports_wrote_is_nobodys_change() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let rename = |name: &str| {
        world.edit(Kind::Product, id, |product| product["name"] = name.into());
    };
    // The first one writes and does not hear of it, the second one ends before it writes.
    for (name, fault) in [("First", Fault::CutAfterWork), ("Second", Fault::CutBeforeWork)] {
        rename(name);
        world.odoo.faults().add("product.product.load", fault, 100);
        assert_ne!(world.sync(&["product"]).await.code, 0);
        world.odoo.faults().clear();
        assert_eq!(world.odoo_record("product.product", odoo_id)["name"], "First");
    }
    rename("Third");
    world.export(&["product"]).await.ended(0);
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.odoo_record("product.product", odoo_id)["name"], "Third");
    assert_eq!(world.sent(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_found_again_costs_no_request() {
    let world = in_step(10, 0, 0).await;
    let before = world.shop.requests().len();
    // Everything lies within the overlap and is found again.
    let done = world.export(&["product"]).await.ended(0).json();
    assert_eq!(done["records"], json!([]), "{done}");
    assert_eq!(world.shop.requests().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_echo_of_an_export_writes_nothing_to_odoo() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let values = json!({ "name": "  Caffè & <b>Té</b>", "list_price": 0.1, "description_sale": "One\nTwo" });
    world.write_odoo("product.product", odoo_id, values).await;
    world.export(&["product"]).await.ended(0);
    let before = world.writes();
    world.run(&["sync", "shop1", "product", "--id", &id.to_string()]).await.ended(0);
    world.sync(&["product"]).await.ended(0);
    world.sync(&["product", "--full"]).await.ended(0);
    assert_eq!(world.writes(), before);
    assert_eq!(world.odoo_record("product.product", odoo_id)["name"], "  Caffè & <b>Té</b>");
    // And the echo's echo sends nothing.
    assert_eq!(world.export(&["product"]).await.ended(0).json()["updated"], 0);
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_the_shop_while_an_export_runs_still_comes_in() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "name": "From Odoo" })).await;
    // The shop changed another field, and no import has seen it when the export does.
    world.edit(Kind::Product, id, |product| product["short_description"] = "From the shop".into());
    world.export(&["product"]).await.ended(0);
    world.sync(&["product"]).await.ended(0);
    let product = world.odoo_record("product.product", odoo_id);
    assert_eq!(
        (&product["name"], &product["description_sale"]),
        (&"From Odoo".into(), &"From the shop".into())
    );
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "From Odoo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_does_not_undo_what_is_still_to_go_out() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "name": "From Odoo" })).await;
    world.edit(Kind::Product, id, |product| product["regular_price"] = "33.00".into());
    world.sync(&["product"]).await.ended(0);
    let product = world.odoo_record("product.product", odoo_id);
    assert_eq!((&product["name"], &product["list_price"]), (&"From Odoo".into(), &33.0.into()));
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "From Odoo");
    assert_eq!(world.in_shop(Kind::Product, id)["regular_price"], "33.00");
}
