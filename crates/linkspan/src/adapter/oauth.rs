//! OAuth 2 tokens (RFC 6749): asked for when one is needed, kept until shortly before they end.
//!
//! Each process keeps its own token in memory; whoever finds none asks for one while the others wait for it. Where a
//! refresh token is used they do so over all processes (`keeper.rs`): a server may give another one each time, and the
//! one before is worth nothing then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use url::Url;

use super::error::AdapterError;
use super::keeper::{KeptTokens, Seal, TokenKeeper, Turn};
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

/// The latest refresh token is worth some attempts: without it a person has to give access again.
const KEEP_ATTEMPTS: u32 = 5;
const KEEP_PAUSE: Duration = Duration::from_secs(1);

/// Where tokens come from.
pub(super) struct TokenSource {
    url: Url,
    scope: Option<String>,
    client_id: String,
    client_secret: SecretString,
    client_in: ClientIn,
    /// The first refresh token, if tokens are asked for with one.
    refresh: Option<SecretString>,
    shared: Option<Shared>,
    held: Mutex<Held>,
}

/// Where the tokens of several processes are kept.
struct Shared {
    keeper: Arc<dyn TokenKeeper>,
    name: String,
    seal: Seal,
    /// The refresh token of the configuration.
    first: SecretString,
}

/// What this process holds.
#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// The last token that was refused: it is worth nothing although it is still kept.
    refused: Option<SecretString>,
    /// The latest refresh token, where this process is the only one that keeps it.
    refresh: Option<SecretString>,
    /// What the store kept when a newer refresh token could not be kept there, and that one.
    unkept: Option<(Option<String>, SecretString)>,
}

#[derive(Clone)]
struct Token {
    text: SecretString,
    good_until: Instant,
}

/// What the token server gave.
struct Given {
    token: Token,
    refresh: Option<SecretString>,
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
        let refresh =
            oauth.refresh_token.as_ref().map(|name| value(name).map(SecretString::from)).transpose()?;
        Ok(TokenSource {
            url,
            scope: oauth.scope.clone(),
            client_id: value(&oauth.client_id)?.to_owned(),
            client_secret: SecretString::from(value(&oauth.client_secret)?),
            client_in: oauth.client_in,
            refresh,
            shared: None,
            held: Mutex::default(),
        })
    }

    /// The same, its refresh tokens kept under `name`.
    pub(super) fn shared(mut self, keeper: Arc<dyn TokenKeeper>, name: &str) -> Result<Self, AdapterError> {
        if let Some(first) = &self.refresh {
            let seal = Seal::new(&self.client_secret, first)?;
            self.shared = Some(Shared { keeper, name: name.to_owned(), seal, first: first.clone() });
        }
        Ok(self)
    }

    /// A token that is good for a while.
    pub(super) async fn token(self: &Arc<Self>, client: &Client) -> Result<SecretString, AdapterError> {
        if let Some(token) = self.held.lock().await.good() {
            return Ok(token);
        }
        // What has begun ends, also if nobody waits for it any more: a refresh token is worth nothing once it was used.
        let (source, client) = (Arc::clone(self), client.clone());
        let renewal = tokio::spawn(async move { source.renew(&client).await });
        renewal.await.map_err(|error| {
            AdapterError::new(ErrorClass::Transient, format!("The request for a token ended early: {error}"))
        })?
    }

    async fn renew(&self, client: &Client) -> Result<SecretString, AdapterError> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.good() {
            return Ok(token);
        }
        let token = match &self.shared {
            Some(shared) => self.ask_in_turn(client, shared, &mut held).await?,
            None => {
                let given = self.ask(client, held.refresh.as_ref().or(self.refresh.as_ref())).await?;
                held.refresh = given.refresh.or(held.refresh.take());
                given.token
            }
        };
        Ok(held.token.insert(token).text.clone())
    }

    /// Takes what another process got, or asks while the others wait.
    async fn ask_in_turn(
        &self,
        client: &Client,
        shared: &Shared,
        held: &mut Held,
    ) -> Result<Token, AdapterError> {
        let turn = shared.keeper.begin(&shared.name).await.map_err(away)?;
        let kept = turn.sealed.as_deref().and_then(|sealed| shared.seal.open(sealed));
        let refused = held.refused.as_ref().map(ExposeSecret::expose_secret);
        if let Some(token) = kept.as_ref().filter(|kept| refused != Some(&kept.access)).and_then(still_good) {
            end(shared, &turn, None).await;
            return Ok(token);
        }
        // Whatever another process has kept meanwhile is newer than what this one could not keep.
        if held.unkept.as_ref().is_some_and(|(kept, _)| *kept != turn.sealed) {
            held.unkept = None;
        }
        let unkept = held.unkept.as_ref().map(|(_, newest)| newest.clone());
        let kept = kept.map(|kept| SecretString::from(kept.refresh));
        let refresh = unkept.or(kept).unwrap_or_else(|| shared.first.clone());
        let Given { token, refresh: newest } = match self.ask(client, Some(&refresh)).await {
            Ok(given) => given,
            Err(error) => {
                end(shared, &turn, None).await;
                return Err(error);
            }
        };
        let newest = newest.unwrap_or(refresh);
        held.unkept = None;
        if !end(shared, &turn, shared.seal.close(&kept_of(&token, &newest))).await {
            held.unkept = Some((turn.sealed, newest));
        }
        Ok(token)
    }

    /// Forgets a token that was refused, unless another one took its place already.
    pub(super) async fn forget(&self, refused: &SecretString) {
        let mut held = self.held.lock().await;
        if held.token.as_ref().is_some_and(|token| token.text.expose_secret() == refused.expose_secret()) {
            held.token = None;
            held.refused = Some(refused.clone());
        }
    }

    async fn ask(&self, client: &Client, refresh: Option<&SecretString>) -> Result<Given, AdapterError> {
        let mut form = match refresh {
            Some(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())],
            None => vec![("grant_type", "client_credentials")],
        };
        form.extend(self.scope.as_ref().map(|scope| ("scope", scope.as_str())));
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
        let Some(text) = text else { return Err(self.refused(status, &answer, refresh)) };
        let life = seconds(&answer["expires_in"]).map_or(USUAL_LIFE, Duration::from_secs);
        // One with a short life is used for half of it.
        let good_until = asked + life.saturating_sub(EARLY).max(life / 2);
        let refresh = refresh.and_then(|_| answer["refresh_token"].as_str()).filter(|text| !text.is_empty());
        let token = Token { text: SecretString::from(text), good_until };
        Ok(Given { token, refresh: refresh.map(SecretString::from) })
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

