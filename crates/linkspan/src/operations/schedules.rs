//! Schedules: paused and resumed.

use serde_json::json;

use super::{Operator, Result, found};

impl Operator<'_> {
    /// Stops a schedule, or lets it go on.
    pub async fn pause_schedule(&self, name: &str, paused: bool) -> Result<()> {
        let action = if paused { "schedule.pause" } else { "schedule.resume" };
        let audit = self.audit(action, format!("schedule {name}"), json!({}));
        found(self.store.pause_schedule(name, paused, &audit).await?, || {
            format!(
                "there is no schedule {name} yet: `linkspan schedules list` shows them; a new one is known once `linkspan serve` has run"
            )
        })
    }
}
