//! Step 5: one `load` for a batch. It creates or updates by external id, header and lines together, in one Odoo
//! transaction. A batch that Odoo refuses is split until the bad records stand alone and the rest is in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use odoo_rpc::{Class, LoadResult};

use super::error::{SyncError, odoo_class};
use super::resolve::{LineRow, Row};
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

/// Writes `rows`; one answer for each, in order. Lines that have other columns than the line before follow in calls of their
/// own: an empty cell would empty the field.
pub(super) async fn upsert(
    session: &Session,
    entity: u16,
    rows: &[(Target, &Row)],
) -> Result<Vec<Written>, SyncError> {
    let plan = session.plan(entity);
    let shares: Vec<Vec<Cow<'_, Row>>> = rows.iter().map(|(_, row)| shares(row)).collect();
    let first: Vec<(Target, &Row)> =
        rows.iter().zip(&shares).map(|((target, _), shares)| (*target, &*shares[0])).collect();
    let mut written = write(session, plan, &first).await?;
    for round in 1..shares.iter().map(Vec::len).max().unwrap_or_default() {
        let (places, further): (Vec<usize>, Vec<(Target, &Row)>) = (0..rows.len())
            .filter_map(|i| match (&written[i], shares[i].get(round)) {
                (Written::Id(id), Some(share)) => Some((i, (Target::Id(*id), &**share))),
                _ => None,
            })
            .unzip();
        for (i, answer) in places.into_iter().zip(write(session, plan, &further).await?) {
            written[i] = answer;
        }
    }
    tell_missing_rights(session, plan, rows, &mut written).await?;
    Ok(written)
}

/// The columns that a line has.
fn shape(line: &LineRow) -> impl Iterator<Item = u16> {
    line.cells.iter().map(|(column, _)| *column)
}

/// The row in parts whose lines of a field have the same columns each, so that lines keep their order; the header goes with
/// the first.
fn shares(row: &Row) -> Vec<Cow<'_, Row>> {
    let alike = |one: &LineRow, next: &LineRow| shape(one).eq(shape(next));
    if row.lines.iter().all(|(_, lines)| lines.chunk_by(alike).count() < 2) {
        return vec![Cow::Borrowed(row)];
    }
    let mut shares = vec![Row { lines: Vec::new(), ..row.clone() }];
    for (position, lines) in &row.lines {
        for (place, run) in lines.chunk_by(alike).enumerate() {
            if place == shares.len() {
                shares.push(Row { xmlid: row.xmlid.clone(), ..Row::default() });
            }
            shares[place].lines.push((*position, run.to_vec()));
        }
    }
    shares.into_iter().map(Cow::Owned).collect()
}

/// Writes rows whose lines of a field have the same columns each.
async fn write(session: &Session, plan: &Plan, rows: &[(Target, &Row)]) -> Result<Vec<Written>, SyncError> {
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
    Ok(written.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect())
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
    /// Position of the field, columns of its lines.
    lines: Vec<(u16, Vec<u16>)>,
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
        for (position, columns) in &self.lines {
            let field = &plan.fields[usize::from(*position)];
            let Some(lines) = &field.lines else { continue };
            names.push(format!("{}/id", field.name));
            for column in columns.iter().map(|column| &lines.columns[usize::from(*column)]) {
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
        let lines = row.lines.iter();
        let lines = lines
            .filter_map(|(position, lines)| Some((*position, shape(lines.first()?).collect())))
            .collect();
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
        for (position, shape) in &columns.lines {
            let lines =
                row.lines.iter().find(|(found, _)| found == position).map_or(&[][..], |(_, lines)| lines);
            for line in lines {
                if next == table.len() {
                    table.push(vec![String::new(); width]);
                }
                table[next][column].clone_from(&line.xmlid);
                for (offset, (_, cell)) in line.cells.iter().enumerate() {
                    table[next][column + 1 + offset].clone_from(cell);
                }
                next += 1;
            }
            column += 1 + shape.len();
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
    let odoo = session.odoo.with_context(plan.context.clone());
    let outcome = odoo.load(&plan.model, &names, &table(plan, columns, rows, &chunk)).await;
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
///
/// What went wrong with all of them together Odoo tells first and of the first record (`load` of `odoo.models`), whoever
/// it was. So when it names that one beside others it goes again, alone, to be told of itself.
fn sort_out(result: &LoadResult, chunk: Vec<usize>, written: &mut [Option<Written>]) -> Vec<Vec<usize>> {
    let errors = result.messages.iter().filter(|message| message.kind == "error");
    let mut bad: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for message in errors.clone() {
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
    let doubted = errors.clone().find_map(|message| message.record).filter(|_| bad.len() > 1);
    let (mut rest, mut alone) = (Vec::new(), Vec::new());
    for (position, i) in chunk.into_iter().enumerate() {
        match bad.get(&position) {
            _ if gone.contains(&position) => written[i] = Some(Written::Gone),
            Some(_) if doubted == Some(position) => alone.push(i),
            Some(reasons) => {
                let reason = format!("Odoo refuses it: {}", reasons.join("; "));
                written[i] = Some(Written::Refused(ErrorClass::Data, reason));
            }
            None => rest.push(i),
        }
    }
    vec![rest, alone]
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
