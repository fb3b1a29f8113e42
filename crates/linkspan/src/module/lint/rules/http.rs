//! H: how the module talks to other systems.

use ruff_python_ast::{CmpOp, Expr, Stmt};

use super::shared;
use crate::module::edit::Replacement;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::python::{Class, Field, Kind};
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("H01", "A request without a timeout", no_timeout).fixable(),
    Rule::error("H02", "Certificates are not checked", no_verify),
    Rule::warning("H03", "A retry of errors that will not pass", blind_retry),
    Rule::error("H04", "A retry that may create a record twice", repeated_post),
    Rule::error("H05", "`time.sleep` in a worker", sleep),
    Rule::warning("H06", "Paging that only the other system ends", endless_paging),
    Rule::error("H07", "A secret in the log", secret_in_log),
    Rule::warning("H08", "A secret that every user may read", secret_without_groups),
    Rule::error("H09", "A secret in the source", secret_in_source),
    Rule::warning("H10", "An address without TLS", plain_http),
    Rule::error("H11", "A secret in an address", secret_in_url),
    Rule::warning("H12", "A secret that is copied with its record", secret_copied).fixable(),
    Rule::warning("H13", "A secret shown in clear", secret_shown),
];

fn no_timeout(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in shared::http_calls(ctx) {
        let path = py::dotted(&site.node.func).unwrap_or_default();
        let given = py::keyword(site.node, "timeout");
        let is_none = given.is_some_and(|keyword| keyword.value.is_none_literal_expr());
        // httpx has a default of five seconds; `**options` may hold anything.
        let is_missing = given.is_none() && !py::has_spread(site.node) && !path.starts_with("httpx");
        if !is_none && !is_missing {
            continue;
        }
        let fix = match given {
            Some(keyword) => Some(Replacement::new(py::span(&keyword.value), "30")),
            None => ctx.add_argument(site.scope.file, site.node, "timeout=30"),
        };
        let message = "without a timeout a server that does not answer blocks this worker for ever";
        out.push(
            Finding::new(site.scope.file, py::span(&*site.node.func), message)
                .help("Add timeout=30, or what the API's documentation says.")
                .fix(fix.into_iter().collect()),
        );
    }
}

fn no_verify(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in shared::http_calls(ctx) {
        if let Some(keyword) = py::keyword(site.node, "verify").filter(|keyword| py::is_false(&keyword.value))
        {
            out.push(unverified(site.scope.file, py::span(keyword)));
        }
    }
    for site in ctx.index.python.assignments.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let is_verify = site.node.targets.iter().any(|target| {
            target.as_attribute_expr().is_some_and(|attribute| {
                attribute.attr.as_str() == "verify"
                    && py::dotted(&attribute.value).is_some_and(|path| path.ends_with("session"))
            })
        });
        if is_verify && py::is_false(&site.node.value) {
            out.push(unverified(site.scope.file, py::span(site.node)));
        }
    }
}

fn unverified(file: usize, span: std::ops::Range<usize>) -> Finding {
    Finding::new(file, span, "anybody between here and the server can read and change what is sent")
        .help("Take it away; give the path of the authority's certificate (verify=\"/path/ca.pem\") if the server has one of its own.")
}

fn blind_retry(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.tries.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        for handler in shared::handlers(site.node) {
            let names = shared::caught(handler);
            if !names.iter().any(|name| matches!(*name, "HTTPError" | "RequestException" | "HTTPStatusError"))
            {
                continue;
            }
            let looks = py::any_expr(&handler.body, |value| {
                value
                    .as_attribute_expr()
                    .is_some_and(|attribute| matches!(attribute.attr.as_str(), "status_code" | "code"))
            });
            let raise = handler.body.iter().find_map(|statement| match statement {
                Stmt::Raise(raise) => raise.exc.as_deref(),
                _ => None,
            });
            let retries = raise.and_then(py::dotted).is_some_and(|name| name.contains("Retryable"));
            if let Some(value) = raise.filter(|_| retries && !looks) {
                let message =
                    "this also retries what the other system has refused for good, such as a 400 or 404";
                out.push(
                    Finding::new(site.scope.file, py::span(value), message)
                        .help("Look at error.response.status_code: retry 429 (after Retry-After) and 5xx, fail on other 4xx."),
                );
            }
        }
    }
}

