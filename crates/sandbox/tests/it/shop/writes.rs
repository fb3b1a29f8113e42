//! Writing through the API, beyond what was recorded.

use reqwest::Method;
use sandbox::shop::Kind;
use serde_json::{Value, json};

use super::client::{json as get_json, request, small_shop};

async fn send(shop: &sandbox::shop::RunningShop, method: Method, path: &str, body: Value) -> (u16, Value) {
    let response = request(shop, method, path).body(body.to_string()).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn an_order_of_generated_products_is_priced_and_lowers_their_stock() {
    let shop = small_shop().await;
    let products = get_json(&shop, "products?per_page=100&type=simple&status=publish").await;
    let managed = |product: &&Value| product["manage_stock"] == true && product["price"] != "";
    let product = products.as_array().unwrap().iter().find(managed).unwrap();
    let body = json!({ "status": "processing", "billing": { "country": "SA" },
        "line_items": [{ "product_id": product["id"], "quantity": 2 }] });
    let (status, order) = send(&shop, Method::POST, "orders", body).await;
    assert_eq!(status, 201);
    let price: f64 = product["price"].as_str().unwrap().parse().unwrap();
    let subtotal: f64 = order["line_items"][0]["subtotal"].as_str().unwrap().parse().unwrap();
    assert!((subtotal - price * 2.0).abs() < 0.01, "{subtotal} is not twice {price}");
    let after = shop.shop().get(Kind::Product, product["id"].as_u64().unwrap()).unwrap();
    let stock = |product: &Value| product["stock_quantity"].as_i64().unwrap();
    assert_eq!(stock(&after), stock(product) - 2);
}

#[tokio::test]
async fn a_customer_who_is_deleted_becomes_a_guest_on_orders() {
    let shop = small_shop().await;
    let orders = get_json(&shop, "orders?per_page=100").await;
    let order = orders.as_array().unwrap().iter().find(|order| order["customer_id"] != 0).unwrap();
    let (status, _) =
        send(&shop, Method::DELETE, &format!("customers/{}?force=true", order["customer_id"]), json!({}))
            .await;
    assert_eq!(status, 200);
    let after = shop.shop().get(Kind::Order, order["id"].as_u64().unwrap()).unwrap();
    assert_eq!(after["customer_id"], 0);
}

#[tokio::test]
async fn a_batch_answers_each_item_in_its_place() {
    let shop = small_shop().await;
    let ids = shop.ids(Kind::Category);
    let body = json!({ "create": [{ "name": "Fresh" }, { "name": "Fresh" }], "update": [{ "id": ids[1], "name": "Renamed" }] });
    let (status, answer) = send(&shop, Method::POST, "products/categories/batch", body).await;
    assert_eq!((status, &answer["create"][1]["error"]["code"]), (200, &json!("term_exists")));
    assert_eq!(
        (&answer["create"][0]["name"], &answer["update"][0]["name"]),
        (&json!("Fresh"), &json!("Renamed"))
    );
}
