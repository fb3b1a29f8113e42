//! Webhooks: their resource as it was recorded, and what goes out.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::Method;
use sandbox::shop::{ChangeSpec, Kind, RunningShop};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::client::{json as get_json, request, small_shop};

async fn send(shop: &RunningShop, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let response = request(shop, method, path).body(body.to_string()).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn recorded(name: &str) -> Value {
    let path = format!("{}/fixtures/woocommerce/exchanges/webhooks-{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The answer without dates and addresses, which are another shop's.
fn timeless(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Value::Object(fields) = &mut answer {
        fields.retain(|name, _| !name.starts_with("date_") && name != "_links" && name != "id");
    }
    answer
}

/// Answers every request with a status and keeps what came: head and body.
async fn listener(status: u16) -> (String, Arc<Mutex<Vec<(String, String)>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let came: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let keeps = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let (head, body) = loop {
                let mut chunk = [0; 4096];
                let read = stream.read(&mut chunk).await.unwrap();
                bytes.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.split("Content-Length: ").nth(1).unwrap().lines().next().unwrap();
                if body.len() == length.parse::<usize>().unwrap() {
                    break (head.to_owned(), body.to_owned());
                }
            };
            keeps.lock().unwrap().push((head, body));
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, came)
}

#[tokio::test]
async fn the_resource_answers_as_it_was_recorded() {
    let shop = small_shop().await;
    shop.shop().send_webhooks(false);
    for name in
        ["create-product-updated", "create-order-created", "create-invalid-topic", "create-without-url"]
    {
        let exchange = recorded(name);
        let (status, answer) = send(&shop, Method::POST, "webhooks", &exchange["request"]["body"]).await;
        assert_eq!(json!(status), exchange["response"]["status"], "{name}");
        assert_eq!(timeless(&answer), timeless(&exchange["response"]["body"]), "{name}");
    }
    let (status, paused) = send(&shop, Method::PUT, "webhooks/1", &json!({ "status": "paused" })).await;
    assert_eq!((status, &paused["status"]), (200, &json!("paused")));
    assert!(paused.get("secret").is_none() && paused["date_modified"].is_string());
    let listed = get_json(&shop, "webhooks?per_page=100&_fields=id%2Cstatus%2Ctopic").await;
    assert_eq!(listed[1], json!({ "id": 1, "status": "paused", "topic": "product.updated" }));
    let exchange = recorded("delete-without-force");
    let (status, answer) = send(&shop, Method::DELETE, "webhooks/1", &json!({})).await;
    assert_eq!((json!(status), &answer), (json!(501), &exchange["response"]["body"]));
    assert_eq!(send(&shop, Method::DELETE, "webhooks/1?force=true", &json!({})).await.0, 200);
    assert_eq!(send(&shop, Method::GET, "webhooks/1", &json!({})).await.0, 404);
}

#[tokio::test]
async fn a_new_webhook_pings_and_then_hears_of_writes_as_they_are_when_they_are_sent() {
    let shop = small_shop().await;
    shop.shop().send_webhooks(false);
    let (url, came) = listener(200).await;
    let new = json!({ "topic": "product.updated", "delivery_url": url, "secret": "sesame" });
    assert_eq!(send(&shop, Method::POST, "webhooks", &new).await.0, 201);
    let product = shop.ids(Kind::Product)[0];
    for name in ["one", "two", "three"] {
        send(&shop, Method::PUT, &format!("products/{product}"), &json!({ "name": name })).await;
    }
    let sent = shop.shop().deliver_webhooks().await;
    assert_eq!(
        sent.iter().map(|one| (one.record, one.status)).collect::<Vec<_>>(),
        [(0, 200), (product, 200)]
    );
    let came = came.lock().unwrap().clone();
    assert_eq!(came[0].1, "webhook_id=1");
    assert!(!came[0].0.contains("X-WC-") && came[0].0.contains("application/x-www-form-urlencoded"));
    let body: Value = serde_json::from_str(&came[1].1).unwrap();
    assert_eq!((&body["id"], &body["name"]), (&json!(product), &json!("three")));
    let mut mac = Hmac::<Sha256>::new_from_slice(b"sesame").unwrap();
    mac.update(came[1].1.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    for header in
        [format!("X-WC-Webhook-Signature: {signature}"), "X-WC-Webhook-Topic: product.updated".to_owned()]
    {
        assert!(came[1].0.contains(&header), "{}", came[1].0);
    }
}

#[tokio::test]
async fn trashed_records_are_told_deleted_ones_are_not() {
    let shop = small_shop().await;
    shop.shop().send_webhooks(false);
    let (url, came) = listener(200).await;
    for topic in ["order.created", "order.updated", "order.deleted"] {
        send(&shop, Method::POST, "webhooks", &json!({ "topic": topic, "delivery_url": url })).await;
    }
    shop.shop().deliver_webhooks().await;
    let made =
        send(&shop, Method::POST, "orders", &json!({ "status": "pending" })).await.1["id"].as_u64().unwrap();
    let topics =
        |sent: Vec<sandbox::shop::SentWebhook>| sent.into_iter().map(|one| one.topic).collect::<Vec<_>>();
    assert_eq!(topics(shop.shop().deliver_webhooks().await), ["order.created", "order.updated"]);
    send(&shop, Method::DELETE, &format!("orders/{made}"), &json!({})).await;
    assert_eq!(topics(shop.shop().deliver_webhooks().await), ["order.deleted"]);
    assert_eq!(came.lock().unwrap().last().unwrap().1, format!("{{\"id\":{made}}}"));
    send(&shop, Method::DELETE, &format!("orders/{made}?force=true"), &json!({})).await;
    assert!(shop.shop().deliver_webhooks().await.is_empty());
}

#[tokio::test]
async fn the_seventh_failure_in_a_row_disables_a_webhook() {
    let shop = small_shop().await;
    shop.shop().send_webhooks(false);
    let (url, came) = listener(500).await;
    send(&shop, Method::POST, "webhooks", &json!({ "topic": "product.updated", "delivery_url": url })).await;
    shop.shop().deliver_webhooks().await;
    let product = shop.ids(Kind::Product)[0];
    for attempt in 1..=7 {
        send(&shop, Method::PUT, &format!("products/{product}"), &json!({ "name": format!("n{attempt}") }))
            .await;
        // Each of the six sends a ping behind it (recorded); none is sent again.
        assert_eq!(shop.shop().deliver_webhooks().await.len(), if attempt == 7 { 1 } else { 2 });
        let status = get_json(&shop, "webhooks/1").await["status"].clone();
        assert_eq!(status, if attempt == 7 { "disabled" } else { "active" });
    }
    assert_eq!(came.lock().unwrap().len(), 1 + 7 + 6);
    send(&shop, Method::PUT, &format!("products/{product}"), &json!({ "name": "n8" })).await;
    assert!(shop.shop().deliver_webhooks().await.is_empty());
}

#[tokio::test]
async fn what_changes_in_the_shop_goes_out_by_itself() {
    let shop = small_shop().await;
    let (url, _) = listener(200).await;
    for topic in ["product.updated", "order.updated"] {
        send(&shop, Method::POST, "webhooks", &json!({ "topic": topic, "delivery_url": url })).await;
    }
    let spec = ChangeSpec { seed: 3, products: 4, customers: 0, orders: 3 };
    let changed = shop.shop().change(&spec);
    // What the courier has in hand is waited for.
    while shop.shop().sent_webhooks().iter().filter(|one| one.topic == "product.updated").count()
        < changed.products.len()
    {
        shop.shop().deliver_webhooks().await;
        tokio::task::yield_now().await;
    }
    let sent = shop.shop().sent_webhooks();
    for id in changed.orders {
        assert!(
            sent.iter().any(|one| one.topic == "order.updated" && one.record == id && one.status == 200),
            "{id}"
        );
    }
}
