//! Webhooks as they come in; `deliveries` reads them. A delivery, the jobs that it causes and the events that tell of it
//! are one transaction, so what is acknowledged is never half of it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{self, NewAudit};
use super::database::{Row, Sql, Tx, args, both, json_rows};
use super::dead_letters::RecordKey;
use super::events::{self, NewEvent};
use super::jobs::{self, JobKind, NewJob, Priority};
use super::{Result, Store, now_ms};

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Its record is imported.
    Queued,
    /// Its topic imports nothing.
    Ignored,
    /// It names no record that can be read.
    Unreadable,
}

impl DeliveryState {
    /// The word in the database.
    pub fn text(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ignored => "ignored",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How a body is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyEncoding {
    /// As it came.
    Text,
    /// It is no text that both databases keep.
    Base64,
}

/// A webhook that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The backend.
    pub backend: String,
    /// The sender's own id, at most 200 characters; None: nothing is a repeat of it.
    pub delivery: Option<String>,
    /// What makes a second delivery with the same id a repeat: a hash of topic and body.
    pub fingerprint: String,
    /// The topic; empty: none.
    pub topic: String,
    /// The records that it tells of; none: it imports nothing.
    pub records: Vec<RecordKey>,
    /// What becomes of it.
    pub state: DeliveryState,
    /// Why it, or a part of it, is not queued.
    pub message: Option<String>,
    /// JSON object of the headers, without signatures and credentials.
    pub headers: String,
    /// The raw body.
    pub body: String,
    /// How the body is written down.
    pub body_encoding: BodyEncoding,
    /// Follows the work from here to its effect.
    pub correlation: String,
    /// When it came.
    pub received_at: i64,
}

/// A webhook that is to be done again, and the records that it imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Its number.
    pub id: i64,
    /// The records.
    pub records: Vec<RecordKey>,
}

/// A delivery as it is stored: a record that is alone stands in the row itself, several in rows of their own.
#[derive(Serialize)]
struct NewRow<'d> {
    backend: &'d str,
    delivery: Option<&'d str>,
    fingerprint: &'d str,
    topic: &'d str,
    entity: &'d str,
    record: &'d str,
    state: DeliveryState,
    message: Option<&'d str>,
    headers: &'d str,
    body: &'d str,
    body_encoding: BodyEncoding,
    correlation: &'d str,
    received_at: i64,
}

#[derive(Serialize)]
struct ReplayRow<'r> {
    id: i64,
    entity: &'r str,
    record: &'r str,
}

/// A record of a delivery that tells of several.
#[derive(Serialize)]
struct RecordRow<'r> {
    delivery: i64,
    entity: &'r str,
    record: &'r str,
}

/// How many webhooks of a backend are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InboxCounts {
    /// The backend.
    pub backend: String,
    /// Those that import something.
    pub queued: i64,
    /// Those whose topic imports nothing.
    pub ignored: i64,
    /// Those that could not be read.
    pub unreadable: i64,
    /// When the last one came.
    pub last_received_at: i64,
}

const STORE: Sql<'_> = Sql {
    sqlite: "INSERT INTO inbox (backend, delivery, fingerprint, topic, entity, record, state, message, headers, body, \
             body_encoding, correlation, replays, received_at) SELECT value->>'backend', value->>'delivery', \
             value->>'fingerprint', value->>'topic', value->>'entity', value->>'record', value->>'state', \
             value->>'message', value->>'headers', value->>'body', value->>'body_encoding', value->>'correlation', 0, \
             value->>'received_at' FROM jsonb_each($1) WHERE true ON CONFLICT DO NOTHING RETURNING id, correlation",
    postgres: "INSERT INTO inbox (backend, delivery, fingerprint, topic, entity, record, state, message, headers, \
               body, body_encoding, correlation, replays, received_at) SELECT backend, delivery, fingerprint, topic, \
               entity, record, state, message, headers, body, body_encoding, correlation, 0, received_at \
               FROM json_to_recordset($1::json) AS r (backend text, delivery text, fingerprint text, topic text, \
               entity text, record text, state text, message text, headers text, body text, body_encoding text, \
               correlation text, received_at bigint) ON CONFLICT DO NOTHING RETURNING id, correlation",
};

const REPLAY: Sql<'_> = Sql {
    sqlite: "UPDATE inbox SET state = 'queued', message = NULL, replays = replays + 1, entity = r.entity, \
             record = r.record FROM (SELECT value->>'id' AS id, value->>'entity' AS entity, value->>'record' AS record \
             FROM jsonb_each($1)) AS r WHERE inbox.id = r.id \
             RETURNING inbox.id, backend, inbox.topic, correlation",
    postgres: "UPDATE inbox SET state = 'queued', message = NULL, replays = replays + 1, entity = r.entity, \
               record = r.record FROM json_to_recordset($1::json) AS r (id bigint, entity text, record text) \
               WHERE inbox.id = r.id RETURNING inbox.id, backend, inbox.topic, correlation",
};

