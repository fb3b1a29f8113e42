//! The names a definition declares, and which of them are used.

use std::collections::BTreeSet;

use super::Check;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Node, suggest};

/// What the definition declares, each list sorted. Read from the tree, so that a broken entity is still known by its name.
pub(super) struct Names<'a> {
    pub(super) operations: Vec<&'a str>,
    pub(super) entities: Vec<&'a str>,
    pub(super) settings: Vec<&'a str>,
    pub(super) secrets: Vec<&'a str>,
    used: BTreeSet<(&'static str, String)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(root: Node<'a>) -> Self {
        let keys = |table: &str| root.members_of(table).map(|(name, _)| name).collect();
        Names {
            operations: keys("operations"),
            entities: keys("entities"),
            settings: keys("settings"),
            secrets: keys("secrets"),
            used: BTreeSet::new(),
        }
    }

    pub(super) fn use_one(&mut self, table: &'static str, name: &str) {
        self.used.insert((table, name.to_owned()));
    }
}

impl<'a> Check<'a> {
    /// `node` names an operation: notes the use and gives it, or says that there is none.
    pub(super) fn operation(&mut self, node: Option<Node<'a>>) -> Option<Node<'a>> {
        let node = node?;
        let name = node.text()?;
        if self.names.operations.binary_search(&name).is_err() {
            let help = suggest::instead_of(name, "operation", &self.names.operations);
            self.error(codes::UNKNOWN_OPERATION, node, format!("there is no operation `{name}`"), help);
            return None;
        }
        self.names.use_one("operations", name);
        self.root.get("operations")?.get(name)
    }

    /// `node` names an entity: notes the use and gives it, or says that there is none.
    pub(super) fn entity_named(&mut self, node: Option<Node<'a>>) -> Option<Node<'a>> {
        let node = node?;
        let name = node.text()?;
        if self.names.entities.binary_search(&name).is_err() {
            let help = suggest::instead_of(name, "entity", &self.names.entities);
            self.error(codes::UNKNOWN_ENTITY, node, format!("there is no entity `{name}`"), help);
            return None;
        }
        self.names.use_one("entities", name);
        self.root.get("entities")?.get(name)
    }

    /// `node` names a secret, or with `or_setting` a setting.
    pub(super) fn secret(&mut self, node: Option<Node<'a>>, or_setting: bool) {
        let Some((node, name)) = node.and_then(|node| Some((node, node.text()?))) else { return };
        if self.names.secrets.binary_search(&name).is_ok() {
            self.names.use_one("secrets", name);
        } else if or_setting && self.names.settings.binary_search(&name).is_ok() {
            self.names.use_one("settings", name);
        } else {
            let settings: &[&str] = if or_setting { &self.names.settings } else { &[] };
            let allowed: Vec<&str> = self.names.secrets.iter().chain(settings).copied().collect();
            let what = if or_setting { "secret or setting" } else { "secret" };
            let mut help = suggest::instead_of(name, what, &allowed);
            if !or_setting && self.names.settings.binary_search(&name).is_ok() {
                help = format!("`{name}` is a setting, which is no secret: declare it under `[secrets]`.");
            }
            self.error(codes::UNKNOWN_SECRET, node, format!("there is no {what} `{name}`"), help);
        }
    }

    /// Warns of what nothing uses.
    pub(super) fn unused(&mut self) {
        for (table, what) in [("operations", "operation"), ("settings", "setting"), ("secrets", "secret")] {
            for (name, node) in self.root.members_of(table) {
                self.warn_unused(table, what, name, node);
            }
        }
        let embedded = self
            .root
            .members_of("entities")
            .filter(|(_, entity)| entity.get("import").is_none() && entity.get("export").is_none());
        for (name, node) in embedded {
            self.warn_unused("entities", "embedded entity", name, node);
        }
    }

    fn warn_unused(&mut self, table: &'static str, what: &str, name: &str, node: Node<'_>) {
        if self.names.used.contains(&(table, name.to_owned())) {
            return;
        }
        let message = format!("nothing uses the {what} `{name}`");
        let help = "Remove it, or name it where it is meant.";
        self.problems
            .push(Diagnostic::warning(codes::UNUSED, self.source, node.key_span(), message).help(help));
    }
}
