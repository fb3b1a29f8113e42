//! C: how components find each other.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::shared;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::imports::reached;
use crate::module::lint::index::python::{Class, Kind};
use crate::module::lint::known::Resolved;
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("C01", "A component that inherits another one in Python's way", python_inheritance),
    Rule::error("C02", "A component with neither `_name` nor `_inherit`", nameless_component),
    Rule::error("C03", "A model that does not exist", unknown_model),
    Rule::error("C04", "`_inherit` of a component that no dependency provides", unknown_parent),
    Rule::error("C05", "The same `_name` twice", duplicate_name),
    Rule::error("C06", "Two components for the same usage and model", ambiguous_component),
    Rule::error("C07", "A usage that no component provides", missing_usage),
    Rule::error("C08", "A Python file that is never imported", never_imported),
    Rule::error("C09", "A `@mapping` method that does not return a dictionary", mapping_result),
    Rule::error("C10", "A `direct` mapping of a field that does not exist", direct_field),
    Rule::warning("C11", "`children` without a mapper for the child", children_mapper),
    Rule::warning("C12", "A component without `_collection`", no_collection),
    Rule::warning("C13", "A mapper, importer or exporter without `_apply_on`", no_apply_on),
    Rule::error("C14", "A mapper decorator that is not imported", mapper_name),
    Rule::error("C15", "A mapping modifier whose parameter is not called `field`", modifier_parameter),
    Rule::warning("C16", "`@changed_by` of a field that does not exist", changed_by_field),
    Rule::error("C17", "A many2one in `direct` whose target is no binding", direct_relation),
];

fn components<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Class<'a>> {
    ctx.index.python.components().filter(|class| !ctx.file(class.file).is_test())
}

fn python_inheritance(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in components(ctx).filter(|class| class.kind == Kind::InheritedComponent) {
        // A mixin of Python without Odoo's attributes does no harm.
        if class.attribute("_inherit").is_none() && class.attribute("_name").is_none() {
            continue;
        }
        let Some(base) =
            class.node.bases().iter().find(|base| base.is_name_expr() || base.is_attribute_expr())
        else {
            continue;
        };
        let message = format!("{} inherits another component class in Python's way", class.node.name);
        out.push(
            Finding::new(class.file, py::span(base), message)
                .label("should be `Component` or `AbstractComponent`")
                .help("Name the parent component in `_inherit` only; otherwise its methods run twice or in another order."),
        );
    }
}

fn nameless_component(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in components(ctx) {
        let is_direct = matches!(class.kind, Kind::Component | Kind::AbstractComponent);
        if is_direct && class.attribute("_name").is_none() && class.attribute("_inherit").is_none() {
            let message = format!("{} has neither `_name` nor `_inherit`", class.node.name);
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("Give it a `_name` of its own, such as \"shop.product.importer\"."),
            );
        }
    }
}

/// Whether a name that no known module has can only be a slip: its first word is this module's own.
fn is_own_word(ctx: &Context<'_>, name: &str) -> bool {
    let word = name.split('.').next().unwrap_or("");
    ctx.index
        .python
        .models()
        .filter(|class| class.defines())
        .filter_map(Class::name)
        .any(|own| own.split('.').next() == Some(word) && own.contains('.'))
}

fn unknown_model(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut named: Vec<(usize, &Expr)> = Vec::new();
    for class in components(ctx) {
        for value in class.attribute("_apply_on").map(py::elements).unwrap_or_default() {
            named.push((class.file, value));
        }
    }
    for site in ctx.index.python.calls_of("work_on").filter(|site| ctx.file(site.scope.file).is_program()) {
        named.extend(py::argument(site.node, 0, "model_name").map(|value| (site.scope.file, value)));
    }
    for (file, value) in named {
        let Some(model) = py::text(value) else { continue };
        if ctx.known.model_exists(model) == Some(false) && is_own_word(ctx, model) {
            let message = format!("there is no model '{model}'");
            out.push(Finding::new(file, py::span(value), message).help(near(model, ctx.known.models.keys())));
        }
    }
}

/// "Did you mean", or where names come from.
fn near<'n>(wanted: &str, known: impl Iterator<Item = &'n String>) -> String {
    let best = known.map(|name| (strsim::damerau_levenshtein(wanted, name), name)).min();
    match best {
        Some((distance, name)) if distance <= 3 => format!("Did you mean '{name}'?"),
        _ => "Neither this module nor one it depends on has it.".to_owned(),
    }
}

fn unknown_parent(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.known.is_complete {
        return;
    }
    for class in components(ctx) {
        for value in class.attribute("_inherit").map(py::elements).unwrap_or_default() {
            let Some(parent) = py::text(value) else { continue };
            let is_known = ctx.known.components.get(parent).is_some_and(|component| component.is_defined);
            if !is_known {
                let message = format!("no module that this one depends on has a component '{parent}'");
                out.push(
                    Finding::new(class.file, py::span(value), message)
                        .help(near(parent, ctx.known.components.keys())),
                );
            }
        }
    }
}

