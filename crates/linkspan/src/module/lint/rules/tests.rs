//! T: the module's own tests.

use ruff_python_ast::Expr;

use super::shared;
use crate::module::lint::finding::Finding;
use crate::module::lint::index::imports::reached;
use crate::module::lint::index::python::{Function, Kind};
use crate::module::lint::known::Resolved;
use crate::module::lint::py;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::warning("T01", "An adapter that no test knows", untested_adapter),
    Rule::warning("T02", "A test file that is never run", unimported_test),
    Rule::warning("T03", "A webhook whose refusals no test checks", untested_refusal),
    Rule::error("T04", "A secret in a recorded exchange", recorded_secret),
    Rule::warning("T05", "A module without tests", no_tests),
    Rule::error("T06", "Tests that are loaded with the module", tests_loaded),
    Rule::warning("T07", "An import that no test runs twice", import_once),
];

/// Whether the tests are in a module of their own, as those of frameworks: `test_shop` beside `shop`.
fn is_tested_elsewhere(ctx: &Context<'_>) -> bool {
    let beside = ctx.module.folder.parent().map(|parent| parent.join(format!("test_{}", ctx.module.name)));
    ctx.module.name.starts_with("test_") || beside.is_some_and(|folder| folder.is_dir())
}

/// Text of all test files.
fn test_text(ctx: &Context<'_>) -> String {
    let tests = ctx.module.files.iter().filter(|file| file.is_test() && file.path.ends_with(".py"));
    tests.map(|file| file.source.text()).collect::<Vec<_>>().join("\n")
}

fn untested_adapter(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let text = test_text(ctx);
    if text.is_empty() || is_tested_elsewhere(ctx) {
        return;
    }
    for class in
        ctx.index.python.components().filter(|class| class.defines() && class.kind != Kind::AbstractComponent)
    {
        let Some(name) = class.name().filter(|_| !ctx.file(class.file).is_test()) else { continue };
        let usage = ctx.known.component(name, |component| component.usage.clone());
        if usage != Resolved::Is("backend.adapter".to_owned()) {
            continue;
        }
        let methods: Vec<&str> = ctx
            .index
            .python
            .methods(class)
            .map(|method| method.name())
            .filter(|name| !name.starts_with('_'))
            .collect();
        // An adapter that only declares what the framework sends has nothing of its own to test.
        if methods.is_empty() {
            continue;
        }
        let is_known = text.contains(class.node.name.as_str())
            || text.contains(name)
            || text.contains("backend.adapter")
            || methods.iter().any(|method| text.contains(method));
        if !is_known {
            let message = format!("no test names {} or one of its methods", class.node.name);
            out.push(
                Finding::new(class.file, py::span(&class.node.name), message)
                    .help("Test each method against a recorded answer: what is sent, what comes back, what happens on 401, 429 and 500."),
            );
        }
    }
}

fn unimported_test(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let run = reached(ctx.module, &ctx.index.python.imports, "tests/__init__.py");
    for (id, file) in ctx.module.files.iter().enumerate() {
        let is_test = file
            .path
            .strip_prefix("tests/")
            .is_some_and(|name| name.starts_with("test_") && name.ends_with(".py"));
        if is_test && file.python().is_some() && !run.contains(&id) {
            let message = format!("tests/__init__.py does not import {}", file.path);
            out.push(Finding::new(id, 0..0, message).help("Odoo runs only what is imported there."));
        }
    }
}

fn untested_refusal(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let text = test_text(ctx);
    let Some(route) = shared::webhooks(ctx).next().filter(|_| !text.is_empty()) else { return };
    let checks =
        ["401", "403", "UNAUTHORIZED", "Forbidden", "Unauthorized"].iter().any(|mark| text.contains(mark));
    if !checks && !is_tested_elsewhere(ctx) {
        out.push(
            Finding::new(route.function.scope.file, py::span(&route.function.node.name), "no test sends a wrong signature")
                .help("Test four deliveries: a good one, one with a wrong signature (401), a repeated one, one that is too large (413)."),
        );
    }
}

/// The value of a header or key in a recorded exchange, as it stands on a line of YAML or JSON.
fn value_after<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    let lower = line.to_ascii_lowercase();
    let at = lower.find(key)? + key.len();
    let rest = line.get(at..)?.trim_start_matches(['"', '\'', ':', ' ', '[', '-']);
    Some(rest.trim_end_matches(['"', '\'', ',', ']', ' ', '\r']))
}

