//! Faults and misbehaviour on request.

use std::time::{Duration, Instant};

use sandbox::Fault;
use sandbox::shop::{Kind, Misbehaviour};

use super::client::{get, ids, json, small_shop};

const LIST: &str = "products?per_page=10&orderby=id&order=asc&_fields=id";

#[tokio::test]
async fn pages_that_never_end_start_over() {
    let shop = small_shop().await;
    shop.shop().misbehave("/products", Misbehaviour::EndlessPages, 0, u32::MAX);
    let first = ids(&json(&shop, LIST).await);
    let response = get(&shop, &format!("{LIST}&page=7")).await;
    assert!(response.headers()["link"].to_str().unwrap().contains("page=8>; rel=\"next\""));
    let again = ids(&serde_json::from_str(&response.text().await.unwrap()).unwrap());
    assert_eq!((again.len(), again), (10, first));
}

#[tokio::test]
async fn the_same_page_comes_again_and_again() {
    let shop = small_shop().await;
    shop.shop().misbehave("/products", Misbehaviour::SamePage, 0, 2);
    let pages = [json(&shop, &format!("{LIST}&page=3")).await, json(&shop, &format!("{LIST}&page=4")).await];
    assert_eq!(pages[0], pages[1]);
    assert_ne!(pages[0], json(&shop, &format!("{LIST}&page=4")).await, "it did not stop after two times");
}

#[tokio::test]
async fn bodies_can_be_broken_or_huge() {
    let shop = small_shop().await;
    shop.shop().misbehave("/products", Misbehaviour::InvalidUtf8, 0, 1);
    let bytes = get(&shop, LIST).await.bytes().await.unwrap();
    assert!(std::str::from_utf8(&bytes).is_err());
    shop.shop().misbehave("/products", Misbehaviour::HugeBody { bytes: 10 << 30 }, 0, 1);
    let mut response = get(&shop, LIST).await;
    let mut read = 0;
    while read < 4 << 20 {
        read += response.chunk().await.unwrap().expect("the body ended early").len();
    }
}

#[tokio::test]
async fn totals_can_lie_and_requests_can_be_sent_elsewhere() {
    let shop = small_shop().await;
    shop.shop().misbehave("/products", Misbehaviour::WrongTotals, 0, 1);
    let response = get(&shop, LIST).await;
    assert_eq!(
        (&response.headers()["x-wp-total"], &response.headers()["x-wp-totalpages"]),
        (&"6".parse().unwrap(), &"0".parse().unwrap())
    );
    let elsewhere = Misbehaviour::Redirect { to: "http://elsewhere.example".to_owned() };
    shop.shop().misbehave("/products", elsewhere, 0, 1);
    let answer = super::client::without_redirects(&shop, LIST).await;
    assert_eq!(answer.status(), 302);
    assert!(
        answer.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("http://elsewhere.example/wp-json/wc/v3/products?")
    );
}

#[tokio::test]
async fn a_body_can_drip() {
    let shop = small_shop().await;
    let drip = Misbehaviour::SlowDrip { bytes: 40, pause: Duration::from_millis(10) };
    let whole = json(&shop, LIST).await;
    shop.shop().misbehave("/products", drip, 0, 1);
    let start = Instant::now();
    assert_eq!(json(&shop, LIST).await, whole);
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[tokio::test]
async fn a_record_deleted_during_a_walk_by_pages_hides_another() {
    let shop = small_shop().await;
    let all = shop.ids(Kind::Product);
    let gone = Misbehaviour::DeleteAfter { kind: Kind::Product, id: all[0] };
    shop.shop().misbehave("page=1", gone, 0, 1);
    let mut seen = ids(&json(&shop, &format!("{LIST}&page=1")).await);
    seen.extend(ids(&json(&shop, &format!("{LIST}&page=2")).await));
    assert!(!seen.contains(&all[10]) && seen.contains(&all[11]));
}

#[tokio::test]
async fn planned_faults_come_as_often_as_asked_for() {
    let shop = small_shop().await;
    let faults = shop.faults();
    faults.add("/products", Fault::Status { status: 429, retry_after_secs: Some(3) }, 1);
    faults.add("/products", Fault::HtmlPage { status: 200 }, 1);
    let refused = get(&shop, LIST).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"3".parse().unwrap()));
    let page = get(&shop, LIST).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(get(&shop, LIST).await.status(), 200);
    assert_eq!(shop.requests().len(), 3);
}

#[tokio::test]
async fn a_connection_cut_after_the_work_leaves_the_work_done() {
    let shop = small_shop().await;
    shop.faults().add("POST /wp-json/wc/v3/products", Fault::CutAfterWork, 1);
    let body = serde_json::json!({ "name": "Made twice?", "sku": "CUT-1" });
    let sent =
        super::client::request(&shop, reqwest::Method::POST, "products").body(body.to_string()).send().await;
    assert!(sent.is_err());
    assert_eq!(ids(&json(&shop, "products?sku=CUT-1").await).len(), 1);
}
