//! Q: jobs of queue_job.

use std::collections::HashSet;

use ruff_python_ast::{Expr, ExprCall, Stmt};

use super::shared;
use crate::module::Series;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::data::Record;
use crate::module::lint::index::python::{Class, Delay, Function, Kind, Scope};
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::warning("Q01", "A delayed method without a job function", no_job_function),
    Rule::error("Q02", "An exporter that commits in a job that may not", commit_not_allowed),
    Rule::error("Q03", "`cr.commit()` in a job", commit_in_job),
    Rule::warning("Q04", "The same job may stand in the queue many times", no_identity_key),
    Rule::warning(
        "Q05",
        "A job that only its `identity_key` keeps from making a record twice",
        only_identity_key,
    ),
    Rule::error("Q06", "A job argument that cannot be stored", job_argument),
    Rule::error("Q07", "A channel that is not declared", undeclared_channel),
    Rule::error("Q08", "A state that is written and then rolled back", write_then_raise),
    Rule::error("Q09", "A job that swallows what queue_job has to see", swallowed_retry),
    Rule::warning("Q10", "A job that is retried for ever", endless_retries),
    Rule::warning("Q11", "A user error for something that will pass", user_error_for_transient),
    Rule::warning("Q12", "A job for each record of an unlimited search", unlimited_delays),
    Rule::error("Q13", "The `@job` decorator", job_decorator),
    Rule::warning("Q14", "A scheduled action that talks to another system itself", http_in_cron),
    Rule::warning("Q15", "Jobs that need each other and do not wait", unchained_jobs),
    Rule::warning("Q16", "A job function without a retry pattern", no_retry_pattern),
    Rule::error("Q17", "A job function of a method that does not exist", unknown_job_method),
    Rule::error("Q18", "A job function on an abstract model", job_function_on_mixin),
];

fn delays<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Delay<'a>> {
    ctx.index.python.delays.iter().filter(|delay| ctx.file(delay.scope.file).is_program())
}

/// Models on which a delayed method runs, when they are this module's.
fn models_of_delay(ctx: &Context<'_>, delay: &Delay<'_>) -> Vec<String> {
    let of_self = || {
        let class = ctx.index.python.class_of(&delay.scope).filter(|class| class.kind.is_model())?;
        Some((class.name()?.to_owned(), class.kind))
    };
    if py::is_name(delay.receiver, "self") {
        return match of_self() {
            Some((name, Kind::Mixin)) => heirs(ctx, &name),
            Some((name, _)) => vec![name],
            None => Vec::new(),
        };
    }
    let Expr::Subscript(subscript) = delay.receiver else { return Vec::new() };
    py::text(&subscript.slice).map(str::to_owned).into_iter().collect()
}

/// Concrete models of this module that inherit a mixin.
fn heirs(ctx: &Context<'_>, mixin: &str) -> Vec<String> {
    let own = ctx.index.python.models().filter(|class| class.defines() && class.kind == Kind::Model);
    own.filter_map(Class::name)
        .filter(|name| ctx.known.inherits(name, mixin) == Some(true))
        .map(str::to_owned)
        .collect()
}

fn no_job_function(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let rows: HashSet<(String, &str)> = ctx
        .index
        .data
        .of_model("queue.job.function")
        .filter_map(|row| match shared::job_function(ctx, row) {
            (Some(model), method) => Some((model, method)),
            (None, _) => None,
        })
        .collect();
    let mut told = HashSet::new();
    for delay in delays(ctx) {
        for model in models_of_delay(ctx, delay) {
            let is_own =
                ctx.index.python.models().any(|class| class.defines() && class.name() == Some(&model));
            let is_here = ctx
                .index
                .python
                .models()
                .filter(|class| class.kind.is_model())
                .any(|class| ctx.index.python.methods(class).any(|method| method.name() == delay.method));
            let key = (model, delay.method);
            if !is_own || !is_here || rows.contains(&key) || !told.insert(key.clone()) {
                continue;
            }
            let message = format!("there is no queue.job.function for <{}>.{}", key.0, key.1);
            out.push(
                Finding::new(delay.scope.file, py::span(delay.options), message)
                    .help("Add a record with its channel and retry pattern; without one it runs in the root channel and its retries are ten minutes apart."),
            );
        }
    }
}

