//! Records that Odoo has already are adopted and never duplicated; where that is not clear, a human decides.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::{DeadLetterState, Origin};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use crate::support::kept::{bindings, dead_letters};
use crate::support::records::disagreements;
use crate::support::world::{Plan, World};

async fn create(world: &World, model: &str, values: Value) -> i64 {
    let Value::Object(values) = values else { panic!("{values} are no values") };
    world.client().await.create(model, vec![values]).await.unwrap()[0]
}

/// A product of the shop with a SKU: its id and the SKU.
fn product_with_sku(world: &World) -> (u64, String) {
    let shop = world.shop.shop();
    let with_sku = |id: u64| {
        let sku = shop.get(Kind::Product, id)?["sku"].as_str()?.to_owned();
        (!sku.is_empty()).then_some((id, sku))
    };
    shop.ids(Kind::Product).into_iter().find_map(with_sku).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_with_the_same_sku_is_adopted_and_updated() {
    let world = World::start(Plan::sized(5, 2, 2)).await;
    let (id, sku) = product_with_sku(&world);
    let odoo_id =
        create(&world, "product.product", json!({ "name": "Typed by hand", "default_code": sku })).await;
    let done = world.sync(&[]).await.ended(0).json();
    assert_eq!(done["adopted"], 1);
    let bound = bindings(&world.store().await).await;
    let binding = bound.iter().find(|b| b.entity == "product" && b.external_id == id.to_string()).unwrap();
    assert_eq!((binding.odoo_id, binding.origin), (Some(odoo_id), Origin::Adopted));
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
    // Updates go to the adopted record too.
    world.edit(Kind::Product, id, |product| product["name"] = "Renamed in the shop".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(world.odoo_record("product.product", odoo_id)["name"], "Renamed in the shop");
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adopted_contact_that_was_merged_in_odoo_is_found_again_and_not_made_anew() {
    let world = World::start(Plan::sized(2, 4, 0)).await;
    let ids = world.shop.ids(Kind::Customer);
    let email = |id: u64| world.shop.shop().get(Kind::Customer, id).unwrap()["email"].clone();
    let mut typed = Vec::new();
    for id in &ids[..2] {
        typed.push(
            create(&world, "res.partner", json!({ "name": "Typed by hand", "email": email(*id) })).await,
        );
    }
    world.sync(&["customer"]).await.ended(0);
    for (id, first) in ids.iter().zip(typed) {
        let kept = create(&world, "res.partner", json!({ "name": "Kept", "email": email(*id) })).await;
        world.odoo.merge("res.partner", u32::try_from(first).unwrap(), u32::try_from(kept).unwrap());
        let before = world.odoo.count("res.partner");
        world.edit(Kind::Customer, *id, |customer| customer["billing"]["phone"] = "+966500000001".into());
        world.sync(&["customer"]).await.ended(0);
        assert_eq!(world.odoo.count("res.partner"), before);
        assert_eq!(world.odoo_record("res.partner", kept)["phone"], "+966500000001");
        let bound = bindings(&world.store().await).await;
        let binding =
            bound.iter().find(|b| b.entity == "customer" && b.external_id == id.to_string()).unwrap();
        assert_eq!((binding.odoo_id, binding.origin), (Some(kept), Origin::Adopted));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_odoo_owns_of_an_adopted_record_stays() {
    let world = World::start(Plan::sized(5, 2, 2)).await;
    let (id, sku) = product_with_sku(&world);
    let made = json!({ "name": "Typed by hand", "default_code": sku, "type": "combo" });
    let odoo_id = create(&world, "product.product", made).await;
    let planned = world.sync(&["product", "--plan"]).await.ended(0).json();
    let changes = planned["planned"].as_array().unwrap();
    let id = id.to_string();
    let adopt = changes.iter().find(|change| change["external_id"] == id.as_str()).unwrap();
    assert_eq!(adopt["action"], "adopt");
    assert!(adopt["fields"].as_array().unwrap().iter().all(|field| field["field"] != "type"), "{adopt}");
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.odoo_record("product.product", odoo_id)["type"], "combo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_with_the_same_address_is_adopted_whatever_its_case() {
    let world = World::start(Plan::sized(2, 4, 3)).await;
    let id = world.shop.ids(Kind::Customer)[2];
    let email = world.shop.shop().get(Kind::Customer, id).unwrap()["email"].as_str().unwrap().to_uppercase();
    let odoo_id = create(&world, "res.partner", json!({ "name": "Typed by hand", "email": email })).await;
    let before = world.odoo.count("res.partner");
    let done = world.sync(&["customer"]).await.ended(0).json();
    assert_eq!((&done["adopted"], &done["created"]), (&1.into(), &4.into()));
    assert_eq!(world.odoo.count("res.partner"), before + 4);
    let bound = bindings(&world.store().await).await;
    assert!(bound.iter().any(|b| b.external_id == id.to_string() && b.odoo_id == Some(odoo_id)), "{bound:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_candidates_are_a_dead_letter_until_a_human_links_one() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    let (id, sku) = product_with_sku(&world);
    let first = create(&world, "product.product", json!({ "name": "One", "default_code": sku })).await;
    let second = create(&world, "product.product", json!({ "name": "Two", "default_code": sku })).await;
    let ran = world.run(&["sync", "shop1"]).await.ended(1);
    ran.said(&[
        "[conflict]",
        &sku,
        &first.to_string(),
        &second.to_string(),
        "linkspan bindings link shop1 product",
    ]);
    let store = world.store().await;
    assert_eq!(dead_letters(&store).await.len(), 1);
    assert_eq!(world.odoo.count("product.product"), 6);

    let id = id.to_string();
    let link = ["bindings", "link", "shop1", "product", &id];
    world.run(&[&link[..], &["999999"]].concat()).await.ended(2).said(&["no product.product with id 999999"]);
    world
        .run(&[&link[..], &[&second.to_string()]].concat())
        .await
        .ended(0)
        .said(&["is linked to product.product"]);
    world.run(&["dead-letters", "retry", "--all"]).await.ended(0);
    assert_eq!(dead_letters(&store).await[0].state, DeadLetterState::Resolved);
    let name = world.shop.shop().get(Kind::Product, id.parse().unwrap()).unwrap()["name"].clone();
    assert_eq!(world.odoo_record("product.product", second)["name"], name);
    assert_eq!(world.odoo_record("product.product", first)["name"], "One");
    assert_eq!(world.odoo.count("product.product"), 6);

    // Nobody else may have it, until the link is forgotten.
    let other = world.shop.ids(Kind::Product)[4].to_string();
    let take = ["bindings", "link", "shop1", "product", &other, &second.to_string()];
    world.run(&take).await.ended(2).said(&["is linked to product", "unlink that first"]);
    world.run(&["bindings", "unlink", "shop1", "product", &id]).await.ended(0).said(&["is forgotten"]);
    world.run(&take).await.ended(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_products_of_the_shop_with_one_sku_do_not_share_a_record() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    let (first, sku) = product_with_sku(&world);
    let second = *world.shop.ids(Kind::Product).iter().find(|id| **id != first).unwrap();
    world.edit(Kind::Product, second, |product| product["sku"] = sku.clone().into());
    world.run(&["sync", "shop1"]).await.ended(1).said(&["has the same default_code", "make them differ"]);
    world.edit(Kind::Product, second, |product| product["sku"] = "OTHER-SKU".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(world.odoo.count("product.product"), 5);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_match_compares_numbers_as_numbers() {
    let world = World::start(Plan::sized(3, 0, 0).in_steps(100, 100)).await;
    world.redefine(&[(
        "match = [{ external = \"sku\", odoo = \"default_code\" }]",
        "match = [{ external = \"weight\", odoo = \"weight\" }, { external = \"sku\", odoo = \"id\" }]",
    )]);
    let ids = world.shop.ids(Kind::Product);
    let by_weight =
        create(&world, "product.product", json!({ "name": "Typed by hand", "weight": 7.5 })).await;
    let by_id = create(&world, "product.product", json!({ "name": "Typed by hand", "weight": 8 })).await;
    let unlike = |product: &mut Value, weight: &str, sku: String| {
        product["weight"] = weight.into();
        product["sku"] = sku.into();
    };
    world.edit(Kind::Product, ids[0], |product| unlike(product, "7.50", String::new()));
    world.edit(Kind::Product, ids[1], |product| unlike(product, "9", by_id.to_string()));
    world.edit(Kind::Product, ids[2], |product| unlike(product, "10", "no number".to_owned()));
    let done = world.sync(&["product"]).await.ended(0).json();
    let products = &done["entities"]["product"];
    assert_eq!((&products["adopted"], &products["created"]), (&2.into(), &1.into()), "{done}");
    let bound = bindings(&world.store().await).await;
    let of = |id: u64| bound.iter().find(|b| b.external_id == id.to_string()).and_then(|b| b.odoo_id);
    assert_eq!((of(ids[0]), of(ids[1])), (Some(by_weight), Some(by_id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_match_on_a_field_that_odoo_lacks_or_that_cannot_be_compared_is_told_before_anything_is_written() {
    let world = World::start(Plan::sized(3, 0, 0).in_steps(100, 100)).await;
    world.redefine(&[(
        "match = [{ external = \"sku\", odoo = \"default_code\" }]",
        "match = [{ external = \"sku\", odoo = \"default_codes\" }, { external = \"sku\", odoo = \"sale_ok\" }]",
    )]);
    world.run(&["sync", "shop1", "product"]).await.ended(2).said(&[
        "has no field default_codes",
        "did you mean default_code",
        "sale_ok",
        "of type boolean",
    ]);
    assert_eq!(world.odoo.count("product.product"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_loss_of_the_store_what_odoo_owns_stays() {
    let mut world = World::start(Plan { login: "admin", ..Plan::sized(30, 4, 8) }).await;
    world.sync(&[]).await.ended(0);
    let count = |world: &World| ["product.product", "res.partner", "sale.order"].map(|m| world.odoo.count(m));
    let before = count(&world);
    // Without a code no match rule finds it.
    let products = world.odoo.records("product.product");
    let product =
        products.iter().find(|product| product["default_code"] == false).unwrap()["id"].as_i64().unwrap();
    world.write_odoo("product.product", product, json!({ "type": "combo" })).await;
    let lost = world.store_url.replace("linkspan.db", "another.db");
    world.keep_store_at(&lost);
    let done = world.sync(&[]).await.ended(0).json();
    assert_eq!((&done["refused"], count(&world)), (&0.into(), before), "{done}");
    assert_eq!(world.odoo_record("product.product", product)["type"], "combo");
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

/// The other side made the record again under the same key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_was_deleted_and_made_again_takes_over_the_link() {
    let world = World::start(Plan::sized(5, 2, 2)).await;
    world.sync(&[]).await.ended(0);
    let (id, sku) = product_with_sku(&world);
    let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
    let mut product = world.shop.shop().get(Kind::Product, id).unwrap();
    assert!(world.shop.shop().delete(Kind::Product, id));
    product["id"] = 9_001.into();
    product["name"] = "Made again".into();
    assert!(world.shop.shop().put(Kind::Product, product));
    world.edit(Kind::Product, 9_001, |_| {});
    let planned = world.sync(&["product", "--plan"]).await.ended(0).json();
    assert_eq!(planned["planned"][0]["action"], "adopt", "{planned}");
    world.sync(&[]).await.ended(0);
    assert_eq!(world.product(&sku)["name"], "Made again");
    let store = world.store().await;
    let bound = bindings(&store).await;
    let of_odoo: Vec<&str> = bound
        .iter()
        .filter(|binding| binding.entity == "product" && binding.odoo_id == Some(odoo_id))
        .map(|binding| binding.external_id.as_str())
        .collect();
    assert_eq!(of_odoo, ["9001"]);
    let open = dead_letters(&store).await.into_iter().filter(|letter| letter.state == DeadLetterState::Open);
    assert_eq!(open.count(), 0);
}

/// Its lines would stay beside those of the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_with_lines_that_was_deleted_and_made_again_is_left_to_a_human() {
    let world = World::start(Plan::sized(5, 2, 2).in_steps(10, 10)).await;
    world.redefine(&[(
        "sample = \"samples/order.json\"\n",
        "sample = \"samples/order.json\"\nmatch = [{ external = \"number\", odoo = \"client_order_ref\" }]\n",
    )]);
    world.sync(&[]).await.ended(0);
    let orders = world.odoo.count("sale.order");
    let id = world.shop.ids(Kind::Order)[0];
    let mut order = world.shop.shop().get(Kind::Order, id).unwrap();
    assert!(world.shop.shop().delete(Kind::Order, id));
    order["id"] = 9_001.into();
    assert!(world.shop.shop().put(Kind::Order, order));
    world.edit(Kind::Order, 9_001, |_| {});
    world.sync(&["order"]).await.ended(1);
    let letter = dead_letters(&world.store().await).await.into_iter().find(|one| one.external_id == "9001");
    let letter = letter.unwrap();
    assert_eq!(letter.class, "conflict", "{}", letter.message);
    assert!(
        letter.message.contains(&format!("linked to record {id} of the shop already")),
        "{}",
        letter.message
    );
    assert_eq!(world.odoo.count("sale.order"), orders);
}

/// A create that Odoo refused made nothing, so what a person has made since is the record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_odoo_refused_to_make_is_matched_again() {
    let world = World::start(Plan::sized(5, 0, 0).in_steps(10, 10)).await;
    let sku = "default_code = { from = \"sku\", as = \"trim\" }";
    world.redefine(&[(sku, &format!("{sku}\nbarcode = {{ from = \"slug\", as = \"trim\" }}"))]);
    let (id, code) = product_with_sku(&world);
    let slug = world.shop.shop().get(Kind::Product, id).unwrap()["slug"].clone();
    let taken = create(&world, "product.product", json!({ "name": "By hand", "barcode": slug })).await;
    world.sync(&["product"]).await.ended(1);
    world.write_odoo("product.product", taken, json!({ "default_code": code })).await;
    let before = world.odoo.count("product.product");
    world.run(&["dead-letters", "retry", "--all"]).await.ended(0);
    assert_eq!(world.odoo.count("product.product"), before);
    let bound = bindings(&world.store().await).await;
    let binding = bound.iter().find(|binding| binding.external_id == id.to_string()).unwrap();
    assert_eq!((binding.odoo_id, binding.origin), (Some(taken), Origin::Adopted));
}
