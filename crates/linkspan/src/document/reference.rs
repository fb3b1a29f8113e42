//! The reference page of a file's language, made from its schema and so from the types' doc comments.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema::{Shape, View};

/// The page in Markdown. `intro` stands under the title.
pub fn page(schema: &Value, intro: &str) -> String {
    let root = View::new(schema);
    let mut page = Page { text: String::new(), queue: VecDeque::new(), seen: BTreeSet::new() };
    let title = schema.get("title").and_then(Value::as_str).unwrap_or_default();
    page.line(&format!("# {title}\n\n{intro}\n\n{}\n\n## The file\n", root.description()));
    page.shape(root);
    while let Some(name) = page.queue.pop_front() {
        let Some(here) = schema.get("$defs").and_then(|defs| defs.get(name)) else { continue };
        let view = root.at(here);
        page.line(&format!("\n## {name}\n\n{}\n", view.description()));
        page.shape(view);
    }
    page.text
}

struct Page<'s> {
    text: String,
    /// Definitions that were named and have not been written yet.
    queue: VecDeque<&'s str>,
    seen: BTreeSet<&'s str>,
}

impl<'s> Page<'s> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn shape(&mut self, view: View<'s>) {
        match view.shape() {
            Shape::Object { keys, required } => self.keys(view, keys, &required),
            Shape::Tagged(kinds) => {
                for (position, (kind, view)) in kinds.into_iter().enumerate() {
                    let gap = if position == 0 { "" } else { "\n" };
                    self.line(&format!("{gap}### kind = \"{kind}\"\n\n{}\n", view.description()));
                    if let Shape::Object { keys, required } = view.shape() {
                        self.keys(view, keys, &required);
                    }
                }
            }
            Shape::OneOf(texts) => {
                self.line("| value | meaning |\n|---|---|");
                for (text, meaning) in texts {
                    self.line(&format!("| `\"{text}\"` | {} |", cell(meaning)));
                }
            }
            Shape::Any(_) => {
                let kind = self.kind(view);
                self.line(&format!("Written as {kind}."));
            }
            Shape::Map(_)
            | Shape::List(_)
            | Shape::Text
            | Shape::Integer(..)
            | Shape::Number
            | Shape::Boolean => {
                let kind = self.kind(view);
                self.line(&format!("{kind}."));
            }
        }
    }

    /// Needed keys first, in the order of the type; then the others by name.
    fn keys(&mut self, view: View<'s>, keys: &'s Map<String, Value>, required: &[&'s str]) {
        self.line("| key | type | needed | meaning |\n|---|---|---|---|");
        let others = keys.keys().map(String::as_str).filter(|key| !required.contains(key));
        for key in required.iter().copied().chain(others) {
            // `kind` stands in the heading.
            let Some(value) = keys.get(key).filter(|value| value.get("const").is_none()) else { continue };
            let kind = self.kind(view.place(value));
            let needed = match value.get("default") {
                _ if required.contains(&key) => "yes".to_owned(),
                Some(default) if is_plain(default) => format!("no, `{default}`"),
                _ => "no".to_owned(),
            };
            let meaning = cell(view.place(value).description());
            self.line(&format!("| `{key}` | {kind} | {needed} | {meaning} |"));
        }
    }

    /// The type of a value, with links to what has a section of its own.
    fn kind(&mut self, view: View<'s>) -> String {
        if let Some(name) = view.reference() {
            if self.seen.insert(name) {
                self.queue.push_back(name);
            }
            return format!("[{name}](#{})", name.to_lowercase());
        }
        match view.shape() {
            Shape::Map(member) => format!("table, name = {}", self.kind(member)),
            Shape::List(item) => format!("list of {}", self.kind(item)),
            Shape::Any(views) => {
                let mut kinds: Vec<String> = Vec::new();
                for view in views {
                    let kind = self.kind(view);
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
                kinds.join(" or ")
            }
            Shape::Object { .. } | Shape::Tagged(_) => "table".to_owned(),
            Shape::OneOf(texts) => {
                let mut line = String::new();
                for (position, (text, _)) in texts.iter().enumerate() {
                    let separator = if position == 0 { "" } else { ", " };
                    // Writing to a text cannot fail.
                    let _ = write!(line, "{separator}`\"{text}\"`");
                }
                line
            }
            Shape::Text => "text".to_owned(),
            Shape::Integer(..) => "whole number".to_owned(),
            Shape::Number => "number".to_owned(),
            Shape::Boolean => "true/false".to_owned(),
        }
    }
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", "<br>")
}
