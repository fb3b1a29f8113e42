//! W: what other systems call.

use std::ops::Range;

use ruff_python_ast::{CmpOp, Expr, ExprCompare, Number, Stmt};

use super::shared::{self, Route};
use crate::module::edit::Replacement;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::{Function, Site};
use crate::module::lint::rule::{Context, Rule};
use crate::module::lint::{place, py};

pub(super) static RULES: &[Rule] = &[
    Rule::error("W01", "A webhook of type JSON-RPC", json_rpc_route),
    Rule::error("W02", "A webhook that takes everything from everybody", no_signature),
    Rule::warning("W03", "A webhook without a limit of size", no_size_cap),
    Rule::warning("W04", "A webhook that stores a repeated delivery twice", no_dedupe),
    Rule::warning("W05", "A webhook that does the work before it answers", inline_work),
    Rule::error("W06", "A backend found by what the sender claims", fuzzy_backend),
    Rule::error("W07", "A webhook that Odoo refuses for its missing CSRF token", csrf),
    Rule::error("W08", "A webhook that answers 200 on failure", success_on_failure),
    Rule::warning("W09", "A signed time that is never compared", unchecked_time),
    Rule::warning("W10", "Webhooks without a scheduled reconciliation", no_reconciliation),
    Rule::error("W11", "A signature compared with `==`", plain_compare).fixable(),
    Rule::error("W12", "A signature over text that was decoded", decoded_body),
    Rule::error("W13", "A comparison with a signature that may be missing", missing_signature),
    Rule::warning("W14", "A webhook that makes a session for each call", session).fixable(),
    Rule::error("W15", "A status code that nobody sees", status_in_tuple),
    Rule::error("W16", "A webhook with `auth=\"none\"`", auth_none),
];

fn at_route(route: &Route<'_, '_>, message: &str) -> Finding {
    Finding::new(route.function.scope.file, py::span(route.decorator), message)
}

/// Calls in the route's method and what it calls.
fn calls_any(functions: &[&Function<'_>], test: impl Fn(&str) -> bool) -> bool {
    functions.iter().any(|function| {
        py::any_expr(&function.node.body, |value| {
            value.as_call_expr().and_then(|call| py::last_name(&call.func)).is_some_and(&test)
        })
    })
}

fn json_rpc_route(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx) {
        let Some(value) =
            route.option("type").filter(|value| matches!(py::text(value), Some("json" | "jsonrpc")))
        else {
            continue;
        };
        out.push(
            Finding::new(route.function.scope.file, py::span(value), "senders of webhooks do not speak JSON-RPC")
                .help("Use type=\"http\": this type ignores a body without `params` and answers 200 even when the method raises."),
        );
    }
}

fn no_signature(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const WORDS: &[&str] =
        &["verify", "signature", "hmac", "compare_digest", "authenticate", "check_token", "validate"];
    // The intake of generic_connector, which checks.
    const INTAKE: &str = "GenericWebhookController";
    for route in shared::webhooks(ctx) {
        let functions = shared::reachable(ctx, route.function);
        let of_framework = ctx.index.python.class_of(&route.function.scope).is_some_and(|class| {
            class
                .node
                .arguments
                .iter()
                .flat_map(|list| &list.args)
                .any(|base| py::last_name(base) == Some(INTAKE))
        });
        if of_framework && calls_any(&functions, |name| name == "_take") {
            continue;
        }
        if !calls_any(&functions, |name| WORDS.iter().any(|word| name.to_lowercase().contains(word))) {
            out.push(
                at_route(&route, "nothing checks that the sender knows the secret")
                    .help("Compute the HMAC of the raw body and compare it with hmac.compare_digest before anything else."),
            );
        }
    }
}

fn no_size_cap(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx).filter(|route| route.option("max_content_length").is_none()) {
        let functions = shared::reachable(ctx, route.function);
        let reads = calls_any(&functions, |name| matches!(name, "get_data" | "get_json_data" | "read"));
        let looks = functions.iter().any(|function| {
            py::any_expr(&function.node.body, |value| {
                py::text(value).is_some_and(|text| text.eq_ignore_ascii_case("content-length"))
                    || value
                        .as_attribute_expr()
                        .is_some_and(|attribute| attribute.attr.as_str() == "content_length")
            })
        });
        if reads && !looks {
            out.push(
                at_route(&route, "anybody may make Odoo read 128 MiB")
                    .help("Look at request.httprequest.content_length before reading and answer 413 when it is too much."),
            );
        }
    }
}

