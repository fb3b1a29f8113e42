//! An entity: one kind of record, its identity on both sides, and where each Odoo field comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::export::Export;
use super::model::{Scalar, Series};
use super::path;

/// One kind of record the connector syncs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its identity in the external system.
    pub external: External,
    /// Where it lives in Odoo.
    pub odoo: OdooTarget,
    /// How a record that Odoo has already is found and adopted. The first rule that finds exactly one record
    /// wins; one that finds several stops the record for a human. A rule whose value is empty is passed over.
    #[serde(default, rename = "match")]
    pub matches: Vec<MatchRule>,
    /// How records come into Odoo. An entity without it is embedded: its records stand inside other records
    /// and are named there with `embed`.
    pub import: Option<Import>,
    /// How records go out of Odoo.
    pub export: Option<Export>,
    /// Odoo field = where it comes from.
    pub map: BTreeMap<String, Field>,
    /// What follows the write, in this order.
    #[serde(default)]
    pub then: Vec<Then>,
    /// Odoo field = what Odoo must show after the write; a difference is reported and stored as a conflict.
    #[serde(default)]
    pub check: BTreeMap<String, Check>,
    /// A file with one record as the external system sends it, in JSON (of XML the JSON that stands for it), relative to the
    /// definition. `linkspan validate` compares every path with it.
    pub sample: Option<String>,
}

/// A record's identity in the external system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Path to the id, or an expression; a number or text. It never changes while the record lives.
    pub id: Source,
    /// When the record was last changed. An older state never overwrites a newer one. An embedded record is as
    /// old as the record it stands in.
    pub updated: Option<Updated>,
}

/// Where the time of the last change stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Updated {
    /// Path to it. Null or absent means unknown.
    pub path: String,
    /// How it is written.
    #[serde(default)]
    pub format: TimeFormat,
    /// Zone of a time without offset: `utc` or a name such as `Asia/Riyadh`. Default `utc`.
    #[serde(default = "utc")]
    pub zone: String,
}

