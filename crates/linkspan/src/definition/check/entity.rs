//! An entity: identity, target, import and export, what follows the write.

use serde_json::Value;

use super::sample::{Samples, lack, look};
use super::site::sites;
use super::{Check, suggest};
use crate::definition::path::Steps;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Node;

/// Where a path or an expression stands: what it starts at and which names it has.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) entity: &'a str,
    /// The entity's records stand inside others.
    pub(super) embedded: bool,
    /// The table with `lines` whose line it is about.
    pub(super) line: Option<Node<'a>>,
    /// `odoo` may be named too; on the way out `record`.
    pub(super) sees_odoo: bool,
    /// It is about the way out: `odoo` is where values come from.
    pub(super) exports: bool,
}

impl<'a> Place<'a> {
    /// The names an expression may use here.
    pub(super) fn names(&self) -> Vec<&'static str> {
        if self.exports {
            let record = self.sees_odoo.then_some("record");
            return ["settings", "company", "odoo"].into_iter().chain(record).collect();
        }
        let mut names = vec!["record", "settings", "company"];
        names.extend(self.embedded.then_some("parent"));
        names.extend(self.line.map(|_| "line"));
        names.extend(self.sees_odoo.then_some(["odoo", "agreed"]).into_iter().flatten());
        names
    }

    /// What paths start at here, empty if no sample tells.
    pub(super) fn start<'s>(&self, samples: &'s Samples<'_>) -> Vec<&'s Value> {
        match self.line {
            Some(table) => samples.lines(self.entity, table),
            None => samples.records(self.entity),
        }
    }

    /// The samples behind one of the names, empty if none tells.
    pub(super) fn base<'s>(&self, name: &str, samples: &'s Samples<'_>) -> Vec<&'s Value> {
        match (name, self.line) {
            ("record", _) => samples.records(self.entity),
            ("parent", _) => samples.parents(self.entity),
            ("line", Some(table)) => samples.lines(self.entity, table),
            _ => Vec::new(),
        }
    }
}

impl<'a> Check<'a> {
    pub(super) fn entities(&mut self) {
        for (name, entity) in self.root.members_of("entities") {
            let embedded = entity.get("import").is_none();
            let place = Place { entity: name, embedded, line: None, sees_odoo: false, exports: false };
            self.identity(entity, &place);
            self.import(entity, &place);
            self.export(entity, &place);
            for site in sites(entity) {
                self.field(&site, &place);
            }
            for then in entity.items_of("then") {
                self.then(then, entity, &place);
            }
            for (field, check) in entity.members_of("check") {
                let what = format!("the check of `{field}`");
                self.exactly_one(check, &what, &["from", "expr"]);
                self.sampled_path(check.get("from"), &place, Absence::Refused);
                self.expr_table(Some(check), &place);
            }
        }
    }

    fn identity(&mut self, entity: Node<'a>, place: &Place<'a>) {
        if let Some(external) = entity.get("external") {
            self.source(external.get("id"), place);
            if let Some(updated) = external.get("updated") {
                self.sampled_path(updated.get("path"), place, Absence::Refused);
                if let Some(zone) = updated.get("zone") {
                    self.zone(zone);
                }
            }
        }
        let model = entity.get("odoo").and_then(|odoo| odoo.get("model"));
        if let Some(model) = model.filter(|model| model.text().is_some_and(|text| !is_model(text))) {
            let message = "this is no name of an Odoo model";
            self.error(codes::BAD_VALUE, model, message, "Write it as Odoo does, `res.partner` for example.");
        }
        for rule in entity.items_of("match") {
            self.sampled_path(rule.get("external"), place, Absence::Refused);
            let converter = rule.get("as").filter(|node| {
                node.text().is_some_and(|text| !matches!(text, "text" | "trim" | "lower" | "upper"))
            });
            if let Some(node) = converter {
                let message = "a match compares texts, so this converter does not fit";
                self.error(codes::BAD_VALUE, node, message, "Write `text`, `trim`, `lower` or `upper`.");
            }
            if let Some(odoo) = rule.get("odoo").filter(|node| node.text() == Some("")) {
                self.error(
                    codes::BAD_VALUE,
                    odoo,
                    "no Odoo field is named",
                    "Write its name, `default_code` for example.",
                );
            }
        }
    }

