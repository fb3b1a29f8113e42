//! What error answers mean. The bodies are those that a real WooCommerce 9.2.5 sent; each is named after its
//! recording.

use linkspan::adapter::AdapterError;
use linkspan::definition::model::ErrorClass;

use super::shop::{BASIC, Shop, adapter, answer};

const OPERATIONS: &str = r#"
[operations.get_product]
method = "GET"
path = "/products/{id}"
repeat = "safe"
[operations.list_products]
method = "GET"
path = "/products"
repeat = "safe"
paginate = { kind = "page", param = "page", size = 10 }
[operations.create_product]
method = "POST"
path = "/products"
repeat = "look_up_first"
"#;

const RULES: &str = r#"
[[errors]]
when = { status = 401, code = "woocommerce_rest_authentication_error" }
class = "auth"
hint = "Check the consumer secret and the key's permissions."
[[errors]]
when = { status = 401 }
class = "auth"
hint = "Check the consumer key."
[[errors]]
when = { code = "product_invalid_sku" }
class = "conflict"
hint = "Another product has this SKU."
[[errors]]
when = { status = 404 }
class = "gone"
"#;

/// What `get_product` becomes with this answer.
async fn get(status: u16, headers: &'static [(&str, &str)], body: &'static str) -> AdapterError {
    let shop = Shop::start(move |_| answer(status, headers, body)).await;
    let adapter = adapter(&shop.url(), &format!("{BASIC}{RULES}{OPERATIONS}"));
    adapter.get("get_product", "21").await.expect_err("an error answer")
}

/// The same without rules in the definition.
async fn get_by_status(status: u16, body: &'static str) -> AdapterError {
    let shop = Shop::start(move |_| answer(status, &[], body)).await;
    adapter(&shop.url(), &format!("{BASIC}{OPERATIONS}"))
        .get("get_product", "21")
        .await
        .expect_err("an error answer")
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json; charset=UTF-8")];
const HTML: &[(&str, &str)] = &[("content-type", "text/html; charset=UTF-8")];

#[tokio::test]
async fn auth_bad_secret() {
    let body = r#"{"code":"woocommerce_rest_authentication_error","message":"Consumer secret is invalid.","data":{"status":401}}"#;
    let error = get(401, JSON, body).await;
    assert_eq!((error.class, error.status), (ErrorClass::Auth, Some(401)));
    assert_eq!(error.code.as_deref(), Some("woocommerce_rest_authentication_error"));
    assert_eq!(
        error.message,
        "The server answered 401 (woocommerce_rest_authentication_error): Consumer secret is invalid."
    );
    assert!(
        error.hint.as_deref().is_some_and(|hint| hint.starts_with("Check the consumer secret and")),
        "{error}"
    );
    assert_eq!(error.operation, "get_product");
    assert!(error.url.ends_with("/api/products/21"), "{}", error.url);
}

#[tokio::test]
async fn auth_bad_key_falls_to_the_next_rule() {
    let body = r#"{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot list resources.","data":{"status":401}}"#;
    let error = get(401, JSON, body).await;
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.starts_with("Check the consumer key.")), "{error}");
}

#[tokio::test]
async fn auth_basic_over_plain_http_is_told_to_try_https() {
    let body = r#"{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot list resources.","data":{"status":401}}"#;
    for error in [get(401, JSON, body).await, get_by_status(401, body).await] {
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("only over https://")), "{error}");
    }
}

#[tokio::test]
async fn auth_read_only_key_writes() {
    let body = r#"{"code":"woocommerce_rest_authentication_error","message":"The API key provided does not have write permissions.","data":{"status":401}}"#;
    let shop = Shop::start(move |_| answer(401, JSON, body)).await;
    let adapter = adapter(&shop.url(), &format!("{BASIC}{RULES}{OPERATIONS}"));
    let error =
        adapter.call("create_product", &[], Some(&serde_json::json!({}))).await.expect_err("read only");
    assert_eq!((error.class, error.outcome_unknown), (ErrorClass::Auth, false));
    assert!(error.message.ends_with("The API key provided does not have write permissions."), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("key's permissions")), "{error}");
}

#[tokio::test]
async fn auth_customer_user_key_products_is_classed_by_status() {
    let body = r#"{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot list resources.","data":{"status":403}}"#;
    let error = get(403, JSON, body).await;
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("may do")), "{error}");
}

#[tokio::test]
async fn server_database_down() {
    let body = r#"{"code":"wp_die","message":"<h1>Error establishing a database connection<\/h1>","data":{"status":500},"additional_errors":[]}"#;
    let error = get(500, JSON, body).await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert_eq!(error.message, "The server answered 500 (wp_die): Error establishing a database connection.");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("error log")), "{error}");
}

#[tokio::test]
async fn server_fatal_error() {
    let body = r#"{"code":"internal_server_error","message":"<p>There has been a critical error on this website.<\/p><p><a href=\"https:\/\/wordpress.org\/documentation\/article\/faq-troubleshooting\/\">Learn more about troubleshooting WordPress.<\/a><\/p>","data":{"status":500},"additional_errors":[]}"#;
    let error = get(500, JSON, body).await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(
        error.message.ends_with(
            "There has been a critical error on this website. Learn more about troubleshooting WordPress."
        ),
        "{error}"
    );
}

#[tokio::test]
async fn server_fatal_error_no_accept() {
    let body =
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n\t<title>WordPress &rsaquo; Error</title>\n</head>";
    let error = get(500, HTML, body).await;
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Transient, None));
    assert_eq!(error.message, "The server answered 500 with a web page: \"WordPress \u{203a} Error\".");
}

