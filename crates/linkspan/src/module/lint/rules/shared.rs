//! Questions that several families ask.

use std::collections::HashSet;

use ruff_python_ast::{ExceptHandlerExceptHandler, Expr, ExprCall, Stmt, StmtTry};

use crate::module::lint::index::data::Record;
use crate::module::lint::index::python::{Class, Function, Kind, Scope, Site};
use crate::module::lint::known::Resolved;
use crate::module::lint::py;
use crate::module::lint::rule::Context;

/// A method with `@http.route`.
pub(super) struct Route<'c, 'a> {
    pub(super) function: &'c Function<'a>,
    pub(super) decorator: &'a ExprCall,
}

impl<'a> Route<'_, 'a> {
    pub(super) fn paths(&self) -> Vec<&'a str> {
        py::argument(self.decorator, 0, "route").map(py::texts).unwrap_or_default()
    }

    pub(super) fn option(&self, name: &str) -> Option<&'a Expr> {
        py::keyword(self.decorator, name).map(|keyword| &keyword.value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.option(name).and_then(py::text)
    }

    /// Whether anybody may call it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.text("auth"), Some("public" | "none"))
    }

    /// Whether another system calls it.
    pub(super) fn is_webhook(&self) -> bool {
        const WORDS: &[&str] = &["webhook", "hook", "callback", "ipn"];
        // Odoo's own client calls routes with these words too, but with a CSRF token.
        const WEAK: &[&str] = &["notify", "notification"];
        let is_for_others = self.option("csrf").is_some_and(py::is_false);
        let has_word = |text: &str| {
            let text = text.to_lowercase();
            WORDS.iter().any(|word| text.contains(word))
                || (is_for_others && WEAK.iter().any(|word| text.contains(word)))
        };
        // An OAuth callback is a page that a person's browser opens.
        let is_login = |text: &str| text.to_lowercase().contains("oauth");
        let (paths, name) = (self.paths(), self.function.name());
        self.is_open()
            && (paths.iter().any(|path| has_word(path)) || has_word(name))
            && !(paths.iter().any(|path| is_login(path)) || is_login(name))
    }
}

pub(super) fn routes<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = Route<'c, 'a>> {
    let functions = ctx.index.python.functions.iter();
    functions.filter(|function| !ctx.file(function.scope.file).is_test()).filter_map(|function| {
        let decorator = py::decorator(function.node, "route")?.expression.as_call_expr()?;
        Some(Route { function, decorator })
    })
}

pub(super) fn webhooks<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = Route<'c, 'a>> {
    routes(ctx).filter(Route::is_webhook)
}

/// The route's method and those of its class and file that it calls, directly or not.
pub(super) fn reachable<'c, 'a>(ctx: &'c Context<'a>, start: &'c Function<'a>) -> Vec<&'c Function<'a>> {
    let mut found = vec![start];
    let mut at = 0;
    while let Some(function) = found.get(at).copied() {
        at += 1;
        let mut called = Vec::new();
        py::walk(&function.node.body, &mut |part| {
            if let py::Part::Expression(Expr::Call(call)) = part {
                called.extend(py::last_name(&call.func));
            }
        });
        let beside = ctx.index.python.functions.iter();
        for other in
            beside.filter(|other| other.scope.file == start.scope.file && called.contains(&other.name()))
        {
            if !found.iter().any(|known| std::ptr::eq(*known, other)) {
                found.push(other);
            }
        }
    }
    found
}

/// Models that methods create records of: `request.env["x"].sudo().create(...)`.
pub(super) fn stored_models<'a>(functions: &[&Function<'a>]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for function in functions {
        py::walk(&function.node.body, &mut |part| {
            let py::Part::Expression(Expr::Call(call)) = part else { return };
            if py::last_name(&call.func) != Some("create") {
                return;
            }
            let mut inside = None;
            py::walk_in(&call.func, &mut |value| {
                if let Expr::Subscript(subscript) = value {
                    inside = inside.or(py::text(&subscript.slice));
                }
            });
            found.extend(inside);
        });
    }
    found
}

/// Whether a model that this module defines has a unique constraint, of its own or of a mixin; `None` if it cannot be told.
pub(super) fn is_unique(ctx: &Context<'_>, model: &str) -> Option<bool> {
    let mut names = vec![model];
    let mut at = 0;
    let mut is_told = ctx.index.python.models().any(|class| class.defines() && class.name() == Some(model));
    while let Some(name) = names.get(at).copied() {
        at += 1;
        for class in ctx.index.python.models().filter(|class| class.name() == Some(name)) {
            if class.attributes.iter().any(|(_, value)| names_unique(value)) {
                return Some(true);
            }
            for parent in class.inherit() {
                // What another module's mixin brings is not seen; those of bindings have a constraint as a rule.
                let is_here = ctx.index.python.models().any(|other| other.name() == Some(parent));
                is_told &= is_here || !parent.contains("binding");
                if !names.contains(&parent) {
                    names.push(parent);
                }
            }
        }
    }
    is_told.then_some(false)
}

fn names_unique(value: &Expr) -> bool {
    py::any_in(value, |part| py::text(part).is_some_and(|text| text.to_lowercase().contains("unique")))
}

