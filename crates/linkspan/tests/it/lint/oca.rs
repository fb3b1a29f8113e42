//! Published wheels of OCA: each finding is in the kept list with the reason why it is true, so there is no false alarm.
//!
//! `cargo xtask test` downloads the wheels; nothing of them is in this repository.

use std::path::PathBuf;

use linkspan::module::lint::{self, Options};
use serde::Deserialize;

/// Where `xtask/src/wheels.rs` puts them: `<series>/odoo/addons/<module>`.
const VARIABLE: &str = "LINKSPAN_TEST_OCA_WHEELS";

#[derive(Debug, Deserialize)]
struct Kept {
    finding: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    rule: String,
    file: String,
    text: String,
    why: String,
}

#[test]
fn every_finding_on_ocas_wheels_is_explained() {
    let Some(wheels) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        println!("skipped: {VARIABLE} names no folder with OCA's wheels; `cargo xtask test` downloads them");
        return;
    };
    let kept: Kept = toml::from_str(include_str!("oca_findings.toml")).unwrap();
    assert!(kept.finding.iter().all(|finding| finding.why.len() > 20), "an entry does not say why");
    let mut is_used = vec![false; kept.finding.len()];
    let mut unexplained = Vec::new();
    let mut modules = 0;
    for series in std::fs::read_dir(&wheels).unwrap() {
        let addons = series.unwrap().path().join("odoo/addons");
        let outcome = lint::check(&addons, &Options::default()).unwrap();
        modules += outcome.modules.len();
        for found in &outcome.diagnostics {
            let path =
                std::path::Path::new(found.file()).strip_prefix(&addons).unwrap().display().to_string();
            let text = found.line_text().trim();
            let entry = kept
                .finding
                .iter()
                .position(|known| known.rule == found.code && known.file == path && known.text == text);
            match entry {
                Some(entry) => is_used[entry] = true,
                None => unexplained.push(format!("{} {path}:{} {}", found.code, found.line(), found.message)),
            }
        }
    }
    assert_eq!(modules, 8, "connector and queue_job in three series, shopify_connector in two");
    assert!(unexplained.is_empty(), "not in oca_findings.toml:\n{}", unexplained.join("\n"));
    let unused: Vec<&Finding> = kept
        .finding
        .iter()
        .zip(is_used)
        .filter(|(_, is_used)| !is_used)
        .map(|(finding, _)| finding)
        .collect();
    assert!(unused.is_empty(), "no longer found: {unused:#?}");
}
