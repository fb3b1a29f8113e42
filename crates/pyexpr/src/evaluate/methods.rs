//! Methods, by the type of the value they are called on.

use jiff::civil::Weekday;

use super::iterate::{Source, iterable};
use super::subscript::as_index;
use super::{Scope, no_attribute, size, text};
use crate::compare::{check_hashable, equal};
use crate::decimal::Rounding;
use crate::error::Failure;
use crate::ir::Node;
use crate::number::Outcome;
use crate::value::Value;
use crate::vocabulary::Method;

impl<'r> Scope<'_, 'r> {
    pub(super) fn method(
        &mut self,
        method: Method,
        base: &'r Node,
        arguments: &'r [Node],
    ) -> Outcome<Value<'r>> {
        let base = self.value(base)?;
        if !method.belongs_to(base.type_name()) {
            if method == Method::Replace && matches!(base, Value::Date(_) | Value::DateTime(_)) {
                return Err(Failure::limit("replace() of a date is not supported"));
            }
            return Err(no_attribute(&base, method.name()));
        }
        if method == Method::Join {
            return self.join(base, &arguments[0]);
        }
        let arguments = self.values(arguments)?;
        self.spend(size(&base))?;
        match &base {
            Value::Str(subject) => self.text_method(method, subject, &arguments),
            Value::Date(date) => date_method(method, date.at(0, 0, 0, 0), true, &arguments),
            Value::DateTime(at) => date_method(method, *at, false, &arguments),
            Value::Decimal(decimal) => match &arguments[0] {
                Value::Decimal(unit) => {
                    Ok(Value::Decimal(decimal.quantize(unit.exponent(), Rounding::HalfEven)?))
                }
                other => match as_index(other) {
                    Some(_) => Ok(Value::Decimal(decimal.quantize(0, Rounding::HalfEven)?)),
                    None => {
                        let name = other.type_name();
                        let message = format!("conversion from {name} to Decimal is not supported");
                        Err(Failure::type_error(message).with_value(other))
                    }
                },
            },
            _ => self.container_method(method, &base, arguments),
        }
    }

    fn container_method(
        &mut self,
        method: Method,
        base: &Value<'r>,
        arguments: Vec<Value<'r>>,
    ) -> Outcome<Value<'r>> {
        let mut arguments = arguments.into_iter();
        let first = arguments.next().unwrap_or(Value::None);
        if let Some(pairs) = base.pairs() {
            check_hashable(&first)?;
            let default = arguments.next().unwrap_or(Value::None);
            return Ok(pairs.find(&first).unwrap_or(default));
        }
        let Some(items) = base.items() else { return Err(no_attribute(base, method.name())) };
        self.spend(items.len().saturating_mul(32 + size(&first)))?;
        let mut found = items.iter().enumerate().filter(|(_, item)| equal(item, &first));
        match method {
            Method::Count => Ok(Value::Int(found.count() as i64)),
            _ => match found.next() {
                Some((at, _)) => Ok(Value::Int(at as i64)),
                None => {
                    let message = format!("the value is not in the {}", base.type_name());
                    Err(Failure::value_error(message).with_value(&first))
                }
            },
        }
    }

    /// `separator.join(items)`
    fn join(&mut self, separator: Value<'r>, items: &'r Node) -> Outcome<Value<'r>> {
        let source = self.prepare_late(items)?;
        if let Source::Value(value) = &source
            && iterable(value).is_err()
        {
            return Err(Failure::type_error("can only join an iterable").with_value(value));
        }
        // Python collects all items before it looks at their types.
        let items = self.collect(source)?;
        let separator = separator.as_str().unwrap_or_default();
        let mut text = String::new();
        for (at, item) in items.iter().enumerate() {
            let Value::Str(item) = item else {
                let name = item.type_name();
                let message = format!("sequence item {at}: expected str instance, {name} found");
                return Err(Failure::type_error(message).with_value(item));
            };
            self.spend_more_text(text.len(), separator.len() + item.len())?;
            if at > 0 {
                text.push_str(separator);
            }
            text.push_str(item);
        }
        Ok(Value::from(text))
    }

    fn text_method(
        &mut self,
        method: Method,
        subject: &std::borrow::Cow<'r, str>,
        arguments: &[Value<'r>],
    ) -> Outcome<Value<'r>> {
        if let Some(outcome) = text::split_or_strip(method, subject, arguments) {
            let value = outcome?;
            if let Some(items) = value.items() {
                self.spend_items(items.len())?;
            }
            return Ok(value);
        }
        match method {
            Method::Replace => {
                let times = text::limit(arguments.get(2))?;
                let (from, to) =
                    (text::argument(method, arguments, 0)?, text::argument(method, arguments, 1)?);
                // At most one replacement for each byte, and one at the end.
                let most = to.len().saturating_mul((subject.len() + 1).min(times));
                if most > super::MAX_TEXT {
                    let found = text::occurrences(subject, from).min(times);
                    self.spend_text(subject.len().saturating_add(found.saturating_mul(to.len())))?;
                } else {
                    self.spend(most)?;
                }
                Ok(Value::from(text::replace(subject, from, to, times)))
            }
            Method::Ljust | Method::Rjust | Method::Zfill => {
                let width = match as_index(&arguments[0]) {
                    Some(width) => usize::try_from(width).unwrap_or(0),
                    None => return Err(super::iterate::not_an_integer(&arguments[0])),
                };
                self.spend_text(width.saturating_mul(4))?;
                text::justify(method, subject, width, arguments.get(1))
            }
            other => text::query(other, subject, arguments),
        }
    }
}

fn date_method<'r>(
    method: Method,
    at: jiff::civil::DateTime,
    only_date: bool,
    arguments: &[Value<'r>],
) -> Outcome<Value<'r>> {
    let weekday = |weekday: Weekday| i64::from(weekday.to_monday_one_offset());
    Ok(match method {
        Method::Date => Value::Date(at.date()),
        Method::Isoformat if only_date => Value::from(crate::dates::date_text(at.date())),
        Method::Isoformat => Value::from(crate::dates::datetime_text(at, 'T')),
        Method::Isoweekday => Value::Int(weekday(at.weekday())),
        Method::Weekday => Value::Int(weekday(at.weekday()) - 1),
        _ => match &arguments[0] {
            Value::Str(format) => Value::from(crate::dates::strftime(at, format)?),
            other => {
                let message = format!("strftime() argument 1 must be str, not {}", other.type_name());
                return Err(Failure::type_error(message).with_value(other));
            }
        },
    })
}
