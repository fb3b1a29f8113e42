//! Iteration: comprehensions, generator expressions and the iterators of `range`, `enumerate` and `zip`.
//!
//! A source is prepared first and driven later, as Python does: `sum((x for x in 5), 1 / 0)` fails on the 5.

use super::{MAX_ITEMS, Scope};
use crate::compare::equal;
use crate::error::Failure;
use crate::ir::{Clause, Kind, Node, Target};
use crate::number::Outcome;
use crate::value::Value;
use crate::vocabulary::{Function, Method};

use super::subscript::as_index;

/// Something to iterate, not begun.
pub(super) enum Source<'r> {
    /// A list, tuple, dict (its keys) or text.
    Value(Value<'r>),
    Values(Value<'r>),
    Items(Value<'r>),
    Reversed(Value<'r>),
    Range {
        next: i64,
        step: i64,
        left: usize,
    },
    Enumerate(Box<Source<'r>>, i64),
    Zip(Vec<Source<'r>>),
    Generator {
        element: &'r Node,
        clauses: &'r [Clause],
        first: Box<Source<'r>>,
    },
}

/// Whether the iteration shall go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    Stop,
}

/// What is done with each item.
pub(super) type Sink<'s, 'c, 'r> = &'s mut dyn FnMut(&mut Scope<'c, 'r>, Value<'r>) -> Outcome<Flow>;

impl<'c, 'r> Scope<'c, 'r> {
    /// What `iter(node)` would be.
    pub(super) fn prepare(&mut self, node: &'r Node) -> Outcome<Source<'r>> {
        self.prepare_any(node).map_err(|failure| failure.at(node.start, node.end))
    }

    fn prepare_any(&mut self, node: &'r Node) -> Outcome<Source<'r>> {
        match &node.kind {
            Kind::Generator(element, clauses) => {
                let first = Box::new(self.prepare(&clauses[0].iterable)?);
                Ok(Source::Generator { element, clauses, first })
            }
            Kind::Method(Method::Keys, base, _) => Ok(Source::Value(self.view(Method::Keys, base)?)),
            Kind::Method(Method::Values, base, _) => Ok(Source::Values(self.view(Method::Values, base)?)),
            Kind::Method(Method::Items, base, _) => Ok(Source::Items(self.view(Method::Items, base)?)),
            Kind::Call(Function::Range, arguments, _) => self.range(arguments),
            Kind::Call(Function::Enumerate, arguments, _) => self.enumerate(arguments),
            Kind::Call(Function::Zip, arguments, _) => self.zip(arguments),
            Kind::Call(Function::Reversed, arguments, _) => self.reversed(&arguments[0]),
            _ => {
                let value = self.value(node)?;
                iterable(&value)?;
                Ok(Source::Value(value))
            }
        }
    }

    fn range(&mut self, arguments: &'r [Node]) -> Outcome<Source<'r>> {
        let values = self.values(arguments)?;
        let mut bounds = [0; 3];
        for (bound, value) in bounds.iter_mut().zip(&values) {
            *bound = as_index(value).ok_or_else(|| not_an_integer(value))?;
        }
        let (start, stop, step) = match values.len() {
            1 => (0, bounds[0], 1),
            2 => (bounds[0], bounds[1], 1),
            _ => (bounds[0], bounds[1], bounds[2]),
        };
        if step == 0 {
            return Err(Failure::value_error("range() arg 3 must not be zero"));
        }
        let distance = if step > 0 {
            i128::from(stop) - i128::from(start)
        } else {
            i128::from(start) - i128::from(stop)
        };
        let step_size = i128::from(step.unsigned_abs());
        let left = if distance <= 0 { 0 } else { (distance + step_size - 1) / step_size };
        match usize::try_from(left) {
            Ok(left) if left <= MAX_ITEMS => Ok(Source::Range { next: start, step, left }),
            _ => Err(Failure::limit(format!("range() gives at most {MAX_ITEMS} numbers here"))),
        }
    }

    fn enumerate(&mut self, arguments: &'r [Node]) -> Outcome<Source<'r>> {
        // As in CPython, the source's own errors come after those of the start.
        let [source, rest @ ..] = arguments else {
            return Err(Failure::type_error("enumerate() missing required argument 'iterable'"));
        };
        let lazy = self.prepare_late(source)?;
        let start = match rest.first() {
            Some(start) => {
                let value = self.value(start)?;
                as_index(&value).ok_or_else(|| not_an_integer(&value))?
            }
            None => 0,
        };
        let source = match lazy {
            Source::Value(value) => {
                iterable(&value).map_err(|failure| failure.at(source.start, source.end))?;
                Source::Value(value)
            }
            other => other,
        };
        Ok(Source::Enumerate(Box::new(source), start))
    }

    /// Like [`Scope::prepare`], but a plain value is only evaluated: whether it can be iterated is asked when
    /// the function that was given it runs, after its other arguments.
    pub(super) fn prepare_late(&mut self, node: &'r Node) -> Outcome<Source<'r>> {
        match &node.kind {
            Kind::Generator(..) | Kind::Method(..) | Kind::Call(..) => match is_source(node) {
                true => self.prepare(node),
                false => Ok(Source::Value(self.value(node)?)),
            },
            _ => Ok(Source::Value(self.value(node)?)),
        }
    }

    fn zip(&mut self, arguments: &'r [Node]) -> Outcome<Source<'r>> {
        let mut sources = Vec::with_capacity(arguments.len());
        for argument in arguments {
            sources.push((self.prepare_late(argument)?, argument));
        }
        for (source, argument) in &sources {
            if let Source::Value(value) = source {
                iterable(value).map_err(|failure| failure.at(argument.start, argument.end))?;
            }
        }
        Ok(Source::Zip(sources.into_iter().map(|(source, _)| source).collect()))
    }

    fn reversed(&mut self, argument: &'r Node) -> Outcome<Source<'r>> {
        let value = self.value(argument)?;
        if value.as_str().is_none() && value.items().is_none() && value.pairs().is_none() {
            let message = format!("'{}' object is not reversible", value.type_name());
            return Err(Failure::type_error(message).with_value(&value));
        }
        Ok(Source::Reversed(value))
    }

    /// Gives every item to `sink` until it says stop.
    pub(super) fn drive(&mut self, source: Source<'r>, sink: Sink<'_, 'c, 'r>) -> Outcome<Flow> {
        match source {
            Source::Value(value) => self.drive_value(&value, sink),
            Source::Values(dict) => {
                let pairs = dict.pairs().map(|pairs| pairs.iter().map(|(_, value)| value));
                self.drive_iterator(pairs.into_iter().flatten(), sink)
            }
            Source::Items(dict) => {
                let pairs =
                    dict.pairs().map(|pairs| pairs.iter().map(|(key, value)| Value::tuple(vec![key, value])));
                self.drive_iterator(pairs.into_iter().flatten(), sink)
            }
            Source::Reversed(value) => {
                let mut items = self.collect(Source::Value(value))?;
                items.reverse();
                self.drive_iterator(items.into_iter(), sink)
            }
            Source::Range { next, step, left } => {
                let numbers = (0..left as i64).map(|at| Value::Int(next + at * step));
                self.drive_iterator(numbers, sink)
            }
            Source::Enumerate(inner, start) => {
                let mut next = Some(start);
                self.drive(*inner, &mut |scope, item| {
                    let at = next.ok_or_else(crate::number::int_limit)?;
                    next = at.checked_add(1);
                    sink(scope, Value::tuple(vec![Value::Int(at), item]))
                })
            }
            Source::Zip(sources) => {
                let mut columns = Vec::with_capacity(sources.len());
                for source in sources {
                    columns.push(self.collect(source)?.into_iter());
                }
                let rows = std::iter::from_fn(|| {
                    columns.iter_mut().map(Iterator::next).collect::<Option<Vec<_>>>().map(Value::tuple)
                });
                self.drive_iterator(rows, sink)
            }
            Source::Generator { element, clauses, first } => {
                self.clauses(clauses, Some(*first), &mut |scope| {
                    let value = scope.value(element)?;
                    sink(scope, value)
                })
            }
        }
    }

    fn drive_value(&mut self, value: &Value<'r>, sink: Sink<'_, 'c, 'r>) -> Outcome<Flow> {
        if let Some(items) = value.items() {
            return self.drive_iterator(items.iter(), sink);
        }
        if let Some(pairs) = value.pairs() {
            return self.drive_iterator(pairs.iter().map(|(key, _)| key), sink);
        }
        match value {
            Value::Str(text) => self.drive_iterator(text.chars().map(|c| Value::from(c.to_string())), sink),
            other => iterable(other).map(|()| Flow::Stop),
        }
    }

    fn drive_iterator(
        &mut self,
        items: impl Iterator<Item = Value<'r>>,
        sink: Sink<'_, 'c, 'r>,
    ) -> Outcome<Flow> {
        for item in items {
            self.spend(0)?;
            if sink(self, item)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    /// All items of a source.
    pub(super) fn collect(&mut self, source: Source<'r>) -> Outcome<Vec<Value<'r>>> {
        let mut items = Vec::new();
        self.drive(source, &mut |_, item| push(&mut items, item))?;
        Ok(items)
    }

    /// Runs the clauses from the outermost inwards and `body` for each combination that passes.
    fn clauses(
        &mut self,
        clauses: &'r [Clause],
        first: Option<Source<'r>>,
        body: &mut dyn FnMut(&mut Scope<'c, 'r>) -> Outcome<Flow>,
    ) -> Outcome<Flow> {
        let [clause, inner @ ..] = clauses else { return body(self) };
        let source = match first {
            Some(source) => source,
            None => self.prepare(&clause.iterable)?,
        };
        self.drive(source, &mut |scope, item| {
            scope.assign(&clause.target, item)?;
            for condition in &clause.conditions {
                if !scope.truthy(condition)? {
                    return Ok(Flow::Continue);
                }
            }
            scope.clauses(inner, None, body)
        })
    }

    fn assign(&mut self, target: &'r Target, item: Value<'r>) -> Outcome<()> {
        let targets = match target {
            Target::Slot(slot) => {
                self.locals[*slot] = item;
                return Ok(());
            }
            Target::Unpack(targets) => targets,
        };
        if iterable(&item).is_err() {
            let message = format!("cannot unpack non-iterable {} object", item.type_name());
            return Err(Failure::type_error(message).with_value(&item));
        }
        let items = self.collect(Source::Value(item))?;
        let (wanted, found) = (targets.len(), items.len());
        if found != wanted {
            let many = if found > wanted { "too many" } else { "not enough" };
            return Err(Failure::value_error(format!(
                "{many} values to unpack (expected {wanted}, got {found})"
            )));
        }
        targets.iter().zip(items).try_for_each(|(target, item)| self.assign(target, item))
    }

    /// `[element for ...]`
    pub(super) fn list_of(&mut self, element: &'r Node, clauses: &'r [Clause]) -> Outcome<Value<'r>> {
        let mut items = Vec::new();
        self.clauses(clauses, None, &mut |scope| {
            let item = scope.value(element)?;
            push(&mut items, item)
        })?;
        Ok(Value::list(items))
    }

    /// `{key: value for ...}`
    pub(super) fn dict_of(&mut self, pair: &'r [Node; 2], clauses: &'r [Clause]) -> Outcome<Value<'r>> {
        let mut dict = Vec::new();
        self.clauses(clauses, None, &mut |scope| {
            let key = scope.value(&pair[0])?;
            let value = scope.value(&pair[1])?;
            scope.insert(&mut dict, key, value)?;
            Ok(Flow::Continue)
        })?;
        Ok(Value::Dict(dict.into()))
    }

    /// `needle in iterable`, stopping at the first that is equal.
    pub(super) fn among_iterated(&mut self, needle: &Value<'r>, node: &'r Node) -> Outcome<bool> {
        let source = self.prepare(node)?;
        let flow = self.drive(source, &mut |_, item| {
            Ok(if equal(&item, needle) { Flow::Stop } else { Flow::Continue })
        })?;
        Ok(flow == Flow::Stop)
    }
}

/// Is it a node that only iterates, rather than one with a value?
fn is_source(node: &Node) -> bool {
    match &node.kind {
        Kind::Generator(..) => true,
        Kind::Call(function, ..) => function.is_lazy(),
        Kind::Method(method, ..) => matches!(method, Method::Keys | Method::Values | Method::Items),
        _ => false,
    }
}

fn push<'r>(items: &mut Vec<Value<'r>>, item: Value<'r>) -> Outcome<Flow> {
    if items.len() >= MAX_ITEMS {
        return Err(Failure::limit(format!("the list would have more than {MAX_ITEMS} items")));
    }
    items.push(item);
    Ok(Flow::Continue)
}

/// Fails unless `iter(value)` works.
pub(super) fn iterable(value: &Value<'_>) -> Outcome<()> {
    if value.as_str().is_some() || value.items().is_some() || value.pairs().is_some() {
        return Ok(());
    }
    Err(Failure::type_error(format!("'{}' object is not iterable", value.type_name())).with_value(value))
}

#[cold]
pub(super) fn not_an_integer(value: &Value<'_>) -> Failure {
    let message = format!("'{}' object cannot be interpreted as an integer", value.type_name());
    Failure::type_error(message).with_value(value)
}