fn no_dedupe(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx) {
        let functions = shared::reachable(ctx, route.function);
        for model in shared::stored_models(&functions) {
            if shared::is_unique(ctx, model) == Some(false) {
                let message = format!("a delivery that comes twice makes two records of '{model}'");
                out.push(
                    at_route(&route, &message)
                        .help("Store the sender's delivery id with a unique constraint per backend, and answer a repeated one with 200."),
                );
            }
        }
    }
}

fn inline_work(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx) {
        let functions = shared::reachable(ctx, route.function);
        for function in &functions {
            py::walk(&function.node.body, &mut |part| {
                let py::Part::Expression(Expr::Call(call)) = part else { return };
                let name = py::last_name(&call.func).unwrap_or("");
                let is_work =
                    name.starts_with("process_") || name.starts_with("import_") || name.starts_with("sync_");
                let is_here = ctx
                    .index
                    .python
                    .functions
                    .iter()
                    .any(|other| other.name() == name && other.scope.file == route.function.scope.file);
                let is_delayed = py::receiver(call).and_then(Expr::as_call_expr).is_some_and(|inner| {
                    matches!(py::last_name(&inner.func), Some("with_delay" | "delayable"))
                });
                if is_work && !is_delayed && !is_here {
                    let message = "the sender waits while this works, gives up, and sends it again";
                    out.push(
                        Finding::new(function.scope.file, py::span(call), message)
                            .help("Store the delivery, put a job into the queue (with_delay()), and answer."),
                    );
                }
            });
        }
    }
}

fn fuzzy_backend(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    // A search page may look for patterns; a webhook has one backend.
    let classes: Vec<Option<usize>> = shared::webhooks(ctx).map(|route| route.function.scope.class).collect();
    for site in ctx.index.python.calls_of("search") {
        if site.scope.class.is_none() || !classes.contains(&site.scope.class) {
            continue;
        }
        for argument in &site.node.arguments.args {
            let mut found: Option<Range<usize>> = None;
            py::walk_in(argument, &mut |value| {
                if matches!(py::text(value), Some("ilike" | "like" | "=ilike" | "=like")) {
                    found.get_or_insert(py::span(value));
                }
            });
            if let Some(span) = found {
                let message = "a pattern from outside (`%`) finds any record";
                out.push(
                    Finding::new(site.scope.file, span, message)
                        .help("Put the backend's id or a random token into the route and search with `=`."),
                );
            }
        }
    }
}

fn is_http(route: &Route<'_, '_>) -> bool {
    matches!(route.text("type"), None | Some("http"))
}

/// Whether the sender uses a method that changes something.
fn is_post(route: &Route<'_, '_>) -> bool {
    route.option("methods").is_none_or(|methods| py::texts(methods).contains(&"POST"))
}

fn csrf(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx).filter(|route| is_http(route) && is_post(route)) {
        if !route.option("csrf").is_some_and(py::is_false) {
            out.push(
                at_route(&route, "Odoo refuses this POST with 400, because the sender has no CSRF token")
                    .help("Add csrf=False; the signature takes its place."),
            );
        }
    }
}

fn session(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx).filter(|route| is_http(route)) {
        if route.option("save_session").is_some_and(py::is_false) {
            continue;
        }
        let file = route.function.scope.file;
        let fix = match route.option("save_session") {
            Some(_) => None,
            None => ctx.add_argument(file, route.decorator, "save_session=False"),
        };
        out.push(
            at_route(&route, "each delivery leaves a session file behind")
                .help("Add save_session=False.")
                .fix(fix.into_iter().collect()),
        );
    }
}

/// Status of a response that is made here: `None` when it is not said.
fn status_of(value: &Expr) -> Option<u16> {
    let call = value.as_call_expr()?;
    let given =
        py::keyword(call, "status").map(|keyword| &keyword.value).or_else(|| call.arguments.args.get(1))?;
    match &given.as_number_literal_expr()?.value {
        Number::Int(number) => number.as_u16(),
        _ => None,
    }
}

