//! Paths such as `billing.country` and `categories[0].id`.

use std::ops::Range;

use super::Check;
use crate::diagnostic::codes;
use crate::document::Node;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of an object.
    Key(String),
    /// The item of a list; negative numbers count from the end.
    Index(i64),
    /// Every item of a list.
    Each,
}

/// A step and where it stands in the path's text.
pub(super) type Steps = Vec<(Step, Range<usize>)>;

impl<'a> Check<'a> {
    /// Checks how a path is written; gives its steps if that is right.
    pub(super) fn path(&mut self, node: Option<Node<'a>>) -> Option<Steps> {
        let node = node?;
        match parse(node.text()?) {
            Ok(steps) => Some(steps),
            Err((range, message)) => {
                let span = self.inside(node, range);
                let help = "Write names joined by dots and positions from 0, `categories[0].id` for example.";
                self.error_at(codes::PATH_SYNTAX, span, message, help);
                None
            }
        }
    }
}

/// The steps of `text`, or where it is wrong and why.
pub(super) fn parse(text: &str) -> Result<Steps, (Range<usize>, String)> {
    let mut steps = Vec::new();
    let mut at = 0;
    for part in text.split('.') {
        let name = &part[..part.find('[').unwrap_or(part.len())];
        if name.is_empty() {
            let range = at..(at + part.len()).max(at + usize::from(at < text.len()));
            return Err((range, "this path has an empty part".to_owned()));
        }
        if let Some(bad) = name.find([']', ' ', '\t']) {
            return Err((at + bad..at + bad + 1, "this does not belong into a path".to_owned()));
        }
        steps.push((Step::Key(name.to_owned()), at..at + name.len()));
        positions(&part[name.len()..], at + name.len(), &mut steps)?;
        at += part.len() + 1;
    }
    Ok(steps)
}

fn positions(mut text: &str, mut at: usize, steps: &mut Steps) -> Result<(), (Range<usize>, String)> {
    while !text.is_empty() {
        let Some(rest) = text.strip_prefix('[') else {
            return Err((at..at + text.len(), "after a bracket a path goes on with a dot".to_owned()));
        };
        let Some((number, after)) = rest.split_once(']') else {
            return Err((at..at + text.len(), "this bracket is not closed".to_owned()));
        };
        let length = number.len() + 2;
        match number.parse::<u32>() {
            Ok(index) => steps.push((Step::Index(i64::from(index)), at..at + length)),
            Err(_) => return Err((at..at + length, format!("`[{number}]` is no position"))),
        }
        at += length;
        text = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_keys_and_positions() {
        let steps = parse("categories[0].id").expect("a path");
        let expected = [Step::Key("categories".into()), Step::Index(0), Step::Key("id".into())];
        assert!(steps.iter().map(|(step, _)| step).eq(&expected));
        assert_eq!(steps[2].1, 14..16);
    }

    #[test]
    fn a_wrong_path_is_told_at_its_place() {
        let place = |text: &str| parse(text).expect_err(text).0;
        assert_eq!(place("a..b"), 2..3);
        assert_eq!(place(""), 0..0);
        assert_eq!(place("a."), 2..2);
        assert_eq!(place("[0]"), 0..3);
        assert_eq!(place("a[x].b"), 1..4);
        assert_eq!(place("a[-1]"), 1..5);
        assert_eq!(place("a[0"), 1..3);
        assert_eq!(place("a[0]b"), 4..5);
        assert_eq!(place("a b"), 1..2);
    }
}
