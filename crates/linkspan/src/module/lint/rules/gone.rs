//! P: fields and models of Odoo that a series does not have.

use ruff_python_ast::{Expr, Stmt};

use super::shared;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::Class;
use crate::module::lint::known::{Resolved, removed_field, removed_model};
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("P28", "A field that the series does not have", field_is_gone),
    Rule::error("P32", "A model that the series does not have", model_is_gone),
];

/// Odoo models behind a mapper's models: a binding has the fields of what it delegates to.
fn odoo_models(ctx: &Context<'_>, class: &Class<'_>) -> Vec<String> {
    let models =
        match class.name().map(|name| ctx.known.component(name, |component| component.apply_on.clone())) {
            Some(Resolved::Is(models)) => models,
            _ => Vec::new(),
        };
    let parents =
        models.iter().filter_map(|model| ctx.known.models.get(model)).flat_map(|model| &model.parents);
    parents.chain(&models).cloned().collect()
}

fn field_is_gone(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told = |file, span, models: &[String], field: &str| {
        for model in models {
            let gone: Option<&str> =
                ctx.concerned.iter().find_map(|series| removed_field(model, field, *series));
            if let Some(hint) = gone {
                let message = format!("'{model}' has no field '{field}' in {}", ctx.odoo());
                out.push(Finding::new(file, span, message).help(hint));
                return;
            }
        }
    };
    for class in ctx.index.python.components().filter(|class| ctx.file(class.file).is_program()) {
        let is_import = class.inherit().iter().any(|parent| parent.contains("import"))
            || shared::usage_of(ctx, class).contains("import");
        let models = odoo_models(ctx, class);
        for entry in class.attribute("direct").map(py::elements).unwrap_or_default() {
            let Some(tuple) = entry.as_tuple_expr() else { continue };
            let Some(value) = tuple.elts.get(usize::from(is_import)) else { continue };
            if let Some(field) = py::text(value) {
                told(class.file, py::span(value), &models, field);
            }
        }
        for method in ctx.index.python.methods(class).filter(|_| is_import) {
            if py::decorator(method.node, "mapping").is_none() {
                continue;
            }
            py::walk(&method.node.body, &mut |part| {
                let py::Part::Statement(Stmt::Return(node)) = part else { return };
                let Some(Expr::Dict(dictionary)) = node.value.as_deref() else { return };
                for key in dictionary.items.iter().filter_map(|item| item.key.as_ref()) {
                    if let Some(field) = py::text(key) {
                        told(method.scope.file, py::span(key), &models, field);
                    }
                }
            });
        }
    }
    for view in ctx.index.data.of_model("ir.ui.view") {
        let (Some(tree), Some(node)) = (ctx.file(view.file).xml(), view.node) else { continue };
        let model = [view.get("model").to_owned()];
        for (id, field) in tree.inside(node).filter(|(_, field)| field.tag == "field") {
            // A field inside of another one belongs to the model that one leads to.
            let depth = tree
                .ancestors(id)
                .take_while(|around| around.tag != "record")
                .filter(|around| around.tag == "field")
                .count();
            if let (1, Some(name)) = (depth, field.get("name")) {
                told(view.file, field.head(), &model, name);
            }
        }
    }
}

fn model_is_gone(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let own: Vec<&str> =
        ctx.index.python.models().filter(|class| class.defines()).filter_map(Class::name).collect();
    let mut told = |file, value: &Expr| {
        let Some(model) = py::text(value).filter(|model| !own.contains(model)) else { return };
        let gone: Vec<&str> = ctx
            .concerned
            .iter()
            .filter(|series| removed_model(model, **series))
            .map(|series| series.as_str())
            .collect();
        if !gone.is_empty() {
            let message = format!("Odoo {} has no model '{model}'", gone.join(" and "));
            out.push(Finding::new(file, py::span(value), message));
        }
    };
    for class in ctx.index.python.models().filter(|class| ctx.file(class.file).is_program()) {
        class
            .attribute("_inherit")
            .map(py::elements)
            .unwrap_or_default()
            .iter()
            .for_each(|value| told(class.file, value));
        for field in class.fields.iter().filter(|field| field.comodel().is_some()) {
            if let Some(value) = py::argument(field.call, 0, "comodel_name") {
                told(class.file, value);
            }
        }
    }
}
