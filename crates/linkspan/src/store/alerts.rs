//! What an operator should know of before anybody asks.

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Filter, Row, args, both};
use super::{Result, Store, now_ms};

/// Something that goes wrong until somebody mends it, or it mends itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Alert {
    /// What it is about, `subscription shop order.updated`; there is one of a name.
    pub name: String,
    /// The backend.
    pub backend: String,
    /// What is wrong and what to do next, in sentences.
    pub message: String,
    /// When it was seen first.
    pub raised_at: i64,
    /// When it was seen last.
    pub seen_at: i64,
}

const RAISE: &str = "INSERT INTO alert (name, backend, message, raised_at, seen_at) VALUES ($1, $2, $3, $4, $4) \
                     ON CONFLICT (name) DO UPDATE SET backend = excluded.backend, message = excluded.message, \
                     seen_at = excluded.seen_at";

impl Store {
    /// Raises an alert, or says that it still holds.
    pub async fn raise_alert(&self, name: &str, backend: &str, message: &str) -> Result<()> {
        self.database
            .write("raise an alert", both(RAISE), args![name, backend, message, now_ms()])
            .await
            .map(drop)
    }

    /// Takes an alert back; says whether there was one.
    pub async fn clear_alert(&self, name: &str) -> Result<bool> {
        let sql = both("DELETE FROM alert WHERE name = $1");
        Ok(self.database.write("take an alert back", sql, args![name]).await? > 0)
    }

    /// Alerts of a backend, or of all, oldest first.
    pub async fn list_alerts(&self, backend: Option<&str>, limit: u32) -> Result<Vec<Alert>> {
        let (sql, args) = Filter::default().and("backend = $?", backend).page(
            "SELECT * FROM alert",
            "ORDER BY raised_at, name",
            limit,
        );
        let rows = self.database.read("list alerts", both(&sql), args).await?;
        rows.iter().map(Alert::from_row).collect()
    }
}

impl Alert {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            backend: row.get("backend")?,
            message: row.get("message")?,
            raised_at: row.get("raised_at")?,
            seen_at: row.get("seen_at")?,
        })
    }
}
