//! How requests prove who sends them, as the server sees it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linkspan::adapter::Adapter;
use linkspan::definition::model::{ErrorClass, Scalar};
use secrecy::SecretString;

use super::shop::{Asked, BASIC, KEY, SECRET, Shop, adapter, definition, json, quick, try_adapter};

const GET_PRODUCT: &str = r#"
[operations.get_product]
method = "GET"
path = "/products/{id}"
repeat = "safe"
"#;

/// A definition with this `[auth]` and `get_product`.
fn with_auth(auth: &str) -> String {
    format!("[auth]\n{auth}\n[http]\nbase_url = \"{{store_url}}/api\"\n{GET_PRODUCT}")
}

/// What the server is asked by an adapter with this `[auth]`.
async fn asked_with(auth: &str) -> Asked {
    let shop = Shop::start(|_| json(r#"{"id": 7}"#)).await;
    let page = adapter(&shop.url(), &with_auth(auth)).get("get_product", "7").await.expect("a record");
    assert_eq!(page.records().expect("one record").len(), 1);
    shop.asked().remove(0)
}

#[tokio::test]
async fn basic_sends_user_and_password() {
    let asked = asked_with("kind = 'basic'\nusername = 'consumer_key'\npassword = 'consumer_secret'").await;
    assert_eq!(
        asked.header("authorization"),
        format!("Basic {}", STANDARD.encode(format!("{KEY}:{SECRET}")))
    );
    assert_eq!(asked.target, "/api/products/7");
}

/// That signatures are right is asked of RFC 5849's examples, beside the code, and of the sandbox's shop.
#[tokio::test]
async fn over_plain_http_basic_is_signed_too_if_it_is_to_be() {
    let auth =
        "kind = 'basic'\nusername = 'consumer_key'\npassword = 'consumer_secret'\nsign_over_http = true";
    let asked = asked_with(auth).await;
    assert!(asked.header("authorization").starts_with("Basic "));
    assert_eq!(asked.query("oauth_consumer_key").as_deref(), Some(KEY));
    assert_eq!(asked.query("oauth_signature_method").as_deref(), Some("HMAC-SHA256"));
    assert_eq!(asked.query("oauth_signature").map(|signature| signature.len()), Some(44));
    assert!(!asked.target.contains("cs_abc"), "{}", asked.target);
}

#[tokio::test]
async fn oauth1_signs_each_request_in_the_header() {
    let shop = Shop::start(|_| json("{}")).await;
    let text = with_auth(
        "kind = 'oauth1'\nconsumer_key = 'consumer_key'\nconsumer_secret = 'consumer_secret'\n\
         token = 'token'\ntoken_secret = 'its_secret'\nhash = 'sha1'\nrealm = '{account}'",
    );
    let given = [("store_url", shop.url()), ("account", "TSTDRV 1".to_owned())];
    let settings = given.map(|(name, value)| (name.to_owned(), Scalar::Text(value))).into();
    let secrets =
        [("consumer_key", KEY), ("consumer_secret", SECRET), ("token", "tk 1"), ("its_secret", "ts")];
    let secrets = secrets.map(|(name, value)| (name.to_owned(), SecretString::from(value))).into();
    let adapter = Adapter::new(definition(&text), &settings, &secrets, quick()).expect("an adapter");
    adapter.get("get_product", "7").await.expect("a record");
    adapter.get("get_product", "7").await.expect("a record");
    let [first, second] =
        [&shop.asked()[0], &shop.asked()[1]].map(|asked| asked.header("authorization").to_owned());
    let key = KEY.replace('/', "%2F").replace('+', "%2B");
    let start = format!("OAuth realm=\"TSTDRV%201\",oauth_consumer_key=\"{key}\",oauth_token=\"tk%201\",");
    assert!(first.starts_with(&start), "{first}");
    assert!(first.contains("oauth_signature_method=\"HMAC-SHA1\""), "{first}");
    assert_eq!(shop.asked()[0].target, "/api/products/7");
    assert_ne!(first, second, "each one is signed with a number of its own");
}

#[tokio::test]
async fn the_user_may_be_a_setting() {
    let shop = Shop::start(|_| json("{}")).await;
    let text = with_auth("kind = 'basic'\nusername = 'login'\npassword = 'consumer_secret'");
    let settings = BTreeMap::from([
        ("store_url".to_owned(), Scalar::Text(shop.url())),
        ("login".to_owned(), Scalar::Text("ann".to_owned())),
    ]);
    let secrets = BTreeMap::from([("consumer_secret".to_owned(), SecretString::from(SECRET))]);
    let adapter = Adapter::new(definition(&text), &settings, &secrets, quick()).expect("an adapter");
    adapter.get("get_product", "7").await.expect("a record");
    let expected = format!("Basic {}", STANDARD.encode(format!("ann:{SECRET}")));
    assert_eq!(shop.asked()[0].header("authorization"), expected);
}

#[tokio::test]
async fn bearer_sends_the_secret() {
    let asked = asked_with("kind = 'bearer'\nsecret = 'consumer_key'").await;
    assert_eq!(asked.header("authorization"), format!("Bearer {KEY}"));
}

#[tokio::test]
async fn a_key_goes_into_its_header_behind_its_prefix() {
    let asked =
        asked_with("kind = 'api_key'\nsecret = 'consumer_key'\nheader = 'X-Key'\nprefix = 'Token '").await;
    assert_eq!(asked.header("x-key"), format!("Token {KEY}"));
    assert_eq!(asked.header("authorization"), "");
}

#[tokio::test]
async fn a_key_goes_into_the_query_encoded() {
    let asked = asked_with("kind = 'api_key'\nsecret = 'consumer_secret'\nquery = 'key'").await;
    assert_eq!(asked.target, "/api/products/7?key=cs_abc%20def%26ghi%3D");
    assert_eq!(asked.query("key").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn without_authentication_nothing_is_sent() {
    let asked = asked_with("kind = 'none'").await;
    assert_eq!(asked.header("authorization"), "");
    assert_eq!(asked.header("accept"), "application/json");
    assert!(asked.header("user-agent").starts_with("Linkspan/"), "{}", asked.header("user-agent"));
    assert!(asked.header("user-agent").ends_with("(acme 1.0.0)"), "{}", asked.header("user-agent"));
}

#[tokio::test]
async fn headers_of_the_definition_go_along_and_say_what_kind_of_json_is_spoken() {
    let shop = Shop::start(|_| json("{}")).await;
    let headers = "headers = { X-Version = '2', Accept = 'application/vnd.api+json', Content-Type = 'application/vnd.api+json' }";
    let operation = "[operations.make]\nmethod = 'POST'\npath = '/products'\nrepeat = 'look_up_first'\n";
    let adapter = adapter(&shop.url(), &format!("{BASIC}{headers}\n{operation}"));
    adapter.call("make", &[], Some(&serde_json::json!({ "a": 1 }))).await.expect("an answer");
    assert_eq!(shop.asked()[0].header("x-version"), "2");
    assert_eq!(shop.asked()[0].header("accept"), "application/vnd.api+json");
    assert_eq!(shop.asked()[0].header("content-type"), "application/vnd.api+json");
}

#[test]
fn a_missing_secret_is_named() {
    let text = with_auth("kind = 'bearer'\nsecret = 'token'");
    let error = try_adapter("https://shop.example", &text, quick()).expect_err("no token");
    assert_eq!(error.class, ErrorClass::Config);
    assert!(error.message.contains("`token` is missing"), "{error}");
}

#[test]
fn a_secret_with_a_line_break_is_refused_without_showing_it() {
    let text = with_auth("kind = 'bearer'\nsecret = 'consumer_key'");
    let settings =
        BTreeMap::from([("store_url".to_owned(), Scalar::Text("https://shop.example".to_owned()))]);
    let secrets = BTreeMap::from([("consumer_key".to_owned(), SecretString::from("tok_12\n34"))]);
    let error = Adapter::new(definition(&text), &settings, &secrets, quick()).expect_err("a line break");
    assert!(error.message.contains("`consumer_key`"), "{error}");
    assert!(!format!("{error} {error:?}").contains("tok_12"), "{error:?}");
}

#[tokio::test]
async fn test_connection_calls_the_operation_the_definition_names() {
    let shop = Shop::start(|_| json(r#"{"environment": {}}"#)).await;
    let text = with_auth("kind = 'bearer'\nsecret = 'consumer_key'\nverify = 'get_status'");
    let text =
        format!("{text}[operations.get_status]\nmethod = 'GET'\npath = '/system_status'\nrepeat = 'safe'\n");
    let answer = adapter(&shop.url(), &text).verify().await.expect("an answer");
    assert_eq!(answer.map(|answer| answer.status), Some(200));
    assert_eq!(shop.targets(), ["/api/system_status"]);
}
