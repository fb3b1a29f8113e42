//! Components and what they inherit. `components.tsv`: module, name, usage, collection, kind, parents.

use std::collections::HashMap;

use super::{Known, framework};
use crate::module::lint::index::python::{Class, Kind};
use crate::module::lint::py;

const TABLE: &str = include_str!("components.tsv");

/// A component with what all modules together give it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Component {
    pub(crate) usage: Option<String>,
    pub(crate) collection: Option<String>,
    pub(crate) apply_on: Option<Vec<String>>,
    pub(crate) is_abstract: bool,
    /// Whether a known module makes it, rather than this one only extending it.
    pub(crate) is_defined: bool,
    pub(crate) parents: Vec<String>,
}

/// The answer to a question about a component and its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved<T> {
    Is(T),
    /// No parent says it, and all are known.
    Nowhere,
    /// A parent is not known.
    Unknown,
}

pub(crate) fn add_known(components: &mut HashMap<String, Component>, wanted: &str) {
    let given = |cell: &str| (cell != "-").then(|| cell.to_owned());
    let rows = TABLE.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let rows = rows.chain(framework::components());
    for cells in rows {
        let [module, name, usage, collection, kind, parents] = cells.as_slice() else { continue };
        if *module != wanted {
            continue;
        }
        let component = Component {
            usage: given(usage),
            collection: given(collection),
            apply_on: None,
            is_abstract: *kind == "abstract",
            is_defined: true,
            parents: parents.split(',').filter(|parent| *parent != "-").map(str::to_owned).collect(),
        };
        components.insert((*name).to_owned(), component);
    }
}

pub(crate) fn take(components: &mut HashMap<String, Component>, class: &Class<'_>) {
    let Some(name) = class.name() else { return };
    let component = components.entry(name.to_owned()).or_default();
    if class.defines() {
        component.is_abstract = class.kind == Kind::AbstractComponent;
        component.is_defined = true;
    }
    let text = |attribute: &str| class.text(attribute).map(str::to_owned);
    component.usage = text("_usage").or(component.usage.take());
    component.collection = text("_collection").or(component.collection.take());
    if let Some(value) = class.attribute("_apply_on") {
        component.apply_on = Some(py::texts(value).into_iter().map(str::to_owned).collect());
    }
    let parents = class.inherit().into_iter().filter(|parent| *parent != name);
    component.parents.extend(parents.map(str::to_owned));
}

impl Known {
    /// What the component called `name`, or the nearest of its parents, says.
    pub(crate) fn component<T>(&self, name: &str, say: impl Fn(&Component) -> Option<T>) -> Resolved<T> {
        let mut waiting = vec![name];
        let mut seen = Vec::new();
        let mut unknown = false;
        // Breadth first: a nearer parent wins.
        while !waiting.is_empty() {
            let mut next = Vec::new();
            for name in waiting {
                if seen.contains(&name) {
                    continue;
                }
                seen.push(name);
                let Some(component) = self.components.get(name) else {
                    unknown = true;
                    continue;
                };
                if let Some(found) = say(component) {
                    return Resolved::Is(found);
                }
                next.extend(component.parents.iter().map(String::as_str));
            }
            waiting = next;
        }
        if unknown { Resolved::Unknown } else { Resolved::Nowhere }
    }

    /// Whether a component inherits another one, directly or not.
    pub(crate) fn component_is(&self, name: &str, ancestor: &str) -> bool {
        let mut waiting = vec![name];
        let mut seen = Vec::new();
        while let Some(name) = waiting.pop() {
            if name == ancestor {
                return true;
            }
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let parents = self.components.get(name).map_or(&[][..], |component| &component.parents);
            waiting.extend(parents.iter().map(String::as_str));
        }
        false
    }
}
