//! OAuth 2: tokens that are asked for, kept, renewed and refused.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linkspan::adapter::Adapter;
use linkspan::definition::model::ErrorClass;
use sandbox::serve::Cut;

use super::shop::{Asked, KEY, SECRET, Shop, adapter, answer, json, with_token};

const CLIENT: &str = "client_id = 'consumer_key'\nclient_secret = 'consumer_secret'\nscope = 'orders'";

fn oauth(shop: &Shop, more: &str) -> Adapter {
    adapter(&shop.url(), &text(more))
}

pub(super) fn text(more: &str) -> String {
    format!(
        "[auth]\nkind = 'oauth2'\ntoken_url = '{{store_url}}/token'\n{CLIENT}\n{more}\n[http]\n\
         base_url = '{{store_url}}/api'\n[operations.get]\nmethod = 'GET'\npath = '/items/{{id}}'\nrepeat = 'safe'\n\
         [operations.create]\nmethod = 'POST'\npath = '/items'\nrepeat = 'look_up_first'\n"
    )
}

/// A server whose token number `n` is `token-n`; the API takes those that `takes` says.
async fn server(life: &'static str, takes: impl Fn(usize) -> bool + Send + Sync + 'static) -> Shop {
    let given = AtomicUsize::new(0);
    Shop::start(move |asked: &Asked| -> Result<Response<Body>, Cut> {
        if asked.target == "/token" {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return json(format!(r#"{{"access_token":"token-{number}","token_type":"Bearer"{life}}}"#));
        }
        with_token(asked, &takes)
    })
    .await
}

#[tokio::test]
async fn one_token_serves_many_requests() {
    let shop = server(r#","expires_in":1800"#, |_| true).await;
    let adapter = oauth(&shop, "");
    let both = tokio::join!(adapter.get("get", "1"), adapter.get("get", "2"));
    both.0.expect("a record");
    both.1.expect("a record");
    adapter.get("get", "3").await.expect("a record");
    let asked = shop.asked();
    let tokens: Vec<&Asked> = asked.iter().filter(|asked| asked.target == "/token").collect();
    assert_eq!((tokens.len(), asked.len()), (1, 4));
    assert_eq!(tokens[0].method, "POST");
    assert_eq!(tokens[0].body, "grant_type=client_credentials&scope=orders");
    let basic = STANDARD.encode(format!("{KEY}:{SECRET}"));
    assert_eq!(tokens[0].header("authorization"), format!("Basic {basic}"));
}

#[tokio::test]
async fn a_token_that_never_ends_is_used() {
    let shop = server(r#","expires_in":18446744073709551615"#, |_| true).await;
    let adapter = oauth(&shop, "");
    for id in ["1", "2"] {
        adapter.get("get", id).await.expect("a record");
    }
    assert_eq!(shop.calls(), ["POST /token", "GET /api/items/1", "GET /api/items/2"]);
}

#[tokio::test]
async fn a_token_about_to_end_is_renewed() {
    // Seconds, as text too.
    let shop = server(r#","expires_in":"0""#, |_| true).await;
    let adapter = oauth(&shop, "");
    for id in ["1", "2"] {
        adapter.get("get", id).await.expect("a record");
    }
    assert_eq!(shop.calls(), ["POST /token", "GET /api/items/1", "POST /token", "GET /api/items/2"]);
}

/// A request that was refused was not carried out, so even a creation is sent again.
#[tokio::test]
async fn a_token_that_ended_early_is_replaced_and_the_request_sent_again() {
    let shop = server(r#","expires_in":1800"#, |number| number == 2).await;
    let body = serde_json::json!({ "name": "Tea" });
    oauth(&shop, "").call("create", &[], Some(&body)).await.expect("created");
    assert_eq!(shop.calls(), ["POST /token", "POST /api/items", "POST /token", "POST /api/items"]);
}

#[tokio::test]
async fn a_new_token_that_is_refused_too_is_an_error_of_the_credentials() {
    let shop = server("", |_| false).await;
    let error = oauth(&shop, "").get("get", "7").await.expect_err("refused");
    assert_eq!(error.class, ErrorClass::Auth);
    assert_eq!(shop.asked().len(), 4);
}

/// Like the secrets of the configuration: a server may repeat it in what it says.
#[tokio::test]
async fn a_token_that_the_server_repeats_is_shown_nowhere() {
    let shop = Shop::start(|asked| match asked.target.as_str() {
        "/token" => json(r#"{"access_token":"eyJ.to/ken+1"}"#),
        _ => answer(403, &[], r#"{"message":"eyJ.to/ken+1 (eyJ.to%2Fken%2B1) may not"}"#),
    })
    .await;
    let text = "[http]\nbase_url = '{store_url}/api'\nerror_message = 'message'\n";
    let text = format!(
        "[auth]\nkind = 'oauth2'\ntoken_url = '{{store_url}}/token'\n{CLIENT}\n{text}[operations.get]\n\
         method = 'GET'\npath = '/items/{{id}}'\nrepeat = 'safe'\n"
    );
    let error = adapter(&shop.url(), &text).get("get", "7").await.expect_err("refused");
    assert!(error.message.contains("[redacted] ([redacted]) may not"), "{error}");
}

#[tokio::test]
async fn a_refresh_token_and_the_client_may_stand_in_the_form() {
    let shop = server("", |_| true).await;
    let adapter = oauth(&shop, "refresh_token = 'consumer_secret'\nclient_in = 'body'");
    adapter.get("get", "7").await.expect("a record");
    let asked = shop.asked().remove(0);
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let expected = [
        ("grant_type", "refresh_token"),
        ("refresh_token", SECRET),
        ("scope", "orders"),
        ("client_id", KEY),
        ("client_secret", SECRET),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(asked.header("authorization"), "");
}

#[tokio::test]
async fn what_the_token_server_says_decides_what_happens_next() {
    for (status, body, class, says) in [
        (401, r#"{"error":"invalid_client"}"#, ErrorClass::Auth, "invalid_client"),
        (
            400,
            r#"{"error":"invalid_scope","error_description":"no such scope"}"#,
            ErrorClass::Auth,
            "no such scope",
        ),
        (429, "", ErrorClass::Throttled, "429"),
        (503, "<html>", ErrorClass::Transient, "503"),
        (200, "{}", ErrorClass::Config, "access_token"),
    ] {
        let shop = Shop::start(move |_| answer(status, &[], body)).await;
        let error = oauth(&shop, "").get("get", "7").await.expect_err("no token");
        assert_eq!(error.class, class, "{status}: {error}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(shop.asked().iter().all(|asked| asked.target == "/token"), "{:?}", shop.targets());
        assert!(!error.to_string().contains(SECRET) && !error.outcome_unknown, "{error}");
    }
}

/// Another program that refreshes with the same token makes it worth nothing, and nothing but this error tells.
#[tokio::test]
async fn a_refused_refresh_token_is_named_with_its_secret() {
    let refused = r#"{"error":"invalid_grant"}"#;
    let shop = Shop::start(move |_| answer(400, &[], refused)).await;
    for (more, named) in [("refresh_token = 'consumer_secret'", true), ("", false)] {
        let error = oauth(&shop, more).get("get", "7").await.expect_err("no token");
        assert_eq!(error.class, ErrorClass::Auth);
        let hint = error.hint.as_deref().unwrap_or_default();
        assert_eq!(hint.contains("The refresh token is good no more"), named, "{error}");
        assert_eq!(hint.contains("`consumer_secret`"), named, "{error}");
        assert_eq!(error.url, format!("{}/token", shop.url()));
    }
}

#[tokio::test]
async fn a_token_server_that_passes_away_for_a_moment_stops_nothing() {
    let first = Mutex::new(true);
    let shop = Shop::start(move |asked| match asked.target.as_str() {
        "/token" if std::mem::take(&mut *first.lock().expect("one thread")) => Err(Cut),
        "/token" => json(r#"{"access_token":"t"}"#),
        _ => json(r#"{"id": 7}"#),
    })
    .await;
    oauth(&shop, "").get("get", "7").await.expect("a record");
    assert_eq!(shop.calls(), ["POST /token", "POST /token", "GET /api/items/7"]);
}

/// As Amazon's Selling Partner API wants it.
#[tokio::test]
async fn a_token_may_have_a_header_of_its_own() {
    let shop = Shop::start(|asked| match (asked.target.as_str(), asked.header("x-amz-access-token")) {
        ("/token", _) => json(r#"{"access_token":"token-1","token_type":"bearer","expires_in":3600}"#),
        (_, "token-1") => json(r#"{"id": 7}"#),
        _ => answer(403, &[], "{}"),
    })
    .await;
    oauth(&shop, "header = 'x-amz-access-token'").get("get", "1").await.expect("a record");
    assert_eq!(shop.asked()[1].header("authorization"), "");
}
