//! `linkspan add-binding`, `add-webhook`, `add-export`: the definition in a module grows, and so do the files that
//! follow from it.
//!
//! The module is generated twice, from the definition as it is and as it will be. What differs between the two is merged
//! into the author's files, three-way, so that every edit stays: see [`merge`](super::merge). All files are written or
//! none, and a second time changes nothing.

mod definition;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::answers::{self, Answers};
use super::edit::{EditError, EditSet, Replacement};
use super::init::{self, Direction, InitError, Request};
use super::lint::twice;
use super::merge::merge;
use super::{RenderError, Rendered, line_ends, syntax};

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
    /// The author has written what is to be generated, in another way: the later of the two would win.
    #[error("{}:{line}: {what} is there already, and what would be generated takes its place. Nothing was written. Call yours otherwise or take it away, then run the command again", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// Line of the author's.
        line: usize,
        /// The method or the key.
        what: String,
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
    let old = line_ends::lf(&old);
    let base = init::generate_from(&before, &old, folder)?;
    let new = definition::edited(&old, addition).map_err(AddError::Refused)?;
    let after = widened(&before, addition, &new.entities);
    let theirs = init::generate_from(&after, &new.text, folder)?;
    merged(folder, &base.files, &theirs.files)
}

/// The request that has these entities too, in the direction that is added: others keep theirs.
fn widened(before: &Request, addition: &Addition, entities: &[String]) -> Request {
    let mut after = before.clone();
    let mut lists = Vec::new();
    if !after.entities.is_empty() {
        lists.push(&mut after.entities);
    }
    match (addition, after.direction) {
        (Addition::Export { .. }, Direction::Import) => lists.push(&mut after.exports),
        (Addition::Binding { .. } | Addition::Webhook { .. }, Direction::Export) => {
            lists.push(&mut after.imports);
        }
        _ => {}
    }
    for list in lists {
        let missing: Vec<String> = entities.iter().filter(|entity| !list.contains(entity)).cloned().collect();
        list.extend(missing);
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
            match std::fs::read_to_string(&path) {
                Ok(there) if line_ends::lf(&there) == wanted => continue,
                Err(error) if error.kind() == ErrorKind::NotFound => edits.create(&path, wanted),
                _ => return Err(AddError::Taken(path)),
            }
            files.push(file.path.clone());
            continue;
        };
        if !path.is_file() {
            return Err(AddError::Gone(path));
        }
        let (there, before) = (read(&path)?, String::from_utf8_lossy(before));
        let ours = line_ends::lf(&there);
        // Odoo exports translation templates anew: one that is no longer as it was made is left to that.
        if file.path.starts_with("i18n/") && ours != before {
            continue;
        }
        let text = line_ends::like(&there, merge_file(&path, &before, &ours, &wanted)?);
        if text != there {
            edits.replace(&path, &there, &[Replacement::new(0..there.len(), text)]);
            files.push(file.path.clone());
        }
    }
    Ok(Added { edits, files })
}

/// What the author's file becomes. All texts end their lines with LF.
fn merge_file(path: &Path, before: &str, ours: &str, wanted: &str) -> Result<String, AddError> {
    check(path, ours)?;
    let text = merge(before, ours, wanted).map_err(|conflict| AddError::Conflict {
        path: path.to_owned(),
        line: conflict.line,
        wanted: conflict.wanted,
    })?;
    check(path, &text)?;
    if path.extension().is_some_and(|ending| ending == "py")
        && let Some((line, what)) = twice::new_in(ours, &text)
    {
        return Err(AddError::Twice { path: path.to_owned(), line, what });
    }
    Ok(text)
}

fn read(path: &Path) -> Result<String, AddError> {
    std::fs::read_to_string(path).map_err(|source| AddError::Unreadable { path: path.to_owned(), source })
}

/// Whether a file is what its name says.
fn check(path: &Path, text: &str) -> Result<(), AddError> {
    match syntax::problem(path, text) {
        Some((line, reason)) => Err(AddError::Syntax { path: path.to_owned(), line, reason }),
        None => Ok(()),
    }
}
