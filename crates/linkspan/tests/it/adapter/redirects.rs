//! Redirects: followed on the same server only, because the credentials go along.

use linkspan::definition::model::ErrorClass;

use super::shop::{BASIC, Shop, adapter, answer, json};

const OPERATIONS: &str = r#"
[operations.get_product]
method = "GET"
path = "/products/{id}"
repeat = "safe"
[operations.create_product]
method = "POST"
path = "/products"
repeat = "idempotent"
"#;

fn definition() -> String {
    format!("{BASIC}{OPERATIONS}")
}

#[tokio::test]
async fn a_redirect_on_the_same_server_is_followed_with_credentials() {
    let shop = Shop::start(|asked| match asked.target.as_str() {
        "/api/products/7" => answer(301, &[("location", "/api/products/7/")], ""),
        _ => json(r#"{"id": 7}"#),
    })
    .await;
    adapter(&shop.url(), &definition()).get("get_product", "7").await.expect("a record");
    assert_eq!(shop.targets(), ["/api/products/7", "/api/products/7/"]);
    let asked = shop.asked();
    assert_eq!(asked[0].header("authorization"), asked[1].header("authorization"));
    assert!(asked[1].header("authorization").starts_with("Basic "));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_named() {
    let thief = Shop::start(|_| json(r#"{"id": 7}"#)).await;
    let to = format!("{}/steal?x=1", thief.url());
    let shop = Shop::start(move |_| answer(302, &[("location", to.as_str())], "")).await;
    let error = adapter(&shop.url(), &definition()).get("get_product", "7").await.expect_err("another host");
    assert_eq!((error.class, error.status), (ErrorClass::Config, Some(302)));
    assert!(error.message.contains(&thief.url()) && !error.message.contains("steal"), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`store_url`")), "{error}");
    assert!(thief.asked().is_empty());
}

#[tokio::test]
async fn an_upgrade_to_https_is_refused_because_the_keys_went_out_in_clear() {
    let shop = Shop::start(|asked| {
        let to = format!("https://{}{}", asked.header("host"), asked.target);
        answer(301, &[("location", to.as_str())], "")
    })
    .await;
    let error = adapter(&shop.url(), &definition()).get("get_product", "7").await.expect_err("https");
    assert_eq!(error.class, ErrorClass::Config);
    assert!(
        error
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("Set `store_url`") && hint.contains("https://")),
        "{error}"
    );
    assert_eq!(shop.asked().len(), 1);
}

#[tokio::test]
async fn a_circle_of_redirects_ends_after_five() {
    let shop = Shop::start(|asked| answer(302, &[("location", asked.target.as_str())], "")).await;
    let error = adapter(&shop.url(), &definition()).get("get_product", "7").await.expect_err("a circle");
    assert!(error.message.contains("redirected 5 times"), "{error}");
    assert_eq!((error.class, shop.asked().len()), (ErrorClass::Config, 6));
}

#[tokio::test]
async fn a_post_is_not_turned_into_a_get() {
    let shop = Shop::start(|_| answer(301, &[("location", "/elsewhere")], "")).await;
    let adapter = adapter(&shop.url(), &definition());
    let error = adapter.call("create_product", &[], Some(&serde_json::json!({}))).await.expect_err("a GET");
    assert!(error.message.contains("POST") && error.message.contains("301"), "{error}");
    assert_eq!(shop.asked().len(), 1);
}

#[tokio::test]
async fn a_post_is_repeated_as_it_is_when_the_status_says_so() {
    let shop = Shop::start(|asked| match asked.target.as_str() {
        "/api/products" => answer(308, &[("location", "products/")], ""),
        _ => json(r#"{"id": 7}"#),
    })
    .await;
    let adapter = adapter(&shop.url(), &definition());
    adapter.call("create_product", &[], Some(&serde_json::json!({"sku": "A"}))).await.expect("created");
    let asked = shop.asked();
    assert_eq!((asked[1].method.as_str(), asked[1].target.as_str()), ("POST", "/api/products/"));
    assert_eq!(
        (asked[1].body.as_str(), asked[1].header("content-type")),
        (r#"{"sku":"A"}"#, "application/json")
    );
}

#[tokio::test]
async fn a_redirect_without_an_address_is_an_error() {
    let shop = Shop::start(|_| answer(304, &[], "")).await;
    let error = adapter(&shop.url(), &definition()).get("get_product", "7").await.expect_err("nothing");
    assert_eq!((error.class, error.status), (ErrorClass::Config, Some(304)));
}
