//! The stage `shadow`: what a run would have changed is recorded and nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{Difference, Direction, Store, StoreError, now_ms};
use crate::sync::PlannedChange;

/// Records what would have changed, and forgets what was found earlier of the other records that were looked at:
/// `looked_at` are their entities and names.
pub(super) async fn note<'r>(
    store: &Store,
    backend: &str,
    direction: Direction,
    planned: &[PlannedChange],
    looked_at: impl Iterator<Item = (&'r str, &'r str)>,
) -> Result<(), StoreError> {
    let differences: Vec<Difference> = planned
        .iter()
        .map(|change| Difference {
            backend: backend.to_owned(),
            entity: change.entity.clone(),
            direction,
            record: change.external_id.clone(),
            action: change.action.to_owned(),
            fields: change.fields.clone(),
            seen_at: now_ms(),
        })
        .collect();
    store.note_differences(&differences).await?;
    let differs: BTreeSet<(&str, &str)> =
        planned.iter().map(|change| (change.entity.as_str(), change.external_id.as_str())).collect();
    let mut in_step: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (entity, record) in looked_at.filter(|looked_at| !differs.contains(looked_at)) {
        in_step.entry(entity).or_default().push(record);
    }
    for (entity, records) in in_step {
        store.forget_differences((backend, entity, direction), &records).await?;
    }
    Ok(())
}
