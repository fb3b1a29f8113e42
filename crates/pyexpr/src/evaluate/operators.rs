//! `+ - * / // % **` and the signs.

use super::Scope;
use super::subscript::as_index;
use crate::decimal::{Decimal, DecimalError};
use crate::error::{ErrorKind, Failure};
use crate::ir::Operator;
use crate::number::{self, Outcome, finite, int_limit};
use crate::value::Value;

impl Operator {
    fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::FloorDivide => "//",
            Operator::Modulo => "%",
            Operator::Power => "** or pow()",
        }
    }
}

impl From<DecimalError> for Failure {
    #[cold]
    fn from(error: DecimalError) -> Failure {
        let kind = match error {
            DecimalError::Syntax => ErrorKind::ValueError,
            DecimalError::Range => ErrorKind::Limit,
            DecimalError::DivisionByZero => ErrorKind::DivisionByZero,
            DecimalError::InvalidOperation => ErrorKind::InvalidOperation,
        };
        Failure::new(kind, error.to_string())
    }
}

impl<'r> Scope<'_, 'r> {
    /// `left operator right`
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: Value<'r>,
        right: Value<'r>,
    ) -> Outcome<Value<'r>> {
        match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => return ints(operator, *a, *b),
            (Value::Decimal(a), Value::Decimal(b)) => return decimals(operator, *a, *b),
            (Value::Float(a), Value::Float(b)) => return floats(operator, *a, *b),
            _ => {}
        }
        if let Some(outcome) = mixed(operator, &left, &right) {
            return outcome;
        }
        match operator {
            Operator::Add => self.concatenated(left, right),
            Operator::Multiply => self.repeated(left, right),
            Operator::Modulo if left.as_str().is_some() => {
                Err(Failure::limit("formatting with % is not supported, use an f-string"))
            }
            _ if is_date(&left) || is_date(&right) => dates(operator, &left, &right),
            _ => Err(unsupported(operator, &left, &right)),
        }
    }

    fn concatenated(&mut self, left: Value<'r>, right: Value<'r>) -> Outcome<Value<'r>> {
        if let (Value::Str(a), Value::Str(b)) = (&left, &right) {
            self.spend_text(a.len() + b.len())?;
            let mut text = String::with_capacity(a.len() + b.len());
            text.push_str(a);
            text.push_str(b);
            return Ok(Value::from(text));
        }
        match (left.items(), right.items()) {
            (Some(a), Some(b)) if left.type_name() == right.type_name() => {
                self.spend_items(a.len() + b.len())?;
                let items = a.iter().chain(b.iter()).collect();
                Ok(if matches!(left, Value::Tuple(_)) { Value::tuple(items) } else { Value::list(items) })
            }
            _ => Err(unsupported(Operator::Add, &left, &right)),
        }
    }

    /// `'ab' * 3`, `[0] * 3`, either way round.
    fn repeated(&mut self, left: Value<'r>, right: Value<'r>) -> Outcome<Value<'r>> {
        let (sequence, times) = match (as_index(&left), as_index(&right)) {
            (None, Some(times)) => (&left, times),
            (Some(times), None) => (&right, times),
            _ => return Err(not_repeatable(&left, &right)),
        };
        let times = usize::try_from(times).unwrap_or(0);
        if let Value::Str(text) = sequence {
            self.spend_text(text.len().saturating_mul(times))?;
            return Ok(Value::from(text.repeat(times)));
        }
        let Some(items) = sequence.items() else {
            return Err(unsupported(Operator::Multiply, &left, &right));
        };
        self.spend_items(items.len().saturating_mul(times))?;
        let repeated = (0..times.min(items.len() * times)).flat_map(|_| items.iter()).collect();
        Ok(if matches!(sequence, Value::Tuple(_)) { Value::tuple(repeated) } else { Value::list(repeated) })
    }
}

fn is_date(value: &Value<'_>) -> bool {
    matches!(value, Value::Date(_) | Value::DateTime(_))
}

/// Python has time spans; expressions do not.
fn dates<'r>(operator: Operator, left: &Value<'r>, right: &Value<'r>) -> Outcome<Value<'r>> {
    match (operator, left, right) {
        (Operator::Subtract, Value::Date(_), Value::Date(_))
        | (Operator::Subtract, Value::DateTime(_), Value::DateTime(_)) => {
            Err(Failure::limit("the time between two dates is not supported"))
        }
        _ => Err(unsupported(operator, left, right)),
    }
}

fn not_repeatable(left: &Value<'_>, right: &Value<'_>) -> Failure {
    let sequence = |value: &Value<'_>| value.as_str().is_some() || value.items().is_some();
    let other = if sequence(left) { right } else { left };
    if sequence(left) || sequence(right) {
        let message = format!("can't multiply sequence by non-int of type '{}'", other.type_name());
        return Failure::type_error(message).with_value(other);
    }
    unsupported(Operator::Multiply, left, right)
}

