//! Neither secret nor session id is in anything that can be printed, whatever the server answers.

use std::fmt::Debug;

use odoo_rpc::{Client, Config, Protocol, Record};
use proptest::prelude::*;
use serde_json::json;

use crate::odoo::{self, LOGIN};
use crate::server::{Reply, Request, Server};

const SESSION: &str = "sid-c0ffee-0123456789";

fn shown(value: &(impl Debug + ?Sized)) -> String {
    format!("{value:?} {value:#?}")
}

/// A server that lets everybody in and then quotes the request, headers and all, in the way `leak` says.
async fn gossip(major: u32, leak: u8) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/web/session/authenticate" => Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": {"uid": 2}}))
            .with("Set-Cookie", &format!("session_id={SESSION}; Path=/")),
        "/jsonrpc" if request.body.contains("\"version\"") => Reply::json(
            &json!({"jsonrpc": "2.0", "id": 1, "result": {"server_version": format!("{major}.0")}}),
        ),
        "/jsonrpc" if request.body.contains("authenticate") => {
            Reply::json(&json!({"jsonrpc": "2.0", "id": 1, "result": 2}))
        }
        "/xmlrpc/2/common" => Reply::xml("<params><param><value><int>2</int></value></param></params>"),
        "/json/2/res.users/context_get" => Reply::json(&json!({"uid": 2})),
        "/json/2/res.users/search_read" => Reply::json(&json!([{"id": 2, "login": LOGIN}])),
        _ => quote(request, leak),
    })
    .await
}

fn quote(request: &Request, leak: u8) -> Reply {
    let quoted = format!("{} {:?}", request.body, request.headers);
    match leak {
        0 => Reply::html(200, &quoted),
        1 => Reply::json(&json!({"jsonrpc": "2.0", "error": {"code": 200, "message": quoted}})),
        2 => Reply::json(&json!({"jsonrpc": "2.0", "error": {"data": {"name": quoted, "message": quoted}}})),
        3 => Reply::status(
            422,
            "application/json",
            &json!({"name": "odoo.exceptions.UserError", "message": quoted}).to_string(),
        ),
        4 => Reply::status(401, "application/json", &json!({"name": "x", "message": quoted}).to_string()),
        5 => {
            let fault =
                dxr::FaultResponse { fault: dxr::Fault::new(1, format!("Traceback\nValueError: {quoted}")) };
            Reply::status(200, "text/xml", &fault.to_xml().unwrap())
        }
        _ => Reply::status(200, "application/json", &quoted),
    }
}

async fn everything_printable(secret: &str, major: u32, protocol: Protocol, leak: u8) -> String {
    let server = gossip(major, leak).await;
    let config = Config { protocol: Some(protocol), retries: 0, ..odoo::config(&server, secret) };
    let mut printed = shown(&config);
    match Client::connect(config).await {
        Ok(client) => {
            printed += &shown(&client);
            let error = client.create("res.partner", vec![Record::new()]).await.unwrap_err();
            printed += &format!("{error} {}", shown(&error));
        }
        Err(error) => printed += &format!("{error} {}", shown(&error)),
    }
    printed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_server_that_quotes_the_request_gives_nothing_away(
        secret in "[A-Za-z0-9\"<&'\\\\ ]{4}-[A-Za-z0-9\"<&'\\\\]{8,24}",
        leak in 0u8..7,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for (major, protocol) in [(18, Protocol::Session), (18, Protocol::JsonRpc), (18, Protocol::XmlRpc), (19, Protocol::Json2)] {
            let printed = runtime.block_on(everything_printable(&secret, major, protocol, leak));
            let in_json = json!(secret).to_string();
            prop_assert!(!printed.contains(&secret), "{protocol} leak {leak}: {printed}");
            prop_assert!(!printed.contains(in_json.trim_matches('"')), "{protocol} leak {leak}: {printed}");
            prop_assert!(!printed.contains(SESSION), "{protocol} leak {leak}: {printed}");
        }
    }
}

#[test]
fn credentials_in_the_address_are_not_shown() {
    let url = "https://proxy:hunter2@odoo.example.com".parse().unwrap();
    assert!(!shown(&Config::new(url, "db", LOGIN, "topsecret".into())).contains("hunter2"));
}

#[tokio::test]
async fn credentials_in_the_address_are_in_no_error() {
    let url = "http://proxy:hunter2@127.0.0.1:1".parse().unwrap();
    let config = Config { retries: 0, ..Config::new(url, "db", LOGIN, "topsecret".into()) };
    let error = Client::connect(config).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}
