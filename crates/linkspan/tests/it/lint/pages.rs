//! The pages of the rules, and what is made from them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linkspan::module::lint::{self, pages};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules")
}

#[test]
fn rule_pages_are_fresh() {
    let mut wanted: Vec<(String, String)> =
        lint::rules().map(|rule| (format!("{}.md", rule.id), pages::explain(rule))).collect();
    wanted.push(("README.md".to_owned(), pages::index()));
    if std::env::var_os("LINKSPAN_BLESS").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        for (name, text) in &wanted {
            std::fs::write(folder().join(name), text).unwrap();
        }
    }
    for (name, text) in &wanted {
        let found = std::fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(
            found == *text,
            "docs/rules/{name} is stale: LINKSPAN_BLESS=1 cargo test -p linkspan rule_pages"
        );
    }
    let there = std::fs::read_dir(folder()).unwrap().count();
    assert_eq!(there, wanted.len(), "docs/rules holds pages of rules that do not exist");
}

#[test]
fn every_rule_has_a_page_with_all_its_parts() {
    let rules: BTreeSet<&str> = lint::rules().map(|rule| rule.id).collect();
    assert_eq!(rules.len(), lint::rules().count(), "an id is there twice");
    assert!(rules.len() >= 70, "there are {} rules", rules.len());
    assert_eq!(rules, pages::ids().collect(), "rules and pages differ");
    for id in rules {
        assert!(pages::what(id).ends_with('.'), "{id} does not say what it finds");
        assert!(pages::section(id, "Why").is_some_and(|why| why.len() > 20), "{id} does not say why");
    }
}
