//! What all writes share: types of fields, meta data, texts.

use serde_json::{Value, json};

use super::super::answer::{BadParam, Refusal, invalid_params};
use super::super::state::State;
use super::Fields;

/// Refuses fields whose JSON type is not the expected one; unknown fields are ignored, as there.
pub(super) fn check_types(body: &Fields, texts: &[&str], integers: &[&str]) -> Result<(), Refusal> {
    let mut bad = Vec::new();
    for (name, value) in body {
        if let Some(wanted) = wrong_type(name, value, texts, integers) {
            bad.push(BadParam::wrong_type(name, wanted));
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(invalid_params(&bad)) }
}

/// The type that a field should have and has not.
pub(super) fn wrong_type(
    name: &str,
    value: &Value,
    texts: &[&str],
    integers: &[&str],
) -> Option<&'static str> {
    let numeric = value.as_str().is_some_and(|text| text.parse::<i64>().is_ok());
    let is_integer = value.is_null() || value.is_i64() || value.is_u64() || numeric;
    if texts.contains(&name) && !value.is_string() {
        return Some("string");
    }
    (integers.contains(&name) && !is_integer).then_some("integer")
}

/// Adds meta entries with fresh ids.
pub(super) fn add_meta(state: &mut State, record: &mut Fields, entries: Vec<(&str, String)>) {
    for (key, value) in entries {
        set_meta(state, record, key, json!(value));
    }
}

/// Sets one meta entry, by key.
pub(super) fn set_meta(state: &mut State, record: &mut Fields, key: &str, value: Value) {
    let id = state.new_meta_id();
    let meta = record.entry("meta_data").or_insert_with(|| json!([]));
    let Some(meta) = meta.as_array_mut() else { return };
    match meta.iter_mut().find(|entry| entry["key"] == key) {
        Some(entry) => entry["value"] = value,
        None => meta.push(json!({ "id": id, "key": key, "value": value })),
    }
}

/// `meta_data` of a body: sets each entry.
pub(super) fn put_meta(state: &mut State, record: &mut Fields, body: &Fields) {
    for entry in body.get("meta_data").and_then(Value::as_array).into_iter().flatten() {
        if let Some(key) = entry["key"].as_str() {
            set_meta(state, record, key, entry["value"].clone());
        }
    }
}

/// A name as WordPress keeps it: a bare ampersand becomes an entity.
pub(super) fn clean_name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        if c == '&' && !is_entity(&text[at + 1..]) {
            out.push_str("amp;");
        }
    }
    out
}

fn is_entity(rest: &str) -> bool {
    let Some(end) = rest.find(';') else { return false };
    end > 0 && end < 10 && rest[..end].chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
}

/// A price as the shop keeps it: digits, one point, a sign; anything else is dropped, "abc" leaves nothing.
pub(super) fn clean_price(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-')).collect()
}

/// Copies what an address block of the body names.
pub(super) fn merge_block(record: &mut Fields, body: &Fields, block: &str) {
    let Some(given) = body.get(block).and_then(Value::as_object) else { return };
    if let Some(own) = record.get_mut(block).and_then(Value::as_object_mut) {
        for (name, value) in given.iter().filter(|(_, value)| value.is_string()) {
            if own.contains_key(name) {
                own.insert(name.clone(), value.clone());
            }
        }
    }
}

/// An address block of empty texts; billing has a mail address besides.
pub(super) fn empty_address(billing: bool) -> Value {
    let mut block = json!({
        "first_name": "", "last_name": "", "company": "", "address_1": "", "address_2": "", "city": "", "state": "",
        "postcode": "", "country": "", "phone": "",
    });
    if billing {
        block["email"] = "".into();
    }
    block
}
