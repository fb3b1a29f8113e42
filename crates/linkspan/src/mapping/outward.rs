//! What goes out of Odoo for a record. Pure, as the way in is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use pyexpr::{Expression, Json, Value as PyValue};
use serde_json::{Map, Value};

use super::convert;
use super::convert_back::back;
use super::export_plan::{OutField, OutSource};
use super::plan::{Plans, Rule};
use super::problem::Problem;
use super::value::{OdooValue, Reference};
use crate::definition::entity::Converter;

/// A value that goes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Out {
    /// As it is sent.
    pub value: Value,
    /// It is a number, however it is written: "10.0" is "10".
    pub is_number: bool,
}

/// What a record's values are made of.
pub struct Around<'a> {
    /// The record's fields as Odoo's `read` shows them.
    pub shown: &'a Map<String, Value>,
    /// The same for expressions, with related records in place.
    pub odoo: &'a Json<'a>,
    /// Type of an Odoo field, as `fields_get` tells.
    pub field_type: &'a dyn Fn(&str) -> Option<String>,
    /// External id of an Odoo record of an entity (its position).
    pub linked: &'a dyn Fn(u16, i64) -> Option<String>,
    /// Code of a currency, country, state or unit, by its Odoo id.
    pub code: &'a dyn Fn(Converter, i64) -> Option<String>,
}

/// Why a value cannot go out.
#[derive(Debug, Clone, PartialEq)]
pub enum OutProblem {
    /// The value itself.
    Value(Problem),
    /// It names a record that the other side does not have yet: position of its entity, Odoo id.
    Unlinked(u16, i64, Problem),
}

impl Plans {
    /// Whether the definition sends this record at all (`export.only`).
    pub fn sends(&self, entity: u16, around: &Around<'_>) -> Result<bool, Problem> {
        let only = self.entities[usize::from(entity)].export.as_ref().and_then(|export| export.only.as_ref());
        let Some(only) = only else { return Ok(true) };
        let value = self.evaluate_out(only, around);
        value.map(|value| value.truthy()).map_err(|reason| Problem::new("", only.text(), None, reason))
    }

