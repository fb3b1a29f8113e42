//! Related records of which a field has several: the tags of a product. The shop's categories are its tags here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use sandbox::shop::Kind;
use serde_json::{Value, json};

use crate::support::kept::dead_letters;
use crate::support::world::{Plan, World};

/// A world whose products have tags, as `field` says.
async fn tagged(field: &str) -> World {
    let world = World::start(Plan::sized(8, 0, 0).in_steps(100, 100)).await;
    crate::support::tags::map(&world.program, field);
    world
}

/// The field as most definitions have it.
const TAGS: &str = r#"{ from = "categories[].id", relation = "category", missing = "fetch" }"#;

impl World {
    /// Gives a product of the shop these tags, in this order.
    fn tag(&self, product: u64, tags: &[u64]) {
        let tags: Vec<Value> = tags.iter().map(|tag| json!({ "id": tag, "name": "any" })).collect();
        self.edit(Kind::Product, product, |product| product["categories"] = tags.into());
    }

    /// Ids in the shop of the tags that a product has in Odoo.
    fn tags_in_odoo(&self, product: u64) -> Vec<u64> {
        let id = self.odoo_id(&format!("product_{product}")).unwrap();
        let tags = self.odoo_record("product.product", id)["product_tag_ids"].clone();
        let in_shop = |tag: &Value| {
            let named = |id: &u64| self.odoo_id(&format!("category_{id}")) == tag.as_i64();
            self.shop.ids(Kind::Category).into_iter().find(named).unwrap()
        };
        let mut tags: Vec<u64> = tags.as_array().into_iter().flatten().map(in_shop).collect();
        tags.sort_unstable();
        tags
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_has_all_its_tags_and_those_are_fetched_in_one_call() {
    let world = tagged(TAGS).await;
    let (products, tags) = (world.shop.ids(Kind::Product), world.shop.ids(Kind::Category));
    world.tag(products[0], &[tags[1], tags[0]]);
    world.tag(products[1], &[tags[2], tags[0], tags[3]]);
    world.tag(products[2], &[]);
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.tags_in_odoo(products[0]), [tags[0], tags[1]]);
    assert_eq!(world.tags_in_odoo(products[1]), [tags[0], tags[2], tags[3]]);
    assert_eq!(world.tags_in_odoo(products[2]), [0u64; 0]);
    let asked =
        world.shop.requests().into_iter().filter(|(_, target)| target.contains("/categories")).count();
    assert_eq!(asked, 1, "{:?}", world.shop.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_replaces_what_odoo_has_and_its_order_costs_no_write() {
    let world = tagged(TAGS).await;
    let (product, tags) = (world.shop.ids(Kind::Product)[0], world.shop.ids(Kind::Category));
    world.tag(product, &[tags[0], tags[1]]);
    world.sync(&["product"]).await.ended(0);
    let writes = world.writes();
    for same in [&[tags[1], tags[0]][..], &[tags[0], tags[1], tags[0]]] {
        world.tag(product, same);
        world.sync(&["product"]).await.ended(0);
        assert_eq!(world.writes(), writes, "{same:?}");
    }
    for now in [vec![tags[1], tags[2]], vec![tags[2]], vec![], vec![tags[0]]] {
        world.tag(product, &now);
        world.sync(&["product"]).await.ended(0);
        assert_eq!(world.tags_in_odoo(product), now);
    }
    world.edit(Kind::Product, product, |product| product["categories"] = Value::Null);
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.tags_in_odoo(product), [0u64; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_list_is_left_alone_where_it_may_be_absent() {
    let world = tagged(r#"{ from = "categories[].id", relation = "category", optional = true }"#).await;
    let (product, tags) = (world.shop.ids(Kind::Product)[0], world.shop.ids(Kind::Category));
    world.tag(product, &[tags[0], tags[1]]);
    world.sync(&["product"]).await.ended(0);
    world.edit(Kind::Product, product, |product| {
        product.as_object_mut().unwrap().remove("categories");
        product["name"] = "Without a list".into();
    });
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.tags_in_odoo(product), [tags[0], tags[1]]);
    let id = world.odoo_id(&format!("product_{product}")).unwrap();
    assert_eq!(world.odoo_record("product.product", id)["name"], "Without a list");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_names_the_tags_and_is_quiet_about_those_that_are_there() {
    let world = tagged(TAGS).await;
    let (product, tags) = (world.shop.ids(Kind::Product)[0], world.shop.ids(Kind::Category));
    world.tag(product, &[tags[1], tags[0]]);
    let of_product = |plan: &Value| {
        let all = plan["planned"].as_array().unwrap().clone();
        let changes = all.into_iter().find(|change| {
            change["entity"] == "product" && change["external_id"] == product.to_string().as_str()
        });
        let fields = changes.map(|change| change["fields"].as_array().unwrap().clone()).unwrap_or_default();
        fields.into_iter().find(|field| field["field"] == "product_tag_ids")
    };
    let plan = world.sync(&["product", "--plan"]).await.ended(0).json();
    let expected = format!("(new category {}),(new category {})", tags[0], tags[1]);
    assert_eq!(of_product(&plan).unwrap()["to"], expected.as_str());
    world.sync(&["product"]).await.ended(0);
    // The name alone changes; the tags come in another order.
    world.tag(product, &[tags[0], tags[1]]);
    world.edit(Kind::Product, product, |product| product["name"] = "Renamed".into());
    let plan = world.sync(&["product", "--plan"]).await.ended(0).json();
    assert_eq!((&plan["updated"], of_product(&plan)), (&1.into(), None), "{plan}");
    world.tag(product, &[tags[1]]);
    let plan = world.sync(&["product", "--plan"]).await.ended(0).json();
    let change = of_product(&plan).unwrap();
    let left = world.odoo_id(&format!("category_{}", tags[1])).unwrap();
    assert_eq!(change["to"], left.to_string().as_str());
    assert_eq!(change["from"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_gone_refuses_its_product_alone_and_waits_for_it() {
    let world = tagged(TAGS).await;
    let (products, tags) = (world.shop.ids(Kind::Product), world.shop.ids(Kind::Category));
    world.tag(products[0], &[tags[0], 987_654]);
    world.tag(products[1], &[tags[1]]);
    world.sync(&["product"]).await.ended(1);
    let letters = dead_letters(&world.store().await).await;
    let [letter] = &letters[..] else { panic!("one dead letter: {letters:?}") };
    assert_eq!(
        (letter.external_id.as_str(), letter.class.as_str()),
        (&*products[0].to_string(), "missing_dependency")
    );
    assert!(format!("{letter:?}").contains("product_tag_ids: category 987654 is not in Odoo"), "{letter:?}");
    assert_eq!(world.tags_in_odoo(products[1]), [tags[1]]);
    world.tag(products[0], &[tags[0]]);
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.tags_in_odoo(products[0]), [tags[0]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_tag_is_left_out_or_waited_for_as_the_field_says() {
    let world = tagged(r#"{ from = "categories[].id", relation = "category", missing = "empty" }"#).await;
    let (product, tags) = (world.shop.ids(Kind::Product)[0], world.shop.ids(Kind::Category));
    world.sync(&["category"]).await.ended(0);
    world.tag(product, &[tags[0], 987_654, tags[1]]);
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.tags_in_odoo(product), [tags[0], tags[1]]);

    let world = tagged(r#"{ from = "categories[].id", relation = "category", missing = "wait" }"#).await;
    let (product, tags) = (world.shop.ids(Kind::Product)[0], world.shop.ids(Kind::Category));
    world.tag(product, &[tags[0], tags[1]]);
    world.sync(&["product", "--id", &product.to_string()]).await.ended(1).said(&["is not in Odoo"]);
    world.sync(&["category"]).await.ended(0);
    assert_eq!(
        world.tags_in_odoo(product),
        [tags[0], tags[1]],
        "released by the last tag that it waited for"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_item_is_a_dead_letter_that_names_it() {
    let world = tagged(TAGS).await;
    let product = world.shop.ids(Kind::Product)[0];
    world.edit(Kind::Product, product, |product| product["categories"] = json!([{ "id": null }]));
    world.sync(&["product"]).await.ended(1).said(&["product_tag_ids: the item at position 0 is no id"]);
    let letters = dead_letters(&world.store().await).await;
    assert_eq!((letters.len(), letters[0].class.as_str()), (1, "data"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_records_in_a_field_that_takes_one_are_refused_before_the_sync() {
    let world = World::start(Plan::sized(2, 0, 0).in_steps(100, 100)).await;
    let old = "categ_id = { expr = \"record['categories'][0]['id'] if record['categories'] else None\", relation = \"category\", missing = \"fetch\", null = \"skip\" }";
    world.program.edit_file("connector/connector.toml", old, &format!("categ_id = {TAGS}"));
    world.sync(&["product"]).await.ended(2).said(&[
        "categ_id of product.product is a many2one field, and several records go into a many2many only",
    ]);
    assert!(world.writes().is_empty());
}
