//! A file's bytes as text, or the reason why not.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Source, codes};

/// Size a file may have, in bytes. The largest definition we know is under 100 KiB.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the file at `path` as UTF-8. `what` names it in messages, "the connector definition" for example.
pub fn read(path: &Path, what: &str) -> Result<String, Box<Diagnostic>> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(Box::new(unreadable(path, what, &error))),
        Ok(_) if bytes.len() as u64 > MAX_BYTES => Err(Box::new(too_large(&name))),
        Ok(_) => String::from_utf8(bytes).map_err(|error| Box::new(not_utf8(&name, error))),
    }
}

/// The problem of a text longer than [`MAX_BYTES`].
pub fn too_large(name: &str) -> Diagnostic {
    let message = format!("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024);
    Diagnostic::error(codes::TOO_LARGE, &Source::new(name, ""), 0..0, message)
        .help("Is it the right file? Sample records belong in files of their own, named with `sample`.")
}

fn unreadable(path: &Path, what: &str, error: &std::io::Error) -> Diagnostic {
    use std::io::ErrorKind;
    let help = match error.kind() {
        ErrorKind::NotFound => "Check the path; a relative one starts at the current folder.",
        ErrorKind::PermissionDenied => "Give the user who runs linkspan the right to read it.",
        ErrorKind::IsADirectory => "Name the file in the folder, not the folder.",
        _ => "Check that the path names a file that can be read.",
    };
    let message = format!("{what} cannot be read: {error}");
    Diagnostic::error(codes::UNREADABLE, &Source::new(path.display().to_string(), ""), 0..0, message)
        .help(help)
}

fn not_utf8(name: &str, error: std::string::FromUtf8Error) -> Diagnostic {
    let start = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(start).copied().unwrap_or_default();
    // The text up to `start` is valid, so offsets in it stay what they are.
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
    let message = format!("the file is not UTF-8: byte 0x{byte:02x} does not belong here");
    Diagnostic::error(codes::NOT_UTF8, &Source::new(name, text), start..end, message)
        .help("Save the file as UTF-8 (most editors: \"Save with encoding\").")
}
