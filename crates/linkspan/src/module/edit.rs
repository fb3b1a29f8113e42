//! Edits of source files by byte ranges: what lies outside of them stays byte for byte.
//!
//! An [`EditSet`] collects replacements for any number of files, shows them as a diff, and writes all files or none.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use diffy::DiffOptions;

/// Bytes `range` of a file become `text`; an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Bytes of the old text.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

impl Replacement {
    /// `range` becomes `text`.
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Replacement {
        Replacement { range, text: text.into() }
    }

    /// `text` is put before byte `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Replacement {
        Replacement::new(at..at, text)
    }

    /// `range` goes away.
    pub fn delete(range: Range<usize>) -> Replacement {
        Replacement::new(range, "")
    }

    /// Insertions at one place go together; everything else that shares a byte does not.
    fn overlaps(&self, other: &Replacement) -> bool {
        let (a, b) = (&self.range, &other.range);
        if a.is_empty() && b.is_empty() {
            return false;
        }
        a.start < b.end && b.start < a.end
    }
}

/// Why edits were not written. No file was changed then, or all changed ones were put back.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is marked as read-only.
    #[error("{} is read-only; nothing was changed. Make it writable and run this again", .0.display())]
    ReadOnly(PathBuf),
    /// The file is not what it was when the edit was made.
    #[error("{} was changed by somebody else meanwhile; nothing was changed. Run this again", .0.display())]
    Changed(PathBuf),
    /// The operating system refused.
    #[error("{} cannot be written ({error}); nothing was changed", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

#[derive(Debug, Clone)]
struct FileEdit {
    /// `None`: the file is new.
    old: Option<String>,
    replacements: Vec<Replacement>,
}

impl FileEdit {
    fn new_text(&self) -> String {
        let old = self.old.as_deref().unwrap_or("");
        let mut sorted: Vec<&Replacement> = self.replacements.iter().collect();
        // Stable: insertions at one place keep the order in which they were added.
        sorted.sort_by_key(|replacement| (replacement.range.start, replacement.range.end));
        let mut text = String::with_capacity(old.len() + 64);
        let mut at = 0;
        for replacement in sorted {
            text.push_str(&old[at..replacement.range.start]);
            text.push_str(&replacement.text);
            at = replacement.range.end;
        }
        text.push_str(&old[at..]);
        text
    }
}

/// Replacements for a set of files, written all or none.
#[derive(Debug, Clone, Default)]
pub struct EditSet {
    files: BTreeMap<PathBuf, FileEdit>,
}

impl EditSet {
    /// No edits yet.
    pub fn new() -> EditSet {
        EditSet::default()
    }

    /// Adds replacements that belong together to the file at `path`, which holds `old`. `false`, and nothing is added,
    /// when one of them overlaps an earlier one or leaves the text. One that is there already counts as added.
    pub fn replace(&mut self, path: &Path, old: &str, replacements: &[Replacement]) -> bool {
        let entry = self
            .files
            .entry(path.to_owned())
            .or_insert_with(|| FileEdit { old: Some(old.to_owned()), replacements: Vec::new() });
        let fits = |new: &Replacement| {
            new.range.start <= new.range.end
                && old.get(new.range.clone()).is_some()
                && entry.replacements.iter().all(|kept| kept == new || !kept.overlaps(new))
        };
        let inside = |(i, new): (usize, &Replacement)| {
            replacements[..i].iter().all(|earlier| earlier == new || !earlier.overlaps(new))
        };
        if !replacements.iter().all(fits) || !replacements.iter().enumerate().all(inside) {
            return false;
        }
        for new in replacements {
            if !entry.replacements.contains(new) {
                entry.replacements.push(new.clone());
            }
        }
        true
    }

    /// Adds a file that does not exist yet.
    pub fn create(&mut self, path: &Path, text: impl Into<String>) {
        let replacements = vec![Replacement::insert(0, text)];
        self.files.insert(path.to_owned(), FileEdit { old: None, replacements });
    }

    /// Leaves the file at `path` as it is.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// Takes over the edits of another set, which are about other files.
    pub fn extend(&mut self, other: EditSet) {
        self.files.extend(other.files);
    }

    /// Whether no file would change.
    pub fn is_empty(&self) -> bool {
        self.changed().next().is_none()
    }

    /// Number of files that would change.
    pub fn len(&self) -> usize {
        self.changed().count()
    }

    /// The files that would change, with their new text.
    pub fn changed(&self) -> impl Iterator<Item = (&Path, String)> {
        self.files.iter().filter_map(|(path, edit)| {
            let new = edit.new_text();
            (edit.old.as_deref() != Some(new.as_str())).then_some((path.as_path(), new))
        })
    }

    /// A unified diff of all files, their names relative to `root` where they are inside of it.
    pub fn diff(&self, root: &Path) -> String {
        let mut text = String::new();
        for (path, new) in self.changed() {
            let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
            let old = self.files.get(path).and_then(|edit| edit.old.as_deref());
            let before = if old.is_some() { format!("a/{name}") } else { "/dev/null".to_owned() };
            let mut options = DiffOptions::new();
            options.set_original_filename(before).set_modified_filename(format!("b/{name}"));
            text.push_str(&options.create_patch(old.unwrap_or(""), &new).to_string());
        }
        text
    }

