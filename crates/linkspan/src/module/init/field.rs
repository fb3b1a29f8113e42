//! One field of a definition's map as Python: an entry of `direct`, or a mapping method.

use super::python::{flag_text, identifiers, scalar, text};
use super::translate::{Scope, Unit};
use crate::definition::entity::{Blank, Converter, Field, Missing, Owner, Source};

/// Attributes of mapper components that no mapping method may replace.
pub(super) const TAKEN: &[&str] = &[
    "model",
    "env",
    "work",
    "collection",
    "backend_record",
    "options",
    "usage",
    "direct",
    "children",
    "settings",
    "company",
    "parent",
    "record",
    "lines",
    "put",
    "embed",
    "embed_each",
    "command",
    "component",
    "binder",
    "finalize",
    "apply_on",
    "map_methods",
    "backend_id",
];

/// Adds `field` to the mapper `unit`.
pub(super) fn add(unit: &mut Unit, scope: &Scope<'_>, name: &str, field: &Field) {
    match (&field.from, field.owner) {
        (Some(path), Owner::External | Owner::Shared) if field.choose.is_none() => {
            let entry = direct(unit, scope, path, field);
            unit.direct.push(format!("({entry}, {})", text(name)));
        }
        _ => {
            let body = statements(unit, scope, name, field, 0);
            let method = if TAKEN.contains(&name) { format!("map_{name}") } else { name.to_owned() };
            let create_only = field.owner == Owner::Odoo;
            unit.method(&method, create_only, scope, body);
        }
    }
}

/// What stands first in an entry of `direct`.
fn direct(unit: &mut Unit, scope: &Scope<'_>, path: &str, field: &Field) -> String {
    let mut options = options(scope, field, Style::Direct);
    let function = if let Some(values) = &field.values {
        let items: Vec<String> =
            values.iter().map(|(key, value)| format!("{}: {}", text(key), scalar(value))).collect();
        options.insert(0, format!("{{{}}}", items.join(", ")));
        "table"
    } else if let Some(entity) = &field.relation {
        options.insert(0, text(&scope.binding_model(entity)));
        if field.is_many() { "relations" } else { "relation" }
    } else {
        field.convert.map_or("plain", converter)
    };
    if function == "plain" && options.is_empty() {
        return text(path);
    }
    unit.lib("convert");
    options.insert(0, text(path));
    format!("convert.{function}({})", options.join(", "))
}

/// The body of a mapping method, indented by `depth` steps; it ends with a `return`.
pub(super) fn statements(
    unit: &mut Unit,
    scope: &Scope<'_>,
    name: &str,
    field: &Field,
    depth: usize,
) -> Vec<String> {
    let indent = "    ".repeat(depth);
    let line = |code: String| vec![format!("{indent}{code}")];
    if let Some(value) = &field.value {
        return line(format!("return {{{}: {}}}", text(name), scalar(value)));
    }
    if let Some(path) = &field.from {
        let taken = if field.is_many() { each(unit, scope, path) } else { take(unit, scope, path) };
        return line(put(name, &taken, scope, field));
    }
    if let Some(code) = &field.expr {
        unit.uses(code);
        return put_expression(name, code, scope, field, &indent);
    }
    if let (Some(source), Some(entity)) = (&field.embed, &field.relation) {
        let record = source_code(unit, scope, source);
        let mut options = Vec::new();
        if field.optional {
            options.push(", optional=True");
        }
        if field.required {
            options.push(", required=True");
        }
        let model = text(&scope.binding_model(entity));
        let embed = if field.is_many() { "embed_each" } else { "embed" };
        return line(format!("return self.{embed}({}, {record}, {model}{})", text(name), options.concat()));
    }
    choose(unit, scope, name, field, depth)
}

/// A case of a line that only a new one gets.
fn for_new_only(case: &Field, depth: usize) -> Vec<String> {
    let indent = "    ".repeat(depth);
    match case.owner {
        Owner::Odoo => {
            vec![format!("{indent}if not self.options.for_create:"), format!("{indent}    return {{}}")]
        }
        Owner::External | Owner::Shared => Vec::new(),
    }
}

