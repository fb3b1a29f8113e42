//! B: models that bind Odoo records to external ones.

use ruff_python_ast::Expr;

use super::shared;
use crate::module::Series;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::{Class, Field};
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("B01", "A binding without a unique external id", unique_external_id),
    Rule::error("B02", "An external id that is no text", external_id_type),
    Rule::error("B03", "`odoo_id` that may be empty or outlive its record", odoo_id),
    Rule::warning("B04", "An importer that writes without `connector_no_export`", echo),
    Rule::warning("B05", "Lines that are removed and made anew on each import", lines_anew),
    Rule::warning("B06", "An import that does not look for what Odoo has already", natural_key),
    Rule::warning("B07", "`check_company` that is never checked", company_check),
    Rule::error("B08", "A binding without a unique Odoo record", unique_odoo_record),
    Rule::error("B09", "`backend_id` that may be empty", backend_id),
    Rule::warning("B10", "Bindings that go when their backend is deleted", backend_cascade),
];

/// Columns of the unique constraints of a class and its parents in this module. `None` when a parent is unknown.
fn unique_columns(ctx: &Context<'_>, class: &Class<'_>) -> Option<Vec<Vec<String>>> {
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    let mut waiting = vec![class.name()?];
    while let Some(name) = waiting.pop() {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let mut is_own = false;
        for class in ctx.index.python.models().filter(|class| class.name() == Some(name)) {
            is_own = true;
            found.extend(class.attributes.iter().flat_map(|(_, value)| unique_in(value)));
            waiting.extend(class.inherit());
        }
        // What a framework's mixin constrains is not known here, except that OCA's has nothing.
        if !is_own && !matches!(name, "external.binding" | "mail.thread" | "mail.activity.mixin" | "base") {
            return None;
        }
    }
    Some(found)
}

/// The columns of each `UNIQUE(...)` in a value, in either syntax.
fn unique_in(value: &Expr) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    py::walk_in(value, &mut |part| {
        let Some(text) = py::text(part) else { return };
        let text = text.to_lowercase();
        let Some(list) = text.trim_start().strip_prefix("unique").map(str::trim_start) else { return };
        // A partial or expression index covers at least these columns: that is for a person to judge.
        let inside =
            list.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
        found.push(inside.split(',').map(|column| column.trim().to_owned()).collect());
    });
    found
}

fn unique_on(ctx: &Context<'_>, wanted: [&[&str]; 2], what: &str, out: &mut Vec<Finding>) {
    for class in shared::bindings(ctx) {
        let Some(columns) = unique_columns(ctx, class) else { continue };
        let has = |names: &[&str], list: &Vec<String>| {
            names.iter().any(|name| list.iter().any(|column| column == name))
        };
        if columns.iter().any(|list| has(wanted[0], list) && has(wanted[1], list)) {
            continue;
        }
        let message =
            format!("nothing keeps {} from having two bindings for one {what} of a backend", class.node.name);
        let help = unique_help(ctx, wanted[1][0]);
        out.push(Finding::new(class.file, py::span(&class.node.name), message).help(help));
    }
}

/// The constraint in the syntax of the series.
fn unique_help(ctx: &Context<'_>, column: &str) -> String {
    if ctx.targets.contains(&Series::V19) {
        format!("Add: _{column}_unique = models.Constraint(\"UNIQUE(backend_id, {column})\", \"...\")")
    } else {
        format!("Add to `_sql_constraints`: (\"{column}_unique\", \"UNIQUE(backend_id, {column})\", \"...\")")
    }
}

const BACKEND: &[&str] = &["backend_id", "instance_id", "shop_id"];

fn unique_external_id(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    unique_on(ctx, [BACKEND, &["external_id", "shopify_id", "external_key"]], "external record", out);
}

fn unique_odoo_record(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    unique_on(ctx, [BACKEND, &["odoo_id"]], "Odoo record", out);
}

