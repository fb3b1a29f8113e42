//! E, N: files that cannot be read or lose a part of themselves, and comments that allow findings. What others find has
//! its entry here only.

use crate::module::lint::finding::Finding;
use crate::module::lint::rule::{Context, Rule};
use crate::module::lint::{py, twice};

pub(super) static RULES: &[Rule] = &[
    Rule::error("E01", "Python that cannot be parsed", found_while_reading),
    Rule::error("E02", "XML that is not well-formed", found_while_reading),
    Rule::error("E03", "A manifest that is not a literal", found_while_reading),
    Rule::error("E04", "A file that cannot be read", found_while_reading),
    Rule::error("E05", "A file that is not UTF-8", found_while_reading),
    Rule::error("E06", "A CSV row that does not fit its columns", found_while_reading),
    Rule::error("E07", "A method that a later one of its name replaces", method_twice),
    Rule::warning("E08", "A key that a later one of its dictionary replaces", key_twice),
    Rule::warning("N01", "A comment that allows nothing", found_while_reading),
    Rule::warning("N02", "A comment that does not say why", found_while_reading),
];

/// `load` and `suppress` find these.
fn found_while_reading(_: &Context<'_>, _: &mut Vec<Finding>) {}

fn method_twice(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for class in &ctx.index.python.classes {
        for (first, again) in twice::methods(class.node) {
            let line = ctx.file(class.file).source.position(py::span(&first.name).start).line;
            let message = format!("`{}` of line {line} never runs: this one takes its place", again.name);
            out.push(
                Finding::new(class.file, py::span(&again.name), message)
                    .help("Bring both together, or give one of them a name of its own."),
            );
        }
    }
}

fn key_twice(ctx: &Context<'_>, out: &mut Vec<Finding>) {
    for site in &ctx.index.python.dicts {
        for (first, again) in twice::keys(site.node) {
            let line = ctx.file(site.scope.file).source.position(py::span(first).start).line;
            let message = format!("the value of line {line} is lost: this one takes its place");
            out.push(Finding::new(site.scope.file, py::span(again), message).help("Take one of them away."));
        }
    }
}
