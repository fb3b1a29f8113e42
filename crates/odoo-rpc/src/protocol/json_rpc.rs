//! JSON-RPC 2.0 as Odoo writes it: `/jsonrpc`, and the envelope of the web client's routes.
//!
//! The HTTP status is 200 also for errors. `error.code` is 200 up to 18 and 0 from 19, so it says nothing; 100 is
//! an expired session. A `None` result leaves the key `result` out.

use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Call, not_the_protocol};
use crate::config::Config;
use crate::error::Error;
use crate::fault::Fault;
use crate::http::{Answer, Http};

const NAME: &str = "JSON-RPC";

pub(crate) async fn version(http: &Http) -> Result<Value, Error> {
    read(http, "version", "", &http.send("version", version_request(http)).await?)
}

/// The version question, which carries no secret.
pub(crate) fn version_request(http: &Http) -> RequestBuilder {
    http.post("/jsonrpc").json(&envelope(&json!({"service": "common", "method": "version", "args": []})))
}

/// The version from the web client's route, which stays when `/jsonrpc` is switched off.
pub(crate) async fn web_version(http: &Http) -> Result<Value, Error> {
    post(http, "version", "", "/web/webclient/version_info", &json!({})).await
}

/// The user id, or `None` when login and secret do not fit.
pub(crate) async fn login(http: &Http, config: &Config) -> Result<Option<i64>, Error> {
    let secret = config.secret.expose_secret();
    let params = json!({
        "service": "common", "method": "authenticate", "args": [config.database, config.login, secret, {}],
    });
    Ok(post(http, "login", &config.database, "/jsonrpc", &params).await?.as_i64())
}

pub(crate) async fn call(http: &Http, config: &Config, uid: i64, call: &Call<'_>) -> Result<Value, Error> {
    let secret = config.secret.expose_secret();
    let params = json!({
        "service": "object", "method": "execute_kw",
        "args": [config.database, uid, secret, call.model, call.method, call.args, call.kwargs],
    });
    post(http, call.label, &config.database, "/jsonrpc", &params).await
}

async fn post(http: &Http, label: &str, database: &str, path: &str, params: &Value) -> Result<Value, Error> {
    let answer = http.send(label, http.post(path).json(&envelope(params))).await?;
    read(http, label, database, &answer)
}

pub(crate) fn envelope(params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})
}

/// The result in a JSON-RPC answer, `null` when the method returned `None`.
pub(crate) fn read(http: &Http, label: &str, database: &str, answer: &Answer) -> Result<Value, Error> {
    let parsed: Result<Value, _> = serde_json::from_slice(&answer.body);
    let Ok(Value::Object(mut fields)) = parsed else {
        return Err(not_the_protocol(http, label, NAME, answer));
    };
    if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(not_the_protocol(http, label, NAME, answer));
    }
    match fields.remove("error") {
        None => Ok(fields.remove("result").unwrap_or(Value::Null)),
        Some(error) => Err(read_error(label, database, &error)),
    }
}

fn read_error(label: &str, database: &str, error: &Value) -> Error {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if error.get("code").and_then(Value::as_i64) == Some(100) {
        return Error::SessionExpired { call: label.to_owned() };
    }
    let data = error.get("data").unwrap_or(&Value::Null);
    let mut fault =
        Fault { name: text(data, "name"), message: text(data, "message"), traceback: text(data, "debug") };
    if fault.message.is_empty() {
        fault.message = text(error, "message");
    }
    if fault.name.is_empty() {
        fault.name = "an unnamed exception".to_owned();
    }
    fault.into_error(label, database)
}
