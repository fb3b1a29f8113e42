//! The service between the sandbox's shop and a real Odoo that the tests start, stop and start again:
//! `cargo xtask live service`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod server;
mod site;

use odoo_rpc::{Client, SearchOptions};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::{Served, until};
use crate::support::records::record;
use site::Site;

/// The first walk only; then what the shop tells of. Odoo is asked for changes all the time.
const BOTH_WAYS: &str = r#"rollout = { product = { out = "on" }, order = { out = "on" } }
[[backends.shop1.schedules]]
every_ms = 86_400_000
[[backends.shop1.schedules]]
direction = "out"
every_ms = 1_000
"#;

/// The same, but nobody asks Odoo for changes: it has to tell.
const TOLD_BY_ODOO: &str = r#"rollout = { product = { out = "on" }, order = { out = "on" } }
[[backends.shop1.schedules]]
every_ms = 86_400_000
[[backends.shop1.schedules]]
direction = "out"
cron = "0 3 1 1 *"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn what_changes_on_either_side_of_a_real_odoo_reaches_the_other() {
    let mut site = Site::new(BOTH_WAYS).await;
    let served = site.serve().await;
    let people = site.odoo.people().await;

    let open = site.orders("on-hold").into_iter().chain(site.orders("pending")).next().unwrap();
    site.edit(&served, Kind::Order, open, |order| order["status"] = "processing".into()).await;
    site.settled("a webhook tells that an order is paid").await;

    let id = site.products()[0];
    write(&people, "product.product", site.odoo_id("product", id).await, json!({ "list_price": 12.5 })).await;
    shows(&site, Kind::Product, id, json!({ "regular_price": "12.50" }), "the price is in the shop").await;

    count_stock(&people, site.odoo_id("product", site.unsold).await, 7).await;
    shows(&site, Kind::Product, site.unsold, json!({ "stock_quantity": 7 }), "the stock is in the shop")
        .await;

    let sent = deliver(&site, &people, "TRACK-7").await;
    until("the order is completed in the shop, with its tracking number", || async {
        let order = site.record(Kind::Order, sent);
        let mut meta = order["meta_data"].as_array().into_iter().flatten();
        let tracked = meta.any(|one| one["key"] == "_tracking_number" && one["value"] == "TRACK-7");
        (order["status"] == "completed" && tracked).then_some(())
    })
    .await;

    let cancelled = site.orders("processing")[0];
    let quiet = people.with_context(record(json!({ "disable_cancel_warning": true })));
    let odoo_id = site.odoo_id("order", cancelled).await;
    quiet.call_button("sale.order", "action_cancel", &[odoo_id]).await.unwrap();
    shows(
        &site,
        Kind::Order,
        cancelled,
        json!({ "status": "cancelled" }),
        "the order is cancelled in the shop",
    )
    .await;
    site.settled("price, stock, delivery and cancellation are in the shop").await;
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn rules_in_a_real_odoo_post_what_changed_and_are_removed_or_it_is_said_why_there_are_none() {
    let mut site = Site::new(TOLD_BY_ODOO).await;
    let (login, password) = site.odoo.administrator();
    site.program.set("LINKSPAN_ODOO_SECRET", &password);
    let rules = |word: &'static str| {
        let words = ["odoo-rule", word, &site.backend, "--odoo-login", &login].map(str::to_owned);
        let program = &site.program;
        async move { program.run(&words.each_ref().map(String::as_str)).await }
    };
    let people = site.odoo.people().await;
    if people.version().series.major() < 17 {
        rules("install").await.ended(2).said(&["16.0", "since 17.0", "searching for them"]);
        println!("rules: {} has none that post, which is said", people.version().text);
        return;
    }
    let served = site.serve().await;
    rules("status").await.ended(1).said(&["missing"]);
    rules("install").await.ended(0);
    let domain = json!([["name", "=like", format!("Linkspan {}: %", site.backend)]]);
    let count = async || people.search_count("base.automation", &domain).await.unwrap();
    let installed = count().await;
    assert!(installed >= 5, "product, template, deletion, stock, order, transfer: {installed}");
    rules("install").await.ended(0);
    rules("status").await.ended(0);
    assert_eq!(count().await, installed, "a second installation makes no second rule");

    let id = site.products()[0];
    write(&people, "product.product", site.odoo_id("product", id).await, json!({ "list_price": 21.25 }))
        .await;
    shows(&site, Kind::Product, id, json!({ "regular_price": "21.25" }), "Odoo told of the price").await;
    count_stock(&people, site.odoo_id("product", site.unsold).await, 5).await;
    shows(&site, Kind::Product, site.unsold, json!({ "stock_quantity": 5 }), "Odoo told of the stock").await;
    let sent = deliver(&site, &people, "TRACK-8").await;
    shows(&site, Kind::Order, sent, json!({ "status": "completed" }), "Odoo told of the delivery").await;

    rules("remove").await.ended(0);
    assert_eq!(count().await, 0);
    site.settled("what Odoo told of").await;
    println!("rules: {} told of price, stock and delivery; {installed} rules removed", people.version().text);
    assert!(served.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Odoo"]
async fn webhooks_acknowledged_while_a_real_odoo_is_down_have_their_effect_when_it_is_back() {
    let mut site = Site::new(BOTH_WAYS).await;
    let served = site.serve().await;
    let people = site.odoo.people().await;
    let products = site.products();
    let (in_odoo, in_shop) = products.split_first().unwrap();
    for round in 0..2 {
        // The last thing that Odoo does is a change that has to go out.
        let price = format!("{}.75", 30 + round);
        let values = json!({ "list_price": price.parse::<f64>().unwrap() });
        write(&people, "product.product", site.odoo_id("product", *in_odoo).await, values).await;
        rename(&mut site, &served, in_shop, &format!("Before {round}")).await;
        working(&site).await;
        site.odoo.kill().await;
        rename(&mut site, &served, in_shop, &format!("Down {round}")).await;
        for status in ["on-hold", "pending"] {
            if let Some(id) = site.orders(status).first().copied() {
                site.edit(&served, Kind::Order, id, |order| order["status"] = "processing".into()).await;
            }
        }
        let (status, _) = served.get("/ready").await;
        assert_eq!(status, 200, "it goes on taking webhooks");
        site.odoo.start_again().await;
        // Before Odoo is asked for changes nobody knows that there is one to wait for.
        shows(&site, Kind::Product, *in_odoo, json!({ "regular_price": price }), "the price is in the shop")
            .await;
        site.settled("Odoo was killed and is back").await;
    }
    assert!(served.stop().await.success());
}

async fn rename(site: &mut Site, served: &Served, products: &[u64], prefix: &str) {
    for id in products {
        site.edit(served, Kind::Product, *id, |product| product["name"] = format!("{prefix} {id}").into())
            .await;
    }
}

/// Waits until the shop's record has these values.
async fn shows(site: &Site, kind: Kind, id: u64, values: Value, what: &str) {
    let values = record(values);
    until(what, || async {
        let shop = site.record(kind, id);
        values.iter().all(|(field, value)| shop[field] == *value).then_some(())
    })
    .await;
}

/// Waits until a record is in work.
async fn working(site: &Site) {
    let store = site.store().await;
    until("work has begun", || async {
        let filter = linkspan::store::JobFilter { state: Some("running".to_owned()), ..Default::default() };
        let jobs = store.list_jobs(filter).await.unwrap();
        jobs.iter().any(|view| !view.job.record.is_empty()).then_some(())
    })
    .await;
}

async fn write(people: &Client, model: &str, id: i64, values: Value) {
    people.write(model, &[id], record(values)).await.unwrap();
}

async fn ids(people: &Client, model: &str, domain: Value) -> Vec<i64> {
    let found = people.search_read(model, &domain, &["id"], SearchOptions::default()).await.unwrap();
    found.iter().map(|one| one["id"].as_i64().unwrap()).collect()
}

/// People count what lies on the shelf.
async fn count_stock(people: &Client, product: i64, quantity: i64) {
    let storable = match people.version().series.major() {
        16 | 17 => json!({ "detailed_type": "product" }),
        _ => json!({ "is_storable": true }),
    };
    write(people, "product.product", product, storable).await;
    let place = ids(people, "stock.location", json!([["usage", "=", "internal"]])).await[0];
    let stock = people.with_context(record(json!({ "inventory_mode": true })));
    let quant = json!({ "product_id": product, "location_id": place, "inventory_quantity": quantity });
    let quant = stock.create("stock.quant", vec![record(quant)]).await.unwrap()[0];
    stock.call_button("stock.quant", "action_apply_inventory", &[quant]).await.unwrap();
}

/// People send what a paid order holds; gives the order.
async fn deliver(site: &Site, people: &Client, tracking: &str) -> u64 {
    for order in site.orders("processing") {
        let odoo_id = site.odoo_id("order", order).await;
        let transfers = ids(people, "stock.picking", json!([["sale_id", "=", odoo_id]])).await;
        if transfers.is_empty() {
            continue;
        }
        write(people, "stock.picking", transfers[0], json!({ "carrier_tracking_ref": tracking })).await;
        let done = if people.version().series.major() == 16 { "quantity_done" } else { "quantity" };
        let moves = json!([["picking_id", "in", transfers]]);
        let options = SearchOptions::default();
        for line in people.search_read("stock.move", &moves, &["product_uom_qty"], options).await.unwrap() {
            let values = json!({ done: line["product_uom_qty"] });
            write(people, "stock.move", line["id"].as_i64().unwrap(), values).await;
        }
        let sure = json!({ "skip_sms": true, "skip_backorder": true, "skip_immediate": true });
        people
            .with_context(record(sure))
            .call_button("stock.picking", "button_validate", &transfers)
            .await
            .unwrap();
        let left = json!([["id", "in", transfers], ["state", "!=", "done"]]);
        assert!(ids(people, "stock.picking", left).await.is_empty(), "a transfer is not done");
        return order;
    }
    panic!("no paid order has anything to deliver")
}
