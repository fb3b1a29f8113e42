//! `--plan` writes nothing, and the sync after it does what it said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use sandbox::shop::Kind;
use serde_json::{Value, json};

use crate::support::kept::{EndState, bindings, dead_letters};
use crate::support::records::disagreements;
use crate::support::world::{Plan, World};

/// Entity, external id and action of everything planned.
fn planned(plan: &Value) -> BTreeSet<(String, String, String)> {
    let text = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    let changes = plan["planned"].as_array().unwrap().iter();
    changes.map(|c| (text(c, "entity"), text(c, "external_id"), text(c, "action"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_a_first_import_writes_nothing_and_comes_true() {
    let world = World::start(Plan::sized(20, 6, 12)).await;
    let plan = world.sync(&["--plan"]).await.ended(0).json();
    assert!(world.writes().is_empty(), "{:?}", world.writes());
    let store = world.store().await;
    assert_eq!((bindings(&store).await, dead_letters(&store).await), (vec![], vec![]));
    assert!(store.checkpoint("shop1", "product").await.unwrap().is_none());

    let done = world.sync(&[]).await.ended(0).json();
    for count in ["created", "updated", "unchanged", "refused", "skipped"] {
        assert_eq!(plan[count], done[count], "{count}");
    }
    let bound: BTreeSet<_> = bindings(&store)
        .await
        .into_iter()
        .map(|binding| (binding.entity, binding.external_id, "create".to_owned()))
        .collect();
    assert_eq!(planned(&plan), bound);
    for change in plan["planned"].as_array().unwrap().iter().filter(|change| change["entity"] == "product") {
        let name = format!("product_{}", change["external_id"].as_str().unwrap());
        let record = world.odoo_record("product.product", world.odoo_id(&name).unwrap());
        for field in change["fields"].as_array().unwrap() {
            let (name, to) = (field["field"].as_str().unwrap(), field["to"].as_str().unwrap());
            assert!(stands(&record[name], to), "{name}: planned {to:?}, Odoo has {}", record[name]);
        }
    }
}

/// Whether Odoo's value is what the plan said, where that can be told without rounding.
fn stands(now: &Value, planned: &str) -> bool {
    match now {
        Value::Bool(flag) => planned == if *flag { "True" } else { "False" } || (!flag && planned.is_empty()),
        Value::String(text) => text == planned,
        Value::Number(number) if !planned.starts_with("(new ") => {
            (number.as_f64().unwrap() - planned.parse::<f64>().unwrap()).abs() < 0.01
        }
        _ => true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_changes_tells_them_field_by_field() {
    let world = World::start(Plan::sized(10, 3, 4)).await;
    world.sync(&[]).await.ended(0);
    let id = world.shop.ids(Kind::Product)[2];
    world.edit(Kind::Product, id, |product| {
        product["name"] = "Another name".into();
        product["regular_price"] = "77.70".into();
        product["price"] = "77.70".into();
    });
    let before = (world.writes(), EndState::of(&world).await);
    let odoo_id = world.odoo_id(&format!("product_{id}")).unwrap();
    let shown = world.odoo_record("product.product", odoo_id);

    let plan = world.sync(&["--plan"]).await.ended(0).json();
    assert_eq!(planned(&plan), BTreeSet::from([("product".into(), id.to_string(), "update".into())]));
    let expected = json!({
        "entity": "product", "external_id": id.to_string(), "action": "update", "model": "product.product",
        "odoo_id": odoo_id,
        "fields": [
            { "field": "list_price", "from": shown["list_price"], "to": "77.70" },
            { "field": "name", "from": shown["name"], "to": "Another name" },
        ],
    });
    let mut change = plan["planned"][0].clone();
    change["fields"].as_array_mut().unwrap().sort_by_key(|field| field["field"].to_string());
    assert_eq!(change, expected);
    let text = world.run(&["sync", "shop1", "--plan"]).await.ended(0);
    text.said(&["update product", "list_price:", "-> 77.70", "-> Another name", "Nothing was written."]);
    assert_eq!(before.0, world.writes());
    EndState::of(&world).await.assert_is(&before.1, "after a plan");

    let done = world.sync(&[]).await.ended(0).json();
    assert_eq!((&done["updated"], &done["created"]), (&1.into(), &0.into()));
    let now = world.odoo_record("product.product", odoo_id);
    assert_eq!((&now["name"], &now["list_price"]), (&"Another name".into(), &77.7.into()));
    assert_eq!(disagreements(&world).await, Vec::<String>::new());
    let plan = world.sync(&["--plan", "--full"]).await.ended(0).json();
    assert_eq!(plan["planned"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_tells_what_would_be_refused_and_keeps_no_dead_letter() {
    let world = World::start(Plan::sized(10, 0, 0)).await;
    let id = world.shop.ids(Kind::Product)[2];
    world.shop.shop().spoil_product(id, 0);
    let plan = world.sync(&["--plan"]).await.ended(1).json();
    assert_eq!(plan["refused"], 1);
    assert_eq!(plan["refusals"][0]["external_id"], id.to_string());
    assert_eq!(dead_letters(&world.store().await).await, []);
}
