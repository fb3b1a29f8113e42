//! A file with the findings that were there before: only new ones are told.
//!
//! A finding is recognised by rule, file and the text of its line, so that it may move up and down.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;

/// Rule, file, text of the line.
type Key = (String, String, String);

/// Findings that are not told again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    counts: BTreeMap<Key, usize>,
}

impl Baseline {
    /// A baseline of everything in `diagnostics`, their files relative to `root`.
    pub fn of(diagnostics: &[Diagnostic], root: &Path) -> Baseline {
        let mut counts = BTreeMap::new();
        for diagnostic in diagnostics {
            *counts.entry(key(diagnostic, root)).or_insert(0) += 1;
        }
        Baseline { counts }
    }

    /// Reads what [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    /// A sentence about what is wrong with the text.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let list = value["findings"].as_array().ok_or("it has no list `findings`")?;
        let mut counts = BTreeMap::new();
        for item in list {
            let text = |name: &str| item[name].as_str().map(str::to_owned);
            let key = text("rule").zip(text("file")).zip(text("line_text"));
            let ((rule, file), line) = key.ok_or("a finding lacks `rule`, `file` or `line_text`")?;
            let count = item["count"].as_u64().unwrap_or(1);
            *counts.entry((rule, file, line)).or_insert(0) += usize::try_from(count).unwrap_or(usize::MAX);
        }
        Ok(Baseline { counts })
    }

    /// The baseline as text of a file, sorted, one finding a line.
    pub fn to_json(&self) -> String {
        let findings: Vec<String> = self
            .counts
            .iter()
            .map(|((rule, file, line), count)| {
                let finding = json!({ "rule": rule, "file": file, "line_text": line, "count": count });
                format!("    {finding}")
            })
            .collect();
        format!("{{\n  \"findings\": [\n{}\n  ]\n}}\n", findings.join(",\n"))
    }

    /// Number of findings in it.
    pub fn len(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Takes away what the baseline knows; gives how many that were.
    pub fn filter(&self, diagnostics: &mut Vec<Diagnostic>, root: &Path) -> usize {
        let mut left = self.counts.clone();
        let before = diagnostics.len();
        diagnostics.retain(|diagnostic| match left.get_mut(&key(diagnostic, root)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        before - diagnostics.len()
    }
}

fn key(diagnostic: &Diagnostic, root: &Path) -> Key {
    let file = Path::new(diagnostic.file());
    let file = file.strip_prefix(root).unwrap_or(file).display().to_string();
    (diagnostic.code.to_owned(), file, diagnostic.line_text().trim().to_owned())
}
