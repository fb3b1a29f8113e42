//! `{name}` in `base_url`, `path` and `query`: each value is encoded for the place where it stands.

use std::collections::BTreeMap;

/// The names in `template`, in order.
pub(super) fn names(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

/// `template` with every `{name}` replaced by what `value` gives for it; the sentence of `value`'s error, or
/// one about the template, comes back.
pub(super) fn expand(
    template: &str,
    mut value: impl FnMut(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            return Err(format!("`{template}` has a {{ without a }}."));
        };
        text.push_str(before);
        text.push_str(&value(name)?);
        rest = behind;
    }
    text.push_str(rest);
    Ok(text)
}

/// `template` with every `{setting}` as it is given.
pub(super) fn with_settings(template: &str, settings: &BTreeMap<String, String>) -> Result<String, String> {
    let value =
        |name: &str| settings.get(name).cloned().ok_or_else(|| format!("The setting `{name}` is missing."));
    expand(template, value)
}

/// A value as part of a path segment. Empty text and dots are refused: they would make another path
/// (`/products/` lists all products).
pub(super) fn path_segment(name: &str, value: &str) -> Result<String, String> {
    match value {
        "" => Err(format!("`{name}` is empty, so there is no address to call.")),
        "." | ".." => Err(format!("`{name}` is `{value}`, which cannot stand in an address.")),
        _ => Ok(percent_encode(value)),
    }
}

/// Percent-encodes everything but letters, digits and `-._~` (RFC 3986, 2.3), which is right in a path segment
/// and in a query.
pub(super) fn percent_encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// `name=value&...`, percent-encoded.
pub(super) fn query_string<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs =
        pairs.into_iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_for_a_path() {
        let path = expand("/products/{id}/x", |name| path_segment(name, "a/b ü?#%"));
        assert_eq!(path.as_deref(), Ok("/products/a%2Fb%20%C3%BC%3F%23%25/x"));
    }

    #[test]
    fn values_that_would_make_another_path_are_refused() {
        for value in ["", ".", ".."] {
            assert!(path_segment("id", value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn an_open_brace_is_an_error() {
        assert!(expand("/a/{id", |_| Ok(String::new())).is_err());
    }

    #[test]
    fn names_are_listed_in_order() {
        assert_eq!(names("/{shop}/orders/{id}"), ["shop", "id"]);
    }
}
