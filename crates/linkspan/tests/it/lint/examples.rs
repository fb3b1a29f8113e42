//! The examples of the pages: the bad one fires, the good one stays silent, and `--fix` makes the bad one silent.

use linkspan::module::Series;
use linkspan::module::lint::{self, Rule, pages};

use super::folder::Folder;

/// Rules whose example cannot be written down as text of a file; `bad_input.rs` tests them.
const NOT_AS_TEXT: &[&str] = &["E04", "E05"];

fn tested() -> impl Iterator<Item = &'static Rule> {
    lint::rules().filter(|rule| !NOT_AS_TEXT.contains(&rule.id))
}

/// The series an example is for: 19.0, with the newest spelling, or the last one that the rule is about.
fn series(rule: &Rule) -> Series {
    rule.series.1
}

#[test]
fn every_bad_example_fires() {
    let mut silent = Vec::new();
    for rule in tested() {
        let example = pages::example(rule.id, "Bad");
        assert!(!example.files.is_empty(), "the page of {} has no bad example", rule.id);
        // The options name one rule; suppressions need the rule that they suppress as well.
        let folder = Folder::completed(&example.files, series(rule));
        let mut options = folder.options(rule, series(rule));
        if rule.id.starts_with('N') {
            options.only.clear();
        }
        let found = folder.check(&options).diagnostics;
        if !found.iter().any(|diagnostic| diagnostic.code == rule.id) {
            silent.push(format!("{}: {found:?}", rule.id));
        }
    }
    assert!(silent.is_empty(), "these find nothing in their bad example:\n{}", silent.join("\n"));
}

#[test]
fn every_good_example_is_silent() {
    let mut firing = Vec::new();
    for rule in tested() {
        let example = pages::example(rule.id, "Good");
        assert!(!example.files.is_empty(), "the page of {} has no good example", rule.id);
        let folder = Folder::completed(&example.files, series(rule));
        let mut options = folder.options(rule, series(rule));
        if rule.id.starts_with('N') {
            options.only.clear();
        }
        let found = folder.check(&options).diagnostics;
        for diagnostic in found.iter().filter(|diagnostic| diagnostic.code == rule.id) {
            firing.push(format!("{}: {}:{}", rule.id, diagnostic.message, diagnostic.file()));
        }
    }
    assert!(firing.is_empty(), "these find something in their good example:\n{}", firing.join("\n"));
}

#[test]
fn what_a_rule_offers_to_fix_is_gone_after_fixing() {
    let mut wrong = Vec::new();
    for rule in tested().filter(|rule| rule.is_fixable) {
        let folder = Folder::completed(&pages::example(rule.id, "Bad").files, series(rule));
        let outcome = folder.check(&folder.options(rule, series(rule)));
        if outcome.fixable == 0 {
            wrong.push(format!("{} offers nothing", rule.id));
            continue;
        }
        outcome.edits.write().unwrap();
        let left = folder.found_by(rule, series(rule));
        if !left.is_empty() {
            wrong.push(format!("{} leaves {}", rule.id, left[0].message));
        }
        let broken = folder.check(&lint::Options { targets: vec![series(rule)], ..lint::Options::default() });
        if let Some(bad) = broken.diagnostics.iter().find(|diagnostic| diagnostic.code.starts_with('E')) {
            wrong.push(format!("{} breaks {}: {}", rule.id, bad.file(), bad.message));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_fix_of_a_bad_example_is_the_good_one() {
    // Of those whose pages show both sides of the same lines.
    for id in [
        "P01", "P02", "P03", "P04", "P05", "P06", "P08", "P10", "P11", "P12", "P21", "P24", "P25", "P26",
        "P34", "H01", "H12", "W14", "M08",
    ] {
        let rule = lint::find_rule(id).unwrap();
        let folder = Folder::completed(&pages::example(id, "Bad").files, series(rule));
        folder.check(&folder.options(rule, series(rule))).edits.write().unwrap();
        for (path, text) in pages::example(id, "Good").files {
            let fixed = folder.read(&path);
            // The page leaves out what an import at the top leaves behind.
            assert_eq!(fixed.trim(), text.trim(), "{id}: {path}");
        }
    }
}
