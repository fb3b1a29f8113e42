//! Problems as text for people.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// Width that help texts and snippets are cut to where no terminal says otherwise.
const WIDTH: usize = 140;

/// Problems that are shown; nobody reads on, and a wrong file of 1 MiB has tens of thousands.
const MAX_SHOWN: usize = 200;

/// Bytes of a line that are shown on each side of a problem; the renderer is slow on lines of many KiB.
const MAX_BESIDE: usize = 500;

pub(super) fn render(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let shown = diagnostics.iter().take(MAX_SHOWN);
    let mut rendered: Vec<String> = shown.map(|d| renderer.render(&[group(d)])).collect();
    if diagnostics.len() > MAX_SHOWN {
        rendered.push(format!("... and {} more problems", diagnostics.len() - MAX_SHOWN));
    }
    rendered.join("\n\n")
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let source = &diagnostic.source;
    let group = if source.text().is_empty() {
        title.element(Origin::path(diagnostic.file()))
    } else {
        match snippet(diagnostic) {
            (snippet, true) => title.element(snippet.path(diagnostic.file())),
            (snippet, false) => {
                let at = diagnostic.start();
                let origin = Origin::path(diagnostic.file()).line(at.line).char_column(at.column);
                title.element(origin).element(snippet)
            }
        }
    };
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// The lines that take part and nothing else: a large file is not scanned again for every problem in it. Of a
/// very long line only the part around the problem, and then `false`: columns in it are not those of the file.
fn snippet(diagnostic: &Diagnostic) -> (Snippet<'_, Annotation<'_>>, bool) {
    let source = &diagnostic.source;
    let spans = || std::iter::once(&diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| span));
    let first = spans().map(|span| span.start).min().unwrap_or(0);
    let last = spans().map(|span| span.end).max().unwrap_or(0);
    let lines = source.lines_around(&(first..last));
    let text = source.text();
    let start = text.ceil_char_boundary(lines.start.max(first.saturating_sub(MAX_BESIDE)));
    let end = text.floor_char_boundary(lines.end.min(last.saturating_add(MAX_BESIDE)));
    let shifted = |span: &Range<usize>| span.start - start..span.end - start;

    let primary = AnnotationKind::Primary.span(shifted(&diagnostic.span)).label(diagnostic.label.as_deref());
    let related = diagnostic
        .related
        .iter()
        .map(|(span, label)| AnnotationKind::Context.span(shifted(span)).label(label.as_str()));
    let snippet = Snippet::source(&text[start..end])
        .line_start(source.position(start).line)
        .annotation(primary)
        .annotations(related);
    (snippet, start == lines.start)
}
