//! Domains: which records a search means.

use serde_json::Value as Json;

use super::Env;
use super::python::{python, tuple};
use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::schema::{FieldId, Kind, ModelId};
use crate::odoo::spec::Series;
use crate::odoo::value::Value;

/// A domain, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Always(bool),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Leaf(Leaf),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leaf {
    /// Fields from the searched model along many2one links.
    pub(crate) path: Vec<FieldId>,
    pub(crate) operator: Operator,
    pub(crate) values: Vec<Value>,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    In,
    NotIn,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Like { fold: bool, whole: bool, negated: bool },
}

impl Operator {
    fn of(name: &str) -> Option<Operator> {
        let like = |fold, whole, negated| Operator::Like { fold, whole, negated };
        Some(match name {
            "=" | "==" | "in" | "=?" => Operator::In,
            "!=" | "<>" | "not in" => Operator::NotIn,
            "<" => Operator::Less,
            "<=" => Operator::LessEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterEqual,
            "like" => like(false, false, false),
            "ilike" => like(true, false, false),
            "=like" => like(false, true, false),
            "=ilike" => like(true, true, false),
            "not like" => like(false, false, true),
            "not ilike" => like(true, false, true),
            _ => return None,
        })
    }
}

impl Env<'_> {
    /// Reads a domain: a list in Polish notation, joined by "and" where nothing is said.
    pub(crate) fn domain(&self, model: ModelId, json: &Json) -> Outcome<Node> {
        let items: &[Json] = match json {
            Json::Array(items) => items,
            Json::Null | Json::Bool(false) => &[],
            other => return Err(no_list(self.series(), other)),
        };
        let mut stack: Vec<Node> = Vec::new();
        let short = || malformed(self.series(), items);
        for item in items.iter().rev() {
            let node = match item.as_str() {
                Some("!") => Node::Not(Box::new(stack.pop().ok_or_else(short)?)),
                Some("&") => Node::And(vec![stack.pop().ok_or_else(short)?, stack.pop().ok_or_else(short)?]),
                Some("|") => Node::Or(vec![stack.pop().ok_or_else(short)?, stack.pop().ok_or_else(short)?]),
                _ => self.leaf(model, item)?,
            };
            stack.push(node);
        }
        stack.reverse();
        Ok(Node::And(stack))
    }

    fn leaf(&self, model: ModelId, item: &Json) -> Outcome<Node> {
        let late = self.series() >= Series::V19;
        let invalid = |english_19: &str| {
            let message = if late {
                format!("{english_19} {}", python(item))
            } else {
                format!("Invalid leaf {}", tuple(item))
            };
            Error::new(Class::Value, message)
        };
        let parts = item.as_array().filter(|parts| parts.len() == 3);
        let Some([left, operator, right]) = parts.and_then(|parts| parts.first_chunk::<3>()) else {
            return Err(invalid("Domain() invalid item in domain:"));
        };
        if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
            return Ok(Node::Always(left == right));
        }
        let left = left.as_str().ok_or_else(|| invalid("Domain() invalid item in domain:"))?;
        let name = operator.as_str().unwrap_or_default().to_lowercase();
        if name == "child_of" {
            return self.descendants(model, left, item, right);
        }
        let operator = Operator::of(&name).ok_or_else(|| match late {
            true => Error::new(Class::Value, format!("Invalid operator in condition {}", tuple(item))),
            false => invalid(""),
        })?;
        if !late
            && matches!(name.as_str(), "in" | "not in")
            && !matches!(right, Json::Array(_) | Json::Bool(_))
        {
            return Err(Error::new(Class::Value, format!("Invalid domain term {}", tuple(item))));
        }
        if name == "=?" && matches!(right, Json::Null | Json::Bool(false)) {
            return Ok(Node::Always(true));
        }
        let (path, last) = self.path(model, left, item)?;
        let mut values: Vec<Value> = match right {
            Json::Array(items) => items.iter().map(|item| self.operand(last, item, operator)).collect(),
            other => vec![self.operand(last, other, operator)],
        };
        values.dedup();
        Ok(Node::Leaf(Leaf { path, operator, values }))
    }

    /// `child_of`: the records named and all below them.
    fn descendants(&self, model: ModelId, left: &str, item: &Json, right: &Json) -> Outcome<Node> {
        let (path, (at, field)) = self.path(model, left, item)?;
        let target = self.field(at, field).kind.relation().map_or(at, |target| self.schema().known(target));
        let mut ids = super::input::ids_of(right);
        if let Some(parent) = self.model(target).field("parent_id") {
            let table = self.db.table(target);
            loop {
                let below =
                    |id: &u32| table.field(*id, parent).id().is_some_and(|parent| ids.contains(&parent));
                let more: Vec<u32> = table.ids().filter(|id| !ids.contains(id) && below(id)).collect();
                if more.is_empty() {
                    break;
                }
                ids.extend(more);
            }
        }
        let values = ids.into_iter().map(Value::link).collect();
        Ok(Node::Leaf(Leaf { path, operator: Operator::In, values }))
    }

    /// The fields of a dotted path, and the model and field it ends in.
    fn path(&self, model: ModelId, left: &str, item: &Json) -> Outcome<(Vec<FieldId>, (ModelId, FieldId))> {
        let mut path = Vec::new();
        let mut at = (model, 0);
        for (step, name) in left.split('.').enumerate() {
            let place = if step == 0 {
                model
            } else {
                let relation = self.field(at.0, at.1).kind.relation();
                relation
                    .and_then(|relation| self.schema().model(relation))
                    .ok_or_else(|| invalid_field(self, model, left, item))?
            };
            let field =
                self.model(place).field(name).ok_or_else(|| invalid_field(self, place, name, item))?;
            path.push(field);
            at = (place, field);
        }
        Ok((path, at))
    }

    /// The right side of a comparison as a value of the field's type.
    fn operand(&self, (model, field): (ModelId, FieldId), json: &Json, operator: Operator) -> Value {
        let kind = &self.field(model, field).kind;
        let value = match json {
            Json::Null => Value::Unset,
            Json::Bool(flag) if *kind == Kind::Boolean => Value::Bool(*flag),
            Json::Bool(false) => Value::Unset,
            Json::Bool(true) => Value::Bool(true),
            Json::Number(number) => match (kind, number.as_i64()) {
                (Kind::Float(_) | Kind::Monetary, _) | (_, None) => {
                    Value::Float(number.as_f64().unwrap_or(0.0))
                }
                (_, Some(number)) => Value::Int(number),
            },
            Json::String(text) => Value::text(text.as_str()),
            other => Value::Text(other.to_string()),
        };
        match (kind, value) {
            (Kind::Boolean, value) => Value::Bool(value.truthy()),
            (Kind::Integer, Value::Text(text)) => text.parse().map(Value::Int).unwrap_or(Value::Text(text)),
            // A day alone means its midnight, except as an upper end.
            (Kind::Datetime, Value::Text(day)) if day.len() == 10 => {
                let end = matches!(operator, Operator::Greater | Operator::LessEqual);
                Value::Text(format!("{day} {}", if end { "23:59:59" } else { "00:00:00" }))
            }
            (_, value) => value,
        }
    }

    /// Does the domain say anything about archived records?
    pub(crate) fn mentions_active(&self, model: ModelId, node: &Node) -> bool {
        let Some(active) = self.model(model).field("active") else { return true };
        match node {
            Node::Always(_) => false,
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| self.mentions_active(model, node)),
            Node::Not(node) => self.mentions_active(model, node),
            Node::Leaf(leaf) => leaf.path == [active],
        }
    }

    pub(crate) fn matches(&mut self, model: ModelId, id: u32, node: &Node) -> bool {
        match node {
            Node::Always(answer) => *answer,
            Node::And(nodes) => nodes.iter().all(|node| self.matches(model, id, node)),
            Node::Or(nodes) => nodes.iter().any(|node| self.matches(model, id, node)),
            Node::Not(node) => !self.matches(model, id, node),
            Node::Leaf(leaf) => {
                let positive =
                    !matches!(leaf.operator, Operator::NotIn | Operator::Like { negated: true, .. });
                // A negative comparison is true for a record that has nothing there.
                self.path_matches(model, id, &leaf.path, leaf) == positive
            }
        }
    }

    /// Does any value at the end of `path` compare as the positive form of `leaf` says?
    fn path_matches(&mut self, model: ModelId, id: u32, path: &[FieldId], leaf: &Leaf) -> bool {
        let Some((field, rest)) = path.split_first() else { return false };
        let kind = self.field(model, *field).kind.clone();
        match (kind.relation(), rest.is_empty()) {
            (Some(target), false) => {
                let target = self.schema().known(target);
                self.targets(model, id, *field)
                    .into_iter()
                    .any(|linked| self.path_matches(target, linked, rest, leaf))
            }
            (Some(target), true) => self.relation_matches(model, id, *field, target, leaf),
            (None, _) => {
                let value = self.comparable(model, id, *field);
                compares(self.series(), &kind, &value, leaf)
            }
        }
    }

    fn relation_matches(
        &mut self,
        model: ModelId,
        id: u32,
        field: FieldId,
        target: &str,
        leaf: &Leaf,
    ) -> bool {
        let ids = self.targets(model, id, field);
        let (target, series) = (self.schema().known(target), self.series());
        leaf.values.iter().any(|value| match value {
            Value::Unset => ids.is_empty(),
            Value::Text(text) => ids.iter().any(|linked| {
                let name = self.display_name(target, *linked);
                match leaf.operator {
                    Operator::Like { fold, whole, .. } => like(&name, text, fold, whole),
                    _ => name == *text,
                }
            }),
            Value::Bool(true) => !ids.is_empty(),
            other => {
                let linked = ids.iter().map(|id| Value::link(*id));
                linked.into_iter().any(|id| {
                    compares(
                        series,
                        &Kind::Integer,
                        &id,
                        &Leaf { values: vec![other.clone()], ..leaf.clone() },
                    )
                })
            }
        })
    }

    fn targets(&mut self, model: ModelId, id: u32, field: FieldId) -> Vec<u32> {
        match &self.field(model, field).kind {
            Kind::Many2one(_) => self.value(model, id, field).id().into_iter().collect(),
            _ => self.all_linked(model, id, field),
        }
    }

    /// A field's value as the database would compare it: numbers and booleans are never NULL.
    fn comparable(&mut self, model: ModelId, id: u32, field: FieldId) -> Value {
        let value = self.value(model, id, field);
        match (&self.field(model, field).kind, value) {
            (Kind::Boolean, value) => Value::Bool(value.truthy()),
            (Kind::Integer, Value::Unset) => Value::Int(0),
            (Kind::Float(_) | Kind::Monetary, Value::Unset) => Value::Float(0.0),
            (_, value) => value,
        }
    }
}