fn recorded_secret(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    const KEYS: &[&str] = &[
        "authorization",
        "x-shopify-access-token",
        "x-api-key",
        "access_token",
        "client_secret",
        "set-cookie",
    ];
    const PLACEHOLDERS: &[&str] =
        &["redacted", "dummy", "fake", "test", "xxx", "***", "secret", "example", "token", "none", "null"];
    for (id, file) in ctx.module.files.iter().enumerate() {
        let is_recorded =
            file.is_test() && ["yaml", "yml", "json"].iter().any(|ending| file.path.ends_with(ending));
        if !is_recorded {
            continue;
        }
        let mut start = 0;
        let mut pending: Option<&str> = None;
        for line in file.source.text().split_inclusive('\n') {
            let trimmed = line.trim_end();
            let lower = trimmed.to_ascii_lowercase();
            let key = KEYS.iter().find(|key| lower.contains(**key)).copied();
            // YAML puts the value of a header into the next line.
            let value = match (key, pending.take()) {
                (Some(key), _) => value_after(trimmed, key),
                (None, Some(_)) => trimmed.trim_start().strip_prefix("- "),
                (None, None) => None,
            };
            if value.is_some_and(str::is_empty) {
                pending = key;
            }
            let bare = value
                .unwrap_or("")
                .trim_start_matches("Bearer ")
                .trim_start_matches("Basic ")
                .trim_matches(['"', '\'']);
            let is_secret = bare.len() >= 12
                && !bare.contains(' ')
                && !PLACEHOLDERS.iter().any(|word| bare.to_ascii_lowercase().contains(word));
            if is_secret {
                let span = start..start + trimmed.len();
                out.push(
                    Finding::new(id, span, "this recording holds what looks like a real secret")
                        .help("Filter it when recording (filter_headers=[\"Authorization\"]), and make a new one: this one is known now."),
                );
            }
            start += line.len();
        }
    }
}

fn no_tests(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let manifest = &ctx.module.manifest;
    let has_code =
        ctx.index.python.models().next().is_some() || ctx.index.python.components().next().is_some();
    let has_tests = ctx.module.paths.iter().any(|path| path.starts_with("tests/test_"));
    if has_code && !has_tests && !is_tested_elsewhere(ctx) {
        out.push(Finding::new(manifest.file, manifest.place(), "there is no file tests/test_*.py").help(
            "Test at least: connection, one import that is run twice, one export, each refusal of a webhook.",
        ));
    }
}

fn import_once(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut importers = ctx.index.python.components().filter(|class| {
        class.defines()
            && class.kind != Kind::AbstractComponent
            && !ctx.file(class.file).is_test()
            && shared::usage_of(ctx, class) == "record.importer"
    });
    let Some(importer) = importers.next() else { return };
    if test_text(ctx).is_empty() || is_tested_elsewhere(ctx) {
        return;
    }
    let tests = ctx.index.python.functions.iter().filter(|test| ctx.file(test.scope.file).is_test());
    if !tests.into_iter().any(|test| imports_twice(test)) {
        out.push(
            Finding::new(importer.file, py::span(&importer.node.name), "no test imports the same record twice")
                .help("Import one record, import it again, and compare: the same binding, the same record, the same lines."),
        );
    }
}

/// Whether a test says that it repeats an import, or calls the same one twice.
fn imports_twice(test: &Function<'_>) -> bool {
    const WORDS: &[&str] = &["twice", "again", "repeat", "idempot", "second_time"];
    if WORDS.iter().any(|word| test.name().contains(word)) {
        return true;
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut is_repeated = false;
    py::walk(&test.node.body, &mut |part| {
        let py::Part::Expression(Expr::Call(call)) = part else { return };
        let Some(name) = py::last_name(&call.func) else { return };
        if name.contains("import") || name.starts_with("sync") || name == "run" {
            is_repeated |= seen.contains(&name);
            seen.push(name);
        }
    });
    is_repeated
}

fn tests_loaded(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for import in &ctx.index.python.imports {
        let is_top = ctx.file(import.file).path == "__init__.py";
        let names_tests = (import.from.is_empty() && import.name == "tests") || import.from == "tests";
        if is_top && import.level == 1 && names_tests {
            out.push(
                Finding::new(import.file, import.span.clone(), "this loads the tests in production")
                    .help("Take it away: Odoo finds the package `tests` by itself."),
            );
        }
    }
}