fn utc() -> String {
    "utc".to_owned()
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2026-11-21T22:18:00`, with or without offset, with a blank or a `T`; also `/Date(1793000000000+0000)/`.
    #[default]
    Iso8601,
    /// Seconds since 1970, UTC.
    EpochSeconds,
    /// Milliseconds since 1970, UTC.
    EpochMilliseconds,
}

/// Where an entity lives in Odoo.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OdooTarget {
    /// Model, `product.product` for example.
    pub model: String,
    /// What is added to the context of imports' writes: key = value.
    #[serde(default)]
    pub context: BTreeMap<String, Scalar>,
}

/// One way to find a record that Odoo has already.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRule {
    /// Path to the value in the external record.
    pub external: String,
    /// Converter of the external value: `text`, `trim`, `lower` or `upper`. Default `trim`.
    #[serde(rename = "as")]
    pub convert: Option<Converter>,
    /// Odoo field that must hold the same value, `email_normalized` for example. Texts, dates and numbers are compared; a
    /// link (many2one) by the id of its record.
    pub odoo: String,
    /// Further fields and the values they must have.
    #[serde(default, rename = "where")]
    pub conditions: BTreeMap<String, Scalar>,
    /// A record of Odoo that this entity's rules find is linked and never written; only those that imports made are. For
    /// what anybody may say of himself, such as a guest's e-mail address.
    #[serde(default)]
    pub link_only: bool,
}

/// How records come into Odoo.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Operation that lists all records.
    pub list: String,
    /// Operation that gets one record by `{id}`.
    pub get: Option<String>,
    /// Whether the list has whole records. With `each` it only names them, by `external.id` or by ids that stand alone, and
    /// `get` brings each one. One whose `external.updated` in the list is that of its last import is not fetched again,
    /// except by `--full`. A generated module fetches each record whatever this says.
    #[serde(default)]
    pub fetch: Fetch,
    /// How the list is narrowed to given ids, so that missing relations come in batches.
    pub include: Option<Include>,
    /// How the list is narrowed to what changed. Without it every sync walks the whole list.
    pub since: Option<Since>,
    /// Only records for which this is true are imported.
    pub only: Option<Expr>,
    /// Records written to Odoo in one call. Default 500.
    #[serde(default = "default_batch")]
    pub batch: usize,
}

fn default_batch() -> usize {
    500
}

/// Where whole records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fetch {
    /// The list has them.
    #[default]
    Listed,
    /// `get` brings each record that the list names: for lists that leave out lines or links to others.
    Each,
}

/// How a list is narrowed to given ids.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Include {
    /// Parameter that takes the ids: in the query joined by commas, in a body as a list of texts.
    pub param: String,
    /// Ids a call. Default 100.
    #[serde(default = "default_include")]
    pub size: usize,
}

fn default_include() -> usize {
    100
}

/// How a list is narrowed to what changed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// Parameter of the earliest change; exactly one of `param` and `header`.
    pub param: Option<String>,
    /// Header of the earliest change; an answer 304 then says that there is none.
    pub header: Option<String>,
    /// The parameter's or header's value, with `{time}` where the time stands: `>[{time}]` for example. Default `{time}`.
    pub value: Option<String>,
    /// How the time is written.
    #[serde(default)]
    pub format: SinceFormat,
    /// Zone of a time that is written without offset: `utc` or a name such as `Europe/Paris`. Default `utc`.
    #[serde(default = "utc")]
    pub zone: String,
    /// A walk through everything asks too, with 1970-01-01: for a request that is wrong without it, a search with a filter
    /// for example.
    #[serde(default)]
    pub always: bool,
    /// How far the window reaches back before the last sync, in milliseconds: longer than clocks differ and
    /// changes take to show. Records seen twice cost no write. Default 300,000.
    #[serde(default = "default_overlap_ms")]
    pub overlap_ms: u64,
}

fn default_overlap_ms() -> u64 {
    300_000
}

/// How a time is written in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SinceFormat {
    /// `2026-11-21T22:18:00Z`
    #[default]
    Iso8601,
    /// `2026-11-21T22:18:00`, in `zone` without saying so.
    Iso8601Naive,
    /// `2026-11-21 22:18:00`, in `zone` without saying so.
    Blank,
    /// `2026-11-21`, the date in `zone`.
    Date,
    /// Seconds since 1970, UTC.
    EpochSeconds,
    /// Milliseconds since 1970, UTC.
    EpochMilliseconds,
    /// `Tue, 21 Jul 2026 22:18:00 GMT`, as `If-Modified-Since` is written.
    HttpDate,
}

/// An expression: `{ expr = "..." }`, a closed subset of Python: `crates/pyexpr/README.md` has all of it. Besides Python's own
/// functions it has `decimal`, `round_half_up`, `date`, `datetime`, `html_to_text`, `digest`, `merge` and `join`. Names: `record` (the record as sent),
/// `settings` (the backend's), `company` (`currency`, `country` of the Odoo company); in lines also `line`; in
/// embedded entities `parent` (the record around); in `unless` also `odoo` (what Odoo shows) and `agreed` (the last `call` whose outcome both sides showed).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expr {
    /// The expression's text.
    pub expr: String,
}

/// A path such as `billing.country`, `categories[0].id` or `meta_data[key=color].value` (of the first item whose `key` is that
/// text, whole number, `true` or `false`), or an expression.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Source {
    /// A path.
    Path(String),
    /// An expression.
    Expr(Expr),
}

/// Where one Odoo field comes from: exactly one of `from`, `expr`, `value`, `embed`, `lines`, `choose`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Path to the value in the record (in lines: in the line): `billing.country`, `categories[0].id`, or
    /// `meta_data[key=color].value` of the first item whose `key` is that text. With `relation` it may lead to several
    /// records for a many2many field of Odoo: `[]` follows each list whose items are gone through, `tags[].id` or
    /// `tag_ids[]`. They replace those that Odoo has; null and an empty list clear the field. They go out in the same way,
    /// where the path has one `[]`.
    pub from: Option<String>,
    /// Expression that gives the value.
    pub expr: Option<String>,
    /// A constant.
    pub value: Option<Scalar>,
    /// Converter between both sides.
    #[serde(rename = "as")]
    pub convert: Option<Converter>,
    /// Zone of a time without offset, for `as = "datetime"`: `utc` or a name such as `Asia/Riyadh`. Default `utc`.
    pub zone: Option<String>,
    /// Path to the country's code, for `as = "state"`.
    pub country: Option<String>,
    /// Value table: external value = Odoo value. A value that is not listed is a problem.
    pub values: Option<BTreeMap<String, Scalar>>,
    /// The value when the path is absent.
    pub default: Option<Scalar>,
    /// The path may be absent; the field is then left alone.
    #[serde(default)]
    pub optional: bool,
    /// Null and empty are problems.
    #[serde(default)]
    pub required: bool,
    /// What null means. Default `clear`.
    pub null: Option<Blank>,
    /// What empty text means, and an empty list of related records. Default: `clear`, so that empty text is no number, date or id.
    pub empty: Option<Blank>,
    /// Who owns the field. `external`: every import writes it. `odoo`: only the import that creates the record.
    /// `shared`: imports and exports write it, each what changed on its side; a change of both sides waits for a human.
    /// A case of a line's `choose` may have `odoo`: only a new line gets its value.
    #[serde(default)]
    pub owner: Owner,
    /// The value is the external id of a record of this entity.
    pub relation: Option<String>,
    /// With `relation` and an expression, in `expr` or `embed`: it gives a list, and each item is the id of a related
    /// record, or the record itself, for a many2many field of Odoo.
    #[serde(default)]
    pub many: bool,
    /// What happens when the related record is not in Odoo yet.
    #[serde(default)]
    pub missing: Missing,
    /// With `relation`: the related record stands inside this one, at a path or made by an expression that
    /// gives an object. Null or None leaves the field empty. Several records stand at a path with `[]`, or are made by an
    /// expression with `many`.
    pub embed: Option<Source>,
    /// The first case whose `when` is true decides; with none the field is left alone.
    pub choose: Option<Vec<Case>>,
    /// The value is a list of lines: path or expression. What a line does not tell (an optional column, a column that only
    /// other sources have) is left to Odoo. Where the lines go out as well (`export.map` reads this field), those that Odoo
    /// made stay what they are when the record comes back; `check` tells when the totals differ then.
    pub lines: Option<Source>,
    /// Path to a line's id inside the line, unique in its record.
    pub key: Option<String>,
    /// Line field = where it comes from; paths start at the line.
    pub map: Option<BTreeMap<String, Field>>,
    /// Further sources of lines for the same field.
    #[serde(default)]
    pub also: Vec<Lines>,
    /// What happens in Odoo to a line that left the record.
    pub removed: Option<Removed>,
    /// The Odoo series that have this field. Default: all.
    pub series: Option<Vec<Series>>,
}

impl Field {
    /// Whether the value names several related records.
    pub fn is_many(&self) -> bool {
        let through_list = |text: &String| {
            path::parse(text).is_ok_and(|steps| steps.iter().any(|(step, _)| *step == path::Step::Each))
        };
        let embedded = match &self.embed {
            Some(Source::Path(path)) => Some(path),
            Some(Source::Expr(_)) | None => None,
        };
        self.many || self.from.as_ref().or(embedded).is_some_and(through_list)
    }
}

/// One case of `choose`: a field with a condition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The case applies when this is true. Default: always.
    pub when: Option<Expr>,
    /// Where the value comes from then.
    pub then: Field,
}

/// A further source of lines.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Name of this source, part of the lines' external ids, so it never changes.
    pub name: String,
    /// Path to the list, or an expression.
    pub lines: Source,
    /// Path to a line's id inside the line, unique in its source.
    pub key: String,
    /// Line field = where it comes from; paths start at the line.
    pub map: BTreeMap<String, Field>,
}

/// What happens in Odoo to a line that left the record. Lines that Linkspan did not make are never touched.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// Values written to the line when Odoo refuses to remove it (a line of a confirmed order).
    #[serde(default)]
    pub or_write: BTreeMap<String, Scalar>,
}

/// A named converter. Each goes both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Converter {
    /// Text as it stands; a number becomes its text.
    Text,
    /// Text without blanks around it.
    Trim,
    /// Text without blanks around it, in small letters.
    Lower,
    /// Text without blanks around it, in capital letters.
    Upper,
    /// Exact decimal number, from text or number. Never a binary float.
    Decimal,
    /// Whole number, from text or number.
    Integer,
    /// True or false, from a boolean, 0/1, or the texts true/false, yes/no, 1/0, on/off.
    Boolean,
    /// Date, from ISO 8601 text; of a time its date in the field's zone.
    Date,
    /// Time in UTC, from ISO 8601 text, which without offset is in the field's `zone`, or from a number of seconds or
    /// milliseconds since 1970. It goes out as ISO 8601 text.
    Datetime,
    /// HTML to plain text, entities resolved.
    HtmlToText,
    /// ISO 4217 code to `res.currency`.
    Currency,
    /// ISO 3166 alpha-2 code to `res.country`.
    Country,
    /// Code of a state, with `country`, to `res.country.state`. A state Odoo does not know is left empty.
    State,
    /// Name of a unit to `uom.uom`.
    Unit,
}

/// What null or empty text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// The Odoo field is emptied.
    Clear,
    /// The Odoo field is left alone.
    Skip,
    /// The field's `default` is written.
    Default,
    /// The record has a problem.
    Error,
}

/// Who owns a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The external system: every import writes it.
    #[default]
    External,
    /// Odoo: only the import that creates the record writes it.
    Odoo,
    /// Both: the side that changed it writes it to the other.
    Shared,
}

/// What happens when a related record is not in Odoo yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It is fetched and written first.
    #[default]
    Fetch,
    /// The record is refused until the other one is there.
    Wait,
    /// The field is left empty.
    Empty,
}

/// What follows the write: exactly one of `call` and `write`. Both are guarded by what Odoo shows, so a repeat
/// changes nothing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Then {
    /// Public method of the Odoo model, a button for example.
    pub call: Option<String>,
    /// Mapped fields to write once more where Odoo shows another value (a button may have changed them).
    pub write: Option<Vec<String>>,
    /// Context of the call, `disable_cancel_warning = true` for example.
    #[serde(default)]
    pub context: BTreeMap<String, Scalar>,
    /// Only for records for which this is true.
    pub when: Option<Expr>,
    /// Not when this is true; `odoo['field']` is what Odoo shows.
    pub unless: Option<Expr>,
}

/// What Odoo must show after the write.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Path to the value in the record.
    pub from: Option<String>,
    /// Expression that gives the value.
    pub expr: Option<String>,
}