fn invalid_field(env: &Env<'_>, model: ModelId, name: &str, item: &Json) -> Error {
    let word = if env.series() >= Series::V19 { "condition" } else { "leaf" };
    // A dotted path is reported by its last step.
    let mut leaf = item.clone();
    leaf[0] = Json::from(name);
    Error::new(
        Class::Value,
        format!("Invalid field {}.{name} in {word} {}", env.model(model).name, tuple(&leaf)),
    )
}

fn malformed(series: Series, items: &[Json]) -> Error {
    let domain = python(&Json::Array(items.to_vec()));
    match series {
        Series::V16 => {
            Error::new(Class::Assertion, format!("This domain is syntactically not correct: {domain}"))
        }
        Series::V19 => Error::new(Class::Value, format!("Domain() malformed domain {domain}")),
        _ => Error::new(Class::Value, format!("Domain {domain} is syntactically not correct.")),
    }
}

fn no_list(series: Series, json: &Json) -> Error {
    if series >= Series::V19 {
        return Error::new(
            Class::Type,
            format!("Domain() invalid argument type for domain: {}", python(json)),
        );
    }
    let message = "Domains to normalize must have a 'domain' form: a list or tuple of domain components";
    Error::new(Class::Assertion, message)
}

fn compares(series: Series, kind: &Kind, value: &Value, leaf: &Leaf) -> bool {
    let ordered = |wanted: &[std::cmp::Ordering]| {
        leaf.values
            .iter()
            .any(|other| !value.is_unset() && !other.is_unset() && wanted.contains(&exact(value, other)))
    };
    use std::cmp::Ordering::{Equal, Greater, Less};
    match leaf.operator {
        Operator::In | Operator::NotIn => leaf.values.iter().any(|other| equal(series, kind, value, other)),
        Operator::Less => ordered(&[Less]),
        Operator::LessEqual => ordered(&[Less, Equal]),
        Operator::Greater => ordered(&[Greater]),
        Operator::GreaterEqual => ordered(&[Greater, Equal]),
        Operator::Like { fold, whole, .. } => leaf.values.iter().any(|pattern| match pattern {
            Value::Text(pattern) => like(value.as_text(), pattern, fold, whole) && !value.is_unset(),
            // `ilike False` asks for nothing in particular.
            _ => !value.is_unset(),
        }),
    }
}

