//! Every kind of refusal, over every protocol.

use std::time::Duration;

use odoo_rpc::{Class, Client, Config, Error, Protocol, Record, Repeat, SearchOptions};
use serde_json::{Value, json};

use crate::odoo::{self, KEY, Outcome};
use crate::server::Reply;

/// The error of one call, repeated never.
async fn error_of(major: u32, protocol: Protocol, outcome: fn() -> Outcome) -> Error {
    let server = odoo::start(major, move |_| outcome()).await;
    let secret = if protocol == Protocol::Session { odoo::PASSWORD } else { KEY };
    let config = Config { protocol: Some(protocol), retries: 0, ..odoo::config(&server, secret) };
    let client = Client::connect(config).await.unwrap();
    client.call("res.partner", "do_it", vec![json!([1])], Record::new(), Repeat::Never).await.unwrap_err()
}

#[tokio::test]
async fn an_exception_has_the_same_class_over_every_protocol() {
    let cases: [(fn() -> Outcome, Class); 9] = [
        (|| Outcome::Raises("odoo.exceptions.AccessError", "لا يسمح لك"), Class::Access),
        (|| Outcome::Raises("odoo.exceptions.AccessDenied", "Accès refusé"), Class::Auth),
        (|| Outcome::Raises("odoo.exceptions.ValidationError", "Barcode déjà utilisé"), Class::Data),
        (|| Outcome::Raises("odoo.exceptions.UserError", "x"), Class::Data),
        (|| Outcome::Raises("odoo.exceptions.LockError", "x"), Class::Transient),
        (|| Outcome::Raises("psycopg2.errors.SerializationFailure", "x"), Class::Transient),
        (|| Outcome::Raises("psycopg2.errors.LockNotAvailable", "x"), Class::Transient),
        (
            || Outcome::Raises("builtins.AttributeError", "The method 'res.partner.do_it' does not exist"),
            Class::Config,
        ),
        (|| Outcome::Raises("builtins.ZeroDivisionError", "division by zero"), Class::Server),
    ];
    for (outcome, class) in cases {
        for (major, protocol) in [
            (16, Protocol::JsonRpc),
            (19, Protocol::JsonRpc),
            (18, Protocol::Session),
            (18, Protocol::XmlRpc),
            (19, Protocol::Json2),
        ] {
            let error = error_of(major, protocol, outcome).await;
            assert_eq!(error.class(), class, "{protocol} of {major}: {error:?}");
            assert_eq!(error.call(), "res.partner.do_it");
        }
    }
}

#[tokio::test]
async fn a_missing_record_is_known_by_class_except_over_xml_rpc() {
    let missing = || Outcome::Raises("odoo.exceptions.MissingError", "gone");
    for (major, protocol) in [(16, Protocol::JsonRpc), (18, Protocol::Session), (19, Protocol::Json2)] {
        assert_eq!(error_of(major, protocol, missing).await.class(), Class::Gone, "{protocol}");
    }
    assert_eq!(error_of(16, Protocol::XmlRpc, missing).await.class(), Class::Data);
}

#[tokio::test]
async fn pages_of_proxies_are_not_answers() {
    for (major, protocol) in
        [(18, Protocol::Session), (18, Protocol::JsonRpc), (18, Protocol::XmlRpc), (19, Protocol::Json2)]
    {
        let error = error_of(major, protocol, || Outcome::Raw(Reply::html(200, "Sign in to Corp VPN"))).await;
        assert!(
            matches!(&error, Error::NotOdoo { found, .. } if found.contains("Corp VPN")),
            "{protocol}: {error:?}"
        );
        let error = error_of(major, protocol, || Outcome::Raw(Reply::html(502, "Bad Gateway"))).await;
        assert!(
            matches!(error, Error::Http { status: 502, .. }) && error.may_have_been_done(),
            "{protocol}: {error:?}"
        );
        let error = error_of(major, protocol, || Outcome::Raw(Reply::html(413, "Too Large"))).await;
        assert_eq!(error.class(), Class::Data, "{protocol}: {error:?}");
        let error = error_of(major, protocol, || Outcome::Raw(Reply::html(500, "Oops"))).await;
        assert!(matches!(error, Error::Http { status: 500, .. }), "{protocol}: {error:?}");
        let error = error_of(major, protocol, || {
            Outcome::Raw(Reply::status(200, "application/json", "{\"jsonrpc\": \"2.0\", \"res"))
        })
        .await;
        assert!(
            matches!(error, Error::BadResponse { .. }) && error.may_have_been_done(),
            "{protocol}: {error:?}"
        );
        let busy = || Outcome::Raw(Reply::html(429, "Slow down").with("Retry-After", "90"));
        let error = error_of(major, protocol, busy).await;
        assert_eq!((error.class(), error.retry_after()), (Class::Throttled, Some(Duration::from_secs(90))));
    }
}

