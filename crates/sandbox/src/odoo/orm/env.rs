//! Who calls, in which language and company, on which database.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::odoo::database::Database;
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::messages;
use crate::odoo::schema::{Field, FieldId, Model, ModelId, Schema};
use crate::odoo::spec::{OdooSpec, Rights, Series};

/// A user as the methods see it.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: u32,
    pub(crate) rights: Rights,
    pub(crate) lang: String,
}

/// The `context` of a call, as far as it matters here.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Language of texts; the user's if `None`.
    pub(crate) lang: Option<String>,
    pub(crate) tz: Option<String>,
    /// Searches leave archived records out.
    pub(crate) active_test: bool,
    pub(crate) companies: Vec<u32>,
    /// The module of external ids without a dot.
    pub(crate) module: String,
    pub(crate) noupdate: bool,
    /// Orders are cancelled without asking back.
    pub(crate) disable_cancel_warning: bool,
    /// Stock is that of this place.
    pub(crate) location: Option<u32>,
    /// `default_<field>` keys.
    pub(crate) defaults: Map<String, Json>,
}

impl Context {
    pub(crate) fn from_json(json: Option<&Json>) -> Context {
        let empty = Map::new();
        let map = json.and_then(Json::as_object).unwrap_or(&empty);
        let text = |key: &str| map.get(key).and_then(Json::as_str).map(str::to_owned);
        let companies = map.get("allowed_company_ids").and_then(Json::as_array);
        let flag = |key: &str| map.get(key).and_then(Json::as_bool);
        Context {
            lang: text("lang"),
            tz: text("tz"),
            active_test: flag("active_test").unwrap_or(true),
            companies: companies.into_iter().flatten().filter_map(Json::as_u64).map(|id| id as u32).collect(),
            module: text("module").unwrap_or_else(|| "__import__".to_owned()),
            noupdate: flag("noupdate").unwrap_or(false),
            disable_cancel_warning: flag("disable_cancel_warning").unwrap_or(false),
            location: map.get("location").and_then(Json::as_u64).map(|id| id as u32),
            defaults: map
                .iter()
                .filter_map(|(key, value)| Some((key.strip_prefix("default_")?.to_owned(), value.clone())))
                .collect(),
        }
    }
}

/// One call at work.
pub(crate) struct Env<'a> {
    pub(crate) db: &'a mut Database,
    pub(crate) spec: &'a OdooSpec,
    pub(crate) user: User,
    pub(crate) context: Context,
    /// Moment of the call: one for all records, as in a transaction of PostgreSQL.
    pub(crate) now: String,
    /// Rights are not asked: what Odoo does for the user in its own name.
    pub(crate) elevated: bool,
    /// `decimal.precision` by name.
    pub(crate) precisions: Vec<(String, i32)>,
    /// Orders whose totals have to be computed again before the call ends.
    pub(crate) stale_orders: BTreeSet<u32>,
}

fn precisions(db: &Database) -> Vec<(String, i32)> {
    let model = db.schema.known("decimal.precision");
    let (name, digits) = (db.model(model).known("name"), db.model(model).known("digits"));
    let table = db.table(model);
    let entry = |id| (table.field(id, name).as_text().to_owned(), table.field(id, digits).as_float() as i32);
    table.ids().map(entry).collect()
}

/// The company in which all users of the spec work.
pub(crate) const COMPANY: u32 = 1;

impl<'a> Env<'a> {
    pub(crate) fn new(db: &'a mut Database, spec: &'a OdooSpec, user: User, context: Context) -> Env<'a> {
        let now = crate::odoo::pack::moment_of(jiff::Timestamp::now());
        let precisions = precisions(db);
        Env { db, spec, user, context, now, elevated: false, precisions, stale_orders: BTreeSet::new() }
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.db.schema
    }

    pub(crate) fn series(&self) -> Series {
        self.db.schema.series
    }

    pub(crate) fn model(&self, model: ModelId) -> &Model {
        self.db.model(model)
    }

    pub(crate) fn field(&self, model: ModelId, field: FieldId) -> &Field {
        &self.db.schema.models[model].fields[field]
    }

    /// The number of a field, or Odoo's complaint that there is none.
    pub(crate) fn field_of(&self, model: ModelId, name: &str) -> Outcome<FieldId> {
        let model = self.model(model);
        model.field(name).ok_or_else(|| {
            let preposition = if self.series() >= Series::V19 { "in" } else { "on model" };
            Error::new(Class::Value, format!("Invalid field '{name}' {preposition} '{}'", model.name))
        })
    }

    pub(crate) fn lang(&self) -> &str {
        self.context.lang.as_deref().unwrap_or(&self.user.lang)
    }

    pub(crate) fn say(&self, english: &str, values: &[&str]) -> String {
        messages::say(self.lang(), english, values)
    }

    /// Does `work` with the rights of the system.
    pub(crate) fn elevated<T>(&mut self, work: impl FnOnce(&mut Env<'a>) -> T) -> T {
        let before = std::mem::replace(&mut self.elevated, true);
        let result = work(self);
        self.elevated = before;
        result
    }

    /// Whether a record rule keeps this caller from seeing a record.
    pub(crate) fn is_hidden(&self, model: ModelId, id: u32) -> bool {
        !self.elevated && self.db.hidden.contains(&(model, id))
    }

    /// Companies named in the context must be the user's own.
    pub(crate) fn check_companies(&self) -> Outcome<()> {
        if self.context.companies.iter().all(|company| *company == COMPANY) {
            Ok(())
        } else {
            Err(Error::new(Class::Access, self.say(messages::FOREIGN_COMPANY, &[])))
        }
    }
}
