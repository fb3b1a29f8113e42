//! From findings to edits.

use super::finding::Finding;
use super::load::Module;
use crate::module::edit::EditSet;

/// Adds what puts a finding right. `false` when there is nothing, or it overlaps what another finding changes: a second
/// run finds it again.
pub(super) fn add(edits: &mut EditSet, module: &Module, finding: &Finding) -> bool {
    if finding.fix.is_empty() {
        return false;
    }
    let file = &module.files[finding.file];
    edits.replace(&module.folder.join(&file.path), file.source.text(), &finding.fix)
}