impl Held {
    fn good(&self) -> Option<SecretString> {
        let token = self.token.as_ref().filter(|token| Instant::now() < token.good_until)?;
        Some(token.text.clone())
    }
}

fn kept_of(token: &Token, refresh: &SecretString) -> KeptTokens {
    let left = token.good_until.saturating_duration_since(Instant::now());
    let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
    KeptTokens {
        access: token.text.expose_secret().to_owned(),
        good_until: Timestamp::now().as_millisecond().saturating_add(left),
        refresh: refresh.expose_secret().to_owned(),
    }
}

fn still_good(kept: &KeptTokens) -> Option<Token> {
    let left = kept.good_until.saturating_sub(Timestamp::now().as_millisecond());
    let left = u64::try_from(left).ok().filter(|left| *left > 0)?;
    let good_until = Instant::now().checked_add(Duration::from_millis(left))?;
    Some(Token { text: SecretString::from(kept.access.as_str()), good_until })
}

/// Whether the turn has ended with what is to be kept.
async fn end(shared: &Shared, turn: &Turn, sealed: Option<String>) -> bool {
    let mut ended = shared.keeper.end(turn, sealed.as_deref()).await;
    for _ in 1..KEEP_ATTEMPTS {
        if ended.is_ok() || sealed.is_none() {
            break;
        }
        sleep(KEEP_PAUSE).await;
        ended = shared.keeper.end(turn, sealed.as_deref()).await;
    }
    if let (Err(error), Some(_)) = (&ended, &sealed) {
        tracing::error!(%error, name = shared.name, "the latest refresh token is in this process only");
    }
    ended.is_ok()
}

fn away(error: String) -> AdapterError {
    AdapterError::new(ErrorClass::Transient, format!("No token can be asked for in turn: {error}"))
}

/// A number of seconds; some servers write it as text.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
