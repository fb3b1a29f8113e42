//! Paths such as `billing.country` and `categories[0].id`.

use super::Check;
use crate::definition::path::{Step, Steps, parse};
use crate::diagnostic::codes;
use crate::document::Node;

impl<'a> Check<'a> {
    /// Checks how a path is written; gives its steps if that is right.
    pub(super) fn path(&mut self, node: Option<Node<'a>>) -> Option<Steps> {
        let steps = self.path_from_either_end(node)?;
        let from_end = steps.iter().find(|(step, _)| matches!(step, Step::Index(..0)));
        if let Some(((_, range), node)) = from_end.zip(node) {
            let span = self.inside(node, range.clone());
            let message = "positions count from the beginning here";
            let help = "Write a position from 0, `categories[0].id` for example.";
            self.error_at(codes::PATH_SYNTAX, span, message, help);
            return None;
        }
        Some(steps)
    }

    /// The same for a place where `[-1]` is the last item.
    pub(super) fn path_from_either_end(&mut self, node: Option<Node<'a>>) -> Option<Steps> {
        let node = node?;
        match parse(node.text()?) {
            Ok(steps) => Some(steps),
            Err((range, message)) => {
                let span = self.inside(node, range);
                let help = "Write names joined by dots and positions from 0, `categories[0].id` for example; a name with \
                            other characters stands in brackets and quotes, `[\"odata.count\"]`.";
                self.error_at(codes::PATH_SYNTAX, span, message, help);
                None
            }
        }
    }
}
