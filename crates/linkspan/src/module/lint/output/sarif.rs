//! SARIF 2.1.0, which code hosts and editors read.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::module::lint::{pages, rules};

/// The diagnostics as a log with one run. Paths are as they were given, with `/`.
pub fn sarif(diagnostics: &[Diagnostic]) -> Value {
    let descriptors: Vec<Value> = rules()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "help": { "text": pages::what(rule.id), "markdown": pages::what(rule.id) },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "linkspan",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": descriptors,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    severity.as_str()
}

fn result(diagnostic: &Diagnostic) -> Value {
    let (start, end) = (diagnostic.start(), diagnostic.end());
    let help = diagnostic.help.as_deref().map(|help| format!(". {help}")).unwrap_or_default();
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(diagnostic.file()) },
            "region": {
                "startLine": start.line, "startColumn": start.column,
                "endLine": end.line, "endColumn": end.column,
            },
        }}],
    });
    // Problems of definitions have no entry among the rules.
    if let Some(index) = rules().position(|rule| rule.id == diagnostic.code) {
        result["ruleIndex"] = json!(index);
    }
    result
}

/// A path as a relative reference: what has a meaning in addresses is encoded.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
