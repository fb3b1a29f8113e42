//! How bodies go over the wire. Inside, all of them are JSON: what is sent is written in the definition's format last, and
//! an answer in XML is turned into the JSON that stands for it first.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{OTHER_ENCODING, with_whole_characters};
use super::error::AdapterError;
use super::{body, html, template, xml};
use crate::definition::model::{ErrorClass, Format, Http};
use crate::definition::operation::Operation;
use crate::definition::path::{self, Step};

/// The content type of what is sent.
pub(super) fn content_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Form => "application/x-www-form-urlencoded",
        Format::Xml => "application/xml; charset=utf-8",
    }
}

/// The content type of what is wanted.
pub(super) fn accepted(format: Format) -> &'static str {
    match format {
        Format::Json | Format::Form => "application/json",
        Format::Xml => "application/xml",
    }
}

/// A body as it is sent; else a sentence.
pub(super) fn written(format: Format, body: &Value) -> Result<String, String> {
    match format {
        Format::Json => Ok(body.to_string()),
        Format::Form => Ok(form(body)),
        Format::Xml => xml::write(body),
    }
}

/// `name=value&...`; members of members and items of lists are `name[member]` and `name[0]`. Null is empty.
pub(super) fn form(body: &Value) -> String {
    let mut pairs = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        add(&mut pairs, name.clone(), value);
    }
    template::query_string(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn add(pairs: &mut Vec<(String, String)>, name: String, value: &Value) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| add(pairs, format!("{name}[{member}]"), value))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| add(pairs, format!("{name}[{at}]"), value))
        }
        Value::Null => pairs.push((name, String::new())),
        Value::String(text) => pairs.push((name, text.clone())),
        other => pairs.push((name, other.to_string())),
    }
}

/// The JSON of an answer. What is no XML stays as it is: some systems give JSON to who asks for it, and a page of HTML is
/// told as such. An error says what is wrong with a document.
pub(super) fn read(http: &Http, operation: &Operation, body: Bytes) -> (Bytes, Option<AdapterError>) {
    if http.format != Format::Xml || body.trim_ascii_start().first() != Some(&b'<') {
        return (with_whole_characters(body), None);
    }
    let text = match decoded(&body) {
        Ok(text) => text,
        Err(error) => return (body, Some(error)),
    };
    if html::is_page(&text) {
        return (body, None);
    }
    match xml::read(&text, &http.lists) {
        Ok(mut json) => {
            list(&mut json, operation);
            (Bytes::from(json.to_string()), None)
        }
        Err(reason) => (body, Some(no_xml(&reason))),
    }
}

/// Makes a list of what an operation calls its records: XML writes a list of one as it writes one record, and an empty list
/// as an element without any.
fn list(whole: &mut Value, operation: &Operation) {
    let Some(path) = operation.records.as_deref() else { return };
    let mut here = &*whole;
    for (step, _) in path::parse(path).unwrap_or_default() {
        let Step::Key(name) = step else { return };
        match here.get(&name) {
            Some(next) => here = next,
            None if is_empty(here) => break,
            None => return,
        }
    }
    let items = match here {
        empty if is_empty(empty) => json!([]),
        one @ Value::Object(_) if operation.paginate.is_some() => json!([one]),
        _ => return,
    };
    // The path leads there, so there is room.
    let _ = body::put(whole, path, items);
}

/// An element without text and elements.
fn is_empty(element: &Value) -> bool {
    let says_nothing =
        |(name, value): (&String, &Value)| name.starts_with('@') || value.is_null() && name == "#text";
    element.is_null() || element.as_object().is_some_and(|members| members.iter().all(says_nothing))
}

