//! Step 6: lines that left the record leave Odoo too. `load` only adds and changes lines, so this comes after it.
//! Odoo itself tells which of its lines Linkspan made (their external ids); a line that a person added is never
//! touched.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use odoo_rpc::{Class, SearchOptions};
use serde_json::{Map, Value, json};

use super::dead_links::those_there;
use super::error::SyncError;
use super::resolve::Row;
use super::session::Session;
use crate::definition::model::Scalar;

/// The keys of a record's lines as the binding stores them: field name = keys.
pub(super) fn line_keys(session: &Session, entity: u16, row: &Row) -> Option<String> {
    let plan = session.plan(entity);
    let keys: BTreeMap<&str, Vec<&str>> = row
        .lines
        .iter()
        .map(|(position, lines)| {
            let name = plan.fields[usize::from(*position)].name.as_str();
            (name, lines.iter().map(|line| line.key.as_str()).collect())
        })
        .collect();
    (!keys.is_empty()).then(|| json!(keys).to_string())
}

/// Whether lines of an earlier write may be in Odoo that `new` does not have. When the earlier write was not seen
/// to end (`old` unknown), they may.
pub(super) fn may_have_left(old: Option<&str>, new: Option<&str>) -> bool {
    let parse = |text: &str| serde_json::from_str::<BTreeMap<String, BTreeSet<String>>>(text).ok();
    let Some(new) = new.and_then(parse) else { return false };
    let Some(old) = old.and_then(parse) else { return true };
    old.iter().any(|(field, keys)| new.get(field).is_none_or(|new| !keys.is_subset(new)))
}

/// Removes from Odoo the lines of these written records that are not in their rows. Gives the reason for each
/// record whose lines Odoo would neither remove nor change.
pub(super) async fn remove_left(
    session: &Session,
    entity: u16,
    written: &[(i64, &Row)],
) -> Result<HashMap<i64, String>, SyncError> {
    let plan = session.plan(entity);
    let mut failed = HashMap::new();
    for (position, field) in (0u16..).zip(&plan.fields) {
        let Some(or_write) = field.lines.as_ref().and_then(|lines| lines.removed.as_ref()) else { continue };
        let Some((model, inverse)) = session.fields.inverses.get(&(plan.model.clone(), field.name.clone()))
        else {
            continue;
        };
        let left = left(session, model, inverse, position, written).await?;
        if left.is_empty() || remove_all(session, model, &left).await? {
            continue;
        }
        for (line, record) in left {
            if let Err(reason) = remove(session, model, line, or_write).await? {
                failed.insert(record, format!("a line that left the order stays in Odoo: {reason}"));
            }
        }
    }
    Ok(failed)
}

/// The records that have lines in Odoo and none that Linkspan made, with the field's position; of fields that go out.
pub(super) async fn made_by_odoo(
    session: &Session,
    entity: u16,
    rows: &[(i64, &Row)],
) -> Result<HashSet<(i64, u16)>, SyncError> {
    let plan = session.plan(entity);
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let mut made = HashSet::new();
    for (position, field) in (0u16..).zip(&plan.fields).filter(|(_, field)| plan.goes_out(&field.name)) {
        let Some((model, _)) = session.fields.inverses.get(&(plan.model.clone(), field.name.clone())) else {
            continue;
        };
        let mut record_of: HashMap<i64, i64> = HashMap::new();
        for record in those_there(session, &plan.model, &ids, &[&field.name]).await?.records {
            let Some(id) = record.get("id").and_then(Value::as_i64) else { continue };
            let lines = record.get(&field.name).and_then(Value::as_array).into_iter().flatten();
            record_of.extend(lines.filter_map(|line| Some((line.as_i64()?, id))));
        }
        made.extend(record_of.values().map(|id| (*id, position)));
        for line in ours(session, model, rows, &record_of).await? {
            made.remove(&(line.record, position));
        }
    }
    Ok(made)
}

/// A line in Odoo that Linkspan made.
struct OurLine<'r> {
    id: i64,
    record: i64,
    row: &'r Row,
    xmlid: String,
}

/// The lines that Linkspan made for these records, of those in `record_of` (line id, record id).
async fn ours<'r>(
    session: &Session,
    model: &str,
    rows: &[(i64, &'r Row)],
    record_of: &HashMap<i64, i64>,
) -> Result<Vec<OurLine<'r>>, SyncError> {
    let rows: HashMap<i64, &Row> = rows.iter().copied().collect();
    let mut line_ids: Vec<i64> = record_of.keys().copied().collect();
    line_ids.sort_unstable();
    let mut ours = Vec::new();
    for chunk in line_ids.chunks(1_000) {
        let named = session.odoo.get_metadata(model, chunk).await?;
        ours.extend(named.iter().filter_map(|line| {
            let id = line.get("id")?.as_i64()?;
            let record = *record_of.get(&id)?;
            let (row, xmlid) = (*rows.get(&record)?, line.get("xmlid")?.as_str()?);
            let is_ours = xmlid.strip_prefix(row.xmlid.as_str())?.starts_with('_');
            is_ours.then(|| OurLine { id, record, row, xmlid: xmlid.to_owned() })
        }));
    }
    Ok(ours)
}

