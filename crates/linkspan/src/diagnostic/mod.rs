//! A problem in a file a person wrote: what, where to the character, and what to write instead.
//!
//! Every reader of such files (definition, configuration) collects [`Diagnostic`]s and hands them out together
//! as one [`Report`], so that a person mends a file in one go. A report is shown as text with the offending
//! part underlined, or as JSON for programs.

pub mod codes;
mod render;
mod source;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

pub use source::{Position, Source};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file works, but something in it is most likely not meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One problem.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Stable code, one of [`codes`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, a sentence without full stop.
    pub message: String,
    /// The offending text, in bytes of the source.
    pub span: Range<usize>,
    /// A few words under the offending text.
    pub label: Option<String>,
    /// What to write instead, a sentence.
    pub help: Option<String>,
    /// Other places that take part in the problem, each with a few words.
    pub related: Vec<(Range<usize>, String)>,
    source: Arc<Source>,
}

impl Diagnostic {
    /// An error at `span` of `source`.
    pub fn error(
        code: &'static str,
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let source = Arc::clone(source);
        let message = message.into();
        let span = source.clamp(span);
        let (label, help, related) = (None, None, Vec::new());
        Diagnostic { code, severity: Severity::Error, message, span, label, help, related, source }
    }

    /// A warning at `span` of `source`.
    pub fn warning(
        code: &'static str,
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, source, span, message) }
    }

    /// Adds a few words under the offending text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that takes part in the problem.
    #[must_use]
    pub fn related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related.push((self.source.clamp(span), label.into()));
        self
    }

    /// Name of the file, as it was given.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Where the offending text starts.
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// Line of the offending text, from 1.
    pub fn line(&self) -> usize {
        self.start().line
    }

    /// Column of the offending text in characters, from 1.
    pub fn column(&self) -> usize {
        self.start().column
    }

    /// The whole line of the offending text's start, without its end.
    pub fn line_text(&self) -> &str {
        let lines = self.source.lines_around(&(self.span.start..self.span.start));
        &self.source.text()[lines]
    }

    /// Where the offending text ends.
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }

    /// The problem as one JSON object: `code`, `severity`, `message`, `file`, `line`, `column`, `end_line`,
    /// `end_column`, `span` (`start` and `end` in bytes), `label`, `help`, `related`.
    pub fn to_json(&self) -> Value {
        let (start, end) = (self.start(), self.source.position(self.span.end));
        let related: Vec<Value> = self
            .related
            .iter()
            .map(|(span, label)| {
                let at = self.source.position(span.start);
                json!({ "line": at.line, "column": at.column, "label": label })
            })
            .collect();
        json!({
            "code": self.code, "severity": self.severity.as_str(), "message": self.message,
            "file": self.file(), "line": start.line, "column": start.column,
            "end_line": end.line, "end_column": end.column,
            "span": { "start": self.span.start, "end": self.span.end },
            "label": self.label, "help": self.help, "related": related,
        })
    }
}

/// All problems of one reading, in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The problems.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// A report of `diagnostics`, sorted by file and place.
    pub fn new(mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.span.start, d.span.end, d.code);
            a.file().cmp(b.file()).then_with(|| key(a).cmp(&key(b)))
        });
        Report { diagnostics }
    }

    /// Whether one of the problems is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// Number of errors and of warnings.
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
        (errors, self.diagnostics.len() - errors)
    }

    /// The problems as text, the offending text underlined; with `color` for a terminal.
    pub fn render(&self, color: bool) -> String {
        render::render(&self.diagnostics, color)
    }

    /// The problems as one JSON object: `errors` and `warnings` (numbers) and `diagnostics` (list).
    pub fn to_json(&self) -> Value {
        let (errors, warnings) = self.counts();
        let list: Vec<Value> = self.diagnostics.iter().map(Diagnostic::to_json).collect();
        json!({ "errors": errors, "warnings": warnings, "diagnostics": list })
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Report { diagnostics: vec![diagnostic] }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Report {}