fn choose(unit: &mut Unit, scope: &Scope<'_>, name: &str, field: &Field, depth: usize) -> Vec<String> {
    let indent = "    ".repeat(depth);
    let mut lines = Vec::new();
    let mut decided = false;
    for case in field.choose.iter().flatten() {
        match &case.when {
            Some(when) => {
                unit.uses(&when.expr);
                lines.push(format!("{indent}if ({}):", when.expr));
                lines.extend(for_new_only(&case.then, depth + 1));
                lines.extend(statements(unit, scope, name, &case.then, depth + 1));
            }
            None => {
                lines.extend(for_new_only(&case.then, depth));
                lines.extend(statements(unit, scope, name, &case.then, depth));
                decided = true;
                break;
            }
        }
    }
    if !decided {
        lines.push(format!("{indent}return {{}}"));
    }
    lines
}

/// Code that gives what stands at a path, or what an expression gives.
pub(super) fn source_code(unit: &mut Unit, scope: &Scope<'_>, source: &Source) -> String {
    match source {
        Source::Path(path) if path.contains("[]") => each(unit, scope, path),
        Source::Path(path) => take(unit, scope, path),
        Source::Expr(code) => {
            unit.uses(&code.expr);
            code.expr.clone()
        }
    }
}

fn take(unit: &mut Unit, scope: &Scope<'_>, path: &str) -> String {
    unit.name_from("convert", "take");
    format!("take({}, {})", scope.argument, text(path))
}

/// Code that gives what stands in each item of a list.
fn each(unit: &mut Unit, scope: &Scope<'_>, path: &str) -> String {
    unit.name_from("convert", "each");
    format!("each({}, {})", scope.argument, text(path))
}

fn put(name: &str, value: &str, scope: &Scope<'_>, field: &Field) -> String {
    let mut arguments = vec![text(name), value.to_owned()];
    arguments.extend(options(scope, field, Style::Put));
    format!("return self.put({})", arguments.join(", "))
}

/// A long expression gets a name, so that its rules do not get lost behind it.
fn put_expression(name: &str, code: &str, scope: &Scope<'_>, field: &Field, indent: &str) -> Vec<String> {
    const LONG: usize = 50;
    if code.len() <= LONG && !code.contains('\n') {
        return vec![format!("{indent}{}", put(name, code, scope, field))];
    }
    let taken: Vec<&str> = identifiers(code);
    let variable = if taken.contains(&"value") { "result" } else { "value" };
    vec![format!("{indent}{variable} = ({code})"), format!("{indent}{}", put(name, variable, scope, field))]
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// Converter and table are the function's.
    Direct,
    /// Everything is an option.
    Put,
}

fn options(scope: &Scope<'_>, field: &Field, style: Style) -> Vec<String> {
    let mut options = Vec::new();
    let mut add = |name: &str, value: String| options.push(format!("{name}={value}"));
    if style == Style::Put {
        if let Some(values) = &field.values {
            add("values", super::python::dict(values));
        } else if let Some(entity) = &field.relation {
            add("relation", text(&scope.binding_model(entity)));
            if field.is_many() {
                add("many", flag_text(true).to_owned());
            }
        } else if let Some(kind) = field.convert {
            add("kind", text(converter(kind)));
        }
    }
    if let Some(country) = &field.country {
        add("country", text(country));
    }
    if let Some(default) = &field.default {
        add("default", scalar(default));
    }
    if field.relation.is_some() && field.missing != Missing::Fetch {
        add("missing", text(if field.missing == Missing::Wait { "wait" } else { "empty" }));
    }
    for (name, flag) in [("optional", field.optional), ("required", field.required)] {
        if flag {
            add(name, flag_text(flag).to_owned());
        }
    }
    for (name, meaning) in [("null", field.null), ("empty", field.empty)] {
        if let Some(meaning) = meaning {
            add(name, text(blank(meaning)));
        }
    }
    if let Some(zone) = &field.zone {
        add("zone", text(zone));
    }
    options
}

fn blank(meaning: Blank) -> &'static str {
    match meaning {
        Blank::Clear => "clear",
        Blank::Skip => "skip",
        Blank::Default => "default",
        Blank::Error => "error",
    }
}

/// Name of a converter, in a definition and in `lib/convert.py`.
pub(super) fn converter(kind: Converter) -> &'static str {
    match kind {
        Converter::Text => "text",
        Converter::Trim => "trim",
        Converter::Lower => "lower",
        Converter::Upper => "upper",
        Converter::Decimal => "decimal",
        Converter::Integer => "integer",
        Converter::Boolean => "boolean",
        Converter::Date => "date",
        Converter::Datetime => "datetime",
        Converter::HtmlToText => "html_to_text",
        Converter::Currency => "currency",
        Converter::Country => "country",
        Converter::State => "state",
        Converter::Unit => "unit",
    }
}
