//! What a call is narrowed by, and where that stands in the request.

use serde_json::Value;

/// A parameter of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) place: Place,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the path if that names it, otherwise where the operation's `params_in` says.
    Request,
    Header,
}

impl Param {
    /// A parameter: text, a number, or a list of texts (which a query joins by commas).
    pub fn new(name: &str, value: impl Into<Value>) -> Param {
        Param { name: name.to_owned(), value: value.into(), place: Place::Request }
    }

    /// A header of the request.
    pub fn header(name: &str, value: &str) -> Param {
        Param { place: Place::Header, ..Param::new(name, value) }
    }

    /// The value as it stands in an address or a header.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let texts = items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned));
                texts.collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_takes_texts() {
        assert_eq!(Param::new("page", 2).text(), "2");
        assert_eq!(Param::new("include", json!(["7", "9"])).text(), "7,9");
        assert_eq!(Param::new("after", "00123").text(), "00123");
    }
}
