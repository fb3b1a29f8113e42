//! What a connector can ask of the external system: its requests, and how lists go on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{Data, ErrorIf};

/// One request a connector can make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// HTTP method.
    pub method: Method,
    /// Path after `http.base_url`. May hold `{id}`, a setting, a query parameter's name, or one of `params`.
    pub path: String,
    /// Further names that the path may hold as `{name}`; whoever calls the operation says what they are.
    #[serde(default)]
    pub params: Vec<String>,
    /// Query parameters sent with every call. Values may hold `{setting}`, and `{id}` where one record is meant; a parameter whose setting is optional and not
    /// given is left out.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Whether the request may be repeated when its answer was lost.
    pub repeat: Repeat,
    /// Key by which the external system tells a repeated request from another one. A create whose answer was lost is then
    /// sent again, as it was, for as long as the key lasts; then `export.look_up` decides, or a human.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Path to the list of records (or to the record) in the answer. Default: the answer itself. Where one record is asked
    /// for, an empty list means that it is gone.
    pub records: Option<String>,
    /// Body sent with every call. A text that is nothing but `{id}`, a setting or one of `params` in braces stands for its
    /// value, which of a setting has its type: `{ query = "query($id: ID!) { ... }", variables = { id = "{id}" } }`; a member
    /// whose setting is optional and not given is left out.
    #[schemars(with = "Option<BTreeMap<String, Data>>")]
    pub body: Option<serde_json::Value>,
    /// Where parameters go that the path does not name: those of paging, of `since`, of `include` and of `look_up`.
    #[serde(default)]
    pub params_in: ParamsIn,
    /// Path to where a record stands in the body: with `product` its body is `{ "product": { ... } }`. Default: its fields
    /// are the body, beside those of `body`.
    pub wrap: Option<String>,
    /// Which answers are errors although their status is a success. They say that nothing was done: a GraphQL mutation has
    /// `data.productUpdate.userErrors`, others `{ path = "success", is = false }`.
    pub error_if: Option<ErrorIf>,
    /// How a list goes on after its first page.
    pub paginate: Option<Paginate>,
}

/// Where parameters of a call go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParamsIn {
    /// Into the query.
    #[default]
    Query,
    /// Into the JSON body, each at the path that its name gives: `filterGroups[0].filters[0].value`. Numbers are numbers
    /// and ids a list there.
    Body,
}

/// How long an external system knows an idempotency key where the definition does not say: 24 hours.
pub const DEFAULT_LASTS_MS: u64 = 24 * 60 * 60 * 1_000;

/// Where an idempotency key stands and how long the external system knows it. Each request has a key of its own, which its
/// repeats share: `{ header = "Idempotency-Key" }` of Stripe and Xero, `{ body = "variables.key" }` of a GraphQL mutation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyKey {
    /// Header that carries it.
    pub header: Option<String>,
    /// Path to its place in the body.
    pub body: Option<String>,
    /// How long the external system knows it, in milliseconds. Default 86,400,000 (24 hours).
    #[serde(default = "default_lasts_ms")]
    pub lasts_ms: u64,
}

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// Whether a request may be repeated when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It changes nothing.
    Safe,
    /// Twice is the same as once.
    Idempotent,
    /// Twice would make two: look for the first one's effect before a repeat.
    LookUpFirst,
}

/// How a list goes on after its first page.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paginate {
    /// It does not: one answer has the whole list.
    Whole {},
    /// Numbered pages. Ends at the number of the last page or once all records of the total were read, where the server
    /// tells one of them, in a header or in the body; else at a page with fewer than `size` records. Where the server may
    /// give fewer than it is asked for, it has to tell. An empty page whose own answer says that the list goes on is an error,
    /// which leaves the checkpoint where it is: the next run asks for that page again.
    Page {
        /// Parameter of the page number.
        param: String,
        /// Number of the first page. Default 1.
        #[serde(default = "one")]
        first: u64,
        /// Parameter of the page size.
        size_param: Option<String>,
        /// Records a page.
        size: u64,
        /// Header with the number of the last page.
        last_page_header: Option<String>,
        /// Path to the number of the last page in the answer.
        last_page: Option<String>,
        /// Header with the number of records; when it falls during a walk, the walk steps back a page.
        total_header: Option<String>,
        /// Path to the number of records in the answer, used as `total_header` is.
        total: Option<String>,
    },
    /// An offset counted in records. Ends as numbered pages do.
    Offset {
        /// Parameter of the offset.
        param: String,
        /// The parameter's value, with `{offset}` and `{size}`: `{offset},{size}` for example. Default `{offset}`.
        value: Option<String>,
        /// Parameter of the page size.
        size_param: Option<String>,
        /// Records a page.
        size: u64,
        /// Header with the number of records; when it falls during a walk, the walk steps back a page.
        total_header: Option<String>,
        /// Path to the number of records in the answer, used as `total_header` is.
        total: Option<String>,
    },
    /// The answer names the next page's cursor; none, null or empty ends the list.
    Cursor {
        /// Parameter of the cursor.
        param: String,
        /// Path to the next cursor in the answer; `data[-1].id` is the last record's id.
        next: String,
        /// Path to whether more follows; false ends the list whatever `next` is.
        more: Option<String>,
        /// Parameter of the page size.
        size_param: Option<String>,
        /// Records a page. Default 100.
        #[serde(default = "hundred")]
        size: u64,
    },
    /// The answer has the next page's address; none, null or empty ends the list.
    NextUrl {
        /// Path to it in the answer.
        next: String,
        /// Parameter of the page size.
        size_param: Option<String>,
        /// Records a page. Default 100.
        #[serde(default = "hundred")]
        size: u64,
    },
    /// The `Link` header's `rel="next"` is the next page's address.
    LinkHeader {
        /// Parameter of the page size.
        size_param: Option<String>,
        /// Records a page. Default 100.
        #[serde(default = "hundred")]
        size: u64,
    },
}

impl Paginate {
    /// Records a page; `None`: one answer has the whole list.
    pub fn size(&self) -> Option<u64> {
        match self {
            Paginate::Whole {} => None,
            Paginate::Page { size, .. }
            | Paginate::Offset { size, .. }
            | Paginate::Cursor { size, .. }
            | Paginate::NextUrl { size, .. }
            | Paginate::LinkHeader { size, .. } => Some(*size),
        }
    }
}

fn one() -> u64 {
    1
}

fn hundred() -> u64 {
    100
}

fn default_lasts_ms() -> u64 {
    DEFAULT_LASTS_MS
}
