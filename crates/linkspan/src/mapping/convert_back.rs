//! The way back of the named converters: what Odoo's `read` shows, as the external system writes it.
//!
//! [`OdooValue::from_read`] takes what Odoo shows, [`FieldPlan::back`] gives what goes out; there and back gives the
//! same value. The caller links relations and looks up the codes of reference data, both of which Odoo shows as ids.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use pyexpr::{Decimal, Json};
use serde_json::Value;

use super::convert;
use super::each::{ItemShape, id_value};
use super::plan::{FieldPlan, From, Origin, Rule, ValueTable};
use super::problem::Problem;
use super::value::{OdooValue, Reference};
use crate::definition::entity::Converter;

impl OdooValue<'static> {
    /// The value of a field as `read` shows it. `field_type` is Odoo's (`char`, `monetary`, `datetime`... as
    /// `fields_get` tells): only it says whether `false` is a no or an empty field. A many2one that is set is refused:
    /// link it to a [`OdooValue::Relation`] or [`OdooValue::Reference`] first.
    pub fn from_read(field_type: &str, shown: &Value) -> Result<OdooValue<'static>, String> {
        let text = || shown.as_str().map(|text| OdooValue::Text(text.to_owned().into()));
        let value = match (field_type, shown) {
            ("boolean", Value::Bool(flag)) => Some(OdooValue::Bool(*flag)),
            (_, Value::Bool(false) | Value::Null) => Some(OdooValue::Empty),
            ("char" | "text" | "html" | "selection", _) => text(),
            ("integer", _) => shown.as_i64().map(OdooValue::Int),
            ("float" | "monetary", Value::Number(number)) => {
                Some(OdooValue::Decimal(match number.as_i64() {
                    Some(whole) => Decimal::from(whole),
                    // Odoo computes in binary floats; the shortest text that means the float is what it stored.
                    None => Decimal::from_json_number(number.as_f64().unwrap_or(f64::NAN))
                        .map_err(|error| error.to_string())?,
                }))
            }
            ("date" | "datetime", Value::String(text)) => {
                let text = OdooValue::Text(text.as_str().into());
                let kind = if field_type == "date" { Converter::Date } else { Converter::Datetime };
                Some(convert::convert(kind, text, &TimeZone::UTC)?.into_owned())
            }
            _ => None,
        };
        value.ok_or_else(|| {
            format!("Odoo shows {shown} in a field of type {field_type}, which has no way back")
        })
    }
}

impl FieldPlan {
    /// What the external system gets for `value`: the inverse of mapping this field. `decimals` is how many places
    /// a decimal number gets, `None` as many as it has; they are always text, never a binary float. An empty field
    /// is empty text where the converter makes text, null elsewhere.
    ///
    /// Only a field with `from` has a way back; its path says where the value goes.
    pub fn back(&self, value: &OdooValue<'_>, decimals: Option<u32>) -> Result<Json<'static>, Problem> {
        let From::Origin(origin @ (Origin::Path(_) | Origin::Each(_))) = &self.rule.from else {
            return Err(Problem::new(&self.name, "", None, "only a field with `from` can go back"));
        };
        back(&self.rule, value, decimals).map_err(|reason| {
            let shown = Json::Str(value.to_string().into());
            Problem::new(&self.name, origin.text(), Some(&shown), reason)
        })
    }

    /// The path in the external record that this field comes from, of several records their list's; `None` when it has no
    /// way back.
    pub fn path(&self) -> Option<&str> {
        match &self.rule.from {
            From::Origin(Origin::Path(path)) => Some(path.text()),
            From::Origin(Origin::Each(path)) => path.list(),
            _ => None,
        }
    }
}

/// How the related records of a field stand in the list that they come from.
pub(super) fn item_shape(rule: &Rule) -> Option<&ItemShape> {
    match &rule.from {
        From::Origin(Origin::Each(path)) => path.shape(),
        _ => None,
    }
}

pub(super) fn back(
    rule: &Rule,
    value: &OdooValue<'_>,
    decimals: Option<u32>,
) -> Result<Json<'static>, String> {
    if let Some(values) = &rule.values {
        return from_table(values, value);
    }
    if rule.many {
        let shape =
            item_shape(rule).ok_or("ids go back into one list only, whose items are told by names")?;
        return match value {
            OdooValue::Relations { external_ids, .. } => Ok(shape.list(external_ids.iter().map(|id| &**id))),
            OdooValue::Empty => Ok(shape.list([])),
            other => Err(format!("\"{other}\" is no list of related records")),
        };
    }
    let text = |text: String| Ok(Json::Str(text.into()));
    let value = match value {
        OdooValue::Empty if makes_text(rule) => return text(String::new()),
        OdooValue::Empty => return Ok(Json::Null),
        OdooValue::Relation { external_id, .. } => return Ok(id_value(external_id)),
        OdooValue::Reference(reference) => return text(code(reference)),
        other => other.clone(),
    };
    match rule.convert {
        None => match value {
            OdooValue::Bool(flag) => Ok(Json::Bool(flag)),
            OdooValue::Int(number) => Ok(Json::Int(number)),
            OdooValue::Decimal(number) => text(places(number, decimals)?),
            OdooValue::DateTime(at) => text(local(at, &rule.zone)?),
            other => text(other.to_string()),
        },
        Some(Converter::Text | Converter::Trim | Converter::Lower | Converter::Upper) => {
            text(convert::text(value)?.into_owned())
        }
        Some(Converter::Decimal) => text(places(convert::decimal(value)?, decimals)?),
        Some(Converter::Integer) => convert::integer(value).map(Json::Int),
        Some(Converter::Boolean) => convert::boolean(value).map(Json::Bool),
        Some(Converter::Date) => text(convert::date(value, &rule.zone)?.to_string()),
        Some(Converter::Datetime) => text(local(convert::datetime(value, &TimeZone::UTC)?, &rule.zone)?),
        Some(Converter::HtmlToText) => text(html(&convert::text(value)?)),
        Some(Converter::Currency | Converter::Country | Converter::State | Converter::Unit) => {
            Err("Odoo shows an id here; look up its code first".to_owned())
        }
    }
}

