//! Commands that write obey stages and pauses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::json;

use crate::support::world::{Plan, World};

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
