//! S: what a record's way between two systems needs.

use ruff_python_ast::{Expr, ExprContext, Stmt};

use super::shared;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::{Class, Function};
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("S01", "A watermark that moves before the work is done", early_watermark),
    Rule::warning("S02", "A watermark without an overlap", no_overlap),
    Rule::warning("S03", "An external version that is kept and never compared", unused_version),
    Rule::error("S04", "A listener that exports what an import has written", no_echo_guard),
    Rule::warning("S05", "A job for each move of stock", stock_storm),
    Rule::error("S06", "The server's local time", naive_now),
    Rule::warning("S07", "Money calculated with floats", float_money),
    Rule::error("S08", "Odoo records deleted because the other system's are", deleted_record),
    Rule::error("S09", "A batch whose first database error spoils the rest", no_savepoint),
];

/// Whether a name is that of a watermark: `last_sync_date`, `import_orders_since`.
fn is_watermark(name: &str) -> bool {
    (name.starts_with("last_")
        && (name.ends_with("_date") || name.ends_with("_at") || name.ends_with("_datetime")))
        || (name.starts_with("import_") && name.ends_with("_since"))
}

fn is_now(value: &Expr) -> bool {
    py::any_in(value, |part| {
        part.as_call_expr()
            .is_some_and(|call| matches!(py::last_name(&call.func), Some("now" | "utcnow" | "today")))
    })
}

/// The place where a function sets a watermark to the time of now.
fn watermark_write(function: &Function<'_>) -> Option<std::ops::Range<usize>> {
    let mut found = None;
    py::walk(&function.node.body, &mut |part| match part {
        py::Part::Statement(Stmt::Assign(node)) => {
            let named = node.targets.iter().any(|target| {
                target.as_attribute_expr().is_some_and(|attribute| is_watermark(&attribute.attr))
            });
            if named && is_now(&node.value) {
                found.get_or_insert(py::span(node));
            }
        }
        py::Part::Expression(Expr::Dict(node)) => {
            for item in &node.items {
                let key = item.key.as_ref().and_then(py::text).unwrap_or("");
                if is_watermark(key) && is_now(&item.value) {
                    found.get_or_insert(py::span(&item.value));
                }
            }
        }
        _ => {}
    });
    found
}

fn programs<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Function<'a>> {
    ctx.index.python.functions.iter().filter(|function| ctx.file(function.scope.file).is_program())
}

fn early_watermark(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for function in programs(ctx).filter(|function| py::calls(&function.node.body, &["with_delay"])) {
        if let Some(span) = watermark_write(function) {
            let message =
                "the jobs have not run yet: what fails or changes until then is never asked for again";
            out.push(
                Finding::new(function.scope.file, span, message)
                    .help("Note the time before the first request, and write it when the last job is done (chain(...).on_done)."),
            );
        }
    }
}

fn no_overlap(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for function in programs(ctx) {
        let subtracts = py::any_expr(&function.node.body, |value| {
            value
                .as_call_expr()
                .and_then(|call| py::last_name(&call.func))
                .is_some_and(|name| matches!(name, "timedelta" | "relativedelta" | "subtract"))
                || py::last_name(value).is_some_and(|name| name.to_lowercase().contains("overlap"))
        });
        if subtracts {
            continue;
        }
        let mut found: Option<std::ops::Range<usize>> = None;
        py::walk(&function.node.body, &mut |part| {
            let py::Part::Expression(Expr::Dict(node)) = part else { return };
            for item in &node.items {
                let key = item.key.as_ref().and_then(py::text).unwrap_or("");
                let is_filter =
                    ["min", "after", "since", "from", "gte", "modified"].iter().any(|end| key.ends_with(end));
                let reads = py::any_in(&item.value, |value| {
                    value.as_attribute_expr().is_some_and(|attribute| is_watermark(&attribute.attr))
                });
                if is_filter && reads {
                    found.get_or_insert(py::span(&item.value));
                }
            }
        });
        if let Some(span) = found {
            let message = "records that were saved while the last run read are not in this window";
            out.push(
                Finding::new(function.scope.file, span, message)
                    .help("Ask from some minutes earlier (- timedelta(minutes=5)); importing a record twice changes nothing."),
            );
        }
    }
}

fn unused_version(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const NAMES: &[&str] = &[
        "external_updated_at",
        "external_version",
        "external_modified_at",
        "remote_updated_at",
        "external_write_date",
    ];
    for class in ctx.index.python.models().filter(|class| !ctx.file(class.file).is_test()) {
        for field in class.fields.iter().filter(|field| NAMES.contains(&field.name)) {
            let is_written = ctx.index.python.texts.iter().any(|site| {
                py::text(site.node) == Some(field.name) && ctx.file(site.scope.file).is_program()
            });
            let is_read = ctx.index.python.attributes.iter().any(|site| {
                site.node.attr.as_str() == field.name
                    && matches!(site.node.ctx, ExprContext::Load)
                    && ctx.file(site.scope.file).is_program()
            });
            if is_written && !is_read {
                let message = format!(
                    "`{}` is stored and never compared, so an older state overwrites a newer one",
                    field.name
                );
                out.push(
                    Finding::new(class.file, py::span(field.call), message)
                        .help("Before writing, compare it with the record's own version and drop what is older: deliveries overtake each other."),
                );
            }
        }
    }
}

/// Listener methods of this module: component class and method.
fn listeners<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = (&'c Class<'a>, &'c Function<'a>)> {
    let components = ctx.index.python.components().filter(|class| !ctx.file(class.file).is_test());
    components.flat_map(|class| {
        let methods = ctx.index.python.methods(class).filter(|method| method.name().starts_with("on_"));
        methods.map(move |method| (class, method))
    })
}

