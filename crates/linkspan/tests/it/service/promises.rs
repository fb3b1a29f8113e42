//! What Linkspan promises, each promise under its own words, on both databases. Those that need a process killed are in
//! `killed.rs`; ARCHITECTURE.md lists all of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::store::{DeadLetter, DeadLetterState, EventFilter, JobFilter, JobKind, NewJob, Store};
use sandbox::Fault;
use sandbox::shop::{Kind, Shop, ShopSpec};
use serde_json::json;

use super::{SELDOM, Served, configure, take_webhooks, until};
use crate::support::kept::dead_letters;
use crate::support::records::disagreements;
use crate::support::world::{BACKEND, Plan, StoreKind, World, size};

/// Runs each of these `async fn(StoreKind)` on both databases.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::StoreKind::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::StoreKind::Postgres).await;
            })*
        }
    };
}

on_both_stores!(
    a_record_is_never_duplicated_in_odoo_or_in_the_external_system,
    an_older_state_never_overwrites_a_newer_one,
    one_bad_record_never_blocks_another_and_what_waits_for_it_goes_on_by_itself,
    linkspan_never_removes_data_in_odoo_on_its_own,
    every_failure_says_what_happened_to_which_record_and_what_to_do_next,
);

const PRODUCTS_OUT: &str =
    "[[backends.shop1.schedules]]\ndirection = \"out\"\nentities = [\"product\"]\nevery_ms = 1_000\n";

/// A service that takes webhooks, with its first import behind it.
async fn served(world: &mut World, rules: &str) -> (Served, Store) {
    configure(world, rules);
    take_webhooks(&mut world.program, BACKEND);
    let served = Served::start(world).await;
    let store = world.store().await;
    until("everything was walked", || async {
        (store.last_successes().await.unwrap().len() == 4).then_some(())
    })
    .await;
    idle(&store).await;
    (served, store)
}

async fn idle(store: &Store) {
    until("no record waits", || async {
        let jobs = store.list_jobs(JobFilter::default()).await.unwrap();
        jobs.iter().all(|view| view.job.record.is_empty()).then_some(())
    })
    .await;
}

/// Whatever is repeated, cut off or reordered.
async fn a_record_is_never_duplicated_in_odoo_or_in_the_external_system(store: StoreKind) {
    let mut world = World::start(Plan { store, ..Plan::sized(12, 4, 8).in_steps(100, 500) }).await;
    let definition = "connector/connector.toml";
    world.program.edit_file(definition, "timeout_ms = 60_000", "timeout_ms = 2_000");
    let create = "create = \"create_product\"\n";
    world.program.edit_file(definition, create, &format!("{create}domain = {{ sale_ok = true }}\n"));
    // The work is done and nobody hears of it, in both systems.
    for call in ["product.product.load", "res.partner.load", "sale.order.load"] {
        world.odoo.faults().add(call, Fault::CutAfterWork, 1);
    }
    world.shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutAfterWork, 1);
    let rules = format!("rollout = {{ product = {{ out = \"on\" }} }}\n{SELDOM}{PRODUCTS_OUT}");
    let (served, store) = served(&mut world, &rules).await;
    let values = json!({ "name": "Made once", "default_code": "ONCE", "list_price": 5, "sale_ok": true });
    let people = world.client().await;
    people.create("product.product", vec![values.as_object().unwrap().clone()]).await.unwrap();
    let skus = || {
        let ids = world.shop.ids(Kind::Product).into_iter();
        ids.filter(|id| world.shop.shop().get(Kind::Product, *id).unwrap()["sku"] == "ONCE")
            .collect::<Vec<_>>()
    };
    until("it is in the shop", || async { (!skus().is_empty()).then_some(()) }).await;
    // Each webhook three times, the last ones first.
    for round in 0..3 {
        for (topic, kind) in [("order.updated", Kind::Order), ("product.updated", Kind::Product)] {
            for id in world.shop.ids(kind).into_iter().rev() {
                assert!(served.deliver(BACKEND, topic, &format!("{topic} {id} {}", round % 2), id).await);
            }
        }
    }
    idle(&store).await;
    assert_eq!(skus().len(), 1);
    let records = world.odoo.records("product.product");
    assert_eq!(records.iter().filter(|record| record["default_code"] == "ONCE").count(), 1);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
    assert!(served.stop().await.success());
}

async fn an_older_state_never_overwrites_a_newer_one(store: StoreKind) {
    let mut world = World::start(Plan { store, ..Plan::sized(5, 0, 0) }).await;
    let (served, store) = served(&mut world, SELDOM).await;
    let id = world.shop.ids(Kind::Product)[1];
    let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
    // A cache or a replica of the shop answers with what was.
    for (name, at) in [("Newer", "2026-11-01T12:00:00"), ("Older", "2026-11-01T11:59:59")] {
        world.edit_at(Kind::Product, id, at, |product| product["name"] = name.into());
        assert!(served.deliver(BACKEND, "product.updated", name, id).await);
        idle(&store).await;
        assert_eq!(world.odoo_record("product.product", odoo_id)["name"], "Newer");
    }
    let filter = EventFilter { record: Some(id.to_string()), ..EventFilter::default() };
    let events = store.list_events(filter).await.unwrap();
    assert!(events.iter().any(|event| event.message.contains("newer state already")), "{events:#?}");
    assert!(served.stop().await.success());
}