#[tokio::test]
async fn a_cut_connection_is_an_unknown_outcome() {
    for (major, protocol) in
        [(18, Protocol::Session), (18, Protocol::JsonRpc), (18, Protocol::XmlRpc), (19, Protocol::Json2)]
    {
        for reply in [
            || Outcome::Raw(Reply::Cut),
            || Outcome::Raw(Reply::CutBody { promised: 500, sent: "{\"jsonrpc\"".into() }),
        ] {
            let error = error_of(major, protocol, reply).await;
            assert!(matches!(error, Error::UnknownOutcome { .. }), "{protocol}: {error:?}");
            assert!(!error.is_retryable() && error.may_have_been_done());
        }
    }
}

#[tokio::test]
async fn a_silent_server_is_an_unknown_outcome_after_the_timeout() {
    let server = odoo::start(18, |_| Outcome::Raw(Reply::Silence)).await;
    let config = Config {
        protocol: Some(Protocol::JsonRpc),
        timeout: Duration::from_millis(300),
        ..odoo::config(&server, KEY)
    };
    let client = Client::connect(config).await.unwrap();
    let error = client.create("res.partner", vec![Record::new()]).await.unwrap_err();
    assert!(matches!(error, Error::UnknownOutcome { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_dropped_at_the_limit() {
    for endless in [true, false] {
        let server = odoo::start(18, move |_| {
            Outcome::Raw(if endless {
                Reply::Endless
            } else {
                Reply::CutBody { promised: 10_000_000_000, sent: "[".into() }
            })
        })
        .await;
        let config = Config {
            protocol: Some(Protocol::JsonRpc),
            max_response_bytes: 1 << 20,
            ..odoo::config(&server, KEY)
        };
        let client = Client::connect(config).await.unwrap();
        let error =
            client.search_read("res.partner", &json!([]), &[], SearchOptions::default()).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit_bytes: 1_048_576, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn invalid_utf_8_and_deep_nesting_are_bad_answers_not_panics() {
    let error = error_of(18, Protocol::JsonRpc, || {
        Outcome::Raw(Reply::status(200, "application/json", &"[".repeat(100_000)))
    })
    .await;
    assert!(matches!(error, Error::BadResponse { .. }), "{error:?}");
    let nested = || Outcome::Raw(Reply::xml(&"<params><param><value><array>".repeat(2_000)));
    let error = error_of(18, Protocol::XmlRpc, nested).await;
    assert!(matches!(error, Error::BadResponse { .. }), "{error:?}");
}

#[tokio::test]
async fn xml_rpc_says_what_it_cannot_carry() {
    let server = odoo::start(18, |_| Outcome::Value(json!(true))).await;
    let client = odoo::connect(&server, Protocol::XmlRpc).await;
    for value in [json!("vertical\u{b}tab"), json!(u64::MAX)] {
        let values: Record = [("name".to_owned(), Value::clone(&value))].into_iter().collect();
        let error = client.write("res.partner", &[1], values).await.unwrap_err();
        assert!(matches!(error, Error::BadCall { .. }), "{error:?}");
    }
}
