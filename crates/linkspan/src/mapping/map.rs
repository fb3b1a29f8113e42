//! Runs a plan on a record: values, or all problems at once. Pure: no clock, no store, no Odoo.

use std::borrow::Cow;
use std::ops::Deref;

use jiff::Timestamp;
use pyexpr::{Expression, Json, Value};

use super::convert;
use super::each::Several;
use super::path::Found;
use super::plan::{Origin, Plan, Plans, ThenPlan, UpdatedPlan};
use super::problem::Problem;
use super::run::{Place, Run};
use super::value::OdooValue;
use crate::definition::entity::TimeFormat;

/// A mapped record.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped<'r> {
    /// Its id in the external system.
    pub external_id: Cow<'r, str>,
    /// When it was last changed, if the definition says where that stands.
    pub updated: Option<Timestamp>,
    /// Position of the field in the plan, value. Fields that are left alone are not listed.
    pub values: Vec<(u16, OdooValue<'r>)>,
    /// Position of the field in the plan, lines.
    pub lines: Vec<(u16, Vec<MappedLine<'r>>)>,
    /// Records found inside this one.
    pub embedded: Vec<Embedded<'r>>,
}

/// A mapped line.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedLine<'r> {
    /// Its id inside the record; lines of a further source have the source's name in front: `shipping-12`.
    pub key: String,
    /// Position of the column in the lines' plan, value.
    pub values: Vec<(u16, OdooValue<'r>)>,
    /// The columns that only a new line gets.
    pub for_new: Vec<u16>,
}

/// A record that stands inside another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded<'r> {
    /// Position of its entity.
    pub entity: u16,
    /// Its id.
    pub external_id: Cow<'r, str>,
    /// The record.
    pub record: Held<'r>,
}

/// A part of a record, or something that an expression made. (Not a `Cow`, which is invariant in what it holds.)
#[derive(Debug, Clone, PartialEq)]
pub enum Held<'r> {
    /// A part of the record.
    Part(&'r Json<'r>),
    /// Made by an expression.
    Made(Json<'r>),
}

impl<'r> Deref for Held<'r> {
    type Target = Json<'r>;

    fn deref(&self) -> &Json<'r> {
        match self {
            Held::Part(json) => json,
            Held::Made(json) => json,
        }
    }
}

/// A record that cannot be mapped. What could be read of its identity is kept for the dead letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmapped {
    /// Its id, when it has a readable one.
    pub external_id: Option<String>,
    /// When it was last changed, when that can be read.
    pub updated: Option<Timestamp>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// A record and what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'r> {
    /// The record.
    pub record: &'r Json<'r>,
    /// The record around an embedded one.
    pub parent: Option<&'r Json<'r>>,
}

pub(super) static NULL: Json<'static> = Json::Null;

