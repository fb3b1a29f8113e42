//! The demo against a real Odoo, twice with the same store.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use sandbox::shop::{ChangeSpec, Kind, Shop, ShopSpec};
use serde_json::Value;

use super::real::Real;
use crate::support::program::Program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn the_demos_records_are_complete_and_equal_and_a_second_run_writes_nothing() {
    let odoo = Real::from_environment();
    let environment = BTreeMap::from([("LINKSPAN_ODOO_SECRET".to_owned(), odoo.secret.clone())]);
    let program = Program::new("schema = 1\n", environment);
    let store = format!("sqlite:{}", program.path("demo.db").display());
    let seed = seed().to_string();
    let arguments = [
        "demo",
        "--json",
        "--odoo-url",
        &odoo.url,
        "--odoo-db",
        &odoo.database,
        "--odoo-login",
        &odoo.login,
        "--store",
        &store,
        "--seed",
        &seed,
    ];
    let first = program.run(&arguments).await.ended(0).json();
    assert_agrees(&first);
    assert_eq!(first["phases"][1]["created"], 0, "{first}");
    assert_eq!(first["phases"][1]["updated"], 0, "{first}");
    println!(
        "live demo on {}: {} created, {} updated, both sides agree, {} s",
        first["odoo"], first["created"], first["updated"], first["seconds"]
    );
    // The second demo's shop begins as the first one's did: what changed since then is older there.
    let second = program.run(&arguments).await.ended(0).json();
    let again = &second["phases"][0];
    assert_eq!((&again["created"], &again["updated"]), (&0.into(), &0.into()), "{second}");
    println!("live demo on {}: a second run's first phase wrote nothing", second["odoo"]);
}

/// A seed whose changes touch no customer without a date of change. The second demo's shop shows every customer as
/// before the first demo's changes, which only a date tells from a new change.
fn seed() -> u64 {
    let dated = |seed: &u64| {
        let spec = ShopSpec { seed: *seed, ..ShopSpec::default() };
        let (shop, before) = (Shop::generate(&spec), Shop::generate(&spec));
        let few = |count: usize| count.div_ceil(50);
        let (products, customers, orders) = (few(spec.products), few(spec.customers), few(spec.orders));
        let changed = shop.change(&ChangeSpec { seed: *seed, products, customers, orders });
        // What the demo changes for its webhooks.
        let later = shop.change(&ChangeSpec { seed: *seed + 1, products: 3, customers: 0, orders: 2 });
        let also = changed.also.iter().chain(&later.also).filter(|(kind, _)| *kind == Kind::Customer);
        let also = also.map(|(_, id)| *id);
        let has_date = |id: u64| {
            before.get(Kind::Customer, id).is_none_or(|record| record["date_modified_gmt"].is_string())
        };
        changed.customers.iter().copied().chain(also).all(has_date)
    };
    (1..1_000).find(dated).unwrap()
}

fn assert_agrees(result: &Value) {
    for count in ["refused", "duplicates", "mismatched_totals", "wrong_states"] {
        assert_eq!(result[count], 0, "{count}: {result}");
    }
    assert_eq!(result["missing"], serde_json::json!([]), "{result}");
}