fn commit_not_allowed(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let commits = ctx
        .index
        .python
        .components()
        .any(|class| class.name().is_some_and(|name| ctx.known.component_is(name, "generic.exporter")));
    let forbids = ctx.concerned.iter().any(|series| *series != Series::V17);
    if !commits || !forbids || !ctx.known.components.get("generic.exporter").is_some_and(|it| it.is_defined) {
        return;
    }
    for row in ctx.index.data.of_model("queue.job.function") {
        let (_, method) = shared::job_function(ctx, row);
        if method.trim_start_matches('_').starts_with("export") && row.value("allow_commit").is_none() {
            let message =
                format!("`{method}` runs OCA's exporter, which commits, and the job does not allow it");
            out.push(
                Finding::new(row.file, row.span.clone(), message)
                    .help("Add <field name=\"allow_commit\" eval=\"True\"/>; otherwise queue_job stops the job after the other system has created the record."),
            );
        }
    }
}

fn commit_in_job(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let jobs = shared::job_methods(ctx);
    for site in ctx.index.python.calls_of("commit") {
        let path = py::dotted(&site.node.func).unwrap_or_default();
        if !(path.ends_with("cr.commit") && ctx.file(site.scope.file).is_program()) {
            continue;
        }
        let in_component =
            ctx.index.python.class_of(&site.scope).is_some_and(|class| class.kind.is_component());
        let in_job =
            ctx.index.python.function_of(&site.scope).is_some_and(|function| jobs.contains(function.name()));
        // A cursor of one's own may be committed.
        if (in_component || in_job) && (path.contains("env.cr") || path.contains("_cr")) {
            let message = "queue_job forbids this: a job's transaction is committed at its end";
            out.push(
                Finding::new(site.scope.file, py::span(site.node), message)
                    .help("Split the work into several jobs, or write in a cursor of its own: with self.env.registry.cursor() as cr."),
            );
        }
    }
}

fn no_identity_key(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for delay in delays(ctx).filter(|delay| !delay.is_delayable) {
        let name = delay.method.trim_start_matches('_');
        let starts = ["sync", "export", "import_batch", "import_record"];
        let is_repeatable = starts.iter().any(|start| name.starts_with(start));
        // A job that goes on where another one stopped is there once, because that one is.
        let goes_on = ["cursor", "page", "offset"].iter().any(|name| py::keyword(delay.call, name).is_some());
        let has_key = py::keyword(delay.options, "identity_key").is_some() || py::has_spread(delay.options);
        if is_repeatable && !goes_on && !has_key {
            let message = format!("`{}` may stand in the queue many times", delay.method);
            out.push(
                Finding::new(delay.scope.file, py::span(delay.options), message)
                    .help("Give it an identity_key: from odoo.addons.queue_job.job import identity_exact."),
            );
        }
    }
}

fn only_identity_key(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for delay in delays(ctx).filter(|delay| py::keyword(delay.options, "identity_key").is_some()) {
        let is_job = |function: &&Function<'_>| {
            let class = ctx.index.python.class_of(&function.scope);
            function.name() == delay.method && class.is_some_and(|class| class.kind.is_model())
        };
        for job in ctx.index.python.functions.iter().filter(is_job) {
            let functions = shared::reachable(ctx, job);
            let locks = functions.iter().any(|function| {
                py::any_expr(&function.node.body, |value| {
                    py::last_name(value)
                        .or_else(|| py::text(value))
                        .is_some_and(|name| name.to_lowercase().contains("lock"))
                })
            });
            let models = shared::stored_models(&functions);
            let Some(model) = models.iter().find(|model| shared::is_unique(ctx, model) == Some(false)) else {
                continue;
            };
            if !locks {
                let message =
                    format!("two jobs `{}` at the same moment make two records of '{model}'", delay.method);
                out.push(
                    Finding::new(delay.scope.file, py::span(delay.options), message)
                        .help("identity_key looks for a waiting job and is no lock: two transactions both find none. Add a unique constraint to the model, or take a lock."),
                );
            }
        }
    }
}

