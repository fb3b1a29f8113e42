//! P01, P02: constraints of the database move between a list of tuples and objects.

use ruff_python_ast::{Expr, Stmt};

use crate::module::edit::Replacement;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::Class;
use crate::module::lint::rule::Context;
use crate::module::lint::{place, py};

pub(super) fn sql_constraints(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in ctx.index.python.models().filter(|class| ctx.file(class.file).is_program()) {
        let Some(statement) = class.node.body.iter().find(|statement| assigns(statement, "_sql_constraints"))
        else {
            continue;
        };
        let Some(value) = class.attribute("_sql_constraints") else { continue };
        if py::elements(value).is_empty() {
            continue;
        }
        let name = py::span(statement).start..py::span(statement).start + "_sql_constraints".len();
        let message = format!("{} creates none of these constraints", ctx.odoo());
        let fix = ctx.is_for_all().then(|| as_objects(ctx, class, statement, value)).flatten();
        out.push(
            Finding::new(class.file, name, message)
                .help("Write _name_unique = models.Constraint(\"UNIQUE(...)\", \"message\").")
                .fix(fix.into_iter().collect()),
        );
    }
}

fn assigns(statement: &Stmt, name: &str) -> bool {
    match statement {
        Stmt::Assign(node) => {
            matches!(node.targets.as_slice(), [Expr::Name(target)] if target.id.as_str() == name)
        }
        _ => false,
    }
}

/// Blanks that a line begins with before byte `at`.
fn indent(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let start = &text[line..at];
    if start.trim().is_empty() { start } else { "" }
}

/// Attributes of every model that a constraint of the same name would replace.
const OF_MODELS: &[&str] = &[
    "_abstract",
    "_active_name",
    "_auto",
    "_check_company_auto",
    "_constraints",
    "_context",
    "_date_name",
    "_depends",
    "_description",
    "_fields",
    "_fold_name",
    "_inherit",
    "_inherits",
    "_log_access",
    "_module",
    "_name",
    "_order",
    "_parent_name",
    "_parent_store",
    "_rec_name",
    "_rec_names_search",
    "_register",
    "_sequence",
    "_sql_constraints",
    "_table",
    "_table_query",
    "_transient",
    "_translate",
];

/// `[("x", "UNIQUE(..)", "msg")]` as one attribute each; `None` when an entry is written in another way, a comment would
/// get lost, or a name is none for an attribute or taken.
fn as_objects(ctx: &Context<'_>, class: &Class<'_>, statement: &Stmt, value: &Expr) -> Option<Replacement> {
    let (text, span) = (ctx.text(class.file), py::span(statement));
    let indent = indent(text, span.start);
    let (mut names, mut kept, mut objects) = (Vec::new(), Vec::new(), Vec::new());
    for entry in py::elements(value) {
        let [name, definition, message] = entry.as_tuple_expr()?.elts.as_slice() else { return None };
        let name = format!("_{}", py::text(name)?.trim_start_matches('_'));
        let is_free = is_word(&name)
            && !names.contains(&name)
            && !OF_MODELS.contains(&name.as_str())
            && class.attribute(&name).is_none()
            && ctx.index.python.methods(class).all(|method| method.name() != name);
        if !is_free {
            return None;
        }
        let step = format!("{indent}    ");
        let parts = [py::span(definition), py::span(message)];
        let [definition, message] = parts.clone().map(|part| &text[part]);
        objects
            .push(format!("{name} = models.Constraint(\n{step}{definition},\n{step}{message},\n{indent})"));
        kept.extend(parts);
        names.push(name);
    }
    // A class that stands on one line has no place for two.
    let has_indent = !indent.is_empty();
    let is_lossless = !place::has_comment(ctx.file(class.file).python()?, &span, &kept);
    (has_indent && is_lossless).then(|| Replacement::new(span, objects.join(&format!("\n{indent}"))))
}

/// Whether a text can be a name in Python.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|first: char| first.is_ascii_digit())
}

pub(super) fn constraint_objects(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in ctx.index.python.models().filter(|class| ctx.file(class.file).is_program()) {
        let found: Vec<(&Stmt, &str, &ruff_python_ast::ExprCall)> = class
            .node
            .body
            .iter()
            .filter_map(|statement| {
                let Stmt::Assign(node) = statement else { return None };
                let [Expr::Name(name)] = node.targets.as_slice() else { return None };
                let call = node.value.as_call_expr()?;
                let path = py::dotted(&call.func)?;
                matches!(path.as_str(), "models.Constraint" | "models.Index" | "models.UniqueIndex")
                    .then(|| (statement, name.id.as_str(), call))
            })
            .collect();
        let fix = ctx.is_for_all().then(|| as_tuples(ctx, class, &found)).flatten();
        for (i, (_, _, call)) in found.iter().enumerate() {
            let message = format!("{} has no {}", ctx.odoo(), py::dotted(&call.func).unwrap_or_default());
            // The first one's fix rewrites all of them.
            let fix = if i == 0 { fix.clone().unwrap_or_default() } else { Vec::new() };
            out.push(
                Finding::new(class.file, py::span(&*call.func), message)
                    .help("Write _sql_constraints = [(\"name\", \"UNIQUE(...)\", \"message\")].")
                    .fix(fix),
            );
        }
    }
}

fn as_tuples(
    ctx: &Context<'_>,
    class: &Class<'_>,
    found: &[(&Stmt, &str, &ruff_python_ast::ExprCall)],
) -> Option<Vec<Replacement>> {
    // A list that is there already would have to be extended: that is for a person.
    if class.attribute("_sql_constraints").is_some() {
        return None;
    }
    let (first, _, _) = found.first()?;
    let (text, parsed) = (ctx.text(class.file), ctx.file(class.file).python()?);
    let indent = indent(text, py::span(*first).start);
    let mut entries = String::new();
    for (i, (statement, name, call)) in found.iter().enumerate() {
        let [definition, message] = &*call.arguments.args else { return None };
        let (span, kept) = (py::span(*statement), [py::span(definition), py::span(message)]);
        // The others go with their lines.
        if !py::dotted(&call.func).is_some_and(|path| path.ends_with("Constraint"))
            || place::has_comment(parsed, &span, &kept)
            || (i > 0 && !place::is_alone(text, &span))
        {
            return None;
        }
        let name = name.trim_start_matches('_');
        let (definition, message) = (&text[py::span(definition)], &text[py::span(message)]);
        entries.push_str(&format!("{indent}    (\"{name}\", {definition}, {message}),\n"));
    }
    let list = format!("_sql_constraints = [\n{entries}{indent}]");
    let mut fix = vec![Replacement::new(py::span(*first), list)];
    for (statement, _, _) in &found[1..] {
        fix.push(Replacement::delete(place::whole_lines(text, py::span(*statement))));
    }
    Some(fix)
}
