//! Changes of linked records go out, field by field.

use sandbox::shop::Kind;
use serde_json::json;

use super::in_step;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_changes_in_odoo_is_sent_and_nothing_else() {
    let world = in_step(6, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let before = world.in_shop(Kind::Product, id);
    world.write_odoo("product.product", odoo_id, json!({ "name": "Brass lamp", "list_price": 12.5 })).await;
    let done = world.export(&["product"]).await.ended(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    assert_eq!(done["records"][0]["fields"], json!(["name", "regular_price"]));
    let after = world.in_shop(Kind::Product, id);
    assert_eq!((&after["name"], &after["regular_price"]), (&"Brass lamp".into(), &"12.50".into()));
    for field in ["sku", "status", "short_description", "weight", "type"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(world.sent(), [format!("PUT /wp-json/wc/v3/products/{id}")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_tells_what_would_be_sent_and_sends_nothing() {
    let world = in_step(4, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let old = world.in_shop(Kind::Product, id)["name"].clone();
    world.write_odoo("product.product", odoo_id, json!({ "name": "Planned" })).await;
    let planned = world.export(&["product", "--plan"]).await.ended(0).json();
    let change = &planned["planned"][0];
    assert_eq!((&change["action"], &change["external_id"]), (&"update".into(), &id.to_string().into()));
    assert_eq!(change["fields"], json!([{ "field": "name", "from": old, "to": "Planned" }]));
    assert!(world.sent().is_empty());
    // The plan kept nothing: the export still finds it.
    assert_eq!(world.export(&["product"]).await.ended(0).json()["updated"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_product_is_a_draft_and_comes_back() {
    let world = in_step(4, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "active": false })).await;
    let done = world.export(&["product"]).await.ended(0).json();
    assert_eq!(done["records"][0]["outcome"], "archived", "{done}");
    assert_eq!(world.in_shop(Kind::Product, id)["status"], "draft");
    // The echo changes nothing, the next export neither.
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.odoo_record("product.product", odoo_id)["active"], false);
    assert_eq!(world.export(&["product"]).await.ended(0).json()["updated"], 0);
    world.write_odoo("product.product", odoo_id, json!({ "active": true })).await;
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["status"], "publish");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_deleted_in_odoo_is_a_draft_in_the_shop_and_does_not_come_back() {
    let world = in_step(4, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.administrator().await.unlink("product.product", &[odoo_id]).await.unwrap();
    assert_eq!(world.export(&["product"]).await.ended(0).json()["updated"], 0);
    world.export(&["product", "--full"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["status"], "draft");
    world.sync(&["product"]).await.ended(0);
    assert_eq!(
        world.odoo.records("product.product").iter().filter(|record| record["id"] == odoo_id).count(),
        0
    );
    let products = world.odoo.count("product.product");
    world.sync(&["product", "--full"]).await.ended(0);
    assert_eq!(world.odoo.count("product.product"), products);
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variation_is_changed_under_its_parent() {
    let world = in_step(30, 0, 0).await;
    let shop = world.shop.shop();
    let variation = world.shop.ids(Kind::Variation)[0];
    let parent = shop.get(Kind::Variation, variation).unwrap()["parent_id"].as_u64().unwrap();
    world.run(&["sync", "shop1", "product", "--id", &variation.to_string()]).await.ended(0);
    world.export(&["product"]).await.ended(0);
    let odoo_id = world.odoo_id(&format!("product_{variation}")).unwrap();
    world.write_odoo("product.product", odoo_id, json!({ "list_price": 77.0 })).await;
    world.export(&["product"]).await.ended(0);
    assert_eq!(shop.get(Kind::Variation, variation).unwrap()["regular_price"], "77.00");
    assert_eq!(world.sent(), [format!("PUT /wp-json/wc/v3/products/{parent}/variations/{variation}")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_record_never_blocks_another() {
    let world = in_step(8, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let others: Vec<u64> = world.shop.ids(Kind::Product).into_iter().filter(|other| *other != id).collect();
    let other =
        others.into_iter().find(|other| world.in_shop(Kind::Product, *other)["status"] == "publish").unwrap();
    let other_odoo = world.odoo_id(&format!("product_{other}")).unwrap();
    world.shop.shop().delete(Kind::Product, id);
    world.write_odoo("product.product", odoo_id, json!({ "name": "Gone there" })).await;
    world.write_odoo("product.product", other_odoo, json!({ "name": "Still there" })).await;
    let done = world.export(&["product"]).await.ended(1).json();
    assert_eq!((&done["refused"], &done["updated"]), (&1.into(), &1.into()), "{done}");
    assert_eq!(world.in_shop(Kind::Product, other)["name"], "Still there");
    let letters = world.run(&["dead-letters", "list", "--json"]).await.ended(0).json();
    let letter = &letters["dead_letters"][0];
    assert_eq!((&letter["kind"], &letter["class"]), (&"export".into(), &"gone".into()));
}
