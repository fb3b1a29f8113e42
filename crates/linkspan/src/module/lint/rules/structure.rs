//! F: what a connector module consists of.

use super::shared;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::{Class, Kind};
use crate::module::lint::known::Resolved;
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("F01", "A connector without one of its files", required_files),
    Rule::error("F02", "A connector without one of its dependencies", required_depends),
    Rule::error("F03", "`_inherits` whose link may be empty or outlive its record", delegation),
    Rule::error("F04", "A backend that cannot test its connection", test_connection),
    Rule::warning("F05", "A binding without components", binding_without_components),
    Rule::warning("F06", "A connector without groups of its own", no_groups),
    Rule::error("F07", "A synchronisation that nobody has written", sync_without_implementation),
    Rule::error("F08", "An adapter that does not exist", unknown_adapter),
    Rule::error("F09", "An implementation that overrides the public method", overridden_template),
];

/// Whether the module is a connector, and where to say so.
fn backend<'c, 'a>(ctx: &'c Context<'a>) -> Option<&'c Class<'a>> {
    shared::backends(ctx).next()
}

fn required_files(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if backend(ctx).is_none() {
        return;
    }
    let manifest = &ctx.module.manifest;
    let has = |start: &str| ctx.module.paths.iter().any(|path| path.starts_with(start));
    let wanted = [
        ("README", "README.md or README.rst says how to set the connector up"),
        (
            "security/ir.model.access.csv",
            "without access rights only the administrator can use the connector",
        ),
        ("views/", "without views nobody can enter a backend"),
        ("models/__init__.py", "models belong into models/"),
        ("components/__init__.py", "adapters, mappers, importers and exporters belong into components/"),
    ];
    for (path, why) in wanted.into_iter().filter(|(path, _)| !has(path)) {
        // Components may stand beside their models, as in OCA's connectors.
        if path.starts_with("components") && ctx.index.python.components().next().is_some() {
            continue;
        }
        let message = format!("there is no {path}");
        out.push(Finding::new(manifest.file, manifest.place(), message).help(format!("{why}.")));
    }
}

fn required_depends(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    let uses_components = ctx.index.python.components().any(|class| !ctx.file(class.file).is_test());
    let delays = ctx.index.python.delays.iter().any(|delay| ctx.file(delay.scope.file).is_program());
    let delegates = shared::backends(ctx)
        .any(|class| class.inherits().iter().any(|(parent, _)| *parent == "generic.backend"));
    let wanted = [
        (uses_components, "component", "its classes are components"),
        (delays, "queue_job", "it delays jobs"),
        (delegates, "generic_connector", "its backend builds on generic.backend"),
    ];
    for (_, module, why) in
        wanted.into_iter().filter(|(is_used, module, _)| *is_used && ctx.module.name != *module)
    {
        if ctx.known.is_complete && !ctx.known.depends.contains(module) {
            let message = format!("'{module}' is not in `depends`, directly or not, and {why}");
            out.push(
                Finding::new(manifest.file, manifest.place(), message)
                    .help(format!("Add \"{module}\" to `depends`.")),
            );
        }
    }
}

fn delegation(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in ctx.index.python.models().filter(|class| ctx.file(class.file).is_program()) {
        for (parent, link) in class.inherits() {
            let Some(field) = class.field(link) else {
                // The field may be in a mixin.
                if class.inherit().is_empty() {
                    let message = format!(
                        "{} delegates to '{parent}' by `{link}` and has no such field",
                        class.node.name
                    );
                    out.push(Finding::new(class.file, py::span(&class.node.name), message));
                }
                continue;
            };
            // A binding's own link has its own rule.
            if link == "odoo_id" {
                continue;
            }
            let is_required = field.keyword("required").is_some_and(py::is_true);
            let ondelete = field.keyword("ondelete").and_then(py::text);
            if !is_required || !matches!(ondelete, Some("cascade" | "restrict")) {
                let message = format!("`{link}` of {} lacks required=True or ondelete", class.node.name);
                out.push(
                    Finding::new(class.file, py::span(field.call), message)
                        .help("Write required=True, ondelete=\"cascade\": Odoo refuses to delegate by a link that may be empty."),
                );
            }
        }
    }
}

/// All methods of the classes that make up a model in this module.
fn methods<'c, 'a>(ctx: &'c Context<'a>, model: &'c str) -> impl Iterator<Item = &'a str> + use<'c, 'a> {
    let classes = ctx.index.python.models().filter(move |class| class.name() == Some(model));
    classes.flat_map(|class| ctx.index.python.methods(class)).map(|method| method.name())
}

/// Backends on `generic.backend`, which calls the implementations.
fn generic_backends<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = (&'c Class<'a>, &'a str)> {
    shared::backends(ctx)
        .filter(|class| class.inherits().iter().any(|(parent, _)| *parent == "generic.backend"))
        .filter_map(|class| Some((class, class.name()?)))
}

/// Whether the only mixins of a class are those that are known to bring none of the implementations.
fn has_plain_parents(class: &Class<'_>) -> bool {
    const PLAIN: &[&str] = &["connector.backend", "mail.thread", "mail.activity.mixin", "collection.base"];
    class.inherit().iter().all(|parent| PLAIN.contains(parent))
}

fn test_connection(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (class, model) in generic_backends(ctx).filter(|(class, _)| has_plain_parents(class)) {
        if !methods(ctx, model).any(|name| name == "_test_connection_implementation") {
            let message = format!("{} has no `_test_connection_implementation`", class.node.name);
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("The button \"Test Connection\" calls it: ask the adapter for something small that needs the credentials."),
            );
        }
    }
}