fn equal(series: Series, kind: &Kind, value: &Value, other: &Value) -> bool {
    match (kind, value, other) {
        // `= False` means NULL. From 17.0 on zero and the empty text are the same to a search.
        (Kind::Integer | Kind::Float(_) | Kind::Monetary, value, Value::Unset) => {
            series > Series::V16 && !value.truthy()
        }
        (Kind::Char | Kind::Text | Kind::Html, Value::Unset, Value::Text(text)) => {
            series > Series::V16 && text.is_empty()
        }
        (Kind::Char | Kind::Text | Kind::Html, Value::Text(text), Value::Unset) => text.is_empty(),
        (Kind::Integer | Kind::Float(_) | Kind::Monetary, _, Value::Int(_) | Value::Float(_)) => {
            value.as_float() == other.as_float()
        }
        _ => value == other,
    }
}

/// Order without regard to language, for comparisons of dates and codes.
fn exact(left: &Value, right: &Value) -> std::cmp::Ordering {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => left.compare(right),
    }
}

/// SQL's LIKE: `%` is any text, `_` any character; without `whole` the pattern may stand anywhere.
pub(crate) fn like(text: &str, pattern: &str, fold: bool, whole: bool) -> bool {
    let fold_case = |text: &str| if fold { text.to_lowercase() } else { text.to_owned() };
    let text: Vec<char> = fold_case(text).chars().collect();
    let pattern = if whole { fold_case(pattern) } else { format!("%{}%", fold_case(pattern)) };
    let pattern: Vec<char> = pattern.chars().collect();
    // The usual two-pointer match: on a mismatch go back to the last `%` and let it take one character more.
    let (mut at, mut place, mut retry) = (0, 0, None);
    while at < text.len() {
        match pattern.get(place) {
            Some('%') => {
                retry = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == '_' || *wanted == text[at] => {
                at += 1;
                place += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    at = from + 1;
                    place = star + 1;
                }
                None => return false,
            },
        }
    }
    pattern[place..].iter().all(|rest| *rest == '%')
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_knows_both_wildcards() {
        for (text, pattern, fold, whole, expected) in [
            ("Acme Corp", "acme", true, false, true),
            ("Acme Corp", "acme", false, false, false),
            ("Acme Corp", "Acme", false, true, false),
            ("Acme Corp", "Acme%", false, true, true),
            ("SKU-1", "SKU__", false, true, true),
            ("SKU-12", "SKU__", false, true, false),
            ("aab", "%ab", false, true, true),
            ("", "", true, false, true),
        ] {
            assert_eq!(like(text, pattern, fold, whole), expected, "{text} like {pattern}");
        }
    }
}
