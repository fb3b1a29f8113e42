//! Run history: what each import did.

use serde::Serialize;

use super::database::{Filter, Row, args, both};
use super::{Result, Store};

/// One finished import of one entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The shop.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// `full`, `incremental`, `retry`...
    pub kind: String,
    /// When it began.
    pub started_at: i64,
    /// When it ended.
    pub ended_at: i64,
    /// Records that are new in Odoo.
    pub created: u64,
    /// Records that were changed in Odoo.
    pub updated: u64,
    /// Records that needed no write.
    pub unchanged: u64,
    /// Records left out on purpose, such as older versions.
    pub skipped: u64,
    /// Records that became dead letters.
    pub refused: u64,
    /// Requests to the shop.
    pub shop_calls: u64,
    /// Requests to Odoo.
    pub odoo_calls: u64,
    /// Why it stopped early.
    pub error: Option<String>,
}

const RECORD: &str = "INSERT INTO run (backend, entity, kind, started_at, ended_at, created, updated, unchanged, \
                      skipped, refused, shop_calls, odoo_calls, error) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

impl Store {
    /// Adds a run to the history.
    pub async fn record_run(&self, run: &Run) -> Result<()> {
        let args = args![
            &run.backend,
            &run.entity,
            &run.kind,
            run.started_at,
            run.ended_at,
            run.created.cast_signed(),
            run.updated.cast_signed(),
            run.unchanged.cast_signed(),
            run.skipped.cast_signed(),
            run.refused.cast_signed(),
            run.shop_calls.cast_signed(),
            run.odoo_calls.cast_signed(),
            run.error.as_deref(),
        ];
        self.database.write("record a run", both(RECORD), args).await.map(drop)
    }

    /// When each entity was last walked through without an error: backend, entity, milliseconds since 1970.
    pub async fn last_successes(&self) -> Result<Vec<(String, String, i64)>> {
        let sql = both(
            "SELECT backend, entity, max(ended_at) AS at FROM run WHERE error IS NULL AND kind <> 'part' GROUP BY backend, entity \
             ORDER BY backend, entity",
        );
        let rows = self.database.read("read the last runs", sql, args![]).await?;
        rows.iter().map(|row| Ok((row.get("backend")?, row.get("entity")?, row.get("at")?))).collect()
    }

    /// The last runs, newest first, of all backends and entities or of those named.
    pub async fn last_runs(
        &self,
        backend: Option<&str>,
        entity: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Run>> {
        let (sql, args) = Filter::default().and("backend = $?", backend).and("entity = $?", entity).page(
            "SELECT * FROM run",
            "ORDER BY id DESC",
            limit,
        );
        let rows = self.database.read("read the last runs", both(&sql), args).await?;
        rows.iter().map(Run::from_row).collect()
    }
}

impl Run {
    fn from_row(row: &Row) -> Result<Self> {
        let count = |column| row.get::<i64>(column).map(i64::cast_unsigned);
        Ok(Self {
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            kind: row.get("kind")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
            created: count("created")?,
            updated: count("updated")?,
            unchanged: count("unchanged")?,
            skipped: count("skipped")?,
            refused: count("refused")?,
            shop_calls: count("shop_calls")?,
            odoo_calls: count("odoo_calls")?,
            error: row.get("error")?,
        })
    }
}