fn repeated_post(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("Retry") {
        for name in ["allowed_methods", "method_whitelist"] {
            let Some(keyword) = py::keyword(site.node, name) else { continue };
            let is_any = keyword.value.is_none_literal_expr() || py::is_false(&keyword.value);
            let has_post = py::any_in(&keyword.value, |value| py::text(value) == Some("POST"));
            if is_any || has_post {
                let message = "a POST whose answer was lost is sent again and creates a second record";
                out.push(
                    Finding::new(site.scope.file, py::span(keyword), message)
                        .help("Leave POST out, or send an idempotency key that the other system honours and look the record up before the next try."),
                );
            }
        }
    }
}

fn sleep(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.calls_of("sleep").filter(|site| ctx.file(site.scope.file).is_program()) {
        let is_time = py::dotted(&site.node.func).as_deref() == Some("time.sleep")
            || ctx.index.python.import(site.scope.file, "sleep").is_some_and(|import| import.from == "time");
        // A command beside Odoo may wait.
        let is_odoo = ctx.file(site.scope.file).path.split('/').next().is_some_and(|top| top != "jobrunner");
        if is_time && is_odoo {
            let message = "this holds a worker and its database transaction while nothing happens";
            out.push(
                Finding::new(site.scope.file, py::span(site.node), message)
                    .help("Raise RetryableJobError(\"...\", seconds=n): the job comes back later and the worker is free."),
            );
        }
    }
}

fn endless_paging(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in ctx.index.python.whiles.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let test = site.node.test.as_ref();
        let is_endless = py::is_true(test) || test.is_number_literal_expr();
        let fetches = py::any_expr(&site.node.body, |value| {
            let Some(call) = value.as_call_expr() else { return false };
            let Some(path) = py::dotted(&call.func) else { return false };
            let last = path.rsplit('.').next().unwrap_or("");
            matches!(path.as_str(), "self.get" | "self.post" | "self._get" | "self._post")
                || path.starts_with("requests.")
                || ["_call", "_request", "make_request", "fetch", "_fetch"].contains(&last)
                || (path.contains("session.") && matches!(last, "get" | "post" | "request"))
        });
        if is_endless && fetches && !has_bound(&site.node.body) {
            let span = py::span(site.node);
            let message = "a server that repeats a page keeps this loop running for ever";
            out.push(
                Finding::new(site.scope.file, span.start..span.start + "while True".len(), message)
                    .help("Stop when a page or cursor comes a second time, or after a number of pages that cannot be right."),
            );
        }
    }
}

/// Whether a comparison decides that the loop ends.
fn has_bound(body: &[Stmt]) -> bool {
    let ends = |body: &[Stmt]| {
        py::any_stmt(body, |statement| matches!(statement, Stmt::Break(_) | Stmt::Return(_) | Stmt::Raise(_)))
    };
    let compares = |test: &Expr| {
        py::any_in(test, |value| {
            value.as_compare_expr().is_some_and(|compare| {
                compare.ops.iter().any(|op| !matches!(op, CmpOp::Is | CmpOp::IsNot | CmpOp::NotIn))
            })
        })
    };
    py::any_stmt(body, |statement| match statement {
        Stmt::If(node) => compares(&node.test) && ends(&node.body),
        _ => false,
    })
}

/// Whether an expression gives a secret's value: `self.api_key`, `token`, `headers["Authorization"]`.
fn is_secret_value(value: &Expr) -> bool {
    match value {
        Expr::Name(name) => shared::is_secret_name(&name.id),
        Expr::Attribute(attribute) => shared::is_secret_name(&attribute.attr),
        Expr::Subscript(subscript) => py::text(&subscript.slice)
            .is_some_and(|key| shared::is_secret_name(key) || key.eq_ignore_ascii_case("authorization")),
        _ => false,
    }
}

