//! What a command prints: text for people or one JSON object, never both.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::json;

use super::failure::{Failure, INCOMPLETE};

/// Where a command prints to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Output {
        Output { json }
    }

    /// A line for people; nothing with `--json`.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        self.styled(harmless(text.as_ref()));
    }

    /// A line for people that has colours of its own; nothing with `--json`.
    pub(super) fn styled(&self, text: impl AsRef<str>) {
        if !self.json {
            write_line(text.as_ref());
        }
    }

    /// The result with `--json`; nothing without.
    pub(super) fn object(&self, value: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(value)
                .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
            write_line(&text);
        }
    }

    /// The same in one line, of a command that goes on: a script need not wait for its end.
    pub(super) fn object_line(&self, value: &serde_json::Value) {
        if self.json {
            write_line(&value.to_string());
        }
    }

    /// A table for people; nothing with `--json`.
    pub(super) fn table<R: AsRef<[String]>>(&self, header: &[&str], rows: impl IntoIterator<Item = R>) {
        if self.json {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header.iter().copied());
        for row in rows {
            table.add_row(row.as_ref().iter().map(|cell| harmless(cell)));
        }
        write_line(&table.to_string());
    }

    /// Says why the command failed; gives its exit code.
    pub(super) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            let report = failure.report.as_ref().map(crate::definition::Report::to_json);
            self.object(&json!({ "error": failure.message, "class": failure.class, "report": report }));
        } else {
            let mut err = std::io::stderr().lock();
            // A closed pipe ends the program anyway.
            let _ = match &failure.report {
                Some(report) => writeln!(err, "{}", report.render(std::io::stderr().is_terminal())),
                None => writeln!(err, "error: {}", harmless(&failure.message)),
            };
        }
        ExitCode::from(failure.code)
    }
}

/// Text whose control characters are shown instead of done. It may hold what a customer typed into a shop, and a terminal
/// obeys: it clears, renames itself or writes over the line above.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    let shown = |c: char| if is_harmful(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Why the output is not complete: the first write that failed.
static UNWRITTEN: OnceLock<std::io::Error> = OnceLock::new();

fn write_line(text: &str) {
    write(&format!("{text}\n"));
}

/// Prints this as it is.
pub(super) fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // `linkspan ... | head` closes the pipe; that is no error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => _ = UNWRITTEN.set(error),
        _ => {}
    }
}

/// The exit code of a command that ended with `code`: another one when not all that it printed was written.
pub(super) fn complete(code: ExitCode) -> ExitCode {
    let Some(error) = UNWRITTEN.get() else { return code };
    // Nobody is left to tell when that fails too.
    let _ = writeln!(
        std::io::stderr(),
        "error: the output could not be written: {error}. It is not complete; what the command did stands. Make room, \
         then look again."
    );
    ExitCode::from(INCOMPLETE)
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_terminal_is_told_nothing_by_data() {
        assert_eq!(
            harmless("name: \x1b]0;x\x07\x1b[2J\r\u{9b}1A\u{7f}"),
            r"name: \u{1b}]0;x\u{7}\u{1b}[2J\r\u{9b}1A\u{7f}"
        );
        assert_eq!(harmless("an answer\r\nof a server"), "an answer\nof a server");
        for fine in ["", "two\nlines\tand سلام 😀 é"] {
            assert_eq!(harmless(fine), fine);
        }
    }
}
