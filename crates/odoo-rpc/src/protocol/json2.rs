//! JSON-2: `POST /json/2/<model>/<method>` with an API key; arguments by name, answer bare, errors by HTTP status.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::argument_names;
use super::{Call, not_the_protocol};
use crate::Series;
use crate::config::Config;
use crate::error::Error;
use crate::fault::Fault;
use crate::http::{Answer, Http};

const NAME: &str = "JSON-2";

/// The version, open to everybody from 19.0.
pub(crate) async fn version(http: &Http) -> Result<Value, Error> {
    let answer = http.send("version", http.get("/web/version")).await?;
    serde_json::from_slice(&answer.body).map_err(|_| not_the_protocol(http, "version", NAME, &answer))
}

pub(crate) async fn call(
    http: &Http,
    config: &Config,
    series: Series,
    call: &Call<'_>,
) -> Result<Value, Error> {
    let body = body(series, call)?;
    let mut bearer =
        HeaderValue::from_str(&format!("bearer {}", config.secret.expose_secret())).map_err(|_| {
            Error::AccessDenied {
                call: call.label.to_owned(),
                message: "the secret has characters no API key has. JSON-2 takes an API key, not a password."
                    .to_owned(),
            }
        })?;
    bearer.set_sensitive(true);
    let mut request =
        http.post(&format!("/json/2/{}/{}", call.model, call.method)).header(AUTHORIZATION, bearer);
    if !config.database.is_empty() {
        request = request.header("X-Odoo-Database", &config.database);
    }
    let answer = http.send(call.label, request.json(&body)).await?;
    read(http, config, call.label, &answer)
}

/// The arguments by name: `ids`, `context` and the method's own.
fn body(series: Series, call: &Call<'_>) -> Result<Map<String, Value>, Error> {
    let mut body = call.kwargs.clone();
    for (name, value) in names_for(series, call)?.iter().zip(call.args) {
        if body.insert((*name).to_owned(), value.clone()).is_some() {
            let message = format!("argument {name:?} is given twice, by position and by name");
            return Err(Error::BadCall { call: call.label.to_owned(), message });
        }
    }
    if let Some(Value::Number(id)) = body.get("ids") {
        let ids = Value::Array(vec![Value::Number(id.clone())]);
        body.insert("ids".to_owned(), ids);
    }
    Ok(body)
}

/// A method outside the table may have its records as the only positional argument.
fn names_for(series: Series, call: &Call<'_>) -> Result<&'static [&'static str], Error> {
    let names = argument_names::names(series, call.method);
    let known =
        names.unwrap_or(if matches!(call.args, [records] if are_ids(records)) { &["ids"] } else { &[] });
    if call.args.len() <= known.len() {
        return Ok(known);
    }
    let message = match names {
        Some(names) => {
            format!(
                "{} positional arguments, but the method has {}: {}",
                call.args.len(),
                names.len(),
                names.join(", ")
            )
        }
        None => {
            "JSON-2 takes arguments by name and this method's names are not known here: pass them as kwargs, \
                 the records as \"ids\""
                .to_owned()
        }
    };
    Err(Error::BadCall { call: call.label.to_owned(), message })
}

fn are_ids(value: &Value) -> bool {
    match value {
        Value::Array(ids) => ids.iter().all(Value::is_u64),
        other => other.is_u64(),
    }
}

fn read(http: &Http, config: &Config, label: &str, answer: &Answer) -> Result<Value, Error> {
    let parsed: Result<Value, _> = serde_json::from_slice(&answer.body);
    match (answer.status, parsed) {
        (200..=299, Ok(value)) => Ok(value),
        (status, Ok(Value::Object(error))) if error.get("name").is_some_and(Value::is_string) => {
            Err(read_error(config, label, status, &error))
        }
        _ => Err(not_the_protocol(http, label, NAME, answer)),
    }
}

fn read_error(config: &Config, label: &str, status: u16, error: &Map<String, Value>) -> Error {
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let fault = Fault { name: text("name"), message: text("message"), traceback: text("debug") };
    match status {
        401 => Error::AccessDenied {
            call: label.to_owned(),
            message: format!("{}. Check the API key: it may be wrong, deleted or expired.", fault.message),
        },
        _ => fault.into_error(label, &config.database),
    }
}