fn duplicate_name(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen: HashMap<(bool, &str), &Class<'_>> = HashMap::new();
    let classes = ctx.index.python.classes.iter();
    for class in classes.filter(|class| class.kind.is_model() || class.kind.is_component()) {
        if ctx.file(class.file).is_test() || !class.defines() {
            continue;
        }
        let (Some(name), Some(value)) = (class.text("_name"), class.attribute("_name")) else { continue };
        if let Some(first) = seen.insert((class.kind.is_model(), name), class) {
            let message = format!("'{name}' is the `_name` of {} already", first.node.name);
            out.push(
                Finding::new(class.file, py::span(value), message)
                    .help("Choose another `_name`, or extend the first one with `_inherit` alone."),
            );
        }
    }
}

/// Collection, usage and model of a concrete component whose chain is known.
fn role(ctx: &Context<'_>, class: &Class<'_>) -> Option<(Option<String>, String, Vec<String>)> {
    let name = class.name()?;
    let known = |resolved: Resolved<String>| match resolved {
        Resolved::Is(found) => Some(Some(found)),
        Resolved::Nowhere => Some(None),
        Resolved::Unknown => None,
    };
    let usage = known(ctx.known.component(name, |component| component.usage.clone()))??;
    let collection = known(ctx.known.component(name, |component| component.collection.clone()))?;
    let models = match ctx.known.component(name, |component| component.apply_on.clone()) {
        Resolved::Is(models) => models,
        Resolved::Nowhere => Vec::new(),
        Resolved::Unknown => return None,
    };
    Some((collection, usage, models))
}

fn ambiguous_component(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen: HashMap<(Option<String>, String, String), &Class<'_>> = HashMap::new();
    for class in components(ctx).filter(|class| class.kind == Kind::Component && class.defines()) {
        let has_match = ctx.index.python.methods(class).any(|method| method.name() == "_component_match");
        let Some((collection, usage, models)) = role(ctx, class).filter(|_| !has_match) else { continue };
        // Listeners are all called, not chosen.
        if usage == "event.listener" {
            continue;
        }
        for model in models {
            let key = (collection.clone(), usage.clone(), model.clone());
            let Some(first) = seen.insert(key, class) else { continue };
            let message = format!(
                "{} and {} both serve usage '{usage}' for '{model}'",
                first.node.name, class.node.name
            );
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("`component(usage=...)` raises SeveralComponentError: give one of them another `_usage` or `_apply_on`."),
            );
        }
    }
}

fn missing_usage(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.known.is_complete {
        return;
    }
    for site in ctx.index.python.calls_of("component").filter(|site| ctx.file(site.scope.file).is_program()) {
        let Some(value) = py::argument(site.node, 0, "usage") else { continue };
        let Some(usage) = py::text(value) else { continue };
        let provided =
            ctx.known.components.values().any(|component| component.usage.as_deref() == Some(usage));
        // An abstract class calls for what those who extend it provide.
        let is_abstract =
            ctx.index.python.class_of(&site.scope).is_some_and(|class| class.kind == Kind::AbstractComponent);
        if !provided && !is_abstract {
            let known = ctx.known.components.values().filter_map(|component| component.usage.as_ref());
            let message = format!("no component has the usage '{usage}'");
            out.push(Finding::new(site.scope.file, py::span(value), message).help(near(usage, known)));
        }
    }
}

fn never_imported(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let loaded = reached(ctx.module, &ctx.index.python.imports, "__init__.py");
    for (id, file) in ctx.module.files.iter().enumerate() {
        let top = matches!(file.path.as_str(), "__init__.py" | "__manifest__.py" | "setup.py" | "hooks.py");
        let is_script =
            ["static/", "scripts/", "doc/", "docs/"].iter().any(|folder| file.path.starts_with(folder))
                || file.path.ends_with("__main__.py");
        if file.python().is_none() || !file.is_program() || top || is_script || loaded.contains(&id) {
            continue;
        }
        // An empty `__init__.py` is no loss.
        if file.python().is_some_and(|parsed| parsed.suite().is_empty()) {
            continue;
        }
        let message = format!("no `__init__.py` imports {}", file.path);
        out.push(
            Finding::new(id, 0..0, message)
                .help("Odoo does not see the classes in it: import it in its folder's `__init__.py`, and that folder in the module's."),
        );
    }
}

/// Methods with `@mapping` of the module's mappers.
fn mappings<'a>(ctx: &Context<'a>) -> Vec<(usize, &'a StmtFunctionDef)> {
    let functions = ctx.index.python.functions.iter();
    functions
        .filter(|function| function.scope.class.is_some() && ctx.file(function.scope.file).is_program())
        .filter(|function| py::decorator(function.node, "mapping").is_some())
        .map(|function| (function.scope.file, function.node))
        .collect()
}

