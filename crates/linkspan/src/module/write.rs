//! Puts rendered files on disk without losing an edit.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::render::Rendered;

/// What writing a tree would do, or did. Paths are relative to the folder.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// Files that were not there.
    pub created: Vec<String>,
    /// Files that stood there with another content.
    pub changed: Vec<String>,
    /// Files that are as they should be.
    pub unchanged: Vec<String>,
}

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be {action}: {source}. Check that the folder belongs to you and has room.")]
pub struct WriteError {
    path: PathBuf,
    action: &'static str,
    source: std::io::Error,
}

/// Compares `files` with what stands in `folder`; writes nothing.
pub fn compare(folder: &Path, files: &[Rendered]) -> Result<Outcome, WriteError> {
    let mut outcome = Outcome::default();
    for file in files {
        let path = folder.join(&file.path);
        match std::fs::read(&path) {
            Ok(bytes) if bytes == file.bytes => outcome.unchanged.push(file.path.clone()),
            Ok(_) => outcome.changed.push(file.path.clone()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                outcome.created.push(file.path.clone());
            }
            Err(source) => return Err(WriteError { path, action: "read", source }),
        }
    }
    Ok(outcome)
}

/// Writes every file of `files` that differs. Each file is replaced whole: who reads meanwhile sees the old one or
/// the new one.
pub fn write(folder: &Path, files: &[Rendered]) -> Result<Outcome, WriteError> {
    let outcome = compare(folder, files)?;
    for file in files.iter().filter(|file| !outcome.unchanged.contains(&file.path)) {
        let path = folder.join(&file.path);
        replace(&path, &file.bytes).map_err(|source| WriteError { path, action: "written", source })?;
    }
    Ok(outcome)
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.linkspan-{}", std::process::id()));
    let written = std::fs::File::create(&draft).and_then(|mut file| file.write_all(bytes));
    written.and_then(|()| std::fs::rename(&draft, path)).inspect_err(|_| {
        // The draft is of no use to anybody; the first error is the one to tell.
        let _ = std::fs::remove_file(&draft);
    })
}