fn makes_text(rule: &Rule) -> bool {
    use Converter::{HtmlToText, Lower, Text, Trim, Upper};
    rule.relation.is_none() && matches!(rule.convert, None | Some(Text | Trim | Lower | Upper | HtmlToText))
}

/// The one external value that stands for `value`; several cannot be told apart.
fn from_table(values: &ValueTable, value: &OdooValue<'_>) -> Result<Json<'static>, String> {
    let standing = values.iter().filter(|(_, odoo)| same(odoo, value));
    let found: Vec<&str> = standing.map(|(external, _)| external.as_str()).collect();
    match found.as_slice() {
        [one] => Ok(Json::Str((*one).to_owned().into())),
        [] => {
            Err(format!("no external value in the table stands for \"{value}\"; add one to the definition"))
        }
        several => Err(format!("\"{value}\" stands for several external values ({})", several.join(", "))),
    }
}

/// Numbers are compared as numbers, and an empty field is empty text.
fn same(constant: &OdooValue<'_>, value: &OdooValue<'_>) -> bool {
    match (constant, value) {
        (OdooValue::Int(a), OdooValue::Decimal(b)) => Decimal::from(*a) == *b,
        (OdooValue::Decimal(a), OdooValue::Int(b)) => *a == Decimal::from(*b),
        (OdooValue::Text(text), OdooValue::Empty) => text.is_empty(),
        (constant, value) => constant == value,
    }
}

/// A state's country stands in a field of its own.
fn code(reference: &Reference<'_>) -> String {
    match reference {
        Reference::Currency(code)
        | Reference::Country(code)
        | Reference::State(_, code)
        | Reference::Unit(code) => code.to_string(),
    }
}

fn places(number: Decimal, decimals: Option<u32>) -> Result<String, String> {
    let rounded = match decimals {
        Some(decimals) => number.quantize_half_up(decimals).map_err(|error| error.to_string())?,
        None => number,
    };
    Ok(rounded.to_plain_string())
}

/// ISO 8601 without offset in `zone`, as the external system writes it. When clocks are set back an hour comes
/// twice: only in the second one the offset is added, because without it the first would be meant.
fn local(at: DateTime, zone: &TimeZone) -> Result<String, String> {
    let out_of_range = |error: jiff::Error| format!("{at} is out of range: {error}");
    let moment = Offset::UTC.to_timestamp(at).map_err(out_of_range)?;
    let local = zone.to_datetime(moment);
    let is_meant = zone.to_timestamp(local).map_err(out_of_range)?.as_second() == moment.as_second();
    let format = if is_meant { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%:z" };
    Ok(moment.to_zoned(zone.clone()).strftime(format).to_string())
}

/// Plain text as HTML that shows it.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}
