//! Line ends: files are compared and merged with LF, and written back as they were.

use std::borrow::Cow;

/// Whether every line ends with CRLF. A file with both is left as it is: its ends are part of its lines.
pub(super) fn is_crlf(text: &str) -> bool {
    let ends = text.matches('\n').count();
    ends > 0 && text.matches("\r\n").count() == ends
}

/// The text with LF where every line ends with CRLF.
pub(super) fn lf(text: &str) -> Cow<'_, str> {
    if is_crlf(text) { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// `text`, whose lines end with LF, with the line ends of `other`.
pub(super) fn like(other: &str, text: String) -> String {
    if is_crlf(other) { text.replace('\n', "\r\n") } else { text }
}
