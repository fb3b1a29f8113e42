//! Walks the compiled expression. Every step costs fuel, so that evaluation always ends.

mod conversions;
mod functions;
mod helpers;
mod iterate;
mod methods;
mod operators;
mod subscript;
mod text;

use crate::compare;
use crate::error::Failure;
use crate::ir::{Among, Comparison, Kind, Node, Piece};
use crate::json::Json;
use crate::number::Outcome;
use crate::value::Value;
use crate::vocabulary::{Attribute, Method};

/// Operations one evaluation may take; copying 32 items or bytes counts as one.
const FUEL: u32 = 1_000_000;

/// Bytes of a text an expression may build.
const MAX_TEXT: usize = 1 << 20;

/// Items of a list an expression may build.
const MAX_ITEMS: usize = 100_000;

/// What an evaluation works with.
pub(crate) struct Scope<'c, 'r> {
    inputs: &'c [&'r Json<'r>],
    locals: Vec<Value<'r>>,
    fuel: u32,
}

impl<'c, 'r> Scope<'c, 'r> {
    pub(crate) fn new(inputs: &'c [&'r Json<'r>], slots: usize) -> Scope<'c, 'r> {
        // Most expressions have no variables: no call for an empty list.
        let locals = if slots == 0 { Vec::new() } else { vec![Value::None; slots] };
        Scope { inputs, locals, fuel: FUEL }
    }

