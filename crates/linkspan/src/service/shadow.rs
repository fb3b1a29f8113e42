//! The stage `shadow`: what a run would have changed is recorded and nothing is written.

use crate::store::{Difference, Direction, Store, StoreError, now_ms};
use crate::sync::PlannedChange;

/// Records what would have changed.
pub(super) async fn note(
    store: &Store,
    backend: &str,
    direction: Direction,
    planned: &[PlannedChange],
) -> Result<(), StoreError> {
    let differences: Vec<Difference> = planned
        .iter()
        .map(|change| Difference {
            backend: backend.to_owned(),
            entity: change.entity.clone(),
            direction: direction.text().to_owned(),
            record: change.external_id.clone(),
            action: change.action.to_owned(),
            fields: serde_json::json!(change.fields).to_string(),
            seen_at: now_ms(),
        })
        .collect();
    store.note_differences(&differences).await
}
