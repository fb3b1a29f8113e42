//! No text makes the reader panic, and no place it tells is outside of the text.

use linkspan::{config, definition};
use proptest::prelude::*;

use super::SKETCH;

/// Reads the text in every way; gives what is told.
fn read(text: &str) {
    let problems = match definition::parse(text, "connector.toml", None) {
        Ok(checked) => checked.findings,
        Err(report) => report.diagnostics,
    };
    for problem in &problems {
        assert!(text.get(problem.span.clone()).is_some(), "{:?} is no place of the text", problem.span);
        assert!(problem.line() <= text.lines().count() + 1 && problem.column() >= 1);
    }
    let report = definition::Report::new(problems);
    assert!(report.diagnostics.is_empty() || !report.render(true).is_empty());
    let _ = report.to_json();
    let _ = config::Config::parse(text, std::path::Path::new("linkspan.toml"));
}

/// Pieces that mean something to TOML or to the language.
const PIECES: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\u00e9",
    "\n",
    "\r\n",
    "#",
    ".",
    ",",
    "é",
    "🞄",
    "\u{0}",
    "\u{feff}",
    "00123",
    "1e999",
    "9999999999999999999",
    "2026-11-21",
    "true",
    "nan",
    "{}",
    "[]",
    "lines = ",
    "choose = [",
    "then = {",
    "map = {",
    "expr = \"",
    "{ expr = \"record[\" }",
    "relation = \"order\"",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_read_or_refused(text in ".{0,400}") {
        read(&text);
    }

    #[test]
    fn arbitrary_pieces_are_read_or_refused(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        read(&pieces.concat());
    }

    #[test]
    fn a_mutated_definition_is_read_or_refused(
        at in 0..SKETCH.len(), length in 0..200usize, piece in proptest::sample::select(PIECES), copy in 0..SKETCH.len(),
    ) {
        let start = SKETCH.floor_char_boundary(at);
        let end = SKETCH.floor_char_boundary((start + length).min(SKETCH.len()));
        read(&format!("{}{piece}{}", &SKETCH[..start], &SKETCH[end..]));
        // A part of the definition in the wrong place.
        let copied = SKETCH[SKETCH.floor_char_boundary(copy)..].split_inclusive('\n').next().unwrap_or_default();
        read(&format!("{}{copied}{}", &SKETCH[..start], &SKETCH[start..]));
    }

    #[test]
    fn a_line_that_is_gone_or_doubled_is_read_or_refused(line in 0..SKETCH.lines().count(), times in 0..3usize) {
        let lines = SKETCH.lines().enumerate();
        let text: Vec<&str> = lines.flat_map(|(at, text)| std::iter::repeat_n(text, if at == line { times } else { 1 })).collect();
        read(&text.join("\n"));
    }
}

#[test]
fn deep_nesting_is_refused_without_a_panic() {
    for deep in [
        format!("[{}a]\nx = 1", "entities.a.map.".repeat(20_000)),
        format!("entities = {}", "{ map = ".repeat(50_000)),
        format!("x = {}", "[".repeat(100_000)),
        format!("[entities.a.map.a]\nchoose = {}1{}", "[{ then = { choose = ".repeat(15), "}}]".repeat(15)),
    ] {
        read(&deep);
    }
}
