//! A tree against a schema: unknown and missing keys, wrong types, unknown values. All of them at once.

use std::collections::HashSet;
use std::sync::Arc;

use toml::de::DeValue;

use super::node::NodeId;
use super::schema::{Shape, View};
use super::{Document, Node, suggest};
use crate::diagnostic::{Diagnostic, Source, codes};

/// Extension of a schema for a place that says where a secret comes from; its text is the help for somebody
/// who wrote the secret itself there.
const NEVER_PLAIN: &str = "x-never-plain";

/// What the check found.
#[derive(Debug, Default)]
pub struct Findings {
    /// The problems.
    pub problems: Vec<Diagnostic>,
    /// Tables that have one: what their keys say together is not judged any more.
    pub broken: HashSet<NodeId>,
}

/// Compares `document` with `schema`.
pub fn check(document: &Document<'_>, schema: View<'_>) -> Findings {
    let mut checker = Checker { source: document.source(), findings: Findings::default() };
    checker.walk(document.root(), schema, "");
    checker.findings
}

struct Checker<'a> {
    source: &'a Arc<Source>,
    findings: Findings,
}

impl<'a> Checker<'a> {
    fn walk(&mut self, node: Node<'a>, schema: View<'_>, path: &str) {
        match schema.shape() {
            Shape::Object { keys, required } => self.object(node, schema, keys, &required, path),
            Shape::Map(member) => self.map(node, member, path),
            Shape::List(item) => self.list(node, item, path),
            Shape::Tagged(kinds) => self.tagged(node, &kinds, path),
            Shape::OneOf(texts) => self.one_of(node, &texts, path),
            Shape::Any(views) => self.any(node, &views, path),
            Shape::Integer(minimum, maximum) => self.integer(node, minimum, maximum, path),
            Shape::Text if node.text().is_none() => self.wrong_type(node, path, "text", schema),
            Shape::Boolean if !matches!(node.value(), Some(DeValue::Boolean(_))) => {
                self.wrong_type(node, path, "true or false", schema);
            }
            Shape::Number if !matches!(node.value(), Some(DeValue::Integer(_) | DeValue::Float(_))) => {
                self.wrong_type(node, path, "a number", schema);
            }
            Shape::Text | Shape::Boolean | Shape::Number => {}
        }
    }

    fn object(
        &mut self,
        node: Node<'a>,
        schema: View<'_>,
        keys: &serde_json::Map<String, serde_json::Value>,
        required: &[&str],
        path: &str,
    ) {
        if node.table().is_none() {
            return self.wrong_type(node, path, "a table", schema);
        }
        for (key, member) in node.members() {
            match keys.get(key) {
                Some(value) => self.walk(member, schema.place(value), &join(path, key)),
                None => self.unknown_key(node, key, member, keys, path),
            }
        }
        for key in required.iter().filter(|key| node.get(key).is_none()) {
            let description = keys.get(*key).and_then(|value| value.get("description")?.as_str());
            self.missing_key(node, key, description.unwrap_or_default(), path);
        }
    }

    fn unknown_key(
        &mut self,
        table: Node<'a>,
        key: &str,
        member: Node<'a>,
        keys: &serde_json::Map<String, serde_json::Value>,
        path: &str,
    ) {
        let allowed: Vec<&str> =
            keys.keys().map(String::as_str).filter(|name| table.get(name).is_none()).collect();
        let message = match path {
            "" => format!("unknown key `{key}`"),
            _ => format!("unknown key `{key}` in `{path}`"),
        };
        let problem = Diagnostic::error(codes::UNKNOWN_KEY, self.source, member.key_span(), message)
            .label("not a key of this table")
            .help(suggest::instead_of(key, "further key", &allowed));
        self.add(table, problem);
    }

    fn missing_key(&mut self, table: Node<'a>, key: &str, description: &str, path: &str) {
        let message = match path {
            "" => format!("the file needs `{key}`"),
            _ => format!("`{path}` needs `{key}`"),
        };
        let meaning = description.split("\n\n").next().unwrap_or_default();
        let problem = Diagnostic::error(codes::MISSING_KEY, self.source, table.span(), message)
            .label(format!("`{key}` is missing"))
            .help(format!("Add `{key}`: {meaning}"));
        self.add(table, problem);
    }

