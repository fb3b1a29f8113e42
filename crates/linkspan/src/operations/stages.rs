//! The rollout of an entity: its stage, and changes that wait for a human's word.

use serde_json::{Value, json};

use super::{OperationError, Operator, Result};
use crate::config::{Way, able, canary_words};
use crate::store::{Direction, RolloutKey, Stage};

impl Operator<'_> {
    /// Sets the stage of one entity and direction, over what the configuration says. It must fit the `way`.
    pub async fn set_stage(&self, key: RolloutKey<'_>, stage: Stage, way: Way) -> Result<()> {
        fits(key, stage, way).map_err(OperationError::Invalid)?;
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

/// A stage in which nothing could ever happen is most likely not meant.
fn fits(key: RolloutKey<'_>, stage: Stage, way: Way) -> std::result::Result<(), String> {
    let RolloutKey { backend, entity, direction } = key;
    if !way.is_there && stage != Stage::Off {
        return Err(format!(
            "{entity} of {backend} cannot be {}, so only the stage off fits. To change that, its definition needs \
             [entities.{entity}.{}]",
            able(direction),
            if direction == Direction::In { "import" } else { "export" },
        ));
    }
    if !way.has_canary && stage == Stage::Canary {
        let (canary, example, _) = canary_words(direction);
        return Err(format!(
            "the configuration says not which records of {entity} the stage canary takes. Write \
             `{canary} = {{ expr = \"{example}\" }}` under [backends.{backend}.rollout.{entity}], start \
             `linkspan serve` again, then set the stage"
        ));
    }
    Ok(())
}

fn text(key: RolloutKey<'_>) -> String {
    format!("{} {} of {}", key.entity, key.direction.text(), key.backend)
}
