//! A: who may do what.

use ruff_python_ast::Expr;

use super::shared;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::data::Record;
use crate::module::lint::index::python::{Class, Kind};
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("A01", "A model without access rights", no_access),
    Rule::warning("A02", "Every user may create or delete", access_for_all),
    Rule::warning("A03", "A model with a company and no record rule", no_company_rule),
    Rule::error("A04", "A record of any id by `sudo()`", sudo_browse),
    Rule::warning("A05", "A wizard that every user is offered", action_without_groups),
    Rule::warning("A06", "A method with `sudo()` that every user may call", public_sudo),
    Rule::error("A07", "Access rights on a model that does not exist", access_to_nothing),
    Rule::error("A08", "SQL made of text", sql_text),
    Rule::error("A09", "Code that comes from outside", evaluated),
];

fn own_models<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Class<'a>> {
    let classes = ctx.index.python.models();
    classes.filter(|class| class.defines() && class.kind != Kind::Mixin && ctx.file(class.file).is_program())
}

/// Whether a `model_...` id is that of a model.
fn names_model(id: &str, model: &str) -> bool {
    let name = id.trim().rsplit('.').next().unwrap_or("");
    name.strip_prefix("model_") == Some(model.replace('.', "_").as_str())
}

fn model_of<'a>(row: &Record<'a>) -> &'a str {
    ["model_id:id", "model_id/id", "model_id"]
        .into_iter()
        .map(|column| row.get(column))
        .find(|id| !id.is_empty())
        .unwrap_or("")
}

fn no_access(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in own_models(ctx) {
        let Some(name) = class.name() else { continue };
        // A view of the database without a table needs rights as well; only what has no table at all does not.
        let has = ctx.index.data.of_model("ir.model.access").any(|row| names_model(model_of(row), name));
        if !has {
            let message = format!("nobody but the administrator's sudo may use '{name}'");
            out.push(Finding::new(class.file, py::span(&class.node.name), message).help(format!(
                "Add rows for model_{} to security/ir.model.access.csv.",
                name.replace('.', "_")
            )));
        }
    }
}

fn group_of<'a>(row: &Record<'a>) -> &'a str {
    ["group_id:id", "group_id/id", "group_id"]
        .into_iter()
        .map(|column| row.get(column))
        .find(|id| !id.is_empty())
        .unwrap_or("")
}

fn access_for_all(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("ir.model.access") {
        let group = group_of(row);
        let may = |column: &str| matches!(row.get(column).trim(), "1" | "True" | "true");
        let (write, create, unlink) = (may("perm_write"), may("perm_create"), may("perm_unlink"));
        // A wizard's record belongs to whoever made it.
        let is_wizard = ctx.index.python.models().any(|class| {
            class.kind == Kind::Wizard && class.name().is_some_and(|name| names_model(model_of(row), name))
        });
        let message = match group {
            "" if write || create || unlink => {
                "everybody, portal users and the public included, may change these records"
            }
            "base.group_user" if (create || unlink) && !is_wizard => {
                "every internal user may create or delete these records"
            }
            _ => continue,
        };
        out.push(
            Finding::new(row.file, row.span.clone(), message)
                .help("Name a group of the connector: its users read, its managers change."),
        );
    }
}

fn no_company_rule(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in own_models(ctx).filter(|class| class.kind == Kind::Model) {
        let Some(name) = class.name() else { continue };
        let is_company =
            class.field("company_id").is_some_and(|field| field.comodel() == Some("res.company"));
        let has = ctx.index.data.of_model("ir.rule").any(|row| names_model(row.get("model_id"), name));
        if is_company && !has {
            let message = format!("users of one company see the records of '{name}' of all companies");
            out.push(Finding::new(class.file, py::span(&class.node.name), message).help(
                "Add a global ir.rule: ['|', ('company_id', '=', False), ('company_id', 'in', company_ids)].",
            ));
        }
    }
}

