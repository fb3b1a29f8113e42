//! The helper functions whose Python twins are in `python/linkspan_expr.py`.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::conversions::decimal;
use super::iterate::{Flow, Source, iterable};
use super::{Scope, size};
use crate::error::Failure;
use crate::ir::Node;
use crate::number::Outcome;
use crate::value::Value;

impl<'r> Scope<'_, 'r> {
    pub(super) fn text(&mut self, function: &str, argument: &'r Node) -> Outcome<Cow<'r, str>> {
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

    pub(super) fn date(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        crate::dates::parse_date(&self.text("date", argument)?).map(Value::Date)
    }

    pub(super) fn datetime(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        crate::dates::parse_datetime(&self.text("datetime", argument)?).map(Value::DateTime)
    }

    pub(super) fn html_to_text(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        let html = self.text("html_to_text", argument)?;
        self.spend(html.len().saturating_mul(8))?;
        Ok(Value::from(crate::html::html_to_text(&html)))
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the text in UTF-8.
    pub(super) fn digest(&mut self, argument: &'r Node) -> Outcome<Value<'r>> {
        let text = self.text("digest", argument)?;
        let hash = Sha256::digest(text.as_bytes());
        Ok(Value::from(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>()))
    }

    pub(super) fn merge(&mut self, first: &'r Node, second: &'r Node) -> Outcome<Value<'r>> {
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
    pub(super) fn join_present(&mut self, separator: &'r Node, items: &'r Node) -> Outcome<Value<'r>> {
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
    pub(super) fn round_half_up(&mut self, argument: &'r Node, places: &'r Node) -> Outcome<Value<'r>> {
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
