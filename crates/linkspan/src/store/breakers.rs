//! Circuit breakers: a system that does not answer is left alone for a while, by all nodes.

use serde::Serialize;

use super::database::{Row, Sql, args, both};
use super::{Result, Store, StoreError, now_ms};

/// Whether a system is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breaker {
    /// `shop:<backend>` or `odoo:<name>`.
    pub name: String,
    /// Whether it is asked.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: i64,
    /// How often it opened in a row; each time it stays open longer.
    pub trips: i64,
    /// When an open one lets the next request through.
    pub retry_at: i64,
    /// The last failure.
    pub message: Option<String>,
    /// When it was last written.
    pub updated_at: i64,
}

/// State of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Everything goes through.
    Closed,
    /// Nothing goes through until `retry_at`; then one piece of work tries.
    Open,
}

/// Opens at the `$4`th failure in a row.
const FAIL: Sql<'_> = Sql {
    sqlite: "INSERT INTO breaker (name, state, failures, trips, retry_at, message, updated_at) VALUES ($1, \
         CASE WHEN 1 >= $4 THEN 'open' ELSE 'closed' END, 1, CASE WHEN 1 >= $4 THEN 1 ELSE 0 END, $2, $3, $5) \
         ON CONFLICT (name) DO UPDATE SET failures = breaker.failures + 1, \
         state = CASE WHEN breaker.failures + 1 >= $4 THEN 'open' ELSE 'closed' END, \
         trips = breaker.trips + CASE WHEN breaker.failures + 1 >= $4 THEN 1 ELSE 0 END, \
         retry_at = max(breaker.retry_at, excluded.retry_at), message = excluded.message, \
         updated_at = excluded.updated_at",
    postgres: "INSERT INTO breaker (name, state, failures, trips, retry_at, message, updated_at) VALUES ($1, \
         CASE WHEN 1 >= $4 THEN 'open' ELSE 'closed' END, 1, CASE WHEN 1 >= $4 THEN 1 ELSE 0 END, $2, $3, $5) \
         ON CONFLICT (name) DO UPDATE SET failures = breaker.failures + 1, \
         state = CASE WHEN breaker.failures + 1 >= $4 THEN 'open' ELSE 'closed' END, \
         trips = breaker.trips + CASE WHEN breaker.failures + 1 >= $4 THEN 1 ELSE 0 END, \
         retry_at = greatest(breaker.retry_at, excluded.retry_at), message = excluded.message, \
         updated_at = excluded.updated_at",
};

impl Store {
    /// One breaker; `None`: it never had a failure.
    pub async fn breaker(&self, name: &str) -> Result<Option<Breaker>> {
        let sql = both("SELECT * FROM breaker WHERE name = $1");
        let rows = self.database.read("read a breaker", sql, args![name]).await?;
        rows.first().map(Breaker::from_row).transpose()
    }

    /// A failure. With the `opens_at`th in a row the breaker is open until `retry_at`.
    pub async fn breaker_failed(
        &self,
        name: &str,
        message: &str,
        opens_at: i64,
        retry_at: i64,
    ) -> Result<()> {
        let args = args![name, retry_at, message, opens_at, now_ms()];
        self.database.write("note a failure", FAIL, args).await.map(drop)
    }

    /// The system answered: the breaker closes, and nothing is written when it was closed.
    pub async fn breaker_closed(&self, name: &str) -> Result<()> {
        let sql = both(
            "UPDATE breaker SET state = 'closed', failures = 0, trips = 0, retry_at = 0, message = NULL, updated_at = $2 \
             WHERE name = $1 AND (failures > 0 OR state <> 'closed')",
        );
        self.database.write("close a breaker", sql, args![name, now_ms()]).await.map(drop)
    }
}

impl Breaker {
    fn from_row(row: &Row) -> Result<Self> {
        let state: String = row.get("state")?;
        Ok(Self {
            name: row.get("name")?,
            state: match state.as_str() {
                "closed" => BreakerState::Closed,
                "open" => BreakerState::Open,
                _ => return Err(StoreError::Unexpected { column: "state", value: state }),
            },
            failures: row.get("failures")?,
            trips: row.get("trips")?,
            retry_at: row.get("retry_at")?,
            message: row.get("message")?,
            updated_at: row.get("updated_at")?,
        })
    }
}