impl Plans {
    /// Whether the definition wants this record at all (`import.only`).
    pub fn wants<'r>(&'r self, entity: u16, scope: Scope<'r>) -> Result<bool, Problem> {
        let plan = &self.entities[usize::from(entity)];
        let Some(only) = &plan.only else { return Ok(true) };
        self.is_true(only, scope).map_err(|reason| Problem::new("", only.text(), None, reason))
    }

    /// Whether the stage `canary`, if the entity is in it, takes this record.
    pub fn chooses<'r>(&'r self, entity: u16, scope: Scope<'r>) -> Result<bool, Problem> {
        let plan = &self.entities[usize::from(entity)];
        let Some(canary) = &plan.canary else { return Ok(true) };
        self.is_true(canary, scope).map_err(|reason| Problem::new("", canary.text(), None, reason))
    }

    /// The record's id in the external system.
    pub fn external_id<'r>(&'r self, entity: u16, scope: Scope<'r>) -> Result<Cow<'r, str>, Problem> {
        let id = &self.entities[usize::from(entity)].id;
        let fail = |reason: String| Problem::new("", id.text(), None, reason);
        let text = match self.origin(id, scope, None).map_err(fail)? {
            Got::Absent | Got::Null => return Err(fail("the record has no id here".to_owned())),
            Got::Value(OdooValue::Text(text)) => text,
            Got::Value(OdooValue::Int(i)) => Cow::Owned(i.to_string()),
            Got::Value(_) => return Err(fail("an id is text or a whole number".to_owned())),
            Got::Other(json) => {
                return Err(Problem::new("", id.text(), Some(&json), "an id is text or a whole number"));
            }
        };
        if text.is_empty() { Err(fail("the record's id is empty".to_owned())) } else { Ok(text) }
    }

    /// When the record was last changed; `None` when the definition or the record does not tell.
    pub fn updated(&self, entity: u16, record: &Json<'_>) -> Result<Option<Timestamp>, Problem> {
        let Some(updated) = &self.entities[usize::from(entity)].updated else { return Ok(None) };
        let Found::Value(value) = updated.path.find(record) else { return Ok(None) };
        let at = moment(updated, value);
        at.map(Some).map_err(|reason| Problem::new("", updated.path.text(), Some(value), reason))
    }

    /// Maps a record of the entity at position `entity`.
    pub fn map<'r>(&'r self, entity: u16, scope: Scope<'r>) -> Result<Mapped<'r>, Unmapped> {
        let plan = &self.entities[usize::from(entity)];
        let mut run = Run::new(self, scope);
        let external_id = run.keep(self.external_id(entity, scope));
        let updated = run.keep(self.updated(entity, scope.record)).flatten();
        let mut values = Vec::with_capacity(plan.fields.len());
        let mut lines = Vec::new();
        for (position, field) in (0u16..).zip(&plan.fields) {
            if let Some(plan) = &field.lines {
                lines.push((position, run.lines(&field.name, plan)));
            } else if run.push_plain(&field.rule, position, &mut values) {
                continue;
            } else if let Some(value) = run.value(&field.rule, None, Place(None)) {
                values.push((position, value));
            }
        }
        match (external_id, run.problems.is_empty()) {
            (Some(external_id), true) => {
                Ok(Mapped { external_id, updated, values, lines, embedded: run.embedded })
            }
            (external_id, _) => Err(Unmapped {
                external_id: external_id.map(Cow::into_owned),
                updated,
                problems: run.problems,
            }),
        }
    }

    /// The values that the entity's `match` rules compare, in the order of the rules; `None` where the record
    /// has none.
    pub fn match_values<'r>(&'r self, entity: u16, record: &'r Json<'r>) -> Vec<Option<String>> {
        let plan = &self.entities[usize::from(entity)];
        plan.matches
            .iter()
            .map(|rule| {
                let Found::Value(value) = rule.path.find(record) else { return None };
                let value = convert::scalar(value).ok()??;
                let converted = convert::convert(rule.convert, value, &jiff::tz::TimeZone::UTC).ok()?;
                Some(converted.to_string()).filter(|text| !text.is_empty())
            })
            .collect()
    }

    /// Whether a step after the write applies to this record, before Odoo is asked.
    pub fn applies<'r>(&'r self, then: &'r ThenPlan, scope: Scope<'r>) -> Result<bool, Problem> {
        let Some(when) = &then.when else { return Ok(true) };
        self.is_true(when, scope).map_err(|reason| Problem::new("", when.text(), None, reason))
    }

    /// Whether what Odoo shows (`odoo`, field name = value) makes a step after the write needless. `agreed` is the
    /// last call whose outcome both sides showed.
    pub fn is_done<'r>(
        &'r self,
        then: &'r ThenPlan,
        scope: Scope<'r>,
        odoo: &'r Json<'r>,
        agreed: Option<&'r str>,
    ) -> Result<bool, Problem> {
        let Some(unless) = &then.unless else { return Ok(false) };
        let parent = scope.parent.unwrap_or(&NULL);
        let agreed = agreed.map_or(Json::Null, |call| Json::Str(call.into()));
        let inputs = [scope.record, &self.settings, &self.company, parent, odoo, &agreed];
        unless
            .evaluate(&inputs)
            .map(|value| value.truthy())
            .map_err(|error| Problem::new("", unless.text(), None, error.to_string()))
    }

    /// The value that a `check` expects Odoo to show.
    pub fn expected<'r>(
        &'r self,
        origin: &'r Origin,
        scope: Scope<'r>,
    ) -> Result<Option<OdooValue<'r>>, Problem> {
        match self.origin(origin, scope, None) {
            Ok(Got::Value(value)) => Ok(Some(value)),
            Ok(_) => Ok(None),
            Err(reason) => Err(Problem::new("", origin.text(), None, reason)),
        }
    }

    fn is_true<'r>(&'r self, expression: &'r Expression, scope: Scope<'r>) -> Result<bool, String> {
        let parent = scope.parent.unwrap_or(&NULL);
        let values = [scope.record, &self.settings, &self.company, parent, &NULL];
        evaluate(expression, values).map(|value| value.truthy())
    }

    pub(super) fn origin<'r>(
        &'r self,
        origin: &'r Origin,
        scope: Scope<'r>,
        line: Option<&'r Json<'r>>,
    ) -> Result<Got<'r>, String> {
        match origin {
            Origin::Path(path) => Ok(match path.find(line.unwrap_or(scope.record)) {
                Found::Absent => Got::Absent,
                Found::Null => Got::Null,
                Found::Value(json) => from_json(json)?,
            }),
            Origin::Each(path) => Ok(match path.find(line.unwrap_or(scope.record))? {
                Several::Absent => Got::Absent,
                Several::Null => Got::Null,
                Several::Values(values) => {
                    Got::Other(Held::Made(Json::Array(values.into_iter().cloned().collect())))
                }
            }),
            Origin::Expr(expression) => {
                let parent = scope.parent.unwrap_or(&NULL);
                let values = [scope.record, &self.settings, &self.company, parent, line.unwrap_or(&NULL)];
                from_value(evaluate(expression, values)?)
            }
        }
    }
}

