//! Tokens that are asked for when one is needed, and kept until shortly before they end.
//!
//! Each process keeps its own token in memory; whoever finds none asks for one while the others wait for it. Where a
//! refresh token is used, or a user logs in, they do so over all processes (`keeper.rs`): a server may give another
//! refresh token each time, and the one before is worth nothing then; and it may end a session when another begins.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use url::Url;

use super::error::AdapterError;
use super::keeper::{KeptTokens, Seal, TokenKeeper, Turn};
use super::login::Login;
use super::oauth::OauthClient;
use super::transport;
use crate::definition::model::ErrorClass;

/// A token is not used for longer than this before it ends: clocks and requests take their time.
const EARLY: Duration = Duration::from_secs(60);

/// Longest time for the token server's answer, and most of it that is read.
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The latest refresh token is worth some attempts: without it a person has to give access again.
const KEEP_ATTEMPTS: u32 = 5;
const KEEP_PAUSE: Duration = Duration::from_secs(1);

/// How a token is asked for.
pub(super) enum Way {
    Oauth(OauthClient),
    Login(Login),
}

/// What the token server told.
pub(super) struct Told {
    pub(super) token: SecretString,
    pub(super) life: Duration,
    pub(super) refresh: Option<SecretString>,
}

impl Way {
    fn request(&self, client: &Client, refresh: Option<&SecretString>) -> RequestBuilder {
        match self {
            Way::Oauth(oauth) => oauth.request(client, refresh),
            Way::Login(login) => login.request(client),
        }
    }

    fn read(
        &self,
        status: StatusCode,
        body: &[u8],
        refresh: Option<&SecretString>,
    ) -> Result<Told, AdapterError> {
        match self {
            Way::Oauth(oauth) => oauth.read(status, body, refresh),
            Way::Login(login) => login.read(status, body),
        }
    }

    /// Its address, and what of the configuration gives that.
    fn address(&self) -> (&Url, &str) {
        match self {
            Way::Oauth(oauth) => (&oauth.url, "auth.token_url"),
            Way::Login(login) => (&login.url, &login.setting),
        }
    }
}

/// The class of a refusal.
pub(super) fn class_of(status: StatusCode) -> ErrorClass {
    match status.as_u16() {
        408 | 425 | 429 => ErrorClass::Throttled,
        500..=599 => ErrorClass::Transient,
        200..=399 => ErrorClass::Config,
        _ => ErrorClass::Auth,
    }
}

/// Where tokens come from.
pub(super) struct TokenSource {
    way: Way,
    shared: Option<Shared>,
    held: Mutex<Held>,
}

/// Where the tokens of several processes are kept.
struct Shared {
    keeper: Arc<dyn TokenKeeper>,
    name: String,
    /// Made when a token is asked for: that of a login takes its time.
    seal: OnceLock<Seal>,
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

impl TokenSource {
    pub(super) fn new(way: Way) -> TokenSource {
        TokenSource { way, shared: None, held: Mutex::default() }
    }

    /// The same, its tokens kept under `name` where processes have to agree on one.
    pub(super) fn shared(mut self, keeper: Arc<dyn TokenKeeper>, name: &str) -> Self {
        if matches!(self.way, Way::Login(_)) || self.first().is_some() {
            self.shared = Some(Shared { keeper, name: name.to_owned(), seal: OnceLock::new() });
        }
        self
    }

    fn seal<'s>(&self, shared: &'s Shared) -> Result<&'s Seal, AdapterError> {
        if let Some(seal) = shared.seal.get() {
            return Ok(seal);
        }
        let none = SecretString::default();
        let seal = match &self.way {
            Way::Oauth(oauth) => Seal::new(&oauth.secret, self.first().unwrap_or(&none)),
            Way::Login(login) => Seal::of_login(&login.password, &login.identity()),
        }?;
        Ok(shared.seal.get_or_init(|| seal))
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
                let (token, newest) = self.ask(client, held.refresh.as_ref().or(self.first())).await?;
                held.refresh = newest.or(held.refresh.take());
                token
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
        let seal = self.seal(shared)?;
        let turn = shared.keeper.begin(&shared.name).await.map_err(away)?;
        let kept = turn.sealed.as_deref().and_then(|sealed| seal.open(sealed));
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
        let kept = kept.filter(|kept| !kept.refresh.is_empty()).map(|kept| SecretString::from(kept.refresh));
        let refresh = unkept.or(kept).or_else(|| self.first().cloned());
        let (token, newest) = match self.ask(client, refresh.as_ref()).await {
            Ok(told) => told,
            Err(error) => {
                end(shared, &turn, None).await;
                return Err(error);
            }
        };
        let newest = newest.or(refresh);
        let kept = end(shared, &turn, seal.close(&kept_of(&token, newest.as_ref()))).await;
        held.unkept = newest.filter(|_| !kept).map(|newest| (turn.sealed, newest));
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

    /// A token, and the refresh token that came with it.
    async fn ask(
        &self,
        client: &Client,
        refresh: Option<&SecretString>,
    ) -> Result<(Token, Option<SecretString>), AdapterError> {
        let asked = Instant::now();
        let (url, setting) = self.way.address();
        let lost = |error: reqwest::Error| transport::explain(&error, url, setting).1;
        let request = self.way.request(client, refresh).timeout(TIMEOUT);
        let mut response = request.send().await.map_err(lost)?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER_BYTES {
                break;
            }
        }
        let Told { token, life, refresh } = self.way.read(status, &body, refresh)?;
        // One with a short life is used for half of it.
        let good_until = asked + life.saturating_sub(EARLY).max(life / 2);
        Ok((Token { text: token, good_until }, refresh))
    }

    /// Where tokens are asked for.
    pub(super) fn url(&self) -> &Url {
        self.way.address().0
    }

    /// The refresh token of the configuration, if tokens are asked for with one.
    fn first(&self) -> Option<&SecretString> {
        match &self.way {
            Way::Oauth(oauth) => oauth.refresh.as_ref(),
            Way::Login(_) => None,
        }
    }
}

impl Held {
    fn good(&self) -> Option<SecretString> {
        let token = self.token.as_ref().filter(|token| Instant::now() < token.good_until)?;
        Some(token.text.clone())
    }
}

fn kept_of(token: &Token, refresh: Option<&SecretString>) -> KeptTokens {
    let left = token.good_until.saturating_duration_since(Instant::now());
    let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
    KeptTokens {
        access: token.text.expose_secret().to_owned(),
        good_until: Timestamp::now().as_millisecond().saturating_add(left),
        refresh: refresh.map(|refresh| refresh.expose_secret().to_owned()).unwrap_or_default(),
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
        tracing::error!(%error, name = shared.name, "the latest token is in this process only");
    }
    ended.is_ok()
}

fn away(error: String) -> AdapterError {
    AdapterError::new(ErrorClass::Transient, format!("No token can be asked for in turn: {error}"))
}
