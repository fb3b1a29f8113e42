//! What a Python file imports, and which files of a module Python reaches from `__init__.py`.

use std::collections::HashSet;
use std::ops::Range;

use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::Parsed;

use crate::module::lint::load::{FileId, Module};
use crate::module::lint::py::{self, Part};

/// One imported name.
#[derive(Debug)]
pub(crate) struct Import<'a> {
    pub(crate) file: FileId,
    /// Name in this file.
    pub(crate) local: &'a str,
    /// `odoo.addons.connector.components.mapper`; without the dots of a relative import.
    pub(crate) from: &'a str,
    /// Name there; empty for `import x`.
    pub(crate) name: &'a str,
    /// Number of leading dots.
    pub(crate) level: u32,
    /// The imported name.
    pub(crate) span: Range<usize>,
    /// The whole statement.
    pub(crate) statement: Range<usize>,
    /// Number of names of the statement.
    pub(crate) of: usize,
    /// Whether its absence is caught, it is inside of a function, or only for type checkers.
    pub(crate) is_optional: bool,
}

impl Import<'_> {
    /// The module of Odoo it comes from: `connector` of `odoo.addons.connector.x`.
    pub(crate) fn addon(&self) -> Option<&str> {
        let full = if self.from == "odoo.addons" { return Some(self.name) } else { self.from };
        full.strip_prefix("odoo.addons.")?.split('.').next()
    }

    /// Whether a class of this name is a component, by where it comes from.
    pub(crate) fn is_component_class(&self) -> bool {
        let in_components = self.from.split('.').any(|part| matches!(part, "components" | "component"));
        let is_class = self.name.starts_with(|c: char| c.is_ascii_uppercase());
        in_components && is_class && self.name != "WorkContext" && !self.name.ends_with("Case")
    }
}

pub(crate) fn imports_of(parsed: &Parsed<ModModule>, file: FileId) -> Vec<Import<'_>> {
    let mut found = Vec::new();
    let mut optional: Vec<Range<usize>> = Vec::new();
    py::walk(parsed.suite(), &mut |part| {
        let Part::Statement(statement) = part else { return };
        let whole = py::span(statement);
        match statement {
            // A function imports when it runs, and may ask first whether the module is there.
            Stmt::Try(_) | Stmt::FunctionDef(_) => optional.push(whole),
            Stmt::If(node) if py::last_name(&node.test) == Some("TYPE_CHECKING") => optional.push(whole),
            Stmt::Import(node) => {
                let is_optional = optional.iter().any(|around| around.contains(&whole.start));
                found.extend(node.names.iter().map(|alias| Import {
                    file,
                    local: alias.asname.as_ref().map_or(alias.name.as_str(), |name| name.as_str()),
                    from: alias.name.as_str(),
                    name: "",
                    level: 0,
                    span: py::span(alias),
                    statement: whole.clone(),
                    of: node.names.len(),
                    is_optional,
                }));
            }
            Stmt::ImportFrom(node) => {
                let is_optional = optional.iter().any(|around| around.contains(&whole.start));
                found.extend(node.names.iter().map(|alias| Import {
                    file,
                    local: alias.asname.as_ref().unwrap_or(&alias.name).as_str(),
                    from: node.module.as_ref().map_or("", |module| module.as_str()),
                    name: alias.name.as_str(),
                    level: node.level,
                    span: py::span(alias),
                    statement: whole.clone(),
                    of: node.names.len(),
                    is_optional,
                }));
            }
            _ => {}
        }
    });
    found
}

/// The Python files that are loaded when `start` (a path such as `__init__.py`) is.
pub(crate) fn reached(module: &Module, imports: &[Import<'_>], start: &str) -> HashSet<FileId> {
    let mut seen = HashSet::new();
    let mut waiting: Vec<FileId> = module.file(start).into_iter().collect();
    while let Some(file) = waiting.pop() {
        if !seen.insert(file) {
            continue;
        }
        for import in imports.iter().filter(|import| import.file == file) {
            for path in paths(module, import) {
                waiting.extend(module.file(&path));
            }
        }
    }
    seen
}

/// The files that an import may load: the package, and the name in it.
fn paths(module: &Module, import: &Import<'_>) -> Vec<String> {
    let own = format!("odoo.addons.{}", module.name);
    let base: Vec<&str> = if import.level > 0 {
        let path = &module.files[import.file].path;
        let folders: Vec<&str> = path.split('/').collect();
        let keep = folders.len().saturating_sub(import.level as usize);
        folders[..keep]
            .iter()
            .copied()
            .chain(import.from.split('.').filter(|part| !part.is_empty()))
            .collect()
    } else if let Some(rest) = import.from.strip_prefix(&own) {
        rest.split('.').filter(|part| !part.is_empty()).collect()
    } else if import.from == "odoo.addons" && import.name == module.name {
        Vec::new()
    } else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // Loading a.b.c loads a and a.b first.
    for depth in 0..=base.len() {
        let inside = base[..depth].join("/");
        let prefix = if inside.is_empty() { String::new() } else { format!("{inside}/") };
        found.push(format!("{prefix}__init__.py"));
        if depth > 0 {
            found.push(format!("{inside}.py"));
        }
        if depth == base.len() && !import.name.is_empty() {
            found.push(format!("{prefix}{}.py", import.name));
            found.push(format!("{prefix}{}/__init__.py", import.name));
        }
    }
    found
}
