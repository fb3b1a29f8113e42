//! Channels whose capacity an operator changed or which are paused; all others have their lane's default.

use serde::Serialize;

use super::audit::NewAudit;
use super::database::{Row, args, both};
use super::{Result, Store, now_ms};

/// What an operator set for a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Channel {
    /// `shop:in`.
    pub name: String,
    /// Jobs that may run at a time, over all nodes.
    pub capacity: i64,
    /// Nothing is claimed.
    pub paused: bool,
    /// Why it is paused.
    pub reason: Option<String>,
    /// When the pause ends by itself.
    pub resume_at: Option<i64>,
    /// When it was last changed.
    pub updated_at: i64,
}

impl Channel {
    /// Whether nothing is claimed at `now`.
    pub fn is_paused_at(&self, now: i64) -> bool {
        self.paused && self.resume_at.is_none_or(|at| at > now)
    }

    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            capacity: row.get("capacity")?,
            paused: row.get::<i64>("paused")? != 0,
            reason: row.get("reason")?,
            resume_at: row.get("resume_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl Store {
    /// The channels that an operator changed, by name.
    pub async fn channels(&self) -> Result<Vec<Channel>> {
        let sql = both("SELECT * FROM channel ORDER BY name");
        let rows = self.database.read("list the channels", sql, args![]).await?;
        rows.iter().map(Channel::from_row).collect()
    }

    /// Stops claims from a channel until it is resumed, or until `resume_at`. What runs goes on. `capacity` holds
    /// where none was set before.
    pub async fn pause_channel(
        &self,
        name: &str,
        capacity: u32,
        reason: &str,
        resume_at: Option<i64>,
        audit: &NewAudit,
    ) -> Result<()> {
        let sql = "INSERT INTO channel (name, capacity, paused, reason, resume_at, updated_at) \
                   VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET paused = 1, \
                   reason = excluded.reason, resume_at = excluded.resume_at, updated_at = excluded.updated_at";
        let args = args![name, i64::from(capacity), reason, resume_at, now_ms()];
        self.audited(&[(sql, args)], audit).await.map(drop)
    }

    /// Ends a pause; false when the channel was not paused.
    pub async fn resume_channel(&self, name: &str, audit: &NewAudit) -> Result<bool> {
        let sql = "UPDATE channel SET paused = 0, reason = NULL, resume_at = NULL, updated_at = $2 \
                   WHERE name = $1 AND paused = 1";
        let resumed = self.audited(&[(sql, args![name, now_ms()])], audit).await?;
        self.wake.notify_waiters();
        Ok(resumed)
    }

    /// Sets how many jobs of a channel may run at a time, over all nodes.
    pub async fn resize_channel(&self, name: &str, capacity: u32, audit: &NewAudit) -> Result<()> {
        let sql = "INSERT INTO channel (name, capacity, paused, updated_at) VALUES ($1, $2, 0, $3) \
                   ON CONFLICT (name) DO UPDATE SET capacity = excluded.capacity, updated_at = excluded.updated_at";
        self.audited(&[(sql, args![name, i64::from(capacity), now_ms()])], audit).await?;
        self.wake.notify_waiters();
        Ok(())
    }
}
