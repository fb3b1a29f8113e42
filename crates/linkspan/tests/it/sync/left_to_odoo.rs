//! What Odoo owns of a record outlives the imports that change it: the price list of an order, and with it its currency.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use odoo_rpc::Record;
use sandbox::odoo::{OdooSpec, Series};
use sandbox::shop::Kind;
use serde_json::{Value, json};

use crate::support::kept::{bindings, dead_letters};
use crate::support::records::record;
use crate::support::world::{Plan, World};

/// A shop in riyals, an Odoo in dollars, and a quotation of a registered customer.
async fn quotation(series: Series) -> (World, u64) {
    let plan = Plan { odoo: OdooSpec::new(series), ..Plan::sized(10, 5, 20) };
    let world = World::start(plan).await;
    let shop = world.shop.shop();
    let is_of_customer = |id: &u64| shop.get(Kind::Order, *id).unwrap()["customer_id"] != 0;
    let id = shop.ids(Kind::Order).into_iter().find(is_of_customer).unwrap();
    world.edit(Kind::Order, id, |order| {
        order["status"] = "on-hold".into();
        order["currency"] = "SAR".into();
    });
    // Its list is the first, and so that of customers who have none.
    let other = shop.ids(Kind::Order).into_iter().find(|other| *other != id).unwrap();
    world.edit(Kind::Order, other, |order| order["currency"] = "USD".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(order(&world, id)["currency_id"][1], "SAR");
    (world, id)
}

fn order(world: &World, id: u64) -> Record {
    let odoo_id = world.odoo_id(&format!("order_{id}")).unwrap();
    let mut order = world.odoo_record("sale.order", odoo_id);
    let currencies = world.odoo.records("res.currency");
    let currency = currencies.into_iter().find(|one| one["id"] == order["currency_id"]).unwrap();
    order.insert("currency_id".to_owned(), json!([currency["id"], currency["name"]]));
    order
}

async fn a_changed_quotation_keeps_its_price_list(series: Series) {
    let (world, id) = quotation(series).await;
    let before = order(&world, id);
    world.edit(Kind::Order, id, |order| order["customer_note"] = "Ring twice".into());
    world.sync(&[]).await.ended(0);
    let after = order(&world, id);
    assert_eq!(after["note"], "Ring twice");
    assert_eq!(
        (&after["pricelist_id"], &after["currency_id"]),
        (&before["pricelist_id"], &before["currency_id"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_quotation_keeps_its_price_list_in_16() {
    a_changed_quotation_keeps_its_price_list(Series::V16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_quotation_keeps_its_price_list_in_18() {
    a_changed_quotation_keeps_its_price_list(Series::V18).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_quotation_keeps_its_price_list_in_19() {
    a_changed_quotation_keeps_its_price_list(Series::V19).await;
}

/// Odoo takes the price list of the new customer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quotation_of_another_customer_is_still_in_the_shops_currency() {
    let (world, id) = quotation(Series::V19).await;
    let before = order(&world, id);
    let of_shop = |value: &Value| world.shop.shop().ids(Kind::Customer).into_iter().rfind(|id| *value != *id);
    world.edit(Kind::Order, id, |order| order["customer_id"] = of_shop(&order["customer_id"]).into());
    world.sync(&[]).await.ended(0);
    let after = order(&world, id);
    assert_ne!(after["partner_id"], before["partner_id"]);
    assert_eq!(
        (&after["pricelist_id"], &after["currency_id"]),
        (&before["pricelist_id"], &before["currency_id"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_made_anew_has_what_only_new_ones_get() {
    let (world, id) = quotation(Series::V19).await;
    let before = order(&world, id);
    let odoo_id = before["id"].as_i64().unwrap();
    world.client().await.unlink("sale.order", &[odoo_id]).await.unwrap();
    world.edit(Kind::Order, id, |order| order["customer_note"] = "Ring twice".into());
    world.sync(&[]).await.ended(0);
    let after = order(&world, id);
    assert_ne!(after["id"], before["id"]);
    assert_eq!(
        (&after["pricelist_id"], &after["currency_id"]),
        (&before["pricelist_id"], &before["currency_id"])
    );
}

/// The first line's product is deleted in the shop: the line has product 0 from then on.
async fn delete_first_product(world: &World, id: u64) -> String {
    let of_product = |line: &Value| line["product_id"] != 0 && line["variation_id"] == 0;
    let order = world.shop.shop().get(Kind::Order, id).unwrap();
    let line = order["line_items"].as_array().unwrap().iter().find(|line| of_product(line)).unwrap();
    let (key, product) = (line["id"].clone(), line["product_id"].as_u64().unwrap());
    assert!(world.shop.shop().delete(Kind::Product, product));
    world.edit(Kind::Order, id, |order| {
        let lines = order["line_items"].as_array_mut().unwrap();
        lines.iter_mut().find(|line| line["id"] == key).unwrap()["product_id"] = 0.into();
    });
    format!("order_{id}_order__line_{key}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_keeps_the_product_that_the_shop_has_deleted() {
    let (world, id) = quotation(Series::V19).await;
    let line = delete_first_product(&world, id).await;
    let line_id = world.odoo_id(&line).unwrap();
    let before = world.odoo_record("sale.order.line", line_id);
    world.edit(Kind::Order, id, |order| order["customer_note"] = "Ring twice".into());
    world.sync(&[]).await.ended(0);
    assert_eq!(order(&world, id)["note"], "Ring twice");
    assert_eq!(world.odoo_record("sale.order.line", line_id)["product_id"], before["product_id"]);
}

/// A person removed the line from the quotation, so it is made again, and Odoo wants a product.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_made_anew_after_its_product_was_deleted_has_one() {
    let (world, id) = quotation(Series::V19).await;
    let line = delete_first_product(&world, id).await;
    let line_id = world.odoo_id(&line).unwrap();
    world.client().await.unlink("sale.order.line", &[line_id]).await.unwrap();
    world.edit(Kind::Order, id, |order| order["customer_note"] = "Ring twice".into());
    world.sync(&[]).await.ended(0);
    let anew = world.odoo_record("sale.order.line", world.odoo_id(&line).unwrap());
    assert_eq!(anew["product_id"], world.product("WOO-ITEM")["id"]);
}

/// A person merged two customers in Odoo, which hands the external ids of the one that is gone to the one that stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_was_merged_in_odoo_is_not_written_over_the_other() {
    let world = World::start(Plan::sized(2, 4, 0)).await;
    world.sync(&[]).await.ended(0);
    let ids = world.shop.ids(Kind::Customer);
    let [kept, gone] = [ids[1], ids[2]].map(|id| world.odoo_id(&format!("customer_{id}")).unwrap());
    let before = world.odoo_record("res.partner", kept);
    world.odoo.merge("res.partner", u32::try_from(gone).unwrap(), u32::try_from(kept).unwrap());
    world.edit(Kind::Customer, ids[2], |customer| customer["billing"]["phone"] = "+966500000001".into());
    world.sync(&[]).await.ended(1);
    assert_eq!(world.odoo_record("res.partner", kept)["phone"], before["phone"]);
    let letter = dead_letters(&world.store().await).await.remove(0);
    assert_eq!((&*letter.class, &letter.external_id), ("conflict", &ids[2].to_string()));
    assert!(letter.message.contains(&format!("merged into {kept}")), "{}", letter.message);
    // What the dead letter says.
    let own = world.client().await;
    let own = own.create("res.partner", vec![record(json!({ "name": "Of its own" }))]).await.unwrap()[0];
    world
        .run(&["bindings", "link", "shop1", "customer", &ids[2].to_string(), &own.to_string()])
        .await
        .ended(0);
    world.run(&["dead-letters", "retry", &letter.id.to_string()]).await.ended(0);
    assert_eq!(world.odoo_record("res.partner", own)["phone"], "+966500000001");
}

/// What the dead letter of a merged customer says, too: the shop deletes the other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_was_merged_in_odoo_takes_over_the_link_of_one_that_the_shop_deleted() {
    let world = World::start(Plan::sized(2, 4, 0)).await;
    world.sync(&[]).await.ended(0);
    let ids = world.shop.ids(Kind::Customer);
    let [kept, gone] = [ids[1], ids[2]].map(|id| world.odoo_id(&format!("customer_{id}")).unwrap());
    world.odoo.merge("res.partner", u32::try_from(gone).unwrap(), u32::try_from(kept).unwrap());
    world.edit(Kind::Customer, ids[2], |customer| customer["billing"]["phone"] = "+966500000001".into());
    world.sync(&[]).await.ended(1);
    let letter = dead_letters(&world.store().await).await.remove(0);
    assert!(world.shop.shop().delete(Kind::Customer, ids[1]));
    let before = world.odoo.count("res.partner");
    world.run(&["dead-letters", "retry", &letter.id.to_string()]).await.ended(0);
    assert_eq!(world.odoo_record("res.partner", kept)["phone"], "+966500000001");
    assert_eq!(world.odoo.count("res.partner"), before);
    let bound = bindings(&world.store().await).await;
    let of_odoo: Vec<&str> = bound
        .iter()
        .filter(|binding| binding.entity == "customer" && binding.odoo_id == Some(kept))
        .map(|binding| binding.external_id.as_str())
        .collect();
    assert_eq!(of_odoo, [ids[2].to_string()]);
}