    /// Writes all files, each by a temporary file that takes the old one's place.
    ///
    /// # Errors
    /// When one of them cannot be written; those that were are put back.
    pub fn write(&self) -> Result<usize, EditError> {
        let mut prepared = Vec::new();
        for (path, new) in self.changed() {
            let old = self.files.get(path).and_then(|edit| edit.old.as_deref());
            match prepare(path, old, &new) {
                Ok(file) => prepared.push(file),
                Err(error) => {
                    remove(&prepared);
                    return Err(error);
                }
            }
        }
        for (i, file) in prepared.iter().enumerate() {
            if let Err(error) = fs::rename(&file.temporary, &file.target) {
                remove(&prepared[i..]);
                put_back(&prepared[..i]);
                return Err(EditError::Io { path: file.target.clone(), error });
            }
        }
        Ok(prepared.len())
    }
}

/// A new text that waits beside its file.
struct Prepared {
    target: PathBuf,
    temporary: PathBuf,
    old: Option<String>,
}

fn prepare(path: &Path, old: Option<&str>, new: &str) -> Result<Prepared, EditError> {
    let failed = |error| EditError::Io { path: path.to_owned(), error };
    // A link stays a link: the file it leads to is replaced.
    let target = if old.is_some() { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    if let Some(old) = old {
        let permissions = fs::metadata(&target).map_err(failed)?.permissions();
        if permissions.readonly() {
            return Err(EditError::ReadOnly(path.to_owned()));
        }
        if fs::read(&target).map_err(failed)? != old.as_bytes() {
            return Err(EditError::Changed(path.to_owned()));
        }
    }
    let temporary = write_beside(&target, new).map_err(failed)?;
    Ok(Prepared { target, temporary, old: old.map(str::to_owned) })
}

/// Writes `text` into a file beside `target`, with the target's permissions.
fn write_beside(target: &Path, text: &str) -> io::Result<PathBuf> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.linkspan", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        if let Ok(metadata) = fs::metadata(target) {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })?;
    Ok(temporary)
}

fn remove(prepared: &[Prepared]) {
    for file in prepared {
        // It is in nobody's way, and the error that led here is the one to tell.
        let _ = fs::remove_file(&file.temporary);
    }
}

fn put_back(written: &[Prepared]) {
    for file in written {
        let _ = match &file.old {
            Some(old) => write_beside(&file.target, old).and_then(|kept| fs::rename(kept, &file.target)),
            None => fs::remove_file(&file.target),
        };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn what_lies_outside_of_the_ranges_stays() {
        let folder = folder_with(&[("a.py", "one\r\ntwo  \nthree")]);
        let path = folder.path().join("a.py");
        let mut edits = EditSet::new();
        let parts = [Replacement::new(5..8, "2"), Replacement::insert(0, "# first\n")];
        assert!(edits.replace(&path, "one\r\ntwo  \nthree", &parts));
        assert_eq!(edits.write().unwrap(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), "# first\none\r\n2  \nthree");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
    }

    #[test]
    fn an_overlapping_group_is_left_out_whole() {
        let mut edits = EditSet::new();
        let path = Path::new("a.py");
        assert!(edits.replace(path, "abcdef", &[Replacement::new(1..3, "X")]));
        let group = [Replacement::new(5..6, "Z"), Replacement::new(2..4, "Y")];
        assert!(!edits.replace(path, "abcdef", &group));
        assert!(
            edits.replace(path, "abcdef", &[Replacement::new(1..3, "X")]),
            "the same one counts as added"
        );
        assert!(!edits.replace(path, "abcdef", &[Replacement::new(5..9, "")]), "it leaves the text");
        assert_eq!(edits.changed().next().unwrap().1, "aXdef");
    }

    #[test]
    fn one_file_that_cannot_be_written_leaves_all_others_as_they_were() {
        let folder = folder_with(&[("a.py", "a"), ("b.py", "b")]);
        let (a, b) = (folder.path().join("a.py"), folder.path().join("b.py"));
        let mut edits = EditSet::new();
        assert!(edits.replace(&a, "a", &[Replacement::new(0..1, "A")]));
        assert!(edits.replace(&b, "b", &[Replacement::new(0..1, "B")]));
        let mut permissions = fs::metadata(&b).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&b, permissions).unwrap();
        assert!(matches!(edits.write(), Err(EditError::ReadOnly(_))));
        assert_eq!(fs::read_to_string(&a).unwrap(), "a");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "a temporary file was left");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_not_overwritten() {
        let folder = folder_with(&[("a.py", "somebody's")]);
        let path = folder.path().join("a.py");
        let mut edits = EditSet::new();
        assert!(edits.replace(&path, "mine", &[Replacement::new(0..4, "ours")]));
        assert!(matches!(edits.write(), Err(EditError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
    }

    #[test]
    fn a_diff_shows_what_would_change() {
        let mut edits = EditSet::new();
        assert!(edits.replace(Path::new("/m/a.py"), "one\ntwo\n", &[Replacement::new(4..7, "2")]));
        edits.create(Path::new("/m/b.py"), "new\n");
        let diff = edits.diff(Path::new("/m"));
        assert!(diff.contains("--- a/a.py\n+++ b/a.py\n"), "{diff}");
        assert!(diff.contains("-two\n+2\n") && diff.contains("+++ b/b.py\n"), "{diff}");
    }
}
