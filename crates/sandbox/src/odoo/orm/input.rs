//! Values from the wire into field values, refused as Odoo refuses them.

use serde_json::{Map, Value as Json};

use super::Env;
use super::python::{python, text as text_repr};
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::schema::{Digits, FieldId, Kind, ModelId};
use crate::odoo::value::{Value, round_to};

/// Field values of a record to be written.
pub(crate) type Vals = Vec<(FieldId, Input)>;

/// What is written to one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Value(Value),
    Commands(Vec<Command>),
}

/// One change of a one2many or many2many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// With the external id that the new record gets.
    Create(Vals, Option<String>),
    Update(u32, Vals),
    Delete(u32),
    Unlink(u32),
    Link(u32),
    Clear,
    Set(Vec<u32>),
}

impl Env<'_> {
    /// A dict of the wire as field values; an unknown name is an error.
    pub(crate) fn vals(&self, model: ModelId, map: &Map<String, Json>) -> Outcome<Vals> {
        let mut vals = Vec::with_capacity(map.len());
        for (name, json) in map {
            let field = self.field_of(model, name)?;
            vals.push((field, self.input(model, field, json)?));
        }
        Ok(vals)
    }

    /// One value of the wire.
    pub(crate) fn input(&self, model: ModelId, field: FieldId, json: &Json) -> Outcome<Input> {
        match &self.field(model, field).kind {
            Kind::One2many(target, _) | Kind::Many2many(target) => {
                let target = self.schema().known(target);
                self.commands(target, json).map(Input::Commands)
            }
            _ => self.scalar(model, field, json).map(Input::Value),
        }
    }

    fn scalar(&self, model: ModelId, field: FieldId, json: &Json) -> Outcome<Value> {
        let definition = self.field(model, field);
        let value = match &definition.kind {
            Kind::Char | Kind::Text | Kind::Html | Kind::Binary => text(json),
            Kind::Boolean => Value::Bool(truthy(json)),
            Kind::Integer => integer(json)?,
            Kind::Float(_) | Kind::Monetary => float(json)?,
            Kind::Date => date(json)?,
            Kind::Datetime => datetime(json)?,
            Kind::Selection(options) => match text(json) {
                Value::Text(option) if options.iter().any(|(name, _)| *name == option) => Value::Text(option),
                Value::Text(other) if !other.is_empty() => {
                    let place = format!("{}.{}", self.model(model).name, definition.name);
                    return Err(Error::new(
                        Class::Value,
                        format!("Wrong value for {place}: {}", text_repr(&other)),
                    ));
                }
                _ => Value::Unset,
            },
            Kind::Many2one(_) => many2one(json)?,
            Kind::One2many(..) | Kind::Many2many(_) => Value::Unset,
        };
        Ok(self.rounded(&definition.kind, value))
    }

    /// A float with as many decimals as its field keeps.
    pub(crate) fn rounded(&self, kind: &Kind, value: Value) -> Value {
        match (kind, value) {
            (Kind::Float(digits), Value::Float(number)) => match self.decimals(*digits) {
                Some(decimals) => Value::Float(round_to(number, 10f64.powi(-decimals))),
                None => Value::Float(number),
            },
            (_, value) => value,
        }
    }

    fn decimals(&self, digits: Digits) -> Option<i32> {
        match digits {
            Digits::Full | Digits::Shown(_) => None,
            Digits::Fixed(decimals) => Some(i32::from(decimals)),
            Digits::Precision(name) => {
                self.precisions.iter().find(|(precision, _)| precision == name).map(|(_, digits)| *digits)
            }
        }
    }

    fn commands(&self, target: ModelId, json: &Json) -> Outcome<Vec<Command>> {
        let Json::Array(items) = json else {
            return Ok(vec![Command::Clear]);
        };
        if items.iter().all(Json::is_u64) && !items.is_empty() {
            return Ok(vec![Command::Set(ids_of(json))]);
        }
        items.iter().map(|item| self.command(target, item)).collect()
    }

    fn command(&self, target: ModelId, item: &Json) -> Outcome<Command> {
        let at = |place: usize| item.get(place).unwrap_or(&Json::Null);
        let id = at(1).as_u64().unwrap_or(0) as u32;
        let empty = Map::new();
        let vals = || self.vals(target, at(2).as_object().unwrap_or(&empty));
        Ok(match at(0).as_u64() {
            Some(0) => Command::Create(vals()?, None),
            Some(1) => Command::Update(id, vals()?),
            Some(2) => Command::Delete(id),
            Some(3) => Command::Unlink(id),
            Some(4) => Command::Link(id),
            Some(5) => Command::Clear,
            Some(6) => Command::Set(ids_of(at(2))),
            _ => return Err(Error::new(Class::Value, format!("Invalid command: {item}"))),
        })
    }
}

