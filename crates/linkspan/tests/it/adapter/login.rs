//! Logins that give a token: what is posted, where the token is found and how it is carried.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use linkspan::adapter::{Adapter, AdapterOptions};
use linkspan::definition::model::ErrorClass;
use linkspan::store::Store;
use sandbox::serve::Cut;

use super::shop::{Asked, KEY, SECRET, Shop, adapter, answer, json, quick, try_adapter, with_token};

fn text(more: &str) -> String {
    format!(
        "[auth]\nkind = 'login'\npath = '/login'\nusername = 'consumer_key'\npassword = 'consumer_secret'\n{more}\n\
         [http]\nbase_url = '{{store_url}}/api'\nheaders = {{ X-Device = 'erp' }}\nerror_message = 'message'\n\
         [operations.get]\nmethod = 'GET'\npath = '/items/{{id}}'\nrepeat = 'safe'\n\
         [operations.create]\nmethod = 'POST'\npath = '/items'\nrepeat = 'look_up_first'\n"
    )
}

fn logging_in(shop: &Shop, more: &str) -> Adapter {
    adapter(&shop.url(), &text(more))
}

/// Login number `n` gives `token-n`; the API takes those that `takes` says.
async fn server(life: &'static str, takes: impl Fn(usize) -> bool + Send + Sync + 'static) -> Shop {
    let given = AtomicUsize::new(0);
    Shop::start(move |asked: &Asked| -> Result<Response<Body>, Cut> {
        if asked.target == "/api/login" {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return json(format!(r#"{{"success":true,"data":{{"token":"token-{number}"{life}}}}}"#));
        }
        with_token(asked, &takes)
    })
    .await
}

#[tokio::test]
async fn one_login_serves_until_its_token_is_refused() {
    let shop = server("", |number| number != 1).await;
    let adapter = logging_in(&shop, "token = 'data.token'");
    // It was turned away, so even a creation is sent again.
    let body = serde_json::json!({ "name": "Tea" });
    adapter.call("create", &[], Some(&body)).await.expect("created");
    for id in ["7", "8"] {
        adapter.get("get", id).await.expect("a record");
    }
    let expected = ["POST /api/login", "POST /api/items"];
    let expected = [&expected[..], &expected, &["GET /api/items/7", "GET /api/items/8"]].concat();
    assert_eq!(shop.calls(), expected);
    let login = &shop.asked()[0];
    assert_eq!(login.body, format!(r#"{{"password":"{SECRET}","username":"{KEY}"}}"#));
    assert_eq!((login.header("content-type"), login.header("x-device")), ("application/json", "erp"));
    assert_eq!(login.header("authorization"), "");
}

#[tokio::test]
async fn a_token_is_used_for_as_long_as_it_is_good() {
    for (life, more, logins) in [
        (r#","seconds":"1""#, "expires_in = 'data.seconds'", 2),
        (r#","seconds":0"#, "expires_in = 'data.seconds'", 1),
        (r#","seconds":1763862449000.5"#, "expires_in = 'data.seconds'", 1),
        (r#","seconds":3600"#, "expires_in = 'data.seconds'\nlifetime = 1", 1),
        ("", "expires_in = 'data.seconds'\nlifetime = 86_400", 1),
    ] {
        let shop = server(life, |_| true).await;
        let adapter = logging_in(&shop, &format!("token = 'data.token'\n{more}"));
        for id in ["1", "2"] {
            adapter.get("get", id).await.expect("a record");
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let asked = shop.calls().into_iter().filter(|target| target == "POST /api/login").count();
        assert_eq!(asked, logins, "{life} {more}");
    }
}

/// Each way as a vendor has it: Magento's, a form, a session in a cookie.
#[tokio::test]
async fn what_is_posted_and_where_the_token_stands_is_the_definitions() {
    for (more, given, sent, header, carried) in [
        (
            "",
            r#""tok-1""#,
            r#"{"password":"cs_secret","username":"ck_key"}"#,
            "authorization",
            "Bearer tok-1",
        ),
        ("", "tok-2\n", r#"{"password":"cs_secret","username":"ck_key"}"#, "authorization", "Bearer tok-2"),
        (
            "form = true\ntoken = 'access_token'\nprefix = 'Token '\n\
             body = { grant_type = 'password', user = '{consumer_key}', pass = '{consumer_secret}', n = 1 }",
            r#"{"access_token":3}"#,
            "grant_type=password&n=1&pass=cs_abc%20def%26ghi%3D&user=ck_0123%2F456%2B789",
            "authorization",
            "Token 3",
        ),
        (
            "token = 'SessionId'\nheader = 'Cookie'\nprefix = 'B1SESSION='\n\
             body = { login = { UserName = '{consumer_key}', Password = '{consumer_secret}', Url = '{store_url}' } }",
            r#"{"SessionId":"s-1"}"#,
            r#"{"login":{"Password":"cs_secret","Url":"STORE","UserName":"ck_key"}}"#,
            "cookie",
            "B1SESSION=s-1",
        ),
        (
            "header = 'authorization'",
            "tok-4",
            r#"{"password":"cs_secret","username":"ck_key"}"#,
            "authorization",
            "Bearer tok-4",
        ),
        ("header = 'X-Auth'", "tok-3", r#"{"password":"cs_secret","username":"ck_key"}"#, "x-auth", "tok-3"),
    ] {
        let shop = Shop::start(move |asked| match asked.target.as_str() {
            "/api/login" => json(given),
            _ => json(r#"{"id": 7}"#),
        })
        .await;
        logging_in(&shop, more).get("get", "7").await.expect("a record");
        let asked = shop.asked();
        let sent = sent.replace("cs_secret", SECRET).replace("ck_key", KEY).replace("STORE", &shop.url());
        assert_eq!(asked[0].body, sent, "{more}");
        assert_eq!(asked[1].header(header), carried, "{more}");
    }
}

/// BeatRoute answers 200 with a `status` of its own, and some answer 403 with a code; a plain 403 is about rights.
#[tokio::test]
async fn an_answer_that_a_rule_calls_a_refusal_leads_to_another_login_once() {
    let rules = "error_if = { path = 'success', is = false }\nerror_code = 'status'\n\
                 [[errors]]\nwhen = { code = '401' }\nclass = 'auth'\n[[errors]]\nwhen = { status = 403 }\nclass = 'auth'\n";
    let text = text("token = 'data.token'").replace("error_message = 'message'\n", rules);
    for (status, said, good, is_done, requests) in [
        (200, "401", 2, true, 4),
        (403, "401", 2, true, 4),
        (200, "401", 9, false, 4),
        (403, "7", 2, false, 2),
        (500, "401", 2, false, 2),
    ] {
        let given = AtomicUsize::new(0);
        let shop = Shop::start(move |asked: &Asked| -> Result<Response<Body>, Cut> {
            if asked.target == "/api/login" {
                let number = given.fetch_add(1, Ordering::SeqCst) + 1;
                return json(format!(r#"{{"success":true,"data":{{"token":"token-{number}"}}}}"#));
            }
            match asked.header("authorization") == format!("Bearer token-{good}") {
                true => json(r#"{"success":true}"#),
                false => answer(status, &[], format!(r#"{{"success":false,"status":{said}}}"#)),
            }
        })
        .await;
        let body = serde_json::json!({ "name": "Tea" });
        let done = adapter(&shop.url(), &text).call("create", &[], Some(&body)).await;
        assert_eq!((done.is_ok(), shop.asked().len()), (is_done, requests), "{status} {said}: {done:?}");
    }
}

/// A new session may end the one before: processes on one store log in together.
#[tokio::test]
async fn processes_share_a_login() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("linkspan.db").display());
    let shop = server("", |number| number > 1).await;
    for _ in 0..3 {
        let tokens = Arc::new(Store::open(&store).await.expect("a store"));
        let options = AdapterOptions { tokens: Some(tokens), ..quick() };
        let adapter = try_adapter(&shop.url(), &text("token = 'data.token'"), options).expect("an adapter");
        adapter.get("get", "7").await.expect("a record");
    }
    assert_eq!(shop.calls().into_iter().filter(|target| target == "POST /api/login").count(), 2);
}

#[tokio::test]
async fn what_the_login_says_decides_what_happens_next() {
    let password = format!(r#"{{"message":"{SECRET} is wrong"}}"#);
    let page = "<html><body>Log in</body></html>";
    for (status, body, class, says) in [
        (401, password.as_str(), ErrorClass::Auth, "([redacted] is wrong)"),
        (200, password.as_str(), ErrorClass::Auth, "([redacted] is wrong)"),
        (400, "", ErrorClass::Auth, "without saying why"),
        (429, "", ErrorClass::Throttled, "429"),
        (503, "<html>", ErrorClass::Transient, "503"),
        (200, r#"{"data":{"token":""}}"#, ErrorClass::Config, "`auth.token`"),
        (200, page, ErrorClass::Config, "`auth.token`"),
        (302, "", ErrorClass::Config, "`auth.path`"),
    ] {
        for more in ["token = 'data.token'", ""] {
            let body = body.to_owned();
            let shop = Shop::start(move |_| answer(status, &[], body.clone())).await;
            let error = logging_in(&shop, more).get("get", "7").await.expect_err("no token");
            assert_eq!(error.class, class, "{status}: {error}");
            assert!(error.to_string().contains(says), "{error}");
            assert!(shop.asked().iter().all(|asked| asked.target == "/api/login"), "{:?}", shop.targets());
            assert!(!error.to_string().contains(SECRET) && !error.outcome_unknown, "{error}");
        }
    }
}

#[test]
fn a_value_that_the_login_needs_is_named() {
    let text = text("body = { key = '{consumer_secret}', pin = '{pin}' }");
    let error = match try_adapter("https://shop.example", &text, quick()) {
        Ok(_) => panic!("there is no pin"),
        Err(error) => error,
    };
    assert_eq!((error.class, error.message.as_str()), (ErrorClass::Config, "The secret `pin` is missing."));
}
