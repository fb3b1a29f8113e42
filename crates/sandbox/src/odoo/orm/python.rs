//! Values as Python prints them: error messages quote domains and values that way.

use serde_json::Value as Json;

/// A text as Python's `repr` shows it.
pub(super) fn text(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') {
        return format!("\"{text}\"");
    }
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

/// Any value.
pub(super) fn python(json: &Json) -> String {
    match json {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) => number.to_string(),
        Json::String(string) => text(string),
        Json::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{}: {}", text(key), python(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A list as a tuple.
pub(super) fn tuple(json: &Json) -> String {
    match json {
        Json::Array(items) => format!("({})", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        other => python(other),
    }
}