    fn map(&mut self, node: Node<'a>, member: View<'_>, path: &str) {
        if node.table().is_none() {
            let found = node.kind();
            let problem = self.problem(node, format!("`{path}` must be a table, found {found}"));
            return self.add(node, problem.help("Write `{ name = value }`, or a `[table]` of its own."));
        }
        for (key, value) in node.members() {
            self.walk(value, member, &join(path, key));
        }
    }

    fn list(&mut self, node: Node<'a>, item: View<'_>, path: &str) {
        if !matches!(node.value(), Some(DeValue::Array(_))) {
            let found = node.kind();
            let problem = self.problem(node, format!("`{path}` must be a list, found {found}"));
            let help = match node.table() {
                Some(_) => format!("Write `[[{path}]]` with two brackets, or `[{{ ... }}]`."),
                None => format!("Write it in brackets: [{}].", self.written(node)),
            };
            return self.add(node, problem.help(help));
        }
        for (index, value) in node.items().enumerate() {
            self.walk(value, item, &format!("{path}[{index}]"));
        }
    }

    fn tagged(&mut self, node: Node<'a>, kinds: &[(&str, View<'_>)], path: &str) {
        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        if node.table().is_none() {
            let found = node.kind();
            let problem = self.problem(node, format!("`{path}` must be a table with `kind`, found {found}"));
            let help = format!("Write `{{ kind = \"...\" }}` with one of {}.", suggest::list(&names));
            return self.add(node, problem.help(help));
        }
        let Some(kind) = node.get("kind") else {
            return self.missing_key(node, "kind", &format!("one of {}.", suggest::list(&names)), path);
        };
        let described: Vec<_> = kinds.iter().map(|(name, view)| (*name, view.description())).collect();
        match kind.text().and_then(|text| kinds.iter().find(|(name, _)| *name == text)) {
            Some((_, view)) => self.walk(node, *view, path),
            None => {
                self.findings.broken.insert(node.id());
                self.one_of(kind, &described, &join(path, "kind"));
            }
        }
    }

    fn one_of(&mut self, node: Node<'a>, texts: &[(&str, &str)], path: &str) {
        let names: Vec<&str> = texts.iter().map(|(name, _)| *name).collect();
        let Some(text) = node.text() else {
            let found = node.kind();
            let problem = self.problem(node, format!("`{path}` must be one of its names, found {found}"));
            return self
                .add(node, problem.help(format!("Write one of {}, in quotes.", suggest::list(&names))));
        };
        if names.contains(&text) {
            return;
        }
        let message = format!("unknown value `{text}` for `{path}`");
        let problem = Diagnostic::error(codes::UNKNOWN_VALUE, self.source, node.span(), message)
            .label("not one of the allowed values")
            .help(suggest::instead_of(text, "value", &names));
        self.add(node, problem);
    }

    /// Untagged unions have one alternative a type, so the value's type decides which one is meant.
    fn any(&mut self, node: Node<'a>, views: &[View<'_>], path: &str) {
        match views.iter().find(|view| accepts(view.shape(), node)) {
            Some(view) => self.walk(node, *view, path),
            None => {
                let mut allowed: Vec<&str> = views.iter().map(|view| name_of(view.shape())).collect();
                allowed.dedup();
                let message = format!("`{path}` must be {}, found {}", allowed.join(" or "), node.kind());
                let problem = self.problem(node, message);
                self.add(node, problem);
            }
        }
    }

    fn integer(&mut self, node: Node<'a>, minimum: i128, maximum: i128, path: &str) {
        let Some(DeValue::Integer(integer)) = node.value() else {
            let found = node.kind();
            let problem = self.problem(node, format!("`{path}` must be a whole number, found {found}"));
            let help = match node.text() {
                Some(text) if text.parse::<i64>().is_ok() => format!("Write it without quotes: {text}."),
                _ => "Write digits without quotes, for example 10 or 30_000.".to_owned(),
            };
            return self.add(node, problem.help(help));
        };
        let number = i128::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none_or(|number| !(minimum..=maximum).contains(&number)) {
            let message = format!("`{path}` must be between {minimum} and {maximum}");
            let problem = Diagnostic::error(codes::OUT_OF_RANGE, self.source, node.span(), message)
                .label("outside the range")
                .help(format!("Write a whole number from {minimum} to {maximum}."));
            self.add(node, problem);
        }
    }

    fn wrong_type(&mut self, node: Node<'a>, path: &str, wanted: &str, schema: View<'_>) {
        if let (Some(help), "a table") = (schema.extension(NEVER_PLAIN), wanted) {
            let message = format!("`{path}` holds the secret itself");
            let problem = Diagnostic::error(codes::PLAIN_SECRET, self.source, node.span(), message);
            return self.add(node, problem.help(help));
        }
        let subject = if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") };
        let problem = self.problem(node, format!("{subject} must be {wanted}, found {}", node.kind()));
        let written = self.written(node);
        let help = match (wanted, node.value()) {
            ("a table", _) => table_help(schema),
            ("text", Some(DeValue::Table(_) | DeValue::Array(_))) => "Write one text in quotes.".to_owned(),
            ("text", _) => format!("Write it in quotes: \"{written}\"."),
            (_, Some(DeValue::String(text))) if matches!(text.as_ref(), "true" | "false") => {
                format!("Write it without quotes: {text}.")
            }
            ("true or false", _) => "Write `true` or `false`, without quotes.".to_owned(),
            _ => "Write a number without quotes.".to_owned(),
        };
        self.add(node, problem.help(help));
    }

    fn problem(&self, node: Node<'a>, message: String) -> Diagnostic {
        Diagnostic::error(codes::WRONG_TYPE, self.source, node.span(), message)
            .label(format!("this is {}", node.kind()))
    }

    /// The value as it stands in the file.
    fn written(&self, node: Node<'a>) -> &str {
        self.source.text().get(node.span()).unwrap_or_default()
    }

    fn add(&mut self, node: Node<'a>, problem: Diagnostic) {
        self.findings.problems.push(problem);
        self.findings.broken.insert(node.id());
    }
}

