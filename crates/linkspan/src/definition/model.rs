//! The definition's types. Their doc comments are the reference: `linkspan schema` and
//! `docs/definition.md` are made from them, so each says shape, unit and default.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::auth::Auth;
use super::entity::Entity;
use super::operation::Operation;
use super::webhooks::Webhooks;

/// A connector definition, the file `connector.toml`: how to talk to one kind of external system and how its
/// records map to Odoo.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Version of the definition language. Always `1`.
    pub schema: u32,
    /// Who this connector is.
    pub connector: Connector,
    /// What an operator fills in for each backend, except secrets. Name = title and type.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// Names of the secrets each backend must supply. Values never stand in a definition.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    /// How requests are authenticated.
    pub auth: Auth,
    /// Base address and caps of every request.
    pub http: Http,
    /// Rate limits. All that match apply, shared by every worker on the same scope.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// What an error answer means. The first rule that matches decides; without one the HTTP status does.
    #[serde(default)]
    pub errors: Vec<ErrorRule>,
    /// The requests this connector can make.
    #[serde(default)]
    pub operations: BTreeMap<String, Operation>,
    /// The kinds of records it syncs. Those that others refer to come in first, the rest in the order of their names.
    pub entities: BTreeMap<String, Entity>,
    /// How the external system's webhooks are verified and what they import.
    pub webhooks: Option<Webhooks>,
}

/// Who a connector is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Short name in lower case, digits and `_`; part of every external id in Odoo, so it never changes.
    pub id: String,
    /// Name for people, in one line.
    pub title: String,
    /// What kind of system it is.
    #[serde(rename = "type")]
    pub kind: ConnectorType,
    /// Version of this definition, `major.minor.patch`.
    pub version: String,
    /// One or two sentences for people.
    pub description: Option<String>,
}

/// What kind of system a connector talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorType {
    /// Shops: products, customers, orders, stock.
    Ecommerce,
    /// Warehouses and carriers: shipments, stock.
    Logistics,
    /// Accounting: invoices, payments.
    Accounting,
    /// Customer relations: contacts, leads.
    Crm,
}

/// One thing an operator fills in for a backend.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: SettingType,
    /// Label for people.
    pub title: String,
    /// Where to find the value, in a sentence.
    pub help: Option<String>,
    /// The value when the backend gives none.
    pub default: Option<Scalar>,
    /// The backend need not give it; in expressions it is then `None`.
    #[serde(default)]
    pub optional: bool,
}

/// Type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingType {
    /// An address that starts with `https://` or `http://`; a trailing `/` is dropped.
    Url,
    /// Text as it stands.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

/// A secret each backend must supply.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Label for people.
    pub title: String,
    /// Where to find it, in a sentence.
    pub help: Option<String>,
    /// The backend need not supply it.
    #[serde(default)]
    pub optional: bool,
}

/// Base address and caps of every request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address in front of every operation's path. May hold `{setting}`.
    pub base_url: String,
    /// How bodies and answers are written.
    #[serde(default)]
    pub format: Format,
    /// With `format = "xml"`: names of elements that are a list in answers even when there is only one of them: `order_row`.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Time for one request, from connecting to the last byte. Milliseconds, default 30,000.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Size an answer may have, in bytes; a larger one is refused. Default 33,554,432 (32 MiB).
    #[serde(default = "default_max_response_bytes")]
    pub max_response_bytes: u64,
    /// Headers sent with every request. Values may hold `{setting}` and `{secret}`; a header whose setting or secret is
    /// optional and not given is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Path to the machine-readable code in an error answer.
    pub error_code: Option<String>,
    /// Path to the sentence for people in an error answer, or several, of which the first counts that has something there:
    /// `["Detail", "Message"]`. What is no text is shown as JSON.
    pub error_message: Option<Paths>,
    /// Which answers are errors although their status is a success: `errors` in GraphQL. A request that must not be repeated
    /// may have been carried out all the same, unless one of `errors` knows the code.
    pub error_if: Option<ErrorIf>,
}

/// One path, or several in the order in which they are tried.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Paths {
    One(String),
    Several(Vec<String>),
}

impl Paths {
    /// In the order in which they are tried.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Paths::One(path) => std::slice::from_ref(path),
            Paths::Several(paths) => paths,
        }
    }
}

