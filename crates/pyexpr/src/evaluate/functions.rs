//! Built-in functions of Python and the helpers whose Python twins are in `python/linkspan_expr.py`.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::iterate::{Flow, Source, iterable, not_an_integer};
use super::subscript::as_index;
use super::{Scope, operators, size};
use crate::compare::{Order, ordered};
use crate::decimal::{Decimal, Rounding};
use crate::error::{ErrorKind, Failure};
use crate::ir::{Kind, Node, Operator};
use crate::number::{self, Outcome};
use crate::value::Value;
use crate::vocabulary::{Function, Method};

impl<'r> Scope<'_, 'r> {
    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: &'r [Node],
        named: Option<&'r Node>,
    ) -> Outcome<Value<'r>> {
        match function {
            Function::Abs => operators::absolute(self.value(&arguments[0])?),
            Function::All => self.first_truthy(&arguments[0], false),
            Function::Any => self.first_truthy(&arguments[0], true),
            Function::Bool => Ok(Value::Bool(self.truthy(&arguments[0])?)),
            Function::Date => self.date(&arguments[0]),
            Function::DateTime => self.datetime(&arguments[0]),
            Function::Decimal => decimal(self.value(&arguments[0])?).map(Value::Decimal),
            Function::Dict => self.dict_from(arguments.first()),
            Function::Digest => self.digest(&arguments[0]),
            Function::Float => float(self.value(&arguments[0])?),
            Function::HtmlToText => self.html_to_text(&arguments[0]),
            Function::Int => int(self.value(&arguments[0])?),
            Function::Join => self.join_present(&arguments[0], &arguments[1]),
            Function::Len => self.len(&arguments[0]),
            Function::List => Ok(Value::list(self.collected(arguments.first())?)),
            Function::Tuple => Ok(Value::tuple(self.collected(arguments.first())?)),
            Function::Max => self.extreme("max", Order::Greater, arguments, named),
            Function::Min => self.extreme("min", Order::Less, arguments, named),
            Function::Merge => self.merge(&arguments[0], &arguments[1]),
            Function::Next => self.next(&arguments[0], &arguments[1]),
            Function::Round => self.round(arguments),
            Function::RoundHalfUp => self.round_half_up(&arguments[0], &arguments[1]),
            Function::Sorted => self.sorted(&arguments[0], named),
            Function::Str => self.text_of(&arguments[0]),
            Function::Sum => self.sum(arguments),
            Function::Range | Function::Enumerate | Function::Zip | Function::Reversed => {
                Err(Failure::limit("an iterator is not a value"))
            }
        }
    }

    fn collected(&mut self, argument: Option<&'r Node>) -> Outcome<Vec<Value<'r>>> {
        let Some(argument) = argument else { return Ok(Vec::new()) };
        let source = self.prepare(argument)?;
        self.collect(source)
    }

    /// `any` (true) and `all` (false): stops at the first item of that truth.
    fn first_truthy(&mut self, argument: &'r Node, wanted: bool) -> Outcome<Value<'r>> {
        let source = self.prepare(argument)?;
        let flow = self.drive(source, &mut |_, item| {
            Ok(if item.truthy() == wanted { Flow::Stop } else { Flow::Continue })
        })?;
        Ok(Value::Bool((flow == Flow::Stop) == wanted))
    }

    /// `next((item for ...), default)`: the first item there is.
    fn next(&mut self, generator: &'r Node, default: &'r Node) -> Outcome<Value<'r>> {
        let source = self.prepare(generator)?;
        let mut found = self.value(default)?;
        self.drive(source, &mut |_, item| {
            found = item;
            Ok(Flow::Stop)
        })?;
        Ok(found)
    }

    fn len(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        let value = match &argument.kind {
            Kind::Method(method @ (Method::Keys | Method::Values | Method::Items), base, _) => {
                self.view(*method, base)?
            }
            _ => self.value(argument)?,
        };
        let length = match (&value, value.items(), value.pairs()) {
            (Value::Str(text), ..) => {
                self.spend(text.len())?;
                text.chars().count()
            }
            (_, Some(items), _) => items.len(),
            (_, _, Some(pairs)) => pairs.len(),
            _ => {
                let message = format!("object of type '{}' has no len()", value.type_name());
                return Err(Failure::type_error(message).with_value(&value));
            }
        };
        Ok(Value::Int(length as i64))
    }

    fn text_of(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        match self.value(argument)? {
            Value::Str(text) => Ok(Value::Str(text)),
            other => {
                self.spend_text(size(&other))?;
                Ok(Value::from(other.to_string()))
            }
        }
    }

    /// Adds from left to right, as Python does up to 3.11; from 3.12 on floats are summed with less error.
    fn sum(&mut self, arguments: &'r [Node]) -> Outcome<Value<'r>> {
        let source = self.prepare_late(&arguments[0])?;
        let start = arguments.get(1).map_or(Ok(Value::Int(0)), |start| self.value(start))?;
        if let Source::Value(value) = &source {
            iterable(value)?;
        }
        if start.as_str().is_some() {
            return Err(Failure::type_error("sum() can't sum strings [use ''.join(seq) instead]"));
        }
        let mut total = start;
        self.drive(source, &mut |scope, item| {
            let sum = std::mem::replace(&mut total, Value::None);
            total = scope.binary(Operator::Add, sum, item)?;
            Ok(Flow::Continue)
        })?;
        Ok(total)
    }

    /// `min` and `max`: the first of the smallest or largest.
    fn extreme(
        &mut self,
        name: &str,
        order: Order,
        arguments: &'r [Node],
        default: Option<&'r Node>,
    ) -> Outcome<Value<'r>> {
        let source = match arguments {
            [only] => self.prepare_late(only)?,
            many => Source::Value(Value::tuple(self.values(many)?)),
        };
        let default = default.map(|default| self.value(default)).transpose()?;
        if let Source::Value(value) = &source {
            iterable(value)?;
        }
        let mut best: Option<Value<'r>> = None;
        self.drive(source, &mut |scope, item| {
            let better = match &best {
                Some(best) => {
                    scope.spend(size(best).min(size(&item)))?;
                    ordered(&item, order, best)?
                }
                None => true,
            };
            if better {
                best = Some(item);
            }
            Ok(Flow::Continue)
        })?;
        match best.or(default) {
            Some(value) => Ok(value),
            None => Err(Failure::value_error(format!("{name}() iterable argument is empty"))),
        }
    }

    fn sorted(&mut self, argument: &'r Node, reverse: Option<&'r Node>) -> Outcome<Value<'r>> {
        let source = self.prepare_late(argument)?;
        let reverse = reverse.map_or(Ok(Value::Bool(false)), |reverse| self.value(reverse))?;
        if let Source::Value(value) = &source {
            iterable(value)?;
        }
        let mut items = self.collect(source)?;
        let Some(reverse) = as_index(&reverse) else { return Err(not_an_integer(&reverse)) };
        let comparisons = items.len().saturating_mul(1 + items.len().checked_ilog2().unwrap_or(0) as usize);
        self.spend(comparisons.saturating_mul(32))?;
        // Items that equal one another keep their order, also when reversed.
        let mut failure = None;
        items.sort_by(|a, b| {
            let (a, b) = if reverse != 0 { (b, a) } else { (a, b) };
            let mut less = |a, b| {
                ordered(a, Order::Less, b).unwrap_or_else(|problem| {
                    failure.get_or_insert(problem);
                    false
                })
            };
            if less(a, b) {
                std::cmp::Ordering::Less
            } else if less(b, a) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        });
        match failure {
            Some(failure) => Err(failure),
            None => Ok(Value::list(items)),
        }
    }

    /// `round(x)` is a whole number, `round(x, places)` keeps the type.
    fn round(&mut self, arguments: &'r [Node]) -> Outcome<Value<'r>> {
        let value = self.value(&arguments[0])?;
        let places = match arguments.get(1) {
            Some(places) => Some(self.value(places)?).filter(|places| !places.is_none()),
            None => None,
        };
        let Some(places) = places else {
            return match &value {
                Value::Float(float) => number::round_to_int(*float).map(Value::Int),
                Value::Decimal(decimal) => {
                    decimal.round_to_i64().map(Value::Int).ok_or_else(number::int_limit)
                }
                other => as_index(other).map(Value::Int).ok_or_else(|| no_round(other)),
            };
        };
        if !matches!(value, Value::Float(_) | Value::Decimal(_) | Value::Int(_) | Value::Bool(_)) {
            return Err(no_round(&value));
        }
        let places = as_index(&places).ok_or_else(|| not_an_integer(&places))?;
        match &value {
            Value::Float(float) => number::round_float(*float, places).map(Value::Float),
            Value::Decimal(decimal) => {
                let exponent = i32::try_from(-places).ok().filter(|exponent| exponent.abs() <= 6000);
                let exponent = exponent.ok_or_else(|| Failure::limit("round() to so many places"))?;
                Ok(Value::Decimal(decimal.quantize(exponent, Rounding::HalfEven)?))
            }
            other => match as_index(other) {
                Some(int) => number::round_int(int, places).map(Value::Int),
                None => Err(no_round(other)),
            },
        }
    }

    fn dict_from(&mut self, argument: Option<&'r Node>) -> Outcome<Value<'r>> {
        let mut dict = Vec::new();
        let Some(argument) = argument else { return Ok(Value::Dict(dict.into())) };
        let source = self.prepare(argument)?;
        if let Source::Value(value) = &source
            && !matches!(argument.kind, Kind::Method(Method::Keys, ..))
            && let Some(pairs) = value.pairs()
        {
            self.spend_items(pairs.len())?;
            return Ok(Value::Dict(pairs.iter().collect::<Vec<_>>().into()));
        }
        let mut at = 0;
        self.drive(source, &mut |scope, item| {
            if iterable(&item).is_err() {
                let message =
                    format!("cannot convert dictionary update sequence element #{at} to a sequence");
                return Err(Failure::type_error(message).with_value(&item));
            }
            let pair = scope.collect(Source::Value(item))?;
            let length = pair.len();
            let Ok([key, value]) = <[Value<'r>; 2]>::try_from(pair) else {
                return Err(Failure::value_error(format!(
                    "dictionary update sequence element #{at} has length {length}; 2 is required"
                )));
            };
            at += 1;
            scope.insert(&mut dict, key, value)?;
            Ok(Flow::Continue)
        })?;
        Ok(Value::Dict(dict.into()))
    }
}

/// The helpers of the prelude.
impl<'r> Scope<'_, 'r> {
    fn text(&mut self, function: &str, argument: &'r Node) -> Outcome<Cow<'r, str>> {
        match self.value(argument)? {
            Value::Str(text) => {
                self.spend(text.len())?;
                Ok(text)
            }
            other => {
                let message = format!("{function}() takes text, not {}", other.type_name());
                Err(Failure::type_error(message).with_value(&other))
            }
        }
    }

    fn date(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        crate::dates::parse_date(&self.text("date", argument)?).map(Value::Date)
    }

    fn datetime(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        crate::dates::parse_datetime(&self.text("datetime", argument)?).map(Value::DateTime)
    }

    fn html_to_text(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        let html = self.text("html_to_text", argument)?;
        self.spend(html.len().saturating_mul(8))?;
        Ok(Value::from(crate::html::html_to_text(&html)))
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the text in UTF-8.
    fn digest(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        let text = self.text("digest", argument)?;
        let hash = Sha256::digest(text.as_bytes());
        Ok(Value::from(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>()))
    }

    fn merge(&mut self, first: &'r Node, second: &'r Node) -> Outcome<Value<'r>> {
        let (first, second) = (self.value(first)?, self.value(second)?);
        for value in [&first, &second] {
            if value.pairs().is_none() {
                let message = format!("merge() takes two dicts, not {}", value.type_name());
                return Err(Failure::type_error(message).with_value(value));
            }
        }
        let mut dict = Vec::new();
        for pairs in [first.pairs(), second.pairs()].into_iter().flatten() {
            for (key, value) in pairs.iter() {
                self.insert(&mut dict, key, value)?;
            }
        }
        Ok(Value::Dict(dict.into()))
    }

    /// Joins what is there: `None`, `False` and empty texts are left out.
    fn join_present(&mut self, separator: &'r Node, items: &'r Node) -> Outcome<Value<'r>> {
        let separator = self.value(separator)?;
        let source = self.prepare_late(items)?;
        let Value::Str(separator) = separator else {
            let message = format!("join() takes text first, not {}", separator.type_name());
            return Err(Failure::type_error(message).with_value(&separator));
        };
        if let Source::Value(value) = &source {
            iterable(value)?;
        }
        let mut text = String::new();
        let mut any = false;
        self.drive(source, &mut |scope, item| {
            if item.is_none() || matches!(item, Value::Bool(false)) || item.as_str() == Some("") {
                return Ok(Flow::Continue);
            }
            if any {
                text.push_str(&separator);
            }
            any = true;
            scope.spend_more_text(text.len(), size(&item))?;
            match &item {
                Value::Str(item) => text.push_str(item),
                other => text.push_str(&other.to_string()),
            }
            Ok(Flow::Continue)
        })?;
        Ok(Value::from(text))
    }

    /// A decimal rounded to `places` (0 to 12), ties away from zero.
    fn round_half_up(&mut self, argument: &'r Node, places: &'r Node) -> Outcome<Value<'r>> {
        let value = self.value(argument)?;
        let places = self.value(places)?;
        let value = decimal(value)?;
        let Value::Int(places) = places else {
            let message =
                format!("round_half_up() takes a whole number of places, not {}", places.type_name());
            return Err(Failure::type_error(message).with_value(&places));
        };
        match u32::try_from(places) {
            Ok(places @ 0..=12) => Ok(Value::Decimal(value.quantize_half_up(places)?)),
            _ => Err(Failure::value_error("round_half_up() rounds to 0 to 12 places")),
        }
    }
}

#[cold]
fn no_round(value: &Value<'_>) -> Failure {
    let message = format!("type {} doesn't define __round__ method", value.type_name());
    Failure::type_error(message).with_value(value)
}

/// `decimal(value)`: text, whole numbers, floats by what they print as, and decimals.
fn decimal(value: Value<'_>) -> Outcome<Decimal> {
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
fn int(value: Value<'_>) -> Outcome<Value<'_>> {
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
fn float(value: Value<'_>) -> Outcome<Value<'_>> {
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
