//! The same call over every protocol.

use std::sync::{Arc, Mutex};

use odoo_rpc::{Client, Error, Protocol, Record, Repeat};
use serde_json::{Value, json};

use crate::odoo::{self, ModelCall, Outcome};
use crate::server::{Reply, Server};

const ALL: [(u32, Protocol); 4] =
    [(19, Protocol::Json2), (18, Protocol::Session), (18, Protocol::JsonRpc), (18, Protocol::XmlRpc)];

fn record(value: Value) -> Record {
    value.as_object().unwrap().clone()
}

/// A client, and what arrived in Odoo.
async fn recording(
    major: u32,
    protocol: Protocol,
    answer: Value,
) -> (Client, Arc<Mutex<Vec<ModelCall>>>, Server) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    let server = odoo::start(major, move |call| {
        log.lock().unwrap().push(call.clone());
        Outcome::Value(answer.clone())
    })
    .await;
    (odoo::connect(&server, protocol).await, calls, server)
}

#[tokio::test]
async fn a_method_that_returns_none_gives_null() {
    for (major, protocol) in ALL {
        let server = odoo::start(major, |_| Outcome::None).await;
        let client = odoo::connect(&server, protocol).await;
        let result = client.call_button("sale.order", "action_confirm", &[1]).await;
        assert_eq!(result, Ok(Value::Null), "{protocol}");
    }
}

#[tokio::test]
async fn a_none_that_a_method_could_not_send_elsewhere_is_a_failure() {
    let server = odoo::start(18, |_| {
        Outcome::Raises("builtins.TypeError", "cannot marshal None unless allow_none is enabled")
    })
    .await;
    let client = odoo::connect(&server, Protocol::XmlRpc).await;
    let error = client.call_button("sale.order", "action_confirm", &[1]).await.unwrap_err();
    assert!(matches!(error, Error::Server { .. }), "{error}");
}

#[tokio::test]
async fn json_2_gets_every_argument_by_name() {
    let (client, calls, _server) = recording(19, Protocol::Json2, json!([4])).await;
    client.create("res.partner", vec![record(json!({"name": "x"}))]).await.unwrap();
    client.write("res.partner", &[4], record(json!({"name": "y"}))).await.unwrap();
    client.call_button("res.partner", "action_of_a_module", &[4, 5]).await.unwrap();
    let bodies: Vec<Value> = calls.lock().unwrap().iter().map(|call| call.kwargs.clone()).collect();
    assert_eq!(
        bodies,
        [
            json!({"vals_list": [{"name": "x"}]}),
            json!({"ids": [4], "vals": {"name": "y"}}),
            json!({"ids": [4, 5]}),
        ]
    );
}

#[tokio::test]
async fn json_2_refuses_arguments_it_cannot_name_and_sends_nothing() {
    let (client, calls, _server) = recording(19, Protocol::Json2, json!(true)).await;
    let call = |method, args| client.call("x.y", method, args, Record::new(), Repeat::Safe);
    let error = call("my_method", vec![json!([1]), json!("second")]).await.unwrap_err();
    assert!(matches!(&error, Error::BadCall { message, .. } if message.contains("kwargs")), "{error}");
    let error = call("unlink", vec![json!([1]), json!(2)]).await.unwrap_err();
    assert!(matches!(error, Error::BadCall { .. }), "{error}");
    assert!(calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn contexts_merge_and_the_calls_own_wins() {
    for (major, protocol) in [(19, Protocol::Json2), (18, Protocol::Session), (18, Protocol::JsonRpc)] {
        let (client, calls, _server) = recording(major, protocol, json!([])).await;
        let client = client.with_context(record(json!({"lang": "ar_001", "tz": "Asia/Riyadh"})));
        let client = client.with_context(record(json!({"tracking_disable": true, "tz": "UTC"})));
        let own = record(json!({"context": {"lang": "fr_FR"}}));
        client.call("res.partner", "search", vec![json!([])], own, Repeat::Safe).await.unwrap();
        let context = calls.lock().unwrap()[0].kwargs["context"].clone();
        assert_eq!(context, json!({"lang": "fr_FR", "tz": "UTC", "tracking_disable": true}), "{protocol}");
    }
}

#[tokio::test]
async fn access_is_asked_as_the_series_wants_it() {
    let (client, calls, _server) = recording(17, Protocol::JsonRpc, json!(true)).await;
    assert_eq!(client.has_access("res.partner", "write").await, Ok(true));
    let first = calls.lock().unwrap()[0].clone();
    assert_eq!((first.model.as_str(), first.method.as_str()), ("res.partner", "check_access_rights"));
    assert_eq!(first.args, json!(["write", false]));
    let (client, calls, _server) = recording(18, Protocol::JsonRpc, json!(false)).await;
    assert_eq!(client.has_access("res.partner", "write").await, Ok(false));
    let first = calls.lock().unwrap()[0].clone();
    assert_eq!((first.method.as_str(), first.args), ("has_access", json!([[], "write"])));
}

#[tokio::test]
async fn nothing_to_do_is_no_call() {
    let (client, calls, _server) = recording(18, Protocol::JsonRpc, json!(true)).await;
    client.create("res.partner", vec![]).await.unwrap();
    client.write("res.partner", &[], Record::new()).await.unwrap();
    client.read("res.partner", &[], &["name"]).await.unwrap();
    client.unlink("res.partner", &[]).await.unwrap();
    assert!(calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_result_of_another_shape_is_said_to_be_so() {
    let (client, _calls, _server) = recording(18, Protocol::JsonRpc, json!("what?")).await;
    let error = client.search_count("res.partner", &json!([])).await.unwrap_err();
    assert!(matches!(error, Error::BadResponse { .. }), "{error}");
    let error = client.load("res.partner", &["id"], &[vec!["a.b"]]).await.unwrap_err();
    assert!(matches!(error, Error::BadResponse { .. }), "{error}");
}

#[tokio::test]
async fn xml_rpc_keeps_the_carriage_returns_odoo_writes_bare() {
    let answer = "<params>\n<param>\n<value><string>two\r\nlines</string></value>\n</param>\n</params>";
    let server = odoo::start(18, move |_| Outcome::Raw(Reply::xml(answer))).await;
    let client = odoo::connect(&server, Protocol::XmlRpc).await;
    let result = client.call("x.y", "z", vec![], Record::new(), Repeat::Safe).await;
    assert_eq!(result, Ok(json!("two\r\nlines")));
}
