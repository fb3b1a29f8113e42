//! Reading the inbox: webhooks as they came, for people.

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Filter, Row, args, both};
use super::dead_letters::RecordKey;
use super::{Result, Store};

/// A webhook as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Delivery {
    /// Grows with time.
    pub id: i64,
    /// The backend it was sent to.
    pub backend: String,
    /// The sender's own id of it.
    pub delivery: Option<String>,
    /// What it is about, as the sender calls it.
    pub topic: String,
    /// The kind of record it is about; empty: the topic imports nothing.
    pub entity: String,
    /// The record's external id.
    pub record: String,
    /// `queued`, `ignored` or `unreadable`.
    pub state: String,
    /// Why it was not queued.
    pub message: Option<String>,
    /// JSON, without signatures and credentials.
    pub headers: String,
    /// The body, as text or in base64.
    pub body: String,
    /// `text` or `base64`.
    pub body_encoding: String,
    /// Follows the work from its cause to its effect.
    pub correlation: String,
    /// How often an operator had it done again.
    pub replays: i64,
    /// When it came.
    pub received_at: i64,
    /// The records, where it tells of several; a list of webhooks leaves them out.
    pub records: Vec<RecordKey>,
}

/// Which webhooks to list; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only of this backend.
    pub backend: Option<String>,
    /// Only about this kind of record.
    pub entity: Option<String>,
    /// Only about this record.
    pub record: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Only of this topic.
    pub topic: Option<String>,
    /// Go on behind this one, the last of the page before.
    pub before_id: Option<i64>,
    /// Most rows to give; 0 means 100.
    pub limit: u32,
}

const ABOUT_ENTITY: &str = "(entity = $? OR id IN (SELECT delivery FROM inbox_item WHERE entity = $?))";
const ABOUT_ID: &str = "(record = $? OR id IN (SELECT delivery FROM inbox_item WHERE record = $?))";
const ABOUT_RECORD: &str = "((entity = $a AND record = $b) OR id IN (SELECT delivery FROM inbox_item \
                            WHERE entity = $a AND record = $b))";

impl Store {
    /// A page of webhooks, newest first.
    pub async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<Delivery>> {
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let (sql, args) = Filter::default()
            .and("backend = $?", filter.backend)
            .and(ABOUT_ENTITY, filter.entity.clone().filter(|_| filter.record.is_none()))
            .and(ABOUT_ID, filter.record.clone().filter(|_| filter.entity.is_none()))
            .and_pair(ABOUT_RECORD, filter.entity.zip(filter.record))
            .and("state = $?", filter.state)
            .and("topic = $?", filter.topic)
            .and("id < $?", filter.before_id)
            .page("SELECT * FROM inbox", "ORDER BY id DESC", limit);
        let rows = self.database.read("list the webhooks", both(&sql), args).await?;
        rows.iter().map(Delivery::from_row).collect()
    }

    /// One webhook by its number.
    pub async fn delivery(&self, id: i64) -> Result<Option<Delivery>> {
        let sql = both("SELECT * FROM inbox WHERE id = $1");
        let rows = self.database.read("read a webhook", sql, args![id]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let sql = both("SELECT * FROM inbox_item WHERE delivery = $1 ORDER BY entity, record");
        let records = self.database.read("read a webhook", sql, args![id]).await?;
        let key = |row: &Row| Ok(RecordKey { entity: row.get("entity")?, external_id: row.get("record")? });
        let records = records.iter().map(key).collect::<Result<_>>()?;
        Ok(Some(Delivery { records, ..Delivery::from_row(row)? }))
    }
}

impl Delivery {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            backend: row.get("backend")?,
            delivery: row.get("delivery")?,
            topic: row.get("topic")?,
            entity: row.get("entity")?,
            record: row.get("record")?,
            state: row.get("state")?,
            message: row.get("message")?,
            headers: row.get("headers")?,
            body: row.get("body")?,
            body_encoding: row.get("body_encoding")?,
            correlation: row.get("correlation")?,
            replays: row.get("replays")?,
            received_at: row.get("received_at")?,
            records: Vec::new(),
        })
    }
}
