//! Webhooks: how a delivery proves where it comes from, what it imports, and how it is subscribed to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Scalar;

/// How webhooks are verified and what they import.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// How a delivery proves that it comes from the external system.
    pub verify: WebhookVerify,
    /// Where the delivery's own id stands. A second delivery with the same id, topic and body is a repeat, for as long
    /// as the inbox keeps the first one. Without it nothing is a repeat.
    pub delivery_id: Option<Place>,
    /// One delivery tells of several events: where they stand in the body. `[]` follows each list whose items are gone
    /// through: `events[]`, `notifications[].changes[]`, or `[]` alone when the body itself is the list. The path of
    /// `topic` and each topic's `id` then start at an event; `delivery_id` and a `topic` in a header are the delivery's.
    pub each: Option<String>,
    /// Where the topic stands.
    pub topic: Option<Place>,
    /// What each topic imports. One that is not listed is stored and imports nothing.
    #[serde(default)]
    pub topics: BTreeMap<String, Topic>,
    /// Requests that are no deliveries but want an answer: a test when a subscription is made, a challenge.
    #[serde(default)]
    pub ping: Vec<Ping>,
    /// How webhooks are subscribed to through the API. Without it a human does it on the other side.
    pub subscriptions: Option<Subscriptions>,
}

/// How a delivery proves where it comes from. The value of each secret named here may have several lines: every line
/// is accepted, so that a secret can be changed on one side first; new subscriptions get the first line.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum WebhookVerify {
    /// HMAC-SHA256 over the raw body.
    HmacSha256 {
        /// Header that carries the signature.
        header: String,
        /// How the signature is written.
        encoding: SignatureEncoding,
        /// Text in front of the signature, `sha256=` for example.
        prefix: Option<String>,
        /// Name of the secret.
        secret: String,
    },
    /// HMAC-SHA1 over the raw body, for systems that have nothing better.
    HmacSha1 {
        /// Header that carries the signature.
        header: String,
        /// How the signature is written.
        encoding: SignatureEncoding,
        /// Text in front of the signature, `sha1=` for example.
        prefix: Option<String>,
        /// Name of the secret.
        secret: String,
    },
    /// HMAC-SHA512 over the raw body.
    HmacSha512 {
        /// Header that carries the signature.
        header: String,
        /// How the signature is written.
        encoding: SignatureEncoding,
        /// Text in front of the signature, `sha512=` for example.
        prefix: Option<String>,
        /// Name of the secret.
        secret: String,
    },
    /// An HMAC over more than the raw body: HubSpot signs `{method}{url}{body}{time}`, Slack `v0:{time}:{body}`.
    HmacMessage {
        /// Which hash. Default `sha256`.
        #[serde(default)]
        hash: SignatureHash,
        /// Header that carries the signature.
        header: String,
        /// How the signature is written.
        encoding: SignatureEncoding,
        /// Text in front of the signature.
        prefix: Option<String>,
        /// What is signed: `{body}`, and `{method}`, `{url}` and `{time}` where they are signed too, with whatever
        /// stands between them. `{url}` is the address under which the delivery was sent: `public_url` under
        /// `[service]`, the path and the query.
        message: String,
        /// Header that carries the time, in seconds or milliseconds since 1970; `{time}` needs it.
        time_header: Option<String>,
        /// How far its time may be from ours, in seconds. Default 300.
        #[serde(default = "default_tolerance_secs")]
        tolerance_secs: u32,
        /// Name of the secret.
        secret: String,
    },
    /// Standard Webhooks: HMAC-SHA256 over id, time and body, in the headers `webhook-id`, `webhook-timestamp` and
    /// `webhook-signature`.
    StandardWebhooks {
        /// Name of the secret, `whsec_` and base64.
        secret: String,
        /// How far its time may be from ours, in seconds. Default 300.
        #[serde(default = "default_tolerance_secs")]
        tolerance_secs: u32,
    },
    /// As Stripe signs: `t=<time>,v1=<signature>`, HMAC-SHA256 in hexadecimal over time, a dot and the body.
    Stripe {
        /// Header that carries both. Default `Stripe-Signature`.
        #[serde(default = "stripe_signature")]
        header: String,
        /// Name of the secret.
        secret: String,
        /// How far its time may be from ours, in seconds. Default 300.
        #[serde(default = "default_tolerance_secs")]
        tolerance_secs: u32,
    },
    /// HTTP Basic.
    Basic {
        /// Name of the secret or setting that is the user name.
        username: String,
        /// Name of the secret that is the password.
        password: String,
    },
    /// `Authorization: Bearer <secret>`.
    Bearer {
        /// Name of the secret.
        secret: String,
    },
    /// The secret itself, in a header or in the query; exactly one of `header` and `query`.
    Token {
        /// Header that carries it.
        header: Option<String>,
        /// Query parameter that carries it.
        query: Option<String>,
        /// Name of the secret.
        secret: String,
    },
}

