//! Expressions: inside the subset, and on paths that the samples have.

use std::ops::Range;

use pyexpr::{CompileError, Expression, PathKey};

use super::Check;
use super::entity::Place;
use super::sample::{lack, look};
use crate::definition::path::{Step, Steps};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Node, suggest};

/// What expressions see as `company`.
const COMPANY: &[&str] = &["country", "currency", "id", "name"];

impl<'a> Check<'a> {
    /// Checks `{ expr = "..." }`.
    pub(super) fn expr_table(&mut self, table: Option<Node<'a>>, place: &Place<'a>) {
        if let Some(expr) = table.and_then(|table| table.get("expr")) {
            self.expression(expr, place);
        }
    }

    /// Checks an expression's text.
    pub(super) fn expression(&mut self, node: Node<'a>, place: &Place<'a>) {
        let Some(text) = node.text() else { return };
        let names = place.names();
        match Expression::compile(text, &names) {
            Ok(expression) => self.paths_of(&expression, node, text, place),
            Err(CompileError { message, range, help }) => {
                let span = self.inside(node, range);
                let help = help.unwrap_or_else(|| format!("Names here: {}.", suggest::list(&names)));
                self.problems
                    .push(Diagnostic::error(codes::EXPRESSION, self.source, span, message).help(help));
            }
        }
    }

    fn paths_of(&mut self, expression: &Expression, node: Node<'a>, text: &str, place: &Place<'a>) {
        for path in expression.paths() {
            if matches!(path.name.as_str(), "settings" | "company") {
                self.declared(path, node, text);
                continue;
            }
            let base = place.base(&path.name, self.samples);
            // A part that may be absent says so itself: nothing beyond it is judged.
            let known = path.steps.iter().take_while(|step| !step.optional);
            let steps: Steps = known.map(|step| (step_of(&step.key), 0..0)).collect();
            let Some(lack) = lack(&look(&base, &steps), &steps, &path.name) else { continue };
            // Python's own guard, `'key' in record`, is the author's word that the key may be absent.
            let Some((Step::Key(key), _)) = steps.get(lack.position).cloned() else { continue };
            if guarded(text, &key) {
                continue;
            }
            let span = self.key_in(node, text, &key);
            let help = format!("{} If it may be absent, write `.get('{key}')`.", lack.help);
            self.error_at(codes::NOT_IN_SAMPLE, span, lack.message, help);
        }
    }
}

impl<'a> Check<'a> {
    /// `settings['name']` and `company['currency']` name what is known without a sample.
    fn declared(&mut self, path: &pyexpr::Path, node: Node<'a>, text: &str) {
        let Some(PathKey::Name(key)) = path.steps.first().map(|step| &step.key) else { return };
        let known: &[&str] = if path.name == "settings" { &self.names.settings } else { COMPANY };
        if !known.contains(&key.as_str()) {
            let what = if path.name == "settings" { "setting" } else { "key" };
            let help = suggest::instead_of(key, what, known);
            let span = self.key_in(node, text, key);
            self.error_at(codes::UNKNOWN_SECRET, span, format!("`{}` has no `{key}`", path.name), help);
        } else if path.name == "settings" {
            self.names.use_one("settings", key);
        }
    }

    /// Where the key stands in the expression; the whole expression if it is written in another way.
    fn key_in(&self, node: Node<'a>, text: &str, key: &str) -> Range<usize> {
        let quoted = ["'", "\""].map(|quote| format!("{quote}{key}{quote}"));
        let found =
            quoted.iter().find_map(|quoted| text.find(quoted.as_str()).map(|at| at..at + quoted.len()));
        self.inside(node, found.unwrap_or(0..text.len()))
    }
}

fn step_of(key: &PathKey) -> Step {
    match key {
        PathKey::Name(name) => Step::Key(name.clone()),
        PathKey::Index(index) => Step::Index(*index),
        PathKey::Each => Step::Each,
    }
}

fn guarded(text: &str, key: &str) -> bool {
    [
        format!("'{key}' in "),
        format!("\"{key}\" in "),
        format!("'{key}' not in "),
        format!("\"{key}\" not in "),
    ]
    .iter()
    .any(|guard| text.contains(guard.as_str()))
}