#[tokio::test]
async fn server_maintenance() {
    let body = r#"{"code":"wp_die","message":"Briefly unavailable for scheduled maintenance. Check back in a minute.","data":{"status":503},"additional_errors":[]}"#;
    let error = get(503, &[("content-type", "application/json"), ("retry-after", "600")], body).await;
    assert_eq!(error.class, ErrorClass::Transient);
    assert_eq!(error.retry_after.map(|wait| wait.as_secs()), Some(600));
    assert!(error.message.contains("scheduled maintenance"), "{error}");
}

#[tokio::test]
async fn server_maintenance_no_accept() {
    let body = "<!DOCTYPE html>\n<html dir='ltr'>\n<head>\n\t\t\t<title>Maintenance</title>\n";
    let error = get(503, &[("content-type", "text/html; charset=UTF-8"), ("retry-after", "600")], body).await;
    assert_eq!(
        (error.class, error.retry_after.map(|wait| wait.as_secs())),
        (ErrorClass::Transient, Some(600))
    );
    assert_eq!(error.message, "The server answered 503 with a web page: \"Maintenance\".");
}

#[tokio::test]
async fn wrong_base_path_html_404_does_not_mean_that_the_record_is_gone() {
    let body =
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n<title>Page not found &#8211; Fixture Shop</title>";
    let error = get(404, HTML, body).await;
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("\"Page not found \u{2013} Fixture Shop\""), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("store address")), "{error}");
}

#[tokio::test]
async fn orders_get_unknown() {
    let body =
        r#"{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}"#;
    for error in [get(404, JSON, body).await, get_by_status(404, body).await] {
        assert_eq!(error.class, ErrorClass::Gone);
        assert_eq!(
            error.message,
            "The server answered 404 (woocommerce_rest_shop_order_invalid_id): Invalid ID."
        );
    }
}

#[tokio::test]
async fn orders_delete_trash_again() {
    let body = r#"{"code":"woocommerce_rest_already_trashed","message":"The shop_order has already been deleted.","data":{"status":410}}"#;
    assert_eq!(get_by_status(410, body).await.class, ErrorClass::Gone);
}

#[tokio::test]
async fn a_list_cannot_be_gone() {
    let shop =
        Shop::start(|_| answer(404, JSON, r#"{"code":"rest_no_route","message":"No route was found."}"#))
            .await;
    let adapter = adapter(&shop.url(), &format!("{BASIC}{OPERATIONS}"));
    let error = adapter.list("list_products", vec![], None).next().await.expect_err("no route");
    assert_eq!(error.class, ErrorClass::Config);
}

#[tokio::test]
async fn a_404_that_the_api_did_not_write_does_not_mean_gone() {
    for body in ["", "404 page not found", r#"{"error": "not found"}"#] {
        assert_eq!(get_by_status(404, body).await.class, ErrorClass::Config, "{body}");
    }
}

#[tokio::test]
async fn a_rule_may_go_by_the_code_alone() {
    let body = r#"{"code":"product_invalid_sku","message":"Invalid or duplicated SKU.","data":{"status":400,"resource_id":11}}"#;
    let error = get(400, JSON, body).await;
    assert_eq!(
        (error.class, error.hint.as_deref()),
        (ErrorClass::Conflict, Some("Another product has this SKU."))
    );
}

#[tokio::test]
async fn without_a_rule_the_status_decides() {
    let expected = [
        (400, ErrorClass::Data),
        (401, ErrorClass::Auth),
        (403, ErrorClass::Auth),
        (408, ErrorClass::Throttled),
        (409, ErrorClass::Conflict),
        (413, ErrorClass::Data),
        (422, ErrorClass::Data),
        (425, ErrorClass::Throttled),
        (429, ErrorClass::Throttled),
        (500, ErrorClass::Transient),
        (501, ErrorClass::Config),
        (502, ErrorClass::Transient),
        (504, ErrorClass::Transient),
    ];
    for (status, class) in expected {
        let error = get_by_status(status, "{}").await;
        assert_eq!((error.class, error.status), (class, Some(status)));
        assert!(error.message.starts_with(&format!("The server answered {status}")), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_the_record_is_gone_and_one_with_several_is_wrong() {
    for (body, class) in [
        ("[]", ErrorClass::Gone),
        ("null", ErrorClass::Gone),
        ("[{},{}]", ErrorClass::Config),
        ("7", ErrorClass::Config),
    ] {
        let error = get(200, JSON, body).await;
        assert_eq!(error.class, class, "{body}: {error}");
    }
}

#[tokio::test]
async fn an_operation_that_the_definition_lacks_is_named() {
    let adapter = adapter("http://127.0.0.1:9", &format!("{BASIC}{OPERATIONS}"));
    let error = adapter.get("get_order", "1").await.expect_err("no operation");
    assert!(error.message.contains("no operation `get_order`"), "{error}");
    assert_eq!(adapter.get("get_product", "").await.expect_err("no id").class, ErrorClass::Config);
}

#[tokio::test]
async fn a_refused_creation_is_a_known_outcome() {
    let shop = Shop::start(|_| answer(400, JSON, r#"{"code":"rest_invalid_param","message":"No."}"#)).await;
    let adapter = adapter(&shop.url(), &format!("{BASIC}{OPERATIONS}"));
    let error = adapter.call("create_product", &[], Some(&serde_json::json!({}))).await.expect_err("refused");
    assert_eq!((error.class, error.outcome_unknown), (ErrorClass::Data, false));
}