fn job_argument(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for delay in delays(ctx) {
        let named = delay.call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for value in delay.call.arguments.args.iter().chain(named) {
            let what = match value {
                Expr::Lambda(_) => "a lambda",
                Expr::Set(_) | Expr::SetComp(_) => "a set",
                Expr::Generator(_) => "a generator",
                Expr::BytesLiteral(_) => "bytes",
                Expr::Attribute(attribute) if attribute.attr.as_str() == "env" => "an environment",
                _ => continue,
            };
            let message = format!("a job's arguments are stored as JSON, which {what} cannot be");
            out.push(
                Finding::new(delay.scope.file, py::span(value), message)
                    .help("Pass ids, texts, numbers, lists and dictionaries of them, or records."),
            );
        }
    }
}

/// Complete names of the channels that the module declares.
fn channels(ctx: &Context<'_>) -> Vec<String> {
    let rows: Vec<&Record<'_>> = ctx.index.data.of_model("queue.job.channel").collect();
    let complete = |row: &Record<'_>| {
        let mut name = row.get("name").to_owned();
        let mut parent = row.get("parent_id");
        // Channels do not lead in a circle; ten levels are more than anybody has.
        for _ in 0..10 {
            match rows.iter().find(|other| other.id.as_deref() == Some(parent)) {
                Some(other) => {
                    name = format!("{}.{name}", other.get("name"));
                    parent = other.get("parent_id");
                }
                None => break,
            }
        }
        format!("root.{name}")
    };
    rows.iter().map(|row| complete(row)).collect()
}

fn undeclared_channel(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("queue.job.function") {
        let Some(value) = row.value("channel_id").filter(|value| !value.value.contains('.')) else {
            continue;
        };
        if !value.value.is_empty() && !ctx.index.data.by_id.contains_key(value.value) {
            let message = format!("this module declares no channel '{}'", value.value);
            out.push(
                Finding::new(row.file, value.span.clone(), message)
                    .help("Add a record of queue.job.channel with this id before it."),
            );
        }
    }
    let known = channels(ctx);
    if known.is_empty() {
        return;
    }
    for delay in delays(ctx) {
        let Some(keyword) = py::keyword(delay.options, "channel") else { continue };
        let Some(name) = py::text(&keyword.value) else { continue };
        if name != "root" && !known.iter().any(|channel| channel == name) {
            let message = format!("this module declares no channel '{name}'");
            out.push(
                Finding::new(delay.scope.file, py::span(&keyword.value), message)
                    .help(format!("It declares: {}.", known.join(", "))),
            );
        }
    }
}

/// Whether a statement changes a record's state.
fn is_state_write(statement: &Stmt) -> bool {
    const MARKS: &[&str] = &["mark_as_failed", "_mark_failed", "set_error", "_set_error"];
    let names_state = |call: &ExprCall| {
        call.arguments.args.iter().any(|value| {
            py::any_in(value, |part| {
                py::text(part).is_some_and(|text| text.ends_with("state") || text.ends_with("status"))
            })
        })
    };
    match statement {
        Stmt::Expr(node) => match node.value.as_ref() {
            Expr::Call(call) => match py::last_name(&call.func) {
                Some("write") => names_state(call),
                Some(name) => MARKS.contains(&name),
                None => false,
            },
            _ => false,
        },
        Stmt::Assign(node) => node.targets.iter().any(|target| {
            target.as_attribute_expr().is_some_and(|attribute| {
                matches!(attribute.attr.as_str(), "state" | "status" | "processing_status")
            })
        }),
        _ => false,
    }
}

fn write_then_raise(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.tries.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        for handler in shared::handlers(site.node) {
            let ends_in_raise = matches!(handler.body.last(), Some(Stmt::Raise(_)));
            let own_cursor = py::calls(&handler.body, &["cursor", "commit"]);
            let Some(write) = handler.body.iter().find(|statement| is_state_write(statement)) else {
                continue;
            };
            if ends_in_raise && !own_cursor {
                let message = "the error that is raised next rolls this back";
                out.push(
                    Finding::new(site.scope.file, py::span(write), message)
                        .help("Write the state in a cursor of its own (with self.env.registry.cursor() as cr: ...), or in the job function's on_fail_method."),
                );
            }
        }
    }
}