fn sudo_browse(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::routes(ctx).filter(shared::Route::is_open) {
        let parameters = py::parameters(route.function.node);
        let checks = shared::reachable(ctx, route.function).iter().any(|function| {
            py::any_expr(&function.node.body, |value| {
                let name = match value {
                    Expr::Call(call) => py::last_name(&call.func),
                    _ => None,
                };
                name.is_some_and(|name| {
                    let name = name.to_lowercase();
                    ["verify", "signature", "compare_digest", "access_token", "consteq", "check_access"]
                        .iter()
                        .any(|word| name.contains(word))
                })
            })
        });
        if checks {
            continue;
        }
        py::walk(&route.function.node.body, &mut |part| {
            let py::Part::Expression(Expr::Call(call)) = part else { return };
            let by_parameter = call.arguments.args.first().is_some_and(|value| {
                py::any_in(value, |part| {
                    part.as_name_expr().is_some_and(|name| parameters.contains(&name.id.as_str()))
                })
            });
            let is_sudo = py::dotted(&call.func).is_none()
                && py::any_in(&call.func, |value| py::last_name(value) == Some("sudo"));
            if py::last_name(&call.func) == Some("browse") && by_parameter && is_sudo {
                let message = "anybody who counts up reads every record";
                out.push(
                    Finding::new(route.function.scope.file, py::span(call), message).help(
                        "Ask for an access token or signature and compare it with hmac.compare_digest.",
                    ),
                );
            }
        });
    }
}

fn action_without_groups(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for model in ["ir.actions.act_window", "ir.actions.server"] {
        for row in ctx.index.data.of_model(model) {
            let has_groups = row.value("groups_id").is_some() || row.value("group_ids").is_some();
            // On the module's own records its access rights decide who sees it.
            let is_foreign =
                |id: &str| id.split_once('.').is_some_and(|(module, _)| module != ctx.module.name);
            let value = row.value("binding_model_id").filter(|value| is_foreign(value.value));
            if let Some(value) = value.filter(|_| !has_groups) {
                let message = "every user sees this action on the other module's records";
                out.push(
                    Finding::new(row.file, value.span.clone(), message)
                        .help("Add groups_id (group_ids from 19.0 on) with the connector's group."),
                );
            }
        }
    }
}

/// Names of methods that buttons, scheduled actions and routes reach; users press these anyway.
fn is_button(ctx: &Context<'_>, name: &str) -> bool {
    ctx.module
        .files
        .iter()
        .filter_map(|file| file.xml())
        .any(|tree| tree.nodes.iter().any(|node| node.tag == "button" && node.get("name") == Some(name)))
}

fn public_sudo(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const GUARDS: &[&str] = &[
        "check_access",
        "check_access_rights",
        "check_access_rule",
        "has_group",
        "has_access",
        "is_system",
        "is_admin",
        "_check_access",
        "user_has_groups",
    ];
    for class in ctx.index.python.models().filter(|class| ctx.file(class.file).is_program()) {
        for method in ctx.index.python.methods(class).filter(|method| method.is_public()) {
            let decorators = [
                "private",
                "depends",
                "constrains",
                "onchange",
                "model_create_multi",
                "ondelete",
                "autovacuum",
            ];
            let is_decorated = decorators.iter().any(|name| py::decorator(method.node, name).is_some());
            // What the caller names is what it reaches.
            let takes = py::parameters(method.node).len() > 1;
            let is_override =
                matches!(method.name(), "create" | "write" | "unlink" | "read" | "search" | "copy" | "init")
                    || py::any_expr(&method.node.body, |value| py::is_name(value, "super"));
            let uses_sudo = py::any_expr(&method.node.body, |value| {
                value.as_call_expr().is_some_and(|call| {
                    py::last_name(&call.func) == Some("sudo")
                        && call.arguments.is_empty()
                        && py::receiver(call).is_some_and(|receiver| py::is_name(receiver, "self"))
                })
            });
            let is_guarded = py::calls(&method.node.body, GUARDS) || is_button(ctx, method.name());
            if uses_sudo && takes && !is_decorated && !is_override && !is_guarded {
                let message =
                    format!("every user may call `{}` over RPC, and it works with all rights", method.name());
                out.push(
                    Finding::new(method.scope.file, py::span(&method.node.name), message)
                        .help("Begin its name with `_`, add @api.private (from 18.0 on), or check the user's rights first."),
                );
            }
        }
    }
}

