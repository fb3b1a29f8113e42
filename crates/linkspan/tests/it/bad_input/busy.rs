//! Two syncs of one backend.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use sandbox::Fault;

use crate::support::records::disagreements;
use crate::support::world::{Plan, StoreKind, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sync_of_a_backend_steps_back() {
    for store in [StoreKind::Sqlite, StoreKind::Postgres] {
        let world = World::start(Plan { store, ..Plan::sized(5, 2, 2) }).await;
        // The first sync hangs in its first write until this test has seen the second one.
        world.odoo.faults().add(".load", Fault::Delay(Duration::from_secs(600)), 1);
        let mut first = world.program.start(&["sync", "shop1"]);
        while world.writes().is_empty() {
            tokio::task::yield_now().await;
        }
        let second = world.run(&["sync", "shop1"]).await.ended(4);
        second.said(&["another sync of shop1 is running", "Wait for it to end"]);
        // Looking is allowed.
        world.run(&["sync", "shop1", "--plan"]).await.ended(0);
        world.run(&["bindings", "list", "shop1"]).await.ended(0);
        // A claim of a process that is gone holds nobody up.
        first.kill().await.unwrap();
        world.sync(&[]).await.ended(0);
        assert_eq!(disagreements(&world).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_used_is_told_as_such() {
    let mut world = World::start(Plan::sized(2, 0, 0)).await;
    world.program.set("TEST_STORE_URL", "sqlite:/nowhere/at/all/linkspan.db");
    world.run(&["sync", "shop1"]).await.ended(4).said(&["/nowhere/at/all/linkspan.db"]);
    std::fs::write(
        world.program.path("no.db"),
        "this is no database, but a text of some length\n".repeat(50),
    )
    .unwrap();
    let url = format!("sqlite:{}", world.program.path("no.db").display());
    world.program.set("TEST_STORE_URL", &url);
    world.run(&["sync", "shop1"]).await.ended(4).said(&["no.db"]);
    world.program.set("TEST_STORE_URL", "postgres://nobody@127.0.0.1:1/nothing");
    world.run(&["sync", "shop1"]).await.ended(4).said(&["127.0.0.1"]);
    world.program.set("TEST_STORE_URL", "mysql://localhost/linkspan");
    let ran = world.run(&["sync", "shop1"]).await;
    assert!(matches!(ran.code, 2 | 4), "{ran:?}");
    ran.said(&["sqlite:", "postgres://"]);
    assert_eq!(world.writes().len(), 0);
}
