//! What a module holds, so that a rule looks up instead of searching.
//!
//! [`python`] walks every Python file once, [`data`] every XML and CSV file once.

pub(crate) mod data;
pub(crate) mod imports;
pub(crate) mod python;

use super::load::Module;
use data::Data;
use python::Python;

/// Everything that rules look up.
pub(crate) struct Index<'a> {
    pub(crate) python: Python<'a>,
    pub(crate) data: Data<'a>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(module: &'a Module) -> Index<'a> {
        Index { python: Python::new(module), data: Data::new(module) }
    }
}
