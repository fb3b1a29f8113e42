//! A plain HTTP client with the sandbox's keys.

use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response};
use sandbox::shop::{RunningShop, Shop, ShopSpec};
use serde_json::Value;

/// A small shop that listens.
pub(crate) async fn small_shop() -> RunningShop {
    let spec = ShopSpec { products: 60, customers: 25, orders: 80, categories: 12, ..ShopSpec::default() };
    Shop::generate(&spec).start(0).await.unwrap()
}

/// A client for plain http; the provider is only there because reqwest wants one.
pub(crate) fn client() -> Client {
    client_builder().build().unwrap()
}

fn client_builder() -> ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy()
}

/// A request to a path below the API root, with keys.
pub(crate) fn request(shop: &RunningShop, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}/wp-json/wc/v3/{path}", shop.url());
    client()
        .request(method, url)
        .basic_auth("ck_sandbox", Some("cs_sandbox"))
        .header("Accept", "application/json")
}

/// GET with keys.
pub(crate) async fn get(shop: &RunningShop, path: &str) -> Response {
    request(shop, Method::GET, path).send().await.unwrap()
}

/// GET with keys; the body.
pub(crate) async fn json(shop: &RunningShop, path: &str) -> Value {
    let response = get(shop, path).await;
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// The ids in a list.
pub(crate) fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|record| record["id"].as_u64().unwrap()).collect()
}

/// GET with keys, by a client that follows no redirect.
pub(crate) async fn without_redirects(shop: &RunningShop, path: &str) -> Response {
    let client = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("{}/wp-json/wc/v3/{path}", shop.url());
    client.get(url).basic_auth("ck_sandbox", Some("cs_sandbox")).send().await.unwrap()
}
