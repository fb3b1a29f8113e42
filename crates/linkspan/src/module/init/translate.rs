//! What a component of the module says, collected while its definition is translated: lines of code, and the names
//! that they need imported.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::python::{FUNCTIONS, identifiers};
use crate::definition::model::Series;

/// Where a piece of a definition stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Entity -> binding model.
    pub(super) models: &'a BTreeMap<String, String>,
    /// The series the module is for.
    pub(super) series: Series,
    /// Name of a mapping method's argument: `record`, in lines `line`.
    pub(super) argument: &'static str,
}

impl Scope<'_> {
    pub(super) fn binding_model(&self, entity: &str) -> String {
        self.models.get(entity).cloned().unwrap_or_default()
    }
}

/// One component.
#[derive(Debug, Default, Serialize)]
pub(super) struct Unit {
    /// Entries of `direct`.
    pub(super) direct: Vec<String>,
    /// Mapping methods.
    pub(super) methods: Vec<Method>,
    /// Names from the modules of the framework's `lib`.
    #[serde(skip)]
    pub(super) imports: Imports,
    #[serde(skip)]
    used: BTreeSet<String>,
}

/// Modules of the framework's `lib`, and names from them.
#[derive(Debug, Default, Clone)]
pub(super) struct Imports {
    pub(super) modules: BTreeSet<String>,
    pub(super) names: BTreeMap<String, BTreeSet<String>>,
}

impl Imports {
    /// Adds what another component needs.
    pub(super) fn extend(&mut self, other: &Imports) {
        self.modules.extend(other.modules.iter().cloned());
        for (module, names) in &other.names {
            self.names.entry(module.clone()).or_default().extend(names.iter().cloned());
        }
    }

    /// The import statements.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.modules.is_empty() {
            let modules: Vec<&str> = self.modules.iter().map(String::as_str).collect();
            lines.push(format!("from odoo.addons.generic_connector.lib import {}", modules.join(", ")));
        }
        for (module, names) in &self.names {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            lines
                .push(format!("from odoo.addons.generic_connector.lib.{module} import {}", names.join(", ")));
        }
        lines
    }
}

/// A mapping method.
#[derive(Debug, Serialize)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) create_only: bool,
    /// Other methods call it.
    pub(super) helper: bool,
    pub(super) argument: &'static str,
    /// Lines of the body, not indented.
    pub(super) body: Vec<String>,
}

impl Unit {
    /// Notes the functions and names that an expression uses.
    pub(super) fn uses(&mut self, code: &str) {
        for name in identifiers(code) {
            if FUNCTIONS.contains(&name) {
                self.name_from("expr", name);
            }
            self.used.insert(name.to_owned());
        }
    }

    pub(super) fn lib(&mut self, module: &str) {
        self.imports.modules.insert(module.to_owned());
    }

    pub(super) fn name_from(&mut self, module: &str, name: &str) {
        self.imports.names.entry(module.to_owned()).or_default().insert(name.to_owned());
    }

    /// Adds a mapping method; names that its expressions use come before its body.
    pub(super) fn method(&mut self, name: &str, create_only: bool, scope: &Scope<'_>, body: Vec<String>) {
        let mut lines = self.aliases(&["settings", "company", "parent", "record"], scope.argument);
        lines.extend(body);
        self.methods.push(Method {
            name: name.to_owned(),
            create_only,
            helper: false,
            argument: scope.argument,
            body: lines,
        });
    }

    /// Adds a method that gives the value of an expression.
    pub(super) fn helper(&mut self, name: &str, scope: &Scope<'_>, code: &str) {
        let waiting = std::mem::take(&mut self.used);
        self.uses(code);
        self.method(name, false, scope, vec![format!("return ({code})")]);
        self.used = waiting;
        if let Some(method) = self.methods.last_mut() {
            method.helper = true;
        }
    }

    /// `settings = self.settings` for each of `names` that was used since the last call, without `argument`.
    pub(super) fn aliases(&mut self, names: &[&str], argument: &str) -> Vec<String> {
        let used = std::mem::take(&mut self.used);
        let wanted = names.iter().filter(|name| **name != argument && used.contains(**name));
        wanted.map(|name| format!("{name} = self.{name}")).collect()
    }
}
