//! Problems as text for people.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// Width that help texts and snippets are cut to where no terminal says otherwise.
const WIDTH: usize = 140;

pub(super) fn render(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let rendered: Vec<String> = diagnostics.iter().map(|d| renderer.render(&[group(d)])).collect();
    rendered.join("\n\n")
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let group = if diagnostic.source.text().is_empty() {
        title.element(Origin::path(diagnostic.file()))
    } else {
        title.element(snippet(diagnostic))
    };
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// Only the lines that take part: a large file is not scanned again for every problem in it.
fn snippet(diagnostic: &Diagnostic) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let source = &diagnostic.source;
    let spans = || std::iter::once(&diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| span));
    let first = spans().map(|span| span.start).min().unwrap_or(0);
    let last = spans().map(|span| span.end).max().unwrap_or(0);
    let lines = source.lines_around(&(first..last));
    let shifted = |span: &std::ops::Range<usize>| span.start - lines.start..span.end - lines.start;

    let primary = AnnotationKind::Primary.span(shifted(&diagnostic.span)).label(diagnostic.label.as_deref());
    Snippet::source(&source.text()[lines.clone()])
        .line_start(source.position(lines.start).line)
        .path(diagnostic.file())
        .annotation(primary)
        .annotations(
            diagnostic
                .related
                .iter()
                .map(|(span, label)| AnnotationKind::Context.span(shifted(span)).label(label.as_str())),
        )
}
