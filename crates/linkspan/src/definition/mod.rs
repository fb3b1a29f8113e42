//! The connector definition: parse, model, check.
//!
//! [`load`] reads a file, [`parse`] a text. Both give the typed [`Definition`] or a
//! [`Report`] of all problems at once, each with line, column, and what to write instead.

pub mod auth;
mod check;
pub mod entity;
pub mod export;
pub mod model;
pub mod operation;
pub(crate) mod path;
pub mod webhooks;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Severity, Source, codes};
use crate::document::schema::View;
use crate::document::{Document, read, schema, structure};

pub use crate::diagnostic::Report;
pub use model::Definition;

/// A definition without errors.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The definition.
    pub definition: Definition,
    /// What is most likely not meant, and as errors what its samples show: those stop records like them, and no others.
    pub findings: Vec<Diagnostic>,
}

/// A definition from a file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The definition.
    pub definition: Definition,
    /// What is most likely not meant, and as errors what its samples show: those stop records like them, and no others.
    pub findings: Vec<Diagnostic>,
    /// The file it came from.
    pub path: PathBuf,
}

/// Reads and checks the definition at `path`; sample files are looked for beside it.
pub fn load(path: &Path) -> Result<Loaded, Report> {
    let text = read::read(path, "the connector definition").map_err(|problem| Report::from(*problem))?;
    let base_dir = path.parent().unwrap_or(Path::new(""));
    let Checked { definition, findings } = parse(&text, &path.display().to_string(), Some(base_dir))?;
    Ok(Loaded { definition, findings, path: path.to_owned() })
}

/// Checks a definition's text. `file_name` stands in messages; without `base_dir` sample files are not read.
pub fn parse(text: &str, file_name: &str, base_dir: Option<&Path>) -> Result<Checked, Report> {
    if text.len() as u64 > read::MAX_BYTES {
        return Err(read::too_large(file_name).into());
    }
    let parsed = Document::parse(text, Source::new(file_name, text));
    // Where the grammar is broken the tree is not whole, and what it lacks says nothing.
    if !parsed.only_duplicates() {
        return Err(Report::new(parsed.problems));
    }
    let document = parsed.document;
    let findings = structure::check(&document, View::new(&SCHEMA));
    let mut problems = parsed.problems;
    let told: HashSet<_> = findings.problems.iter().map(|problem| problem.span.clone()).collect();
    let further = check::check(&document, &findings, base_dir);
    problems.extend(further.into_iter().filter(|problem| !told.contains(&problem.span)));
    problems.extend(findings.problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        // What is misspelt where it is used seems unused where it is declared; one message is enough.
        problems.retain(|problem| problem.code != codes::UNUSED);
        return Err(Report::new(problems));
    }
    let definition = document.clone().into_typed().map_err(|problem| Report::from(*problem))?;
    problems.extend(check::trial(&document, &definition, base_dir));
    let findings = Report::new(problems).diagnostics;
    Ok(Checked { definition, findings })
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schema::of::<Definition>("Linkspan connector definition"));

/// The JSON Schema of `connector.toml`, for editors, agents and CI.
pub fn json_schema() -> Value {
    SCHEMA.clone()
}
