//! Step 5: one `load` for a batch. It creates or updates by external id, header and lines together, in one Odoo
//! transaction. A batch that Odoo refuses is split until the bad records stand alone and the rest is in.

use std::collections::{BTreeMap, BTreeSet};

use odoo_rpc::{Class, LoadResult};

use super::error::{SyncError, odoo_class};
use super::resolve::Row;
use super::session::Session;
use crate::definition::model::ErrorClass;
use crate::mapping::Plan;

/// Which Odoo record a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// By Linkspan's external id: a new record, or one whose first write was not seen to end.
    Xmlid,
    /// By database id: a bound or adopted record.
    Id(i64),
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// It is in Odoo under this id.
    Id(i64),
    /// Odoo refused it.
    Refused(ErrorClass, String),
    /// The Odoo record it was for is gone.
    Gone,
}

/// Writes `rows`; one answer for each, in order.
pub(super) async fn upsert(
    session: &Session,
    entity: u16,
    rows: &[(Target, &Row)],
) -> Result<Vec<Written>, SyncError> {
    let plan = session.plan(entity);
    let mut written: Vec<Option<Written>> = vec![None; rows.len()];
    for (columns, members) in groups(plan, rows) {
        let (by_id, members): (bool, Vec<usize>) = (columns.by_id, members);
        if columns.is_only_id() && by_id {
            for i in members {
                if let Target::Id(id) = rows[i].0 {
                    written[i] = Some(Written::Id(id));
                }
            }
            continue;
        }
        let mut work = vec![members];
        while let Some(chunk) = work.pop() {
            work.extend(write_chunk(session, plan, &columns, rows, chunk, &mut written).await?);
        }
    }
    let missing =
        || Written::Refused(ErrorClass::Ambiguous, "Odoo gave no answer about this record".to_owned());
    let mut written: Vec<Written> =
        written.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect();
    tell_missing_rights(session, plan, rows, &mut written).await?;
    Ok(written)
}

/// `load` tells a missing right like any other refusal, in the user's language. Odoo is asked whether it is one.
async fn tell_missing_rights(
    session: &Session,
    plan: &Plan,
    rows: &[(Target, &Row)],
    written: &mut [Written],
) -> Result<(), SyncError> {
    for ((target, _), answer) in rows.iter().zip(written) {
        let Written::Refused(ErrorClass::Data, reason) = &*answer else { continue };
        let operation = if *target == Target::Xmlid { "create" } else { "write" };
        if !session.may(&plan.model, operation).await? {
            let reason = format!(
                "the Odoo user may not {operation} {}. Give the user a group that may, in Settings > Users. {reason}",
                plan.model
            );
            *answer = Written::Refused(ErrorClass::Auth, reason);
        }
    }
    Ok(())
}

/// The columns of one `load` call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Columns {
    by_id: bool,
    fields: Vec<u16>,
    lines: Vec<u16>,
}

impl Columns {
    fn is_only_id(&self) -> bool {
        self.fields.is_empty() && self.lines.is_empty()
    }

    fn names(&self, plan: &Plan) -> Vec<String> {
        let path =
            |name: &str, relational: bool| if relational { format!("{name}/.id") } else { name.to_owned() };
        let mut names = vec![if self.by_id { ".id" } else { "id" }.to_owned()];
        for position in &self.fields {
            let field = &plan.fields[usize::from(*position)];
            names.push(path(&field.name, field.relational));
        }
        for position in &self.lines {
            let field = &plan.fields[usize::from(*position)];
            names.push(format!("{}/id", field.name));
            for column in field.lines.iter().flat_map(|lines| &lines.columns) {
                names.push(format!("{}/{}", field.name, path(&column.name, column.relational)));
            }
        }
        names
    }
}

/// `load` takes a table, so rows with the same columns go together. A field that is left alone has no column.
fn groups(plan: &Plan, rows: &[(Target, &Row)]) -> BTreeMap<Columns, Vec<usize>> {
    let mut groups: BTreeMap<Columns, Vec<usize>> = BTreeMap::new();
    for (i, (target, row)) in rows.iter().enumerate() {
        let by_id = matches!(target, Target::Id(_));
        let mut fields: Vec<u16> = row.cells.iter().map(|(position, _)| *position).collect();
        fields.sort_unstable_by_key(|position| plan.fields[usize::from(*position)].name.as_str());
        let lines = row.lines.iter().map(|(position, _)| *position).collect();
        groups.entry(Columns { by_id, fields, lines }).or_default().push(i);
    }
    groups
}

