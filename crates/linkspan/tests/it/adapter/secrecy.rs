//! Secrets appear in no error, no observed exchange and no stored cursor, even when the server repeats them.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linkspan::adapter::{AdapterOptions, Exchange, Observer};

use super::oauth;
use super::shop::{BASIC, KEY, SECRET, Shop, answer, json, quick, try_adapter};

/// Keeps what it sees.
#[derive(Default)]
struct Seen(Mutex<Vec<Exchange>>);

impl Observer for Seen {
    fn exchange(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}

impl Seen {
    fn taken(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn observed(seen: &Arc<Seen>) -> AdapterOptions {
    AdapterOptions { observer: Some(Arc::clone(seen) as Arc<dyn Observer>), ..quick() }
}

const OPERATIONS: &str = r#"
[operations.get_product]
method = "GET"
path = "/products/{id}"
repeat = "safe"
[operations.create_product]
method = "POST"
path = "/products"
repeat = "look_up_first"
"#;

const BY_QUERY: &str = r#"
[auth]
kind = "api_key"
secret = "consumer_secret"
query = "key"
[http]
base_url = "{store_url}/api"
error_code = "code"
error_message = "message"
"#;

/// Every form in which the secrets may leave.
fn forms() -> Vec<String> {
    let basic = STANDARD.encode(format!("{KEY}:{SECRET}"));
    let percent = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    [KEY, SECRET]
        .into_iter()
        .flat_map(|secret| {
            [
                secret.to_owned(),
                STANDARD.encode(secret),
                percent(secret),
                secret.replace('/', "\\/"),
                secret.replace(' ', "%20"),
            ]
        })
        .chain([basic])
        .collect()
}

fn assert_clean(text: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{form} is in {text}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_keys_does_not_spread_them() {
    for auth in [BASIC, BY_QUERY] {
        let shop = Shop::start(|asked| {
            let told = format!(
                "{} {} {KEY} {SECRET} {}",
                asked.target,
                asked.header("authorization"),
                STANDARD.encode(SECRET)
            );
            let body = serde_json::json!({"code": format!("bad {KEY}"), "message": told}).to_string();
            let cookie = format!("session={}", STANDARD.encode(KEY));
            answer(400, &[("x-echo", &told), ("set-cookie", &cookie)], body.replace('/', "\\/"))
        })
        .await;
        let seen = Arc::new(Seen::default());
        let adapter =
            try_adapter(&shop.url(), &format!("{auth}{OPERATIONS}"), observed(&seen)).expect("an adapter");
        let body = serde_json::json!({"note": format!("my key is {KEY}")});
        let error = adapter.call("create_product", &[("q", SECRET)], Some(&body)).await.expect_err("refused");
        assert_clean(&format!("{error} {error:?}"));
        assert!(error.message.contains("[redacted]"), "{error}");
        let exchanges = seen.taken();
        assert_clean(&format!("{exchanges:?}"));
        let [exchange] = exchanges.as_slice() else { panic!("{exchanges:?}") };
        assert_eq!((exchange.operation.as_str(), exchange.method.as_str()), ("create_product", "POST"));
        assert_eq!((exchange.status, exchange.attempt), (Some(400), 1));
        assert!(exchange.response_body.contains("bad [redacted]"), "{}", exchange.response_body);
        assert_eq!(exchange.request_body.as_deref(), Some(r#"{"note":"my key is [redacted]"}"#));
        assert_clean(&format!("{adapter:?}"));
    }
}

#[tokio::test]
async fn errors_of_the_connection_do_not_show_the_keys_in_the_query() {
    let seen = Arc::new(Seen::default());
    let adapter = try_adapter("http://127.0.0.1:9", &format!("{BY_QUERY}{OPERATIONS}"), observed(&seen));
    let error = adapter.expect("an adapter").get("get_product", "1").await.expect_err("nobody listens");
    assert_clean(&format!("{error} {error:?}"));
    let exchanges = seen.taken();
    assert_eq!(exchanges.iter().map(|exchange| exchange.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(exchanges.iter().all(|exchange| exchange.status.is_none() && exchange.error.is_some()));
    assert_clean(&format!("{exchanges:?}"));
}

#[tokio::test]
async fn html_and_broken_json_that_hold_the_keys_are_shown_without_them() {
    for body in [format!("<html><title>Key {KEY}</title>"), format!("Your key {SECRET} is fine")] {
        let shop = Shop::start(move |_| answer(200, &[], body.clone())).await;
        let adapter = try_adapter(&shop.url(), &format!("{BASIC}{OPERATIONS}"), quick()).expect("an adapter");
        let error = adapter.get("get_product", "1").await.expect_err("no JSON");
        assert_clean(&format!("{error} {error:?}"));
        assert!(error.message.contains("[redacted]"), "{error}");
    }
}

#[tokio::test]
async fn an_observer_sees_good_exchanges_too() {
    let shop = Shop::start(|_| json(r#"{"id": 1}"#)).await;
    let seen = Arc::new(Seen::default());
    let adapter =
        try_adapter(&shop.url(), &format!("{BY_QUERY}{OPERATIONS}"), observed(&seen)).expect("an adapter");
    adapter.get("get_product", "1").await.expect("a record");
    let exchanges = seen.taken();
    assert_eq!((exchanges[0].status, exchanges[0].response_bytes), (Some(200), 9));
    assert_eq!(exchanges[0].url, format!("{}/api/products/1", shop.url()));
    assert!(exchanges[0].error.is_none());
    assert_clean(&format!("{exchanges:?}"));
}

#[tokio::test]
async fn an_observer_sees_the_request_for_a_token_when_that_failed() {
    let shop = Shop::start(|_| answer(400, &[], r#"{"error":"invalid_grant"}"#)).await;
    let seen = Arc::new(Seen::default());
    let adapter = try_adapter(&shop.url(), &oauth::text(""), observed(&seen)).expect("an adapter");
    adapter.get("get", "7").await.expect_err("no token");
    let exchanges = seen.taken();
    let [exchange] = exchanges.as_slice() else { panic!("{exchanges:?}") };
    assert_eq!((exchange.operation.as_str(), exchange.method.as_str()), ("get", "POST"));
    assert_eq!((exchange.url.clone(), exchange.status), (format!("{}/token", shop.url()), Some(400)));
    assert!(exchange.error.as_deref().is_some_and(|error| error.contains("invalid_grant")), "{exchange:?}");
}

#[tokio::test]
async fn an_observer_learns_that_a_success_was_none() {
    let shop = Shop::start(|_| answer(200, &[], "<html><title>Coming soon</title>")).await;
    let seen = Arc::new(Seen::default());
    let adapter =
        try_adapter(&shop.url(), &format!("{BASIC}{OPERATIONS}"), observed(&seen)).expect("an adapter");
    let error = adapter.get("get_product", "1").await.expect_err("no JSON");
    let exchange = seen.taken().remove(0);
    assert_eq!((exchange.status, exchange.error.as_deref()), (Some(200), Some(error.message.as_str())));
    assert!(exchange.response_body.contains("Coming soon"), "{}", exchange.response_body);
}

#[tokio::test]
async fn a_long_body_is_observed_in_part() {
    let body = format!("\"{}{KEY}\"", "x".repeat(65_520));
    let shop = Shop::start(move |_| json(body.clone())).await;
    let seen = Arc::new(Seen::default());
    let adapter =
        try_adapter(&shop.url(), &format!("{BASIC}{OPERATIONS}"), observed(&seen)).expect("an adapter");
    adapter.call("get_product", &[("id", "1")], None).await.expect("an answer");
    let exchange = seen.taken().remove(0);
    assert!(exchange.response_bytes > 65_520 && exchange.response_body.len() <= 65_536);
    assert!(!exchange.response_body.contains("ck_"), "the first half of a key is a secret too");
}
