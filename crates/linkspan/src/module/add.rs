//! `linkspan add-binding`, `add-webhook`, `add-export`: the definition in a module grows, and so do the files that
//! follow from it.
//!
//! The module is generated twice, from the definition as it is and as it will be. What differs between the two is merged
//! into the author's files, three-way, so that every edit stays: see [`merge`](super::merge). All files are written or
//! none, and a second time changes nothing.

mod definition;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::answers::{self, Answers};
use super::edit::{EditError, EditSet, Replacement};
use super::init::{self, Direction, InitError, Request};
use super::merge::merge;
use super::{RenderError, Rendered};

/// What is to be added.
#[derive(Debug, Clone)]
pub enum Addition {
    /// An entity that is imported and bound to records of an Odoo model.
    Binding {
        /// Name of the entity.
        entity: String,
        /// Odoo model.
        model: String,
    },
    /// A webhook that imports a record.
    Webhook {
        /// As the external system names it.
        topic: String,
        /// The entity that it imports; empty: the one that the topic names.
        entity: Option<String>,
    },
    /// The way out for the entity that is bound to an Odoo model.
    Export {
        /// Odoo model.
        model: String,
    },
}

/// What would be written.
#[derive(Debug)]
pub struct Added {
    /// The edits; none when all is there already.
    pub edits: EditSet,
    /// Files that change or come new, relative to the module.
    pub files: Vec<String>,
}

/// Why nothing was added. The module is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It was not made by `linkspan init`.
    #[error("{} has no {}: it was not made by `linkspan init`, so what was generated cannot be told from what was written by hand. Make the module anew and move your code over, or add the files by hand; `linkspan validate` checks them", .0.display(), answers::FILE)]
    Foreign(PathBuf),
    /// A file of the module cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `.linkspan.toml` is wrong.
    #[error("{}: {reason}", path.display())]
    Answers {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The definition cannot take the addition.
    #[error("{0}")]
    Refused(String),
    /// The definition has problems, before or after the addition.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The author has changed the same lines.
    #[error("{}:{line}: this place was edited by hand and would have to change too. Nothing was written. Put this in by hand, then run the command again:\n{wanted}", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// Line of the file.
        line: usize,
        /// What would stand there.
        wanted: String,
    },
    /// A new file's place is taken.
    #[error("{} exists already and holds something else; rename it. Nothing was written", .0.display())]
    Taken(PathBuf),
    /// A file that would have to change is gone.
    #[error("{} is gone and would have to change; put it back (linkspan init makes it anew elsewhere). Nothing was written", .0.display())]
    Gone(PathBuf),
    /// A file is no Python or XML, before or after the merge.
    #[error("{}:{line}: {reason}. Nothing was written", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line of it.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// The files cannot be written.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl From<RenderError> for AddError {
    fn from(error: RenderError) -> AddError {
        AddError::Init(error.into())
    }
}

/// Works out what `addition` changes in the module at `folder`; writes nothing.
pub fn plan(folder: &Path, addition: &Addition) -> Result<Added, AddError> {
    let kept = folder.join(answers::FILE);
    if !kept.is_file() {
        return Err(AddError::Foreign(folder.to_owned()));
    }
    let before = Answers::request(&read(&kept)?, folder)
        .map_err(|reason| AddError::Answers { path: kept.clone(), reason })?;
    let old = read(&folder.join("connector.toml"))?;
    let base = init::generate_from(&before, &old, folder)?;
    let Some(new) = definition::edited(&old, addition).map_err(AddError::Refused)? else {
        return Ok(Added { edits: EditSet::new(), files: Vec::new() });
    };
    let after = widened(&before, addition);
    let theirs = init::generate_from(&after, &new, folder)?;
    merged(folder, &base.files, &theirs.files)
}

/// The request that has the new entity or direction too.
fn widened(before: &Request, addition: &Addition) -> Request {
    let mut after = before.clone();
    match addition {
        Addition::Binding { entity, .. } if !after.entities.is_empty() => after.entities.push(entity.clone()),
        Addition::Export { .. } => after.direction = Direction::Both,
        Addition::Binding { .. } | Addition::Webhook { .. } => {}
    }
    after
}

fn merged(folder: &Path, base: &[Rendered], theirs: &[Rendered]) -> Result<Added, AddError> {
    let base: BTreeMap<&str, &[u8]> = base.iter().map(|file| (file.path.as_str(), &*file.bytes)).collect();
    let (mut edits, mut files) = (EditSet::new(), Vec::new());
    for file in theirs {
        let path = folder.join(&file.path);
        let before = base.get(file.path.as_str());
        if before.is_some_and(|before| *before == file.bytes) {
            continue;
        }
        let wanted = String::from_utf8_lossy(&file.bytes);
        let Some(before) = before else {
            match std::fs::read(&path) {
                Ok(there) if there == file.bytes => continue,
                Ok(_) => return Err(AddError::Taken(path)),
                Err(_) => edits.create(&path, wanted),
            }
            files.push(file.path.clone());
            continue;
        };
        // Odoo exports translation templates anew: one that is no longer as it was made is left to that.
        if file.path.starts_with("i18n/") && std::fs::read(&path).ok().as_deref() != Some(*before) {
            continue;
        }
        if !path.is_file() {
            return Err(AddError::Gone(path));
        }
        let ours = read(&path)?;
        check(&path, &ours)?;
        let text = merge(&String::from_utf8_lossy(before), &ours, &wanted).map_err(|conflict| {
            AddError::Conflict { path: path.clone(), line: conflict.line, wanted: conflict.wanted }
        })?;
        check(&path, &text)?;
        if text != ours {
            edits.replace(&path, &ours, &[Replacement::new(0..ours.len(), text)]);
            files.push(file.path.clone());
        }
    }
    Ok(Added { edits, files })
}

fn read(path: &Path) -> Result<String, AddError> {
    std::fs::read_to_string(path).map_err(|source| AddError::Unreadable { path: path.to_owned(), source })
}

/// Whether a file is what its name says.
fn check(path: &Path, text: &str) -> Result<(), AddError> {
    let wrong = |line: usize, reason: String| AddError::Syntax { path: path.to_owned(), line, reason };
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("py") => ruff_python_parser::parse_module(text)
            .map(drop)
            .map_err(|error| wrong(line(error.location.start().to_usize()), error.error.to_string())),
        Some("xml") => roxmltree::Document::parse(text)
            .map(drop)
            .map_err(|error| wrong(error.pos().row as usize, error.to_string())),
        _ => Ok(()),
    }
}