#[cold]
fn unsupported(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Failure {
    let (symbol, a, b) = (operator.symbol(), left.type_name(), right.type_name());
    let culprit = if left.is_none() { left } else { right };
    Failure::type_error(format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'"))
        .with_value(culprit)
}

/// Numbers of different types, and booleans; `None` when one is no number.
fn mixed<'r>(operator: Operator, left: &Value<'r>, right: &Value<'r>) -> Option<Outcome<Value<'r>>> {
    Some(match (as_index(left), as_index(right), left, right) {
        (Some(a), Some(b), ..) => ints(operator, a, b),
        (Some(a), None, _, Value::Float(b)) => floats(operator, a as f64, *b),
        (None, Some(b), Value::Float(a), _) => floats(operator, *a, b as f64),
        (Some(a), None, _, Value::Decimal(b)) => decimals(operator, Decimal::from(a), *b),
        (None, Some(b), Value::Decimal(a), _) => decimals(operator, *a, Decimal::from(b)),
        (None, None, Value::Decimal(_), Value::Float(_))
        | (None, None, Value::Float(_), Value::Decimal(_)) => Err(unsupported(operator, left, right)),
        (None, None, Value::Float(a), Value::Float(b)) => floats(operator, *a, *b),
        (None, None, Value::Decimal(a), Value::Decimal(b)) => decimals(operator, *a, *b),
        _ => return None,
    })
}

fn ints<'r>(operator: Operator, a: i64, b: i64) -> Outcome<Value<'r>> {
    let int = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => return number::divide_ints(a, b).map(Value::Float),
        Operator::FloorDivide => Some(number::floor_divide_ints(a, b)?.0),
        Operator::Modulo => Some(number::int_remainder(a, b)?),
        Operator::Power if b < 0 => return number::power_floats(a as f64, b as f64).map(Value::Float),
        Operator::Power => Some(number::power_ints(a, b)?),
    };
    int.map(Value::Int).ok_or_else(int_limit)
}

fn floats<'r>(operator: Operator, a: f64, b: f64) -> Outcome<Value<'r>> {
    let float = match operator {
        Operator::Add => finite(a + b),
        Operator::Subtract => finite(a - b),
        Operator::Multiply => finite(a * b),
        Operator::Divide => number::divide_floats(a, b),
        Operator::FloorDivide => number::floor_divide_floats(a, b).and_then(|(quotient, _)| finite(quotient)),
        Operator::Modulo => number::floor_divide_floats(a, b).map(|(_, remainder)| remainder),
        Operator::Power => number::power_floats(a, b),
    };
    float.map(Value::Float)
}

fn decimals<'r>(operator: Operator, a: Decimal, b: Decimal) -> Outcome<Value<'r>> {
    let decimal = match operator {
        Operator::Add => a.add(b),
        Operator::Subtract => a.sub(b),
        Operator::Multiply => a.mul(b),
        Operator::Divide => a.div(b),
        Operator::FloorDivide => a.floor_div(b),
        Operator::Modulo => a.rem(b),
        Operator::Power => {
            return Err(Failure::limit("** of decimals is not supported, multiply instead"));
        }
    };
    Ok(Value::Decimal(decimal?))
}

/// `-value`
pub(super) fn negative(value: Value<'_>) -> Outcome<Value<'_>> {
    match value {
        Value::Float(float) => Ok(Value::Float(-float)),
        Value::Decimal(decimal) => Ok(Value::Decimal(decimal.neg()?)),
        other => match as_index(&other) {
            Some(int) => int.checked_neg().map(Value::Int).ok_or_else(int_limit),
            None => Err(bad_sign("-", &other)),
        },
    }
}

/// `+value`
pub(super) fn positive(value: Value<'_>) -> Outcome<Value<'_>> {
    match value {
        Value::Float(float) => Ok(Value::Float(float)),
        Value::Decimal(decimal) => Ok(Value::Decimal(decimal.plus()?)),
        other => as_index(&other).map(Value::Int).ok_or_else(|| bad_sign("+", &other)),
    }
}

#[cold]
fn bad_sign(sign: &str, value: &Value<'_>) -> Failure {
    Failure::type_error(format!("bad operand type for unary {sign}: '{}'", value.type_name()))
        .with_value(value)
}

/// `abs(value)`
pub(super) fn absolute(value: Value<'_>) -> Outcome<Value<'_>> {
    match value {
        Value::Float(float) => Ok(Value::Float(float.abs())),
        Value::Decimal(decimal) => Ok(Value::Decimal(decimal.abs()?)),
        other => match as_index(&other) {
            Some(int) => int.checked_abs().map(Value::Int).ok_or_else(int_limit),
            None => {
                let message = format!("bad operand type for abs(): '{}'", other.type_name());
                Err(Failure::type_error(message).with_value(&other))
            }
        },
    }
}
