//! Tokens that a login gives: a user's name and password, or whatever else the server asks for, posted.

use std::collections::BTreeMap;
use std::time::Duration;

use pyexpr::Json;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::address::{self, Base};
use super::error::AdapterError;
use super::headers::is_optional;
use super::token::{Told, class_of};
use super::{body, format, path};
use crate::definition::auth;
use crate::definition::model::{Definition, ErrorClass, Format, Paths};

/// Life of a token whose end nobody tells: it is used until it is refused.
const UNTIL_REFUSED: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Most of the server's own words in an error.
const MAX_WORDS: usize = 200;

/// A login, ready to be sent.
pub(super) struct Login {
    pub(super) url: Url,
    /// The setting to change when the address is wrong.
    pub(super) setting: String,
    headers: HeaderMap,
    /// As it goes over the wire.
    pub(super) body: SecretString,
    pub(super) password: SecretString,
    token: Option<String>,
    expires_in: Option<String>,
    lifetime: Duration,
    /// Where the server says why it refuses.
    error_message: Vec<String>,
}

impl Login {
    /// `value` gives the setting or secret of a name, or says that it is missing; `headers` go along with every request.
    pub(super) fn new<'v>(
        login: &auth::Login,
        definition: &Definition,
        base: &Base,
        settings: &BTreeMap<String, String>,
        mut headers: HeaderMap,
        value: impl Fn(&str) -> Result<&'v str, AdapterError>,
    ) -> Result<Login, AdapterError> {
        let fields = login.fields();
        for name in body::names_in(&fields) {
            if !is_optional(definition, &name) {
                value(&name)?;
            }
        }
        let filled = |name: &str| Some(body::setting(definition, name, value(name).ok()?));
        let filled = body::filled(&fields, filled).unwrap_or(json!({}));
        let (kind, body) = match login.form {
            true => (Format::Form, format::form(&filled)),
            false => (Format::Json, filled.to_string()),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format::content_type(kind)));
        Ok(Login {
            url: base.at(&login.path, |name| settings.get(name).map(String::as_str))?,
            setting: base.setting.clone(),
            headers,
            body: body.into(),
            password: value(&login.password)?.into(),
            token: login.token.clone(),
            expires_in: login.expires_in.clone(),
            lifetime: login.lifetime.map_or(UNTIL_REFUSED, Duration::from_secs),
            error_message: definition.http.error_message.as_ref().map_or(&[][..], Paths::as_slice).to_vec(),
        })
    }

    pub(super) fn request(&self, client: &Client) -> RequestBuilder {
        let body = self.body.expose_secret().to_owned();
        client.post(self.url.clone()).headers(self.headers.clone()).body(body)
    }

    /// What tells it from other logins.
    pub(super) fn identity(&self) -> Vec<u8> {
        format!("{}\n{}", self.url, self.body.expose_secret()).into_bytes()
    }

    pub(super) fn read(&self, status: StatusCode, body: &[u8]) -> Result<Told, AdapterError> {
        let answer = Json::parse(body).ok();
        let token = match (&self.token, &answer) {
            (Some(path), Some(answer)) => path::find(answer, path).and_then(text),
            (None, Some(answer)) => text(answer),
            (None, None) => std::str::from_utf8(body).ok().map(|text| text.trim().to_owned()),
            (Some(_), None) => None,
        };
        // A page for people is no token.
        let token = token.filter(|token| {
            status.is_success()
                && !token.is_empty()
                && !token.contains(|c: char| c.is_whitespace() || c == '<')
        });
        let Some(token) = token else { return Err(self.refused(status, answer.as_ref())) };
        let told = self.expires_in.as_ref().and_then(|path| path::find(answer.as_ref()?, path));
        let life = told.and_then(seconds).unwrap_or(self.lifetime);
        Ok(Told { token: token.into(), life: life.min(UNTIL_REFUSED), refresh: None })
    }

    fn refused(&self, status: StatusCode, answer: Option<&Json<'_>>) -> AdapterError {
        let server = address::origin(&self.url);
        // What is no text may hold a token.
        let mut words = self.error_message.iter().filter_map(|path| path::find(answer?, path)?.as_str());
        let words = words.find(|words| !words.is_empty());
        let words = words.map(|words| words.replace(self.password.expose_secret(), "[redacted]"));
        let reason = match &words {
            Some(words) => format!("({})", words.chars().take(MAX_WORDS).collect::<String>()),
            None => "without saying why".to_owned(),
        };
        let message = format!("The login at {server} was answered with {} {reason}.", status.as_u16());
        // Some refuse with the status of a success, and say why.
        let class = match class_of(status) {
            ErrorClass::Config if status.is_success() && words.is_some() => ErrorClass::Auth,
            class => class,
        };
        let error = AdapterError::new(class, message).status(status.as_u16());
        match class {
            ErrorClass::Config => error.hint("It gave no token; check `auth.path` and `auth.token`."),
            ErrorClass::Auth => {
                error.hint("Check the user's name and password, and that the user may use the API.")
            }
            _ => error,
        }
    }
}

/// A token or a number as text.
fn text(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Str(text) => Some(text.clone().into_owned()),
        Json::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A number of seconds above 0, perhaps as text.
fn seconds(json: &Json<'_>) -> Option<Duration> {
    let number = match json {
        Json::Float(number) => *number,
        other => text(other)?.parse::<f64>().ok()?,
    };
    (number >= 1.0).then(|| Duration::from_secs(number as u64))
}
