//! Puts a new folder on disk, all of it or nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::render::Rendered;

/// Why there is no new folder. Nothing was left behind.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Something stands there already.
    #[error("{} exists already. Choose another name or path, or move it away; nothing was written.", .0.display())]
    Exists(PathBuf),
    /// The folder cannot be written.
    #[error("{} cannot be written: {source}. Check that the path belongs to you and has room; nothing was left behind.", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes `files` into the new folder `folder`. They are written beside it first and appear together.
pub fn publish(folder: &Path, files: &[Rendered]) -> Result<(), PublishError> {
    if folder.symlink_metadata().is_ok() {
        return Err(PublishError::Exists(folder.to_owned()));
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    let made = first_missing(parent);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let draft = parent.join(format!(".{name}.linkspan-{}", std::process::id()));
    let written = std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::create_dir(&draft))
        .and_then(|()| files.iter().try_for_each(|file| write(&draft, file)))
        .and_then(|()| std::fs::rename(&draft, folder));
    written.map_err(|source| {
        // The first error is the one to tell.
        let _ = std::fs::remove_dir_all(&draft);
        if let Some(made) = made {
            let _ = std::fs::remove_dir_all(made);
        }
        // Between the look above and the rename somebody else may have put a folder there.
        if source.kind() == io::ErrorKind::DirectoryNotEmpty {
            return PublishError::Exists(folder.to_owned());
        }
        PublishError::Unwritable { path: folder.to_owned(), source }
    })
}

/// The topmost folder that making `path` would make.
fn first_missing(path: &Path) -> Option<PathBuf> {
    let missing = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    missing.last().map(Path::to_owned)
}

fn write(folder: &Path, file: &Rendered) -> io::Result<()> {
    let path = folder.join(&file.path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, &file.bytes)
}
