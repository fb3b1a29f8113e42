//! P: Python that a series does not have any more, or not yet.

use ruff_python_ast::{ModModule, Stmt, StmtRaise};
use ruff_python_parser::Parsed;

use super::{constraints, shared};
use crate::module::Series;
use crate::module::edit::Replacement;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::imports::Import;
use crate::module::lint::rule::{Context, Rule};
use crate::module::lint::{place, py};

use Series::{V17, V18, V19};

pub(super) static RULES: &[Rule] = &[
    Rule::error("P01", "`_sql_constraints` from 19.0 on", constraints::sql_constraints).since(V19).fixable(),
    Rule::error("P02", "`models.Constraint` before 19.0", constraints::constraint_objects)
        .until(V18)
        .fixable(),
    Rule::warning("P03", "Route type `json` from 19.0 on", route_json).since(V19).fixable(),
    Rule::error("P04", "Route type `jsonrpc` before 19.0", route_jsonrpc).until(V18).fixable(),
    Rule::warning("P12", "`self._cr`, `_uid`, `_context` from 19.0 on", private_shortcuts)
        .since(V19)
        .fixable(),
    Rule::error("P13", "`odoo.registry()` and `ustr` from 18.0 on", removed_functions).since(V18),
    Rule::error("P14", "`self.env._` before 18.0", env_translate).until(V17),
    Rule::error("P15", "`name_get` from 17.0 on", name_get).since(V17),
    Rule::error("P16", "Assignment to `env.context` from 19.0 on", context_assignment).since(V19),
    Rule::warning("P17", "`read_group` from 19.0 on", read_group).since(V19),
    Rule::error("P18", "`@api.private` before 18.0", api_private).until(V17),
    Rule::error("P19", "`auth=\"bearer\"` before 18.0", auth_bearer).until(V17),
    Rule::error("P20", "`lock_for_update` before 19.0", lock_for_update).until(V18),
    Rule::error("P22", "`odoo.osv.expression` from 19.0 on", osv_expression).since(V19),
    Rule::error("P23", "`Domain` before 19.0", domain_class).until(V18),
    Rule::error("P24", "`NothingToDoJob` from 18.0 on", nothing_to_do).since(V18).fixable(),
    Rule::error("P30", "`user_has_groups` from 18.0 on", user_has_groups).since(V18),
    Rule::error("P31", "`request.jsonrequest`", jsonrequest),
    Rule::error("P34", "`auto_join` from 19.0 on", auto_join).since(V19).fixable(),
];

fn route_type(ctx: &Context<'_>, old: &str, new: &str, message: &str, out: &mut Vec<Finding>) {
    for route in shared::routes(ctx) {
        let Some(value) = route.option("type").filter(|value| py::text(value) == Some(old)) else { continue };
        let span = py::span(value);
        // Its own quotes stay, a prefix or a second part does not.
        let quote = if ctx.text(route.function.scope.file)[span.clone()].ends_with('"') { '"' } else { '\'' };
        let fix = ctx.is_for_all().then(|| Replacement::new(span.clone(), format!("{quote}{new}{quote}")));
        out.push(
            Finding::new(route.function.scope.file, span, message)
                .help(format!("Write type=\"{new}\"."))
                .fix(fix.into_iter().collect()),
        );
    }
}

fn route_json(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let message = format!("{} calls this type `jsonrpc` and warns about the old name", ctx.odoo());
    route_type(ctx, "json", "jsonrpc", &message, out);
}

fn route_jsonrpc(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    route_type(ctx, "jsonrpc", "json", &format!("{} has no route type `jsonrpc`", ctx.odoo()), out);
}

fn private_shortcuts(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in &ctx.index.python.attributes {
        let new = match site.node.attr.as_str() {
            "_cr" => "env.cr",
            "_uid" => "env.uid",
            "_context" => "env.context",
            _ => continue,
        };
        if !py::is_name(&site.node.value, "self") || site.scope.class.is_none() {
            continue;
        }
        let is_model = ctx.index.python.class_of(&site.scope).is_some_and(|class| class.kind.is_model());
        let span = py::span(&site.node.attr);
        let message = format!("{} has deprecated `self.{}`", ctx.odoo(), site.node.attr);
        if is_model {
            out.push(
                Finding::new(site.scope.file, py::span(site.node), message)
                    .help(format!("Write self.{new}, which every series has."))
                    .fix(vec![Replacement::new(span, new)]),
            );
        }
    }
}