fn mapping_result(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (file, function) in mappings(ctx) {
        py::walk(&function.body, &mut |part| {
            let py::Part::Statement(Stmt::Return(statement)) = part else { return };
            let Some(value) = statement.value.as_deref() else { return };
            let is_wrong = match value {
                Expr::Tuple(_) | Expr::List(_) | Expr::Set(_) => !py::elements(value).is_empty(),
                Expr::StringLiteral(_) | Expr::FString(_) | Expr::NumberLiteral(_) => true,
                Expr::BooleanLiteral(literal) => literal.value,
                _ => false,
            };
            if is_wrong {
                let message =
                    format!("`{}` is a mapping and does not return a dictionary here", function.name);
                out.push(
                    Finding::new(file, py::span(value), message)
                        .help("Return {\"odoo_field\": value}, or nothing to leave the record as it is."),
                );
            }
        });
    }
}

/// The entries of a mapper's `direct`: source and target.
fn direct<'a>(class: &Class<'a>) -> Vec<(&'a Expr, &'a Expr)> {
    let entries = class.attribute("direct").map(py::elements).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| match entry {
            Expr::Tuple(pair) => Some((pair.elts.first()?, pair.elts.get(1)?)),
            _ => None,
        })
        .collect()
}

fn is_import_mapper(class: &Class<'_>, ctx: &Context<'_>) -> Option<bool> {
    let usage = match ctx.known.component(class.name()?, |component| component.usage.clone()) {
        Resolved::Is(usage) => usage,
        _ => class.inherit().join(" "),
    };
    match (usage.contains("import"), usage.contains("export")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// The models a mapper is for; empty when unknown.
fn models_of(ctx: &Context<'_>, class: &Class<'_>) -> Vec<String> {
    let Some(name) = class.name() else { return Vec::new() };
    match ctx.known.component(name, |component| component.apply_on.clone()) {
        Resolved::Is(models) => models,
        _ => Vec::new(),
    }
}

fn direct_field(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in components(ctx).filter(|class| class.attribute("direct").is_some()) {
        let Some(is_import) = is_import_mapper(class, ctx) else { continue };
        for model in models_of(ctx, class) {
            let Some(fields) = ctx.known.fields(&model) else { continue };
            for (source, target) in direct(class) {
                let odoo_side = if is_import { target } else { source };
                let Some(field) = py::text(odoo_side) else { continue };
                if !fields.contains_key(field) {
                    let message = format!("'{model}' has no field '{field}'");
                    out.push(Finding::new(class.file, py::span(odoo_side), message));
                }
            }
        }
    }
}

fn changed_by_field(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in components(ctx) {
        let models = models_of(ctx, class);
        let known: Vec<_> = models.iter().map(|model| ctx.known.fields(model)).collect();
        if known.is_empty() || known.iter().any(Option::is_none) {
            continue;
        }
        for method in ctx.index.python.methods(class) {
            let decorator = py::decorator(method.node, "changed_by").map(|decorator| &decorator.expression);
            let Some(call) = decorator.and_then(Expr::as_call_expr) else { continue };
            for value in &call.arguments.args {
                let Some(field) = py::text(value) else { continue };
                if !known.iter().flatten().any(|fields| fields.contains_key(field)) {
                    let message = format!("'{}' has no field '{field}'", models.join("', '"));
                    out.push(
                        Finding::new(class.file, py::span(value), message)
                            .help("A change of it never starts an export."),
                    );
                }
            }
        }
    }
}

fn direct_relation(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in components(ctx).filter(|class| class.attribute("direct").is_some()) {
        let Some(is_import) = is_import_mapper(class, ctx) else { continue };
        for model in models_of(ctx, class) {
            for (source, target) in direct(class) {
                let plain = if is_import { (source, target) } else { (target, source) };
                // With a modifier the source is a call.
                let (Some(_), Some(field)) = (py::text(source), py::text(plain.1)) else { continue };
                let Some(comodel) = many2one(ctx, &model, field) else { continue };
                if ctx.known.inherits(&comodel, "external.binding") == Some(false)
                    && !comodel.ends_with(".backend")
                {
                    let message = format!("'{field}' leads to '{comodel}', which is no binding");
                    out.push(
                        Finding::new(class.file, py::span(source), message)
                            .help("Without a modifier the value is looked up as an external id: write external_to_m2o(\"...\", binding=\"...\") or a @mapping."),
                    );
                }
            }
        }
    }
}

/// Where a many2one of a model leads, by what is known of it.
fn many2one(ctx: &Context<'_>, model: &str, field: &str) -> Option<String> {
    let (kind, comodel) = ctx.known.models.get(model)?.fields.get(field)?;
    comodel.clone().filter(|_| kind == "Many2one")
}

fn children_mapper(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.known.is_complete {
        return;
    }
    for class in components(ctx) {
        let Some(is_import) = is_import_mapper(class, ctx) else { continue };
        let usage = if is_import { "import.mapper" } else { "export.mapper" };
        for entry in class.attribute("children").map(py::elements).unwrap_or_default() {
            let Some(value) = entry.as_tuple_expr().and_then(|tuple| tuple.elts.get(2)) else { continue };
            let Some(model) = py::text(value) else { continue };
            let serves = |other: &&Class<'_>| {
                role(ctx, other).is_none_or(|(_, found, models)| {
                    found == usage && (models.is_empty() || models.iter().any(|known| known == model))
                })
            };
            let concrete = |other: &&Class<'_>| other.kind != Kind::AbstractComponent;
            if !components(ctx).filter(concrete).any(|other| serves(&other)) {
                let message = format!("no {usage} is for '{model}'");
                out.push(Finding::new(class.file, py::span(value), message).help(format!(
                    "Add a component with `_usage = \"{usage}\"` and `_apply_on = \"{model}\"`."
                )));
            }
        }
    }
}

fn no_collection(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in components(ctx).filter(|class| class.kind == Kind::Component && class.defines()) {
        let Some(name) = class.name() else { continue };
        let serves = ctx.known.component(name, |component| component.usage.clone());
        let collection = ctx.known.component(name, |component| component.collection.clone());
        // Listeners are called for the events of every record, whatever the backend.
        let is_chosen = matches!(&serves, Resolved::Is(usage) if usage != "event.listener");
        if collection == Resolved::Nowhere && is_chosen && has_backend(ctx) {
            let message = format!(
                "{} has no `_collection`, so every backend of every connector finds it",
                class.node.name
            );
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("Set `_collection` to the backend's model, best in an abstract component that all others inherit."),
            );
        }
    }
}