fn secret_in_log(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const LEVELS: &[&str] = &["debug", "info", "warning", "error", "exception", "critical"];
    for site in LEVELS.iter().flat_map(|level| ctx.index.python.calls_of(level)) {
        let is_logger =
            py::receiver(site.node).and_then(py::dotted).is_some_and(|path| path.ends_with("logger"));
        if !is_logger || ctx.file(site.scope.file).is_test() {
            continue;
        }
        for argument in &site.node.arguments.args {
            // What a function makes of a secret (redact(token), bool(token), len(token)) is its own affair.
            let direct = is_secret_value(argument)
                || argument.as_f_string_expr().is_some_and(|text| {
                    text.value
                        .elements()
                        .filter_map(|element| element.as_interpolation())
                        .any(|element| is_secret_value(&element.expression))
                });
            if direct {
                let message = "the log shows this secret to everybody who reads it";
                out.push(
                    Finding::new(site.scope.file, py::span(argument), message)
                        .help("Leave it out, or log that it is set: bool(...)."),
                );
            }
        }
    }
}

/// Fields of this module that hold a secret.
fn secret_fields<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = (usize, &'c Field<'a>)> {
    // A wizard's record is read by its maker only, never copied, and gone after an hour.
    let is_kept = |class: &&Class<'a>| class.kind != Kind::Wizard && !ctx.file(class.file).is_test();
    let models = ctx.index.python.models().filter(is_kept);
    models.flat_map(|class| class.fields.iter().map(move |field| (class.file, field))).filter(|(_, field)| {
        matches!(field.kind, "Char" | "Text")
            && shared::is_secret_name(field.name)
            && field.keyword("related").is_none()
    })
}

fn secret_without_groups(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (file, field) in secret_fields(ctx).filter(|(_, field)| field.keyword("groups").is_none()) {
        if py::has_spread(field.call) {
            continue;
        }
        let message = format!("whoever may read the record may read `{}`", field.name);
        out.push(
            Finding::new(file, py::span(&*field.call.func), message)
                .help("Add groups=\"...\" with the connector's manager group."),
        );
    }
}

fn secret_copied(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for (file, field) in secret_fields(ctx) {
        // Computed fields are not copied.
        if field.keyword("copy").is_some() || field.keyword("compute").is_some() || py::has_spread(field.call)
        {
            continue;
        }
        let message = format!("duplicating the record duplicates `{}`", field.name);
        out.push(
            Finding::new(file, py::span(&*field.call.func), message)
                .help("Add copy=False.")
                .fix(ctx.add_argument(file, field.call, "copy=False").into_iter().collect()),
        );
    }
}

fn secret_shown(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let names: Vec<&str> = secret_fields(ctx).map(|(_, field)| field.name).collect();
    for (file, held) in ctx.module.files.iter().enumerate() {
        let Some(tree) = held.xml() else { continue };
        for (id, node) in tree.nodes.iter().enumerate() {
            let Some(name) = node.get("name").filter(|name| node.tag == "field" && names.contains(name))
            else {
                continue;
            };
            let in_form = tree.ancestors(id).any(|around| around.tag == "form");
            let is_hidden = node.get("password").is_some()
                || node.get("widget") == Some("password")
                || node.get("invisible").is_some_and(|value| matches!(value, "1" | "True"))
                || node.get("column_invisible").is_some();
            if in_form && !is_hidden {
                let message = format!("the form shows `{name}` in clear");
                out.push(Finding::new(file, node.head(), message).help("Add password=\"True\"."));
            }
        }
    }
}

