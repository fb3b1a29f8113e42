//! The rollout of an entity: its stage, and changes that wait for a human's word.

use serde_json::{Value, json};

use super::{OperationError, Operator, Result};
use crate::store::{RolloutKey, Stage};

impl Operator<'_> {
    /// Sets the stage of one entity and direction, over what the configuration says.
    pub async fn set_stage(&self, key: RolloutKey<'_>, stage: Stage) -> Result<()> {
        let audit = self.audit("stage.set", text(key), json!({ "stage": stage.text() }));
        Ok(self.store.set_stage(key, stage, &audit).await?)
    }

    /// Lets the next run make the changes that the limit on changes held back.
    pub async fn allow_changes(&self, key: RolloutKey<'_>) -> Result<()> {
        let audit = self.audit("changes.allow", text(key), Value::Null);
        if self.store.allow_changes(key, &audit).await? {
            self.store.clear_alert(&key.held_alert()).await?;
            return Ok(());
        }
        Err(OperationError::Invalid(format!("no changes are held back for {}", text(key))))
    }
}

fn text(key: RolloutKey<'_>) -> String {
    format!("{} {} of {}", key.entity, key.direction.text(), key.backend)
}
