//! J: what other programs call by name, over JSON-2 and XML-RPC.

use ruff_python_ast::{Expr, Stmt};

use crate::module::Series;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::Function;
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("J01", "An override that renames a parameter", renamed_parameter).since(Series::V19),
    Rule::error("J02", "A public method with a parameter `ids` or `context`", reserved_parameter)
        .since(Series::V19),
    Rule::warning("J03", "A public method whose result no protocol can carry", unserialisable_result),
    Rule::warning("J04", "A public method that takes `*args`", positional_only).since(Series::V19),
];

/// Methods of models that other programs call, with their parameters in 19.0.
const KNOWN: &[(&str, &[&str])] = &[
    ("create", &["vals_list"]),
    ("write", &["vals"]),
    ("copy", &["default"]),
    ("read", &["fields", "load"]),
    ("search", &["domain", "offset", "limit", "order"]),
    ("search_count", &["domain", "limit"]),
    ("search_read", &["domain", "fields", "offset", "limit", "order"]),
    ("name_search", &["name", "domain", "operator", "limit"]),
    ("fields_get", &["allfields", "attributes"]),
    ("load", &["fields", "data"]),
];

/// Public methods of models, without those of tests.
fn public_methods<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Function<'a>> {
    let models = ctx.index.python.models().filter(|class| ctx.file(class.file).is_program());
    models
        .flat_map(|class| ctx.index.python.methods(class))
        .filter(|method| method.is_public() && py::decorator(method.node, "private").is_none())
}

fn renamed_parameter(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for method in public_methods(ctx) {
        let Some((_, wanted)) = KNOWN.iter().find(|(name, _)| *name == method.name()) else { continue };
        let parameters = &method.node.parameters;
        let given = parameters.posonlyargs.iter().chain(&parameters.args).skip(1);
        for (given, wanted) in given.zip(*wanted) {
            let name = &given.parameter.name;
            if name.as_str() != *wanted {
                let message = format!(
                    "`{}` calls this parameter `{name}`; everybody else calls it `{wanted}`",
                    method.name()
                );
                out.push(
                    Finding::new(method.scope.file, py::span(name), message)
                        .help("JSON-2 passes arguments by the name in the last override: with another name every call ends in 422."),
                );
            }
        }
    }
}

fn reserved_parameter(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for method in public_methods(ctx) {
        let parameters = &method.node.parameters;
        for parameter in
            parameters.args.iter().chain(&parameters.kwonlyargs).map(|parameter| &parameter.parameter.name)
        {
            if matches!(parameter.as_str(), "ids" | "context") {
                let message =
                    format!("JSON-2 takes `{parameter}` for itself, so `{}` never gets it", method.name());
                out.push(
                    Finding::new(method.scope.file, py::span(parameter), message)
                        .help("Choose another name."),
                );
            }
        }
    }
}

fn unserialisable_result(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for method in public_methods(ctx) {
        // What yields is for Python alone.
        py::walk(&method.node.body, &mut |part| {
            let py::Part::Statement(Stmt::Return(node)) = part else { return };
            let Some(value) = node.value.as_deref() else { return };
            let what = match value {
                Expr::Set(_) | Expr::SetComp(_) => "a set",
                Expr::Generator(_) => "a generator",
                Expr::Lambda(_) => "a function",
                Expr::Call(call) if py::is_name(&call.func, "set") => "a set",
                Expr::Call(call) if py::is_name(&call.func, "map") || py::is_name(&call.func, "filter") => {
                    "an iterator"
                }
                _ => return,
            };
            let is_inner = py::any_stmt(&method.node.body, |statement| match statement {
                Stmt::FunctionDef(inner) => py::span(inner).contains(&py::span(node).start),
                _ => false,
            });
            if !is_inner {
                let message = format!("a caller from outside gets an error instead of {what}");
                out.push(
                    Finding::new(method.scope.file, py::span(value), message)
                        .help("Return a list, or begin the method's name with `_`."),
                );
            }
        });
    }
}

fn positional_only(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for method in public_methods(ctx) {
        // An override of somebody's method takes what that one takes.
        let is_override = py::any_expr(&method.node.body, |value| py::is_name(value, "super"));
        let Some(rest) = method.node.parameters.vararg.as_deref().filter(|_| !is_override) else { continue };
        let message =
            format!("nobody can give `*{}` over JSON-2, which knows named arguments only", rest.name);
        out.push(
            Finding::new(method.scope.file, py::span(&rest.name), message)
                .help("Take a list by a name, or begin the method's name with `_`."),
        );
    }
}