/// Entities that a backend synchronises: `sync_orders` delayed, or `_run_sync("orders")` called.
fn synchronised<'a>(ctx: &Context<'a>, model: &str) -> Vec<(usize, std::ops::Range<usize>, &'a str)> {
    let is_here = |scope| ctx.index.python.class_of(scope).is_some_and(|class| class.name() == Some(model));
    let delays = ctx.index.python.delays.iter().filter_map(|delay| {
        let is_own = py::is_name(delay.receiver, "self") && is_here(&delay.scope);
        let entity = delay.method.strip_prefix("sync_").filter(|_| is_own)?;
        Some((delay.scope.file, py::span(delay.call), entity))
    });
    let runs =
        ctx.index.python.calls_of("_run_sync").filter(|site| is_here(&site.scope)).filter_map(|site| {
            let value = site.node.arguments.args.first()?;
            Some((site.scope.file, py::span(value), py::text(value)?))
        });
    delays.chain(runs).collect()
}

fn sync_without_implementation(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (class, model) in generic_backends(ctx) {
        let own: Vec<&str> = methods(ctx, model).collect();
        for (file, span, entity) in synchronised(ctx, model) {
            let is_public = own.contains(&format!("sync_{entity}").as_str());
            // The framework's mixin has public methods of its own; a plain backend has what it writes.
            let is_known = is_public || has_plain_parents(class);
            if is_known && !own.contains(&format!("_sync_{entity}_implementation").as_str()) {
                let message = format!("{} has no `_sync_{entity}_implementation`", class.node.name);
                out.push(Finding::new(file, span, message).help("The job fails with NotImplementedError."));
            }
        }
    }
}

fn overridden_template(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (class, _) in generic_backends(ctx) {
        for method in ctx.index.python.methods(class) {
            if method.name() != "action_test_connection" {
                continue;
            }
            let calls_super = py::any_expr(&method.node.body, |value| py::is_name(value, "super"));
            if !calls_super {
                let message = "this replaces the state, the log and the message that the framework adds";
                out.push(
                    Finding::new(method.scope.file, py::span(&method.node.name), message)
                        .help("Write `_test_connection_implementation` instead."),
                );
            }
        }
    }
}

fn binding_without_components(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if backend(ctx).is_none() || !ctx.known.is_complete {
        return;
    }
    for class in shared::bindings(ctx) {
        let Some(model) = class.name() else { continue };
        let serves = |component: &&Class<'_>| {
            component.name().is_none_or(|name| {
                match ctx.known.component(name, |known| known.apply_on.clone()) {
                    Resolved::Is(models) => models.iter().any(|served| served == model),
                    _ => false,
                }
            })
        };
        let concrete =
            ctx.index.python.components().filter(|component| component.kind != Kind::AbstractComponent);
        if !concrete
            .filter(|component| !ctx.file(component.file).is_test())
            .any(|component| serves(&component))
        {
            let message =
                format!("no component has `_apply_on = \"{model}\"`, so nothing imports or exports it");
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("Add a mapper and an importer or exporter in components/."),
            );
        }
    }
}

fn no_groups(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let Some(class) = backend(ctx) else { return };
    let has_own = ctx.index.data.of_model("res.groups").next().is_some();
    let uses_framework = ctx.index.data.references.iter().any(|reference| {
        reference.id.contains("group_connector") || reference.id.ends_with(".connector_manager")
    });
    if !has_own && !uses_framework {
        out.push(
            Finding::new(class.file, py::span(&class.node.name), "no group of users is the connector's own")
                .help("Add a group of users and one of managers in security/security.xml, or use the framework's: credentials are not for everybody."),
        );
    }
}

fn unknown_adapter(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    if !ctx.known.is_complete {
        return;
    }
    for site in ctx.index.python.calls_of("get_adapter").filter(|site| ctx.file(site.scope.file).is_program())
    {
        let Some(value) = site.node.arguments.args.first() else { continue };
        let Some(name) = py::text(value) else { continue };
        if !ctx.known.components.get(name).is_some_and(|component| component.is_defined) {
            let message = format!("there is no component '{name}'");
            out.push(
                Finding::new(site.scope.file, py::span(value), message)
                    .help("get_adapter takes the `_name` of an adapter component."),
            );
        }
    }
}
