//! XML-RPC: `/xmlrpc/2/common` and `/xmlrpc/2/object`.
//!
//! Faults have integer codes: 1 any exception (the text is a traceback), 2 a warning to the user, 3 wrong login,
//! 4 no access. Odoo cannot write `None`: a method that returns it ends in a fault after its work was committed.

use std::borrow::Cow;

use dxr::{FaultResponse, MethodCall, MethodResponse};
use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use serde_json::{Map, Number, Value};

use super::{Call, not_the_protocol};
use crate::config::Config;
use crate::error::Error;
use crate::fault::{self, Fault};
use crate::http::{Answer, Http};

const NAME: &str = "XML-RPC";

pub(crate) async fn version(http: &Http) -> Result<Value, Error> {
    post(http, "version", "", "/xmlrpc/2/common", "version", Vec::new()).await
}

/// The user id, or `None` when login and secret do not fit.
pub(crate) async fn login(http: &Http, config: &Config) -> Result<Option<i64>, Error> {
    let params = vec![
        dxr::Value::String(config.database.clone()),
        dxr::Value::String(config.login.clone()),
        dxr::Value::String(config.secret.expose_secret().to_owned()),
        dxr::Value::Struct(Default::default()),
    ];
    let uid = post(http, "login", &config.database, "/xmlrpc/2/common", "authenticate", params).await?;
    Ok(uid.as_i64())
}

pub(crate) async fn call(http: &Http, config: &Config, uid: i64, call: &Call<'_>) -> Result<Value, Error> {
    let bad_call = |message| Error::BadCall { call: call.label.to_owned(), message };
    let args = call.args.iter().map(to_xml).collect::<Result<_, _>>().map_err(bad_call)?;
    let kwargs = struct_to_xml(call.kwargs).map_err(bad_call)?;
    let params = vec![
        dxr::Value::String(config.database.clone()),
        integer_to_xml(uid),
        dxr::Value::String(config.secret.expose_secret().to_owned()),
        dxr::Value::String(call.model.to_owned()),
        dxr::Value::String(call.method.to_owned()),
        dxr::Value::Array(args),
        kwargs,
    ];
    post(http, call.label, &config.database, "/xmlrpc/2/object", "execute_kw", params).await
}

async fn post(
    http: &Http,
    label: &str,
    database: &str,
    path: &str,
    method: &str,
    params: Vec<dxr::Value>,
) -> Result<Value, Error> {
    let call = MethodCall { name: Cow::Borrowed(method), params };
    // dxr's own error quotes the value, secret included: it stays out of ours.
    let body = call.to_xml().map_err(|_| Error::BadCall {
        call: label.to_owned(),
        message: "the arguments cannot be written as XML-RPC".to_owned(),
    })?;
    let answer = http.send(label, http.post(path).header(CONTENT_TYPE, "text/xml").body(body)).await?;
    read(http, label, database, &answer)
}

fn read(http: &Http, label: &str, database: &str, answer: &Answer) -> Result<Value, Error> {
    let not_xml_rpc = || not_the_protocol(http, label, NAME, answer);
    let text = std::str::from_utf8(&answer.body).map_err(|_| not_xml_rpc())?;
    if !text.contains("<methodResponse>") {
        return Err(not_xml_rpc());
    }
    // Odoo writes carriage returns bare, where XML parsers must read a line feed; as references they stay.
    let escaped = text.contains('\r').then(|| text.replace('\r', "&#13;"));
    let text = escaped.as_deref().unwrap_or(text);
    if let Ok(response) = FaultResponse::from_xml(text) {
        return read_fault(label, database, response.fault.code(), response.fault.string());
    }
    let response = MethodResponse::from_xml(text).map_err(|_| Error::BadResponse {
        call: label.to_owned(),
        message: "it is no complete XML-RPC answer".to_owned(),
    })?;
    from_xml(response.value)
        .map_err(|message| Error::BadResponse { call: label.to_owned(), message: message.to_owned() })
}

