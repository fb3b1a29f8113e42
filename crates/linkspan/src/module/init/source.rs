//! Where a module's definition comes from: a shipped connector, a file, or the starter of a type.

use std::path::{Path, PathBuf};

use super::{InitError, Names, Request};
use crate::connectors;
use crate::definition::model::ConnectorType;
use crate::definition::{self, Definition, Report};

/// A definition and its samples.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) definition: Definition,
    /// As it goes into the module.
    pub(super) text: String,
    samples: Samples,
}

#[derive(Debug)]
enum Samples {
    Shipped(String),
    Beside(PathBuf),
}

impl Source {
    /// The record that the definition names as a sample.
    pub(super) fn sample(&self, path: &str) -> Option<String> {
        match &self.samples {
            Samples::Shipped(folder) => connectors::sample(&format!("{folder}/{path}")),
            Samples::Beside(folder) => std::fs::read_to_string(folder.join(path)).ok(),
        }
    }
}

/// Finds and checks the definition.
pub(super) fn find(request: &Request, names: &Names) -> Result<Source, InitError> {
    let Some(connector) = &request.connector else {
        let kind = request.kind.ok_or(InitError::NothingNamed)?;
        return starter(kind, names);
    };
    let (text, file, samples) = match connectors::text(connector) {
        Some(text) => (
            text.to_owned(),
            format!("connectors/{connector}/connector.toml"),
            Samples::Shipped(connector.clone()),
        ),
        None => {
            let path = Path::new(connector);
            let looks_like_file = connector.contains(['/', '.']) || path.exists();
            if !looks_like_file {
                return Err(InitError::UnknownConnector { connector: connector.clone() });
            }
            let text = std::fs::read_to_string(path)
                .map_err(|source| InitError::Unreadable { path: path.to_owned(), source })?;
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            (text, path.display().to_string(), Samples::Beside(folder))
        }
    };
    let source = of_text(text, &file, samples)?;
    let found = source.definition.connector.kind;
    if let Some(asked) = request.kind.filter(|asked| *asked != found) {
        return Err(InitError::OtherType {
            connector: connector.clone(),
            found: type_name(found),
            asked: type_name(asked),
        });
    }
    Ok(source)
}

/// A definition's text that is to stand in `folder`, whose samples are there already.
pub(super) fn beside(text: &str, folder: &Path) -> Result<Source, InitError> {
    let file = folder.join("connector.toml").display().to_string();
    of_text(text.to_owned(), &file, Samples::Beside(folder.to_owned()))
}

fn of_text(text: String, file: &str, samples: Samples) -> Result<Source, InitError> {
    let base = match &samples {
        Samples::Beside(folder) => Some(folder.as_path()),
        Samples::Shipped(_) => None,
    };
    let checked = definition::parse(&text, file, base).map_err(InitError::Definition)?;
    let findings = Report::new(checked.findings);
    // The module's tests map the samples.
    if findings.has_errors() {
        return Err(InitError::Definition(findings));
    }
    Ok(Source { definition: checked.definition, text, samples })
}

/// The starter of a type, under the name of the module.
fn starter(kind: ConnectorType, names: &Names) -> Result<Source, InitError> {
    let id = type_name(kind);
    let text = connectors::starter(kind)
        .replacen(&format!("id = \"{id}\""), &format!("id = \"{}\"", names.name), 1)
        .replacen("title = \"Starter\"", &format!("title = \"{}\"", super::names::title(&names.name)), 1);
    let checked = definition::parse(&text, &format!("starters/{id}/connector.toml"), None)
        .map_err(InitError::Definition)?;
    Ok(Source { definition: checked.definition, text, samples: Samples::Shipped(format!("starters/{id}")) })
}

/// As users write it.
pub(super) fn type_name(kind: ConnectorType) -> &'static str {
    match kind {
        ConnectorType::Ecommerce => "ecommerce",
        ConnectorType::Logistics => "logistics",
        ConnectorType::Accounting => "accounting",
        ConnectorType::Crm => "crm",
    }
}
