//! What is repeated inside the client, and what never.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use odoo_rpc::{Client, Config, Error, Protocol, Record, Repeat, SearchOptions};
use serde_json::json;

use crate::odoo::{self, KEY, ModelCall, Outcome, PASSWORD};
use crate::server::{Reply, Server};

/// An Odoo whose first model call ends as `first`, and a count of the model calls.
async fn failing_once(first: fn() -> Outcome) -> (Server, Client, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let server = odoo::start(18, move |call: &ModelCall| {
        count.fetch_add(1, Ordering::SeqCst);
        if call.number == 0 { first() } else { Outcome::Value(json!([3])) }
    })
    .await;
    let client = Client::connect(Config { protocol: Some(Protocol::JsonRpc), ..odoo::config(&server, KEY) })
        .await
        .unwrap();
    (server, client, calls)
}

#[tokio::test]
async fn a_rolled_back_create_is_repeated() {
    for first in [
        || Outcome::Raises("psycopg2.errors.SerializationFailure", "could not serialize access"),
        || Outcome::Raises("odoo.exceptions.LockError", "locked"),
        || Outcome::Raw(Reply::html(429, "slow down").with("Retry-After", "0")),
    ] {
        let (_server, client, calls) = failing_once(first).await;
        assert_eq!(client.create("res.partner", vec![Record::new()]).await, Ok(vec![3]));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated() {
    for first in [
        || Outcome::Raw(Reply::Cut),
        || Outcome::Raw(Reply::CutBody { promised: 90, sent: "{".into() }),
        || Outcome::Raw(Reply::html(502, "x")),
        || Outcome::Raw(Reply::html(503, "x")),
        || Outcome::Raw(Reply::html(504, "x")),
    ] {
        let (_server, client, calls) = failing_once(first).await;
        let error = client.create("res.partner", vec![Record::new()]).await.unwrap_err();
        assert!(error.may_have_been_done(), "{error:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{error:?}");
    }
}

#[tokio::test]
async fn reads_and_idempotent_writes_outlive_a_lost_answer() {
    for first in [|| Outcome::Raw(Reply::Cut), || Outcome::Raw(Reply::html(502, "x"))] {
        let (_server, client, _calls) = failing_once(first).await;
        assert_eq!(client.write("res.partner", &[1], Record::new()).await, Ok(()));
        let (_server, client, _calls) = failing_once(first).await;
        let call = client.call("res.partner", "search", vec![json!([])], Record::new(), Repeat::Safe);
        assert_eq!(call.await, Ok(json!([3])));
    }
}

#[tokio::test]
async fn only_a_load_with_ids_is_repeated() {
    let (_server, client, calls) = failing_once(|| Outcome::Raw(Reply::Cut)).await;
    let error = client.load("res.partner", &["name"], &[vec!["x"]]).await.unwrap_err();
    assert!(matches!(error, Error::UnknownOutcome { .. }), "{error:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let server = odoo::start(18, move |call| {
        count.fetch_add(1, Ordering::SeqCst);
        if call.number == 0 {
            Outcome::Raw(Reply::Cut)
        } else {
            Outcome::Value(json!({"ids": [5], "messages": []}))
        }
    })
    .await;
    let client = odoo::connect(&server, Protocol::JsonRpc).await;
    let loaded = client.load("res.partner", &["id", "name"], &[vec!["a.b", "x"]]).await.unwrap();
    assert_eq!((loaded.ids, calls.load(Ordering::SeqCst)), (Some(vec![5]), 2));
}

#[tokio::test]
async fn a_load_that_lost_a_race_is_repeated_and_in_the_end_given_back() {
    let lost = json!({"ids": false, "messages": [{
        "type": "error", "message": "could not serialize access due to concurrent update", "record": 0,
    }]});
    let refused = lost.clone();
    let server = odoo::start(18, move |call| match call.number {
        0 => Outcome::Value(refused.clone()),
        _ => Outcome::Value(json!({"ids": [5], "messages": []})),
    })
    .await;
    let client = odoo::connect(&server, Protocol::JsonRpc).await;
    let loaded = client.load("res.partner", &["name"], &[vec!["x"]]).await.unwrap();
    assert_eq!(loaded.ids, Some(vec![5]));

    let server = odoo::start(18, move |_| Outcome::Value(lost.clone())).await;
    let config = Config { retries: 1, protocol: Some(Protocol::JsonRpc), ..odoo::config(&server, KEY) };
    let client = Client::connect(config).await.unwrap();
    let before = client.calls_made();
    let loaded = client.load("res.partner", &["name"], &[vec!["x"]]).await.unwrap();
    assert!(loaded.is_transient());
    assert_eq!(client.calls_made() - before, 2);
}

#[tokio::test]
async fn a_long_retry_after_is_given_to_the_caller_at_once() {
    let (_server, client, calls) =
        failing_once(|| Outcome::Raw(Reply::html(429, "x").with("Retry-After", "3600"))).await;
    let error =
        client.search_read("res.partner", &json!([]), &[], SearchOptions::default()).await.unwrap_err();
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(3600));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn repetition_ends() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let server = odoo::start(18, move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Outcome::Raises("psycopg2.errors.DeadlockDetected", "deadlock detected")
    })
    .await;
    let config = Config { retries: 2, protocol: Some(Protocol::JsonRpc), ..odoo::config(&server, KEY) };
    let client = Client::connect(config).await.unwrap();
    let error = client.create("res.partner", vec![Record::new()]).await.unwrap_err();
    assert!(matches!(error, Error::Serialization { .. }) && error.is_retryable());
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_for_all_callers() {
    let server = odoo::start(18, |call| match call.number {
        0 => Outcome::Raises("odoo.http.SessionExpiredException", "Session expired"),
        _ => Outcome::Value(json!([3])),
    })
    .await;
    let config = Config { max_concurrency: 8, ..odoo::config(&server, PASSWORD) };
    let client = Client::connect(config).await.unwrap();
    assert_eq!(client.protocol(), Protocol::Session);
    // The first call ends the session; the others find it ended or already renewed.
    let creates = (0..8).map(|_| client.create("res.partner", vec![Record::new()]));
    for result in join_all(creates).await {
        assert_eq!(result, Ok(vec![3]));
    }
    let logins =
        server.requests().iter().filter(|request| request.path == "/web/session/authenticate").count();
    assert_eq!(logins, 2);
}

#[tokio::test]
async fn a_session_id_that_the_server_changes_is_used_from_then_on() {
    let server = Server::start(|request| match request.path.as_str() {
        "/web/session/authenticate" => Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": {"uid": 2}}))
            .with("Set-Cookie", "session_id=first; Path=/"),
        "/web/dataset/call_kw" => {
            let seen = request.header("cookie").unwrap_or_default().to_owned();
            Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": seen}))
                .with("Set-Cookie", "session_id=second; Path=/")
        }
        _ => Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": {"server_version": "18.0"}})),
    })
    .await;
    let client = Client::connect(odoo::config(&server, PASSWORD)).await.unwrap();
    let call = || client.call("x.y", "z", vec![], Record::new(), Repeat::Safe);
    assert_eq!(call().await, Ok(json!("session_id=first")));
    assert_eq!(call().await, Ok(json!("session_id=second")));
}

#[tokio::test]
async fn a_server_that_comes_back_is_reached_by_any_call() {
    let (server, client, _calls) = failing_once(|| Outcome::Value(json!([3]))).await;
    drop(server);
    let error = client.create("res.partner", vec![Record::new()]).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }) && error.is_retryable(), "{error:?}");
}
