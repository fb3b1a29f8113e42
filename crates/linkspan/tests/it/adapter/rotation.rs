//! Refresh tokens that are worth nothing once they were used.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use futures::future::join_all;
use linkspan::adapter::{Adapter, AdapterOptions};
use linkspan::definition::model::ErrorClass;
use linkspan::store::Store;
use sandbox::serve::Cut;

use super::oauth;
use super::shop::{Asked, KEY, SECRET, Shop, adapter, answer, json, quick, try_adapter, with_token};
use crate::support::postgres;

/// Takes each refresh token once and gives another one with token number `n`; the API takes tokens as `takes` says.
async fn server(life: &'static str, takes: impl Fn(usize) -> bool + Send + Sync + 'static) -> Shop {
    hindered(life, takes, || None).await
}

/// The same; `hinder` may answer first, or take its time.
async fn hindered(
    life: &'static str,
    takes: impl Fn(usize) -> bool + Send + Sync + 'static,
    hinder: impl Fn() -> Option<Result<Response<Body>, Cut>> + Send + Sync + 'static,
) -> Shop {
    let good = Mutex::new(BTreeSet::from([KEY.to_owned(), SECRET.to_owned()]));
    let given = Mutex::new(0);
    Shop::start(move |asked: &Asked| -> Result<Response<Body>, Cut> {
        if asked.target == "/token" {
            if let Some(instead) = hinder() {
                return instead;
            }
            let form: Vec<(String, String)> =
                url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
            let used = form.iter().find(|(name, _)| name == "refresh_token").map(|(_, token)| token.clone());
            let mut good = good.lock().unwrap();
            if !good.remove(&used.unwrap_or_default()) {
                return answer(400, &[], r#"{"error":"invalid_grant"}"#);
            }
            let mut number = given.lock().unwrap();
            *number += 1;
            good.insert(format!("refresh-{number}"));
            return json(format!(
                r#"{{"access_token":"token-{number}","refresh_token":"refresh-{number}","expires_in":{life}}}"#
            ));
        }
        with_token(asked, &takes)
    })
    .await
}

/// A definition whose first refresh token is the secret of this name.
fn text(first: &str) -> String {
    oauth::text(&format!("refresh_token = '{first}'"))
}

/// A process of its own, as far as tokens go.
async fn process(shop: &Shop, store: &str, first: &str) -> Adapter {
    let store = Store::open(store).await.unwrap();
    let options = AdapterOptions { tokens: Some(Arc::new(store)), ..quick() };
    try_adapter(&shop.url(), &text(first), options).unwrap()
}

fn tokens_asked_for(shop: &Shop) -> usize {
    shop.asked().iter().filter(|asked| asked.target == "/token").count()
}

/// An address of each kind of store, and what keeps it.
async fn stores() -> (tempfile::TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("linkspan.db").display());
    (folder, [file, postgres::new_schema_url().await])
}

#[tokio::test]
async fn the_latest_refresh_token_outlives_the_process() {
    let (_folder, urls) = stores().await;
    for store in &urls {
        let shop = server("0", |_| true).await;
        for _ in 0..3 {
            process(&shop, store, "consumer_secret").await.get("get", "7").await.expect("a record");
        }
        assert_eq!(tokens_asked_for(&shop), 3);
    }
}

#[tokio::test]
async fn processes_that_need_a_token_at_once_ask_for_one_together() {
    let (_folder, urls) = stores().await;
    for store in &urls {
        let shop = server("1800", |_| true).await;
        let mut all = Vec::new();
        for _ in 0..8 {
            all.push(process(&shop, store, "consumer_secret").await);
        }
        for got in join_all(all.iter().map(|one| one.get("get", "7"))).await {
            got.expect("a record");
        }
        assert_eq!(tokens_asked_for(&shop), 1);
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_taken_from_the_store_again() {
    let (_folder, urls) = stores().await;
    for store in &urls {
        let shop = server("1800", |number| number > 1).await;
        for _ in 0..2 {
            process(&shop, store, "consumer_secret").await.get("get", "7").await.expect("a record");
        }
        assert_eq!(tokens_asked_for(&shop), 2);
    }
}

#[tokio::test]
async fn a_process_whose_request_failed_takes_what_another_one_got_meanwhile() {
    let (_folder, urls) = stores().await;
    for store in &urls {
        let away = Arc::new(AtomicBool::new(true));
        let hinders = Arc::clone(&away);
        let hinder = move || hinders.load(Ordering::SeqCst).then(|| answer(400, &[], "{}"));
        let shop = hindered("0", |_| true, hinder).await;
        let first = process(&shop, store, "consumer_secret").await;
        first.get("get", "7").await.expect_err("the token server is away");
        away.store(false, Ordering::SeqCst);
        process(&shop, store, "consumer_secret").await.get("get", "7").await.expect("a record");
        first.get("get", "7").await.expect("a record");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_nobody_waits_for_any_more_is_kept() {
    let (_folder, urls) = stores().await;
    for store in &urls {
        let slow = || {
            std::thread::sleep(Duration::from_millis(300));
            None
        };
        let shop = hindered("1800", |_| true, slow).await;
        let hasty = process(&shop, store, "consumer_secret").await;
        let given_up = tokio::time::timeout(Duration::from_millis(100), hasty.get("get", "7")).await;
        assert!(given_up.is_err(), "it took its time");
        process(&shop, store, "consumer_secret").await.get("get", "7").await.expect("a record");
        assert_eq!(tokens_asked_for(&shop), 1);
    }
}

#[tokio::test]
async fn a_refresh_token_that_a_person_entered_replaces_the_kept_one() {
    let (_folder, urls) = stores().await;
    for store in &urls {
        let shop = server("0", |_| true).await;
        process(&shop, store, "consumer_secret").await.get("get", "7").await.expect("a record");
        process(&shop, store, "consumer_key").await.get("get", "7").await.expect("a record");
        let asked = shop.asked();
        let second = asked.iter().rfind(|asked| asked.target == "/token").unwrap();
        assert!(second.body.contains("refresh_token=ck_"), "{}", second.body);
    }
}

#[tokio::test]
async fn no_token_can_be_read_in_the_store() {
    let (folder, [file, _]) = stores().await;
    let shop = server("1800", |_| true).await;
    process(&shop, &file, "consumer_secret").await.get("get", "7").await.expect("a record");
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let held = String::from_utf8_lossy(&bytes);
    assert!(held.contains("token:main"), "the turn stands there");
    for token in ["token-1", "refresh-1"] {
        assert!(!held.contains(token), "{token} can be read");
    }
}

#[tokio::test]
async fn without_a_store_the_latest_refresh_token_is_used_while_the_process_lives() {
    let shop = server("0", |_| true).await;
    let alone = adapter(&shop.url(), &text("consumer_secret"));
    for _ in 0..3 {
        alone.get("get", "7").await.expect("a record");
    }
    let error = adapter(&shop.url(), &text("consumer_secret")).get("get", "7").await.expect_err("used up");
    assert_eq!(error.class, ErrorClass::Auth);
}
