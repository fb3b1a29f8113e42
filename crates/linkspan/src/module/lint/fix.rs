//! From findings to edits.

use std::path::PathBuf;

use super::finding::Finding;
use super::load::Module;
use crate::module::edit::{EditSet, Replacement};
use crate::module::{line_ends, syntax};

/// Adds what puts a finding right, with the file's own line ends. `false` when there is nothing, or it overlaps what
/// another finding changes: a second run finds it again.
pub(super) fn add(edits: &mut EditSet, module: &Module, finding: &Finding) -> bool {
    if finding.fix.is_empty() {
        return false;
    }
    let (path, text) = (file_path(module, finding), module.files[finding.file].source.text());
    if !line_ends::is_crlf(text) {
        return edits.replace(&path, text, &finding.fix);
    }
    let fix = finding.fix.iter().map(|part| {
        Replacement::new(part.range.clone(), line_ends::like(text, part.text.replace("\r\n", "\n")))
    });
    edits.replace(&path, text, &fix.collect::<Vec<_>>())
}

/// The file that a finding is about.
pub(super) fn file_path(module: &Module, finding: &Finding) -> PathBuf {
    module.folder.join(&module.files[finding.file].path)
}

/// Takes the edits of files away that could not be parsed with them, and names these files. A file that has edits
/// could be parsed before, or its rules had not seen it.
pub(super) fn drop_broken(edits: &mut EditSet) -> Vec<PathBuf> {
    let broken = edits.changed().filter(|(path, new)| syntax::problem(path, new).is_some());
    let broken: Vec<PathBuf> = broken.map(|(path, _)| path.to_owned()).collect();
    broken.iter().for_each(|path| edits.remove(path));
    broken
}
