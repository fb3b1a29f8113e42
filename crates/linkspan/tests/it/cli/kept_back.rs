//! Commands that write obey stages and pauses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use linkspan::operations::Operator;
use sandbox::shop::{Shop, ShopSpec};
use serde_json::json;

use crate::support::kept::dead_letters;
use crate::support::world::{Plan, World, size};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_leaves_out_what_a_stage_keeps_back() {
    let world = World::start(Plan::sized(5, 2, 4)).await;
    world.run(&["backends", "stage", "shop1", "order", "shadow"]).await.ended(0);
    let named = world.run(&["sync", "shop1", "order"]).await.ended(2);
    named.said(&[
        "order of shop1 is in stage shadow",
        "linkspan backends stage shop1 order on",
        "--plan",
        "--force",
    ]);
    let all = world.sync(&[]).await.ended(0).json();
    assert_eq!(
        (&all["left_out"], &all["entities"]["product"]["created"]),
        (&json!(["order"]), &5.into()),
        "{all}"
    );
    assert_eq!(world.odoo.count("sale.order"), 0);
    world.run(&["sync", "shop1"]).await.ended(0).said(&["left out", "order"]);
    // A plan is what the stage is for.
    let planned = world.sync(&["order", "--plan"]).await.finished().json();
    assert!(!planned["planned"].as_array().unwrap().is_empty(), "{planned}");
    world.sync(&["order", "--force"]).await.ended(0);
    assert!(world.odoo.count("sale.order") > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_for_commands_too() {
    let world = World::start(Plan::sized(3, 0, 0)).await;
    world.run(&["backends", "pause", "shop1", "--reason", "stocktaking"]).await.ended(0);
    for command in ["sync", "export"] {
        let ran = world.run(&[command, "shop1", "product"]).await.ended(2);
        ran.said(&["shop1 is paused: stocktaking", "linkspan backends resume shop1", "--force"]);
    }
    assert_eq!(world.odoo.count("product.product"), 0);
    world.run(&["backends", "resume", "shop1"]).await.ended(0);
    world.sync(&["product"]).await.ended(0);
    assert_eq!(world.odoo.count("product.product"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_obeys_a_stage_that_somebody_set() {
    let world = World::start(Plan::sized(3, 0, 0)).await;
    world.sync(&["product"]).await.ended(0);
    world.run(&["backends", "stage", "shop1", "product", "off", "--direction", "out"]).await.ended(0);
    let ran = world.run(&["export", "shop1", "product"]).await.ended(2);
    ran.said(&[
        "product of shop1 is in stage off",
        "linkspan backends stage shop1 product on --direction out",
    ]);
    world.run(&["export", "shop1", "product", "--force"]).await.ended(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_and_a_decision_obey_stages_and_pauses() {
    let shop = Shop::generate(&ShopSpec { bad_products: 2, ..size(6, 0, 0) });
    let world = World::start(Plan::of(shop)).await;
    world.sync(&["product"]).await.ended(1);
    let letters = dead_letters(&world.store().await).await;
    letters.iter().for_each(|letter| world.mend(&letter.external_id));
    let retry = ["dead-letters", "retry", &letters[0].id.to_string()];
    world.run(&["backends", "stage", "shop1", "product", "off"]).await.ended(0);
    world.run(&retry).await.ended(2).said(&["product of shop1 is in stage off", "--force"]);
    world.run(&["dead-letters", "retry", "--all"]).await.ended(0).said(&["left out", "0 tried again"]);
    assert_eq!(world.odoo.count("product.product"), 4);
    world.run(&["backends", "stage", "shop1", "product", "on"]).await.ended(0);
    world.run(&["backends", "pause", "shop1"]).await.ended(0);
    world.run(&retry).await.ended(2).said(&["shop1 is paused"]);
    world
        .run(&[&retry[..], &["--force"]].concat())
        .await
        .ended(0)
        .said(&["1 tried again, 1 are in Odoo now"]);
    // It is closed now, and nothing claims otherwise.
    let again = world.run(&[&retry[..], &["--force", "--json"]].concat()).await.ended(1).json();
    assert_eq!((&again["retried"], &again["not_tried"]), (&json!(0), &json!([letters[0].id])), "{again}");
    assert_eq!(world.odoo.count("product.product"), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_of_one_channel_ends_and_only_lists_are_polled() {
    let world = World::start(Plan::sized(1, 0, 0)).await;
    let store = world.store().await;
    Operator::new(&store, "test").pause_channel("shop1:out", "stocktaking", None).await.unwrap();
    world.run(&["doctor"]).await.finished().said(&["paused: stocktaking", "linkspan backends resume shop1"]);
    world.run(&["backends", "resume", "shop1"]).await.ended(0);
    world.run(&["backends", "resume", "shop1"]).await.ended(2).said(&["shop1 is not paused"]);
    let ran = world.run(&["backends", "poll", "shop1", "pricelist"]).await.ended(2);
    ran.said(&["pricelist of shop1 has no list", "product"]);
}