/// The table of one call. A record's first row holds its header and its first line, further lines follow in rows
/// without a header.
fn table(plan: &Plan, columns: &Columns, rows: &[(Target, &Row)], chunk: &[usize]) -> Vec<Vec<String>> {
    let width = columns.names(plan).len();
    let mut table = Vec::with_capacity(chunk.len());
    for i in chunk {
        let (target, row) = &rows[*i];
        let first = table.len();
        let mut header = vec![String::new(); width];
        header[0] = match target {
            Target::Xmlid => row.xmlid.clone(),
            Target::Id(id) => id.to_string(),
        };
        for (column, position) in columns.fields.iter().enumerate() {
            if let Some((_, cell)) = row.cells.iter().find(|(found, _)| found == position) {
                header[column + 1].clone_from(cell);
            }
        }
        table.push(header);
        let mut column = 1 + columns.fields.len();
        let mut next = first;
        for position in &columns.lines {
            let lines =
                row.lines.iter().find(|(found, _)| found == position).map_or(&[][..], |(_, lines)| lines);
            for line in lines {
                if next == table.len() {
                    table.push(vec![String::new(); width]);
                }
                table[next][column].clone_from(&line.xmlid);
                for (offset, cell) in line.cells.iter().enumerate() {
                    table[next][column + 1 + offset].clone_from(cell);
                }
                next += 1;
            }
            let lines_plan = plan.fields[usize::from(*position)].lines.as_ref();
            column += 1 + lines_plan.map_or(0, |lines| lines.columns.len());
        }
    }
    table
}

/// One call; gives the parts that are still to be written.
async fn write_chunk(
    session: &Session,
    plan: &Plan,
    columns: &Columns,
    rows: &[(Target, &Row)],
    chunk: Vec<usize>,
    written: &mut [Option<Written>],
) -> Result<Vec<Vec<usize>>, SyncError> {
    if chunk.is_empty() {
        return Ok(Vec::new());
    }
    let names = columns.names(plan);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let outcome = session.odoo.load(&plan.model, &names, &table(plan, columns, rows, &chunk)).await;
    match outcome {
        Ok(LoadResult { ids: Some(ids), .. }) if ids.len() == chunk.len() => {
            for (i, id) in chunk.iter().zip(ids) {
                written[*i] = Some(Written::Id(id));
            }
            Ok(Vec::new())
        }
        // The client has repeated it: a database under such load is no fault of a record.
        Ok(result) if result.is_transient() => Err(SyncError::Odoo(odoo_rpc::Error::Serialization {
            call: format!("{}.load", plan.model),
            name: "concurrent update".to_owned(),
        })),
        Ok(result) => Ok(sort_out(&result, chunk, written)),
        Err(error) if matches!(error.class(), Class::Access) => {
            let reason = format!("{error} Model: {}.", plan.model);
            for i in chunk {
                written[i] = Some(Written::Refused(ErrorClass::Auth, reason.clone()));
            }
            Ok(Vec::new())
        }
        Err(error) if matches!(error.class(), Class::Data | Class::Gone | Class::Server) => {
            Ok(halved(chunk, written, || Written::Refused(odoo_class(&error), error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// Records that Odoo names are refused; the rest goes again. When it names none, halves go again.
fn sort_out(result: &LoadResult, chunk: Vec<usize>, written: &mut [Option<Written>]) -> Vec<Vec<usize>> {
    let errors = result.messages.iter().filter(|message| message.kind == "error");
    let mut bad: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for message in errors {
        let Some(record) = message.record.filter(|record| *record < chunk.len()) else { continue };
        if message.field.as_deref() == Some(".id") {
            gone.insert(record);
        }
        let field = message.field.as_deref().map(|field| format!("{field}: ")).unwrap_or_default();
        bad.entry(record).or_default().push(format!("{field}{}", message.message));
    }
    if bad.is_empty() {
        let reason =
            result.messages.iter().map(|message| message.message.as_str()).collect::<Vec<_>>().join("; ");
        return halved(chunk, written, || Written::Refused(ErrorClass::Data, reason.clone()));
    }
    let mut rest = Vec::new();
    for (position, i) in chunk.into_iter().enumerate() {
        match bad.get(&position) {
            _ if gone.contains(&position) => written[i] = Some(Written::Gone),
            Some(reasons) => {
                let reason = format!("Odoo refuses it: {}", reasons.join("; "));
                written[i] = Some(Written::Refused(ErrorClass::Data, reason));
            }
            None => rest.push(i),
        }
    }
    vec![rest]
}

fn halved(
    mut chunk: Vec<usize>,
    written: &mut [Option<Written>],
    refused: impl Fn() -> Written,
) -> Vec<Vec<usize>> {
    if let [i] = chunk[..] {
        written[i] = Some(refused());
        return Vec::new();
    }
    let second = chunk.split_off(chunk.len() / 2);
    vec![second, chunk]
}
