//! Whether a file that was changed is still what its name says.

use std::path::Path;

/// Line, from 1, and reason why a file of Python or XML cannot be parsed; other files are not looked into.
pub(super) fn problem(path: &Path, text: &str) -> Option<(usize, String)> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("py") => {
            let error = ruff_python_parser::parse_module(text).err()?;
            Some((line(error.location.start().to_usize()), error.error.to_string()))
        }
        Some("xml") => {
            let error = roxmltree::Document::parse(text).err()?;
            Some((error.pos().row as usize, error.to_string()))
        }
        _ => None,
    }
}