    fn import(&mut self, entity: Node<'a>, place: &Place<'a>) {
        let Some(import) = entity.get("import") else { return };
        let list = import.get("list");
        if let (Some(operation), Some(name)) = (self.operation(list), list.and_then(Node::text)) {
            self.needs_paginate(operation, name);
            self.needs_no_id(operation, "`import.list`");
            for narrowed in [import.get("since"), import.get("include")].into_iter().flatten() {
                self.param(operation, narrowed.get("param"));
            }
        }
        let get = self.operation(import.get("get"));
        self.needs_id(get, "`import.get`");
        self.fetch_each(import);
        self.expr_table(import.get("only"), place);
        self.not_zero(import, &["batch"]);
        if let Some(include) = import.get("include") {
            self.not_zero(include, &["size"]);
        }
        if let Some(since) = import.get("since") {
            self.exactly_one(since, "the earliest change", &["param", "header"]);
            self.needs_placeholder(since.get("value"), "{time}");
            if let Some(zone) = since.get("zone") {
                self.zone(zone);
            }
        }
    }

    /// What the list only names has to be fetched, and a narrowed list only names it too.
    fn fetch_each(&mut self, import: Node<'a>) {
        let Some(fetch) = import.get("fetch").filter(|fetch| fetch.text() == Some("each")) else { return };
        if import.get("get").is_none() && !self.is_broken(import) {
            let message = "each record is to be fetched, and no operation gets one";
            let help = "Name the operation that gets one record by `{id}` with `get`.";
            self.error(codes::NEEDS_KEY, fetch, message, help);
        }
        if let Some(include) = import.get("include") {
            let message = "the list only names records, so narrowing it to ids brings none";
            self.error_at_key(
                codes::NOT_TOGETHER,
                include,
                message,
                "Remove `include`, or `fetch = \"each\"`.",
            );
        }
    }

    fn then(&mut self, then: Node<'a>, entity: Node<'a>, place: &Place<'a>) {
        self.exactly_one(then, "this step", &["call", "write"]);
        if let Some(context) = then.get("context").filter(|_| then.get("call").is_none()) {
            let message = "`context` goes with `call`";
            self.error_at_key(
                codes::NEEDS_KEY,
                context,
                message,
                "Remove it, or name the method with `call`.",
            );
        }
        let mapped: Vec<&str> = entity.members_of("map").map(|(name, _)| name).collect();
        for field in then.items_of("write") {
            let Some(name) = field.text().filter(|name| !mapped.contains(name)) else { continue };
            let help = suggest::instead_of(name, "mapped field", &mapped);
            self.error(codes::UNMAPPED_FIELD, field, format!("the entity does not map `{name}`"), help);
        }
        self.expr_table(then.get("when"), place);
        self.expr_table(then.get("unless"), &Place { sees_odoo: true, ..*place });
    }

    /// A path or an expression.
    pub(super) fn source(&mut self, node: Option<Node<'a>>, place: &Place<'a>) {
        self.sampled_path(node.filter(|node| node.text().is_some()), place, Absence::Refused);
        self.expr_table(node, place);
    }

    /// A path, which the sample must have unless it may be absent.
    pub(super) fn sampled_path(&mut self, node: Option<Node<'a>>, place: &Place<'a>, absence: Absence) {
        let steps = self.path(node);
        self.in_sample(node, steps, place, absence);
    }

    /// Compares the steps of a path with the sample.
    pub(super) fn in_sample(
        &mut self,
        node: Option<Node<'a>>,
        steps: Option<Steps>,
        place: &Place<'a>,
        absence: Absence,
    ) {
        let (Some(node), Some(steps)) = (node, steps) else { return };
        let samples = self.samples;
        let start = if place.line.is_some() { "line" } else { "record" };
        let Some(lack) = lack(&look(&place.start(samples), &steps), &steps, start) else { return };
        let help = match absence {
            Absence::CanBeAllowed => {
                format!("{} If it may be absent, say `optional = true` or give a `default`.", lack.help)
            }
            Absence::Allowed | Absence::Refused => lack.help,
        };
        let span = self.inside(node, steps[lack.position].1.clone());
        if absence != Absence::Allowed {
            self.error_at(codes::NOT_IN_SAMPLE, span, lack.message, help);
        } else if lack.looks_misspelt {
            // It may be absent; that a key of nearly this name is there makes that unlikely.
            self.problems
                .push(Diagnostic::warning(codes::NOT_IN_SAMPLE, self.source, span, lack.message).help(help));
        }
    }
}

/// Whether a path may be absent from a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// The definition says that it may.
    Allowed,
    /// The definition could say so and does not.
    CanBeAllowed,
    /// Without it there is nothing to do.
    Refused,
}

pub(super) fn is_model(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('.')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.'))
}
