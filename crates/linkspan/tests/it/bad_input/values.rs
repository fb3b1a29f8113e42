//! Values that look like something else, or cannot be.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::DeadLetter;
use sandbox::shop::{Kind, Shop};
use serde_json::{Map, Value, json};

use crate::support::kept::dead_letters;
use crate::support::world::{Plan, World, size};

/// A shop of one product, changed, after a sync.
async fn synced(change: impl FnOnce(&mut Value)) -> World {
    let generated = Shop::generate(&size(1, 0, 0));
    let mut product = generated.get(Kind::Product, generated.ids(Kind::Product)[0]).unwrap();
    product["type"] = "simple".into();
    change(&mut product);
    let world = World::start(Plan::of(generated)).await;
    world.shop.shop().put(Kind::Product, product);
    world.sync(&["product"]).await.finished();
    world
}

fn product(world: &World) -> Map<String, Value> {
    let products = world.odoo.records("product.product");
    assert_eq!(products.len(), 1, "{products:?}");
    products.into_iter().next().unwrap()
}

async fn refused(world: &World) -> DeadLetter {
    let letters = dead_letters(&world.store().await).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digits_in_a_text_stay_text() {
    for sku in ["00123", "1e5", "0x10", "1.50", "true", "null", "٣٤٥"] {
        let world = synced(|product| product["sku"] = sku.into()).await;
        assert_eq!(product(&world)["default_code"], sku);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_where_text_belongs_keeps_its_digits_or_is_refused() {
    let world = synced(|product| product["sku"] = json!(123)).await;
    match world.odoo.count("product.product") {
        1 => assert_eq!(product(&world)["default_code"], "123"),
        _ => assert!(refused(&world).await.message.contains("default_code")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_is_the_same_as_text_and_as_number() {
    for price in [json!("19.90"), json!(19.90), json!("19.9"), json!(" 19.90 ")] {
        let world = synced(|product| product["regular_price"] = price.clone()).await;
        match world.odoo.count("product.product") {
            1 => assert_eq!(product(&world)["list_price"], json!(19.9), "{price}"),
            _ => assert!(refused(&world).await.message.contains("list_price"), "{price}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_with_a_decimal_comma_is_refused_and_not_guessed() {
    let world = synced(|product| product["regular_price"] = "1.234,50".into()).await;
    let letter = refused(&world).await;
    assert!(
        letter.message.contains("list_price") && letter.message.contains("1.234,50"),
        "{}",
        letter.message
    );
    assert_eq!(world.odoo.count("product.product"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_that_cannot_be_are_refused_with_path_and_value() {
    let dates = [
        "0000-00-00T00:00:00",
        "2026-02-30T10:00:00",
        "99999-01-01T00:00:00",
        "9999-12-31T23:59:59-05:00",
        "soon",
    ];
    for date in dates {
        let world = synced(|product| product["date_modified_gmt"] = date.into()).await;
        let letter = refused(&world).await;
        assert!(
            letter.message.contains("date_modified_gmt") && letter.message.contains(date),
            "{}",
            letter.message
        );
        assert_eq!((letter.class.as_str(), world.odoo.count("product.product")), ("data", 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_from_a_year_that_odoo_does_not_have_is_refused() {
    let shop = Shop::generate(&size(3, 2, 1));
    let mut order = shop.get(Kind::Order, shop.ids(Kind::Order)[0]).unwrap();
    order["status"] = "pending".into();
    order["date_created_gmt"] = "-0044-03-15T12:00:00".into();
    let world = World::start(Plan::of(shop)).await;
    world.shop.shop().put(Kind::Order, order);
    world.sync(&[]).await.ended(1);
    let letter = refused(&world).await;
    assert!(letter.message.contains("date_order"), "{}", letter.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_any_script_and_length_arrive_unchanged() {
    let long = "كرسي خشبي 🪑 ".repeat(200);
    for name in ["كرسي خشبي", "Stuhl „Käthe“ 100 %", "line\nbreak", "quote\" \\ ' ; --", long.trim()]
    {
        let world = synced(|product| product["name"] = name.into()).await;
        let shown = product(&world)["name"].as_str().unwrap().to_owned();
        let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(spaces(&shown), spaces(name));
    }
}

/// Odoo tells what went wrong with a whole batch of the batch's first record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_record_is_not_refused_with_another_ones_error() {
    let shop = Shop::generate(&size(12, 0, 0));
    let bad = shop.ids(Kind::Product)[7];
    let world = World::start(Plan::of(shop).in_steps(100, 100)).await;
    let sku = "default_code = { from = \"sku\", as = \"trim\" }";
    world.redefine(&[(sku, "barcode = { from = \"slug\", as = \"trim\" }")]);
    let slug = world.shop.shop().get(Kind::Product, bad).unwrap()["slug"].clone();
    let Value::Object(taken) = json!({ "name": "Other", "barcode": slug }) else { unreachable!() };
    world.administrator().await.create("product.product", vec![taken]).await.unwrap();
    let done = world.sync(&["product"]).await.ended(1).json();
    let products = &done["entities"]["product"];
    assert_eq!((&products["created"], &products["refused"]), (&11.into(), &1.into()), "{done}");
    let letter = refused(&world).await;
    assert_eq!(letter.external_id, bad.to_string());
    assert!(letter.message.contains(slug.as_str().unwrap()), "{}", letter.message);
}