/// The text of a document in the encoding that it names, UTF-8 without a name.
fn decoded(body: &[u8]) -> Result<String, AdapterError> {
    let start = String::from_utf8_lossy(&body[..body.len().min(200)]);
    let declaration = start.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let name = declaration.and_then(|(declared, _)| {
        let behind = declared.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
        behind.get(1..)?.split(['"', '\'']).next().map(str::to_owned)
    });
    let encoding = match &name {
        None => encoding_rs::UTF_8,
        Some(name) => encoding_rs::Encoding::for_label(name.as_bytes())
            .ok_or_else(|| no_xml(&format!("nobody knows the encoding {name} that it names")))?,
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(body);
    let text = text.ok_or_else(|| {
        let reason = format!("it is not written in {}, as it says", encoding.name());
        AdapterError::new(ErrorClass::Data, format!("The answer cannot be read: {reason}."))
            .hint(OTHER_ENCODING)
    })?;
    Ok(text.into_owned())
}

fn no_xml(reason: &str) -> AdapterError {
    // An answer that breaks off is no XML either.
    AdapterError::new(ErrorClass::Transient, format!("The answer is not XML that can be read: {reason}."))
        .hint("If this stays, check that the address leads to the API, and what it answers there.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_form_names_members_and_items_in_brackets() {
        let body = json!({
            "email": "a+b@example.com", "metadata": { "order_id": 7 }, "description": null, "live": false,
            "items": [{ "price": "p_1" }, { "price": "p_2", "tags": ["x"] }], "none": [],
        });
        let mut pairs: Vec<String> = url::form_urlencoded::parse(form(&body).as_bytes())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.sort();
        let expected = [
            "description=",
            "email=a+b@example.com",
            "items[0][price]=p_1",
            "items[1][price]=p_2",
            "items[1][tags][0]=x",
            "live=false",
            "metadata[order_id]=7",
        ];
        assert_eq!(pairs, expected);
    }

    fn http(format: &str) -> Http {
        toml::from_str(&format!("base_url = 'https://a.example'\nformat = '{format}'\nlists = ['b']"))
            .expect("http")
    }

    fn operation(rest: &str) -> Operation {
        toml::from_str(&format!("method = 'GET'\npath = '/a'\nrepeat = 'safe'\n{rest}"))
            .expect("an operation")
    }

    fn given(body: &[u8]) -> (String, Option<String>) {
        let (body, error) = read(&http("xml"), &operation(""), Bytes::copy_from_slice(body));
        (String::from_utf8_lossy(&body).into_owned(), error.map(|error| error.message.clone()))
    }

    #[test]
    fn an_answer_in_xml_becomes_json_and_every_other_one_stays() {
        assert_eq!(given(b"<a><b>1</b></a>"), (r#"{"a":{"b":["1"]}}"#.to_owned(), None));
        for other in ["[1]", "{}", "", "<!DOCTYPE html><html></html>", "<html><body/></html>"] {
            assert_eq!(given(other.as_bytes()), (other.to_owned(), None));
        }
        let json = Bytes::from_static(b"<a/>");
        assert_eq!(read(&http("json"), &operation(""), json.clone()).0, json);
    }

    #[test]
    fn records_are_a_list_however_many_there_are() {
        let listed = |body: &str, rest: &str| {
            let operation = operation(&format!("records = 'shop.orders.order'\n{rest}"));
            let (body, _) = read(&http("xml"), &operation, Bytes::copy_from_slice(body.as_bytes()));
            serde_json::from_slice::<Value>(&body).expect("JSON")["shop"]["orders"]["order"].clone()
        };
        let whole = "paginate = { kind = 'whole' }";
        let one = "<shop><orders><order><id>1</id></order></orders></shop>";
        assert_eq!(listed(one, whole), json!([{ "id": "1" }]));
        assert_eq!(listed(one, ""), json!({ "id": "1" }), "the answer of one record");
        for none in ["<shop/>", "<shop><orders/></shop>", "<shop><orders count='0'> </orders></shop>"] {
            assert_eq!(listed(none, whole), json!([]), "{none}");
        }
        assert_eq!(
            listed("<shop><other/></shop>", whole),
            Value::Null,
            "an answer of another shape is no empty list"
        );
    }

    #[test]
    fn the_encoding_is_the_one_that_the_document_names() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>M\xFCller</a>";
        assert_eq!(given(latin), (r#"{"a":"Müller"}"#.to_owned(), None));
        for (body, part) in [
            (b"<a>M\xFCller</a>".as_slice(), "UTF-8"),
            (b"<?xml version='1.0' encoding='klingon'?><a/>", "klingon"),
            (b"<a><b>1</b>", "not XML"),
        ] {
            let (left, error) = given(body);
            assert_eq!(left, String::from_utf8_lossy(body));
            assert!(error.is_some_and(|error| error.contains(part)), "{part}");
        }
    }
}