const RECORDS: Sql<'_> = Sql {
    sqlite: "INSERT INTO inbox_item (delivery, entity, record) SELECT value->>'delivery', value->>'entity', \
             value->>'record' FROM jsonb_each($1) WHERE true ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO inbox_item (delivery, entity, record) SELECT delivery, entity, record \
               FROM json_to_recordset($1::json) AS r (delivery bigint, entity text, record text) \
               ON CONFLICT DO NOTHING",
};

/// In small steps, so that nobody waits for long.
const PRUNE: &str = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE received_at < $1 ORDER BY received_at \
                     LIMIT $2)";

const COUNTS: &str = "SELECT backend, sum(CASE WHEN state = 'queued' THEN 1 ELSE 0 END) AS queued, \
                      sum(CASE WHEN state = 'ignored' THEN 1 ELSE 0 END) AS ignored, \
                      sum(CASE WHEN state = 'unreadable' THEN 1 ELSE 0 END) AS unreadable, \
                      max(received_at) AS last_received_at FROM inbox WHERE received_at >= $1 \
                      GROUP BY backend ORDER BY backend";

impl Store {
    /// Stores webhooks, each with its job and its event, and says of each whether it is new. When this returns they are
    /// on disk; on an error none of them is.
    pub async fn receive(&self, deliveries: &[NewDelivery]) -> Result<Vec<bool>> {
        const ACTION: &str = "store webhooks";
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        // In an order of their own, so that two nodes never wait for each other.
        let mut ordered: Vec<NewRow<'_>> = deliveries.iter().map(NewRow::of).collect();
        ordered.sort_by_key(|row| (row.backend, row.delivery, row.fingerprint));
        let mut tx = self.database.begin(ACTION).await?;
        let rows = tx.session().rows(ACTION, STORE, args![json_rows(&ordered)]).await?;
        let new: HashMap<String, i64> =
            rows.iter().map(|row| Ok((row.get("correlation")?, row.get("id")?))).collect::<Result<_>>()?;
        let is_new = |delivery: &NewDelivery| new.contains_key(&delivery.correlation);
        let (mut imports, mut events, mut several) = (Vec::new(), Vec::new(), Vec::new());
        for delivery in deliveries.iter().filter(|delivery| is_new(delivery)) {
            imports.extend(delivery.records.iter().map(|record| delivery.job(record)));
            events.extend(delivery.records.iter().map(|record| delivery.event(record)));
            if let Some(id) = new.get(&delivery.correlation).filter(|_| delivery.records.len() > 1) {
                several.extend(delivery.records.iter().map(|record| RecordRow::of(*id, record)));
            }
        }
        note_records(&mut tx, &several).await?;
        if !imports.is_empty() {
            jobs::enqueue(&mut tx, &imports).await?;
        }
        events::log(&mut tx, &events).await?;
        tx.commit(ACTION).await?;
        if !imports.is_empty() {
            self.wake.notify_waiters();
        }
        Ok(deliveries.iter().map(is_new).collect())
    }

    /// Enqueues the records of stored webhooks again, ahead of others, and writes who did it; gives how many webhooks
    /// there are.
    pub async fn replay_deliveries(&self, replays: &[Replay], audit: &NewAudit) -> Result<usize> {
        const ACTION: &str = "replay webhooks";
        let mut tx = self.database.begin(ACTION).await?;
        let given: Vec<ReplayRow<'_>> = replays.iter().map(ReplayRow::of).collect();
        let rows = tx.session().rows(ACTION, REPLAY, args![json_rows(&given)]).await?;
        let (mut imports, mut log, mut several) = (Vec::new(), Vec::new(), Vec::new());
        for row in &rows {
            let (id, backend): (i64, String) = (row.get("id")?, row.get("backend")?);
            let (topic, correlation): (String, String) = (row.get("topic")?, row.get("correlation")?);
            let Some(replay) = replays.iter().find(|replay| replay.id == id) else { continue };
            if replay.records.len() > 1 {
                several.extend(replay.records.iter().map(|record| RecordRow::of(id, record)));
            }
            for RecordKey { entity, external_id } in &replay.records {
                imports.push(NewJob {
                    priority: Priority::HUMAN,
                    correlation: correlation.clone(),
                    ..NewJob::new(&backend, JobKind::Import, entity, external_id)
                });
                log.push(NewEvent {
                    at: now_ms(),
                    backend: backend.clone(),
                    entity: entity.clone(),
                    record: external_id.clone(),
                    kind: "replayed",
                    message: format!("The webhook {topic} was replayed."),
                    correlation: Some(correlation.clone()),
                    ..NewEvent::default()
                });
            }
        }
        note_records(&mut tx, &several).await?;
        if !imports.is_empty() {
            jobs::enqueue(&mut tx, &imports).await?;
        }
        events::log(&mut tx, &log).await?;
        audit::write(&mut tx, audit).await?;
        tx.commit(ACTION).await?;
        self.wake.notify_waiters();
        Ok(rows.len())
    }

