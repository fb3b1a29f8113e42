//! `/xmlrpc/2/common` and `/xmlrpc/2/object`.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use dxr::{Fault, FaultResponse, MethodCall, MethodResponse, Value};
use serde_json::{Map, Value as Json};

use super::jsonrpc::service;
use super::perform::{Answer, perform};
use super::{Incoming, respond};
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::server::Shared;
use crate::serve::Cut;

pub(super) async fn answer(shared: &Shared, incoming: &Incoming) -> Result<Response<Body>, Cut> {
    let name = incoming.path.rsplit('/').next().unwrap_or_default();
    let body = String::from_utf8_lossy(&incoming.body);
    let Ok(call) = MethodCall::from_xml(&body) else {
        return Ok(envelope(Err(Error::new(Class::Value, "the request is no XML-RPC call"))));
    };
    let args = call.params.iter().map(to_json).collect();
    let (target, action) = service(shared, name, &call.name, args);
    Ok(match perform(shared, &target, action).await? {
        Answer::Response(response) => response,
        Answer::Result(outcome) => envelope(outcome),
    })
}

fn envelope(outcome: Outcome<Json>) -> Response<Body> {
    let xml = match outcome {
        // What Python's marshaller says to a method without a result.
        Ok(Json::Null) => fault(1, "cannot marshal None unless allow_none is enabled"),
        Ok(result) => MethodResponse { value: to_xml(&result) }.to_xml(),
        Err(error) => fault(code(&error), &text(&error)),
    };
    let xml = format!("<?xml version='1.0'?>\n{}", xml.unwrap_or_default());
    respond(StatusCode::OK, "text/xml; charset=utf-8", xml.into_bytes())
}

fn fault(code: i32, text: &str) -> Result<String, dxr::Error> {
    FaultResponse { fault: Fault::new(code, text.to_owned()) }.to_xml()
}

fn code(error: &Error) -> i32 {
    match error.class {
        Class::User | Class::Validation | Class::Missing => 2,
        Class::AccessDenied => 3,
        Class::Access => 4,
        _ => 1,
    }
}

/// People's errors are their text, others a traceback.
fn text(error: &Error) -> String {
    match code(error) {
        1 => format!(
            "Traceback (most recent call last):\n{}: {}\n",
            error.class.name().trim_start_matches("builtins."),
            error.message
        ),
        _ => error.message.clone(),
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Integer(number) => Json::from(*number),
        Value::Long(number) => Json::from(*number),
        Value::Boolean(flag) => Json::from(*flag),
        Value::String(text) => Json::from(text.as_str()),
        Value::Double(number) => Json::from(*number),
        Value::DateTime(moment) => Json::from(moment.to_string()),
        Value::Base64(bytes) => {
            use base64::Engine as _;
            Json::from(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        Value::Struct(members) => Json::Object(
            members.iter().map(|(key, value)| (key.clone(), to_json(value))).collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        _ => Json::Null,
    }
}

fn to_xml(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match number.as_i64().map(i32::try_from) {
            Some(Ok(number)) => Value::Integer(number),
            _ => Value::Double(number.as_f64().unwrap_or(0.0)),
        },
        // Control characters have no place in XML; Odoo strips them too.
        Json::String(text) => {
            Value::String(text.chars().filter(|c| !c.is_control() || "\t\n\r".contains(*c)).collect())
        }
        Json::Array(items) => Value::Array(items.iter().map(to_xml).collect()),
        Json::Object(members) => {
            Value::Struct(members.iter().map(|(key, value)| (key.clone(), to_xml(value))).collect())
        }
    }
}
