//! A text with a name, and where a byte of it stands.

use std::ops::Range;
use std::sync::Arc;

/// A file's text, kept so that problems can be shown in it.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

/// A place in a text as a person counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// A text called `name` in messages.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Source { name: name.into(), text, line_starts })
    }

    /// The file's name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text as it is shown. Same length in bytes as what was read; secrets in it may be masked.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of byte `at`.
    pub fn position(&self, at: usize) -> Position {
        let at = self.floor(at);
        let line = self.line_index(at);
        let column = self.text[self.line_starts[line]..at].chars().count() + 1;
        Position { line: line + 1, column }
    }

    /// Byte range of the whole lines that `span` touches, without the last line's end.
    pub(super) fn lines_around(&self, span: &Range<usize>) -> Range<usize> {
        let last = self.line_index(span.end.max(span.start));
        let end = self.line_starts.get(last + 1).map_or(self.text.len(), |next| next - 1);
        self.line_starts[self.line_index(span.start)]..end
    }

    /// `span` on character borders inside the text.
    pub(super) fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let start = self.floor(span.start);
        start..self.floor(span.end).max(start)
    }

    fn line_index(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at) - 1
    }

    fn floor(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at)
    }
}
