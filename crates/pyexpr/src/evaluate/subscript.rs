//! `base['key']`, `base[index]`, `base[from:to:step]`, `in`.

use std::borrow::Cow;

use super::{Scope, size};
use crate::compare::{check_hashable, equal};
use crate::error::{ErrorKind, Failure, shorten};
use crate::ir::{Key, Kind, Node};
use crate::json::Json;
use crate::number::Outcome;
use crate::value::Value;
use crate::vocabulary::Method;

impl<'r> Scope<'_, 'r> {
    /// `base['key']`
    pub(super) fn member(&mut self, base: &'r Node, key: &'r Key) -> Outcome<Value<'r>> {
        let base = self.value(base)?;
        if let Value::Json(Json::Object(object)) = &base {
            return object
                .get_near(&key.name, &key.near)
                .map(Value::from)
                .ok_or_else(|| missing_key(&Value::from(&*key.name)));
        }
        self.index(&base, &Value::from(&*key.name))
    }

    /// `base.get('key', default)`
    pub(super) fn get(
        &mut self,
        base: &'r Node,
        key: &'r Key,
        default: Option<&'r Node>,
    ) -> Outcome<Value<'r>> {
        let base = self.value(base)?;
        if base.pairs().is_none() {
            return Err(super::no_attribute(&base, Method::Get.name()));
        }
        // Python evaluates the default whether it is needed or not.
        let default = default.map_or(Ok(Value::None), |default| self.value(default))?;
        let found = match &base {
            Value::Json(Json::Object(object)) => object.get_near(&key.name, &key.near).map(Value::from),
            base => base.pairs().and_then(|pairs| pairs.find(&Value::from(&*key.name))),
        };
        Ok(found.unwrap_or(default))
    }

    /// `base[index]` with a computed index.
    pub(super) fn index(&mut self, base: &Value<'r>, index: &Value<'r>) -> Outcome<Value<'r>> {
        if let Some(pairs) = base.pairs() {
            check_hashable(index)?;
            self.spend(pairs.len())?;
            return pairs.find(index).ok_or_else(|| missing_key(index));
        }
        if let Some(items) = base.items() {
            let Some(at) = as_index(index) else {
                let name = base.type_name();
                let wanted = if name == "list" { "list indices" } else { "tuple indices" };
                let found = index.type_name();
                let message = format!("{wanted} must be integers or slices, not {found}");
                return Err(Failure::type_error(message).with_value(base));
            };
            return position(at, items.len())
                .and_then(|at| items.get(at))
                .ok_or_else(|| out_of_range(base, at));
        }
        let Value::Str(text) = base else {
            let message = format!("'{}' object is not subscriptable", base.type_name());
            return Err(Failure::type_error(message).with_value(base));
        };
        let Some(at) = as_index(index) else {
            let message = format!("string indices must be integers, not '{}'", index.type_name());
            return Err(Failure::type_error(message).with_value(base));
        };
        self.spend(text.len())?;
        let found = if text.is_ascii() {
            position(at, text.len()).map(|at| substring(text, at, at + 1))
        } else {
            let length = text.chars().count();
            position(at, length).and_then(|at| text.chars().nth(at)).map(|c| c.to_string().into())
        };
        found.map(Value::Str).ok_or_else(|| out_of_range(base, at))
    }

    /// `base[from:to:step]`
    pub(super) fn slice(&mut self, base: &'r Node, parts: &'r [Option<Box<Node>>; 3]) -> Outcome<Value<'r>> {
        let base = self.value(base)?;
        let mut bounds = [None; 3];
        let mut wrong = None;
        for (bound, part) in bounds.iter_mut().zip(parts) {
            let Some(part) = part else { continue };
            let value = self.value(part)?;
            *bound = as_index(&value);
            if bound.is_none() && !value.is_none() {
                wrong = Some(value);
            }
        }
        if base.pairs().is_some() {
            // A TypeError up to Python 3.11, a KeyError from 3.12 on.
            return Err(Failure::limit("a dict has no slices").with_value(&base));
        }
        let length = match (&base, base.items()) {
            (Value::Str(text), _) => text.chars().count(),
            (_, Some(items)) => items.len(),
            _ => {
                let message = format!("'{}' object is not subscriptable", base.type_name());
                return Err(Failure::type_error(message).with_value(&base));
            }
        };
        if let Some(value) = wrong {
            let message = "slice indices must be integers or None or have an __index__ method";
            return Err(Failure::type_error(message).with_value(&value));
        }
        if bounds[2] == Some(0) {
            return Err(Failure::value_error("slice step cannot be zero"));
        }
        self.spend(length)?;
        Ok(sliced(&base, &positions(bounds, length)))
    }

    /// `needle in base`
    pub(super) fn contains(&mut self, base: &Value<'r>, needle: &Value<'r>) -> Outcome<bool> {
        if let Some(pairs) = base.pairs() {
            check_hashable(needle)?;
            self.spend(pairs.len())?;
            return Ok(pairs.find(needle).is_some());
        }
        if let Some(items) = base.items() {
            self.spend(items.len().saturating_mul(32 + size(needle)))?;
            return Ok(items.iter().any(|item| equal(&item, needle)));
        }
        match (base, needle) {
            (Value::Str(text), Value::Str(part)) => {
                self.spend(text.len())?;
                Ok(text.contains(&**part))
            }
            (Value::Str(_), other) => {
                let name = other.type_name();
                let message = format!("'in <string>' requires string as left operand, not {name}");
                Err(Failure::type_error(message).with_value(other))
            }
            (other, _) => {
                let message = format!("argument of type '{}' is not iterable", other.type_name());
                Err(Failure::type_error(message).with_value(other))
            }
        }
    }

    /// A view's dict; fails as Python does on other types.
    pub(super) fn view(&mut self, method: Method, base: &'r Node) -> Outcome<Value<'r>> {
        let value = self.value(base)?;
        match (&base.kind, value.pairs()) {
            (_, Some(_)) => Ok(value),
            (Kind::Const(_) | _, None) => Err(super::no_attribute(&value, method.name())),
        }
    }
}

