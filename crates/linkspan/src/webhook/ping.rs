//! Requests that are no deliveries but want an answer.

use axum::http::{HeaderMap, Method, header};
use pyexpr::Json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::verify::Incoming;
use crate::definition::webhooks::{Ping, PingMethod};
use crate::mapping::{Found, Path};

/// Longest text that is sent back: a challenge, not a page.
const MAX_ECHO_BYTES: usize = 1024;

/// A ping of the definition, ready to be compared with requests.
#[derive(Debug)]
pub(super) struct KnownPing {
    ping: Ping,
    path: Option<Path>,
    /// Hash of the secret for `secret_query`.
    secret: Option<Vec<[u8; 32]>>,
}

/// What to answer to a ping.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pong(pub(super) String);

impl KnownPing {
    /// `secrets` are the lines of the ping's secret, if it names one.
    pub(super) fn new(ping: &Ping, secrets: Option<Vec<&str>>) -> Result<Self, String> {
        let path = ping.path.as_deref().map(Path::parse).transpose()?;
        let hash = |secret: &str| Sha256::digest(secret.as_bytes()).into();
        let secret = secrets.map(|lines| lines.into_iter().map(hash).collect());
        Ok(Self { ping: ping.clone(), path, secret })
    }

    /// The answer, if this is the ping.
    pub(super) fn answers(&self, incoming: Incoming<'_>) -> Option<Pong> {
        let wanted = match self.ping.method {
            PingMethod::Post => Method::POST,
            PingMethod::Get => Method::GET,
        };
        if *incoming.method != wanted {
            return None;
        }
        let value = self.value(incoming)?;
        if self.ping.value.as_ref().is_some_and(|expected| *expected != value) || !self.knows_secret(incoming)
        {
            return None;
        }
        let echo = if self.ping.echo { value } else { String::new() };
        (echo.len() <= MAX_ECHO_BYTES).then_some(Pong(echo))
    }

    fn value(&self, incoming: Incoming<'_>) -> Option<String> {
        if let Some(form) = &self.ping.form {
            return is_form(incoming.headers).then(|| field(incoming.body, form))?;
        }
        if let Some(query) = &self.ping.query {
            return incoming.query(query).ok();
        }
        let json = Json::parse(incoming.body).ok()?;
        match self.path.as_ref()?.find(&json) {
            Found::Value(Json::Str(text)) => Some(text.to_string()),
            Found::Value(number @ Json::Int(_)) => Some(number.to_string()),
            _ => None,
        }
    }

    fn knows_secret(&self, incoming: Incoming<'_>) -> bool {
        let (Some(secrets), Some(name)) = (&self.secret, &self.ping.secret_query) else {
            return self.ping.secret.is_none();
        };
        let Ok(given) = incoming.query(name) else { return false };
        let given: [u8; 32] = Sha256::digest(given.as_bytes()).into();
        secrets.iter().fold(false, |found, secret| found | bool::from(secret.ct_eq(&given)))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn field(body: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
