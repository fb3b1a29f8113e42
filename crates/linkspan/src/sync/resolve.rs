//! Step 3: mapped values to cells of Odoo's `load`: relations and references become database ids.

use super::binding::{line_xmlid, xmlid};
use super::error::Refusal;
use super::prepare::Pending;
use super::related::{Links, missing_link};
use super::session::Session;
use crate::definition::entity::Missing;
use crate::definition::model::ErrorClass;
use crate::mapping::{OdooValue, Problem, Reference};

/// Between the ids of several records in a cell of `load`.
pub(super) const SEPARATOR: &str = ",";

/// A record as `load` takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// External id the record has in Odoo, when Linkspan made it.
    pub(super) xmlid: String,
    /// Position of the field in the plan, cell.
    pub(super) cells: Vec<(u16, String)>,
    /// The same of what only a new record gets, of one that Odoo has: it may turn out to be gone.
    pub(super) for_new: Vec<(u16, String)>,
    /// Position of the field in the plan, lines.
    pub(super) lines: Vec<(u16, Vec<LineRow>)>,
}

/// A line as `load` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineRow {
    pub(super) key: String,
    pub(super) xmlid: String,
    /// Position of the column in the lines' plan, cell; in ascending order. What is not here is left alone.
    pub(super) cells: Vec<(u16, String)>,
    /// The same of what only a new line gets.
    pub(super) for_new: Vec<(u16, String)>,
}

impl Row {
    /// The row of a record that is to be made anew.
    pub(super) fn whole(&self) -> Row {
        let mut row = self.clone();
        row.cells.append(&mut row.for_new);
        row.lines.iter_mut().flat_map(|(_, lines)| lines).for_each(LineRow::complete);
        row
    }
}

impl LineRow {
    /// Makes it the row of a new line.
    pub(super) fn complete(&mut self) {
        self.cells.append(&mut self.for_new);
        self.cells.sort_unstable_by_key(|(column, _)| *column);
    }
}

/// Why a record has no row now.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// It refers to a record of the same batch, which must be written first.
    Blocked,
    /// It is refused.
    Refused(Box<Refusal>),
}

/// What a record's values are resolved with.
pub(super) struct Resolver<'s> {
    pub(super) session: &'s Session,
    pub(super) entity: u16,
    pub(super) links: &'s Links,
}

impl Resolver<'_> {
    /// The row of `record`. `in_batch` tells whether an external id of the same entity is still to be written.
    pub(super) fn row(
        &self,
        record: &Pending<'_>,
        in_batch: impl Fn(&str) -> bool,
    ) -> Result<Row, Unresolved> {
        let plan = self.session.plan(self.entity);
        let record_xmlid = xmlid(&self.session.backend, &plan.entity, &record.mapped.external_id);
        let bound = record.odoo_id().is_some();
        let mut row = Row { xmlid: record_xmlid.clone(), ..Row::default() };
        for (position, value) in &record.mapped.values {
            let field = &plan.fields[usize::from(*position)];
            let cell = self.cell(record, &field.name, value, field.missing, &in_batch);
            if field.create_only && bound {
                // Odoo has the record, which needs none of it.
                row.for_new.extend(cell.ok().flatten().map(|cell| (*position, cell)));
            } else if let Some(cell) = cell? {
                row.cells.push((*position, cell));
            }
        }
        for (position, lines) in &record.mapped.lines {
            let field = &plan.fields[usize::from(*position)];
            let Some(lines_plan) = &field.lines else { continue };
            let mut line_rows = Vec::with_capacity(lines.len());
            for line in lines {
                let (mut cells, mut for_new) = (Vec::with_capacity(line.values.len()), Vec::new());
                for (column, value) in &line.values {
                    let column_plan = &lines_plan.columns[usize::from(*column)];
                    let name = format!("{} {}.{}", field.name, line.key, column_plan.name);
                    if let Some(cell) = self.cell(record, &name, value, column_plan.missing, &in_batch)? {
                        let of_new = line.for_new.contains(column);
                        if of_new { &mut for_new } else { &mut cells }.push((*column, cell));
                    }
                }
                cells.sort_unstable_by_key(|(column, _)| *column);
                let xmlid = line_xmlid(&record_xmlid, &field.name, &line.key);
                line_rows.push(LineRow { key: line.key.clone(), xmlid, cells, for_new });
            }
            row.lines.push((*position, line_rows));
        }
        Ok(row)
    }

    fn cell(
        &self,
        record: &Pending<'_>,
        field: &str,
        value: &OdooValue<'_>,
        missing: Missing,
        in_batch: &impl Fn(&str) -> bool,
    ) -> Result<Option<String>, Unresolved> {
        match value {
            OdooValue::Relation { entity, external_id } => {
                self.related(record, field, *entity, external_id, missing, in_batch).map(Some)
            }
            OdooValue::Relations { entity, external_ids } => {
                let mut cells = Vec::with_capacity(external_ids.len());
                for external_id in external_ids {
                    cells.push(self.related(record, field, *entity, external_id, missing, in_batch)?);
                }
                cells.retain(|cell| !cell.is_empty());
                Ok(Some(cells.join(SEPARATOR)))
            }
            OdooValue::Reference(reference) => self.reference(record, field, reference),
            other => Ok(Some(other.to_string())),
        }
    }

    /// The cell of one related record; empty when it is missing and may be.
    fn related(
        &self,
        record: &Pending<'_>,
        field: &str,
        entity: u16,
        external_id: &str,
        missing: Missing,
        in_batch: &impl Fn(&str) -> bool,
    ) -> Result<String, Unresolved> {
        if let Some(id) = self.links.get(&(entity, external_id.to_owned())) {
            return Ok(id.to_string());
        }
        if entity == self.entity && in_batch(external_id) {
            return Err(Unresolved::Blocked);
        }
        if let Some(planned) = self.session.planned_state(entity, external_id) {
            let new = || format!("(new {} {external_id})", self.session.plan(entity).entity);
            return Ok(planned.odoo_id.map_or_else(new, |id| id.to_string()));
        }
        if missing == Missing::Empty {
            return Ok(String::new());
        }
        let refusal = missing_link(self.session, record, field, entity, external_id);
        Err(Unresolved::Refused(Box::new(refusal)))
    }

    fn reference(
        &self,
        record: &Pending<'_>,
        field: &str,
        reference: &Reference<'_>,
    ) -> Result<Option<String>, Unresolved> {
        match (self.session.references.id(&reference.clone().into_owned()), reference) {
            (Some(id), _) => Ok(Some(id.to_string())),
            // Odoo knows the states of few countries; an address is right without it.
            (None, Reference::State(..)) => Ok(Some(String::new())),
            (None, reference) => {
                let reason = format!("Odoo has no {reference}; add or activate it there, then retry");
                let problem = Problem::new(field, "", None, reason);
                Err(Unresolved::Refused(Box::new(record.refuse(ErrorClass::Data, problem))))
            }
        }
    }
}
