//! What the client makes of an unknown server, and how it logs in.

use odoo_rpc::{Class, Client, Config, Error, Protocol, Series, SessionUse};
use serde_json::json;

use crate::odoo::{self, KEY, LOGIN, Outcome, PASSWORD, UID};
use crate::server::{Reply, Server};

async fn odoo(major: u32) -> Server {
    odoo::start(major, |_| Outcome::Value(json!(true))).await
}

#[tokio::test]
async fn the_protocol_follows_from_version_and_secret() {
    for (major, secret, protocol) in [
        (16, PASSWORD, Protocol::Session),
        (16, KEY, Protocol::JsonRpc),
        (18, KEY, Protocol::JsonRpc),
        (19, KEY, Protocol::Json2),
        (19, PASSWORD, Protocol::Session),
    ] {
        let server = odoo(major).await;
        let client = Client::connect(odoo::config(&server, secret)).await.unwrap();
        assert_eq!((client.protocol(), client.uid()), (protocol, UID), "{major} {secret}");
        assert_eq!(client.version().series, Series::from_major(major));
        assert_eq!(client.calls_made(), server.requests().len() as u64);
    }
}

#[tokio::test]
async fn a_key_is_never_tried_as_a_session_password() {
    let server = odoo(18).await;
    Client::connect(odoo::config(&server, KEY)).await.unwrap();
    assert!(server.requests().iter().all(|request| request.path != "/web/session/authenticate"));
}

#[tokio::test]
async fn a_password_goes_with_every_call_if_sessions_are_not_wanted() {
    let server = odoo(18).await;
    let config = Config { session: SessionUse::Never, ..odoo::config(&server, PASSWORD) };
    assert_eq!(Client::connect(config).await.unwrap().protocol(), Protocol::JsonRpc);
}

#[tokio::test]
async fn a_second_factor_sends_the_client_to_json_rpc() {
    let totp = json!({"jsonrpc": "2.0", "id": 1, "result": {"uid": null}});
    let server = Server::start(move |request| match request.path.as_str() {
        "/web/session/authenticate" => Reply::json(&totp).with("Set-Cookie", "session_id=half; Path=/"),
        "/jsonrpc" if request.body.contains("version") => {
            Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": {"server_version": "17.0"}}))
        }
        "/jsonrpc" => Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": 5})),
        _ => Reply::html(404, "404"),
    })
    .await;
    let client = Client::connect(odoo::config(&server, PASSWORD)).await.unwrap();
    assert_eq!((client.protocol(), client.uid()), (Protocol::JsonRpc, 5));
}

#[tokio::test]
async fn xml_rpc_serves_where_json_rpc_is_switched_off() {
    let server = Server::start(move |request| match request.path.as_str() {
        path if path.starts_with("/xmlrpc") => {
            let known = request.body.contains(KEY);
            let value = match (request.body.contains(">version<"), known) {
                (true, _) => "<struct><member><name>server_version</name><value><string>17.0+e</string></value></member></struct>",
                (false, true) => "<int>9</int>",
                (false, false) => "<boolean>0</boolean>",
            };
            Reply::xml(&format!("<params><param><value>{value}</value></param></params>"))
        }
        _ => Reply::html(404, "nothing here"),
    })
    .await;
    let client = Client::connect(odoo::config(&server, KEY)).await.unwrap();
    assert_eq!(
        (client.protocol(), client.uid(), client.version().enterprise),
        (Protocol::XmlRpc, 9, Some(true))
    );
}

#[tokio::test]
async fn the_version_is_found_on_the_web_clients_routes_too() {
    for (path, body) in [
        ("/web/version", json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]})),
        (
            "/web/webclient/version_info",
            json!({"jsonrpc": "2.0", "id": 1, "result": {"server_version": "16.0"}}),
        ),
    ] {
        let server = Server::start(move |request| match request.path.as_str() {
            asked if asked == path => Reply::json(&body),
            "/web/session/authenticate" => {
                Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": {"uid": 2}}))
                    .with("Set-Cookie", "session_id=x; Path=/")
            }
            _ => Reply::html(404, "404"),
        })
        .await;
        let client = Client::connect(odoo::config(&server, PASSWORD)).await.unwrap();
        let major = if path == "/web/version" { 19 } else { 16 };
        assert_eq!((client.version().series.major(), client.protocol()), (major, Protocol::Session));
    }
}

