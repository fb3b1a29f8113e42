//! Walking and filtering.

use std::collections::BTreeSet;

use sandbox::shop::Kind;

use super::client::{get, ids, json, small_shop};

#[tokio::test]
async fn a_walk_by_id_sees_every_record_once() {
    let shop = small_shop().await;
    for (kind, path) in
        [(Kind::Product, "products"), (Kind::Order, "orders"), (Kind::Category, "products/categories")]
    {
        let mut seen = Vec::new();
        for page in 1.. {
            let response = get(&shop, &format!("{path}?per_page=7&page={page}&orderby=id&order=asc")).await;
            let more = response.headers().get("link").unwrap().to_str().unwrap().contains("rel=\"next\"");
            assert_eq!(response.headers()["x-wp-total"], shop.ids(kind).len().to_string());
            seen.extend(ids(&serde_json::from_str(&response.text().await.unwrap()).unwrap()));
            if !more {
                break;
            }
        }
        assert_eq!(seen, shop.ids(kind), "{path}");
    }
}

#[tokio::test]
async fn a_walk_in_default_order_gives_some_records_twice_and_others_never() {
    let shop = small_shop().await;
    let mut seen = Vec::new();
    for page in 1..=12 {
        seen.extend(ids(&json(&shop, &format!("products?per_page=5&page={page}")).await));
    }
    let different: BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!(seen.len(), 60);
    assert!(different.len() < 60, "ties of the creation date came in a fixed order");
}

#[tokio::test]
async fn modified_after_is_exclusive_and_in_shop_time() {
    let shop = small_shop().await;
    let all = json(
        &shop,
        "orders?orderby=modified&order=asc&per_page=100&_fields=id,date_modified,date_modified_gmt",
    )
    .await;
    let middle = &all[40];
    let (local, gmt) =
        (middle["date_modified"].as_str().unwrap(), middle["date_modified_gmt"].as_str().unwrap());
    let later = all
        .as_array()
        .unwrap()
        .iter()
        .filter(|order| order["date_modified_gmt"].as_str().unwrap() > gmt)
        .count();
    for (filter, expected) in [
        (format!("modified_after={local}"), later),
        (format!("modified_after={gmt}&dates_are_gmt=true"), later),
        (format!("modified_after={gmt}Z"), later),
    ] {
        let found = json(&shop, &format!("orders?per_page=100&_fields=id&{filter}")).await;
        assert_eq!(found.as_array().unwrap().len(), expected, "{filter}");
    }
}
