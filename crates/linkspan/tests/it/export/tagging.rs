//! Related records of which a field has several go out as a list: the tags of a product.

use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::with_apps;
use crate::support::world::{Plan, World};

/// A world in step whose products have tags that both sides may change: the shop's categories.
async fn tagged() -> World {
    let world = World::start(with_apps(Plan::sized(6, 0, 0).in_steps(100, 100))).await;
    let field = r#"{ from = "categories[].id", relation = "category", missing = "fetch", owner = "shared" }"#;
    crate::support::tags::map(&world.program, field);
    world.sync(&[]).await.ended(0);
    world.export(&[]).await.ended(0);
    assert_eq!(world.sent(), Vec::<String>::new());
    world
}

impl World {
    /// The tags of Odoo that stand for these categories of the shop.
    fn tags(&self, categories: &[u64]) -> Vec<i64> {
        categories.iter().map(|id| self.odoo_id(&format!("category_{id}")).unwrap()).collect()
    }

    async fn tag_in_odoo(&self, odoo_id: i64, tags: &[i64]) {
        let values = json!({ "product_tag_ids": [[6, 0, tags]] });
        self.write_odoo("product.product", odoo_id, values).await;
    }

    fn tag_in_shop(&self, id: u64, categories: &[u64]) {
        let categories: Vec<Value> = categories.iter().map(|id| json!({ "id": id, "name": "any" })).collect();
        self.edit(Kind::Product, id, |product| product["categories"] = categories.into());
    }

    fn in_the_shop(&self, id: u64) -> Vec<u64> {
        let product = self.in_shop(Kind::Product, id);
        product["categories"].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
    }

    fn shown(&self, odoo_id: i64) -> Vec<i64> {
        let product = self.odoo_record("product.product", odoo_id);
        let mut tags: Vec<i64> =
            product["product_tag_ids"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        tags.sort_unstable();
        tags
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_odoo_changed_go_out_once_and_do_not_come_back() {
    let world = tagged().await;
    let (id, odoo_id) = world.simple_product();
    let categories = world.shop.ids(Kind::Category);
    let two = [categories[2], categories[5]];
    let tags = world.tags(&two);
    world.tag_in_odoo(odoo_id, &[tags[1], tags[0]]).await;
    let plan = world.export(&["product", "--plan"]).await.ended(0).json();
    let change = &plan["planned"][0]["fields"][0];
    assert_eq!(change["field"], "categories", "{plan}");
    assert_eq!(change["to"], format!(r#"[{{"id":{}}},{{"id":{}}}]"#, two[0], two[1]).as_str());
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_the_shop(id), two);
    assert_eq!(world.sent().len(), 1);
    // Neither the import of the echo nor the next export has anything to do, in whatever order the shop lists them.
    let writes = world.writes();
    world.sync(&["product"]).await.ended(0);
    world.tag_in_shop(id, &[two[1], two[0]]);
    world.sync(&["product", "--full"]).await.ended(0);
    world.export(&["product"]).await.ended(0);
    assert_eq!((world.writes(), world.sent().len()), (writes, 1));
    // None at all goes out too.
    world.tag_in_odoo(odoo_id, &[]).await;
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_the_shop(id), [0u64; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_the_shop_changed_come_in_and_are_not_sent_back() {
    let world = tagged().await;
    let (id, odoo_id) = world.simple_product();
    let categories = world.shop.ids(Kind::Category);
    world.tag_in_shop(id, &[categories[4], categories[3]]);
    world.sync(&["product"]).await.ended(0);
    let mut expected = world.tags(&[categories[3], categories[4]]);
    expected.sort_unstable();
    assert_eq!(world.shown(odoo_id), expected);
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.sent(), Vec::<String>::new());
    // A change of another field in Odoo leaves them out of what is sent, and the order there is no change.
    world.tag_in_shop(id, &[categories[3], categories[4]]);
    world.write_odoo("product.product", odoo_id, json!({ "name": "Renamed in Odoo" })).await;
    let done = world.export(&["product"]).await.ended(0).json();
    assert_eq!(done["records"][0]["fields"], json!(["name"]), "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_both_sides_changed_wait_for_a_human() {
    let world = tagged().await;
    let (id, odoo_id) = world.simple_product();
    let categories = world.shop.ids(Kind::Category);
    world.tag_in_odoo(odoo_id, &world.tags(&[categories[2]])).await;
    world.tag_in_shop(id, &[categories[3], categories[4]]);
    let done = world.export(&["product"]).await.ended(1).json();
    assert_eq!(done["records"][0]["outcome"], "conflict", "{done}");
    world.sync(&["product"]).await.finished();
    assert_eq!((world.in_the_shop(id).len(), world.shown(odoo_id).len()), (2, 1));
    let letters = world.run(&["dead-letters", "list", "--json"]).await.json();
    let number = letters["dead_letters"][0]["id"].to_string();
    world.run(&["dead-letters", "decide", &number, "external"]).await.ended(0);
    world.sync(&["product"]).await.ended(0);
    world.export(&["product"]).await.ended(0);
    let mut expected = world.tags(&[categories[3], categories[4]]);
    expected.sort_unstable();
    assert_eq!(world.shown(odoo_id), expected);
    assert_eq!(world.in_the_shop(id).len(), 2);
    assert_eq!(world.run(&["dead-letters", "list", "--json"]).await.json()["dead_letters"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_the_shop_does_not_know_keeps_its_product_from_going_out() {
    let world = tagged().await;
    let (id, odoo_id) = world.simple_product();
    let before = world.in_the_shop(id);
    let client = world.administrator().await;
    let name = crate::support::records::record(json!({ "name": "Known to Odoo only" }));
    let tag = client.create("product.tag", vec![name]).await.unwrap()[0];
    let known = world.tags(&world.shop.ids(Kind::Category)[..1]);
    world.tag_in_odoo(odoo_id, &[known[0], tag]).await;
    let reason = format!("category {tag} of Odoo is not linked to a record of the other side yet");
    let ran = world.export(&["product"]).await.ended(1);
    assert!(ran.output().contains(&reason), "{}", ran.output());
    assert_eq!(world.in_the_shop(id), before);
    let letters = world.run(&["dead-letters", "list", "--json"]).await.json();
    assert_eq!(letters["dead_letters"][0]["class"], "missing_dependency", "{letters}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_product_is_made_with_its_tags() {
    let world = tagged().await;
    let categories = world.shop.ids(Kind::Category);
    let client = world.administrator().await;
    let tags = world.tags(&[categories[1], categories[0]]);
    let values =
        json!({ "name": "Made in Odoo", "default_code": "MADE-1", "product_tag_ids": [[6, 0, tags]] });
    let odoo_id =
        client.create("product.product", vec![crate::support::records::record(values)]).await.unwrap()[0];
    world.export(&["product", "--id", &odoo_id.to_string()]).await.ended(0);
    let id = *world.shop.ids(Kind::Product).iter().max().unwrap();
    let mut made = world.in_the_shop(id);
    made.sort_unstable();
    assert_eq!(made, [categories[0], categories[1]]);
    let writes = world.writes();
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.writes(), writes);
}
