//! Counts and states that the overview shows: what waits, what is dead, what came of the jobs of late, what is wrong.

use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Arg, Row, args, both};
use super::{Result, Store};

/// How many records of an entity are in which trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EntityCount {
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// How many.
    pub count: i64,
    /// When the oldest of them began to wait or was refused.
    pub oldest_at: i64,
}

/// How many jobs ended in one way in one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutcomeCount {
    /// Number of the stretch: its beginning divided by its length.
    pub stretch: i64,
    /// `done`, `dead`, `cancelled` or `merged`.
    pub outcome: String,
    /// How many.
    pub count: i64,
}

/// A breaker that keeps requests from a server that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BreakerView {
    /// What it protects.
    pub name: String,
    /// `closed` (all is well) or `open` (nothing goes until `retry_at`, then one is tried).
    pub state: String,
    /// Failures one after the other.
    pub failures: i64,
    /// When the next try is.
    pub retry_at: i64,
    /// What the server said last.
    pub message: Option<String>,
}

/// A rate limit and when the next request may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitView {
    /// Whose limit.
    pub name: String,
    /// When the next request may go, in milliseconds since 1970.
    pub next_at: i64,
    /// Nothing goes before; 0: no pause.
    pub paused_to: i64,
}

/// A schedule's times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScheduleView {
    /// What is scheduled.
    pub name: String,
    /// When it fires next.
    pub next_at: i64,
    /// When it fired last.
    pub last_at: Option<i64>,
    /// It does not fire.
    pub paused: bool,
}

/// A process that works on the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// What it does.
    pub role: String,
    /// When it began.
    pub started_at: i64,
    /// When it was last heard of.
    pub seen_at: i64,
    /// It takes no more work and ends.
    pub draining: bool,
}

impl NodeView {
    /// Whether it was heard of in the last minute; one that was killed is not.
    pub fn is_heard_of(&self, now: i64) -> bool {
        const SILENT_MS: i64 = 60_000;
        self.seen_at > now - SILENT_MS
    }
}

impl Store {
    /// Jobs of single records that wait, by backend and entity.
    pub async fn waiting_counts(&self) -> Result<Vec<EntityCount>> {
        self.entity_counts(
            "SELECT backend, entity, count(*) AS n, min(created_at) AS oldest FROM job WHERE state = 'waiting' \
             GROUP BY backend, entity",
            args![],
        )
        .await
    }

    /// Open dead letters by backend and entity.
    pub async fn dead_counts(&self) -> Result<Vec<EntityCount>> {
        self.entity_counts(
            "SELECT backend, entity, count(*) AS n, min(created_at) AS oldest FROM dead_letter WHERE state = 'open' \
             GROUP BY backend, entity",
            args![],
        )
        .await
    }

    /// The same without those that wait for another record since `waiting_from` or later.
    pub async fn refused_counts(&self, waiting_from: i64) -> Result<Vec<EntityCount>> {
        self.entity_counts(
            "SELECT backend, entity, count(*) AS n, min(created_at) AS oldest FROM dead_letter WHERE state = 'open' \
             AND (depends_on_id IS NULL OR created_at < $1) GROUP BY backend, entity",
            args![waiting_from],
        )
        .await
    }

    /// How many records were refused since `from`, whatever became of them; of the last 20,000.
    pub async fn refused_since(&self, from: i64) -> Result<i64> {
        let sql = both(
            "SELECT count(*) AS n FROM (SELECT created_at FROM dead_letter ORDER BY id DESC LIMIT 20000) AS late \
             WHERE created_at >= $1",
        );
        let rows = self.database.read("count the refused", sql, args![from]).await?;
        rows.first().map_or(Ok(0), |row| row.get("n"))
    }

    async fn entity_counts(&self, sql: &str, args: Vec<Arg>) -> Result<Vec<EntityCount>> {
        let rows = self.database.read("count by entity", both(sql), args).await?;
        rows.iter()
            .map(|row| {
                Ok(EntityCount {
                    backend: row.get("backend")?,
                    entity: row.get("entity")?,
                    count: row.get("n")?,
                    oldest_at: row.get("oldest")?,
                })
            })
            .collect()
    }

    /// How the jobs since `from` ended, in stretches of `length_ms`.
    pub async fn outcomes(&self, from: i64, length_ms: i64) -> Result<Vec<OutcomeCount>> {
        let sql = both(
            "SELECT finished_at / $2 AS stretch, outcome, count(*) AS n FROM job_history WHERE finished_at >= $1 \
             GROUP BY 1, 2 ORDER BY 1, 2",
        );
        let rows = self.database.read("count the outcomes", sql, args![from, length_ms]).await?;
        rows.iter()
            .map(|row| {
                Ok(OutcomeCount {
                    stretch: row.get("stretch")?,
                    outcome: row.get("outcome")?,
                    count: row.get("n")?,
                })
            })
            .collect()
    }

    /// How many jobs are in each state: waiting and running now, the others since `from`.
    pub async fn job_state_counts(&self, from: i64) -> Result<Vec<(String, i64)>> {
        let sql = both(
            "SELECT state, count(*) AS n FROM job GROUP BY state UNION ALL \
             SELECT outcome AS state, count(*) AS n FROM job_history WHERE finished_at >= $1 GROUP BY outcome",
        );
        let rows = self.database.read("count the jobs", sql, args![from]).await?;
        rows.iter().map(|row| Ok((row.get("state")?, row.get("n")?))).collect()
    }

    /// Every breaker that was ever used.
    pub async fn breaker_views(&self) -> Result<Vec<BreakerView>> {
        let rows = self
            .database
            .read("list the breakers", both("SELECT * FROM breaker ORDER BY name"), args![])
            .await?;
        rows.iter().map(BreakerView::from_row).collect()
    }

    /// Every limit that was ever used.
    pub async fn limit_views(&self) -> Result<Vec<LimitView>> {
        let sql = both("SELECT * FROM rate_limit ORDER BY name");
        let rows = self.database.read("list the limits", sql, args![]).await?;
        rows.iter()
            .map(|row| {
                let next_at = row.get::<i64>("next_at")? / 1_000;
                Ok(LimitView { name: row.get("name")?, next_at, paused_to: row.get("paused_to")? })
            })
            .collect()
    }

    /// Every schedule that was ever started.
    pub async fn schedule_views(&self) -> Result<Vec<ScheduleView>> {
        let sql = both("SELECT * FROM schedule ORDER BY name");
        let rows = self.database.read("list the schedules", sql, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(ScheduleView {
                    name: row.get("name")?,
                    next_at: row.get("next_at")?,
                    last_at: row.get("last_at")?,
                    paused: row.get::<i64>("paused")? != 0,
                })
            })
            .collect()
    }

    /// Every process that works or worked on the queue.
    pub async fn node_views(&self) -> Result<Vec<NodeView>> {
        let rows =
            self.database.read("list the nodes", both("SELECT * FROM node ORDER BY name"), args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(NodeView {
                    name: row.get("name")?,
                    role: row.get("role")?,
                    started_at: row.get("started_at")?,
                    seen_at: row.get("seen_at")?,
                    draining: row.get::<i64>("draining")? != 0,
                })
            })
            .collect()
    }
}

impl BreakerView {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            state: row.get("state")?,
            failures: row.get("failures")?,
            retry_at: row.get("retry_at")?,
            message: row.get("message")?,
        })
    }
}
