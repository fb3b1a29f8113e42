//! E, N: files that cannot be read, and comments that allow findings. Others find them; here they have their entry.

use crate::module::lint::finding::Finding;
use crate::module::lint::rule::{Context, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule::error("E01", "Python that cannot be parsed", found_while_reading),
    Rule::error("E02", "XML that is not well-formed", found_while_reading),
    Rule::error("E03", "A manifest that is not a literal", found_while_reading),
    Rule::error("E04", "A file that cannot be read", found_while_reading),
    Rule::error("E05", "A file that is not UTF-8", found_while_reading),
    Rule::error("E06", "A CSV row that does not fit its columns", found_while_reading),
    Rule::warning("N01", "A comment that allows nothing", found_while_reading),
    Rule::warning("N02", "A comment that does not say why", found_while_reading),
];

/// `load` and `suppress` find these.
fn found_while_reading(_: &Context<'_>, _: &mut Vec<Finding>) {}
