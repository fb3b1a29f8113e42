//! How requests are authenticated.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::model::Data;
use super::webhooks::SignatureHash;

/// How requests are authenticated.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// No authentication.
    None {
        /// The operation that "test connection" calls.
        verify: Option<String>,
    },
    /// HTTP Basic.
    Basic {
        /// Name of the secret or setting that is the user name.
        username: String,
        /// Name of the secret that is the password. One that is `optional` and not given is an empty password.
        password: String,
        /// Whether requests over plain http are signed besides, for systems that take a password over TLS only, as WooCommerce:
        /// as with `kind = "oauth1"`, with SHA-256, the user name as consumer key, the password as its secret, and what signs in
        /// the query.
        #[serde(default)]
        sign_over_http: bool,
        /// The operation that "test connection" calls.
        verify: Option<String>,
    },
    /// A key in a header or in the query; exactly one of `header` and `query`.
    ApiKey {
        /// Name of the secret.
        secret: String,
        /// Header that carries the key.
        header: Option<String>,
        /// Query parameter that carries the key.
        query: Option<String>,
        /// Text in front of the key, `Token ` for example.
        prefix: Option<String>,
        /// The operation that "test connection" calls.
        verify: Option<String>,
    },
    /// `Authorization: Bearer <secret>`.
    Bearer {
        /// Name of the secret.
        secret: String,
        /// The operation that "test connection" calls.
        verify: Option<String>,
    },
    /// OAuth 1.0a (RFC 5849): requests are signed, and what signs them stands in `Authorization: OAuth ...`.
    Oauth1(Oauth1),
    /// OAuth 2: `Authorization: Bearer <token>` with a token that is asked for, and renewed, at `token_url`.
    Oauth2(Oauth2),
    /// A login that gives a token: `Authorization: Bearer <token>` once more, unless `header` says something else.
    Login(Login),
}

/// What requests are signed with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth1 {
    /// Name of the secret or setting that is the client's key.
    pub consumer_key: String,
    /// Name of the secret that belongs to it.
    pub consumer_secret: String,
    /// Name of the secret that is the token of a user or of an integration. Default: the client signs for itself.
    pub token: Option<String>,
    /// Name of the secret that belongs to the token.
    pub token_secret: Option<String>,
    /// The hash of `HMAC-SHA1`, `HMAC-SHA256` or `HMAC-SHA512`.
    #[serde(default)]
    pub hash: SignatureHash,
    /// The realm that the header names, such as NetSuite's account. May hold `{setting}`.
    pub realm: Option<String>,
    /// The operation that "test connection" calls.
    pub verify: Option<String>,
}

/// Where OAuth 2 tokens come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth2 {
    /// Address of the token server. May hold `{setting}`.
    pub token_url: String,
    /// Name of the secret or setting that is the client's id.
    pub client_id: String,
    /// Name of the secret that is the client's secret.
    pub client_secret: String,
    /// Name of the secret that is a refresh token; tokens are then asked for with it. Where the token server gives another
    /// one each time, as Xero and QuickBooks do, the latest is kept in the store, encrypted with a key that the client's
    /// secret gives; a new value of this secret replaces it, and goes with a new client secret. Default: with the client's own credentials.
    pub refresh_token: Option<String>,
    /// What the token may do, as the token server wants it.
    pub scope: Option<String>,
    /// Header that carries the token, alone. Default: `Authorization: Bearer <token>`.
    pub header: Option<String>,
    /// Where the client's id and secret stand in the request for a token.
    #[serde(default)]
    pub client_in: ClientIn,
    /// The operation that "test connection" calls.
    pub verify: Option<String>,
}

/// Where a client's id and secret stand in the request for a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientIn {
    /// HTTP Basic.
    #[default]
    Header,
    /// The form, as `client_id` and `client_secret`.
    Body,
}

/// How a login gives a token, which is used until it ends or is refused: with status 401, or with an answer of class
/// `auth` by one of `errors`. Processes on one store share it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Path that the login is posted to, after `http.base_url`. May hold `{setting}`.
    pub path: String,
    /// Name of the secret or setting that is the user's name, if there is one.
    pub username: Option<String>,
    /// Name of the secret that is the password, or the key, that is taken for a token.
    pub password: String,
    /// What is posted. A text that is nothing but a setting or a secret in braces stands for its value. Default: user name and
    /// password as `username` and `password`.
    #[schemars(with = "Option<BTreeMap<String, Data>>")]
    pub body: Option<Value>,
    /// Whether it is posted as a form instead of JSON.
    #[serde(default)]
    pub form: bool,
    /// Path to the token in the answer. Default: the answer is the token, as JSON text or plain.
    pub token: Option<String>,
    /// Path to the number of seconds that the token is good for; a value that is none, or 0, tells nothing.
    pub expires_in: Option<String>,
    /// Seconds that a token is good for where the answer does not tell. Default: until it is refused, with status 401 or as one
    /// of `errors` with class `auth` says.
    pub lifetime: Option<u64>,
    /// Header that carries the token. Default: `Authorization`.
    pub header: Option<String>,
    /// Text in front of the token there. Default: `Bearer ` in `Authorization`, nothing in another header.
    pub prefix: Option<String>,
    /// The operation that "test connection" calls.
    pub verify: Option<String>,
}

impl Login {
    /// The header that carries the token, and what stands in front of it there.
    pub fn place(&self) -> (&str, &str) {
        let header = self.header.as_deref().unwrap_or("Authorization");
        let usual = if header.eq_ignore_ascii_case("Authorization") { "Bearer " } else { "" };
        (header, self.prefix.as_deref().unwrap_or(usual))
    }

    /// What is posted, with its `{name}`s.
    pub fn fields(&self) -> Value {
        let default = || {
            let named = |name: &String| Value::from(format!("{{{name}}}"));
            let username = self.username.iter().map(|name| ("username".to_owned(), named(name)));
            username.chain([("password".to_owned(), named(&self.password))]).collect()
        };
        self.body.clone().unwrap_or_else(|| Value::Object(default()))
    }
}

impl Auth {
    /// The operation that "test connection" calls.
    pub fn verify(&self) -> Option<&str> {
        match self {
            Auth::None { verify }
            | Auth::Basic { verify, .. }
            | Auth::ApiKey { verify, .. }
            | Auth::Bearer { verify, .. }
            | Auth::Oauth1(Oauth1 { verify, .. })
            | Auth::Oauth2(Oauth2 { verify, .. })
            | Auth::Login(Login { verify, .. }) => verify.as_deref(),
        }
    }
}
