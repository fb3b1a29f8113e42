//! The types of `linkspan.toml`. Their doc comments are the reference (`docs/config.md`).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::Deserialize;

use super::sync_rules::{RolloutFile, ScheduleFile};
use crate::definition::model::Scalar;

/// The file `linkspan.toml`: where Linkspan stores its data, the Odoo databases and the backends.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Version of the file's language. Always `1`.
    pub schema: u32,
    /// Where bindings, checkpoints and dead letters are stored.
    #[serde(default)]
    pub store: StoreFile,
    /// The Odoo databases. Name = how to reach it.
    #[serde(default)]
    pub odoo: BTreeMap<String, OdooFile>,
    /// The external systems. Name = connector and what it needs. The name is part of every external id in Odoo,
    /// so it never changes.
    #[serde(default)]
    pub backends: BTreeMap<String, BackendFile>,
    /// The service that `linkspan serve` runs.
    #[serde(default)]
    pub service: ServiceFile,
}

/// The service that `linkspan serve` runs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceFile {
    /// Address to listen on, with port. Default `127.0.0.1:8710`.
    #[serde(default = "default_listen")]
    pub listen: String,
    /// Address under which the external systems reach this service, without a path: `https://sync.example.com`.
    /// Webhooks are subscribed to with `/webhooks/` and the backend's name behind it.
    pub public_url: Option<String>,
    /// Proxies in front of the service, as addresses or networks such as `10.0.0.0/8`: what they say in
    /// `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// Size a webhook may have, in bytes; a larger one is refused. Default 5,242,880 (5 MiB).
    #[serde(default = "default_webhook_max_bytes")]
    pub webhook_max_bytes: u64,
    /// Time for the body of a webhook to arrive, in milliseconds. Default 10,000.
    #[serde(default = "default_webhook_timeout_ms")]
    pub webhook_timeout_ms: u64,
    /// Days that webhooks are kept, for replay and to tell repeats. At least 7, default 30.
    #[serde(default = "default_inbox_days")]
    pub inbox_days: u32,
    /// Where people are told of alerts. Default: nowhere but on the dashboard.
    pub alerts: Option<AlertsFile>,
}

/// Where people are told of alerts: once when one is raised, once when it is over.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertsFile {
    /// Address that takes a JSON POST: an incoming webhook of Slack, Mattermost or Microsoft Teams, or a program of your
    /// own. Who knows it may write there, so it is a secret. It may be a private address.
    pub url: SecretFrom,
    /// Messages a minute at most, 1 to 60; each tells everything that is new. Default 6.
    #[serde(default = "default_alerts_per_minute")]
    pub per_minute: u32,
}

fn default_alerts_per_minute() -> u32 {
    6
}

impl Default for ServiceFile {
    fn default() -> Self {
        ServiceFile {
            listen: default_listen(),
            public_url: None,
            trusted_proxies: Vec::new(),
            webhook_max_bytes: default_webhook_max_bytes(),
            webhook_timeout_ms: default_webhook_timeout_ms(),
            inbox_days: default_inbox_days(),
            alerts: None,
        }
    }
}

/// Where the service listens unless it is told otherwise.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8710);

fn default_listen() -> String {
    LISTEN.to_string()
}

fn default_webhook_max_bytes() -> u64 {
    5 * 1024 * 1024
}

fn default_webhook_timeout_ms() -> u64 {
    10_000
}

fn default_inbox_days() -> u32 {
    30
}

/// Where Linkspan stores its data.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreFile {
    /// `sqlite:` and a path (relative to this file), or a `postgres://` address, or `{ env = "NAME" }` for an
    /// address that holds a password. Default `sqlite:linkspan.db`.
    pub url: Option<TextOrEnv>,
}

/// A text, or the environment variable that holds it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TextOrEnv {
    /// The text itself.
    Text(String),
    /// The environment variable that holds it.
    Env(Env),
}

/// An environment variable.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Env {
    /// Its name.
    pub env: String,
}

/// Where a secret comes from: exactly one of `env`, `file`, `command`. The secret itself never stands in this
/// file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-never-plain" = "A secret never stands in this file. Write where it comes from: `{ env = \"NAME\" }` (an environment variable), `{ file = \"/path\" }` (a file that holds only the secret), or `{ command = [\"pass\", \"show\", \"name\"] }` (what a program prints)."))]
pub struct SecretFrom {
    /// Environment variable that holds the secret.
    pub env: Option<String>,
    /// File that holds only the secret; blanks and line ends around it are dropped. A relative path starts at
    /// this file.
    pub file: Option<String>,
    /// Program with its arguments that prints the secret; blanks and line ends around it are dropped.
    pub command: Option<Vec<String>>,
}

/// How to reach an Odoo database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OdooFile {
    /// Address of the Odoo, `https://company.odoo.com` for example.
    pub url: String,
    /// Name of the database.
    pub database: String,
    /// Login of the user who writes the records.
    pub login: String,
    /// That user's API key or password.
    pub secret: SecretFrom,
    /// Id of the company records belong to. Default: the user's.
    pub company: Option<i64>,
    /// Language in which texts are written, `en_US` for example. Default: the user's.
    pub lang: Option<String>,
    /// Time zone of the company, `Asia/Riyadh` for example. Default: the user's.
    pub timezone: Option<String>,
    /// Protocol. Default: chosen by asking the server.
    pub protocol: Option<Protocol>,
    /// Requests under way at the same time. Default 4.
    #[serde(default = "default_max_concurrency")]
    pub max_concurrency: u32,
    /// Requests each `per_ms`. Default: no cap.
    pub rate: Option<u32>,
    /// Length of the rate's window in milliseconds. Default 1,000.
    #[serde(default = "default_per_ms")]
    pub per_ms: u64,
    /// Time for one request, in milliseconds; a batch of 1,000 records takes seconds. Default 120,000.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_max_concurrency() -> u32 {
    4
}

fn default_per_ms() -> u64 {
    1_000
}

fn default_timeout_ms() -> u64 {
    120_000
}

/// Protocol towards Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// JSON-2, Odoo 19.0 and later.
    Json2,
    /// JSON-RPC.
    Jsonrpc,
    /// XML-RPC.
    Xmlrpc,
}

/// One external system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendFile {
    /// Id of a shipped connector, `woocommerce` for example, or the path to a definition, which starts with `.`
    /// or `/` and is relative to this file.
    pub connector: String,
    /// Name of the Odoo database, one of `odoo`.
    pub odoo: String,
    /// The settings that the definition asks for. Name = value.
    #[serde(default)]
    pub settings: BTreeMap<String, Scalar>,
    /// The secrets that the definition asks for. Name = where it comes from.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretFrom>,
    /// The entities to sync. Default: all that can be imported.
    pub entities: Option<Vec<String>>,
    /// How far each entity's sync is rolled out. Entity = stages.
    #[serde(default)]
    pub rollout: BTreeMap<String, RolloutFile>,
    /// When the service imports by itself. Default: every five minutes what changed.
    #[serde(default)]
    pub schedules: Vec<ScheduleFile>,
    /// Language for this backend instead of the Odoo's.
    pub lang: Option<String>,
    /// Company for this backend instead of the Odoo's.
    pub company: Option<i64>,
    /// Time zone for this backend instead of the Odoo's.
    pub timezone: Option<String>,
    /// Addresses or networks such as `203.0.113.0/24` that webhooks of this backend come from; others are refused.
    /// Default: any, if the signature is right.
    #[serde(default)]
    pub webhook_ips: Vec<String>,
}