fn no_echo_guard(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (_, method) in listeners(ctx) {
        let exports = py::any_expr(&method.node.body, |value| {
            value
                .as_call_expr()
                .and_then(|call| py::last_name(&call.func))
                .is_some_and(|name| name.contains("export"))
        });
        let is_guard = |value: &Expr| {
            matches!(py::last_name(value), Some("no_connector_export" | "skip_if"))
                || matches!(py::text(value), Some("connector_no_export" | "no_connector_export"))
        };
        let is_guarded = py::any_expr(&method.node.body, is_guard)
            || method.node.decorator_list.iter().any(|decorator| py::any_in(&decorator.expression, is_guard));
        if exports && !is_guarded {
            let message = format!("`{}` sends back what an import has just written", method.name());
            out.push(
                Finding::new(method.scope.file, py::span(&method.node.name), message)
                    .help("Add @skip_if(lambda self, record, **kwargs: self.no_connector_export(record))."),
            );
        }
    }
}

fn stock_storm(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const MODELS: &[&str] = &["stock.quant", "stock.move", "stock.move.line"];
    for delay in ctx.index.python.delays.iter().filter(|delay| ctx.file(delay.scope.file).is_program()) {
        let Some(class) = ctx.index.python.class_of(&delay.scope) else { continue };
        let applies = class.attribute("_apply_on").map(py::texts).unwrap_or_default();
        let extends = class.kind.is_model() && class.name().is_some_and(|name| MODELS.contains(&name));
        let listens = class.kind.is_component() && applies.iter().any(|model| MODELS.contains(model));
        if (extends || listens) && py::keyword(delay.options, "identity_key").is_none() {
            let message = "a large order puts hundreds of these jobs into the queue within a second";
            out.push(
                Finding::new(delay.scope.file, py::span(delay.options), message)
                    .help("Give an identity_key of product and location, or mark the products and let a scheduled action send them together."),
            );
        }
    }
}

fn naive_now(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for name in ["now", "today", "fromtimestamp"] {
        for site in ctx.index.python.calls_of(name).filter(|site| ctx.file(site.scope.file).is_program()) {
            let path = py::dotted(&site.node.func).unwrap_or_default();
            let is_naive = matches!(
                path.as_str(),
                "datetime.now" | "datetime.datetime.now" | "datetime.today" | "datetime.fromtimestamp"
            );
            let has_zone = match name {
                "fromtimestamp" => site.node.arguments.len() > 1,
                _ => !site.node.arguments.is_empty(),
            };
            let in_odoo = ctx
                .index
                .python
                .class_of(&site.scope)
                .is_some_and(|class| class.kind.is_model() || class.kind.is_component());
            if is_naive && !has_zone && in_odoo {
                let message = "this is the server's local time; Odoo stores and compares UTC";
                out.push(
                    Finding::new(site.scope.file, py::span(site.node), message)
                        .help("Use fields.Datetime.now(), or datetime.now(timezone.utc) for other systems."),
                );
            }
        }
    }
}

fn float_money(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const WORDS: &[&str] = &["price", "amount", "total", "tax", "discount", "cost"];
    for function in programs(ctx).filter(|function| shared::is_in_importer(ctx, &function.scope)) {
        py::walk(&function.node.body, &mut |part| {
            let py::Part::Expression(Expr::BinOp(node)) = part else { return };
            let is_money_float = |value: &Expr| {
                value.as_call_expr().is_some_and(|call| {
                    py::is_name(&call.func, "float")
                        && py::any_in(value, |part| {
                            py::text(part)
                                .or(py::last_name(part))
                                .is_some_and(|name| WORDS.iter().any(|word| name.contains(word)))
                        })
                })
            };
            if is_money_float(&node.left) || is_money_float(&node.right) {
                let message = "0.1 + 0.2 is not 0.3: the total differs from the other system's by a cent";
                out.push(
                    Finding::new(function.scope.file, py::span(node), message)
                        .help("Calculate with Decimal(str(...)) and make a float of the result only."),
                );
            }
        });
    }
}

fn deleted_record(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("unlink").filter(|site| ctx.file(site.scope.file).is_program()) {
        let is_odoo = py::receiver(site.node).and_then(py::dotted).is_some_and(|path| {
            // A line that left its order is no record of its own.
            path.ends_with(".odoo_id") && !path.contains("line")
        });
        if is_odoo {
            let message = "a mistake in the other system deletes the record here, with its history";
            out.push(
                Finding::new(site.scope.file, py::span(site.node), message)
                    .help("Archive it (active = False), or flag the binding for a person to look at."),
            );
        }
    }
}

fn no_savepoint(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const WRITES: &[&str] =
        &["create", "write", "unlink", "import_record", "_import_record", "_create", "_update"];
    for site in ctx.index.python.fors.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let in_odoo = ctx
            .index
            .python
            .class_of(&site.scope)
            .is_some_and(|class| class.kind.is_model() || class.kind.is_component());
        let around = ctx.index.python.function_of(&site.scope);
        for statement in &site.node.body {
            let Stmt::Try(node) = statement else { continue };
            let Some(handler) = shared::handlers(node).find(|handler| shared::is_broad(handler)) else {
                continue;
            };
            let is_safe = py::calls(&site.node.body, &["savepoint", "rollback", "cursor"])
                || around.is_some_and(|function| py::calls(&function.node.body, &["commit"]));
            if in_odoo && py::calls(&node.body, WRITES) && !is_safe && !shared::raises(&handler.body) {
                let start = handler.range.start().to_usize();
                let message = "after a database error every further statement of this transaction fails too";
                out.push(
                    Finding::new(site.scope.file, start..start + "except".len(), message)
                        .help("Put `with self.env.cr.savepoint():` around what is tried for each record."),
                );
            }
        }
    }
}
