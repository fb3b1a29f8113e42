//! Places for fixes that a syntax tree does not tell: brackets, commas and comments stand in the tokens only.

use std::ops::Range;

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::{Expr, ExprCall, ModModule, Stmt};
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::py;
use crate::module::edit::Replacement;

/// Puts `argument` behind the others of a call. `None` where a lone generator would need brackets for that.
pub(crate) fn add_argument(
    parsed: &Parsed<ModModule>,
    call: &ExprCall,
    argument: &str,
) -> Option<Replacement> {
    if let ([Expr::Generator(generator)], []) = (&*call.arguments.args, &*call.arguments.keywords)
        && !generator.parenthesized
    {
        return None;
    }
    let bracket = TextSize::new(1);
    let inside = TextRange::new(call.arguments.start() + bracket, call.arguments.end() - bracket);
    let tokens = parsed.tokens().in_range(inside).iter();
    let last = tokens.rev().find(|token| is_code(token) && token.kind() != TokenKind::Comma);
    Some(match last {
        Some(token) => Replacement::insert(py::span(token).end, format!(", {argument}")),
        None => Replacement::insert(inside.end().to_usize(), argument),
    })
}

/// Puts `import <name>` at the top of a file, behind `from __future__`. `None` when it is imported there already.
pub(crate) fn add_import(parsed: &Parsed<ModModule>, name: &str) -> Option<Replacement> {
    let imports_it = |statement: &Stmt| match statement {
        Stmt::Import(node) => {
            node.names.iter().any(|alias| alias.name.as_str() == name && alias.asname.is_none())
        }
        _ => false,
    };
    if parsed.suite().iter().any(imports_it) {
        return None;
    }
    // A docstring and `from __future__` stay the first statements.
    let rest = parsed.suite().iter().enumerate().skip_while(|(i, statement)| match statement {
        Stmt::Expr(node) => *i == 0 && node.value.is_string_literal_expr(),
        Stmt::ImportFrom(node) => node.module.as_ref().is_some_and(|from| from.as_str() == "__future__"),
        _ => false,
    });
    let rest: Vec<&Stmt> = rest.map(|(_, statement)| statement).collect();
    let import = rest.iter().find(|statement| matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)));
    match (import, rest.first()) {
        (Some(import), _) => Some(Replacement::insert(py::span(*import).start, format!("import {name}\n"))),
        (None, Some(first)) => {
            Some(Replacement::insert(py::span(*first).start, format!("import {name}\n\n")))
        }
        (None, None) => None,
    }
}

/// Takes the imported name at `span` out of its statement, which imports others too. Comments stay.
pub(crate) fn without_name(
    parsed: &Parsed<ModModule>,
    text: &str,
    span: &Range<usize>,
    statement: &Range<usize>,
) -> Replacement {
    let tokens = parsed.tokens().in_range(range(statement));
    let after = tokens.iter().find(|token| py::span(*token).start >= span.end && is_code(token));
    if let Some(comma) = after.filter(|token| token.kind() == TokenKind::Comma) {
        let end = py::span(comma).end;
        // Its whole line, if it has one of its own; otherwise the blanks up to the next name.
        let line = whole_lines(text, span.start..end);
        if line != (span.start..end) {
            return Replacement::delete(line);
        }
        return Replacement::delete(span.start..end + blanks(&text[end..]));
    }
    let before = tokens.iter().rev().find(|token| py::span(*token).end <= span.start && is_code(token));
    let comma = before
        .filter(|token| token.kind() == TokenKind::Comma)
        .map(py::span)
        .filter(|comma| !has_comment(parsed, &(comma.start..span.end), &[]));
    Replacement::delete(comma.map_or(span.start, |comma| comma.start)..span.end)
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Whether a comment stands in `span` outside of the parts that are kept.
pub(crate) fn has_comment(parsed: &Parsed<ModModule>, span: &Range<usize>, kept: &[Range<usize>]) -> bool {
    let mut comments = parsed.tokens().in_range(range(span)).iter().filter(|token| token.kind().is_comment());
    comments.any(|comment| !kept.iter().any(|part| part.contains(&py::span(comment).start)))
}

/// The lines that `span` fills, with their ends; `span` itself when something else is on them.
pub(crate) fn whole_lines(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |length| span.end + length + 1);
    if is_alone(text, &span) { start..end } else { span }
}

/// Whether nothing else stands on the lines of `span`.
pub(crate) fn is_alone(text: &str, span: &Range<usize>) -> bool {
    let before = text[..span.start].rsplit('\n').next().unwrap_or("");
    let after = text[span.end..].split('\n').next().unwrap_or("");
    before.trim().is_empty() && after.trim().is_empty()
}

fn is_code(token: &Token) -> bool {
    !token.kind().is_trivia()
}

/// Files that are larger than 4 GiB are none that the parser takes.
fn range(span: &Range<usize>) -> TextRange {
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    TextRange::new(size(span.start), size(span.end))
}
