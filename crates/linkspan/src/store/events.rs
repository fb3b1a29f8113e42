//! What happened to records, in the order in which it happened: the answer to "why is this order missing?".

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Filter, Row, Sql, Tx, args, both, json_rows};
use super::{Result, Store};

/// Something that happened to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// Grows with time.
    pub id: i64,
    /// When.
    pub at: i64,
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// External id; of an export the Odoo id.
    pub record: String,
    /// `webhook`, `done`, `refused`, `failed`, `edited`, `retried`, `decided`, `dismissed`...
    pub kind: String,
    /// What happened, in a sentence.
    pub message: String,
    /// JSON of what else there is to know.
    pub details: Option<String>,
    /// The job that did it.
    pub job: Option<i64>,
    /// Follows the work from its cause to its effect.
    pub correlation: Option<String>,
}

/// An event that is to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewEvent {
    /// When.
    pub at: i64,
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// External id; of an export the Odoo id.
    pub record: String,
    /// A word.
    pub kind: &'static str,
    /// What happened, in a sentence.
    pub message: String,
    /// JSON of what else there is to know.
    pub details: Option<String>,
    /// The job that did it.
    pub job: Option<i64>,
    /// Follows the work from its cause to its effect.
    pub correlation: Option<String>,
}

/// Which events to list; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only of this kind of record.
    pub entity: Option<String>,
    /// Only of this record.
    pub record: Option<String>,
    /// Only with this correlation.
    pub correlation: Option<String>,
    /// Go on behind this one, the last of the page before.
    pub before_id: Option<i64>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

const LOG: Sql<'_> = Sql {
    sqlite: "INSERT INTO event (at, backend, entity, record, kind, message, details, job, correlation) \
             SELECT value->>'at', value->>'backend', value->>'entity', value->>'record', value->>'kind', \
             value->>'message', value->>'details', value->>'job', value->>'correlation' FROM jsonb_each($1)",
    postgres: "INSERT INTO event (at, backend, entity, record, kind, message, details, job, correlation) \
               SELECT at, backend, entity, record, kind, message, details, job, correlation \
               FROM json_to_recordset($1::json) AS r (at bigint, backend text, entity text, record text, kind text, \
               message text, details text, job bigint, correlation text)",
};

impl Store {
    /// Stores events.
    pub async fn log_events(&self, events: &[NewEvent]) -> Result<()> {
        const ACTION: &str = "log what happened";
        let mut tx = self.database.begin(ACTION).await?;
        log(&mut tx, events).await?;
        tx.commit(ACTION).await
    }

    /// A page of events, newest first.
    pub async fn list_events(&self, filter: EventFilter) -> Result<Vec<Event>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let (sql, args) = Filter::default()
            .and("backend = $?", filter.backend)
            .and("entity = $?", filter.entity)
            .and("record = $?", filter.record)
            .and("correlation = $?", filter.correlation)
            .and("id < $?", filter.before_id)
            .page("SELECT * FROM event", "ORDER BY id DESC", limit);
        let rows = self.database.read("list what happened", both(&sql), args).await?;
        rows.iter().map(Event::from_row).collect()
    }
}

/// Stores events within `tx`.
pub(super) async fn log(tx: &mut Tx, events: &[NewEvent]) -> Result<()> {
    if !events.is_empty() {
        tx.session().execute("log what happened", LOG, args![json_rows(events)]).await?;
    }
    Ok(())
}

impl Event {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            record: row.get("record")?,
            kind: row.get("kind")?,
            message: row.get("message")?,
            details: row.get("details")?,
            job: row.get("job")?,
            correlation: row.get("correlation")?,
        })
    }
}