async fn one_bad_record_never_blocks_another_and_what_waits_for_it_goes_on_by_itself(store: StoreKind) {
    let shop = Shop::generate(&ShopSpec { bad_products: 3, ..size(40, 5, 40) });
    let mut world = World::start(Plan { store, ..Plan::of(shop) }).await;
    let (served, store) = served(&mut world, SELDOM).await;
    let letters = dead_letters(&store).await;
    let bad: Vec<_> = letters.iter().filter(|letter| letter.entity == "product").collect();
    let waiting = letters.iter().filter(|letter| letter.entity == "order").count();
    assert!(bad.len() == 3 && waiting > 0, "{letters:#?}");
    assert!(world.odoo.count("sale.order") > 0);
    for letter in &bad {
        world.mend(&letter.external_id);
        let job = NewJob::new(BACKEND, JobKind::Import, "product", &letter.external_id);
        store.enqueue(&[job]).await.unwrap();
    }
    until("the orders that waited are in", || async { open(&store).await.is_empty().then_some(()) }).await;
    assert!(disagreements(&world).await.is_empty());
    assert!(served.stop().await.success());
}

async fn open(store: &Store) -> Vec<DeadLetter> {
    let letters = dead_letters(store).await;
    letters.into_iter().filter(|letter| letter.state == DeadLetterState::Open).collect()
}

/// Records that the shop deletes or bins stay in Odoo, archived or cancelled.
async fn linkspan_never_removes_data_in_odoo_on_its_own(store: StoreKind) {
    let mut world = World::start(Plan { store, ..Plan::sized(10, 4, 8) }).await;
    let (served, store) = served(&mut world, SELDOM).await;
    let count = || {
        ["product.category", "product.product", "res.partner", "sale.order", "sale.order.line"]
            .map(|model| world.odoo.count(model))
    };
    let before = count();
    let products = world.shop.ids(Kind::Product);
    let orders = world.shop.ids(Kind::Order);
    for id in &products[..3] {
        world.edit(Kind::Product, *id, |product| product["status"] = "trash".into());
    }
    world.edit(Kind::Order, orders[0], |order| order["status"] = "trash".into());
    assert!(world.shop.shop().delete(Kind::Product, products[3]));
    assert!(world.shop.shop().delete(Kind::Order, orders[1]));
    assert!(world.shop.shop().delete(Kind::Customer, world.shop.ids(Kind::Customer)[0]));
    for id in &products[..4] {
        assert!(served.deliver(BACKEND, "product.deleted", &format!("product {id}"), *id).await);
    }
    for id in &orders[..2] {
        assert!(served.deliver(BACKEND, "order.deleted", &format!("order {id}"), *id).await);
    }
    let walk = |entity| NewJob::new(BACKEND, JobKind::Poll, entity, "").over_all("test");
    store.enqueue(&["category", "product", "customer", "order"].map(walk)).await.unwrap();
    until("everything was walked again", || async {
        store.list_jobs(JobFilter::default()).await.unwrap().is_empty().then_some(())
    })
    .await;
    assert_eq!(count(), before);
    assert!(world.writes().keys().all(|call| !call.ends_with(".unlink")), "{:?}", world.writes());
    for id in &products[..3] {
        let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
        assert_eq!(world.odoo_record("product.product", odoo_id)["active"], false);
    }
    assert!(served.stop().await.success());
}

async fn every_failure_says_what_happened_to_which_record_and_what_to_do_next(store: StoreKind) {
    let shop = Shop::generate(&ShopSpec { bad_products: 2, ..size(20, 5, 20) });
    let mut world = World::start(Plan { store, ..Plan::of(shop) }).await;
    let rules = format!("rollout = {{ product = {{ out = \"on\" }} }}\n{SELDOM}{PRODUCTS_OUT}");
    let (served, store) = served(&mut world, &rules).await;
    // Both sides change a price; the shop forgets a product that it still tells of.
    let shop = world.shop.shop();
    let is_simple = |id: &&u64| {
        let product = shop.get(Kind::Product, **id).unwrap();
        product["type"] == "simple" && world.odoo_id(&format!("product_{id}")).is_some()
    };
    let products = world.shop.ids(Kind::Product);
    let both = *products.iter().find(is_simple).unwrap();
    world.edit(Kind::Product, both, |product| product["regular_price"] = "50.00".into());
    let values = json!({ "list_price": 60 });
    let odoo_id = world.odoo_id(&format!("product_{both}")).unwrap();
    let people = world.client().await;
    people.write("product.product", &[odoo_id], values.as_object().unwrap().clone()).await.unwrap();
    assert!(served.deliver(BACKEND, "product.updated", "gone", 987_654).await);
    let letters = until("all of them are told", || async {
        let letters = open(&store).await;
        let has = |class: &str| letters.iter().any(|letter| letter.class == class);
        ["data", "missing_dependency", "conflict", "gone"].into_iter().all(has).then_some(letters)
    })
    .await;
    for letter in &letters {
        let said = world.run(&["dead-letters", "show", &letter.id.to_string()]).await.ended(0);
        let record = format!("{} {} of {BACKEND}", letter.entity, letter.external_id);
        said.said(&[&record, &format!("next: {}", letter.next_step)]);
        for sentence in [&letter.message, &letter.next_step] {
            assert!(sentence.len() > 15 && sentence.contains(' '), "{letter:#?}");
        }
    }
    assert!(served.stop().await.success());
}
