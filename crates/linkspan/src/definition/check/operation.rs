//! Operations: their paths, their `{names}`, and what each use of one asks of it.

use std::ops::Range;

use toml::de::DeValue;

use super::Check;
use crate::adapter::body_name;
use crate::definition::path::Step;
use crate::diagnostic::codes;
use crate::document::{Node, suggest};

impl<'a> Check<'a> {
    pub(super) fn operations(&mut self) {
        for (_, operation) in self.root.members_of("operations") {
            let params = operation.items_of("params").filter_map(Node::text);
            let query = operation.members_of("query").map(|(name, _)| name);
            let query: Vec<&str> = query.chain(params).collect();
            self.path_after_base(operation.get("path"), &query, true);
            for (_, value) in operation.members_of("query") {
                self.placeholders(value, &[], true);
            }
            for text in operation.get("body").into_iter().flat_map(alone) {
                let names: Vec<&str> = operation.items_of("params").filter_map(Node::text).collect();
                self.placeholders(text, &names, true);
            }
            self.body(operation);
            self.path(operation.get("records"));
            self.path_to_put(operation.get("wrap"));
            self.error_if(operation);
            self.idempotency_key(operation);
            if let Some(paginate) = operation.get("paginate") {
                self.not_zero(paginate, &["size"]);
                self.path_from_either_end(paginate.get("next"));
                for key in ["more", "total", "last_page"] {
                    self.path(paginate.get(key));
                }
                for (one, other) in [("total", "total_header"), ("last_page", "last_page_header")] {
                    if let Some(node) = paginate.get(one).filter(|_| paginate.get(other).is_some()) {
                        let message = format!("`{one}` and `{other}` say the same");
                        let help = "Keep the one that the server tells.";
                        self.error_at_key(codes::NOT_TOGETHER, node, message, help);
                    }
                }
                self.needs_placeholder(paginate.get("value"), "{offset}");
            }
        }
    }

    /// What tells an error has a path, or is one.
    pub(super) fn error_if(&mut self, table: Node<'a>) {
        let Some(node) = table.get("error_if") else { return };
        self.path(Some(node.get("path").unwrap_or(node)));
    }

    /// A key has one place, on a request that changes something.
    fn idempotency_key(&mut self, operation: Node<'a>) {
        let Some(key) = operation.get("idempotency_key") else { return };
        let changes_nothing = matches!(operation.text_of("method"), Some("GET" | "HEAD"))
            || operation.text_of("repeat") == Some("safe");
        if changes_nothing {
            let message = "a request that changes nothing may be repeated without a key";
            let help = "Leave `idempotency_key` out, or say what `repeat` really is.";
            self.error_at_key(codes::NOT_TOGETHER, key, message, help);
        }
        self.exactly_one(key, "the key's place", &["header", "body"]);
        self.not_empty(key.get("header"));
        self.not_zero(key, &["lasts_ms"]);
        match operation.get("body") {
            Some(body) => self.place(body, key.get("body")),
            None => self.path_to_put(key.get("body")),
        }
    }

    /// A path that stands after `http.base_url`.
    pub(super) fn path_after_base(&mut self, path: Option<Node<'a>>, others: &[&str], id_too: bool) {
        let Some((node, path)) = path.and_then(|node| Some((node, node.text()?))) else { return };
        if !path.starts_with('/') && !path.is_empty() {
            let help = format!("Write \"/{path}\"; it stands after `http.base_url`.");
            self.error(codes::BAD_VALUE, node, "a path starts with `/`", help);
        }
        self.placeholders(node, others, id_too);
    }

    /// A request with a body has a method that sends one; what goes into it has a place there.
    fn body(&mut self, operation: Node<'a>) {
        let in_body = operation.get("params_in").filter(|node| node.text() == Some("body"));
        let Some(first) = operation.get("body").or(in_body) else { return };
        if matches!(operation.text_of("method"), Some("GET" | "HEAD")) {
            let help = "Write `method = \"POST\"`, or say it with `query`.";
            self.error_at_key(codes::NOT_TOGETHER, first, "a GET request has no body", help);
        }
        if let Some(paginate) = operation.get("paginate") {
            for key in ["param", "size_param"] {
                self.param(operation, paginate.get(key));
            }
        }
        if let Some(body) = operation.get("body") {
            self.place(body, operation.get("wrap"));
            self.json(body);
            self.one_root(body);
        }
    }

    /// An XML document has one root element.
    fn one_root(&mut self, body: Node<'a>) {
        let is_xml = self.root.get("http").is_some_and(|http| http.text_of("format") == Some("xml"));
        if let Some((_, second)) = body.members().nth(1).filter(|_| is_xml) {
            let message = "an XML document has one root element, and this would be a second one";
            self.error_at_key(codes::BAD_VALUE, second, message, "Write one table around both.");
        }
    }