/// An answer that is an error although its status is a success: it has something at a path (empty, null, false and 0 are
/// nothing), or a certain value there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ErrorIf {
    /// Path that an answer has only when it is an error.
    Has(String),
    /// A value that only an error has.
    Is(ErrorValue),
}

/// `{ path = "success", is = false }`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorValue {
    /// Path to what tells an error.
    pub path: String,
    /// What stands there when the answer is an error. A number is not the text of it; in XML everything is text.
    pub is: Scalar,
}

/// How bodies and answers are written. A definition speaks of all of them as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JSON both ways.
    #[default]
    Json,
    /// Bodies are forms, with brackets for what is deeper: `metadata[order_id]=7`, `items[0][price]=5`. Answers are JSON.
    Form,
    /// XML both ways. An element is a member by its name without prefix, an attribute without prefix `@name`, text beside
    /// attributes `#text`; an element alone with text is that text, an empty one null, one that is repeated a list:
    /// `prestashop.product.name.language[0].#text`. A body has one root element, which `wrap` or `body` names; its elements
    /// are written in the order of their names. An answer in JSON is read as such.
    Xml,
}

fn default_timeout_ms() -> u64 {
    30_000
}

fn default_max_response_bytes() -> u64 {
    32 * 1024 * 1024
}

/// A token bucket: `rate` requests each `per_ms`, at most `burst` at once, at most `concurrency` under way.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Name for people, in messages.
    pub name: String,
    /// Who shares the bucket.
    #[serde(default)]
    pub scope: LimitScope,
    /// Requests each `per_ms`.
    pub rate: u32,
    /// Length of the window in milliseconds.
    pub per_ms: u64,
    /// Requests that may go out at once after a pause. Default: `rate`.
    pub burst: Option<u32>,
    /// Requests under way at the same time. Default: no cap.
    pub concurrency: Option<u32>,
    /// Header that tells how many requests are left in the window.
    pub remaining_header: Option<String>,
    /// Header that tells when the window ends, with its unit.
    pub reset_header: Option<ResetHeader>,
}

/// Who shares a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// Every worker on the same backend.
    #[default]
    Backend,
    /// Every backend whose requests go to the same host.
    Host,
}

/// A header that tells when a rate window ends.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetHeader {
    /// The header's name.
    pub name: String,
    /// What its number means.
    pub unit: ResetUnit,
}

/// What the number in a reset header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// Seconds since 1970, UTC.
    EpochSeconds,
    /// Milliseconds since 1970, UTC.
    EpochMilliseconds,
}

/// What an error answer means.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// Which answers; every given key must match.
    pub when: ErrorWhen,
    /// What it means for the record.
    pub class: ErrorClass,
    /// What to do next, a sentence for the operator.
    pub hint: Option<String>,
}

/// Which answers an error rule speaks of.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorWhen {
    /// HTTP status.
    pub status: Option<u16>,
    /// Value found at `http.error_code`.
    pub code: Option<String>,
}

/// What a failure means, and so what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Passes by itself: try again soon.
    Transient,
    /// Too many requests: try again when the other side says.
    Throttled,
    /// Wrong or missing credentials or rights: a human must mend the settings.
    Auth,
    /// The definition or the configuration is wrong.
    Config,
    /// The record itself is wrong.
    Data,
    /// Another record must come first.
    MissingDependency,
    /// Both sides disagree and a human must decide.
    Conflict,
    /// It is not known whether a request was carried out.
    Ambiguous,
    /// The record no longer exists.
    Gone,
}

/// A constant: text, whole number, decimal or true/false.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Scalar {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// The constant as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Scalar::Boolean(b) => (*b).into(),
            Scalar::Integer(i) => (*i).into(),
            Scalar::Float(f) => (*f).into(),
            Scalar::Text(text) => text.as_str().into(),
        }
    }
}

/// JSON: text, whole number, decimal, true/false, a list or a table of such.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Data {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Data>),
    Table(BTreeMap<String, Data>),
}

/// An Odoo series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
pub enum Series {
    /// Odoo 16.0
    #[serde(rename = "16.0")]
    V16,
    /// Odoo 17.0
    #[serde(rename = "17.0")]
    V17,
    /// Odoo 18.0
    #[serde(rename = "18.0")]
    V18,
    /// Odoo 19.0
    #[serde(rename = "19.0")]
    V19,
}
