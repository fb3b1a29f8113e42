//! Why a record could not be mapped.

use std::fmt;

use serde::{Deserialize, Serialize};

use pyexpr::Json;

/// One reason why a record cannot be written, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Odoo field, `order_line[2].price_unit` for a line's; empty when the whole record is meant.
    pub field: String,
    /// Where the value stands in the record: a path or an expression.
    pub path: String,
    /// The value found, shortened.
    pub value: String,
    /// What is wrong and what to do next.
    pub reason: String,
}

impl Problem {
    /// A problem of one field with the value found at a path.
    pub fn new(field: &str, path: &str, value: Option<&Json<'_>>, reason: impl Into<String>) -> Problem {
        Problem { field: field.to_owned(), path: path.to_owned(), value: shown(value), reason: reason.into() }
    }

    /// A problem of the record as a whole.
    pub fn of_record(reason: impl Into<String>) -> Problem {
        Problem { field: String::new(), path: String::new(), value: String::new(), reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.reason)?;
        if !self.path.is_empty() {
            write!(f, " (at {}", self.path)?;
            if !self.value.is_empty() {
                write!(f, ": {}", self.value)?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

const SHOWN_CHARS: usize = 60;

fn shown(value: Option<&Json<'_>>) -> String {
    let Some(value) = value else { return String::new() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