fn read_fault(label: &str, database: &str, code: i32, text: &str) -> Result<Value, Error> {
    let named = |class: &str| Fault {
        name: format!("odoo.exceptions.{class}"),
        message: text.trim().to_owned(),
        traceback: String::new(),
    };
    let fault = match code {
        2 => named("UserError"),
        3 => named("AccessDenied"),
        4 => named("AccessError"),
        _ => {
            let fault = fault::from_traceback(text);
            if is_unwritable_none(&fault) {
                return Ok(Value::Null);
            }
            fault
        }
    };
    Err(fault.into_error(label, database))
}

/// The method is done and committed, only its `None` could not be written. A traceback that passes through
/// `dispatch_rpc` is a failure inside the method (which may use XML-RPC itself).
fn is_unwritable_none(fault: &Fault) -> bool {
    fault.name == "builtins.TypeError"
        && fault.message.starts_with("cannot marshal None")
        && !fault.traceback.contains("in dispatch_rpc")
}

fn to_xml(value: &Value) -> Result<dxr::Value, String> {
    Ok(match value {
        Value::Null => dxr::Value::Nil,
        Value::Bool(truth) => dxr::Value::Boolean(*truth),
        Value::Number(number) => number_to_xml(number)?,
        Value::String(text) => text_to_xml(text)?,
        Value::Array(items) => dxr::Value::Array(items.iter().map(to_xml).collect::<Result<_, _>>()?),
        Value::Object(fields) => struct_to_xml(fields)?,
    })
}

fn struct_to_xml(fields: &Map<String, Value>) -> Result<dxr::Value, String> {
    let members = fields.iter().map(|(name, value)| Ok((name.clone(), to_xml(value)?)));
    Ok(dxr::Value::Struct(members.collect::<Result<_, String>>()?))
}

fn number_to_xml(number: &Number) -> Result<dxr::Value, String> {
    if let Some(integer) = number.as_i64() {
        return Ok(integer_to_xml(integer));
    }
    match number.as_f64() {
        Some(double) if number.is_f64() => Ok(dxr::Value::Double(double)),
        _ => Err(format!("the number {number} is too large for XML-RPC; send it as text")),
    }
}

fn integer_to_xml(integer: i64) -> dxr::Value {
    i32::try_from(integer).map_or(dxr::Value::Long(integer), dxr::Value::Integer)
}

/// XML 1.0 has no way to write most control characters; Odoo's parser would refuse the whole call.
fn text_to_xml(text: &str) -> Result<dxr::Value, String> {
    let unwritable = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(|c| unwritable(*c)) {
        Some(c) => Err(format!(
            "XML-RPC cannot carry the control character U+{:04X}; remove it, or use another protocol",
            u32::from(c)
        )),
        None => Ok(dxr::Value::String(text.to_owned())),
    }
}

fn from_xml(value: dxr::Value) -> Result<Value, &'static str> {
    Ok(match value {
        dxr::Value::Nil => Value::Null,
        dxr::Value::Boolean(truth) => Value::Bool(truth),
        dxr::Value::Integer(integer) => integer.into(),
        dxr::Value::Long(integer) => integer.into(),
        dxr::Value::Double(double) => double.into(),
        dxr::Value::String(text) => Value::String(text),
        dxr::Value::Array(items) => Value::Array(items.into_iter().map(from_xml).collect::<Result<_, _>>()?),
        dxr::Value::Struct(members) => {
            let fields = members.into_iter().map(|(name, value)| Ok((name, from_xml(value)?)));
            Value::Object(fields.collect::<Result<_, &'static str>>()?)
        }
        // Odoo writes dates and binaries as strings.
        _ => return Err("it holds a value of a type that Odoo does not send"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn there_and_back(value: &Value) -> Value {
        let xml = MethodResponse { value: to_xml(value).unwrap() }.to_xml().unwrap();
        from_xml(MethodResponse::from_xml(&xml).unwrap().value).unwrap()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e15..1e15f64).prop_map(Value::from),
            "[ -~\t\n\u{e9}\u{627}\u{1f600}]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                // dxr reads no empty names; Odoo's fields have none.
                prop::collection::btree_map("[a-z_/.]{1,8}", inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was_sent(value in values()) {
            prop_assert_eq!(there_and_back(&value), value);
        }
    }

    #[test]
    fn white_space_at_the_ends_is_kept() {
        let value = json!(["  a ", "\r\nb\r", "", " "]);
        assert_eq!(there_and_back(&value), value);
    }
}