#[tokio::test]
async fn wrong_login_and_wrong_database_are_told_apart_on_every_protocol() {
    for (major, protocol) in
        [(18, Protocol::Session), (18, Protocol::JsonRpc), (18, Protocol::XmlRpc), (19, Protocol::Json2)]
    {
        let server = odoo(major).await;
        let config = Config { protocol: Some(protocol), ..odoo::config(&server, "wrong") };
        let error = Client::connect(config).await.unwrap_err();
        assert!(matches!(error, Error::AccessDenied { .. }), "{protocol}: {error}");
    }
    let server = odoo(18).await;
    let config = Config {
        database: "other".into(),
        protocol: Some(Protocol::Session),
        ..odoo::config(&server, PASSWORD)
    };
    let error = Client::connect(config).await.unwrap_err();
    assert!(matches!(&error, Error::WrongDatabase { database, .. } if database == "other"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_no_more_often_than_needed() {
    let server = odoo(18).await;
    let error = Client::connect(odoo::config(&server, "wrong")).await.unwrap_err();
    assert!(matches!(error, Error::AccessDenied { .. }), "{error}");
    // Once as a password, once as what may be a key of an unusual form.
    assert_eq!(server.requests().iter().filter(|request| request.body.contains("\"wrong\"")).count(), 2);
}

#[tokio::test]
async fn a_key_of_another_user_is_refused_with_both_names() {
    let server = odoo(19).await;
    let config =
        Config { login: "someone".into(), protocol: Some(Protocol::Json2), ..odoo::config(&server, KEY) };
    let error = Client::connect(config).await.unwrap_err();
    assert_eq!(error.class(), Class::Auth);
    assert!(error.to_string().contains(LOGIN) && error.to_string().contains("someone"), "{error}");
}

#[tokio::test]
async fn what_is_no_odoo_is_named() {
    let page = Server::start(|_| Reply::html(200, "Welcome to nginx!")).await;
    let error = Client::connect(odoo::config(&page, KEY)).await.unwrap_err();
    assert!(matches!(&error, Error::NotOdoo { found, .. } if found.contains("Welcome to nginx!")), "{error}");

    let other = Server::start(|_| Reply::json(&json!({"status": "ok"}))).await;
    let error = Client::connect(odoo::config(&other, KEY)).await.unwrap_err();
    assert!(matches!(error, Error::NotOdoo { .. }), "{error}");

    let empty = Server::start(|_| Reply::html(404, "404")).await;
    let error = Client::connect(odoo::config(&empty, KEY)).await.unwrap_err();
    assert!(matches!(error, Error::NotOdoo { .. }), "{error}");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let other = odoo(18).await;
    let target = other.url().replace("127.0.0.1", "localhost");
    let location = format!("{target}/jsonrpc?token=x");
    let server =
        Server::start(move |_| Reply::status(308, "text/plain", "").with("Location", &location)).await;
    let error = Client::connect(odoo::config(&server, PASSWORD)).await.unwrap_err();
    assert!(matches!(&error, Error::NotOdoo { found, .. } if found.contains(&target)), "{error}");
    assert!(!error.to_string().contains("token"), "{error}");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn https_is_taken_up_before_a_secret_leaves() {
    let server = Server::start(|request| {
        let target = format!("https://{}{}", request.header("host").unwrap(), request.path);
        Reply::status(301, "text/plain", "").with("Location", &target)
    })
    .await;
    let config = Config { retries: 0, ..odoo::config(&server, PASSWORD) };
    // The test's server speaks no TLS: that the client tries it is what is asked here.
    let error = Client::connect(config).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
    assert!(server.requests().iter().all(|request| !request.body.contains(PASSWORD)));
}

#[tokio::test]
async fn no_server_and_no_tls_are_different_errors() {
    let quick =
        |url: &str| Config { retries: 0, ..Config::new(url.parse().unwrap(), "shop", LOGIN, KEY.into()) };
    let gone = odoo(18).await.url();
    let error = Client::connect(quick(&gone)).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    let error = Client::connect(quick("http://odoo.invalid")).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    let plain = odoo(18).await;
    let error = Client::connect(quick(&plain.url().replace("http", "https"))).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error}");
}