fn default_tolerance_secs() -> u32 {
    300
}

fn stripe_signature() -> String {
    "Stripe-Signature".to_owned()
}

impl WebhookVerify {
    /// Name of the secret that a delivery is signed with, and that a new subscription is given.
    pub fn secret(&self) -> &str {
        match self {
            WebhookVerify::HmacSha256 { secret, .. }
            | WebhookVerify::HmacSha1 { secret, .. }
            | WebhookVerify::HmacSha512 { secret, .. }
            | WebhookVerify::HmacMessage { secret, .. }
            | WebhookVerify::StandardWebhooks { secret, .. }
            | WebhookVerify::Stripe { secret, .. }
            | WebhookVerify::Bearer { secret }
            | WebhookVerify::Token { secret, .. }
            | WebhookVerify::Basic { password: secret, .. } => secret,
        }
    }
}

/// Which hash a signature is made with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureHash {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEncoding {
    /// Base64 with padding.
    Base64,
    /// Hexadecimal.
    Hex,
}

/// Where a value of a delivery stands: exactly one of `header` and `path`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Name of a header, in any case.
    pub header: Option<String>,
    /// Path in the body.
    pub path: Option<String>,
}

/// What a webhook's topic imports: `import` with `id`, or `ignore`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// The entity whose record is fetched and imported.
    pub import: Option<String>,
    /// Path to the record's id in the body.
    pub id: Option<String>,
    /// It imports nothing, and nobody needs to hear of it.
    #[serde(default)]
    pub ignore: bool,
}

/// A request that is no delivery. It counts without a signature and with a right one, never with a wrong one. It is
/// answered with status 200 and nothing is stored. Exactly one of `form`, `path` and `query` tells it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// Method of the request. Default `POST`.
    #[serde(default)]
    pub method: PingMethod,
    /// Field that a form-encoded body has.
    pub form: Option<String>,
    /// Path in a JSON body to text or a number.
    pub path: Option<String>,
    /// Query parameter.
    pub query: Option<String>,
    /// The value it must have. Default: any.
    pub value: Option<String>,
    /// Its value is sent back as plain text: a challenge.
    #[serde(default)]
    pub echo: bool,
    /// Query parameter that must hold the `secret`.
    pub secret_query: Option<String>,
    /// Name of the secret for `secret_query`.
    pub secret: Option<String>,
}

/// Method of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PingMethod {
    #[default]
    Post,
    Get,
}

/// How webhooks are subscribed to through the API: one subscription for each topic that imports something, or one for all.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscriptions {
    /// Operation that lists the subscriptions.
    pub list: String,
    /// Operation that makes one.
    pub create: String,
    /// Operation that changes one by `{id}`. Without it a wrong one is deleted and made anew.
    pub update: Option<String>,
    /// Operation that deletes one by `{id}`.
    pub delete: Option<String>,
    /// Path to a subscription's id in the list.
    pub id: String,
    /// Name of the field that holds the topic. Default: one subscription brings all topics.
    pub topic: Option<String>,
    /// Name of the field that holds the address to deliver to.
    pub address: String,
    /// Name of the field that takes the secret to sign with. Default: the other side has one of its own.
    pub secret: Option<String>,
    /// Name of the field that tells whether it delivers, with `active`. Default: one that is listed delivers.
    pub status: Option<String>,
    /// The value of `status` of one that delivers. It is sent too, with new ones and with changes, unless `switch_on` says
    /// that `status` is only read.
    pub active: Option<Scalar>,
    /// `status` is only read, and these fields switch one on again with `update`: `{ disabled = false }` (Stripe). Empty:
    /// nothing does, so that one that was switched off is deleted and made anew.
    pub switch_on: Option<BTreeMap<String, Scalar>>,
    /// Further fields of a new one.
    #[serde(default)]
    pub fields: BTreeMap<String, Scalar>,
    /// Name of the object that the fields stand in. Default: the body itself.
    pub wrap: Option<String>,
}
