//! OAuth 2 tokens (RFC 6749): asked for when one is needed, kept until shortly before they end.
//!
//! Each process keeps its own token, in memory only. Whoever finds none asks for one while the others wait for it.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::error::AdapterError;
use super::{address, template, transport};
use crate::definition::auth::{ClientIn, Oauth2};
use crate::definition::model::ErrorClass;

/// A token is not used for longer than this before it ends: clocks and requests take their time.
const EARLY: Duration = Duration::from_secs(60);

/// Life of a token whose server does not say; one that ends earlier is renewed when it is refused.
const USUAL_LIFE: Duration = Duration::from_secs(300);

/// Longest time for the token server's answer, and most of it that is read.
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where tokens come from.
pub(super) struct TokenSource {
    url: Url,
    form: Vec<(&'static str, SecretString)>,
    client_id: String,
    client_secret: SecretString,
    client_in: ClientIn,
    kept: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    text: SecretString,
    good_until: Instant,
}

impl TokenSource {
    /// `value` gives the setting or secret of a name, or says that it is missing.
    pub(super) fn new<'v>(
        oauth: &Oauth2,
        settings: &BTreeMap<String, String>,
        value: impl Fn(&str) -> Result<&'v str, AdapterError>,
    ) -> Result<TokenSource, AdapterError> {
        let url = template::expand(&oauth.token_url, |name| {
            settings.get(name).cloned().ok_or_else(|| format!("The setting `{name}` is missing."))
        })
        .map_err(AdapterError::config)?;
        let url = Url::parse(&url)
            .map_err(|problem| AdapterError::config(format!("`auth.token_url` is no address: {problem}.")))?;
        let mut form = Vec::new();
        match &oauth.refresh_token {
            Some(name) => {
                form.push(("grant_type", SecretString::from("refresh_token")));
                form.push(("refresh_token", SecretString::from(value(name)?)));
            }
            None => form.push(("grant_type", SecretString::from("client_credentials"))),
        }
        form.extend(oauth.scope.as_ref().map(|scope| ("scope", SecretString::from(scope.as_str()))));
        Ok(TokenSource {
            url,
            form,
            client_id: value(&oauth.client_id)?.to_owned(),
            client_secret: SecretString::from(value(&oauth.client_secret)?),
            client_in: oauth.client_in,
            kept: Mutex::new(None),
        })
    }

    /// A token that is good for a while.
    pub(super) async fn token(&self, client: &Client) -> Result<SecretString, AdapterError> {
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.good_until) {
            return Ok(token.text.clone());
        }
        let token = self.ask(client).await?;
        Ok(kept.insert(token).text.clone())
    }

    /// Forgets a token that was refused, unless another one took its place already.
    pub(super) async fn forget(&self, refused: &SecretString) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|token| token.text.expose_secret() == refused.expose_secret()) {
            *kept = None;
        }
    }

    async fn ask(&self, client: &Client) -> Result<Token, AdapterError> {
        let mut form: Vec<(&str, &str)> =
            self.form.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
        let secret = self.client_secret.expose_secret();
        let mut request = client.post(self.url.clone()).timeout(TIMEOUT).header(ACCEPT, "application/json");
        match self.client_in {
            ClientIn::Header => request = request.basic_auth(&self.client_id, Some(secret)),
            ClientIn::Body => {
                form.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)])
            }
        }
        let asked = Instant::now();
        let lost = |error: reqwest::Error| transport::explain(&error, &self.url, "auth.token_url").1;
        let mut response = request.form(&form).send().await.map_err(lost)?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER_BYTES {
                break;
            }
        }
        let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let text = answer["access_token"].as_str().filter(|text| !text.is_empty() && status.is_success());
        let Some(text) = text else { return Err(self.refused(status, &answer)) };
        let life = seconds(&answer["expires_in"]).map_or(USUAL_LIFE, Duration::from_secs);
        // One with a short life is used for half of it.
        let good_for = life.saturating_sub(EARLY).max(life / 2);
        Ok(Token { text: SecretString::from(text), good_until: asked + good_for })
    }

    fn refused(&self, status: StatusCode, answer: &Value) -> AdapterError {
        let server = address::origin(&self.url);
        // The standard's own words; what else stands there may be anything.
        let reason = ["error", "error_description"].map(|name| answer[name].as_str().unwrap_or_default());
        let reason = reason.join(" ").trim().to_owned();
        let reason = if reason.is_empty() { "without saying why".to_owned() } else { format!("({reason})") };
        let message = format!("The token server {server} answered {} {reason}.", status.as_u16());
        let error = match status.as_u16() {
            408 | 425 | 429 => AdapterError::new(ErrorClass::Throttled, message),
            500..=599 => AdapterError::new(ErrorClass::Transient, message),
            200..=299 => {
                AdapterError::config(message).hint("It gave no `access_token`; check `auth.token_url`.")
            }
            _ => AdapterError::new(ErrorClass::Auth, message)
                .hint("Check the client's id, secret and scope, and that it still has access."),
        };
        error.status(status.as_u16())
    }
}

/// A number of seconds; some servers write it as text.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
