//! The recorded shop's history: each order in all the states that were seen of it, one after the other.

use std::collections::BTreeMap;

use linkspan::sync::binding::xmlid;
use sandbox::odoo::Series;
use serde_json::Value;

use super::import::World;
use super::orders::{same_total, state_of};
use super::recorded;
use super::shop::ORDERS;

#[tokio::test]
async fn an_order_that_is_seen_in_every_recorded_state_ends_as_it_was_seen_last() {
    let mut states: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for order in recorded::orders() {
        states.entry(order.id()).or_default().push(order.body);
    }
    // As they followed each other in the shop; those of webhooks were read from files of their own.
    for seen in states.values_mut() {
        seen.sort_by_key(|order| order["date_modified_gmt"].as_str().map(str::to_owned));
    }
    let rounds = states.values().map(Vec::len).max().expect("some orders");
    assert!(rounds > 3, "some orders were seen often");
    let world = World::new(Series::V18, "SAR", []).await;
    for round in 0..rounds {
        let seen = states.iter().filter_map(|(id, seen)| Some((*id, seen.get(round)?.clone())));
        world.shop.records().get_mut(ORDERS).expect("orders").extend(seen);
        world.import_all("order").await;
    }
    let orders = world.records("order");
    for (id, seen) in &states {
        let last = seen.last().expect("at least one");
        let order = orders.get(&xmlid("shop", "order", &id.to_string()));
        assert_eq!(order.map(|order| order["state"].clone()), state_of(last).map(Value::from), "order {id}");
        let Some(order) = order else { continue };
        same_total(last, order).unwrap_or_else(|wrong| panic!("order {id}: {wrong}"));
        let lines = last["line_items"].as_array().expect("lines").len();
        let of_products = world.lines(order).iter().filter(|line| line["product_uom_qty"] != 0.0).count();
        assert!(of_products >= lines, "order {id} has lost lines");
    }
}
