//! What an operator should know of before anybody asks.

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Filter, Row, Sql, Tx, args, both, json_rows};
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

/// An alert that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertOver {
    id: i64,
    /// The alert.
    pub alert: Alert,
    /// When it was over.
    pub over_at: i64,
}

/// What nobody was told yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Alerts that are raised.
    pub raised: Vec<Alert>,
    /// Alerts that are over.
    pub over: Vec<AlertOver>,
}

const UNTOLD: &str = "SELECT * FROM alert WHERE told_at IS NULL ORDER BY raised_at, name LIMIT $1";

const UNTOLD_OVER: &str = "SELECT *, over_at AS seen_at FROM alert_over ORDER BY id LIMIT $1";

const TAKE_BACK: &str = "DELETE FROM alert WHERE name = $1 RETURNING *";

const OVER: &str =
    "INSERT INTO alert_over (name, backend, message, raised_at, over_at) VALUES ($1, $2, $3, $4, $5)";

/// The same alert, not one of its name that was raised meanwhile.
const TOLD: Sql<'_> = Sql {
    sqlite: "UPDATE alert SET told_at = $2 FROM (SELECT value->>'name' AS name, value->>'raised_at' AS raised_at \
             FROM json_each($1)) AS r WHERE alert.name = r.name AND alert.raised_at = r.raised_at RETURNING alert.name",
    postgres: "UPDATE alert SET told_at = $2 FROM json_to_recordset($1::json) AS r (name text, raised_at bigint) \
               WHERE alert.name = r.name AND alert.raised_at = r.raised_at RETURNING alert.name",
};

async fn over_now(tx: &mut Tx, action: &'static str, alert: &Alert) -> Result<()> {
    let args = args![&alert.name, &alert.backend, &alert.message, alert.raised_at, now_ms()];
    tx.session().execute(action, both(OVER), args).await.map(drop)
}

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
        const ACTION: &str = "take an alert back";
        let mut tx = self.database.begin(ACTION).await?;
        let over = both(TAKE_BACK);
        let rows = tx.session().rows(ACTION, over, args![name]).await?;
        for row in &rows {
            if row.get::<Option<i64>>("told_at")?.is_some() {
                over_now(&mut tx, ACTION, &Alert::from_row(row)?).await?;
            }
        }
        tx.commit(ACTION).await?;
        Ok(!rows.is_empty())
    }

    /// What nobody was told yet, oldest first: alerts that are raised, and those that were told and are over.
    pub async fn untold_alerts(&self, limit: u32) -> Result<Untold> {
        let limit = i64::from(limit);
        let rows = self.database.read("list alerts to tell", both(UNTOLD), args![limit]).await?;
        let raised = rows.iter().map(Alert::from_row).collect::<Result<_>>()?;
        let rows = self.database.read("list alerts to tell", both(UNTOLD_OVER), args![limit]).await?;
        let over = rows.iter().map(AlertOver::from_row).collect::<Result<_>>()?;
        Ok(Untold { raised, over })
    }

    /// Notes that somebody was told. One that is over by now, while it was told that it is raised, is told next.
    pub async fn alerts_told(&self, told: &Untold) -> Result<()> {
        const ACTION: &str = "note who was told of alerts";
        let mut tx = self.database.begin(ACTION).await?;
        let args = args![json_rows(&told.raised), now_ms()];
        let rows = tx.session().rows(ACTION, TOLD, args).await?;
        let still = rows.iter().map(|row| row.get("name")).collect::<Result<Vec<String>>>()?;
        for gone in told.raised.iter().filter(|alert| !still.contains(&alert.name)) {
            over_now(&mut tx, ACTION, gone).await?;
        }
        for over in &told.over {
            tx.session()
                .execute(ACTION, both("DELETE FROM alert_over WHERE id = $1"), args![over.id])
                .await?;
        }
        tx.commit(ACTION).await
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

impl AlertOver {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, alert: Alert::from_row(row)?, over_at: row.get("over_at")? })
    }
}
