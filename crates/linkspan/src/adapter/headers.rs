//! The headers that go along with every request, besides the credentials.

use std::collections::BTreeMap;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};

use super::error::AdapterError;
use super::{format, template};
use crate::definition::model::Definition;

/// Our own headers and those of `http.headers`, with settings and secrets filled in. One that lacks an optional value is
/// left out.
pub(super) fn fixed(
    definition: &Definition,
    settings: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<HeaderMap, AdapterError> {
    let agent = format!(
        "Linkspan/{} ({} {})",
        env!("CARGO_PKG_VERSION"),
        definition.connector.id,
        definition.connector.version
    );
    let mut headers = HeaderMap::new();
    insert(&mut headers, USER_AGENT.as_str(), &agent, false)?;
    // Without Accept WordPress sends PHP's warnings in front of the JSON and its errors as HTML.
    insert(&mut headers, ACCEPT.as_str(), format::accepted(definition.http.format), false)?;
    for (name, template) in &definition.http.headers {
        let names = template::names(template);
        let find = |name: &str| {
            let secret = || secrets.get(name).map(ExposeSecret::expose_secret);
            settings.get(name).map(String::as_str).or_else(secret).filter(|value| !value.is_empty())
        };
        if let Some(missing) = names.iter().find(|name| find(name).is_none()) {
            if is_optional(definition, missing) {
                continue;
            }
            return Err(AdapterError::config(format!(
                "`{missing}`, which the header `{name}` needs, is missing."
            ))
            .hint(format!("Give the backend a value for `{missing}`.")));
        }
        let value = template::expand(template, |name| Ok(find(name).unwrap_or_default().to_owned()));
        let is_secret = names.iter().any(|name| secrets.contains_key(*name));
        insert(&mut headers, name, &value.map_err(AdapterError::config)?, is_secret)?;
    }
    Ok(headers)
}

/// Whether a setting or secret need not be given.
pub(super) fn is_optional(definition: &Definition, name: &str) -> bool {
    definition.settings.get(name).is_some_and(|setting| setting.optional)
        || definition.secrets.get(name).is_some_and(|secret| secret.optional)
}

/// Adds a header of one call.
pub(super) fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), AdapterError> {
    insert(headers, name, value, false)
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str, is_secret: bool) -> Result<(), AdapterError> {
    let parsed = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(value).ok());
    let Some((name, mut value)) = parsed else {
        let message = format!("The header `{name}` cannot be sent.");
        return Err(
            AdapterError::config(message).hint("A header is a name without blanks and a value on one line.")
        );
    };
    value.set_sensitive(is_secret);
    headers.insert(name, value);
    Ok(())
}
