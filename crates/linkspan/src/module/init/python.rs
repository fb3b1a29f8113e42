//! Pieces of Python text.

use crate::definition::model::Scalar;

/// Names an expression may call, besides Python's own.
pub(super) const FUNCTIONS: [&str; 8] =
    ["date", "datetime", "decimal", "digest", "html_to_text", "join", "merge", "round_half_up"];

/// A string literal. JSON's escapes are Python's too.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
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
