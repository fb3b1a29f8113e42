//! `--plan`: instead of the write, what it would change, field by field.

use serde::Serialize;

use super::error::SyncError;
use super::follow::shows;
use super::prepare::Pending;
use super::resolve::Row;
use super::session::Session;
use super::upsert::Target;
use crate::store::FieldChange;

/// What a sync would do to one record.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedChange {
    /// Entity.
    pub entity: String,
    /// Its id in the external system.
    pub external_id: String,
    /// `create`, `update` or `adopt`.
    pub action: &'static str,
    /// Odoo model.
    pub model: String,
    /// Odoo id, unless it would be created.
    pub odoo_id: Option<i64>,
    /// What would change. Lines are listed whole.
    pub fields: Vec<FieldChange>,
}

/// A record as the plan would have left it, so that it is not planned twice and others may refer to it.
#[derive(Debug, Clone)]
pub(super) struct PlannedState {
    /// Unless it would be created.
    pub(super) odoo_id: Option<i64>,
    pub(super) version: Option<String>,
    pub(super) digest: String,
}

/// Notes what writing `rows` would do.
pub(super) async fn note(
    session: &Session,
    entity: u16,
    ready: &[(Pending<'_>, Row)],
    targets: &[(usize, Target)],
) -> Result<(), SyncError> {
    let plan = session.plan(entity);
    for (i, target) in targets {
        let (record, row) = &ready[*i];
        let external_id = record.mapped.external_id.to_string();
        let (action, odoo_id) = match target {
            // Another state of a record that this plan creates.
            Target::Xmlid if session.planned_state(entity, &external_id).is_some() => ("update", None),
            Target::Xmlid => ("create", None),
            Target::Id(id) if record.odoo_id().is_some() => ("update", Some(*id)),
            Target::Id(id) => ("adopt", Some(*id)),
        };
        let names: Vec<&str> =
            row.cells.iter().map(|(position, _)| plan.fields[usize::from(*position)].name.as_str()).collect();
        let now = match odoo_id {
            Some(id) => session.odoo.read(&plan.model, &[id], &names).await?.into_iter().next(),
            None => None,
        };
        let mut fields = Vec::new();
        for ((_, cell), name) in row.cells.iter().zip(&names) {
            let from = now.as_ref().and_then(|record| record.get(*name)).cloned();
            if !from.as_ref().is_some_and(|from| shows(from, cell)) {
                fields.push(FieldChange { field: (*name).to_owned(), from, to: cell.clone() });
            }
        }
        fields.extend(line_fields(session, entity, row));
        session.tally.count(&plan.entity, |counts| match action {
            "create" => counts.created += 1,
            "adopt" => {
                counts.updated += 1;
                counts.adopted += 1;
            }
            _ => counts.updated += 1,
        });
        let change = PlannedChange {
            entity: plan.entity.clone(),
            external_id,
            action,
            model: plan.model.clone(),
            odoo_id,
            fields,
        };
        session.note_planned_state(entity, record, odoo_id);
        session.note_planned(change);
    }
    Ok(())
}

fn line_fields(session: &Session, entity: u16, row: &Row) -> Vec<FieldChange> {
    let plan = session.plan(entity);
    let mut fields = Vec::new();
    for (position, lines) in &row.lines {
        let field = &plan.fields[usize::from(*position)];
        let Some(lines_plan) = &field.lines else { continue };
        for line in lines {
            for (column, cell) in &line.cells {
                let column = &lines_plan.columns[usize::from(*column)].name;
                let name = format!("{}[{}].{column}", field.name, line.key);
                fields.push(FieldChange { field: name, from: None, to: cell.clone() });
            }
        }
    }
    fields
}