    /// The name of a parameter is a path where an operation takes it in the body.
    pub(super) fn param(&mut self, operation: Node<'a>, name: Option<Node<'a>>) {
        let is_named = |name: Node<'a>| {
            templates(operation)
                .into_iter()
                .filter_map(Node::text)
                .flat_map(scan)
                .any(|found| found.is_ok_and(|(_, known)| Some(known) == name.text()))
        };
        if operation.text_of("params_in") != Some("body") || name.is_some_and(is_named) {
            return;
        }
        match operation.get("body") {
            Some(body) => self.place(body, name),
            None => self.path_to_put(name),
        }
    }

    /// A path where something is put; an item that a member names may not be there.
    fn path_to_put(&mut self, path: Option<Node<'a>>) {
        let Some((steps, node)) = self.path(path).zip(path) else { return };
        let item = steps.into_iter().find(|(step, _)| matches!(step, Step::Item { .. }));
        if let Some((_, range)) = item {
            self.no_place(node, range);
        }
    }

    /// A path must lead to a place that the body has, or may get.
    fn place(&mut self, body: Node<'a>, path: Option<Node<'a>>) {
        let Some((steps, node)) = self.path(path).zip(path) else { return };
        let mut here = body;
        for (step, range) in steps {
            let next = match step {
                Step::Key(name) if here.table().is_some() => here.get(&name),
                Step::Index(index) if here.table().is_none() && here.text().is_none() => {
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    match (here.items().nth(index), here.items().count()) {
                        (None, count) if index > count => return self.no_place(node, range),
                        (found, _) => found,
                    }
                }
                _ => return self.no_place(node, range),
            };
            let Some(next) = next else { return };
            here = next;
        }
    }

    fn no_place(&mut self, node: Node<'a>, range: Range<usize>) {
        let span = self.inside(node, range);
        let message = "`body` has something else here, or too few items";
        let help = "Write a path through the tables and lists of `body`; what is behind them is made.";
        self.error_at(codes::BAD_VALUE, span, message, help);
    }

    /// What stands in a body must be JSON.
    pub(super) fn json(&mut self, node: Node<'a>) {
        if node.table().is_some() {
            return node.members().for_each(|(_, member)| self.json(member));
        }
        if let Some(DeValue::Float(number)) = node.value()
            && number.as_str().trim_start_matches(['+', '-']).starts_with(['i', 'n'])
        {
            self.error(codes::BAD_VALUE, node, "JSON has no such number", "Write a finite number, or text.");
        }
        node.items().for_each(|item| self.json(item));
    }

    /// Every `{name}` in a text must be a setting, one of `others`, or with `id_too` the record's id.
    pub(super) fn placeholders(&mut self, node: Node<'a>, others: &[&str], id_too: bool) {
        let Some(text) = node.text() else { return };
        for found in scan(text) {
            match found {
                Err(at) => {
                    let message = "a brace stands alone";
                    let span = self.inside(node, at..at + 1);
                    self.error_at(codes::PLACEHOLDER, span, message, "Write `{name}` with both braces.");
                }
                Ok((_, "id")) if id_too => {}
                Ok((_, name)) if others.contains(&name) => {}
                Ok((_, name)) if self.names.settings.binary_search(&name).is_ok() => {
                    self.names.use_one("settings", name)
                }
                Ok((range, name)) => {
                    let span = self.inside(node, range);
                    let help = self.placeholder_help(name, others, id_too);
                    self.error_at(codes::PLACEHOLDER, span, format!("`{{{name}}}` is not declared"), help);
                }
            }
        }
    }

    fn placeholder_help(&self, name: &str, others: &[&str], id_too: bool) -> String {
        if self.names.secrets.binary_search(&name).is_ok() {
            return format!(
                "`{name}` is a secret; a secret goes out only by `[auth]` and in `http.headers`."
            );
        }
        let id: &[&str] = if id_too { &["id"] } else { &[] };
        let allowed: Vec<&str> = self.names.settings.iter().chain(others).chain(id).copied().collect();
        let help = suggest::instead_of(name, "declared name", &allowed);
        match suggest::nearest(name, allowed) {
            Some(_) => help,
            None => format!("{help} Declare a setting under `[settings]`."),
        }
    }

    /// A text that is made for one value must say where it stands.
    pub(super) fn needs_placeholder(&mut self, node: Option<Node<'a>>, placeholder: &str) {
        let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) else { return };
        if !text.contains(placeholder) {
            let message = format!("`{placeholder}` is missing");
            let help = format!("Write `{placeholder}` where the value stands.");
            self.error(codes::PLACEHOLDER, node, message, help);
        }
    }

    /// An operation that gets or changes one record must say which.
    pub(super) fn needs_id(&mut self, operation: Option<Node<'a>>, what: &str) {
        let Some(operation) =
            operation.filter(|operation| !self.is_broken(*operation) && !has_id(*operation))
        else {
            return;
        };
        let Some(path) = operation.get("path") else { return };
        let message = format!("{what} is about one record, but this operation has no `{{id}}`");
        let help = format!(
            "Write `{{id}}` where the id stands, \"{}/{{id}}\" or a parameter of `query` for example. Where the body says \
             which record is meant, say `repeat = \"idempotent\"`.",
            path.text().unwrap_or("")
        );
        self.error(codes::PLACEHOLDER, path, message, help);
    }

    /// An operation that changes one record must say which; where it may be repeated, its body may do that.
    pub(super) fn writes_one(&mut self, operation: Option<Node<'a>>, what: &str) {
        self.needs_id(operation.filter(|operation| !names_itself(*operation)), what);
    }

    /// An operation that is called without a record has no id to put in.
    pub(super) fn needs_no_id(&mut self, operation: Node<'a>, what: &str) {
        for node in templates(operation) {
            let ids = node.text().into_iter().flat_map(scan).flatten().filter(|(_, name)| *name == "id");
            for (range, _) in ids.collect::<Vec<_>>() {
                let span = self.inside(node, range);
                let message =
                    format!("{what} calls this operation without a record, so there is no `{{id}}`");
                self.error_at(codes::PLACEHOLDER, span, message, "Name an operation without `{id}`.");
            }
        }
    }

    /// An operation whose parameters nobody gives here.
    pub(super) fn needs_no_params(&mut self, operation: Option<Node<'a>>, what: &str) {
        let declared = operation.into_iter().flat_map(|operation| operation.items_of("params"));
        if let Some((node, name)) = declared.filter_map(|node| Some((node, node.text()?))).next() {
            let message = format!("{what} calls this operation and has no `{name}` to give");
            let help = "Name an operation without `params`, or one for `export.instead`, which gives them.";
            self.error(codes::PLACEHOLDER, node, message, help);
        }
    }

    /// A search that is wrong without a time is nothing for somebody who gives none.
    pub(super) fn needs_no_time(&mut self, name: Option<Node<'a>>, what: &str) {
        let Some(node) = name else { return };
        let needs_time = |entity: Node<'a>| {
            let import = entity.get("import")?;
            let always = import.get("since")?.get("always")?;
            Some(always.is_true() && import.text_of("list")? == node.text()?)
        };
        if self.root.members_of("entities").any(|(_, entity)| needs_time(entity) == Some(true)) {
            let message = format!("{what} calls this operation without a time, which it always needs");
            let help = "Name an operation that does not need `since`.";
            self.error(codes::BAD_VALUE, node, message, help);
        }
    }

    /// An operation that lists records must say how the list goes on.
    pub(super) fn needs_paginate(&mut self, operation: Node<'a>, name: &str) {
        if operation.get("paginate").is_none() && !self.is_broken(operation) {
            let message =
                format!("the operation `{name}` lists records and does not say how the list goes on");
            let help = "Add `paginate = { kind = \"...\" }` with `page`, `offset`, `cursor`, `next_url`, `link_header` or `whole`.";
            self.error(codes::NO_PAGINATE, operation, message, help);
        }
    }
}

