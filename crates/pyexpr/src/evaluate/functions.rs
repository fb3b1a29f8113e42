//! The built-in functions of Python.

use super::conversions::{decimal, float, int};
use super::iterate::{Flow, Source, iterable, not_an_integer};
use super::subscript::as_index;
use super::{Scope, operators, size};
use crate::compare::{Order, ordered};
use crate::decimal::Rounding;
use crate::error::Failure;
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
                let exponent =
                    i32::try_from(places).ok().filter(|places| places.abs() <= 6000).map(|places| -places);
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

#[cold]
fn no_round(value: &Value<'_>) -> Failure {
    let message = format!("type {} doesn't define __round__ method", value.type_name());
    Failure::type_error(message).with_value(value)
}
