//! The values of expressions: Python's, borrowing from the record wherever they can.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil;

use crate::decimal::Decimal;
use crate::json::{Json, Object};

/// A Python value.
///
/// Lists, tuples and dicts made by an expression are shared, not copied, when they are used twice.
#[derive(Debug, Clone)]
pub enum Value<'r> {
    /// `None`
    None,
    /// `bool`, which behaves as 0 or 1 in arithmetic.
    Bool(bool),
    /// `int`, bounded to 64 bits.
    Int(i64),
    /// `float`, never infinite and never NaN.
    Float(f64),
    /// `decimal.Decimal`
    Decimal(Decimal),
    /// `str`
    Str(Cow<'r, str>),
    /// `datetime.date`
    Date(civil::Date),
    /// `datetime.datetime` without zone; by convention UTC, as in Odoo. Microseconds at most.
    DateTime(civil::DateTime),
    /// `list`
    List(Arc<Vec<Value<'r>>>),
    /// `tuple`
    Tuple(Arc<Vec<Value<'r>>>),
    /// `dict`: keys unique, in the order of insertion.
    Dict(Arc<Vec<(Value<'r>, Value<'r>)>>),
    /// A list or an object of the record. Scalars have the variants above; see [`Value::from`].
    Json(&'r Json<'r>),
}

impl<'r> From<&'r Json<'r>> for Value<'r> {
    #[inline]
    fn from(json: &'r Json<'r>) -> Value<'r> {
        match json {
            Json::Null => Value::None,
            Json::Bool(b) => Value::Bool(*b),
            Json::Int(i) => Value::Int(*i),
            Json::Float(f) => Value::Float(*f),
            Json::Str(text) => Value::Str(Cow::Borrowed(text)),
            Json::Array(_) | Json::Object(_) => Value::Json(json),
        }
    }
}

impl<'r> From<&'r str> for Value<'r> {
    fn from(text: &'r str) -> Value<'r> {
        Value::Str(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Str(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}

impl From<i64> for Value<'_> {
    fn from(i: i64) -> Self {
        Value::Int(i)
    }
}

impl From<Decimal> for Value<'_> {
    fn from(decimal: Decimal) -> Self {
        Value::Decimal(decimal)
    }
}

/// As Python decides it: equal by value across number types, and by items for containers.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Value<'_>) -> bool {
        crate::compare::equal(self, other)
    }
}

/// A dict seen from outside, whoever owns it.
#[derive(Clone, Copy)]
pub(crate) enum Pairs<'v, 'r> {
    Json(&'r Object<'r>),
    Values(&'v [(Value<'r>, Value<'r>)]),
}

/// A list or tuple seen from outside, whoever owns it.
#[derive(Clone, Copy)]
pub(crate) enum Items<'v, 'r> {
    Json(&'r [Json<'r>]),
    Values(&'v [Value<'r>]),
}

impl<'v, 'r> Items<'v, 'r> {
    pub(crate) fn len(self) -> usize {
        match self {
            Items::Json(items) => items.len(),
            Items::Values(items) => items.len(),
        }
    }

