//! Pieces of Python text.

use crate::definition::model::Scalar;

/// Names an expression may call, besides Python's own.
pub(super) const FUNCTIONS: [&str; 8] =
    ["date", "datetime", "decimal", "digest", "html_to_text", "join", "merge", "round_half_up"];

/// A string literal. JSON's escapes are Python's too.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A list of texts.
pub(super) fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| text(item)).collect();
    format!("[{}]", items.join(", "))
}

/// Characters of a literal that still fit into a line as deep as an argument's.
const LITERAL: usize = 66;

/// The string literals of a text, side by side: a long one has several, each with the blank behind its last word.
pub(super) fn long_text(value: &str) -> String {
    let mut parts = vec![String::new()];
    for word in value.split_inclusive(' ') {
        let part = parts.last().map_or("", String::as_str);
        if !part.is_empty() && width(part) + width(word) > LITERAL {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(word);
        }
    }
    let literals: Vec<String> = parts.iter().map(|part| text(part)).collect();
    literals.join(" ")
}

/// Columns of a text as a literal; a wide character takes two.
fn width(value: &str) -> usize {
    text(value).chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>() - 2
}

/// A constant.
pub(super) fn scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Boolean(flag) => flag_text(*flag).to_owned(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Float(number) => format!("{number:?}"),
        Scalar::Text(value) => text(value),
    }
}

pub(super) fn flag_text(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

/// `{"a": 1}`
pub(super) fn dict<'a>(items: impl IntoIterator<Item = (&'a String, &'a Scalar)>) -> String {
    let items: Vec<String> =
        items.into_iter().map(|(key, value)| format!("{}: {}", text(key), scalar(value))).collect();
    format!("{{{}}}", items.join(", "))
}

/// JSON as Python.
pub(super) fn value(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(flag) => flag_text(*flag).to_owned(),
        Value::String(value) => long_text(value),
        Value::Array(items) => format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{}: {}", text(name), self::value(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Number(number) => number.to_string(),
    }
}

/// The identifiers in a piece of Python, without those in string literals and attributes.
pub(super) fn identifiers(code: &str) -> Vec<&str> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => at = after_string(bytes, at, quote),
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let end = word_end(bytes, at);
                let is_attribute = at > 0 && bytes[at - 1] == b'.';
                if !is_attribute {
                    found.push(&code[at..end]);
                }
                at = end;
            }
            b if b.is_ascii_digit() => at = word_end(bytes, at),
            _ => at += 1,
        }
    }
    found
}

fn word_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes[from..].iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_');
    rest.map_or(bytes.len(), |length| from + length)
}

fn after_string(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_leave_out_strings_and_attributes() {
        let code = r#"decimal(record['settings']) + x.company if "it's" else settings['a\'b']"#;
        assert_eq!(identifiers(code), ["decimal", "record", "x", "if", "else", "settings"]);
    }
}