    /// Takes fuel for `amount` items or bytes.
    fn spend(&mut self, amount: usize) -> Outcome<()> {
        let cost = 1 + u32::try_from(amount / 32).unwrap_or(FUEL);
        match self.fuel.checked_sub(cost) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(Failure::limit("the expression takes too many steps on this record")),
        }
    }

    /// Refuses a text that would be too long, before it is built.
    fn spend_text(&mut self, bytes: usize) -> Outcome<()> {
        self.spend_more_text(0, bytes)
    }

    /// The same for a text that grows by `added` bytes.
    fn spend_more_text(&mut self, before: usize, added: usize) -> Outcome<()> {
        if before.saturating_add(added) > MAX_TEXT {
            return Err(Failure::limit(format!("the text would be longer than {MAX_TEXT} bytes")));
        }
        self.spend(added)
    }

    /// Refuses a list that would be too long, before it is built.
    fn spend_items(&mut self, items: usize) -> Outcome<()> {
        if items > MAX_ITEMS {
            return Err(Failure::limit(format!("the list would have more than {MAX_ITEMS} items")));
        }
        self.spend(items)
    }

    /// The value of a node; an error knows the innermost node it comes from.
    #[inline]
    pub(crate) fn value(&mut self, node: &'r Node) -> Outcome<Value<'r>> {
        match &node.kind {
            Kind::Const(value) => Ok(constant(value)),
            Kind::Input(at) => Ok(Value::from(self.inputs[*at])),
            Kind::Local(slot) => Ok(self.locals[*slot].clone()),
            Kind::Member(..) => match self.place(node) {
                Some(json) => Ok(Value::from(json)),
                None => self.computed(node),
            },
            _ => self.computed(node),
        }
    }

    fn computed(&mut self, node: &'r Node) -> Outcome<Value<'r>> {
        let outcome = match self.spend(0) {
            Ok(()) => self.operation(node),
            Err(failure) => Err(failure),
        };
        outcome.map_err(|failure| failure.at(node.start, node.end))
    }

    /// What a chain of constant keys leads to in a record, without a value for each step. `None`: take the
    /// long way, which knows the reason.
    #[inline]
    fn place(&self, node: &'r Node) -> Option<&'r Json<'r>> {
        match &node.kind {
            Kind::Input(at) => Some(self.inputs[*at]),
            Kind::Local(slot) => match &self.locals[*slot] {
                Value::Json(json) => Some(json),
                _ => None,
            },
            Kind::Member(base, key) => match self.place(base)? {
                Json::Object(object) => object.get_near(&key.name, &key.near),
                _ => None,
            },
            _ => None,
        }
    }

    /// The text that stands in a record or in the expression, without a value for it.
    #[inline]
    fn text_at(&self, node: &'r Node) -> Option<&'r str> {
        match &node.kind {
            Kind::Const(value) => value.as_str(),
            _ => self.place(node)?.as_str(),
        }
    }

    fn operation(&mut self, node: &'r Node) -> Outcome<Value<'r>> {
        match &node.kind {
            Kind::Member(base, key) => self.member(base, key),
            Kind::Get(base, key, default) => self.get(base, key, default.as_deref()),
            Kind::Index(base, index) => {
                let base = self.value(base)?;
                let index = self.value(index)?;
                self.index(&base, &index)
            }
            Kind::Slice(base, parts) => self.slice(base, parts),
            Kind::List(nodes) => Ok(Value::list(self.values(nodes)?)),
            Kind::Tuple(nodes) => Ok(Value::tuple(self.values(nodes)?)),
            Kind::Dict(pairs) => self.dict(pairs),
            Kind::And(nodes) => self.first_that(nodes, false),
            Kind::Or(nodes) => self.first_that(nodes, true),
            Kind::Not(operand) => Ok(Value::Bool(!self.truthy(operand)?)),
            Kind::Negative(operand) => operators::negative(self.value(operand)?),
            Kind::Positive(operand) => operators::positive(self.value(operand)?),
            Kind::If(parts) => {
                let [test, then, otherwise] = &**parts;
                if self.truthy(test)? { self.value(then) } else { self.value(otherwise) }
            }
            Kind::Binary(operator, sides) => {
                let left = self.value(&sides[0])?;
                let right = self.value(&sides[1])?;
                self.binary(*operator, left, right)
            }
            Kind::Compare(first, rest) => self.chain(first, rest),
            Kind::Among(left, among) => self.among(left, among),
            Kind::ListOf(element, clauses) => self.list_of(element, clauses),
            Kind::DictOf(pair, clauses) => self.dict_of(pair, clauses),
            Kind::Call(function, arguments, named) => self.call(*function, arguments, named.as_deref()),
            Kind::IsInstance(node, types) => {
                let value = self.value(node)?;
                Ok(Value::Bool(types.iter().any(|kind| kind.includes(value.type_name()))))
            }
            Kind::Method(method, base, arguments) => self.method(*method, base, arguments),
            Kind::Attribute(attribute, base) => attribute_of(*attribute, &self.value(base)?),
            Kind::Format(pieces) => self.format(pieces),
            // Iterated where they stand (`prepare`); constants and names are above.
            Kind::Generator(..) | Kind::Const(_) | Kind::Input(_) | Kind::Local(_) => {
                Err(Failure::limit("a generator expression is not a value"))
            }
        }
    }

    fn values(&mut self, nodes: &'r [Node]) -> Outcome<Vec<Value<'r>>> {
        nodes.iter().map(|node| self.value(node)).collect()
    }

    fn truthy(&mut self, node: &'r Node) -> Outcome<bool> {
        Ok(self.value(node)?.truthy())
    }

    /// `and` and `or`: the first value that decides, or the last.
    fn first_that(&mut self, nodes: &'r [Node], decides: bool) -> Outcome<Value<'r>> {
        let mut last = Value::None;
        for node in nodes {
            last = self.value(node)?;
            if last.truthy() == decides {
                break;
            }
        }
        Ok(last)
    }

    fn dict(&mut self, pairs: &'r [(Node, Node)]) -> Outcome<Value<'r>> {
        let mut built = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            built.push((self.value(key)?, self.value(value)?));
        }
        let mut dict = Vec::with_capacity(built.len());
        for (key, value) in built {
            self.insert(&mut dict, key, value)?;
        }
        Ok(Value::Dict(dict.into()))
    }

    /// `dict[key] = value`: an equal key keeps its place and its first spelling.
    fn insert(
        &mut self,
        dict: &mut Vec<(Value<'r>, Value<'r>)>,
        key: Value<'r>,
        value: Value<'r>,
    ) -> Outcome<()> {
        compare::check_hashable(&key)?;
        self.spend(dict.len())?;
        match dict.iter_mut().find(|(known, _)| *known == key) {
            Some(pair) => pair.1 = value,
            None => {
                self.spend_items(dict.len())?;
                dict.push((key, value));
            }
        }
        Ok(())
    }

    /// `a < b < c`: stops at the first comparison that does not hold.
    fn chain(&mut self, first: &'r Node, rest: &'r [(Comparison, Node)]) -> Outcome<Value<'r>> {
        // What most conditions are: a field of the record and a text. No value is made of either.
        if let [(comparison @ (Comparison::Equal | Comparison::NotEqual), second)] = rest
            && let (Some(left), Some(right)) = (self.text_at(first), self.text_at(second))
        {
            self.spend(left.len().min(right.len()))?;
            return Ok(Value::Bool((left == right) == matches!(comparison, Comparison::Equal)));
        }
        let mut left = self.value(first)?;
        for (at, (comparison, node)) in rest.iter().enumerate() {
            let holds = match (comparison, &node.kind) {
                (
                    Comparison::In | Comparison::NotIn,
                    Kind::Method(Method::Values, ..) | Kind::Generator(..),
                ) => self.among_iterated(&left, node)? == matches!(comparison, Comparison::In),
                (Comparison::In | Comparison::NotIn, Kind::Method(Method::Keys, base, _)) => {
                    let keys = self.view(Method::Keys, base)?;
                    self.contains(&keys, &left)? == matches!(comparison, Comparison::In)
                }
                _ => {
                    let right = self.value(node)?;
                    let holds = self.compare(&left, *comparison, &right)?;
                    if at + 1 < rest.len() {
                        left = right;
                    }
                    holds
                }
            };
            if !holds {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }

    fn compare(&mut self, left: &Value<'r>, comparison: Comparison, right: &Value<'r>) -> Outcome<bool> {
        let identical = || match (left, right) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (a, b) => a.is_none() && b.is_none(),
        };
        match comparison {
            Comparison::Equal => self.equal(left, right),
            Comparison::NotEqual => Ok(!self.equal(left, right)?),
            Comparison::Ordered(order) => {
                self.spend(size(left).min(size(right)))?;
                compare::ordered(left, order, right)
            }
            Comparison::Is => Ok(identical()),
            Comparison::IsNot => Ok(!identical()),
            Comparison::In => self.contains(right, left),
            Comparison::NotIn => Ok(!self.contains(right, left)?),
        }
    }

    fn equal(&mut self, left: &Value<'r>, right: &Value<'r>) -> Outcome<bool> {
        self.spend(size(left).min(size(right)))?;
        Ok(compare::equal(left, right))
    }

    /// `left in (constants)`.
    fn among(&mut self, left: &'r Node, among: &'r Among) -> Outcome<Value<'r>> {
        let left = self.value(left)?;
        if among.set {
            compare::check_hashable(&left)?;
        }
        self.spend(among.values.len())?;
        Ok(Value::Bool(among.values.iter().any(|value| compare::equal(value, &left)) != among.negated))
    }

    fn format(&mut self, pieces: &'r [Piece]) -> Outcome<Value<'r>> {
        let mut text = String::new();
        for piece in pieces {
            let before = text.len();
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value { node, repr, spec } => {
                    let value = self.value(node)?;
                    self.spend(size(&value))?;
                    let value = if *repr { Value::from(value.repr()) } else { value };
                    match &value {
                        Value::Str(piece) if spec.is_empty() => text.push_str(piece),
                        value => text.push_str(&spec.apply(value)?),
                    }
                }
            }
            self.spend_more_text(before, text.len() - before)?;
        }
        Ok(Value::from(text))
    }
}

/// A constant of the expression, text borrowed.
fn constant<'r>(value: &'r Value<'static>) -> Value<'r> {
    match value {
        Value::Str(text) => Value::from(&**text),
        other => other.clone(),
    }
}

/// Items or bytes a comparison or a copy may touch, roughly.
fn size(value: &Value<'_>) -> usize {
    match value {
        Value::Str(text) => text.len(),
        other => match (other.items(), other.pairs()) {
            (Some(items), _) => items.iter().map(|item| 32 + size(&item)).sum(),
            (None, Some(pairs)) => pairs.iter().map(|(key, value)| 32 + size(&key) + size(&value)).sum(),
            _ => 0,
        },
    }
}

fn attribute_of<'r>(attribute: Attribute, base: &Value<'r>) -> Outcome<Value<'r>> {
    match crate::dates::attribute(attribute, base) {
        Some(number) => Ok(Value::Int(number)),
        None => Err(no_attribute(base, attribute.name())),
    }
}

#[cold]
fn no_attribute(base: &Value<'_>, name: &str) -> Failure {
    let message = format!("'{}' object has no attribute '{name}'", base.type_name());
    Failure::new(crate::ErrorKind::AttributeError, message).with_value(base)
}
