//! Repeats cost nothing, older states do not win, what was deleted comes back when it changes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use sandbox::shop::Kind;

use crate::support::kept::EndState;
use crate::support::records::disagreements;
use crate::support::world::{Plan, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unchanged_records_cost_no_write() {
    let world = World::start(Plan::sized(30, 10, 20)).await;
    world.sync(&[]).await.ended(0);
    let before = (world.writes(), EndState::of(&world).await);
    let again = world.sync(&["--full"]).await.ended(0).json();
    assert_eq!((&again["created"], &again["updated"], &again["refused"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!(world.writes(), before.0);
    EndState::of(&world).await.assert_is(&before.1, "after a second full sync");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_state_never_overwrites_a_newer_one() {
    let world = World::start(Plan::sized(5, 0, 0)).await;
    let id = world.shop.ids(Kind::Product)[1];
    world.edit_at(Kind::Product, id, "2026-10-05T12:00:00", |product| product["name"] = "Newer".into());
    world.sync(&["product"]).await.ended(0);
    // A cache or a replica of the shop answers with what was.
    world.edit_at(Kind::Product, id, "2026-10-05T11:59:59", |product| product["name"] = "Older".into());
    let done = world.sync(&["product", "--full"]).await.ended(0).json();
    assert_eq!((&done["stale"], &done["updated"]), (&1.into(), &0.into()));
    world.run(&["sync", "shop1", "product", "--id", &id.to_string()]).await.ended(0);
    let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
    assert_eq!(world.odoo_record("product.product", odoo_id)["name"], "Newer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_was_deleted_in_odoo_is_made_anew_when_it_changes() {
    let world = World::start(Plan::sized(5, 3, 0)).await;
    world.sync(&[]).await.ended(0);
    let id = world.shop.ids(Kind::Customer)[1];
    let odoo_id = world.odoo_id(&format!("customer_{id}")).unwrap();
    world.client().await.unlink("res.partner", &[odoo_id]).await.unwrap();
    world.edit(Kind::Customer, id, |customer| customer["billing"]["phone"] = "+966500000001".into());
    world.sync(&[]).await.ended(0);
    let anew = world.odoo_id(&format!("customer_{id}")).unwrap();
    assert_ne!(anew, odoo_id);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_while_a_sync_runs_is_in_the_next_one() {
    let world = World::start(Plan::sized(40, 5, 10).in_steps(10, 10)).await;
    let id = world.shop.ids(Kind::Product)[0];
    let mut first = world.program.start(&["sync", "shop1"]);
    while !world.writes().contains_key("product.product.load") {
        tokio::task::yield_now().await;
    }
    world.edit(Kind::Product, id, |product| product["name"] = "Changed behind the walk's back".into());
    assert!(first.wait().await.unwrap().success());
    world.sync(&[]).await.ended(0);
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
}