fn success_on_failure(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx).filter(|route| is_http(route)) {
        let mine = |site: &&Site<'_, ruff_python_ast::StmtTry>| {
            site.scope
                .function
                .is_some_and(|id| std::ptr::eq(&ctx.index.python.functions[id], route.function))
        };
        for site in ctx.index.python.tries.iter().filter(mine) {
            for handler in shared::handlers(site.node).filter(|handler| shared::is_broad(handler)) {
                let answer = handler.body.iter().find_map(|statement| match statement {
                    Stmt::Return(node) => node.value.as_deref(),
                    _ => None,
                });
                let Some(answer) = answer else { continue };
                // What a name or a helper answers is not known.
                let is_made_here = match answer {
                    Expr::Call(call) => {
                        matches!(
                            py::last_name(&call.func),
                            Some("Response" | "make_response" | "make_json_response")
                        ) && status_of(answer).is_none_or(|status| status < 400)
                            && py::keyword(call, "status")
                                .is_none_or(|keyword| keyword.value.is_number_literal_expr())
                    }
                    Expr::StringLiteral(_) | Expr::Dict(_) => true,
                    _ => false,
                };
                if is_made_here {
                    let message = "the sender takes this for success and never sends the delivery again";
                    out.push(
                        Finding::new(site.scope.file, py::span(answer), message)
                            .help("Answer 500 (status=500), so that the sender tries again."),
                    );
                }
            }
        }
    }
}

fn unchecked_time(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx) {
        let functions = shared::reachable(ctx, route.function);
        let mut header: Option<(usize, Range<usize>)> = None;
        for function in &functions {
            py::walk(&function.node.body, &mut |part| {
                let py::Part::Expression(value) = part else { return };
                let is_header = py::text(value).is_some_and(|text| {
                    let text = text.to_lowercase();
                    text.ends_with("timestamp") && text.contains('-')
                });
                if is_header {
                    header.get_or_insert((function.scope.file, py::span(value)));
                }
            });
        }
        let compares =
            calls_any(&functions, |name| matches!(name, "time" | "now" | "utcnow" | "abs" | "timedelta"));
        if let Some((file, span)) = header.filter(|_| !compares) {
            let message = "a delivery that somebody recorded can be sent again at any time";
            out.push(
                Finding::new(file, span, message)
                    .help("Refuse deliveries whose signed time is more than five minutes from now."),
            );
        }
    }
}

fn no_reconciliation(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let has_cron = ctx.index.data.of_model("ir.cron").next().is_some();
    let Some(route) = shared::webhooks(ctx).next().filter(|_| !has_cron) else { return };
    out.push(
        at_route(&route, "a delivery that is lost stays lost: no scheduled action looks for what was missed")
            .help("Add an ir.cron that imports what changed since the last run, with an overlap; inactive by default."),
    );
}

fn is_signature_name(value: &Expr) -> bool {
    let name = match value {
        Expr::Call(call) => py::last_name(&call.func),
        other => py::last_name(other),
    };
    name.is_some_and(|name| {
        let name = name.to_lowercase();
        ["signature", "hmac", "hexdigest"].iter().any(|word| name.contains(word)) || name == "digest"
    })
}

fn plain_compare(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.compares.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let [op] = &*site.node.ops else { continue };
        let [right] = &*site.node.comparators else { continue };
        let left = site.node.left.as_ref();
        let is_literal = |value: &Expr| py::text(value).is_some() || value.is_none_literal_expr();
        // Digests of payloads are compared to see whether something changed; signatures come in pairs of names.
        let is_signature = |value: &Expr| {
            let path = py::dotted(value).unwrap_or_default();
            path.starts_with("hmac.")
                || (is_signature_name(value) && (path.contains("sign") || path.contains("hmac")))
        };
        if !matches!(op, CmpOp::Eq | CmpOp::NotEq)
            || is_literal(left)
            || is_literal(right)
            || !(is_signature(left) || is_signature(right))
        {
            continue;
        }
        let fix = constant_time(ctx, site, *op, left, right);
        let message = "the time that `==` takes tells an attacker how much of the signature is right";
        out.push(
            Finding::new(site.scope.file, py::span(site.node), message)
                .help("Use hmac.compare_digest(a, b).")
                .fix(fix.unwrap_or_default()),
        );
    }
}

/// The comparison by `hmac`, and its import; `None` where a comment would get lost.
fn constant_time(
    ctx: &Context<'_>,
    site: &Site<'_, ExprCompare>,
    op: CmpOp,
    left: &Expr,
    right: &Expr,
) -> Option<Vec<Replacement>> {
    let file = ctx.file(site.scope.file);
    let (whole, left, right) = (py::span(site.node), py::span(left), py::span(right));
    if place::has_comment(file.python()?, &whole, &[left.clone(), right.clone()]) {
        return None;
    }
    let text = file.source.text();
    let not = if op == CmpOp::NotEq { "not " } else { "" };
    let call = format!("{not}hmac.compare_digest({}, {})", &text[left], &text[right]);
    let mut fix = vec![Replacement::new(whole, call)];
    fix.extend(place::add_import(file.python()?, "hmac"));
    Some(fix)
}

