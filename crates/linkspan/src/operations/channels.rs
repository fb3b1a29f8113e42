//! Channels: paused, resumed, resized.

use serde_json::{Value, json};

use super::{OperationError, Operator, Result};
use crate::store::{Lane, now_ms};

/// Most jobs of a channel at a time; more would only wait for each other.
const MOST: u32 = 10_000;
/// Longest pause that ends by itself, in minutes: a week.
const LONGEST_PAUSE_MIN: i64 = 7 * 24 * 60;

/// When a pause ends that begins now and lasts so many minutes, in milliseconds since 1970.
pub fn pause_end(minutes: i64) -> Result<i64> {
    if (1..=LONGEST_PAUSE_MIN).contains(&minutes) {
        return Ok(now_ms() + minutes * 60_000);
    }
    Err(OperationError::Invalid(format!(
        "a pause is 1 to {LONGEST_PAUSE_MIN} minutes, not {minutes}; leave them out for a pause without an end"
    )))
}

impl Operator<'_> {
    /// Stops claims from a channel until it is resumed, or until `resume_at` (milliseconds since 1970).
    pub async fn pause_channel(&self, channel: &str, reason: &str, resume_at: Option<i64>) -> Result<()> {
        let lane = lane(channel)?;
        let reason = if reason.trim().is_empty() {
            format!("paused by {}", self.actor)
        } else {
            reason.trim().to_owned()
        };
        let details = json!({ "reason": reason, "resume_at": resume_at });
        let audit = self.audit("channel.pause", format!("channel {channel}"), details);
        let capacity = lane.default_capacity();
        Ok(self.store.pause_channel(channel, capacity, &reason, resume_at, &audit).await?)
    }

    /// Lets a paused channel go on.
    pub async fn resume_channel(&self, channel: &str) -> Result<()> {
        lane(channel)?;
        let audit = self.audit("channel.resume", format!("channel {channel}"), Value::Null);
        if self.store.resume_channel(channel, &audit).await? {
            return Ok(());
        }
        Err(OperationError::Invalid(format!("the channel {channel} is not paused")))
    }

    /// Sets how many jobs of a channel run at a time, over all nodes.
    pub async fn resize_channel(&self, channel: &str, capacity: u32) -> Result<()> {
        lane(channel)?;
        if !(1..=MOST).contains(&capacity) {
            return Err(OperationError::Invalid(format!(
                "a channel holds 1 to {MOST} running jobs, not {capacity}; to stop it, pause it"
            )));
        }
        let audit =
            self.audit("channel.resize", format!("channel {channel}"), json!({ "capacity": capacity }));
        Ok(self.store.resize_channel(channel, capacity, &audit).await?)
    }
}

/// The lane of a channel's name, `shop:in`.
fn lane(channel: &str) -> Result<Lane> {
    let backend = channel.rsplit_once(':').map_or("", |(backend, _)| backend);
    let lane = Lane::ALL.into_iter().find(|lane| !backend.is_empty() && lane.channel(backend) == channel);
    lane.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no channel {channel:?}; a backend has three, for instance shop1:in, shop1:out, shop1:upkeep"
        ))
    })
}
