//! What the schema cannot say: names that must exist, keys that need or exclude each other, paths that the
//! samples do not have, expressions outside the subset. All problems at once, on the tree with its places.
//!
//! The checks look at [`Node`]s, not at the typed model: a file with a wrong type in one place is still checked
//! everywhere else, and every problem has its place without a second bookkeeping.

mod connector;
mod cycle;
mod entity;
mod export;
mod expression;
mod field;
mod login;
mod names;
mod operation;
mod path;
mod sample;
mod site;
mod trial;
mod webhooks;

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, codes};
use crate::document::node::NodeId;
use crate::document::structure::Findings;
use crate::document::{Document, Node, literal, suggest};

use names::Names;
use sample::Samples;
pub(super) use trial::trial;

/// All problems that `findings`, the comparison with the schema, cannot show. Without `base_dir` samples are not
/// read.
pub(super) fn check(
    document: &Document<'_>,
    findings: &Findings,
    base_dir: Option<&Path>,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let samples = Samples::load(document, base_dir, &mut problems);
    let mut check = Check {
        source: document.source(),
        root: document.root(),
        broken: &findings.broken,
        names: Names::new(document.root()),
        samples: &samples,
        problems,
    };
    check.connector();
    check.operations();
    check.entities();
    check.webhooks();
    check.cycles();
    check.unused();
    check.problems
}

struct Check<'a> {
    source: &'a Arc<Source>,
    root: Node<'a>,
    /// Tables with a problem that the schema showed: what their keys say together is not judged.
    broken: &'a HashSet<NodeId>,
    names: Names<'a>,
    samples: &'a Samples<'a>,
    problems: Vec<Diagnostic>,
}

impl<'a> Check<'a> {
    fn is_broken(&self, table: Node<'_>) -> bool {
        self.broken.contains(&table.id())
    }

    /// Adds an error at `node`'s value.
    fn error(
        &mut self,
        code: &'static str,
        node: Node<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.error_at(code, node.span(), message, help);
    }

    /// Adds an error at `node`'s key.
    fn error_at_key(
        &mut self,
        code: &'static str,
        node: Node<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.error_at(code, node.key_span(), message, help);
    }

    fn error_at(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Diagnostic::error(code, self.source, span, message).help(help));
    }

    /// Where the bytes `inside` of a text stand in the file; the whole text if that cannot be said.
    fn inside(&self, text: Node<'_>, inside: Range<usize>) -> Range<usize> {
        let span = text.span();
        let place = || literal::place(self.source.text().get(span.clone())?, text.text()?, inside);
        place().map_or_else(|| span.clone(), |place| span.start + place.start..span.start + place.end)
    }

    /// Of `keys` exactly one must be in `table`, which is called `what` in the message.
    fn exactly_one(&mut self, table: Node<'a>, what: &str, keys: &[&'static str]) -> Option<&'static str> {
        let given: Vec<&'static str> = keys.iter().copied().filter(|key| table.get(key).is_some()).collect();
        match given.as_slice() {
            [only] => return Some(only),
            _ if self.is_broken(table) => {}
            [] => {
                let message = format!("{what} says none of {}", suggest::list(keys));
                let help = format!("Write exactly one of {}.", suggest::list(keys));
                self.error(codes::EXACTLY_ONE, table, message, help);
            }
            [first, rest @ ..] => {
                let message = format!("{what} says {} at once", suggest::list(&given));
                let help = format!("Keep one of {}.", suggest::list(&given));
                let place = |key: &str| table.get(key).map_or_else(|| table.span(), Node::key_span);
                let problem = Diagnostic::error(codes::EXACTLY_ONE, self.source, place(rest[0]), message);
                self.problems.push(problem.help(help).related(place(first), "the first one"));
            }
        }
        None
    }

    /// A name of our own: small letters, digits and `_`, starting with a letter.
    fn name(&mut self, what: &str, name: &str, span: Range<usize>) {
        let is_fine = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_fine {
            let message = format!("`{name}` cannot be the {what}");
            let help = "Write small letters, digits and `_`, starting with a letter.";
            self.error_at(codes::BAD_NAME, span, message, help);
        }
    }

    /// A number that must not be 0.
    fn not_zero(&mut self, table: Node<'_>, keys: &[&str]) {
        for key in keys {
            if let Some(zero) = table.get(key).filter(|node| node.integer() == Some(0)) {
                self.error(codes::BAD_VALUE, zero, format!("`{key}` is 0"), "Write 1 or more.");
            }
        }
    }

    fn zone(&mut self, zone: Node<'_>) {
        let Some(name) = zone.text() else { return };
        if !matches!(name, "utc" | "UTC") && jiff::tz::TimeZone::get(name).is_err() {
            let help = "Write `utc` or a name such as `Asia/Riyadh`.";
            self.error(codes::UNKNOWN_ZONE, zone, format!("there is no time zone `{name}`"), help);
        }
    }
}