fn swallowed_retry(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let jobs = shared::job_methods(ctx);
    for site in ctx.index.python.tries.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let Some(function) = ctx.index.python.function_of(&site.scope) else { continue };
        let is_model = ctx.index.python.class_of(&site.scope).is_some_and(|class| class.kind.is_model());
        if !(is_model && jobs.contains(function.name())) {
            continue;
        }
        let mut is_let_through = false;
        for handler in shared::handlers(site.node) {
            let names = shared::caught(handler);
            is_let_through |=
                names.iter().any(|name| name.contains("Retryable")) && shared::raises(&handler.body);
            if shared::is_broad(handler) && !is_let_through && !shared::raises(&handler.body) {
                let start = handler.range.start().to_usize();
                let message =
                    format!("`{}` runs as a job; this keeps its retries from queue_job", function.name());
                out.push(
                    Finding::new(site.scope.file, start..start + "except".len(), message)
                        .help("Let RetryableJobError and the database's errors through (except RetryableJobError: raise), so that the job is retried or shown as failed."),
                );
            }
        }
    }
}

fn endless_retries(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for delay in delays(ctx) {
        let Some(keyword) = py::keyword(delay.options, "max_retries") else { continue };
        let is_zero = keyword
            .value
            .as_number_literal_expr()
            .is_some_and(|number| number.value.as_int().is_some_and(|value| value.as_u8() == Some(0)));
        if is_zero {
            let message = "max_retries=0 means: retried for ever";
            out.push(
                Finding::new(delay.scope.file, py::span(keyword), message)
                    .help("Give a number: a job that never fails is never seen by anybody."),
            );
        }
    }
}

fn user_error_for_transient(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const TRANSIENT: &[&str] =
        &["ConnectionError", "Timeout", "ConnectTimeout", "ReadTimeout", "ConnectError"];
    let jobs = shared::job_methods(ctx);
    for site in ctx.index.python.tries.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let in_component =
            ctx.index.python.class_of(&site.scope).is_some_and(|class| class.kind.is_component());
        let in_job =
            ctx.index.python.function_of(&site.scope).is_some_and(|function| jobs.contains(function.name()));
        if !in_component && !in_job {
            continue;
        }
        for handler in shared::handlers(site.node) {
            if !shared::caught(handler).iter().any(|name| TRANSIENT.contains(name)) {
                continue;
            }
            for statement in &handler.body {
                let Stmt::Raise(raise) = statement else { continue };
                let name = raise.exc.as_deref().and_then(py::dotted).unwrap_or_default();
                if matches!(name.as_str(), "UserError" | "ValidationError" | "exceptions.UserError") {
                    let message =
                        format!("the connection may be back in a minute; {name} ends the job for good");
                    out.push(
                        Finding::new(site.scope.file, py::span(raise), message)
                            .help("Raise RetryableJobError here, and a UserError only where a person waits for the answer."),
                    );
                }
            }
        }
    }
}

/// The model a search goes over: that of `self.env["x"]`, or of the class for `self`.
fn searched<'a>(ctx: &Context<'a>, scope: &Scope, call: &'a ExprCall) -> Option<&'a str> {
    match py::receiver(call)? {
        Expr::Subscript(subscript) => py::text(&subscript.slice),
        receiver if py::is_name(receiver, "self") => {
            ctx.index.python.class_of(scope).filter(|class| class.kind.is_model()).and_then(Class::name)
        }
        _ => None,
    }
}

fn unlimited_delays(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let bindings: Vec<&str> = shared::bindings(ctx).filter_map(Class::name).collect();
    for site in ctx.index.python.fors.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let Expr::Call(call) = site.node.iter.as_ref() else { continue };
        let is_search = py::last_name(&call.func) == Some("search") && py::keyword(call, "limit").is_none();
        // There are a few backends, but many bindings and records of Odoo.
        let is_many = searched(ctx, &site.scope, call).is_some_and(|model| {
            bindings.contains(&model) || ctx.known.models.get(model).is_some_and(|known| known.is_name_only)
        });
        if is_search && is_many && py::calls(&site.node.body, &["with_delay"]) {
            let message = "this puts a job into the queue for every record it finds, in one transaction";
            out.push(
                Finding::new(site.scope.file, py::span(call), message)
                    .help("Go in steps (limit=...), or delay one job that does a batch: records.delayable().method().split(100).delay()."),
            );
        }
    }
}