fn access_to_nothing(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("ir.model.access").chain(ctx.index.data.of_model("ir.rule")) {
        let id = model_of(row);
        let (module, name) = id.split_once('.').unwrap_or((ctx.module.name.as_str(), id));
        // What a module's mixins or code in another way make is not seen; a name without its module is its own.
        if module != ctx.module.name || !name.starts_with("model_") {
            continue;
        }
        let exists = ctx.known.models.keys().any(|model| names_model(name, model));
        let is_broken =
            ctx.module.files.iter().any(|file| matches!(file.body, crate::module::lint::load::Body::Broken));
        if !exists && !is_broken && ctx.known.is_complete {
            let message = format!("this module has no model of the id '{name}'");
            out.push(Finding::new(row.file, row.span.clone(), message).help(
                "The module cannot be installed: mend the name, or put the other module's name before it.",
            ));
        }
    }
}

fn sql_text(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("execute").filter(|site| ctx.file(site.scope.file).is_program()) {
        let is_cursor = py::receiver(site.node).and_then(py::dotted).is_some_and(|path| path.ends_with("cr"));
        let Some(query) = site.node.arguments.args.first().filter(|_| is_cursor) else { continue };
        // Names of tables and pieces of statements from the code itself are fine: `self._table`, `self._select()`.
        let inserts = |value: &Expr| {
            py::elements(value).iter().any(|part| match part {
                Expr::Call(call) => !py::last_name(&call.func).is_some_and(|name| name.starts_with('_')),
                Expr::Attribute(attribute) => !attribute.attr.as_str().starts_with('_'),
                Expr::Name(_) | Expr::Subscript(_) => true,
                _ => false,
            })
        };
        let is_made = match query {
            Expr::FString(text) => {
                text.value.elements().filter_map(|element| element.as_interpolation()).any(|element| {
                    let is_table =
                        py::last_name(&element.expression).is_some_and(|name| name.ends_with("table"));
                    !is_table && inserts(&element.expression)
                })
            }
            Expr::BinOp(node) => {
                node.op == ruff_python_ast::Operator::Mod
                    && py::text(&node.left).is_some()
                    && inserts(&node.right)
            }
            Expr::Call(call) => {
                py::last_name(&call.func) == Some("format")
                    && py::receiver(call).is_some_and(|receiver| py::text(receiver).is_some())
                    && call.arguments.args.iter().any(inserts)
            }
            _ => false,
        };
        if is_made {
            let message = "a value with a quotation mark in it becomes part of the statement";
            out.push(
                Finding::new(site.scope.file, py::span(query), message)
                    .help("Write %s and give the values as second argument: cr.execute(query, (value,))."),
            );
        }
    }
}

fn evaluated(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for name in ["eval", "exec", "loads", "load"] {
        for site in ctx.index.python.calls_of(name).filter(|site| ctx.file(site.scope.file).is_program()) {
            let path = py::dotted(&site.node.func).unwrap_or_default();
            let is_code =
                matches!(path.as_str(), "eval" | "exec" | "pickle.loads" | "pickle.load" | "marshal.loads");
            let is_literal = site.node.arguments.args.first().is_some_and(|value| py::text(value).is_some());
            if is_code && !is_literal {
                let message = format!("`{path}` runs whatever is in it, with all of Odoo's rights");
                out.push(
                    Finding::new(site.scope.file, py::span(site.node), message)
                        .help("Use json.loads, ast.literal_eval or Odoo's safe_eval."),
                );
            }
        }
    }
}