/// The ids in a JSON list; a bare id counts as a list of one.
pub(crate) fn ids_of(json: &Json) -> Vec<u32> {
    match json {
        Json::Array(items) => items.iter().filter_map(Json::as_u64).map(|id| id as u32).collect(),
        other => other.as_u64().map(|id| id as u32).into_iter().collect(),
    }
}

fn truthy(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

fn text(json: &Json) -> Value {
    match json {
        Json::Null | Json::Bool(false) => Value::Unset,
        Json::Bool(true) => Value::text("True"),
        Json::String(text) => Value::text(text.as_str()),
        other => Value::Text(other.to_string()),
    }
}

fn integer(json: &Json) -> Outcome<Value> {
    match json {
        Json::Number(number) => {
            Ok(Value::Int(number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64)))
        }
        Json::String(text) if !text.is_empty() => text.trim().parse().map(Value::Int).map_err(|_| {
            let message = format!("invalid literal for int() with base 10: {}", text_repr(text));
            Error::new(Class::Value, message)
        }),
        other => Ok(if truthy(other) { Value::Int(1) } else { Value::Unset }),
    }
}

fn float(json: &Json) -> Outcome<Value> {
    match json {
        Json::Number(number) => Ok(Value::Float(number.as_f64().unwrap_or(0.0))),
        Json::String(text) if !text.is_empty() => text.trim().parse().map(Value::Float).map_err(|_| {
            Error::new(Class::Value, format!("could not convert string to float: {}", text_repr(text)))
        }),
        other => Ok(if truthy(other) { Value::Float(1.0) } else { Value::Unset }),
    }
}

fn date(json: &Json) -> Outcome<Value> {
    let Value::Text(text) = text(json) else { return Ok(Value::Unset) };
    if text.is_empty() {
        return Ok(Value::Unset);
    }
    let head: String = text.chars().take(10).collect();
    match parse_date(&head) {
        true => Ok(Value::Text(head)),
        false => Err(time_error(&head, "%Y-%m-%d")),
    }
}

fn datetime(json: &Json) -> Outcome<Value> {
    let Value::Text(text) = text(json) else { return Ok(Value::Unset) };
    match parse_datetime(&text) {
        _ if text.is_empty() => Ok(Value::Unset),
        Some(moment) => Ok(Value::Text(moment)),
        None if text.len() > 19 => {
            let rest: String = text.chars().skip(19).collect();
            match parse_datetime(&text.chars().take(19).collect::<String>()) {
                Some(_) => Err(Error::new(Class::Value, format!("unconverted data remains: {rest}"))),
                None => Err(time_error(&text, "%Y-%m-%d %H:%M:%S")),
            }
        }
        None => Err(time_error(&text, "%Y-%m-%d %H:%M:%S")),
    }
}

fn time_error(text: &str, format: &str) -> Error {
    Error::new(Class::Value, format!("time data {} does not match format '{format}'", text_repr(text)))
}

/// Is this `YYYY-MM-DD`, a day that exists?
pub(crate) fn parse_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// `YYYY-MM-DD HH:MM:SS`, or a date alone for its midnight, as the former.
pub(crate) fn parse_datetime(text: &str) -> Option<String> {
    if parse_date(text) {
        return Some(format!("{text} 00:00:00"));
    }
    let shape = text.len() == 19 && text.as_bytes()[10] == b' ';
    (shape && text.parse::<jiff::civil::DateTime>().is_ok()).then(|| text.to_owned())
}

fn many2one(json: &Json) -> Outcome<Value> {
    match json {
        Json::Null | Json::Bool(false) => Ok(Value::Unset),
        Json::Number(number) => Ok(match number.as_i64() {
            Some(0) | None => Value::Unset,
            Some(id) => Value::Int(id),
        }),
        Json::Array(pair) => pair.first().map_or(Ok(Value::Unset), many2one),
        // Nothing looks at the value before the database does.
        Json::String(text) => match text.parse() {
            Ok(id) => Ok(Value::Int(id)),
            Err(_) => {
                let message = format!("invalid input syntax for type integer: \"{text}\"\n");
                Err(Error::new(Class::InvalidText, message))
            }
        },
        other => Err(Error::new(Class::Value, format!("Wrong value: {}", python(other)))),
    }
}
