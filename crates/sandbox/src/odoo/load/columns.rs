//! Cuts rows into records. A row that fills only cells of one2many columns continues the record above it.

use crate::odoo::error::{Class, Error, Outcome};
use crate::odoo::orm::Env;
use crate::odoo::schema::{Kind, ModelId};
use crate::odoo::spec::Series;

/// A column's path: `order_line/product_id/.id` is three parts. A relation's last part is empty when the cell holds a
/// name.
pub(super) type ColumnPath = Vec<String>;

/// One record as text: its cells, and under its relations the records there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) cells: Vec<(String, Cell)>,
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Records(Vec<Record>),
}

impl Record {
    /// The text in a column, if there is any.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.cells.iter().find_map(|(column, cell)| match cell {
            Cell::Text(text) if column == name && !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
    }
}

/// `partner_id:id` and `partner_id.id` are older ways to write `partner_id/id` and `partner_id/.id`.
pub(super) fn paths(fields: &[String]) -> Vec<ColumnPath> {
    let parts = |field: &String| {
        let mut path = field.replace(":id", "/id");
        if let Some(head) = path.strip_suffix(".id")
            && !head.is_empty()
            && !head.ends_with('/')
        {
            path = format!("{head}/.id");
        }
        path.split('/').map(str::to_owned).collect()
    };
    fields.iter().map(parts).collect()
}

/// The records in `rows`.
pub(super) fn records(
    env: &Env<'_>,
    model: ModelId,
    paths: &[ColumnPath],
    rows: &[Vec<String>],
) -> Outcome<Vec<Record>> {
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let paths: Vec<Vec<&str>> = paths.iter().map(|path| path.iter().map(String::as_str).collect()).collect();
    cut(env, model, &paths, &rows)
}

fn cut(env: &Env<'_>, model: ModelId, paths: &[Vec<&str>], rows: &[Vec<&str>]) -> Outcome<Vec<Record>> {
    let kinds: Vec<Option<(ModelId, bool)>> =
        paths.iter().map(|path| relation(env, model, path[0])).collect::<Outcome<_>>()?;
    let is_lines = |column: usize| matches!(kinds[column], Some((_, true)));
    let filled = |row: &[&str], lines: bool| {
        row.iter()
            .enumerate()
            .any(|(column, cell)| column < paths.len() && is_lines(column) == lines && !cell.is_empty())
    };
    let mut records = Vec::new();
    let mut from = 0;
    while from < rows.len() {
        let more = rows[from + 1..].iter().take_while(|row| filled(row, true) && !filled(row, false)).count();
        let span = &rows[from..=from + more];
        let mut record = Record { cells: Vec::new(), from, to: from + more };
        // Plain cells first: in this order problems are reported.
        for (column, path) in paths.iter().enumerate().filter(|(column, _)| kinds[*column].is_none()) {
            record.cells.push((path[0].to_owned(), Cell::Text(cell(&span[0], column).to_owned())));
        }
        for (column, path) in paths.iter().enumerate() {
            if let Some((target, _)) = kinds[column]
                && !record.cells.iter().any(|(name, _)| name == path[0])
            {
                let nested = nested(env, target, paths, path[0], span)?;
                record.cells.push((path[0].to_owned(), Cell::Records(nested)));
            }
        }
        from += more + 1;
        records.push(record);
    }
    Ok(records)
}

/// The records under one relation of a record that spans `span`.
fn nested(
    env: &Env<'_>,
    target: ModelId,
    paths: &[Vec<&str>],
    name: &str,
    span: &[Vec<&str>],
) -> Outcome<Vec<Record>> {
    let columns: Vec<usize> = (0..paths.len()).filter(|column| paths[*column][0] == name).collect();
    let below: Vec<Vec<&str>> = columns
        .iter()
        .map(|column| match &paths[*column][1..] {
            [] => vec![""],
            rest => rest.to_vec(),
        })
        .collect();
    let rows: Vec<Vec<&str>> = span
        .iter()
        .map(|row| columns.iter().map(|column| cell(row, *column)).collect::<Vec<_>>())
        .filter(|row| row.iter().any(|cell| !cell.is_empty()))
        .collect();
    cut(env, target, &below, &rows)
}

fn cell<'a>(row: &[&'a str], column: usize) -> &'a str {
    row.get(column).copied().unwrap_or_default()
}

/// The model behind a column and whether it holds lines; `None` for plain columns.
fn relation(env: &Env<'_>, model: ModelId, name: &str) -> Outcome<Option<(ModelId, bool)>> {
    if matches!(name, "" | "id" | ".id") {
        return Ok(None);
    }
    let Some(field) = env.model(model).field(name) else {
        return Err(match env.series() {
            Series::V16 | Series::V17 => Error::new(Class::Key, name),
            _ => Error::new(Class::Value, format!("Invalid field name '{name}'")),
        });
    };
    let kind = &env.field(model, field).kind;
    let target = kind.relation().map(|target| env.schema().known(target));
    Ok(target.map(|target| (target, matches!(kind, Kind::One2many(..)))))
}