/// An `int` or `bool` as an index.
pub(super) fn as_index(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(int) => Some(*int),
        Value::Bool(b) => Some(i64::from(*b)),
        _ => None,
    }
}

/// The place of an index that may count from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    let length = length as i64;
    let at = if index < 0 { index.checked_add(length)? } else { index };
    (0..length).contains(&at).then_some(at as usize)
}

/// The places a slice selects, as `slice.indices` computes them.
fn positions([from, to, step]: [Option<i64>; 3], length: usize) -> Vec<usize> {
    let length = length as i64;
    let step = step.unwrap_or(1);
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| {
        let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
        bound.clamp(lowest, highest)
    };
    let (start, end) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (mut at, end) = (from.map_or(start, clamp), to.map_or(end, clamp));
    let mut found = Vec::new();
    while if step > 0 { at < end } else { at > end } {
        found.push(at as usize);
        at = at.saturating_add(step);
    }
    found
}

fn sliced<'r>(base: &Value<'r>, positions: &[usize]) -> Value<'r> {
    if let Value::Str(text) = base {
        let run = positions.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        if run && text.is_ascii() {
            let (start, end) = positions.first().map_or((0, 0), |first| (*first, first + positions.len()));
            return Value::Str(substring(text, start, end));
        }
        let chars: Vec<char> = text.chars().collect();
        return Value::from(positions.iter().filter_map(|at| chars.get(*at)).collect::<String>());
    }
    let selected = base.items().map(|items| positions.iter().filter_map(|at| items.get(*at)).collect());
    match base {
        Value::Tuple(_) => Value::tuple(selected.unwrap_or_default()),
        _ => Value::list(selected.unwrap_or_default()),
    }
}

/// Bytes of a text, still borrowed when the text is.
fn substring<'r>(text: &Cow<'r, str>, start: usize, end: usize) -> Cow<'r, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
    }
}

#[cold]
fn missing_key(key: &Value<'_>) -> Failure {
    Failure::new(ErrorKind::KeyError, format!("there is no {}", shorten(&key.repr())))
}

#[cold]
fn out_of_range(base: &Value<'_>, at: i64) -> Failure {
    let name = if base.as_str().is_some() { "string" } else { base.type_name() };
    Failure::new(ErrorKind::IndexError, format!("{name} index {at} is out of range"))
}