fn has_backend(ctx: &Context<'_>) -> bool {
    shared::backends(ctx).next().is_some()
}

fn no_apply_on(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const USAGES: &[&str] = &["record.importer", "record.exporter", "import.mapper", "export.mapper"];
    for class in components(ctx).filter(|class| class.kind == Kind::Component && class.defines()) {
        let Some(name) = class.name() else { continue };
        let usage = ctx.known.component(name, |component| component.usage.clone());
        let apply_on = ctx.known.component(name, |component| component.apply_on.clone());
        let Resolved::Is(usage) = usage else { continue };
        if apply_on == Resolved::Nowhere && USAGES.contains(&usage.as_str()) {
            let message =
                format!("{} has no `_apply_on`, so it serves '{usage}' for every model", class.node.name);
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("Set `_apply_on` to the binding's model."),
            );
        }
    }
}

fn mapper_name(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const NAMES: &[&str] = &["mapping", "only_create", "changed_by"];
    for function in ctx.index.python.functions.iter().filter(|function| function.scope.class.is_some()) {
        let file = function.scope.file;
        for decorator in &function.node.decorator_list {
            let name = match &decorator.expression {
                Expr::Name(name) => name.id.as_str(),
                Expr::Call(call) => call.func.as_name_expr().map_or("", |name| name.id.as_str()),
                _ => continue,
            };
            if !NAMES.contains(&name) || ctx.index.python.import(file, name).is_some() {
                continue;
            }
            let has_star = ctx.index.python.import(file, "*").is_some();
            let is_local =
                ctx.index.python.functions.iter().any(|other| {
                    other.scope.file == file && other.scope.class.is_none() && other.name() == name
                });
            if !has_star && !is_local {
                let message = format!("`{name}` is not imported");
                out.push(
                    Finding::new(file, py::span(&decorator.expression), message)
                        .help(format!("Add: from odoo.addons.connector.components.mapper import {name}")),
                );
            }
        }
    }
}

fn modifier_parameter(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for function in ctx.index.python.functions.iter().filter(|function| function.scope.class.is_none()) {
        if !ctx.file(function.scope.file).is_program() {
            continue;
        }
        let inner = function.node.body.iter().find_map(Stmt::as_function_def_stmt);
        let is_modifier = inner.is_some_and(|inner| py::parameters(inner) == ["self", "record", "to_attr"]);
        let Some(first) = function.node.parameters.args.first().filter(|_| is_modifier) else { continue };
        if first.parameter.name.as_str() != "field" {
            let message =
                format!("the first parameter of the modifier `{}` is not called `field`", function.name());
            out.push(
                Finding::new(function.scope.file, py::span(&first.parameter.name), message)
                    .label("call it `field`")
                    .help("The mapper reads the name of the mapped field from the variable `field` of the inner function."),
            );
        }
    }
}