/// What a path or an expression gave.
pub(super) enum Got<'r> {
    Absent,
    Null,
    Value(OdooValue<'r>),
    /// A list or an object.
    Other(Held<'r>),
}

fn from_json<'r>(json: &'r Json<'r>) -> Result<Got<'r>, String> {
    if matches!(json, Json::Array(_) | Json::Object(_)) {
        return Ok(Got::Other(Held::Part(json)));
    }
    Ok(convert::scalar(json)?.map_or(Got::Null, Got::Value))
}

fn from_value<'r>(value: Value<'r>) -> Result<Got<'r>, String> {
    Ok(match value {
        Value::None => Got::Null,
        Value::Bool(b) => Got::Value(OdooValue::Bool(b)),
        Value::Int(i) => Got::Value(OdooValue::Int(i)),
        Value::Float(f) => Got::Value(OdooValue::Decimal(convert::from_float(f)?)),
        Value::Decimal(d) => Got::Value(OdooValue::Decimal(d)),
        Value::Str(text) => Got::Value(OdooValue::Text(convert::storable(text)?)),
        Value::Date(date) => Got::Value(OdooValue::Date(date)),
        Value::DateTime(at) => Got::Value(OdooValue::DateTime(at)),
        Value::Json(json) => from_json(json)?,
        other => Got::Other(Held::Made(other.into_json())),
    })
}

pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The values stand in the order of [`LINE_NAMES`](super::plan::LINE_NAMES); an expression that was compiled with
/// fewer names does not look at the rest.
pub(super) fn evaluate<'r>(
    expression: &'r Expression,
    values: [&'r Json<'r>; 5],
) -> Result<Value<'r>, String> {
    expression.evaluate(&values).map_err(|e| e.to_string())
}

fn moment(updated: &UpdatedPlan, value: &Json<'_>) -> Result<Timestamp, String> {
    match (updated.format, value) {
        (TimeFormat::Iso8601, Json::Str(text)) => convert::moment(text, &updated.zone),
        (TimeFormat::EpochSeconds, Json::Int(i)) => Timestamp::from_second(*i).map_err(|e| e.to_string()),
        (TimeFormat::EpochMilliseconds, Json::Int(i)) => {
            Timestamp::from_millisecond(*i).map_err(|e| e.to_string())
        }
        (format, other) => Err(format!("{format:?} expected, a {} found", other.kind())),
    }
}

impl Plan {
    /// Position of the field called `name`.
    pub fn field(&self, name: &str) -> Option<u16> {
        (0u16..).zip(&self.fields).find(|(_, field)| field.name == name).map(|(position, _)| position)
    }
}
