//! The rollout of an entity: its stage, and changes that wait for a human's word.

use serde_json::{Value, json};

use super::{OperationError, Operator, Result};
use crate::config::{Way, able, canary_words};
use crate::store::{Direction, RolloutKey, Stage};

impl Operator<'_> {
    /// Sets the stage of one entity and direction, over what the configuration says. It must fit the `way`. Gives what is
    /// left to do about the records that were left out until now.
    pub async fn set_stage(&self, key: RolloutKey<'_>, stage: Stage, way: Way) -> Result<Option<String>> {
        fits(key, stage, way).map_err(OperationError::Invalid)?;
        let before = self.store.rollout(key).await?.map_or(way.stage, |set| set.stage);
        let audit = self.audit("stage.set", text(key), json!({ "stage": stage.text() }));
        self.store.set_stage(key, stage, &audit).await?;
        if stage == Stage::Off && key.direction == Direction::In {
            // Its list is not asked for any more, so nobody else would take this back.
            self.store.clear_alert(&key.poll_alert()).await?;
        }
        Ok(left_out(key, before, stage))
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

/// How what an earlier stage left out comes after all: the look for changes has passed some of it.
fn left_out(key: RolloutKey<'_>, before: Stage, now: Stage) -> Option<String> {
    if now != Stage::On || before == Stage::On {
        return None;
    }
    let RolloutKey { backend, entity, direction } = key;
    let command = if direction == Direction::In { "sync" } else { "export" };
    Some(format!(
        "What the stage {} left out until now comes with `linkspan {command} {backend} {entity} --full`",
        before.text()
    ))
}

fn text(key: RolloutKey<'_>) -> String {
    format!("{} {} of {}", key.entity, key.direction.text(), key.backend)
}
