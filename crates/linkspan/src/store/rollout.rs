//! How far an entity's sync is rolled out, and the limit on changes that stops a run until a human allows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::NewAudit;
use super::database::{Row, args, both};
use super::{Result, Store, StoreError, now_ms};

/// How much a sync does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Nothing. Into Odoo, records that others refer to are linked with those that Odoo has and never written; others wait.
    Off,
    /// Plans and records the differences, writes nothing, as `off` does.
    Shadow,
    /// Writes the records of a filter only.
    Canary,
    /// Everything.
    On,
}

/// Which way records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into Odoo.
    In,
    /// Out of Odoo.
    Out,
}

impl Stage {
    /// Every stage, from nothing to everything.
    pub const ALL: [Self; 4] = [Self::Off, Self::Shadow, Self::Canary, Self::On];

    /// The word in the database, on the command line and in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Canary => "canary",
            Self::On => "on",
        }
    }

    fn from_text(text: String) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|stage| stage.text() == text);
        found.ok_or(StoreError::Unexpected { column: "stage", value: text })
    }
}

impl Direction {
    /// The word in the database, on the command line and in JSON.
    pub fn text(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    pub(super) fn from_text(text: String) -> Result<Self> {
        match text.as_str() {
            "in" => Ok(Self::In),
            "out" => Ok(Self::Out),
            _ => Err(StoreError::Unexpected { column: "direction", value: text }),
        }
    }
}

/// What somebody set for one entity and direction; without a row the configuration's stage holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rollout {
    /// The backend.
    pub backend: String,
    /// The kind of record.
    pub entity: String,
    /// Which way.
    pub direction: Direction,
    /// How much it does.
    pub stage: Stage,
    /// A run wants more changes than it may make: how many, in a sentence. It waits until a human allows it.
    pub held: Option<String>,
    /// The next run may make them.
    pub allowed: bool,
    /// When it was last changed.
    pub updated_at: i64,
}

/// The place of a rollout.
#[derive(Clone, Copy, Debug)]
pub struct RolloutKey<'k> {
    /// The backend.
    pub backend: &'k str,
    /// The kind of record.
    pub entity: &'k str,
    /// Which way.
    pub direction: Direction,
}

impl RolloutKey<'_> {
    /// Name of the alert that a run waits for a human.
    pub fn held_alert(&self) -> String {
        format!("held:{}/{}", self.backend, self.entity)
    }

    /// Name of the alert that the entity cannot be listed.
    pub fn poll_alert(&self) -> String {
        format!("poll {} {}", self.backend, self.entity)
    }
}

impl Store {
    /// What was set, of all backends or of one.
    pub async fn rollouts(&self, backend: Option<&str>) -> Result<Vec<Rollout>> {
        let (sql, args) = super::database::Filter::default().and("backend = $?", backend).page(
            "SELECT * FROM rollout",
            "ORDER BY backend, entity, direction",
            100_000,
        );
        let rows = self.database.read("list the stages", both(&sql), args).await?;
        rows.iter().map(Rollout::from_row).collect()
    }

    /// What was set for one entity and direction.
    pub async fn rollout(&self, key: RolloutKey<'_>) -> Result<Option<Rollout>> {
        let sql = both("SELECT * FROM rollout WHERE backend = $1 AND entity = $2 AND direction = $3");
        let args = args![key.backend, key.entity, key.direction.text()];
        let rows = self.database.read("read a stage", sql, args).await?;
        rows.first().map(Rollout::from_row).transpose()
    }

    /// Sets the stage because an operator decided so.
    pub async fn set_stage(&self, key: RolloutKey<'_>, stage: Stage, audit: &NewAudit) -> Result<()> {
        let sql = "INSERT INTO rollout (backend, entity, direction, stage, allowed, updated_at) \
                   VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (backend, entity, direction) \
                   DO UPDATE SET stage = excluded.stage, updated_at = excluded.updated_at";
        let args = args![key.backend, key.entity, key.direction.text(), stage.text(), now_ms()];
        let mut statements = vec![(sql, args)];
        if stage != Stage::Shadow {
            // What would have changed is no longer the question.
            let forget = "DELETE FROM difference WHERE backend = $1 AND entity = $2 AND direction = $3";
            statements.push((forget, args![key.backend, key.entity, key.direction.text()]));
        }
        self.audited(&statements, audit).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Notes that a run wants more changes than it may make, which `held` tells; `stage` is the one it ran in.
    pub async fn hold_changes(&self, key: RolloutKey<'_>, stage: Stage, held: &str) -> Result<()> {
        let sql = "INSERT INTO rollout (backend, entity, direction, stage, held, allowed, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (backend, entity, direction) \
                   DO UPDATE SET held = excluded.held, allowed = 0, updated_at = excluded.updated_at";
        let args = args![key.backend, key.entity, key.direction.text(), stage.text(), held, now_ms()];
        self.database.write("hold the changes of a run", both(sql), args).await.map(drop)
    }

    /// Lets the next run make the changes that were held; false when none were.
    pub async fn allow_changes(&self, key: RolloutKey<'_>, audit: &NewAudit) -> Result<bool> {
        let sql = "UPDATE rollout SET held = NULL, allowed = 1, updated_at = $4 WHERE backend = $1 AND entity = $2 \
                   AND direction = $3 AND held IS NOT NULL";
        let args = args![key.backend, key.entity, key.direction.text(), now_ms()];
        let allowed = self.audited(&[(sql, args)], audit).await?;
        self.wake.notify_waiters();
        Ok(allowed)
    }

    /// Whether a human allowed this run's changes. Asked once: the run after it is limited again.
    pub async fn take_allowance(&self, key: RolloutKey<'_>) -> Result<bool> {
        let sql = "UPDATE rollout SET allowed = 0, updated_at = $4 WHERE backend = $1 AND entity = $2 \
                   AND direction = $3 AND allowed = 1";
        let args = args![key.backend, key.entity, key.direction.text(), now_ms()];
        Ok(self.database.write("use an allowance", both(sql), args).await? > 0)
    }
}

impl Rollout {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            backend: row.get("backend")?,
            entity: row.get("entity")?,
            direction: Direction::from_text(row.get("direction")?)?,
            stage: Stage::from_text(row.get("stage")?)?,
            held: row.get("held")?,
            allowed: row.get::<i64>("allowed")? != 0,
            updated_at: row.get("updated_at")?,
        })
    }
}
