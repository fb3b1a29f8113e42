//! What is tried again, how often, and what is never sent twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use linkspan::adapter::{AdapterError, AdapterOptions, Answer, Exchange, Observer};
use linkspan::definition::model::ErrorClass;
use sandbox::serve::Cut;
use sandbox::{Fault, Faults};

use super::shop::{BASIC, Shop, adapter, answer, json, quick, try_adapter};

const OPERATIONS: &str = r#"
[operations.get_product]
method = "GET"
path = "/products/{id}"
repeat = "safe"
[operations.update_product]
method = "PUT"
path = "/products/{id}"
repeat = "idempotent"
[operations.create_product]
method = "POST"
path = "/products"
repeat = "look_up_first"
"#;

fn definition() -> String {
    format!("{BASIC}{OPERATIONS}")
}

/// A shop in which the planned faults happen.
async fn faulty(faults: &Faults) -> Shop {
    let faults = faults.clone();
    Shop::start(move |asked| match faults.take(&format!("{} {}", asked.method, asked.target)) {
        Some(Fault::Status { status, retry_after_secs: Some(secs) }) => {
            answer(status, &[("retry-after", secs.to_string().as_str())], "{}")
        }
        Some(Fault::Status { status, .. }) => answer(status, &[], "{}"),
        Some(_) => Err(Cut),
        None => json(r#"{"id": 7}"#),
    })
    .await
}

async fn call(shop: &Shop, operation: &str) -> Result<Answer, AdapterError> {
    let body = serde_json::json!({"sku": "A"});
    adapter(&shop.url(), &definition()).call(operation, &[("id", "7")], Some(&body)).await
}

fn status(status: u16) -> Fault {
    Fault::Status { status, retry_after_secs: None }
}

#[tokio::test]
async fn passing_trouble_is_tried_again_for_what_may_be_repeated() {
    for fault in [status(429), status(500), status(502), status(503), Fault::CutAfterWork] {
        for operation in ["get_product", "update_product"] {
            let faults = Faults::default();
            faults.add("/products", fault.clone(), 3);
            let shop = faulty(&faults).await;
            let answer = call(&shop, operation).await;
            assert!(answer.is_ok(), "{operation} after {fault:?}: {answer:?}");
            assert_eq!(shop.asked().len(), 4);
        }
    }
}

#[tokio::test]
async fn four_tries_are_enough() {
    let faults = Faults::default();
    faults.add("/products", status(503), 100);
    let shop = faulty(&faults).await;
    let error = call(&shop, "get_product").await.expect_err("still down");
    assert_eq!((error.class, error.status, error.outcome_unknown), (ErrorClass::Transient, Some(503), false));
    assert_eq!(shop.asked().len(), 4);
}

#[tokio::test]
async fn a_creation_is_sent_once_whatever_happens() {
    for (fault, class, outcome_unknown) in [
        (Fault::CutAfterWork, ErrorClass::Ambiguous, true),
        (status(500), ErrorClass::Ambiguous, true),
        (status(502), ErrorClass::Ambiguous, true),
        (status(429), ErrorClass::Throttled, false),
    ] {
        let faults = Faults::default();
        faults.add("/products", fault.clone(), 1);
        let shop = faulty(&faults).await;
        let error = call(&shop, "create_product").await.expect_err("no answer");
        assert_eq!((error.class, error.outcome_unknown), (class, outcome_unknown), "{fault:?}");
        assert_eq!(shop.asked().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_creation_with_an_unreadable_answer_may_have_happened() {
    for body in ["<html><title>Oops</title>", "", "{\"id\":"] {
        let shop = Shop::start(move |_| answer(201, &[], body)).await;
        let created = call(&shop, "create_product").await.and_then(|answer| answer.json().map(|_| ()));
        let error = created.expect_err("no record");
        assert_eq!((error.class, error.outcome_unknown), (ErrorClass::Ambiguous, true), "{body}");
        assert_eq!(shop.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_even_for_a_creation() {
    // Port 9 (discard) has no listener here.
    let seen = Arc::new(AtomicUsize::new(0));
    let observer: Arc<dyn Observer> = Arc::new(Counter(Arc::clone(&seen)));
    let options = AdapterOptions { observer: Some(observer), ..quick() };
    let adapter = try_adapter("http://127.0.0.1:9", &definition(), options).expect("an adapter");
    let error = adapter.call("create_product", &[], None).await.expect_err("nobody listens");
    assert_eq!((error.class, error.outcome_unknown), (ErrorClass::Transient, false));
    assert!(error.message.contains("http://127.0.0.1:9 refused the connection"), "{error}");
    assert_eq!(seen.load(Ordering::Relaxed), 4);
}

/// Counts what is tried.
struct Counter(Arc<AtomicUsize>);

impl Observer for Counter {
    fn exchange(&self, _: Exchange) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn what_will_not_change_is_not_tried_again() {
    for number in [400, 401, 403, 404, 409, 501] {
        let faults = Faults::default();
        faults.add("/products", status(number), 1);
        let shop = faulty(&faults).await;
        assert!(call(&shop, "get_product").await.is_err());
        assert_eq!(shop.asked().len(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_wait_longer_than_our_patience_is_given_back() {
    let faults = Faults::default();
    faults.add("/products", Fault::Status { status: 429, retry_after_secs: Some(120) }, 1);
    let shop = faulty(&faults).await;
    let error = call(&shop, "get_product").await.expect_err("throttled");
    assert_eq!((error.class, error.status), (ErrorClass::Throttled, Some(429)));
    assert_eq!(error.retry_after, Some(Duration::from_secs(120)));
    assert_eq!(shop.asked().len(), 1);
}

#[tokio::test]
async fn a_short_wait_that_the_server_asks_for_is_kept() {
    let first = Mutex::new(true);
    let shop = Shop::start(move |_| match std::mem::take(&mut *first.lock().expect("one thread")) {
        true => answer(429, &[("retry-after", "1")], "{}"),
        false => json(r#"{"id": 7}"#),
    })
    .await;
    let mut options = quick();
    options.retry.longest_wait = Duration::from_secs(5);
    let adapter = try_adapter(&shop.url(), &definition(), options).expect("an adapter");
    let started = Instant::now();
    adapter.get("get_product", "7").await.expect("a record");
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(shop.asked().len(), 2);
}

#[tokio::test]
async fn a_date_in_retry_after_is_read_by_the_servers_clock() {
    let shop = Shop::start(|_| {
        let headers =
            [("retry-after", "Sun, 22 Nov 2026 00:02:00 GMT"), ("date", "Sun, 22 Nov 2026 00:00:30 GMT")];
        answer(429, &headers, "{}")
    })
    .await;
    let error = call(&shop, "get_product").await.expect_err("throttled");
    assert_eq!(error.retry_after, Some(Duration::from_secs(90)));
}

#[tokio::test]
async fn nonsense_in_retry_after_is_passed_over_and_years_are_not_believed() {
    for (value, expected) in [("soon", None), ("-5", None), ("99999999999", Some(86_400))] {
        let shop = Shop::start(move |_| answer(400, &[("retry-after", value)], "{}")).await;
        let error = call(&shop, "get_product").await.expect_err("refused");
        assert_eq!(error.retry_after.map(|wait| wait.as_secs()), expected, "{value}");
    }
}

#[tokio::test]
async fn a_definition_may_call_an_error_throttled() {
    let first = Mutex::new(true);
    let shop = Shop::start(move |_| -> Result<Response<Body>, Cut> {
        match std::mem::take(&mut *first.lock().expect("one thread")) {
            true => answer(403, &[], r#"{"code": "too_fast"}"#),
            false => json(r#"{"id": 7}"#),
        }
    })
    .await;
    let rule = "[[errors]]\nwhen = { code = \"too_fast\" }\nclass = \"throttled\"\n";
    let adapter = adapter(&shop.url(), &format!("{BASIC}{rule}{OPERATIONS}"));
    adapter.get("get_product", "7").await.expect("a record");
    assert_eq!(shop.asked().len(), 2);
}
