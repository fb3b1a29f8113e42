//! Which records a sync looks at: `--limit`, `--since`, `--full`, `--id`, entities, and what changed since the last.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use sandbox::shop::{Kind, Misbehaviour};

use crate::support::kept::{bindings, dead_letters};
use crate::support::records::disagreements;
use crate::support::world::{Plan, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_takes_the_first_records_and_the_next_sync_all() {
    let world = World::start(Plan::sized(12, 0, 0)).await;
    let done = world.sync(&["product", "--limit", "5"]).await.ended(0).json();
    assert_eq!(done["entities"]["product"]["created"], 5);
    assert!(world.store().await.checkpoint("shop1", "product").await.unwrap().is_none());
    let done = world.sync(&["product"]).await.ended(0).json();
    assert_eq!((&done["entities"]["product"]["created"], &done["unchanged"]), (&7.into(), &5.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_asks_for_no_page_beyond_it() {
    let world = World::start(Plan::sized(40, 0, 0).in_steps(5, 500)).await;
    for (limit, pages) in [("2", 1), ("5", 1), ("6", 2)] {
        let before = world.shop.requests().len();
        world.sync(&["product", "--limit", limit]).await.ended(0);
        let asked = world.shop.requests().split_off(before);
        let lists = asked.iter().filter(|(_, target)| target.contains("/products?"));
        assert_eq!(lists.count(), pages, "{limit}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn since_takes_what_changed_after_it_and_moves_no_checkpoint() {
    let world = World::start(Plan::sized(12, 0, 0)).await;
    let ids = world.shop.ids(Kind::Product);
    for (at, id) in [("2026-10-05T11:00:00", ids[3]), ("2026-10-05T13:00:00", ids[4])] {
        world.edit_at(Kind::Product, id, at, |_| {});
    }
    let done = world.sync(&["product", "--since", "2026-10-05T12:00:00Z"]).await.ended(0).json();
    assert_eq!(done["entities"]["product"]["created"], 1);
    assert!(world.odoo_id(&format!("product_{}", ids[4])).is_some());
    let done = world.sync(&["product", "--since", "2026-10-05"]).await.ended(0).json();
    assert_eq!(done["entities"]["product"]["created"], 1);
    assert!(world.store().await.checkpoint("shop1", "product").await.unwrap().is_none());
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.odoo.count("product.product"), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_sync_asks_for_changes_only_and_a_full_one_for_everything() {
    let world = World::start(Plan::sized(12, 3, 5)).await;
    world.sync(&[]).await.ended(0);
    let asked = world.shop.requests().len();
    // Whoever writes into the shop's database directly leaves no date.
    let (silent, loud) = (world.shop.ids(Kind::Product)[1], world.shop.ids(Kind::Product)[2]);
    let mut record = world.shop.shop().get(Kind::Product, silent).unwrap();
    record["name"] = "Changed in silence".into();
    world.shop.shop().put(Kind::Product, record);
    world.edit(Kind::Product, loud, |product| product["name"] = "Changed aloud".into());

    let done = world.sync(&[]).await.ended(0).json();
    assert_eq!((&done["updated"], &done["created"]), (&1.into(), &0.into()));
    let requests = world.shop.requests().split_off(asked);
    for list in ["/products?", "/orders?"] {
        let narrowed =
            |(_, target): &(String, String)| !target.contains(list) || target.contains("modified_after=");
        assert!(requests.iter().all(narrowed), "{requests:?}");
    }
    let done = world.sync(&["--full"]).await.ended(0).json();
    assert_eq!(done["updated"], 1);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_record_comes_with_all_it_needs() {
    let world = World::start(Plan::sized(12, 4, 8)).await;
    let id = world.shop.ids(Kind::Order)[0];
    world.run(&["sync", "shop1", "order", "--id", &id.to_string()]).await.ended(0);
    assert_eq!(world.odoo.count("sale.order"), 1);
    let store = world.store().await;
    let of =
        |entity: &str, all: &[linkspan::store::Binding]| all.iter().filter(|b| b.entity == entity).count();
    let bound = bindings(&store).await;
    assert_eq!(of("order", &bound), 1);
    assert!(of("product", &bound) > 0 && of("product", &bound) < 12, "{bound:?}");
    world
        .run(&["sync", "shop1", "order", "--id", "987654"])
        .await
        .ended(1)
        .said(&["no longer exists in the shop"]);
    assert_eq!(dead_letters(&store).await[0].class, "gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_says_what_the_shop_answered_for_a_product_that_it_lacks() {
    let world = World::start(Plan::sized(6, 2, 6)).await;
    let shop = world.shop.shop();
    let is_of = |order: &u64| shop.get(Kind::Order, *order).unwrap()["line_items"][0]["product_id"].as_u64();
    let orders = world.shop.ids(Kind::Order);
    let (order, product) = orders.iter().find_map(|id| Some((*id, is_of(id)?))).unwrap();
    assert!(shop.delete(Kind::Product, product));
    world.run(&["sync", "shop1", "order", "--id", &order.to_string()]).await.ended(1);
    let letters = dead_letters(&world.store().await).await;
    let letter = letters.iter().find(|letter| letter.external_id == order.to_string()).unwrap();
    let said = format!("product {product} is not in Odoo: the shop answered 404 when it was asked for it");
    assert!(letter.message.contains(&said), "{}", letter.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_alone_bring_products_and_customers_along() {
    let world = World::start(Plan::sized(12, 4, 8)).await;
    let done = world.sync(&["order"]).await.ended(0).json();
    assert_eq!(done["refused"], 0);
    // In batches, not one request for each.
    let singles = world.shop.requests().iter().filter(|(_, target)| target.contains("/products/1")).count();
    assert!(singles <= 2, "{:?}", world.shop.requests());
    world.sync(&[]).await.ended(0);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_shift_during_a_walk_lose_no_record() {
    let world = World::start(Plan::sized(60, 0, 0).in_steps(10, 10)).await;
    let first = world.shop.ids(Kind::Product);
    for (skip, id) in [(0, first[2]), (1, first[12]), (2, first[0])] {
        let gone = Misbehaviour::DeleteAfter { kind: Kind::Product, id };
        world.shop.shop().misbehave("/products?", gone, skip, 1);
    }
    world.sync(&["category", "product"]).await.ended(0);
    let missing = disagreements(&world).await;
    let missing: Vec<&String> = missing.iter().filter(|wrong| wrong.starts_with("product")).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