fn import_of<'c, 'a>(ctx: &'c Context<'a>, test: impl Fn(&Import<'a>) -> bool) -> Vec<&'c Import<'a>> {
    ctx.index.python.imports.iter().filter(|import| !import.is_optional && test(import)).collect()
}

fn removed_functions(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for import in import_of(ctx, |import| {
        (import.from.starts_with("odoo.tools") && import.name == "ustr")
            || (import.from == "odoo" && import.name == "registry")
    }) {
        let message = format!("{} has no `{}`", ctx.odoo(), import.name);
        let help = if import.name == "ustr" {
            "Use str(), or bytes.decode()."
        } else {
            "Use odoo.modules.registry.Registry(db)."
        };
        out.push(Finding::new(import.file, import.span.clone(), message).help(help));
    }
    for site in ctx.index.python.calls.iter() {
        let help = match py::dotted(&site.node.func).as_deref() {
            Some("odoo.registry") => "Use odoo.modules.registry.Registry(db), or self.env.registry.",
            Some("tools.ustr" | "odoo.tools.ustr") => "Use str(), or bytes.decode().",
            _ => continue,
        };
        let message = format!("{} has no `{}`", ctx.odoo(), py::dotted(&site.node.func).unwrap_or_default());
        out.push(Finding::new(site.scope.file, py::span(&*site.node.func), message).help(help));
    }
}

fn env_translate(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("_") {
        if py::dotted(&site.node.func).is_some_and(|path| path.ends_with("env._")) {
            let message = format!("{} has no `env._`", ctx.odoo());
            out.push(
                Finding::new(site.scope.file, py::span(&*site.node.func), message)
                    .help("Write _(\"...\") with `from odoo import _`, which every series has."),
            );
        }
    }
}

fn name_get(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in ctx.index.python.models() {
        let methods: Vec<_> = ctx.index.python.methods(class).collect();
        // With both the module is for several series.
        if methods.iter().any(|method| method.name() == "_compute_display_name") {
            continue;
        }
        for method in methods.iter().filter(|method| method.name() == "name_get") {
            let message = format!("{} does not call `name_get`", ctx.odoo());
            out.push(
                Finding::new(method.scope.file, py::span(&method.node.name), message)
                    .help("Override _compute_display_name."),
            );
        }
    }
}

fn context_assignment(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in &ctx.index.python.assignments {
        for target in &site.node.targets {
            let Some(path) = py::dotted(target).filter(|_| target.is_attribute_expr()) else { continue };
            if path.ends_with("env.context") {
                let message = format!("{} refuses this: an environment cannot be changed", ctx.odoo());
                out.push(
                    Finding::new(site.scope.file, py::span(target), message)
                        .help("Make a new one: self.with_context(...) or env(context=...)."),
                );
            }
        }
    }
}

fn read_group(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("read_group") {
        let message = format!("{} has deprecated `read_group`", ctx.odoo());
        out.push(
            Finding::new(site.scope.file, py::span(&site.node.arguments), message)
                .help("Use _read_group (tuples), or formatted_read_group where dictionaries are needed."),
        );
    }
}

fn api_private(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for function in &ctx.index.python.functions {
        let Some(decorator) = py::decorator(function.node, "private") else { continue };
        if py::dotted(&decorator.expression).as_deref() == Some("api.private") {
            let message = format!("{} has no `@api.private`", ctx.odoo());
            out.push(
                Finding::new(function.scope.file, py::span(&decorator.expression), message)
                    .help("Begin the method's name with `_`."),
            );
        }
    }
}

fn auth_bearer(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::routes(ctx) {
        if let Some(value) = route.option("auth").filter(|value| py::text(value) == Some("bearer")) {
            let message = format!("{} has no `auth=\"bearer\"`", ctx.odoo());
            out.push(
                Finding::new(route.function.scope.file, py::span(value), message)
                    .help("Check the key in the method: res.users.apikeys has _check_credentials(scope=\"rpc\", key=...)."),
            );
        }
    }
}

fn lock_for_update(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for name in ["lock_for_update", "try_lock_for_update"] {
        for site in ctx.index.python.calls_of(name) {
            let is_own = ctx.index.python.functions.iter().any(|function| function.name() == name);
            if !is_own {
                let message = format!("{} has no `{name}`", ctx.odoo());
                out.push(
                    Finding::new(site.scope.file, py::span(&*site.node.func), message)
                        .help("Lock by SQL: SELECT id FROM ... WHERE id IN %s FOR UPDATE NOWAIT."),
                );
            }
        }
    }
}

fn osv_expression(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for import in import_of(ctx, |import| {
        import.from.starts_with("odoo.osv") || (import.from == "odoo" && import.name == "osv")
    }) {
        let message = format!("{} has deprecated odoo.osv", ctx.odoo());
        out.push(
            Finding::new(import.file, import.span.clone(), message)
                .help("Use odoo.fields.Domain: Domain.AND([...]), Domain(a) & Domain(b)."),
        );
    }
}

fn domain_class(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for import in import_of(ctx, |import| {
        import.name == "Domain" && matches!(import.from, "odoo.fields" | "odoo.orm.domains" | "odoo")
    }) {
        let message = format!("{} has no `Domain`", ctx.odoo());
        out.push(
            Finding::new(import.file, import.span.clone(), message)
                .help("Use odoo.osv.expression: expression.AND([...])."),
        );
    }
}

fn nothing_to_do(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for import in import_of(ctx, |import| import.name == "NothingToDoJob") {
        let message = format!("queue_job for {} has no NothingToDoJob", ctx.odoo());
        let fix = ctx.is_for_all().then(|| as_returns(ctx, import)).flatten();
        out.push(
            Finding::new(import.file, import.span.clone(), message)
                .help("Return the message from the job's method: return \"nothing to do\".")
                .fix(fix.unwrap_or_default()),
        );
    }
}

/// `raise NothingToDoJob(x)` as `return x`, and the import away; `None` unless every use is such a raise in a job's own
/// method, because elsewhere the caller would go on.
fn as_returns(ctx: &Context<'_>, import: &Import<'_>) -> Option<Vec<Replacement>> {
    let jobs = shared::job_methods(ctx);
    let (text, parsed) = (ctx.text(import.file), ctx.file(import.file).python()?);
    let mut fix = Vec::new();
    for function in ctx
        .index
        .python
        .functions
        .iter()
        .filter(|function| function.scope.file == import.file && jobs.contains(function.name()))
    {
        py::walk(&function.node.body, &mut |part| {
            if let py::Part::Statement(Stmt::Raise(node)) = part {
                fix.extend(as_return(text, parsed, node));
            }
        });
    }
    let mut uses = 0;
    py::walk(parsed.suite(), &mut |part| {
        uses +=
            usize::from(matches!(part, py::Part::Expression(value) if py::is_name(value, "NothingToDoJob")));
    });
    if fix.len() != uses {
        return None;
    }
    if import.of > 1 {
        fix.push(place::without_name(parsed, text, &import.span, &import.statement));
    } else if parsed.suite().iter().any(|statement| py::span(statement) == import.statement)
        && place::is_alone(text, &import.statement)
    {
        fix.push(Replacement::delete(place::whole_lines(text, import.statement.clone())));
    } else {
        // Without it a block might be empty.
        return None;
    }
    Some(fix)
}

/// `None` when it raises something else, or a part of it would get lost.
fn as_return(text: &str, parsed: &Parsed<ModModule>, node: &StmtRaise) -> Option<Replacement> {
    let call = node.exc.as_deref()?.as_call_expr()?;
    let value = match (&*call.arguments.args, &*call.arguments.keywords) {
        ([], []) => None,
        ([value], []) if !value.is_starred_expr() => Some(value),
        _ => return None,
    };
    let (span, kept) = (py::span(node), value.map(py::span));
    if !py::is_name(&call.func, "NothingToDoJob") || place::has_comment(parsed, &span, kept.as_slice()) {
        return None;
    }
    let value = kept.map_or("\"nothing to do\"", |value| &text[value]);
    // What the call's brackets allowed needs brackets of its own.
    let value = if value.contains('\n') { format!("({value})") } else { value.to_owned() };
    Some(Replacement::new(span, format!("return {value}")))
}

fn user_has_groups(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("user_has_groups") {
        let is_own = ctx.index.python.functions.iter().any(|function| function.name() == "user_has_groups");
        if !is_own {
            let message = format!("{} has no `user_has_groups`", ctx.odoo());
            out.push(
                Finding::new(site.scope.file, py::span(&*site.node.func), message)
                    .help("Write self.env.user.has_group(\"...\"), which every series has."),
            );
        }
    }
}

fn jsonrequest(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in &ctx.index.python.attributes {
        if site.node.attr.as_str() == "jsonrequest" && py::is_name(&site.node.value, "request") {
            out.push(
                Finding::new(
                    site.scope.file,
                    py::span(site.node),
                    "a request has no `jsonrequest` since 16.0",
                )
                .help("Use request.get_json_data(), or json.loads(request.httprequest.get_data())."),
            );
        }
    }
}

fn auto_join(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in ctx.index.python.models() {
        for field in &class.fields {
            let Some(keyword) = py::keyword(field.call, "auto_join") else { continue };
            let Some(name) = &keyword.arg else { continue };
            let message = format!("{} calls this `bypass_search_access`", ctx.odoo());
            let fix = ctx.is_for_all().then(|| Replacement::new(py::span(name), "bypass_search_access"));
            out.push(Finding::new(class.file, py::span(name), message).fix(fix.into_iter().collect()));
        }
    }
}
