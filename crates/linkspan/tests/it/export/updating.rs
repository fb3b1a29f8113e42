//! Changes of linked records go out, field by field.

use sandbox::shop::Kind;
use serde_json::json;

use super::{in_step, with_apps};
use crate::support::kept::dead_letters;
use crate::support::world::{Plan, World};

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

/// What the dead letter says to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dead_letter_of_a_product_deleted_in_the_shop_goes_away_when_it_is_archived_in_odoo() {
    let world = in_step(4, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    world.shop.shop().delete(Kind::Product, id);
    world.write_odoo("product.product", odoo_id, json!({ "name": "Gone there" })).await;
    world.export(&["product"]).await.ended(1);
    // Nothing changed: it is not asked for again.
    world.export(&["product"]).await.ended(0);
    let letter = dead_letters(&world.store().await).await.remove(0);
    assert!(letter.message.contains("Archive it in Odoo"), "{}", letter.message);
    let shown = world.run(&["dead-letters", "list", "--limit", "1", "--json"]).await.ended(0).json();
    assert_eq!(shown["more"], false);
    let none = world.run(&["dead-letters", "list", "--limit", "0"]).await.ended(0);
    none.said(&["There are more"]);
    world.write_odoo("product.product", odoo_id, json!({ "active": false })).await;
    world.run(&["dead-letters", "retry", &letter.id.to_string()]).await.ended(0);
    let letters = world.run(&["dead-letters", "list", "--json"]).await.ended(0).json();
    assert_eq!(letters["dead_letters"], json!([]));
    assert!(world.sent().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_that_cannot_be_tried_stops_no_other() {
    let world = in_step(8, 0, 0).await;
    let ids: Vec<u64> = world.shop.ids(Kind::Product).into_iter().take(2).collect();
    for id in &ids {
        let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
        world.shop.shop().delete(Kind::Product, *id);
        world.write_odoo("product.product", odoo_id, json!({ "name": "Gone there" })).await;
    }
    world.export(&["product"]).await.ended(1);
    let letters = dead_letters(&world.store().await).await;
    assert_eq!(letters.len(), 2, "{letters:?}");
    // One has no link any more, the other is archived.
    world.run(&["bindings", "unlink", "shop1", "product", &letters[0].external_id]).await.ended(0);
    let odoo_id = world.odoo_id(&format!("product_{}", letters[1].external_id)).unwrap();
    world.write_odoo("product.product", odoo_id, json!({ "active": false })).await;
    let retried = world.run(&["dead-letters", "retry", "--all", "--backend", "shop1"]).await.ended(1);
    retried.said(&["not tried: product", "1 are in Odoo now"]);
    let listed = world.run(&["dead-letters", "list", "--json"]).await.ended(0).json();
    assert_eq!(listed["dead_letters"].as_array().unwrap().len(), 1, "{listed}");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_the_shop_answers_with_404_for_does_not_stop_the_others() {
    let world = World::start(with_apps(Plan::sized(6, 0, 0)).in_steps(100, 100)).await;
    world.redefine(&[("error_code = \"code\"", "error_code = \"not_there\"")]);
    world.sync(&[]).await.ended(0);
    world.export(&[]).await.ended(0);
    let products = world.simple_products();
    let [(first, _), (gone, _), (last, _)] = products[..3] else { panic!("{products:?}") };
    for (_, odoo_id) in &products[..3] {
        world.write_odoo("product.product", *odoo_id, json!({ "list_price": 77 })).await;
    }
    world.shop.shop().delete(Kind::Product, gone);
    for price in ["77.00", "78.00"] {
        let done = world.export(&["product"]).await.ended(1).json();
        assert_eq!((&done["updated"], &done["refused"]), (&2.into(), &1.into()), "{done}");
        assert_eq!(
            [first, last].map(|id| world.in_shop(Kind::Product, id)["regular_price"].clone()),
            [price; 2]
        );
        for (_, odoo_id) in &products[..3] {
            world.write_odoo("product.product", *odoo_id, json!({ "list_price": 78 })).await;
        }
    }
    let letters = dead_letters(&world.store().await).await;
    assert_eq!(
        letters.iter().map(|letter| letter.external_id.clone()).collect::<Vec<_>>(),
        [gone.to_string()]
    );
}

/// Its server says no more than 404 of a record that is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_archived_by_deleting_it_is_archived_once() {
    let world = World::start(with_apps(Plan::sized(4, 0, 0)).in_steps(100, 100)).await;
    world.redefine(&[
        ("error_code = \"code\"", "error_code = \"not_there\""),
        (
            "archive = { operation = \"update_product\", body = { status = \"draft\" } }",
            "archive = { operation = \"delete_product\" }",
        ),
        (
            "update_product = { method",
            "delete_product = { method = \"DELETE\", path = \"/products/{id}\", query = { force = \"true\" }, \
             repeat = \"idempotent\" }\nupdate_product = { method",
        ),
    ]);
    world.sync(&[]).await.ended(0);
    world.export(&[]).await.ended(0);
    let (id, odoo_id) = world.simple_product();
    world.write_odoo("product.product", odoo_id, json!({ "active": false })).await;
    let done = world.export(&["product"]).await.ended(0).json();
    assert_eq!(done["records"][0]["outcome"], "archived", "{done}");
    assert!(world.shop.shop().get(Kind::Product, id).is_none());
    let again = world.export(&["product"]).await.ended(0).json();
    assert_eq!((&again["updated"], &again["refused"]), (&0.into(), &0.into()), "{again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_that_the_record_lacks_refuses_that_record_and_no_other() {
    let world = World::start(with_apps(Plan::sized(4, 0, 0)).in_steps(100, 100)).await;
    world.redefine(&[
        (
            "instead = [{ when",
            "instead = [{ when = { expr = \"'mark' in record['slug']\" }, update = \"update_marked\", \
             params = { mark = \"meta_data[0].value\" } }, { when",
        ),
        (
            "update_product = { method",
            "update_marked = { method = \"PUT\", path = \"/products/{id}/{mark}\", params = [\"mark\"], \
             repeat = \"idempotent\" }\nupdate_product = { method",
        ),
    ]);
    let (marked, other) = (world.shop.ids(Kind::Product)[0], world.shop.ids(Kind::Product)[1]);
    for id in [marked, other] {
        let slug = if id == marked { "mark" } else { "plain" };
        world.edit(Kind::Product, id, |product| {
            product["slug"] = slug.into();
            product["type"] = "simple".into();
            product["meta_data"] = json!([]);
        });
    }
    world.sync(&[]).await.ended(0);
    world.export(&[]).await.ended(0);
    for id in [marked, other] {
        let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
        world.write_odoo("product.product", odoo_id, json!({ "name": "Changed" })).await;
    }
    world.export(&["product"]).await.ended(1);
    assert_eq!(world.in_shop(Kind::Product, other)["name"], "Changed");
    let letter = dead_letters(&world.store().await).await.remove(0);
    assert_eq!((&*letter.class, &*letter.external_id), ("data", &*marked.to_string()));
    assert!(
        letter.message.contains("The parameter `mark` of `update_marked` is empty"),
        "{}",
        letter.message
    );
}
