//! OAuth 2 tokens (RFC 6749), asked for with the client's credentials or with a refresh token.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error::AdapterError;
use super::token::{Told, class_of};
use super::{address, template};
use crate::definition::auth::{ClientIn, Oauth2};
use crate::definition::model::ErrorClass;

/// Life of a token whose server does not say; one that ends earlier is renewed when it is refused.
const USUAL_LIFE: Duration = Duration::from_secs(300);

/// Longest life that a token is believed to have; more would not fit a clock.
const LONGEST_LIFE: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A client as the token server knows it.
pub(super) struct OauthClient {
    pub(super) url: Url,
    scope: Option<String>,
    id: String,
    pub(super) secret: SecretString,
    stands_in: ClientIn,
    /// The first refresh token, if tokens are asked for with one.
    pub(super) refresh: Option<SecretString>,
    /// The name of the secret that it is.
    refresh_name: String,
}

impl OauthClient {
    /// `value` gives the setting or secret of a name, or says that it is missing.
    pub(super) fn new<'v>(
        oauth: &Oauth2,
        settings: &BTreeMap<String, String>,
        value: impl Fn(&str) -> Result<&'v str, AdapterError>,
    ) -> Result<OauthClient, AdapterError> {
        let url = template::with_settings(&oauth.token_url, settings).map_err(AdapterError::config)?;
        let url = Url::parse(&url)
            .map_err(|problem| AdapterError::config(format!("`auth.token_url` is no address: {problem}.")))?;
        let refresh =
            oauth.refresh_token.as_ref().map(|name| value(name).map(SecretString::from)).transpose()?;
        Ok(OauthClient {
            url,
            scope: oauth.scope.clone(),
            id: value(&oauth.client_id)?.to_owned(),
            secret: SecretString::from(value(&oauth.client_secret)?),
            stands_in: oauth.client_in,
            refresh,
            refresh_name: oauth.refresh_token.clone().unwrap_or_default(),
        })
    }

    pub(super) fn request(&self, client: &Client, refresh: Option<&SecretString>) -> RequestBuilder {
        let mut form = match refresh {
            Some(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())],
            None => vec![("grant_type", "client_credentials")],
        };
        form.extend(self.scope.as_ref().map(|scope| ("scope", scope.as_str())));
        let secret = self.secret.expose_secret();
        let mut request = client.post(self.url.clone()).header(ACCEPT, "application/json");
        match self.stands_in {
            ClientIn::Header => request = request.basic_auth(&self.id, Some(secret)),
            ClientIn::Body => form.extend([("client_id", self.id.as_str()), ("client_secret", secret)]),
        }
        request.form(&form)
    }

    pub(super) fn read(
        &self,
        status: StatusCode,
        body: &[u8],
        refresh: Option<&SecretString>,
    ) -> Result<Told, AdapterError> {
        let answer = serde_json::from_slice(body).unwrap_or(Value::Null);
        let text = answer["access_token"].as_str().filter(|text| !text.is_empty() && status.is_success());
        let Some(text) = text else { return Err(self.refused(status, &answer, refresh)) };
        let life = seconds(&answer["expires_in"]).map_or(USUAL_LIFE, Duration::from_secs).min(LONGEST_LIFE);
        let refresh = refresh.and_then(|_| answer["refresh_token"].as_str()).filter(|text| !text.is_empty());
        Ok(Told { token: SecretString::from(text), life, refresh: refresh.map(SecretString::from) })
    }

    fn refused(&self, status: StatusCode, answer: &Value, refresh: Option<&SecretString>) -> AdapterError {
        let server = address::origin(&self.url);
        // The standard's own words; what else stands there may be anything.
        let reason = ["error", "error_description"].map(|name| answer[name].as_str().unwrap_or_default());
        let mut reason = reason.join(" ").trim().to_owned();
        if let Some(refresh) = refresh {
            reason = reason.replace(refresh.expose_secret(), "[redacted]");
        }
        let reason = if reason.is_empty() { "without saying why".to_owned() } else { format!("({reason})") };
        let message = format!("The token server {server} answered {} {reason}.", status.as_u16());
        let error = AdapterError::new(class_of(status), message).status(status.as_u16());
        match error.class {
            // RFC 6749, 5.2.
            ErrorClass::Auth if refresh.is_some() && answer["error"] == "invalid_grant" => {
                error.hint(format!(
                    "The refresh token is good no more: it has expired, was revoked, or another program used it and got the \
                     next one. Have the user allow access again, and give the new refresh token to the secret `{}` of this \
                     backend alone.",
                    self.refresh_name
                ))
            }
            ErrorClass::Config => error.hint("It gave no `access_token`; check `auth.token_url`."),
            ErrorClass::Auth => {
                error.hint("Check the client's id, secret and scope, and that it still has access.")
            }
            _ => error,
        }
    }
}

/// A number of seconds; some servers write it as text.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
