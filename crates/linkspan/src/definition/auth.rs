//! How requests are authenticated.

use schemars::JsonSchema;
use serde::Deserialize;

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
    /// OAuth 2: `Authorization: Bearer <token>` with a token that is asked for, and renewed, at `token_url`.
    Oauth2(Oauth2),
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

impl Auth {
    /// The operation that "test connection" calls.
    pub fn verify(&self) -> Option<&str> {
        match self {
            Auth::None { verify }
            | Auth::Basic { verify, .. }
            | Auth::ApiKey { verify, .. }
            | Auth::Bearer { verify, .. }
            | Auth::Oauth2(Oauth2 { verify, .. }) => verify.as_deref(),
        }
    }
}
