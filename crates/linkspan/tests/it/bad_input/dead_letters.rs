//! Seven bad records of three hundred: the others are in, each bad one can be seen, retried and dismissed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::DeadLetterState;
use sandbox::shop::{Kind, Shop, ShopSpec};
use serde_json::Value;

use crate::support::kept::dead_letters;
use crate::support::records::disagreements;
use crate::support::world::{Plan, StoreKind, World, size};

async fn with_seven_bad() -> World {
    let shop = Shop::generate(&ShopSpec { bad_products: 7, ..size(300, 5, 150) });
    World::start(Plan::of(shop)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seven_bad_records_of_three_hundred_leave_293_in_and_seven_reasons() {
    let world = with_seven_bad().await;
    // 293 products and 8 categories.
    let summary = world.sync(&["product"]).await.ended(1).json();
    assert_eq!((&summary["created"], &summary["refused"]), (&301.into(), &7.into()), "{summary}");
    assert_eq!(world.odoo.count("product.product"), 293);

    let list = world.run(&["dead-letters", "list", "--json"]).await.ended(0).json();
    let letters = list["dead_letters"].as_array().unwrap();
    assert_eq!(letters.len(), 7);
    for letter in letters {
        assert_eq!(letter["class"], "data", "{letter}");
        let message = letter["message"].as_str().unwrap();
        let names_the_field =
            ["list_price", "name", "date_modified_gmt"].iter().any(|field| message.contains(field));
        assert!(names_the_field, "{message}");
        assert!(letter["payload"].as_str().unwrap().contains("\"id\""), "{letter}");
    }
    world.run(&["dead-letters", "list"]).await.ended(0).said(&["shop1", "product", "data", "list_price"]);
    let shown = world.run(&["dead-letters", "show", &letters[0]["id"].to_string()]).await.ended(0);
    shown.said(&["[data], tried 1 times", letters[0]["external_id"].as_str().unwrap(), "\"sku\""]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mended_record_comes_in_on_retry_with_the_orders_that_waited_for_it() {
    let world = with_seven_bad().await;
    world.sync(&[]).await.ended(1);
    let store = world.store().await;
    let letters = dead_letters(&store).await;
    let bad: Vec<_> = letters.iter().filter(|letter| letter.entity == "product").collect();
    let waiting = letters.iter().filter(|letter| letter.entity == "order").count();
    assert_eq!(bad.len(), 7);
    assert!(waiting > 0, "no order is of a bad product: {letters:?}");

    // Nothing is mended yet.
    let first = bad[0].id.to_string();
    world.run(&["dead-letters", "retry", &first]).await.ended(1).said(&["still refused: product"]);
    bad.iter().for_each(|letter| world.mend(&letter.external_id));
    let retried = world.run(&["dead-letters", "retry", &first, "--json"]).await.ended(0).json();
    assert_eq!((&retried["retried"], &retried["resolved"]), (&1.into(), &1.into()));
    let retried =
        world.run(&["dead-letters", "retry", "--all", "--entity", "product", "--json"]).await.ended(0).json();
    assert_eq!((&retried["retried"], &retried["resolved"]), (&6.into(), &6.into()));
    assert_eq!(world.odoo.records("product.product").iter().filter(|p| is_mended(p)).count(), 7);
    // The orders went on by themselves.
    let open: Vec<_> =
        dead_letters(&store).await.into_iter().filter(|l| l.state == DeadLetterState::Open).collect();
    assert_eq!(open, []);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

/// Its number, and another product that is in Odoo with the payload it has in the shop.
async fn one_bad_and_another() -> (World, String, String, Value) {
    let shop = Shop::generate(&ShopSpec { bad_products: 1, ..size(4, 0, 0) });
    let world = World::start(Plan::of(shop)).await;
    world.sync(&["product"]).await.ended(1);
    let letter = dead_letters(&world.store().await).await.remove(0);
    let other = world.shop.ids(Kind::Product).into_iter().find(|id| {
        let is_simple = world.shop.shop().get(Kind::Product, *id).unwrap()["type"] == "simple";
        is_simple && id.to_string() != letter.external_id
    });
    let other = world.shop.shop().get(Kind::Product, other.unwrap()).unwrap();
    (world, letter.id.to_string(), letter.external_id, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edited_data_stays_the_record_that_it_was() {
    let (world, letter, id, mut other) = one_bad_and_another().await;
    let name = other["name"].clone();
    other["name"] = "Hijacked".into();
    other["date_modified_gmt"] = "2030-01-01T00:00:00".into();
    let file = world.program.path("record.json");
    std::fs::write(&file, other.to_string()).unwrap();
    let edit = ["dead-letters", "edit", &letter, "--payload", file.to_str().unwrap()];
    world.run(&edit).await.ended(0);
    let said = format!("this dead letter is about product {id}: give it that id again");
    world.run(&["dead-letters", "retry", &letter]).await.ended(1).said(&[&said]);
    assert!(world.odoo.records("product.product").iter().all(|product| product["name"] != "Hijacked"));
    assert!(world.odoo.records("product.product").iter().any(|product| product["name"] == name));

    // With its own id it goes in, and what was typed is kept to the last digit.
    other["id"] = id.parse::<u64>().unwrap().into();
    other["sku"] = "".into();
    let typed = other.to_string().replacen('{', "{ \"weight_exact\": 0.30000000000000000004, ", 1);
    std::fs::write(&file, &typed).unwrap();
    world.run(&edit).await.ended(0);
    let shown = world.run(&["dead-letters", "show", &letter, "--json"]).await.ended(0).json();
    assert_eq!(shown["dead_letter"]["payload"], typed);
    world.run(&["dead-letters", "retry", &letter]).await.ended(0);
    assert!(world.odoo.records("product.product").iter().any(|product| product["name"] == "Hijacked"));
    let audit = world.store().await.list_audit(Default::default()).await.unwrap();
    let actions: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        ["dead_letter.retry", "dead_letter.edit", "dead_letter.retry", "dead_letter.edit"],
        "{audit:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_means_every_one_and_only_those_in_the_state_that_is_said() {
    let shop = Shop::generate(&ShopSpec { bad_products: 130, ..size(140, 0, 0) });
    let world = World::start(Plan::of(shop)).await;
    world.sync(&["product"]).await.ended(1);
    let store = world.store().await;
    let letters = dead_letters(&store).await;
    let dismissed: Vec<String> = letters[..3].iter().map(|letter| letter.id.to_string()).collect();
    let dismiss: Vec<&str> =
        ["dead-letters", "dismiss"].into_iter().chain(dismissed.iter().map(String::as_str)).collect();
    world.run(&dismiss).await.ended(0);
    let retry = ["dead-letters", "retry", "--all", "--backend", "shop1", "--json"];
    let done = world.run(&retry).await.ended(1).json();
    assert_eq!(done["retried"], 127, "{done}");
    let done = world.run(&[&retry[..], &["--state", "dismissed"]].concat()).await.ended(1).json();
    assert_eq!(done["retried"], 3, "{done}");
    world.run(&[&retry[..], &["--state", "resolved"]].concat()).await.ended(2).said(&["--state dismissed"]);
}

fn is_mended(product: &serde_json::Map<String, Value>) -> bool {
    product["name"].as_str().is_some_and(|name| name.starts_with("Mended"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mended_record_comes_in_with_the_next_sync_too() {
    let world = with_seven_bad().await;
    world.sync(&[]).await.ended(1);
    let store = world.store().await;
    for letter in dead_letters(&store).await.iter().filter(|letter| letter.entity == "product") {
        world.mend(&letter.external_id);
    }
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
    assert!(dead_letters(&store).await.iter().all(|letter| letter.state == DeadLetterState::Resolved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_record_bothers_nobody_again() {
    for store in [StoreKind::Sqlite, StoreKind::Postgres] {
        dismiss_and_ask_again(store).await;
    }
}

async fn dismiss_and_ask_again(store: StoreKind) {
    let shop = Shop::generate(&ShopSpec { bad_products: 1, ..size(10, 0, 0) });
    let world = World::start(Plan { store, ..Plan::of(shop) }).await;
    world.sync(&["product"]).await.ended(1);
    let letters = dead_letters(&world.store().await).await;
    let id = letters[0].id.to_string();
    world.run(&["dead-letters", "dismiss", &id]).await.ended(0).said(&["1 dismissed"]);
    let list = world.run(&["dead-letters", "list", "--json"]).await.ended(0).json();
    assert_eq!(list["dead_letters"], serde_json::json!([]));
    // It is seen again and again, and stays dismissed ...
    world.sync(&["product", "--full"]).await.ended(0);
    let list = world.run(&["dead-letters", "list", "--json"]).await.ended(0).json();
    assert_eq!(list["dead_letters"], serde_json::json!([]));
    // ... until somebody asks for it ...
    world.run(&["dead-letters", "retry", &id]).await.ended(1).said(&["still refused"]);
    world.run(&["dead-letters", "dismiss", &id]).await.ended(0);
    // ... or it changes, for the worse or for the better.
    let product = letters[0].external_id.parse().unwrap();
    let mut record = world.shop.shop().get(Kind::Product, product).unwrap();
    record["date_modified_gmt"] = "2026-10-02T10:00:00".into();
    world.shop.shop().put(Kind::Product, record);
    world.sync(&["product", "--full"]).await.ended(1);
    world.mend(&letters[0].external_id);
    world.sync(&["--full"]).await.ended(0);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}
