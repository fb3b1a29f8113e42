//! How far each entity of a backend is rolled out: what an operator set, else what the configuration says.

use std::collections::BTreeMap;

use super::runtime::Runtime;
use crate::definition::Definition;
use crate::store::{Direction, RolloutKey, Stage, Store, StoreError};

/// The stages of a backend's entities in one direction.
pub(super) struct Stages(BTreeMap<String, Set>);

struct Set {
    stage: Stage,
    /// Records a run may change; `None`: as many as there are.
    change_limit: Option<u64>,
    is_limited: bool,
    /// A run waits for a human.
    held: bool,
}

impl Stages {
    /// Reads the stages as they are now.
    pub(super) async fn read(
        store: &Store,
        runtime: &Runtime,
        direction: Direction,
    ) -> Result<Stages, StoreError> {
        let backend = runtime.config();
        let set = store.rollouts(Some(&backend.name)).await?;
        let mut stages = BTreeMap::new();
        for entity in backend.definition.entities.keys() {
            let row = set.iter().find(|row| row.entity == *entity && row.direction == direction);
            let configured = backend.stage(entity, direction);
            let limit = backend.rollout.get(entity).and_then(|rollout| rollout.max_changes);
            let stage = Set {
                stage: row.map_or(configured, |row| row.stage),
                change_limit: limit.filter(|_| !row.is_some_and(|row| row.allowed)),
                is_limited: limit.is_some(),
                held: row.is_some_and(|row| row.held.is_some()),
            };
            stages.insert(entity.clone(), stage);
        }
        Ok(Stages(stages))
    }

    /// The stage of an entity; one that the definition does not have is off.
    pub(super) fn of(&self, entity: &str) -> Stage {
        self.0.get(entity).map_or(Stage::Off, |set| set.stage)
    }

    /// Records that a run of this entity may change.
    pub(super) fn change_limit(&self, entity: &str) -> Option<u64> {
        self.0.get(entity).and_then(|set| set.change_limit)
    }

    /// Whether runs of this entity are limited, this one perhaps not.
    pub(super) fn is_limited(&self, entity: &str) -> bool {
        self.0.get(entity).is_some_and(|set| set.is_limited)
    }

    /// Whether a run of this entity waits for a human.
    pub(super) fn is_held(&self, entity: &str) -> bool {
        self.0.get(entity).is_some_and(|set| set.held)
    }

    /// The entities of which only some records are synced.
    pub(super) fn canary(&self) -> Vec<String> {
        self.those(|_, stage| stage == Stage::Canary)
    }

    /// The entities that are not to be written, not even because others refer to them. One without an import of its own
    /// stands in the records that refer to it.
    pub(super) fn unwritten(&self, definition: &Definition) -> Vec<String> {
        let has_import =
            |name: &str| definition.entities.get(name).is_some_and(|entity| entity.import.is_some());
        self.those(|name, stage| matches!(stage, Stage::Off | Stage::Shadow) && has_import(name))
    }

    fn those(&self, wanted: impl Fn(&str, Stage) -> bool) -> Vec<String> {
        self.0.iter().filter(|(name, set)| wanted(name, set.stage)).map(|(name, _)| name.clone()).collect()
    }
}

/// A run that wants more changes than it may make waits for a human.
pub(super) async fn hold(
    store: &Store,
    (backend, entity): (&str, &str),
    stage: Stage,
    message: &str,
) -> Result<(), StoreError> {
    let key = RolloutKey { backend, entity, direction: Direction::In };
    let text = format!(
        "{entity} of {backend}: {message}. Allow it on the backend's page, or with `linkspan backends allow {backend} {entity}`."
    );
    // First, so that nothing is held in silence when the node dies here.
    store.raise_alert(&key.held_alert(), backend, &text).await?;
    store.hold_changes(key, stage, message).await
}

/// A run that was allowed is over: the next one is limited again.
pub(super) async fn use_allowance(store: &Store, backend: &str, entity: &str) -> Result<(), StoreError> {
    store.take_allowance(RolloutKey { backend, entity, direction: Direction::In }).await.map(drop)
}