fn external_id_type(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let bindings: Vec<Option<&str>> = shared::bindings(ctx).map(Class::name).collect();
    for class in ctx.index.python.models().filter(|class| !ctx.file(class.file).is_test()) {
        // A mixin for bindings is as wrong as a binding.
        if !bindings.contains(&class.name()) && !is_binding_mixin(ctx, class) {
            continue;
        }
        let Some(field) = class.field("external_id").filter(|field| field.kind != "Char") else { continue };
        let message = format!("`external_id` of {} is a {}", class.node.name, field.kind);
        out.push(
            Finding::new(class.file, py::span(&*field.call.func), message)
                .help("Ids of other systems are text: large numbers overflow, leading zeros are lost, and a later API may use letters. Use fields.Char."),
        );
    }
}

fn is_binding_mixin(ctx: &Context<'_>, class: &Class<'_>) -> bool {
    class.name().is_some_and(|name| ctx.known.inherits(name, "external.binding") == Some(true))
}

fn required(field: &Field<'_>) -> bool {
    field.keyword("required").is_some_and(py::is_true)
}

fn odoo_id(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in shared::bindings(ctx) {
        let Some(field) = class.field("odoo_id").filter(|field| field.kind == "Many2one") else { continue };
        let is_cascade = field.keyword("ondelete").and_then(py::text) == Some("cascade");
        let missing = match (required(field), is_cascade) {
            (true, true) => continue,
            (false, true) => "required=True",
            (true, false) => "ondelete=\"cascade\"",
            (false, false) => "required=True, ondelete=\"cascade\"",
        };
        let message = format!("`odoo_id` of {} lacks {missing}", class.node.name);
        out.push(
            Finding::new(class.file, py::span(field.call), message)
                .help("A binding without its record finds nothing and is never found, so that the next import makes a duplicate."),
        );
    }
}

fn backend_id(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in shared::bindings(ctx) {
        let Some(field) = class.field("backend_id").filter(|field| field.kind == "Many2one") else {
            continue;
        };
        if !required(field) && field.keyword("related").is_none() {
            let message = format!("`backend_id` of {} lacks required=True", class.node.name);
            out.push(
                Finding::new(class.file, py::span(field.call), message)
                    .help("An external id means something only together with its backend."),
            );
        }
    }
}

fn backend_cascade(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in shared::bindings(ctx) {
        let Some(field) = class.field("backend_id") else { continue };
        let Some(value) = field.keyword("ondelete").filter(|value| py::text(value) == Some("cascade")) else {
            continue;
        };
        let message = format!("deleting a backend deletes every binding of {}", class.node.name);
        out.push(Finding::new(class.file, py::span(value), message).help(
            "Use ondelete=\"restrict\": without bindings the next backend imports everything a second time.",
        ));
    }
}

fn echo(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let exports = ctx.index.python.components().any(|class| {
        class.inherit().iter().any(|parent| parent.contains("listener"))
            && ctx.index.python.methods(class).any(|method| method.name().starts_with("on_record_"))
    });
    if !exports {
        return;
    }
    for site in ["create", "write"].into_iter().flat_map(|name| ctx.index.python.calls_of(name)) {
        if !shared::is_in_importer(ctx, &site.scope) || ctx.file(site.scope.file).is_test() {
            continue;
        }
        let Some(receiver) = py::receiver(site.node).and_then(py::dotted) else { continue };
        if !(receiver.contains("model") || receiver.contains("binding") || receiver.contains("odoo_id")) {
            continue;
        }
        let mentions = |value: &Expr| py::any_in(value, is_no_export);
        let function = ctx.index.python.function_of(&site.scope);
        let is_guarded = mentions(&site.node.func)
            || function.is_some_and(|function| py::any_expr(&function.node.body, is_no_export));
        if !is_guarded {
            let message = "this import starts an export of what it has just read";
            out.push(
                Finding::new(site.scope.file, py::span(site.node), message)
                    .help("Write with_context(connector_no_export=True) before it: the module has a listener that exports changes."),
            );
        }
    }
}

fn is_no_export(value: &Expr) -> bool {
    match value {
        Expr::Call(call) => {
            py::keyword(call, "connector_no_export").is_some()
                || py::keyword(call, "no_connector_export").is_some()
        }
        other => matches!(py::text(other), Some("connector_no_export" | "no_connector_export")),
    }
}

