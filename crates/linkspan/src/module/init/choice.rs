//! Which entities of a definition a module has, and which ways they go.

use std::collections::BTreeSet;

use super::entity::{relations, relations_out};
use super::{Direction, InitError, Request};
use crate::definition::entity::Entity;
use crate::definition::model::Definition;

/// Entities that would come into a module with all entities.
pub(super) fn incoming(request: &Request, definition: &Definition) -> BTreeSet<String> {
    let wanted = |name: &String, entity: &Entity| {
        entity.import.is_some() && (request.direction != Direction::Export || request.imports.contains(name))
    };
    let mut found = Vec::new();
    for (name, _) in definition.entities.iter().filter(|(name, entity)| wanted(name, entity)) {
        visit(definition, name, relations, &mut Vec::new(), &mut found);
    }
    found.into_iter().collect()
}

/// Whether an entity goes out of the module.
pub(super) fn leaves(request: &Request, name: &str, entity: &Entity) -> bool {
    goes_out(entity)
        && (request.direction != Direction::Import || request.exports.iter().any(|named| named == name))
}

/// The entities of the module, what others refer to first.
pub(super) fn choose(
    request: &Request,
    definition: &Definition,
    incoming: &BTreeSet<String>,
) -> Result<Vec<String>, InitError> {
    for entity in &request.entities {
        if !definition.entities.contains_key(entity) {
            let known = definition.entities.keys().cloned().collect();
            return Err(InitError::UnknownEntity { entity: entity.clone(), known });
        }
    }
    let wanted = |name: &String, entity: &Entity| {
        let comes_in = entity.import.is_some() && incoming.contains(name);
        (comes_in || leaves(request, name, entity))
            && (request.entities.is_empty() || request.entities.contains(name))
    };
    let mut ordered = Vec::new();
    for (name, _) in definition.entities.iter().filter(|(name, entity)| wanted(name, entity)) {
        let only_out = request.direction == Direction::Export && !incoming.contains(name);
        let refers = if only_out { relations_out } else { relations };
        visit(definition, name, refers, &mut Vec::new(), &mut ordered);
    }
    if ordered.is_empty() {
        let direction = match request.direction {
            Direction::Export => "export",
            Direction::Import | Direction::Both => "import",
        };
        return Err(InitError::Nothing { direction });
    }
    Ok(ordered)
}

pub(super) fn goes_out(entity: &Entity) -> bool {
    entity.export.is_some()
}

/// Adds `name` behind everything that it refers to. Entities that refer to each other stand in the order met.
fn visit(
    definition: &Definition,
    name: &str,
    refers: fn(&Entity) -> Vec<String>,
    path: &mut Vec<String>,
    ordered: &mut Vec<String>,
) {
    if path.iter().any(|other| other == name) || ordered.iter().any(|other| other == name) {
        return;
    }
    let Some(entity) = definition.entities.get(name) else { return };
    path.push(name.to_owned());
    for related in refers(entity) {
        visit(definition, &related, refers, path, ordered);
    }
    path.pop();
    ordered.push(name.to_owned());
}