    pub(crate) fn get(self, at: usize) -> Option<Value<'r>> {
        match self {
            Items::Json(items) => items.get(at).map(Value::from),
            Items::Values(items) => items.get(at).cloned(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Value<'r>> + use<'v, 'r> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }
}

impl<'v, 'r> Pairs<'v, 'r> {
    pub(crate) fn len(self) -> usize {
        match self {
            Pairs::Json(object) => object.0.len(),
            Pairs::Values(pairs) => pairs.len(),
        }
    }

    pub(crate) fn get(self, at: usize) -> Option<(Value<'r>, Value<'r>)> {
        match self {
            Pairs::Json(object) => {
                object.0.get(at).map(|(key, value)| (Value::Str(Cow::Borrowed(key)), Value::from(value)))
            }
            Pairs::Values(pairs) => pairs.get(at).cloned(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (Value<'r>, Value<'r>)> + use<'v, 'r> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }

    /// The value of an equal key; the key is hashable.
    pub(crate) fn find(self, key: &Value<'_>) -> Option<Value<'r>> {
        match (self, key) {
            (Pairs::Json(object), Value::Str(name)) => object.get(name).map(Value::from),
            (Pairs::Json(_), _) => None,
            (Pairs::Values(pairs), key) => {
                pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
            }
        }
    }
}

impl<'r> Value<'r> {
    /// A new list.
    pub(crate) fn list(items: Vec<Value<'r>>) -> Value<'r> {
        Value::List(Arc::new(items))
    }

    /// A new tuple.
    pub(crate) fn tuple(items: Vec<Value<'r>>) -> Value<'r> {
        Value::Tuple(Arc::new(items))
    }

    /// The name of the type in Python, as its messages print it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Decimal(_) => "decimal.Decimal",
            Value::Str(_) => "str",
            Value::Date(_) => "datetime.date",
            Value::DateTime(_) => "datetime.datetime",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Json(Json::Array(_)) => "list",
            Value::Json(Json::Object(_)) => "dict",
            Value::Json(scalar) => Value::from(*scalar).type_name(),
        }
    }

    /// The text of a `str`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            Value::Json(json) => json.as_str(),
            _ => None,
        }
    }

    /// Is it `None`?
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None | Value::Json(Json::Null))
    }

    /// `bool(value)`: false for `None`, zeros and everything empty.
    pub fn truthy(&self) -> bool {
        match self {
            Value::None => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::Float(f) => *f != 0.0,
            Value::Decimal(d) => !d.is_zero(),
            Value::Str(text) => !text.is_empty(),
            Value::Date(_) | Value::DateTime(_) => true,
            Value::List(items) | Value::Tuple(items) => !items.is_empty(),
            Value::Dict(pairs) => !pairs.is_empty(),
            Value::Json(Json::Array(items)) => !items.is_empty(),
            Value::Json(Json::Object(object)) => !object.0.is_empty(),
            Value::Json(scalar) => Value::from(*scalar).truthy(),
        }
    }

    /// The items of a list or tuple.
    pub(crate) fn items(&self) -> Option<Items<'_, 'r>> {
        match self {
            Value::List(items) | Value::Tuple(items) => Some(Items::Values(items)),
            Value::Json(Json::Array(items)) => Some(Items::Json(items)),
            _ => None,
        }
    }

    /// The members of a dict.
    pub(crate) fn pairs(&self) -> Option<Pairs<'_, 'r>> {
        match self {
            Value::Dict(pairs) => Some(Pairs::Values(pairs)),
            Value::Json(Json::Object(object)) => Some(Pairs::Json(object)),
            _ => None,
        }
    }

    /// The value as JSON: a `Decimal` becomes the nearest number, a date `2024-05-31`, a datetime
    /// `2024-05-31 12:00:00` (Odoo's form, without fractions), a tuple a list; keys become text.
    pub fn into_json(self) -> Json<'r> {
        match self {
            Value::None => Json::Null,
            Value::Bool(b) => Json::Bool(b),
            Value::Int(i) => Json::Int(i),
            Value::Float(f) => Json::Float(f),
            Value::Decimal(d) => Json::Float(d.to_f64()),
            Value::Str(text) => Json::Str(text),
            Value::Date(date) => Json::Str(date.strftime("%Y-%m-%d").to_string().into()),
            Value::DateTime(at) => Json::Str(at.strftime("%Y-%m-%d %H:%M:%S").to_string().into()),
            Value::List(items) | Value::Tuple(items) => {
                Json::Array(Arc::unwrap_or_clone(items).into_iter().map(Value::into_json).collect())
            }
            Value::Dict(pairs) => Json::Object(Object(
                Arc::unwrap_or_clone(pairs)
                    .into_iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Value::Str(text) => text,
                            key => Cow::Owned(key.to_string()),
                        };
                        (key, value.into_json())
                    })
                    .collect(),
            )),
            Value::Json(json) => json.clone(),
        }
    }
}
