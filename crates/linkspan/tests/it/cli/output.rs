//! What commands print, as text and as JSON.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use sandbox::shop::{Kind, Shop, ShopSpec};
use serde_json::Value;

use crate::support::world::{Plan, World, size};

/// A small shop with one bad product, synced.
async fn synced() -> (World, String, Value) {
    let shop = Shop::generate(&ShopSpec { categories: 2, ..size(4, 2, 2) });
    let world = World::start(Plan::of(shop)).await;
    let bad = world.shop.ids(Kind::Product)[0];
    world.shop.shop().spoil_product(bad, 0);
    let text = world.run(&["sync", "shop1"]).await.ended(1).stdout;
    let json = world.sync(&["--full"]).await.ended(1).json();
    (world, text, json)
}

/// Addresses, durations and numbers of requests differ between runs.
fn masked(world: &World, text: &str) -> String {
    let text = text.replace(&world.shop.url(), "http://shop").replace(&world.odoo.url(), "http://odoo");
    let is_footer = |line: &&str| line.ends_with(" s") && line.contains("Odoo requests");
    let lines = text.lines().filter(|line| !is_footer(line)).map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n")
}

fn masked_json(world: &World, value: &Value) -> String {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    match name.as_str() {
                        "seconds" | "shop_calls" | "odoo_calls" | "created_at" | "updated_at" => {
                            *member = 0.into()
                        }
                        // The record as the shop gave it.
                        "payload" if member.is_string() => *member = "...".into(),
                        _ => mask(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(mask),
            _ => {}
        }
    }
    let mut value = value.clone();
    mask(&mut value);
    masked(world, &serde_json::to_string_pretty(&value).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sync_prints() {
    let (world, text, json) = synced().await;
    insta::assert_snapshot!("sync_text", masked(&world, &text));
    insta::assert_snapshot!("sync_json", masked_json(&world, &json));
    world.edit(Kind::Product, world.shop.ids(Kind::Product)[1], |product| {
        product["name"] = "Another name".into()
    });
    let plan = ["sync", "shop1", "product", "--plan"];
    insta::assert_snapshot!("plan_text", masked(&world, &world.run(&plan).await.stdout));
    let json = world.run(&[&plan[..], &["--json"]].concat()).await.json();
    insta::assert_snapshot!("plan_json", masked_json(&world, &json));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_other_commands_print() {
    let (world, _, _) = synced().await;
    let commands: [(&str, &[&str]); 5] = [
        ("test_connection", &["test-connection", "shop1"]),
        ("bindings_list", &["bindings", "list", "shop1", "--entity", "category"]),
        ("dead_letters_list", &["dead-letters", "list"]),
        ("validate", &["validate"]),
        ("unknown_backend", &["sync", "shop2"]),
    ];
    for (name, arguments) in commands {
        insta::assert_snapshot!(format!("{name}_text"), masked(&world, &world.run(arguments).await.output()));
        let json = world.run(&[arguments, &["--json"]].concat()).await.json();
        insta::assert_snapshot!(format!("{name}_json"), masked_json(&world, &json));
    }
}
