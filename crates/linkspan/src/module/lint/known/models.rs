//! Models and their fields. `models.tsv`: module, model, kind (`m`odel, `t`ransient, `a`bstract), series.

use std::collections::HashMap;

use super::{Known, framework, modules};
use crate::module::Series;
use crate::module::lint::index::python::{Class, Kind};

const TABLE: &str = include_str!("models.tsv");

/// A line of the table.
pub(super) struct Row {
    pub(super) module: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) series: &'static str,
    /// What it inherits; `-` when that is not in the table.
    pub(super) parents: &'static str,
}

pub(super) fn rows() -> impl Iterator<Item = Row> {
    let table = TABLE.lines().filter_map(|line| {
        let mut cells = line.split('\t');
        let (module, name) = (cells.next()?, cells.next()?);
        Some(Row { module, name, kind: cells.next()?, series: cells.next()?, parents: "-" })
    });
    table.chain(framework::models())
}

/// A model with what all modules together give it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Model {
    pub(crate) is_abstract: bool,
    /// Whether a known module makes it, rather than this one only extending it.
    pub(crate) is_defined: bool,
    /// Fields that sources give it: name, kind and the model a relation leads to.
    pub(crate) fields: HashMap<String, (String, Option<String>)>,
    /// Models whose fields it copies or delegates to.
    pub(crate) parents: Vec<String>,
    /// Models that it inherits, methods included.
    pub(crate) inherit: Vec<String>,
    /// Whether only its name is known.
    pub(crate) is_name_only: bool,
}

pub(crate) fn take(known: &mut Known, module: &str, class: &Class<'_>) {
    let Some(name) = class.name() else { return };
    if class.defines() {
        known.providers.entry(name.to_owned()).or_default().push(module.to_owned());
    }
    let model = known.models.entry(name.to_owned()).or_default();
    if class.defines() {
        model.is_abstract = class.kind == Kind::Mixin;
        model.is_name_only = false;
        model.is_defined = true;
    }
    for field in &class.fields {
        let comodel = field.comodel().map(str::to_owned);
        model.fields.insert(field.name.to_owned(), (field.kind.to_owned(), comodel));
    }
    for parent in class.inherit().into_iter().filter(|parent| *parent != name) {
        model.inherit.push(parent.to_owned());
        model.parents.push(parent.to_owned());
    }
    model.parents.extend(class.inherits().into_iter().map(|(parent, _)| parent.to_owned()));
}

/// Adds the names of the table's models: all to the providers, those of the dependencies to the models.
pub(crate) fn add_known(known: &mut Known, targets: &[Series]) {
    for Row { module, name, kind, series, parents } in rows() {
        if !targets.iter().any(|target| series.split(',').any(|known| modules::covers(known, *target))) {
            continue;
        }
        let providers = known.providers.entry(name.to_owned()).or_default();
        if !providers.iter().any(|provider| provider == module) {
            providers.push(module.to_owned());
        }
        if known.depends.contains(module) && !known.sources.contains(module) {
            let model = known.models.entry(name.to_owned()).or_default();
            (model.is_abstract, model.is_name_only, model.is_defined) = (kind == "a", true, true);
            let parents = parents.split(',').filter(|parent| *parent != "-");
            model.parents.extend(parents.map(str::to_owned));
        }
    }
}

impl Known {
    /// All fields of a model with those of its parents; `None` when one of them is not fully known.
    pub(crate) fn fields(&self, model: &str) -> Option<HashMap<&str, (&str, Option<&str>)>> {
        if !self.has_all_sources {
            return None;
        }
        let mut found = HashMap::new();
        let mut waiting = vec![model, "base"];
        let mut seen = Vec::new();
        while let Some(name) = waiting.pop() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let Some(model) = self.models.get(name) else {
                if name == "base" {
                    continue;
                } else {
                    return None;
                };
            };
            if model.is_name_only {
                return None;
            }
            let fields = model.fields.iter();
            found.extend(
                fields.map(|(field, (kind, comodel))| (field.as_str(), (kind.as_str(), comodel.as_deref()))),
            );
            waiting.extend(model.parents.iter().map(String::as_str));
        }
        for magic in ["id", "display_name", "create_uid", "create_date", "write_uid", "write_date"] {
            found.entry(magic).or_insert(("Char", None));
        }
        Some(found)
    }

    /// Whether `model` is, or inherits, `ancestor`; `None` when one of its parents is unknown and none is it.
    pub(crate) fn inherits(&self, model: &str, ancestor: &str) -> Option<bool> {
        let mut waiting = vec![model];
        let mut seen = Vec::new();
        let mut unknown = false;
        while let Some(name) = waiting.pop() {
            if name == ancestor {
                return Some(true);
            }
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            match self.models.get(name) {
                Some(model) => waiting.extend(model.parents.iter().map(String::as_str)),
                None => unknown = true,
            }
        }
        (!unknown).then_some(false)
    }
}
