//! What of a row is not written, because Odoo owns it, made it, or shows it already.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use odoo_rpc::Record;

use super::dead_links::those_there;
use super::error::SyncError;
use super::follow::shows;
use super::lines::{lines_there, made_by_odoo};
use super::prepare::Pending;
use super::resolve::{LineRow, Row};
use super::session::Session;
use super::upsert::Target;

/// What Odoo owns is written with new records only: one that is adopted has it already.
pub(super) fn leave_to_odoo(
    session: &Session,
    entity: u16,
    ready: &mut [(Pending<'_>, Row)],
    targets: &[(usize, Target)],
) {
    let plan = session.plan(entity);
    for (i, _) in targets.iter().filter(|(_, target)| matches!(target, Target::Id(_))) {
        let row = &mut ready[*i].1;
        let (for_new, cells) = std::mem::take(&mut row.cells)
            .into_iter()
            .partition(|(position, _)| plan.fields[usize::from(*position)].create_only);
        row.cells = cells;
        row.for_new.extend::<Vec<_>>(for_new);
    }
}

/// Where lines go out of Odoo, those that Odoo made stay what they are: when they come back they are the same lines under
/// other ids, and would be there twice.
pub(super) async fn leave_lines_to_odoo(
    session: &Session,
    entity: u16,
    ready: &mut [(Pending<'_>, Row)],
    targets: &[(usize, Target)],
) -> Result<(), SyncError> {
    let mut of_odoo: Vec<(i64, usize)> = Vec::new();
    for (i, target) in targets {
        let (record, row) = &ready[*i];
        let has_written = record.binding.as_ref().is_some_and(|binding| binding.line_keys.is_some());
        if let (Target::Id(id), false, false) = (target, has_written, row.lines.is_empty()) {
            of_odoo.push((*id, *i));
        }
    }
    let rows: Vec<(i64, &Row)> = of_odoo.iter().map(|(id, i)| (*id, &ready[*i].1)).collect();
    let made = made_by_odoo(session, entity, &rows).await?;
    for (id, i) in of_odoo {
        ready[i].1.lines.retain(|(position, _)| !made.contains(&(id, *position)));
    }
    Ok(())
}

/// Gives new lines what only those get. Which lines Odoo has is asked for only where it matters.
pub(super) async fn complete_new_lines(
    session: &Session,
    entity: u16,
    ready: &mut [(Pending<'_>, Row)],
    targets: &[(usize, Target)],
) -> Result<(), SyncError> {
    let is_concerned =
        |row: &Row| row.lines.iter().any(|(_, lines)| lines.iter().any(|line| !line.for_new.is_empty()));
    let known: Vec<(i64, &Row)> = targets
        .iter()
        .filter_map(|(i, target)| match target {
            Target::Id(id) if is_concerned(&ready[*i].1) => Some((*id, &ready[*i].1)),
            _ => None,
        })
        .collect();
    let there = lines_there(session, entity, &known).await?;
    for (i, _) in targets {
        let lines = ready[*i].1.lines.iter_mut().flat_map(|(_, lines)| lines);
        lines.filter(|line| !there.contains(&line.xmlid)).for_each(LineRow::complete);
    }
    Ok(())
}

/// The rows less the relations of records in Odoo that show already what would be written. Odoo computes anew what follows
/// from a relation whenever that is written, the same one too: a quotation whose customer is written takes that customer's
/// price list, and with it another currency (seen on 16.0 and 19.0).
pub(super) async fn without_relations_there<'r>(
    session: &Session,
    entity: u16,
    rows: &[(Target, &'r Row)],
) -> Result<Vec<(Target, Cow<'r, Row>)>, SyncError> {
    let mut changing: Vec<(Target, Cow<'r, Row>)> =
        rows.iter().map(|(target, row)| (*target, Cow::Borrowed(*row))).collect();
    let plan = session.plan(entity);
    let is_relation = |position: u16| {
        let field = &plan.fields[usize::from(position)];
        field.relational && field.lines.is_none()
    };
    let of_row = |row: &Row| row.cells.iter().any(|(position, _)| is_relation(*position));
    let ids: Vec<i64> = rows
        .iter()
        .filter_map(|(target, row)| match target {
            Target::Id(id) if of_row(row) => Some(*id),
            _ => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(changing);
    }
    let written: BTreeSet<u16> =
        rows.iter().flat_map(|(_, row)| row.cells.iter().map(|(position, _)| *position)).collect();
    let names: Vec<&str> = written
        .into_iter()
        .filter(|position| is_relation(*position))
        .map(|position| plan.fields[usize::from(position)].name.as_str())
        .collect();
    let records = those_there(session, &plan.model, &ids, &names).await?.records;
    let records: HashMap<i64, Record> =
        records.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect();
    for (target, row) in &mut changing {
        let Target::Id(id) = target else { continue };
        let Some(record) = records.get(id) else { continue };
        let is_there = |(position, cell): &(u16, String)| {
            let now = record.get(&plan.fields[usize::from(*position)].name);
            is_relation(*position) && now.is_some_and(|now| shows(now, cell))
        };
        if row.cells.iter().any(is_there) {
            row.to_mut().cells.retain(|cell| !is_there(cell));
        }
    }
    Ok(changing)
}