/// Models of the module that bind an Odoo record to an external one.
pub(super) fn bindings<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Class<'a>> {
    ctx.index.python.models().filter(|class| {
        let name = class.name().unwrap_or("");
        let is_own = class.defines() && class.kind == Kind::Model && !ctx.file(class.file).is_test();
        let looks = |parent: &&str| parent.ends_with(".binding") || parent.ends_with(".binding.mixin");
        is_own
            && (ctx.known.inherits(name, "external.binding") == Some(true)
                || class.inherit().iter().any(looks)
                || (class.field("external_id").is_some() && class.field("backend_id").is_some()))
            && (class.field("odoo_id").is_some() || !class.inherits().is_empty())
    })
}

/// Models of the module that hold an external system's address and secrets.
pub(super) fn backends<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Class<'a>> {
    ctx.index.python.models().filter(|class| {
        let parents = class.inherit();
        class.defines()
            && class.kind == Kind::Model
            && !ctx.file(class.file).is_test()
            && (parents.contains(&"connector.backend")
                || parents.contains(&"generic.backend.mixin")
                || class.inherits().iter().any(|(parent, _)| *parent == "generic.backend"))
    })
}

/// Model and method of a `queue.job.function`: by its own fields, or by its name `<model>.method`.
pub(super) fn job_function<'a>(ctx: &Context<'_>, row: &Record<'a>) -> (Option<String>, &'a str) {
    if let Some((model, method)) = row.get("name").strip_prefix('<').and_then(|rest| rest.split_once(">.")) {
        return (Some(model.to_owned()), method);
    }
    let id = row.get("model_id").trim();
    let flat = id.rsplit('.').next().and_then(|name| name.strip_prefix("model_"));
    let model = flat.and_then(|flat| ctx.known.models.keys().find(|model| model.replace('.', "_") == flat));
    (model.cloned(), row.get("method"))
}

/// Names of methods that run as jobs: those the module delays, and those with a job function.
pub(super) fn job_methods<'a>(ctx: &Context<'a>) -> HashSet<&'a str> {
    let delayed = ctx.index.python.delays.iter();
    let delayed = delayed.filter(|delay| !ctx.file(delay.scope.file).is_test()).map(|delay| delay.method);
    let rows = ctx.index.data.of_model("queue.job.function").map(|row| job_function(ctx, row).1);
    delayed.chain(rows).filter(|name| !name.is_empty()).collect()
}

/// A call that goes over the network by a well-known client.
pub(super) fn is_http_call(ctx: &Context<'_>, site: &Site<'_, ExprCall>) -> bool {
    const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "request"];
    let Some(name) = py::last_name(&site.node.func) else { return false };
    if name == "urlopen" {
        return true;
    }
    let Some(receiver) = py::receiver(site.node).filter(|_| VERBS.contains(&name)) else { return false };
    let Some(path) = py::dotted(receiver) else { return false };
    if matches!(path.as_str(), "requests" | "httpx") {
        return true;
    }
    let last = path.rsplit('.').next().unwrap_or("").trim_start_matches('_');
    // Odoo's own session is a dictionary.
    let is_session = (last.ends_with("session") || last == "Session") && !path.contains("request.session");
    let imports_client = || {
        ctx.index.python.imports.iter().any(|import| {
            import.file == site.scope.file
                && matches!(import.from.split('.').next(), Some("requests" | "httpx" | "requests_oauthlib"))
        })
    };
    is_session && imports_client()
}

/// Calls outside of tests that go over the network.
pub(super) fn http_calls<'c, 'a>(ctx: &'c Context<'a>) -> impl Iterator<Item = &'c Site<'a, ExprCall>> {
    let calls = ctx.index.python.calls.iter();
    calls.filter(|site| ctx.file(site.scope.file).is_program() && is_http_call(ctx, site))
}

/// Whether a name says that it holds something secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    // A place in a list, not a key to it.
    if ["page_token", "next_token", "sync_token", "cursor_token", "continuation_token"]
        .contains(&name.as_str())
    {
        return false;
    }
    let ends = ["token", "secret", "password", "passwd", "api_key", "apikey", "private_key", "access_key"];
    ends.iter().any(|end| name.ends_with(end))
}

/// Names of the exceptions that a handler catches; empty for a bare `except`.
pub(super) fn caught(handler: &ExceptHandlerExceptHandler) -> Vec<&str> {
    let Some(types) = &handler.type_ else { return Vec::new() };
    py::elements(types).iter().filter_map(py::last_name).collect()
}

pub(super) fn handlers(node: &StmtTry) -> impl Iterator<Item = &ExceptHandlerExceptHandler> {
    node.handlers.iter().map(|handler| {
        let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
        handler
    })
}

/// Whether a handler catches everything.
pub(super) fn is_broad(handler: &ExceptHandlerExceptHandler) -> bool {
    let names = caught(handler);
    names.is_empty() || names.iter().any(|name| matches!(*name, "Exception" | "BaseException"))
}

pub(super) fn raises(body: &[Stmt]) -> bool {
    py::any_stmt(body, |statement| matches!(statement, Stmt::Raise(_)))
}

/// `_usage` of a component, or of its nearest parent; empty when there is none.
pub(super) fn usage_of(ctx: &Context<'_>, class: &Class<'_>) -> String {
    match class.name().map(|name| ctx.known.component(name, |component| component.usage.clone())) {
        Some(Resolved::Is(usage)) => usage,
        _ => String::new(),
    }
}

/// Whether a place is in a component that brings records in: an importer or import mapper.
pub(super) fn is_in_importer(ctx: &Context<'_>, scope: &Scope) -> bool {
    let Some(class) = ctx.index.python.class_of(scope).filter(|class| class.kind.is_component()) else {
        return false;
    };
    usage_of(ctx, class).contains("import") || class.node.name.as_str().contains("Import")
}
