//! Small questions about Python's syntax tree.

use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Decorator, Expr, ExprCall, Keyword, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

/// Bytes of a node.
pub(crate) fn span(node: &impl Ranged) -> Range<usize> {
    node.range().start().to_usize()..node.range().end().to_usize()
}

/// A literal text.
pub(crate) fn text(value: &Expr) -> Option<&str> {
    value.as_string_literal_expr().map(|literal| literal.value.to_str())
}

/// The elements of a list, tuple or set; otherwise the value alone.
pub(crate) fn elements(value: &Expr) -> &[Expr] {
    match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::Set(set) => &set.elts,
        other => std::slice::from_ref(other),
    }
}

/// The literal texts of a list, or the one text.
pub(crate) fn texts(value: &Expr) -> Vec<&str> {
    elements(value).iter().filter_map(text).collect()
}

/// `a.b.c` of names and attributes; calls in between are left out: `a().b` is `a.b`.
pub(crate) fn dotted(value: &Expr) -> Option<String> {
    match value {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        Expr::Call(call) => dotted(&call.func),
        _ => None,
    }
}

/// The last name: `c` of `a.b.c`.
pub(crate) fn last_name(value: &Expr) -> Option<&str> {
    match value {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// What a method is called on: `a.b` of `a.b.c()`.
pub(crate) fn receiver(call: &ExprCall) -> Option<&Expr> {
    call.func.as_attribute_expr().map(|attribute| attribute.value.as_ref())
}

pub(crate) fn keyword<'a>(call: &'a ExprCall, name: &str) -> Option<&'a Keyword> {
    call.arguments
        .keywords
        .iter()
        .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name))
}

/// Whether arguments come from a dictionary (`**options`): then anything may be among them.
pub(crate) fn has_spread(call: &ExprCall) -> bool {
    call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none())
}

pub(crate) fn argument<'a>(call: &'a ExprCall, position: usize, name: &str) -> Option<&'a Expr> {
    call.arguments.args.get(position).or_else(|| keyword(call, name).map(|keyword| &keyword.value))
}

pub(crate) fn is_name(value: &Expr, name: &str) -> bool {
    value.as_name_expr().is_some_and(|found| found.id.as_str() == name)
}

pub(crate) fn is_true(value: &Expr) -> bool {
    value.as_boolean_literal_expr().is_some_and(|literal| literal.value)
}

pub(crate) fn is_false(value: &Expr) -> bool {
    value.as_boolean_literal_expr().is_some_and(|literal| !literal.value)
}

/// The last name of a decorator, called or not: `mapping`, `route`.
pub(crate) fn decorator_name(decorator: &Decorator) -> Option<&str> {
    match &decorator.expression {
        Expr::Call(call) => last_name(&call.func),
        other => last_name(other),
    }
}

pub(crate) fn decorator<'a>(function: &'a StmtFunctionDef, name: &str) -> Option<&'a Decorator> {
    function.decorator_list.iter().find(|decorator| decorator_name(decorator) == Some(name))
}

/// Names of the parameters that can be given by name, `self` included.
pub(crate) fn parameters(function: &StmtFunctionDef) -> Vec<&str> {
    let parameters = &function.parameters;
    let all = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
    all.map(|parameter| parameter.parameter.name.as_str()).collect()
}

/// Calls `each` for every statement and expression in `body`, those inside of others included.
pub(crate) fn walk<'a>(body: &'a [Stmt], each: &mut dyn FnMut(Part<'a>)) {
    let mut walker = Walker { each };
    for statement in body {
        walker.visit_stmt(statement);
    }
}

/// Calls `each` for every expression in `value`, itself first.
pub(crate) fn walk_in<'a>(value: &'a Expr, each: &mut dyn FnMut(&'a Expr)) {
    let mut each = |part: Part<'a>| {
        if let Part::Expression(expression) = part {
            each(expression);
        }
    };
    Walker { each: &mut each }.visit_expr(value);
}

/// Whether an expression in `body` passes the test.
pub(crate) fn any_expr<'a>(body: &'a [Stmt], mut test: impl FnMut(&'a Expr) -> bool) -> bool {
    let mut found = false;
    walk(body, &mut |part| {
        if let Part::Expression(expression) = part {
            found = found || test(expression);
        }
    });
    found
}

/// Whether an expression in `value` passes the test.
pub(crate) fn any_in<'a>(value: &'a Expr, mut test: impl FnMut(&'a Expr) -> bool) -> bool {
    let mut found = false;
    walk_in(value, &mut |expression| found = found || test(expression));
    found
}

/// Whether a statement in `body` passes the test.
pub(crate) fn any_stmt<'a>(body: &'a [Stmt], mut test: impl FnMut(&'a Stmt) -> bool) -> bool {
    let mut found = false;
    walk(body, &mut |part| {
        if let Part::Statement(statement) = part {
            found = found || test(statement);
        }
    });
    found
}

/// Whether something in `body` is called by this last name.
pub(crate) fn calls(body: &[Stmt], names: &[&str]) -> bool {
    any_expr(body, |value| {
        value.as_call_expr().and_then(|call| last_name(&call.func)).is_some_and(|name| names.contains(&name))
    })
}

/// A statement or an expression.
pub(crate) enum Part<'a> {
    Statement(&'a Stmt),
    Expression(&'a Expr),
}

struct Walker<'w, 'a> {
    each: &'w mut dyn FnMut(Part<'a>),
}

impl<'a> Visitor<'a> for Walker<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        (self.each)(Part::Statement(statement));
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        (self.each)(Part::Expression(expression));
        walk_expr(self, expression);
    }
}