    /// Position of the `instead` that says how this record is changed; `None` for the ordinary update. `odoo` is the
    /// record in Odoo, `record` the external one as it is now.
    pub fn changed_instead(
        &self,
        entity: u16,
        odoo: &Json<'_>,
        record: &Json<'_>,
    ) -> Result<Option<usize>, Problem> {
        let instead = self.entities[usize::from(entity)].export.as_ref().map(|export| &export.instead);
        for (position, when) in instead.into_iter().flatten().enumerate() {
            let applies = when.evaluate(&[&self.settings, &self.company, odoo, record]);
            let fail = |error: pyexpr::EvalError| Problem::new("", when.text(), None, error.to_string());
            if applies.map_err(fail)?.truthy() {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// The value of a setting; `None` when the backend does not give it.
    pub fn setting(&self, name: &str) -> Option<Value> {
        self.settings.get(name).map(to_value).filter(|value| !value.is_null())
    }

    /// What goes out for `field`; `None` leaves it alone.
    pub fn out(&self, entity: u16, field: &OutField, around: &Around<'_>) -> Result<Option<Out>, OutProblem> {
        match &field.source {
            OutSource::Map(position) => self.back_out(entity, *position, field, around).map(Some),
            OutSource::Constant(value) => {
                Ok(Some(Out { value: value.clone(), is_number: value.is_number() }))
            }
            OutSource::Field { rule, values } => field_out(rule, values.as_ref(), around).map_err(|reason| {
                OutProblem::Value(Problem::new(&rule.name, field.path.text(), None, reason))
            }),
            OutSource::Expr(expression) => {
                let value = self.evaluate_out(expression, around).and_then(from_python);
                value.map_err(|reason| {
                    OutProblem::Value(Problem::new(field.path.text(), expression.text(), None, reason))
                })
            }
        }
    }

    fn back_out(
        &self,
        entity: u16,
        position: u16,
        field: &OutField,
        around: &Around<'_>,
    ) -> Result<Out, OutProblem> {
        let plan = &self.entities[usize::from(entity)].fields[usize::from(position)];
        let fail =
            |reason: String| OutProblem::Value(Problem::new(&plan.name, field.path.text(), None, reason));
        let shown = around.shown.get(&plan.name).unwrap_or(&Value::Null);
        let linked = |entity: u16, id: i64| {
            (around.linked)(entity, id).ok_or_else(|| {
                let name = &self.entities[usize::from(entity)].entity;
                let reason = format!("{name} {id} of Odoo is not linked to a record of the other side yet");
                OutProblem::Unlinked(entity, id, Problem::new(&plan.name, field.path.text(), None, reason))
            })
        };
        let value = match (plan.rule.relation, plan.rule.convert, record_id(shown)) {
            (Some(entity), _, _) if plan.rule.many => {
                let ids = record_ids(shown).ok_or_else(|| {
                    fail(format!("Odoo shows {shown} here, which is no list of related records"))
                })?;
                let external: BTreeSet<String> =
                    ids.into_iter().map(|id| linked(entity, id)).collect::<Result<_, _>>()?;
                OdooValue::Relations { entity, external_ids: external.into_iter().map(Cow::Owned).collect() }
            }
            (Some(entity), _, Some(id)) => {
                OdooValue::Relation { entity, external_id: linked(entity, id)?.into() }
            }
            (None, Some(kind), Some(id)) => {
                let code = (around.code)(kind, id);
                let code = code.ok_or_else(|| fail(format!("Odoo shows no code of record {id}")))?;
                reference(kind, code).ok_or_else(|| fail(format!("Odoo shows record {id} here")))?
            }
            _ => shown_value(around, &plan.name, shown).map_err(fail)?,
        };
        let is_number = matches!(value, OdooValue::Decimal(_) | OdooValue::Int(_))
            || matches!(plan.rule.convert, Some(Converter::Decimal | Converter::Integer));
        let json = plan.back(&value, None).map_err(OutProblem::Value)?;
        Ok(Out { value: to_value(&json), is_number })
    }

    fn evaluate_out<'v>(
        &'v self,
        expression: &'v Expression,
        around: &'v Around<'_>,
    ) -> Result<PyValue<'v>, String> {
        let inputs = [&self.settings, &self.company, around.odoo];
        expression.evaluate(&inputs).map_err(|error| error.to_string())
    }
}

fn field_out(
    rule: &Rule,
    values: Option<&BTreeMap<String, Value>>,
    around: &Around<'_>,
) -> Result<Option<Out>, String> {
    let shown = around.shown.get(&rule.name).unwrap_or(&Value::Null);
    if record_id(shown).is_some() {
        return Err("this is a link to another record; say with `expr` what of it goes out".to_owned());
    }
    let value = shown_value(around, &rule.name, shown)?;
    if let Some(values) = values {
        let key = match &value {
            OdooValue::Bool(flag) => flag.to_string(),
            other => other.to_string(),
        };
        let found = values.get(&key);
        return Ok(found.map(|value| Out { value: value.clone(), is_number: value.is_number() }));
    }
    let is_number = matches!(value, OdooValue::Decimal(_) | OdooValue::Int(_));
    Ok(Some(Out { value: to_value(&back(rule, &value, None)?), is_number }))
}

fn shown_value(around: &Around<'_>, name: &str, shown: &Value) -> Result<OdooValue<'static>, String> {
    let kind = (around.field_type)(name).ok_or_else(|| format!("Odoo has no field {name}"))?;
    OdooValue::from_read(&kind, shown)
}

/// The id of a link that is set: `[7, "Goods"]`.
fn record_id(shown: &Value) -> Option<i64> {
    match shown.as_array()?.as_slice() {
        [id, Value::String(_)] => id.as_i64(),
        _ => None,
    }
}

/// The ids of a many2many: `[7, 8]`.
fn record_ids(shown: &Value) -> Option<Vec<i64>> {
    shown.as_array()?.iter().map(Value::as_i64).collect()
}

fn reference(kind: Converter, code: String) -> Option<OdooValue<'static>> {
    Some(OdooValue::Reference(match kind {
        Converter::Currency => Reference::Currency(code.into()),
        Converter::Country => Reference::Country(code.into()),
        // The country stands in a field of its own.
        Converter::State => Reference::State("".into(), code.into()),
        Converter::Unit => Reference::Unit(code.into()),
        _ => return None,
    }))
}

/// None leaves the field alone; a decimal goes out as text, so that no digit is lost, and a float as a number.
fn from_python(value: PyValue<'_>) -> Result<Option<Out>, String> {
    if value.is_none() {
        return Ok(None);
    }
    let is_number = matches!(value, PyValue::Int(_) | PyValue::Float(_) | PyValue::Decimal(_));
    let value = match value {
        PyValue::Decimal(number) => Value::String(number.to_plain_string()),
        PyValue::Float(number) => {
            let exact = convert::from_float(number)?;
            serde_json::from_str(&exact.to_plain_string()).unwrap_or_else(|_| Value::from(number))
        }
        other => to_value(&other.into_json()),
    };
    Ok(Some(Out { value, is_number }))
}

/// A copy as the adapter sends it.
pub fn to_value(json: &Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Int(number) => Value::from(*number),
        Json::Float(number) => Value::from(*number),
        Json::Str(text) => Value::String(text.to_string()),
        Json::Array(items) => items.iter().map(to_value).collect(),
        Json::Object(object) => {
            object.iter().map(|(name, value)| (name.to_owned(), to_value(value))).collect()
        }
    }
}