/// What may be sent twice without making a second record says in its body which record it is about.
fn names_itself(operation: Node<'_>) -> bool {
    operation.text_of("repeat") == Some("idempotent")
}

fn has_id(operation: Node<'_>) -> bool {
    // A lone brace is told already; what it was meant to say is not known.
    let names = templates(operation).into_iter().filter_map(Node::text).flat_map(scan);
    names.into_iter().any(|found| found.map_or(true, |(_, name)| name == "id"))
}

/// The texts of an operation in which `{name}` stands for something.
fn templates(operation: Node<'_>) -> Vec<Node<'_>> {
    let query = operation.members_of("query").map(|(_, value)| value);
    let body = operation.get("body").into_iter().flat_map(alone);
    operation.get("path").into_iter().chain(query).chain(body).collect()
}

/// The texts of a body that are a name alone: `{id}`.
pub(super) fn alone(node: Node<'_>) -> Vec<Node<'_>> {
    if node.table().is_some() {
        return node.members().flat_map(|(_, member)| alone(member)).collect();
    }
    match node.text() {
        Some(text) => body_name(text).map(|_| node).into_iter().collect(),
        None => node.items().flat_map(alone).collect(),
    }
}

/// Every `{name}` of `text` with its place, braces included; `Err` is a brace that stands alone.
pub(super) fn scan(text: &str) -> Vec<Result<(Range<usize>, &str), usize>> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, open) {
            (b'{', None) => open = Some(at),
            (b'{', Some(first)) => {
                found.push(Err(first));
                open = Some(at);
            }
            (b'}', Some(first)) => {
                found.push(Ok((first..at + 1, &text[first + 1..at])));
                open = None;
            }
            (b'}', None) => found.push(Err(at)),
            _ => {}
        }
    }
    found.extend(open.map(Err));
    found
}
