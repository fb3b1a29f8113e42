//! What is there twice, so that the second silently takes the place of the first: methods of a class, keys of a
//! dictionary.

use std::collections::HashMap;

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::{Expr, ExprDict, Stmt, StmtClassDef, StmtFunctionDef};

use super::py::{self, Part};

/// Each method of a class with the earlier one whose place it takes. Properties, overloads and whatever else uses the
/// earlier one before it is gone are not among them, nor is what stands below an `if` or `try`.
pub(super) fn methods(class: &StmtClassDef) -> Vec<(&StmtFunctionDef, &StmtFunctionDef)> {
    let mut latest: HashMap<&str, (usize, &StmtFunctionDef)> = HashMap::new();
    let mut found = Vec::new();
    for (at, statement) in class.body.iter().enumerate() {
        let Stmt::FunctionDef(method) = statement else { continue };
        let name = method.name.as_str();
        let Some((before, first)) = latest.insert(name, (at, method)) else { continue };
        // `@x.setter`, `@x.register`, `alias = x`
        let is_used = py::any_expr(&class.body[before + 1..=at], |value| py::is_name(value, name));
        if !is_used && py::decorator(first, "overload").is_none() {
            found.push((first, method));
        }
    }
    found
}

/// Each literal key of a dictionary with the earlier one that it equals.
pub(super) fn keys(dictionary: &ExprDict) -> Vec<(&Expr, &Expr)> {
    let keys = dictionary.items.iter().filter_map(|item| item.key.as_ref());
    let mut seen = HashMap::new();
    keys.filter(|key| key.is_literal_expr())
        .filter_map(|key| Some((seen.insert(ComparableExpr::from(key), key)?, key)))
        .collect()
}

/// Line in `ours` and name of something that is there twice in `merged` and was not in `ours`. The lines that `merged`
/// adds to `ours` are the only difference between them.
pub(in crate::module) fn new_in(ours: &str, merged: &str) -> Option<(usize, String)> {
    let mut known: Vec<String> = all(ours).into_iter().map(|twice| twice.what).collect();
    let new = all(merged).into_iter().find(|twice| {
        let place = known.iter().position(|what| *what == twice.what);
        place.map(|place| known.swap_remove(place)).is_none()
    })?;
    let line = ours.lines().position(|line| new.lines.contains(&line.trim())).map_or(1, |at| at + 1);
    Some((line, new.what))
}

struct Twice<'a> {
    what: String,
    /// The lines that both begin on.
    lines: [&'a str; 2],
}

/// Everything that is there twice in a Python file. Empty when it cannot be parsed.
fn all(text: &str) -> Vec<Twice<'_>> {
    let Ok(parsed) = ruff_python_parser::parse_module(text) else { return Vec::new() };
    let line = |at: usize| {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        text[start..].lines().next().unwrap_or("").trim()
    };
    let mut found = Vec::new();
    py::walk(parsed.suite(), &mut |part| match part {
        Part::Statement(Stmt::ClassDef(class)) => {
            found.extend(methods(class).into_iter().map(|both| Twice {
                what: format!("the method `{}` of `{}`", both.1.name, class.name),
                lines: [both.0, both.1].map(|method| line(py::span(&method.name).start)),
            }))
        }
        Part::Expression(Expr::Dict(dictionary)) => {
            found.extend(keys(dictionary).into_iter().map(|both| Twice {
                what: format!("the key {}", &text[py::span(both.1)]),
                lines: [both.0, both.1].map(|key| line(py::span(key).start)),
            }))
        }
        _ => {}
    });
    found
}
