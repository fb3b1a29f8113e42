//! Paths such as `billing.country` and `categories[0].id`.

use super::Check;
use crate::definition::path::{Step, Steps, parse};
use crate::diagnostic::codes;
use crate::document::Node;

impl<'a> Check<'a> {
    /// Checks how a path is written; gives its steps if that is right.
    pub(super) fn path(&mut self, node: Option<Node<'a>>) -> Option<Steps> {
        let steps = self.path_of_each(node)?;
        self.of_one(node?, &steps).then_some(steps)
    }

    /// The same for a place where `[]` goes through a list.
    pub(super) fn path_of_each(&mut self, node: Option<Node<'a>>) -> Option<Steps> {
        let steps = self.written(node)?;
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
        let steps = self.written(node)?;
        self.of_one(node?, &steps).then_some(steps)
    }

    /// Whether a path leads to one value.
    fn of_one(&mut self, node: Node<'a>, steps: &Steps) -> bool {
        let Some((_, range)) = steps.iter().find(|(step, _)| *step == Step::Each) else { return true };
        let span = self.inside(node, range.clone());
        let message = "one value is meant here, not each of a list";
        self.error_at(
            codes::PATH_SYNTAX,
            span,
            message,
            "Write the item's position, `[0]` for the first one.",
        );
        false
    }

    fn written(&mut self, node: Option<Node<'a>>) -> Option<Steps> {
        let node = node?;
        match parse(node.text()?) {
            Ok(steps) => Some(steps),
            Err((range, message)) => {
                let span = self.inside(node, range);
                let help = "Write names joined by dots and positions from 0, `categories[0].id` for example; an item by a \
                            member, `meta_data[key=color].value`; a name with other characters stands in brackets and quotes, `[\"odata.count\"]`.";
                self.error_at(codes::PATH_SYNTAX, span, message, help);
                None
            }
        }
    }
}