fn table_help(schema: View<'_>) -> String {
    match schema.shape() {
        Shape::Object { keys, required } => {
            let shown: Vec<&str> = match required.is_empty() {
                true => keys.keys().map(String::as_str).take(3).collect(),
                false => required,
            };
            let pairs: Vec<String> = shown.iter().map(|key| format!("{key} = ...")).collect();
            format!("Write `{{ {} }}`.", pairs.join(", "))
        }
        _ => "Write `{ name = value }`.".to_owned(),
    }
}

fn accepts(shape: Shape<'_>, node: Node<'_>) -> bool {
    match (shape, node.value()) {
        (Shape::Object { .. } | Shape::Map(_) | Shape::Tagged(_), value) => {
            matches!(value, None | Some(DeValue::Table(_)))
        }
        (Shape::List(_), Some(DeValue::Array(_)))
        | (Shape::Text | Shape::OneOf(_), Some(DeValue::String(_)))
        | (Shape::Integer(..), Some(DeValue::Integer(_)))
        | (Shape::Number, Some(DeValue::Integer(_) | DeValue::Float(_)))
        | (Shape::Boolean, Some(DeValue::Boolean(_))) => true,
        _ => false,
    }
}

fn name_of(shape: Shape<'_>) -> &'static str {
    match shape {
        Shape::Object { .. } | Shape::Map(_) | Shape::Tagged(_) | Shape::Any(_) => "a table",
        Shape::List(_) => "a list",
        Shape::Text | Shape::OneOf(_) => "text",
        Shape::Integer(..) => "a whole number",
        Shape::Number => "a number",
        Shape::Boolean => "true/false",
    }
}

/// `path.key`, with the key in quotes where TOML needs them.
fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
