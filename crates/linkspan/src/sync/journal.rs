//! What became of each record, for those who ask: the service tells it on the record's page.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::{Refusal, class_text};
use super::resolve::Row;
use super::session::Session;

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Entity.
    pub entity: String,
    /// Its id in the external system.
    pub external_id: String,
    /// What was done.
    pub action: Action,
    /// The Odoo record, as far as it is known.
    pub odoo_id: Option<i64>,
    /// Why it was refused or left out.
    pub reason: Option<String>,
    /// Class of the refusal.
    pub class: Option<&'static str>,
    /// What was written: Odoo field = value.
    pub values: Option<Value>,
}

/// What was done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Made in Odoo.
    Created,
    /// Changed in Odoo.
    Updated,
    /// Nothing to write.
    Unchanged,
    /// An older state than the one Odoo has.
    Stale,
    /// Not wanted by the definition.
    Skipped,
    /// Not chosen by the stage `canary`.
    LeftOut,
    /// Refused.
    Refused,
}

/// The entries of a session, when somebody asked for them.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<Option<Vec<Entry>>>);

impl Journal {
    fn add(&self, entry: impl FnOnce() -> Entry) {
        if let Some(entries) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            entries.push(entry());
        }
    }

    /// Begins to keep entries, and gives those of before.
    pub(super) fn turn(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(Vec::new()).unwrap_or_default()
    }

    /// A record that is left as it is.
    pub(super) fn left(&self, entity: &str, external_id: &str, action: Action, odoo_id: Option<i64>) {
        self.add(|| Entry { odoo_id, ..Entry::of(entity, external_id, action) });
    }

    /// A record that the stage `canary` does not choose.
    pub(super) fn left_out(&self, entity: &str, external_id: &str, reason: String) {
        self.add(|| Entry { reason: Some(reason), ..Entry::of(entity, external_id, Action::LeftOut) });
    }

    /// A record that was refused.
    pub(super) fn refused(&self, entity: &str, refusal: &Refusal) {
        self.add(|| Entry {
            reason: Some(refusal.to_string()),
            class: Some(class_text(refusal.class)),
            ..Entry::of(entity, &refusal.external_id, Action::Refused)
        });
    }

    /// A record that was written.
    pub(super) fn written(&self, session: &Session, entity: u16, row: &Row, written: (&str, Action, i64)) {
        let (external_id, action, odoo_id) = written;
        self.add(|| Entry {
            odoo_id: Some(odoo_id),
            values: Some(values(session, entity, row)),
            ..Entry::of(&session.plan(entity).entity, external_id, action)
        });
    }
}

impl Entry {
    fn of(entity: &str, external_id: &str, action: Action) -> Entry {
        Entry {
            entity: entity.to_owned(),
            external_id: external_id.to_owned(),
            action,
            odoo_id: None,
            reason: None,
            class: None,
            values: None,
        }
    }
}

/// The cells by field; lines as a list of objects.
fn values(session: &Session, entity: u16, row: &Row) -> Value {
    let plan = session.plan(entity);
    let text = |cell: &str| Value::String(session.redactor.text(cell));
    let mut values = Map::new();
    for (position, cell) in &row.cells {
        values.insert(plan.fields[usize::from(*position)].name.clone(), text(cell));
    }
    for (position, lines) in &row.lines {
        let field = &plan.fields[usize::from(*position)];
        let Some(columns) = field.lines.as_ref().map(|lines| &lines.columns) else { continue };
        let lines = lines.iter().map(|line| {
            let cells = line
                .cells
                .iter()
                .map(|(column, cell)| (columns[usize::from(*column)].name.clone(), text(cell)));
            let key = [("key".to_owned(), text(&line.key))];
            Value::Object(key.into_iter().chain(cells).collect())
        });
        values.insert(field.name.clone(), Value::Array(lines.collect()));
    }
    Value::Object(values)
}
