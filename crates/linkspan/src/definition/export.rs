//! The way out of Odoo: which records go, through which operations, and where each external field comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::entity::{Converter, Expr};
use super::model::{Scalar, Series};

/// How records go out of Odoo.
///
/// A new record takes every field that has a way back: a field of the entity's `map` that has `from`, and
/// everything in `export.map`; not the external id itself, which the other side gives: where Odoo gives it, name its path in
/// `export.map` with `owner = "external"`. An update sends what changed in Odoo, of fields with `owner = "odoo"` or `"shared"`
/// only.
///
/// Expressions here see `odoo` (the record's fields as Odoo shows them), `settings` and `company`. A field that this Odoo
/// may lack is asked for with `odoo.get('field')`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Operation that creates a record.
    pub create: Option<String>,
    /// Operation that changes a record. What the record is like now is asked with `import.get` first.
    pub update: Option<String>,
    /// What an update sends besides what changed, as the external record has it now: paths, or `*` for the whole record.
    /// For a system where an update replaces the record, or that wants its version back (`SyncToken`).
    #[serde(default)]
    pub along: Vec<String>,
    /// Paths that `along = ["*"]` leaves out, because the other side does not take them back.
    #[serde(default)]
    pub without: Vec<String>,
    /// Records that are changed through another operation; the first one whose `when` is true counts.
    #[serde(default)]
    pub instead: Vec<Instead>,
    /// What is sent when the record is archived or deleted in Odoo; its fields stay as they are. A record that
    /// is active again is updated as usual, so `export.map` has to bring back what this took away.
    pub archive: Option<Archive>,
    /// How a record is found that an earlier create may have made. Without it a create whose answer was lost
    /// waits for a human.
    pub look_up: Option<LookUp>,
    /// Only Odoo records for which this is true go out.
    pub only: Option<Expr>,
    /// Odoo records without a link that are created on the other side when they change: fields and the values they
    /// must have, `{ sale_ok = true }` for example. Without it only records that a person names are created.
    pub domain: Option<BTreeMap<String, Scalar>>,
    /// Other models whose changes change these records: stock, transfers.
    #[serde(default)]
    pub watch: Vec<Watch>,
    /// Relations whose records are read along: `odoo['picking_ids']` is then a list of objects instead of ids.
    #[serde(default)]
    pub read: BTreeMap<String, Related>,
    /// How far the search for changes reaches back, in milliseconds: longer than Odoo's longest transaction,
    /// because a record bears the time at which its transaction began. Default 1,800,000 (30 minutes).
    #[serde(default = "default_overlap_ms")]
    pub overlap_ms: u64,
    /// How long a change that Odoo tells of at once waits before it goes out, in milliseconds, so that what else was changed
    /// with it goes first. A shop puts the goods of a cancelled order back by itself: what Odoo has in stock then must come
    /// after. Default 0. What is found by a search goes out at once.
    #[serde(default)]
    pub delay_ms: u32,
    /// External field = where it comes from. The name is a path such as `billing.city`;
    /// `"meta_data[key=_tracking].value"` is the item of a list whose `key` is `_tracking`. A path that `map` names too is
    /// made as it says here.
    #[serde(default)]
    pub map: BTreeMap<String, ExportField>,
}

/// In `along`: the whole record.
pub const WHOLE: &str = "*";

/// As long as Odoo's longest transaction may be expected to take.
pub const DEFAULT_OVERLAP_MS: u64 = 1_800_000;

fn default_overlap_ms() -> u64 {
    DEFAULT_OVERLAP_MS
}

/// Another operation for some records: variations of a product have an address of their own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Which records; `record` is here too, the external record as it is now.
    pub when: Expr,
    /// Operation that changes such a record.
    pub update: String,
    /// What the operation's `params` are: name = path in the external record.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

/// What is sent when a record is archived or deleted in Odoo.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Operation on the record; repeating it must change nothing.
    pub operation: String,
    /// Its body: external field and value. Empty: no body.
    #[serde(default)]
    pub body: BTreeMap<String, Scalar>,
}

/// How a record is found that an earlier create may have made.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUp {
    /// Operation that lists records.
    pub operation: String,
    /// Parameter that takes the value.
    pub param: String,
    /// Odoo field that has the value. A record without one cannot be looked up.
    pub from: String,
    /// Path to the same value in the external record: what a list gives besides is passed over.
    pub external: String,
}

/// A model whose changes change the entity's records.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Odoo model, `stock.quant` for example.
    pub model: String,
    /// Field of it that leads to the record or records: `product_id`; several joined by dots.
    pub path: String,
    /// This Odoo may lack the model or the field (its app is not installed); then there is nothing to watch.
    #[serde(default)]
    pub optional: bool,
}

/// A relation whose records are read along.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// Their fields.
    pub fields: Vec<String>,
    /// This Odoo may lack the relation or some of the fields (an app is not installed); those are then absent.
    #[serde(default)]
    pub optional: bool,
}

/// Where one external field comes from: exactly one of `from`, `expr`, `value`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportField {
    /// Odoo field.
    pub from: Option<String>,
    /// Expression that gives the value. None leaves the external field alone; a decimal goes out as text, and
    /// what `float(...)` gives as a number.
    pub expr: Option<String>,
    /// A constant.
    pub value: Option<Scalar>,
    /// How the Odoo field is written, with `from`: `text`, `decimal`, `integer`, `boolean`, `date`, `datetime` or
    /// `html_to_text` (which makes HTML of plain text). Default: as its type is.
    #[serde(rename = "as")]
    pub convert: Option<Converter>,
    /// Value table, with `from`: Odoo value = external value. A value that is not listed leaves the field alone.
    pub values: Option<BTreeMap<String, Scalar>>,
    /// Path to the same value in the external record, where that is written elsewhere than it is read: `price.amount` of a
    /// `price`. Default: where it is written.
    pub compare: Option<String>,
    /// Who wins: `odoo` (the default) writes over what the other side has, `shared` goes out unless both sides changed,
    /// `external` goes out with new records only.
    #[serde(default)]
    pub owner: ExportOwner,
    /// This Odoo may lack the field (its app is not installed); the external field is then left alone.
    #[serde(default)]
    pub optional: bool,
    /// Context in which Odoo is asked: key = name of the setting that has the value. A setting that is not given is left
    /// out. `{ location = "stock_location" }` asks for the stock of one location.
    #[serde(default)]
    pub context: BTreeMap<String, String>,
    /// The Odoo series that have this field. Default: all.
    pub series: Option<Vec<Series>>,
}

/// Who owns an external field that Odoo writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportOwner {
    /// Odoo: every export writes what differs.
    #[default]
    Odoo,
    /// Both: a change in Odoo goes out; a change of both sides waits for a human.
    Shared,
    /// The external system: sent with new records only, for what it keeps to itself from then on (a key such as the SKU, a
    /// type, the lines of a document).
    External,
}