/// Whether a text looks like a real key rather than a name, an address or a placeholder.
fn looks_like_key(text: &str) -> bool {
    const PREFIXES: &[&str] =
        &["shpat_", "shpss_", "sk_live_", "sk_test_", "rk_live_", "ghp_", "xoxb-", "AKIA", "whsec_"];
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-=+/.".contains(&b));
    let has_both = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
        return text.len() >= 16 && is_plain;
    }
    text.len() >= 20 && is_plain && has_both && !text.contains('/') && !text.contains('.')
}

fn secret_in_source(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const HELP: &str = "Keep it in a field of the backend that managers may read, and make a new one: this one is known now.";
    let mut told = |file, value: &Expr| {
        let message = "this looks like a real secret, and everybody with the source has it";
        out.push(Finding::new(file, py::span(value), message).help(HELP));
    };
    for site in ctx.index.python.assignments.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let named = site.node.targets.iter().filter_map(py::last_name).any(shared::is_secret_name);
        if named && py::text(&site.node.value).is_some_and(looks_like_key) {
            told(site.scope.file, &site.node.value);
        }
    }
    for site in ctx.index.python.dicts.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        for item in &site.node.items {
            let key = item.key.as_ref().and_then(py::text).unwrap_or("");
            let is_header =
                key.eq_ignore_ascii_case("authorization") || shared::is_secret_name(&key.replace('-', "_"));
            let value = py::text(&item.value).unwrap_or("");
            let bare = value.trim_start_matches("Bearer ").trim_start_matches("Basic ");
            if is_header && looks_like_key(bare) {
                told(site.scope.file, &item.value);
            }
        }
    }
}

fn plain_http(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const LOCAL: &[&str] = &["localhost", "127.0.0.1", "0.0.0.0", "www.w3.org", "schemas.", "example."];
    let is_plain = |text: &str| {
        text.strip_prefix("http://").is_some_and(|rest| {
            rest.contains('.')
                && !LOCAL.iter().any(|local| rest.starts_with(local) || rest.contains("example."))
        })
    };
    let mut places: Vec<(usize, &Expr)> = Vec::new();
    for site in shared::http_calls(ctx) {
        places.extend(site.node.arguments.args.iter().map(|value| (site.scope.file, value)));
    }
    for class in ctx.index.python.models().filter(|class| !ctx.file(class.file).is_test()) {
        places.extend(class.fields.iter().filter_map(|field| Some((class.file, field.keyword("default")?))));
    }
    for site in ctx.index.python.assignments.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let is_url =
            |name: &str| name.to_lowercase().ends_with("url") || name.to_lowercase().ends_with("endpoint");
        if site.node.targets.iter().filter_map(py::last_name).any(is_url) {
            places.push((site.scope.file, &site.node.value));
        }
    }
    for (file, value) in places {
        if py::text(value).is_some_and(is_plain) {
            let message = "what is sent to this address can be read on the way";
            out.push(Finding::new(file, py::span(value), message).help("Write https://."));
        }
    }
}

fn secret_in_url(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const MARKS: &[&str] = &["token=", "api_key=", "apikey=", "secret=", "password=", "access_key="];
    for site in ctx.index.python.texts.iter().filter(|site| ctx.file(site.scope.file).is_program()) {
        let Expr::FString(text) = site.node else { continue };
        let mut before = String::new();
        for element in text.value.elements() {
            match element {
                ruff_python_ast::InterpolatedStringElement::Literal(literal) => {
                    before.push_str(&literal.value)
                }
                ruff_python_ast::InterpolatedStringElement::Interpolation(value) => {
                    let is_query = before.contains('?') && MARKS.iter().any(|mark| before.ends_with(mark))
                        // A link of Odoo's portal is for the person who gets it.
                        && !(before.starts_with('/') && before.ends_with("access_token="));
                    if is_query && !before.contains("grant_type=") {
                        let message = "addresses end up in the logs of every server on the way";
                        out.push(
                            Finding::new(site.scope.file, py::span(&*value.expression), message)
                                .help("Send it in a header, Authorization for example."),
                        );
                    }
                    before.push('x');
                }
            }
        }
    }
}
