//! A field's value as the stand-in keeps it, and its two directions to JSON.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value as Json;

/// One field of one record. Dates and datetimes are text as on the wire, many2one is the id.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Value {
    /// What Odoo sends as `false`: NULL in its database.
    #[default]
    Unset,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Many2many, in the order of the links; one2many only while it is read.
    Ids(Vec<u32>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub(crate) fn link(id: u32) -> Value {
        Value::Int(i64::from(id))
    }

    pub(crate) fn is_unset(&self) -> bool {
        matches!(self, Value::Unset)
    }

    /// Python's truth: `False`, `0`, `''` and `[]` are false.
    pub(crate) fn truthy(&self) -> bool {
        match self {
            Value::Unset => false,
            Value::Bool(flag) => *flag,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Ids(ids) => !ids.is_empty(),
        }
    }

    /// The id of a many2one, if it is set.
    pub(crate) fn id(&self) -> Option<u32> {
        match self {
            Value::Int(id) => u32::try_from(*id).ok().filter(|id| *id > 0),
            _ => None,
        }
    }

    pub(crate) fn ids(&self) -> &[u32] {
        match self {
            Value::Ids(ids) => ids,
            _ => &[],
        }
    }

    pub(crate) fn as_text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            _ => "",
        }
    }

    pub(crate) fn as_float(&self) -> f64 {
        match self {
            Value::Int(number) => *number as f64,
            Value::Float(number) => *number,
            Value::Bool(flag) => f64::from(u8::from(*flag)),
            _ => 0.0,
        }
    }

    /// As JSON without names of relations: a many2one is its id.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Value::Unset => Json::Bool(false),
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Text(text) => Json::from(text.as_str()),
            Value::Ids(ids) => Json::from(ids.as_slice()),
        }
    }

    /// The key under which an index keeps this value; different values may share one, so a hit is verified.
    pub(crate) fn index_key(&self) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        match self {
            Value::Int(number) => return Some(*number as u64),
            Value::Text(text) => text.hash(&mut hasher),
            _ => return None,
        }
        Some(hasher.finish())
    }

    /// The order in which a database sorts: NULL last, text without regard to case.
    pub(crate) fn compare(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Unset, Value::Unset) => Ordering::Equal,
            (Value::Unset, _) => Ordering::Greater,
            (_, Value::Unset) => Ordering::Less,
            (Value::Text(left), Value::Text(right)) => compare_text(left, right),
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            _ => self.as_float().total_cmp(&other.as_float()),
        }
    }
}

fn compare_text(left: &str, right: &str) -> Ordering {
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    if left.is_ascii() && right.is_ascii() {
        let folded =
            left.bytes().map(|b| b.to_ascii_lowercase()).cmp(right.bytes().map(|b| b.to_ascii_lowercase()));
        return folded.then_with(|| left.cmp(right));
    }
    fold(left).cmp(&fold(right)).then_with(|| left.cmp(right))
}

/// Rounds half away from zero to a multiple of `step`, tolerating the noise of binary fractions as Odoo does.
pub(crate) fn round_to(number: f64, step: f64) -> f64 {
    if step <= 0.0 || number == 0.0 {
        return number;
    }
    // Odoo's steps are powers of ten, mostly below one: dividing by 100 is exact where multiplying by 0.01 is not.
    let scale = 1.0 / step;
    let scale = if (scale - scale.round()).abs() < 1e-9 { scale.round() } else { scale };
    let scaled = number * scale;
    let epsilon = scaled.abs() * f64::EPSILON * 2.0;
    (scaled + epsilon.copysign(scaled)).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_half_away_from_zero_and_forgives_binary_noise() {
        for (number, step, expected) in [
            (2.675, 0.01, 2.68),
            (1.005, 0.01, 1.01),
            (-2.675, 0.01, -2.68),
            (0.125, 0.01, 0.13),
            (12.5, 1.0, 13.0),
            (33.333333, 0.01, 33.33),
            (7.0 / 0.05 * 0.05, 0.05, 7.0),
        ] {
            assert_eq!(round_to(number, step), expected, "{number} to {step}");
        }
    }

    #[test]
    fn nothing_sorts_last_and_case_does_not_matter() {
        let mut values = vec![Value::Unset, Value::text("b"), Value::text("A"), Value::text("a")];
        values.sort_by(Value::compare);
        assert_eq!(values, [Value::text("A"), Value::text("a"), Value::text("b"), Value::Unset]);
    }
}
