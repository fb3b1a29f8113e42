//! What an expression is compiled to. Nothing of the parser is left in it.

use std::sync::atomic::AtomicU32;

use crate::compare::Order;
use crate::format::Spec;
use crate::value::Value;
use crate::vocabulary::{Attribute, Function, Method, Type};

/// One operation, with the bytes of the text it came from.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Const(Value<'static>),
    /// One of the values given to `evaluate`.
    Input(usize),
    /// A variable of a comprehension.
    Local(usize),
    /// `base['key']`
    Member(Box<Node>, Key),
    /// `base.get('key', default)`
    Get(Box<Node>, Key, Option<Box<Node>>),
    /// `base[index]`
    Index(Box<Node>, Box<Node>),
    /// `base[from:to:step]`
    Slice(Box<Node>, [Option<Box<Node>>; 3]),
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Dict(Vec<(Node, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Positive(Box<Node>),
    /// `test`, then, otherwise
    If(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    /// `first op value op value ...`
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    /// `left in (constants)`, the tuple neither built nor copied.
    Among(Box<Node>, Among),
    ListOf(Box<Node>, Vec<Clause>),
    DictOf(Box<[Node; 2]>, Vec<Clause>),
    /// A generator expression; only where something iterates at once.
    Generator(Box<Node>, Vec<Clause>),
    Call(Function, Vec<Node>, Option<Box<Node>>),
    /// `isinstance(value, (types))`
    IsInstance(Box<Node>, Vec<Type>),
    Method(Method, Box<Node>, Vec<Node>),
    Attribute(Attribute, Box<Node>),
    Format(Vec<Piece>),
}

/// A constant key of a dict and where it was found last time.
///
/// The hint is shared by all threads: whatever it holds is only tried first, never trusted.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: Box<str>,
    pub(crate) near: AtomicU32,
}

#[derive(Debug)]
pub(crate) struct Among {
    pub(crate) values: Vec<Value<'static>>,
    pub(crate) negated: bool,
    /// Written as a set: looking up an unhashable value is an error.
    pub(crate) set: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Ordered(Order),
    In,
    NotIn,
    Is,
    IsNot,
}

/// One `for target in iterable if condition ...`.
#[derive(Debug)]
pub(crate) struct Clause {
    pub(crate) target: Target,
    pub(crate) iterable: Node,
    pub(crate) conditions: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Target {
    Slot(usize),
    Unpack(Vec<Target>),
}

/// A part of an f-string.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(Box<str>),
    Value { node: Node, repr: bool, spec: Spec },
}
