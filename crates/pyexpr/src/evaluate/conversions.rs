//! `decimal()`, `int()` and `float()`.

use std::borrow::Cow;

use super::subscript::as_index;
use crate::decimal::Decimal;
use crate::error::{ErrorKind, Failure};
use crate::number::{self, Outcome};
use crate::value::Value;

/// `decimal(value)`: text, whole numbers, floats by what they print as, and decimals.
pub(super) fn decimal(value: Value<'_>) -> Outcome<Decimal> {
    let parsed = match &value {
        Value::Decimal(decimal) => return Ok(*decimal),
        Value::Int(int) => return Ok(Decimal::from(*int)),
        Value::Float(float) => Decimal::from_json_number(*float),
        Value::Str(text) if text.is_ascii() => Decimal::parse(text),
        Value::Str(text) => Decimal::parse(&ascii_digits(text)),
        other => {
            let message = format!("decimal() takes text or a number, not {}", other.type_name());
            return Err(Failure::type_error(message).with_value(other));
        }
    };
    parsed.map_err(|error| Failure::new(ErrorKind::ValueError, error.to_string()).with_value(&value))
}

/// Digits of other scripts as ASCII digits; other characters stay and are refused by the parser.
fn ascii_digits(text: &str) -> String {
    text.trim_matches(crate::unicode::is_space)
        .chars()
        .map(|c| crate::unicode::digit_value(c).map_or(c, |digit| char::from(b'0' + digit)))
        .collect()
}

/// `int(value)`
pub(super) fn int(value: Value<'_>) -> Outcome<Value<'_>> {
    match &value {
        Value::Float(float) => number::float_to_int(*float).map(Value::Int),
        Value::Decimal(decimal) => decimal.to_i64().map(Value::Int).ok_or_else(number::int_limit),
        Value::Str(text) => {
            let digits = ascii_digits(text);
            let fail = || Failure::value_error("invalid literal for int() with base 10").with_value(&value);
            let digits = without_underscores(&digits).ok_or_else(fail)?;
            let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
            if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(fail());
            }
            digits.parse().map(Value::Int).map_err(|_| number::int_limit())
        }
        other => as_index(other).map(Value::Int).ok_or_else(|| {
            let message = format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                other.type_name()
            );
            Failure::type_error(message).with_value(other)
        }),
    }
}

/// `float(value)`
pub(super) fn float(value: Value<'_>) -> Outcome<Value<'_>> {
    let float = match &value {
        Value::Float(float) => *float,
        Value::Decimal(decimal) => decimal.to_f64(),
        Value::Str(text) => {
            let digits = ascii_digits(text);
            let fail = || Failure::value_error("could not convert string to float").with_value(&value);
            let digits = without_underscores(&digits).ok_or_else(fail)?;
            digits.parse::<f64>().map_err(|_| fail())?
        }
        other => match as_index(other) {
            Some(int) => int as f64,
            None => {
                let name = other.type_name();
                let message = format!("float() argument must be a string or a real number, not '{name}'");
                return Err(Failure::type_error(message).with_value(other));
            }
        },
    };
    number::finite(float).map(Value::Float)
}

/// Single underscores between digits are ignored; elsewhere they are an error.
fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let fine = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'_' || (digit(at.checked_sub(1)) && digit(Some(at + 1))));
    fine.then(|| Cow::Owned(text.replace('_', "")))
}
