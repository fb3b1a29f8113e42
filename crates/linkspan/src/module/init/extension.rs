//! What a module adds to the models of Odoo that it syncs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::entity::EntityView;
use super::models::line_model;
use super::names::class;
use crate::definition::model::Definition;

/// What a module adds to a model of Odoo.
#[derive(Debug, Serialize)]
pub(super) struct Extension {
    pub(super) file: String,
    class: String,
    model: String,
    /// Its records are lines, which get a key.
    is_line: bool,
    bindings: Vec<Binding>,
}

/// A binding model of an Odoo model.
#[derive(Debug, Serialize)]
struct Binding {
    name: String,
    title: String,
    model: String,
}

pub(super) fn extensions(definition: &Definition, entities: &[EntityView]) -> Vec<Extension> {
    let mut models: BTreeMap<&str, (bool, Vec<Binding>)> = BTreeMap::new();
    for view in entities {
        let binding =
            Binding { name: view.name.clone(), title: view.title.clone(), model: view.model.clone() };
        models.entry(&view.odoo_model).or_default().1.push(binding);
        let fields = definition.entities[&view.name].map.iter().filter(|(_, field)| field.lines.is_some());
        for line in fields.filter_map(|(field, _)| line_model(&view.odoo_model, field)) {
            models.entry(line).or_default().0 = true;
        }
    }
    let extension = |(model, (is_line, bindings)): (&str, (bool, Vec<Binding>))| Extension {
        file: model.replace('.', "_"),
        class: class(model),
        model: model.to_owned(),
        is_line,
        bindings,
    };
    models.into_iter().map(extension).collect()
}
