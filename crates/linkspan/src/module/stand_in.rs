//! Answers as an external system would give them, made from a definition alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::adapter::{put_into, read_xml};
use crate::definition::auth::Login;
use crate::definition::model::{Definition, Format};
use crate::definition::operation::{Operation, Paginate};

/// The answer that has `records` (a record, or all of a list) where the operation looks for them, and what ends the list;
/// with its headers.
pub(super) fn answer(operation: &Operation, records: Value) -> (Value, BTreeMap<String, String>) {
    let count = records.as_array().map_or(1, Vec::len);
    let mut body = match operation.records.as_deref() {
        Some(path) => at(path, records),
        None => records,
    };
    let mut headers = BTreeMap::new();
    let mut tell = |path: &Option<String>, value: Value| {
        // Where something stands in the way, the definition does not fit itself.
        let _ = path.as_ref().map(|path| put_into(&mut body, path, value));
    };
    match &operation.paginate {
        Some(Paginate::Page { last_page_header, last_page, total, .. }) => {
            headers.extend(last_page_header.clone().map(|header| (header, "1".to_owned())));
            tell(last_page, json!(1));
            tell(total, json!(count));
        }
        Some(Paginate::Offset { total, .. }) => tell(total, json!(count)),
        Some(Paginate::Cursor { more, .. }) => tell(more, json!(false)),
        _ => {}
    }
    (body, headers)
}

/// The token that a login gives here.
pub(super) const TOKEN: &str = "test-token";

/// What a login is answered with.
pub(super) fn login(login: &Login) -> Value {
    login.token.as_ref().map_or_else(|| json!(TOKEN), |path| at(path, json!(TOKEN)))
}

/// What who asks for an OAuth token is answered with.
pub(super) fn grant() -> Value {
    json!({ "access_token": TOKEN, "refresh_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 })
}

/// What a request's body says, in the definition's format.
pub(super) fn sent(definition: Option<&Definition>, body: &[u8]) -> Option<Value> {
    let http = definition.map(|definition| &definition.http);
    match http.map_or(Format::Json, |http| http.format) {
        Format::Json => serde_json::from_slice(body).ok(),
        Format::Xml => read_xml(std::str::from_utf8(body).ok()?, &[]).ok(),
        Format::Form => {
            let mut whole = Value::Null;
            for (name, value) in url::form_urlencoded::parse(body) {
                put_into(&mut whole, &form_path(&name), value.into()).ok()?;
            }
            Some(whole)
        }
    }
}

/// `items[0].price` of `items[0][price]`.
fn form_path(name: &str) -> String {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let inner = rest.split(['[', ']']).filter(|part| !part.is_empty());
    inner.fold(first.to_owned(), |path, part| match part.parse::<usize>() {
        Ok(at) => format!("{path}[{at}]"),
        Err(_) => format!("{path}.{part}"),
    })
}

/// What an operation finds where there is nothing.
pub(super) fn nothing(operation: &Operation) -> Value {
    if operation.paginate.is_some() { json!([]) } else { json!({}) }
}

/// `value` at a path, alone.
pub(super) fn at(path: &str, value: Value) -> Value {
    let mut whole = Value::Object(Map::new());
    match put_into(&mut whole, path, value.clone()) {
        Ok(()) => whole,
        Err(_) => value,
    }
}

/// Whether `given` has everything that `wanted` has: members of objects, all items of lists.
pub(super) fn has(given: &Value, wanted: &Value) -> bool {
    match (given, wanted) {
        (Value::Object(given), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| given.get(name).is_some_and(|found| has(found, value)))
        }
        (Value::Array(given), Value::Array(wanted)) => {
            given.len() == wanted.len() && given.iter().zip(wanted).all(|(given, wanted)| has(given, wanted))
        }
        (given, wanted) => given == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(rest: &str) -> Operation {
        toml::from_str(&format!("method = 'GET'\npath = '/a'\nrepeat = 'safe'\n{rest}"))
            .expect("an operation")
    }

    #[test]
    fn an_answer_says_where_its_list_ends() {
        let of = |rest: &str| answer(&operation(rest), json!([7])).0;
        assert_eq!(of(""), json!([7]));
        let page = "records = 'data.items'\npaginate = { kind = 'page', param = 'p', size = 9, total = 'data.total' }";
        assert_eq!(of(page), json!({ "data": { "items": [7], "total": 1 } }));
        let cursor = "records = 'data'\npaginate = { kind = 'cursor', param = 'a', next = 'data[-1].id', more = 'more' }";
        assert_eq!(of(cursor), json!({ "data": [7], "more": false }));
        let headed = "paginate = { kind = 'page', param = 'p', size = 9, last_page_header = 'X-Pages' }";
        let (body, headers) = answer(&operation(headed), json!([]));
        assert_eq!((body, headers["X-Pages"].as_str()), (json!([]), "1"));
    }

    #[test]
    fn what_is_sent_is_read_in_the_definitions_format() {
        let definition = |format: &str| -> Definition {
            let head = "schema = 1\nentities = {}\nauth = { kind = 'none' }\n[connector]\nid = 'a'\ntitle = 'A'\n\
                        type = 'crm'\nversion = '1.0.0'";
            let http = format!("[http]\nbase_url = 'https://a.example'\nformat = '{format}'");
            toml::from_str(&format!("{head}\n{http}")).expect("a definition")
        };
        let expected = json!({ "a": { "b": ["1", "2"], "c": { "d": "x y" } } });
        let form = b"a[b][0]=1&a%5Bb%5D%5B1%5D=2&a[c][d]=x+y";
        assert_eq!(sent(Some(&definition("form")), form), Some(expected.clone()));
        let xml = b"<a><b>1</b><b>2</b><c><d>x y</d></c></a>";
        assert_eq!(sent(Some(&definition("xml")), xml), Some(expected.clone()));
        assert_eq!(sent(None, expected.to_string().as_bytes()), Some(expected));
        assert_eq!(sent(None, xml), None);
    }

    #[test]
    fn a_request_may_have_more_than_was_recorded() {
        let wanted = json!({ "query": "q", "variables": { "id": "7" } });
        assert!(has(&json!({ "query": "q", "variables": { "id": "7", "first": 1 } }), &wanted));
        assert!(!has(&json!({ "query": "q", "variables": { "id": "8" } }), &wanted));
        assert!(!has(&json!({ "query": "q" }), &wanted));
    }
}
