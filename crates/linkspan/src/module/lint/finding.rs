//! What a rule found, and where.

use std::ops::Range;

use super::load::FileId;
use crate::module::edit::Replacement;

/// One finding of a rule in a file of the module.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The rule's id. Empty until the engine puts it in.
    pub(crate) code: &'static str,
    pub(crate) file: FileId,
    /// Bytes of the file.
    pub(crate) span: Range<usize>,
    /// What is wrong, a sentence without full stop.
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    pub(crate) help: Option<String>,
    /// Replacements in the same file that put it right, applied all or none.
    pub(crate) fix: Vec<Replacement>,
}

impl Finding {
    pub(crate) fn new(file: FileId, span: Range<usize>, message: impl Into<String>) -> Finding {
        Finding { code: "", file, span, message: message.into(), label: None, help: None, fix: Vec::new() }
    }

    pub(crate) fn code(self, code: &'static str) -> Finding {
        Finding { code, ..self }
    }

    pub(crate) fn label(self, label: impl Into<String>) -> Finding {
        Finding { label: Some(label.into()), ..self }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Finding {
        Finding { help: Some(help.into()), ..self }
    }

    pub(crate) fn fix(self, fix: Vec<Replacement>) -> Finding {
        Finding { fix, ..self }
    }
}
