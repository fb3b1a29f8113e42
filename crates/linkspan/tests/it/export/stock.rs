//! Stock goes out as it is when it is sent: the last value wins.

use sandbox::shop::Kind;
use serde_json::json;

use super::{in_step, put_stock, record};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_changed_a_hundred_times_is_sent_once_with_the_last_value() {
    let world = in_step(5, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let quant = put_stock(&world, odoo_id, 1.0).await;
    let client = world.administrator().await;
    for quantity in 2..=100 {
        let values = record(json!({ "quantity": quantity, "reserved_quantity": 3 }));
        client.write("stock.quant", &[quant], values).await.unwrap();
    }
    world.export(&["product"]).await.ended(0);
    let product = world.in_shop(Kind::Product, id);
    assert_eq!((&product["stock_quantity"], &product["manage_stock"]), (&97.into(), &true.into()));
    assert_eq!(world.sent().len(), 1);
    // A sale in the shop lowers its stock; Odoo owns it, so the next change of Odoo's is what holds.
    world.edit(Kind::Product, id, |product| product["stock_quantity"] = 90.into());
    client.write("stock.quant", &[quant], record(json!({ "quantity": 96 }))).await.unwrap();
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["stock_quantity"], 93);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_state_never_overwrites_a_newer_one_on_the_way_out() {
    let world = in_step(5, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    let quant = put_stock(&world, odoo_id, 7.0).await;
    // Found at 7, sent at 5: what is sent is read right before.
    let changes = world.export(&["product", "--plan"]).await.ended(0).json();
    assert_eq!(changes["planned"].as_array().unwrap().len(), 1, "{changes}");
    world.write_odoo("stock.quant", quant, json!({ "quantity": 5 })).await;
    world.export(&["product", "--id", &odoo_id.to_string()]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["stock_quantity"], 5);
    world.export(&["product"]).await.ended(0);
    assert_eq!(
        (world.in_shop(Kind::Product, id)["stock_quantity"].clone(), world.sent().len()),
        (5.into(), 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_of_one_place_is_sold_where_the_backend_says_so() {
    let world = in_step(5, 0, 0).await;
    let (id, odoo_id) = world.simple_product();
    put_stock(&world, odoo_id, 10.0).await;
    let client = world.administrator().await;
    let shelf = record(json!({ "name": "Shelf" }));
    let shelf = client.create("stock.location", vec![shelf]).await.unwrap()[0];
    let bin = record(json!({ "name": "Bin", "location_id": shelf }));
    let bin = client.create("stock.location", vec![bin]).await.unwrap()[0];
    let quant = record(json!({ "product_id": odoo_id, "location_id": bin, "quantity": 4 }));
    client.create("stock.quant", vec![quant]).await.unwrap();
    world.program.edit(
        "[backends.shop1.settings]\n",
        &format!("[backends.shop1.settings]\nstock_location = {shelf}\n"),
    );
    world.export(&["product"]).await.ended(0);
    assert_eq!(world.in_shop(Kind::Product, id)["stock_quantity"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_without_inventory_sends_everything_but_stock() {
    let world = crate::support::world::World::start(crate::support::world::Plan::sized(4, 2, 4)).await;
    world.sync(&[]).await.ended(0);
    let (id, odoo_id) = world.simple_product();
    world
        .client()
        .await
        .write("product.product", &[odoo_id], record(json!({ "name": "No stock" })))
        .await
        .unwrap();
    let done = world.export(&[]).await.ended(0).json();
    assert_eq!(done["records"][0]["fields"], json!(["name"]), "{done}");
    assert_eq!(world.in_shop(Kind::Product, id)["name"], "No stock");
}