fn job_decorator(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for import in &ctx.index.python.imports {
        if import.from == "odoo.addons.queue_job.job" && matches!(import.name, "job" | "related_action") {
            let message = format!("queue_job has no decorator `{}` since 14.0", import.name);
            out.push(
                Finding::new(import.file, import.span.clone(), message).help(
                    "Take it away and add a record of queue.job.function with channel and retry pattern.",
                ),
            );
        }
    }
}

/// Names of the methods that scheduled actions call.
fn cron_methods<'a>(ctx: &Context<'a>) -> Vec<&'a str> {
    let rows = ctx.index.data.of_model("ir.cron");
    rows.filter_map(|row| row.get("code").split_once("model.")?.1.split('(').next()).map(str::trim).collect()
}

fn http_in_cron(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let crons = cron_methods(ctx);
    for site in shared::http_calls(ctx) {
        let Some(function) = ctx.index.python.function_of(&site.scope) else { continue };
        if crons.contains(&function.name()) {
            let message = format!("the scheduled action `{}` waits here for another system", function.name());
            out.push(
                Finding::new(site.scope.file, py::span(site.node), message)
                    .help("Let it put a job into the queue: a slow answer blocks the cron worker, and one error ends the whole run."),
            );
        }
    }
}

fn unchained_jobs(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut by_function: Vec<(usize, Vec<&Delay<'_>>)> = Vec::new();
    for delay in delays(ctx).filter(|delay| !delay.is_delayable) {
        let name = delay.method.trim_start_matches('_');
        if !(name.starts_with("sync_") || name.starts_with("import_")) {
            continue;
        }
        let Some(function) = delay.scope.function else { continue };
        match by_function.iter_mut().find(|(known, _)| *known == function) {
            Some((_, list)) => list.push(delay),
            None => by_function.push((function, vec![delay])),
        }
    }
    for (_, list) in by_function {
        let other = list.iter().find(|delay| delay.method != list[0].method);
        if let Some(second) = other {
            let message = format!("`{}` may run before `{}` is done", second.method, list[0].method);
            out.push(
                Finding::new(second.scope.file, py::span(second.options), message)
                    .help("If one needs what the other brings, chain them: from odoo.addons.queue_job.delay import chain; chain(self.delayable().sync_customers(), self.delayable().sync_orders()).delay()."),
            );
        }
    }
}

fn no_retry_pattern(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("queue.job.function") {
        if row.value("edit_retry_pattern").is_none() && row.value("retry_pattern").is_none() {
            let message = format!(
                "each retry of `{}` waits ten minutes, whatever the reason",
                shared::job_function(ctx, row).1
            );
            out.push(
                Finding::new(row.file, row.span.clone(), message)
                    .help("Add: <field name=\"edit_retry_pattern\" eval=\"{1: 60, 3: 300, 6: 1800}\"/>."),
            );
        }
    }
}

fn unknown_job_method(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("queue.job.function") {
        let (Some(model), method) = shared::job_function(ctx, row) else { continue };
        let Some(value) = row.value("method").or_else(|| row.value("name")) else { continue };
        let classes: Vec<&Class<'_>> = ctx
            .index
            .python
            .models()
            .filter(|class| class.name().is_some_and(|name| ctx.known.inherits(&model, name) == Some(true)))
            .collect();
        // A parent of another module may have it, unless that is OCA's binding, which has none.
        let parents_known = ctx.known.models.get(&model).is_some_and(|facts| {
            facts.inherit.iter().all(|parent| {
                parent == "external.binding"
                    || parent.starts_with("mail.")
                    || classes.iter().any(|class| class.name() == Some(parent))
            })
        });
        let has = classes.iter().any(|class| ctx.index.python.methods(class).any(|own| own.name() == method));
        if !classes.is_empty() && parents_known && !has {
            let message = format!("'{model}' has no method `{method}`");
            out.push(Finding::new(row.file, value.span.clone(), message));
        }
    }
}

fn job_function_on_mixin(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for row in ctx.index.data.of_model("queue.job.function") {
        let (Some(model), _) = shared::job_function(ctx, row) else { continue };
        if ctx.known.models.get(&model).is_some_and(|facts| facts.is_abstract) {
            let message = format!(
                "'{model}' is abstract: its job functions do not hold for the models that inherit it"
            );
            out.push(
                Finding::new(row.file, row.span.clone(), message)
                    .help("Add one record for each concrete model and method."),
            );
        }
    }
}