fn lines_anew(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let at = |file, value: &Expr| {
        Finding::new(file, py::span(value), "each import removes all lines and makes them anew")
            .help("Keep the external id of each line and match by it: (1, id, values) for known lines, (0, 0, values) for new ones, (2, id) for gone ones.")
    };
    for site in ctx.index.python.calls_of("clear") {
        let is_command =
            py::receiver(site.node).and_then(py::dotted).is_some_and(|path| path.ends_with("Command"));
        if is_command && shared::is_in_importer(ctx, &site.scope) {
            out.push(at(site.scope.file, &Expr::Call(site.node.clone())));
        }
    }
    for function in &ctx.index.python.functions {
        if !shared::is_in_importer(ctx, &function.scope) {
            continue;
        }
        py::walk(&function.node.body, &mut |part| {
            let py::Part::Expression(value) = part else { return };
            let Expr::Tuple(tuple) = value else { return };
            let number = |value: &Expr| value.as_number_literal_expr()?.value.as_int()?.as_u8();
            if tuple.elts.first().and_then(number) == Some(5) && tuple.elts.len() <= 3 {
                out.push(at(function.scope.file, value));
            }
        });
    }
}

/// Fields by which people recognize a record.
const NATURAL_KEYS: &[&str] = &["default_code", "barcode", "email", "email_normalized", "vat"];

fn natural_key(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let own = |usage: &'static str| {
        ctx.index
            .python
            .components()
            .filter(move |class| !ctx.file(class.file).is_test() && shared::usage_of(ctx, class) == usage)
    };
    for mapper in own("import.mapper") {
        let Some(model) = mapper.text("_apply_on") else { continue };
        let Some(key) = mapped_key(ctx, mapper) else { continue };
        let mut importers = own("record.importer").filter(|class| class.text("_apply_on") == Some(model));
        let Some(importer) = importers.next() else { continue };
        let looks = own("record.importer").any(|class| {
            let is_of_it = class.name() == importer.name()
                || class
                    .name()
                    .is_some_and(|name| importer.name().is_some_and(|own| ctx.known.component_is(own, name)));
            is_of_it
                && ctx.index.python.methods(class).any(|method| {
                    method.name().contains("match")
                        || py::calls(&method.node.body, &["search", "search_count", "search_read", "_search"])
                })
        });
        if !looks {
            let message = format!(
                "a record that Odoo has already is made a second time: nothing looks for its `{key}`"
            );
            out.push(
                Finding::new(importer.file, py::span(&importer.node.name), message)
                    .help("Declare the natural key, `_match_domain` in generic_connector: one match is bound, several are refused."),
            );
        }
    }
}

/// The natural key that a mapper fills, in `direct` or by a method.
fn mapped_key<'a>(ctx: &Context<'a>, mapper: &Class<'a>) -> Option<&'a str> {
    let direct = mapper.attribute("direct").map(py::elements).unwrap_or_default();
    let targets = direct.iter().filter_map(|entry| py::elements(entry).get(1).and_then(py::text));
    let methods = ctx.index.python.methods(mapper).map(|method| method.name());
    targets.chain(methods).find(|name| NATURAL_KEYS.contains(name))
}

fn company_check(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in ctx.index.python.models().filter(|class| class.defines()) {
        let checked: Vec<&Field<'_>> = class
            .fields
            .iter()
            .filter(|field| field.keyword("check_company").is_some_and(py::is_true))
            .collect();
        let is_on = class.attribute("_check_company_auto").is_some();
        // A parent may switch it on.
        let is_alone = class.inherit().iter().all(|parent| parent.starts_with("mail."));
        if let Some(first) = checked.first().filter(|_| !is_on && is_alone) {
            let message = format!("{} never checks the companies of `{}`", class.node.name, first.name);
            out.push(
                Finding::new(class.file, py::span(first.call), message)
                    .help("Add `_check_company_auto = True` to the class."),
            );
        }
    }
}
