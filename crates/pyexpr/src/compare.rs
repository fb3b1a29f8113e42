//! Equality and order of Python values.

use std::cmp::Ordering;

use crate::decimal::Decimal;
use crate::error::Failure;
use crate::json::Json;
use crate::number::{Outcome, compare_int_float};
use crate::value::{Items, Pairs, Value};

/// A comparison operator that orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Order {
    fn symbol(self) -> &'static str {
        match self {
            Order::Less => "<",
            Order::LessEqual => "<=",
            Order::Greater => ">",
            Order::GreaterEqual => ">=",
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Order::Less => ordering.is_lt(),
            Order::LessEqual => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::GreaterEqual => ordering.is_ge(),
        }
    }
}

/// Numbers compare with one another by value, whatever their types.
enum Number {
    Int(i64),
    Float(f64),
    Decimal(Decimal),
}

fn number(value: &Value<'_>) -> Option<Number> {
    match value {
        Value::Bool(b) => Some(Number::Int(i64::from(*b))),
        Value::Int(i) => Some(Number::Int(*i)),
        Value::Float(f) => Some(Number::Float(*f)),
        Value::Decimal(d) => Some(Number::Decimal(*d)),
        _ => None,
    }
}

fn compare_numbers(left: Number, right: Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
        (Number::Decimal(a), Number::Decimal(b)) => Some(a.cmp(&b)),
        (Number::Int(a), Number::Float(b)) => Some(compare_int_float(a, b)),
        (Number::Float(a), Number::Int(b)) => Some(compare_int_float(b, a).reverse()),
        (Number::Int(a), Number::Decimal(b)) => Some(Decimal::from(a).cmp(&b)),
        (Number::Decimal(a), Number::Int(b)) => Some(a.cmp(&Decimal::from(b))),
        (Number::Float(a), Number::Decimal(b)) => b.compare_f64(a).map(Ordering::reverse),
        (Number::Decimal(a), Number::Float(b)) => a.compare_f64(b),
    }
}

/// `left == right`; never fails.
pub(crate) fn equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::None, Value::None) => true,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::DateTime(a), Value::DateTime(b)) => a == b,
        (Value::Json(a @ (Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Str(_))), b) => {
            equal(&Value::from(*a), b)
        }
        (a, Value::Json(b @ (Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Str(_)))) => {
            equal(a, &Value::from(*b))
        }
        (Value::Tuple(a), Value::Tuple(b)) => equal_items(Items::Values(a), Items::Values(b)),
        (Value::Tuple(_), _) | (_, Value::Tuple(_)) => false,
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => compare_numbers(a, b) == Some(Ordering::Equal),
            _ => equal_containers(left, right),
        },
    }
}

fn equal_containers(left: &Value<'_>, right: &Value<'_>) -> bool {
    if let (Some(a), Some(b)) = (left.items(), right.items()) {
        return equal_items(a, b);
    }
    match (left.pairs(), right.pairs()) {
        (Some(a), Some(b)) => equal_pairs(a, b),
        _ => false,
    }
}

fn equal_items(left: Items<'_, '_>, right: Items<'_, '_>) -> bool {
    left.len() == right.len() && left.iter().zip(right.iter()).all(|(a, b)| equal(&a, &b))
}

fn equal_pairs(left: Pairs<'_, '_>, right: Pairs<'_, '_>) -> bool {
    left.len() == right.len()
        && left.iter().all(|(key, value)| right.find(&key).is_some_and(|other| equal(&value, &other)))
}

/// `left < right` and the like.
pub(crate) fn ordered(left: &Value<'_>, order: Order, right: &Value<'_>) -> Outcome<bool> {
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return Ok(compare_numbers(a, b).is_some_and(|ordering| order.holds(ordering)));
    }
    match (left, right) {
        // UTF-8 sorts as code points do.
        (Value::Str(a), Value::Str(b)) => return Ok(order.holds(a.cmp(b))),
        (Value::Date(a), Value::Date(b)) => return Ok(order.holds(a.cmp(b))),
        (Value::DateTime(a), Value::DateTime(b)) => return Ok(order.holds(a.cmp(b))),
        (Value::Tuple(_), Value::Tuple(_)) => {}
        (Value::Tuple(_), _) | (_, Value::Tuple(_)) => return Err(unordered(left, order, right)),
        _ => {}
    }
    match (left.items(), right.items()) {
        (Some(a), Some(b)) => ordered_items(a, order, b),
        _ => Err(unordered(left, order, right)),
    }
}

/// The first items that differ decide; else the lengths.
fn ordered_items(left: Items<'_, '_>, order: Order, right: Items<'_, '_>) -> Outcome<bool> {
    match left.iter().zip(right.iter()).find(|(a, b)| !equal(a, b)) {
        Some((a, b)) => ordered(&a, order, &b),
        None => Ok(order.holds(left.len().cmp(&right.len()))),
    }
}

#[cold]
fn unordered(left: &Value<'_>, order: Order, right: &Value<'_>) -> Failure {
    let (symbol, a, b) = (order.symbol(), left.type_name(), right.type_name());
    let culprit = if left.is_none() { left } else { right };
    Failure::type_error(format!("'{symbol}' not supported between instances of '{a}' and '{b}'"))
        .with_value(culprit)
}

/// A key of a dict must be hashable: no list, no dict, and no tuple with one inside.
pub(crate) fn check_hashable(key: &Value<'_>) -> Outcome<()> {
    match key {
        Value::List(_) | Value::Dict(_) | Value::Json(Json::Array(_) | Json::Object(_)) => {
            Err(Failure::type_error(format!("unhashable type: '{}'", key.type_name())).with_value(key))
        }
        Value::Tuple(items) => items.iter().try_for_each(check_hashable),
        _ => Ok(()),
    }
}