/// External ids in Odoo of the lines that Linkspan made for these records.
pub(super) async fn lines_there(
    session: &Session,
    entity: u16,
    rows: &[(i64, &Row)],
) -> Result<HashSet<String>, SyncError> {
    let plan = session.plan(entity);
    let mut there = HashSet::new();
    if rows.is_empty() {
        return Ok(there);
    }
    for field in plan.fields.iter().filter(|field| field.lines.is_some()) {
        if let Some((model, inverse)) = session.fields.inverses.get(&(plan.model.clone(), field.name.clone()))
        {
            let ours = lines_of(session, model, inverse, rows).await?;
            there.extend(ours.into_iter().map(|line| line.xmlid));
        }
    }
    Ok(there)
}

/// Lines in Odoo that Linkspan made for these records and their rows no longer have: (line id, record id).
async fn left(
    session: &Session,
    model: &str,
    inverse: &str,
    position: u16,
    written: &[(i64, &Row)],
) -> Result<Vec<(i64, i64)>, SyncError> {
    let has_left = |line: &OurLine<'_>| {
        let kept = line.row.lines.iter().filter(|(found, _)| *found == position);
        !kept.flat_map(|(_, lines)| lines).any(|kept| kept.xmlid == line.xmlid)
    };
    let ours = lines_of(session, model, inverse, written).await?;
    Ok(ours.iter().filter(|line| has_left(line)).map(|line| (line.id, line.record)).collect())
}

/// The lines in Odoo that Linkspan made for these records.
async fn lines_of<'r>(
    session: &Session,
    model: &str,
    inverse: &str,
    written: &[(i64, &'r Row)],
) -> Result<Vec<OurLine<'r>>, SyncError> {
    let ids: Vec<i64> = written.iter().map(|(id, _)| *id).collect();
    let lines = session
        .odoo
        .search_read(model, &json!([[inverse, "in", ids]]), &[inverse], SearchOptions::default())
        .await?;
    let record_of: HashMap<i64, i64> = lines
        .iter()
        .filter_map(|line| {
            Some((line.get("id")?.as_i64()?, line.get(inverse)?.as_array()?.first()?.as_i64()?))
        })
        .collect();
    ours(session, model, written, &record_of).await
}

/// Removes all lines in one call; false when Odoo refuses one of them, and so all.
async fn remove_all(session: &Session, model: &str, left: &[(i64, i64)]) -> Result<bool, SyncError> {
    let lines: Vec<i64> = left.iter().map(|(line, _)| *line).collect();
    match session.odoo.unlink(model, &lines).await {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.class(), Class::Data | Class::Access | Class::Gone) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn remove(
    session: &Session,
    model: &str,
    line: i64,
    or_write: &BTreeMap<String, Scalar>,
) -> Result<Result<(), String>, SyncError> {
    match session.odoo.unlink(model, &[line]).await {
        Ok(()) => return Ok(Ok(())),
        Err(error) if error.class() == Class::Gone => return Ok(Ok(())),
        Err(error) if or_write.is_empty() && error.class() == Class::Data => {
            return Ok(Err(error.to_string()));
        }
        Err(error) if matches!(error.class(), Class::Data | Class::Access) => {}
        Err(error) => return Err(error.into()),
    }
    let values: Map<String, Value> =
        or_write.iter().map(|(field, value)| (field.clone(), value.to_json())).collect();
    match session.odoo.write(model, &[line], values).await {
        Ok(()) => Ok(Ok(())),
        Err(error) if matches!(error.class(), Class::Data | Class::Access | Class::Gone) => {
            Ok(Err(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::may_have_left;

    #[test]
    fn lines_are_looked_for_only_when_one_may_have_left() {
        let keys = |text: &'static str| Some(text);
        assert!(!may_have_left(keys(r#"{"l":["1"]}"#), keys(r#"{"l":["1","2"]}"#)));
        assert!(may_have_left(keys(r#"{"l":["1","2"]}"#), keys(r#"{"l":["2"]}"#)));
        assert!(may_have_left(None, keys(r#"{"l":["2"]}"#)));
        assert!(!may_have_left(None, None));
    }
}