    /// Forgets webhooks that came before `before`, at most `limit` of them; gives how many. Call it again until it
    /// gives fewer.
    pub async fn prune_deliveries(&self, before: i64, limit: u32) -> Result<u64> {
        self.database.write("forget old webhooks", both(PRUNE), args![before, i64::from(limit)]).await
    }

    /// What came since a moment, by backend.
    pub async fn inbox_counts(&self, since: i64) -> Result<Vec<InboxCounts>> {
        let rows = self.database.read("count webhooks", both(COUNTS), args![since]).await?;
        rows.iter().map(InboxCounts::from_row).collect()
    }
}

async fn note_records(tx: &mut Tx, several: &[RecordRow<'_>]) -> Result<()> {
    if !several.is_empty() {
        tx.session().execute("store the records of webhooks", RECORDS, args![json_rows(several)]).await?;
    }
    Ok(())
}

/// The record that stands in the row itself.
fn alone(records: &[RecordKey]) -> (&str, &str) {
    match records {
        [record] => (&record.entity, &record.external_id),
        _ => ("", ""),
    }
}

impl NewDelivery {
    fn job(&self, record: &RecordKey) -> NewJob {
        NewJob {
            correlation: self.correlation.clone(),
            run_at: self.received_at,
            ..NewJob::new(&self.backend, JobKind::Import, &record.entity, &record.external_id)
        }
    }

    fn event(&self, record: &RecordKey) -> NewEvent {
        NewEvent {
            at: self.received_at,
            backend: self.backend.clone(),
            entity: record.entity.clone(),
            record: record.external_id.clone(),
            kind: "webhook",
            message: format!("The webhook {} arrived.", self.topic),
            correlation: Some(self.correlation.clone()),
            ..NewEvent::default()
        }
    }
}

impl<'d> NewRow<'d> {
    fn of(delivery: &'d NewDelivery) -> Self {
        let (entity, record) = alone(&delivery.records);
        Self {
            backend: &delivery.backend,
            delivery: delivery.delivery.as_deref(),
            fingerprint: &delivery.fingerprint,
            topic: &delivery.topic,
            entity,
            record,
            state: delivery.state,
            message: delivery.message.as_deref(),
            headers: &delivery.headers,
            body: &delivery.body,
            body_encoding: delivery.body_encoding,
            correlation: &delivery.correlation,
            received_at: delivery.received_at,
        }
    }
}

impl<'r> ReplayRow<'r> {
    fn of(replay: &'r Replay) -> Self {
        let (entity, record) = alone(&replay.records);
        Self { id: replay.id, entity, record }
    }
}

impl<'r> RecordRow<'r> {
    fn of(delivery: i64, record: &'r RecordKey) -> Self {
        Self { delivery, entity: &record.entity, record: &record.external_id }
    }
}

impl InboxCounts {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            queued: row.get("queued")?,
            ignored: row.get("ignored")?,
            unreadable: row.get("unreadable")?,
            last_received_at: row.get("last_received_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DeliveryFilter;
    use crate::store::database::Database;

    fn delivery(id: &str) -> NewDelivery {
        NewDelivery {
            backend: "shop".to_owned(),
            delivery: Some(id.to_owned()),
            fingerprint: "f".to_owned(),
            topic: "order.updated".to_owned(),
            records: vec![RecordKey { entity: "order".to_owned(), external_id: id.to_owned() }],
            state: DeliveryState::Queued,
            message: None,
            headers: "{}".to_owned(),
            body: "x".repeat(100_000),
            body_encoding: BodyEncoding::Text,
            correlation: jobs::correlation(),
            received_at: 1,
        }
    }

    /// Tells the one connection that writes: SQLite has no other way to be full or read-only for root.
    async fn tell(store: &Store, pragma: &'static str) {
        let Database::Sqlite { writer, .. } = &store.database else { unreachable!("the store is SQLite") };
        sqlx::query(pragma).execute(writer).await.expect("SQLite knows the pragma");
    }

    #[tokio::test]
    async fn a_full_disk_and_a_read_only_database_store_nothing_of_a_batch() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("linkspan.db").display());
        let store = Store::open(&url).await.expect("a store");
        for (broken, mended) in [
            ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"),
            ("PRAGMA query_only = on", "PRAGMA query_only = off"),
        ] {
            tell(&store, broken).await;
            let batch: Vec<NewDelivery> = (0..10).map(|n| delivery(&n.to_string())).collect();
            store.receive(&batch).await.expect_err(broken);
            let left = store.deliveries(DeliveryFilter::default()).await.expect("reading goes on");
            assert!(left.is_empty(), "{broken}");
            tell(&store, mended).await;
        }
        assert_eq!(store.receive(&[delivery("1")]).await.expect("it is mended"), [true]);
    }
}
