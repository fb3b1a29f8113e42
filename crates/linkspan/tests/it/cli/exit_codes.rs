//! The exit codes that `linkspan --help` documents, and JSON in every one of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Stdio;

use sandbox::shop::{Kind, Shop};

use crate::support::world::{Plan, World, size};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_exit_code_means_what_the_help_says() {
    let mut world = World::start(Plan::of(Shop::generate(&size(6, 2, 2)))).await;
    world.run(&["sync", "shop1"]).await.ended(0);
    let bad = world.shop.ids(Kind::Product)[0];
    world.shop.shop().spoil_product(bad, 0);
    world.run(&["sync", "shop1", "--full"]).await.ended(1);
    world.run(&["sync", "shop9"]).await.ended(2);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut list = world.program.command(&["dead-letters", "list"]);
    let unwritten =
        list.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().await.unwrap();
    assert_eq!(unwritten.status.code(), Some(5));
    let said = String::from_utf8(unwritten.stderr).unwrap();
    assert!(said.contains("could not be written: No space left on device"), "{said}");
    world.program.set("TEST_PASSWORD", "wrong");
    world.run(&["sync", "shop1"]).await.ended(3);
    world.program.set("TEST_STORE_URL", "sqlite:/nowhere/at/all.db");
    world.run(&["sync", "shop1"]).await.ended(4);
}

/// "Nothing found" would tell an operator that all is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistyped_filter_is_an_error_and_not_an_empty_list() {
    let world = World::start(Plan::of(Shop::generate(&size(3, 0, 0)))).await;
    for list in ["dead-letters", "jobs", "webhooks", "bindings"] {
        let ran = world.run(&[list, "list", "--entity", "ordr"]).await.ended(2);
        ran.said(&["the configuration has no entity `ordr`. Did you mean `order`?"]);
        world.run(&[list, "list", "--entity", "order"]).await.ended(0);
    }
    let ran = world.run(&["dead-letters", "retry", "--all", "--backend", "shop1", "--entity", "ordr"]).await;
    ran.ended(2).said(&["shop1 has no entity `ordr`"]);
    world.run(&["jobs", "cancel", "--all", "--entity", "ordr"]).await.ended(2);
    world.run(&["webhooks", "replay", "--all", "--entity", "ordr"]).await.ended(2);
    world.run(&["dead-letters", "list", "--class", "date"]).await.ended(2).said(&["missing_dependency"]);
    let bad = world.shop.ids(Kind::Product)[0];
    world.shop.shop().spoil_product(bad, 0);
    world.run(&["sync", "shop1"]).await.ended(1);
    world.run(&["dead-letters", "dismiss"]).await.ended(2);
    world
        .run(&["dead-letters", "dismiss", "--all", "--entity", "order"])
        .await
        .ended(0)
        .said(&["0 dismissed"]);
    world
        .run(&["dead-letters", "dismiss", "--all", "--entity", "product"])
        .await
        .ended(0)
        .said(&["1 dismissed"]);
    let any = world.run(&["dead-letters", "list", "--state", "any"]).await.ended(0);
    any.said(&["state", "dismissed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_is_one_object_whatever_happens_and_nothing_else_is_on_stdout() {
    let mut world = World::start(Plan::sized(6, 2, 2)).await;
    let bad = world.shop.ids(Kind::Product)[0];
    world.shop.shop().spoil_product(bad, 0);
    let commands: [&[&str]; 13] = [
        &["sync", "shop1"],
        &["sync", "shop1", "--plan"],
        &["sync", "shop9"],
        &["sync", "shop1", "nothing"],
        &["test-connection", "shop1"],
        &["validate"],
        &["schema"],
        &["bindings", "list"],
        &["bindings", "link", "shop1", "product", "1", "999"],
        &["dead-letters", "list"],
        &["dead-letters", "show", "1"],
        &["dead-letters", "show", "99"],
        &["completions", "bash"],
    ];
    for password in ["manager-pass-1", "wrong"] {
        world.program.set("TEST_PASSWORD", password);
        for command in commands {
            let ran = world.run(&[command, &["--json"]].concat()).await;
            assert!(ran.json().is_object(), "{ran:?}");
            if ran.code > 1 && ran.json().get("error").is_some() {
                assert!(ran.json()["class"].is_string(), "{ran:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_away_is_no_crash() {
    let world = World::start(Plan::sized(6, 2, 2)).await;
    let mut command = world.program.command(&["sync", "shop1"]);
    let mut child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A right that the key lacks, a list that the shop breaks at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_cannot_be_read_does_not_keep_the_others_out() {
    let world = World::start(Plan::of(Shop::generate(&size(3, 2, 4)))).await;
    let unread = sandbox::Fault::Status { status: 401, retry_after_secs: None };
    world.shop.faults().add("GET /wp-json/wc/v3/customers?", unread, 1);
    world.run(&["sync", "shop1", "customer", "order"]).await.ended(3).said(&["customer was not done"]);
    assert_eq!(world.odoo.count("sale.order"), 4);
    let store = world.store().await;
    let failed = store.last_runs(Some("shop1"), None, 10).await.unwrap();
    let failed: Vec<&str> =
        failed.iter().filter(|run| run.error.is_some()).map(|run| run.entity.as_str()).collect();
    assert_eq!(failed, ["customer"]);
}