fn decoded_body(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const HELP: &str = "Sign the bytes as they came: request.httprequest.get_data().";
    for route in shared::webhooks(ctx) {
        for function in shared::reachable(ctx, route.function) {
            py::walk(&function.node.body, &mut |part| {
                let py::Part::Expression(Expr::Call(call)) = part else { return };
                let name = py::last_name(&call.func).unwrap_or("");
                let as_text = py::keyword(call, "as_text").filter(|keyword| py::is_true(&keyword.value));
                if let Some(keyword) = as_text.filter(|_| name == "get_data") {
                    let message = "decoding and encoding again may change bytes that were signed";
                    out.push(Finding::new(function.scope.file, py::span(keyword), message).help(HELP));
                }
                let is_hmac =
                    py::dotted(&call.func).is_some_and(|path| path.ends_with("hmac.new") || path == "new");
                let dumps = |value: &&Expr| {
                    py::any_in(value, |part| {
                        part.as_call_expr().and_then(|inner| py::dotted(&inner.func)).as_deref()
                            == Some("json.dumps")
                    })
                };
                if let Some(value) = call.arguments.args.iter().find(dumps).filter(|_| is_hmac) {
                    let message = "JSON that is written again differs from what was signed";
                    out.push(Finding::new(function.scope.file, py::span(value), message).help(HELP));
                }
            });
        }
    }
}

/// Whether a value is a look-up in a dictionary without a default.
fn may_be_none(value: &Expr) -> bool {
    value.as_call_expr().is_some_and(|call| {
        py::last_name(&call.func) == Some("get")
            && call.arguments.args.len() == 1
            && py::receiver(call).and_then(py::dotted).is_some_and(|path| path.ends_with("headers"))
    })
}

fn missing_signature(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in
        ctx.index.python.calls_of("compare_digest").filter(|site| ctx.file(site.scope.file).is_program())
    {
        let function = ctx.index.python.function_of(&site.scope);
        for argument in &site.node.arguments.args {
            let is_unsure = match argument {
                Expr::Name(name) => function.is_some_and(|function| comes_unchecked(function, &name.id)),
                other => may_be_none(other),
            };
            if is_unsure {
                let message = "without the header this is None, and compare_digest raises TypeError";
                out.push(
                    Finding::new(site.scope.file, py::span(argument), message)
                        .help("Give a default: headers.get(\"...\", \"\")."),
                );
            }
        }
    }
}

/// Whether a variable is read from the headers without a default and never tested.
fn comes_unchecked(function: &Function<'_>, name: &str) -> bool {
    let is_read = py::any_stmt(&function.node.body, |statement| match statement {
        Stmt::Assign(node) => {
            node.targets.iter().any(|target| py::is_name(target, name)) && may_be_none(&node.value)
        }
        _ => false,
    });
    let is_tested = py::any_stmt(&function.node.body, |statement| match statement {
        Stmt::If(node) => py::any_in(&node.test, |value| py::is_name(value, name)),
        _ => false,
    });
    is_read && !is_tested
}

fn status_in_tuple(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::routes(ctx) {
        py::walk(&route.function.node.body, &mut |part| {
            let py::Part::Statement(Stmt::Return(node)) = part else { return };
            let Some(Expr::Tuple(tuple)) = node.value.as_deref() else { return };
            let is_status = matches!(tuple.elts.as_slice(), [_, Expr::NumberLiteral(_)]);
            if is_status {
                let message = "Odoo is not Flask: the caller gets 200 with a list, or an error";
                out.push(
                    Finding::new(route.function.scope.file, py::span(tuple), message).help(
                        "Return request.make_json_response({...}, status=404) from a route of type http.",
                    ),
                );
            }
        });
    }
}

fn auth_none(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for route in shared::webhooks(ctx) {
        let Some(value) = route.option("auth").filter(|value| py::text(value) == Some("none")) else {
            continue;
        };
        let message = "the route has no user, and no database where several are served";
        out.push(
            Finding::new(route.function.scope.file, py::span(value), message)
                .help("Use auth=\"public\" and sudo() for the few records it needs."),
        );
    }
}
