//! Alerts of refused records: one for each backend and entity, raised when the first is refused, taken back when none is
//! open any more. Dead letters are made and closed in many places, by commands too, so the store is looked at.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::runtime::Runtime;
use super::stopped;
use crate::store::{Store, StoreError, now_ms};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// What waits for another record most often goes on by itself as soon as that is in.
const PATIENCE_MS: i64 = 60_000;

/// Looks until it is stopped.
pub(super) async fn run(store: Store, backends: Vec<Arc<Runtime>>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        if let Err(error) = look(&store, &backends).await {
            tracing::warn!(%error, "refused records could not be counted; it is tried again");
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = stopped(&mut stopping) => {}
        }
    }
}

async fn look(store: &Store, backends: &[Arc<Runtime>]) -> Result<(), StoreError> {
    let counts = store.refused_counts(now_ms() - PATIENCE_MS).await?;
    let alerts = store.list_alerts(None, 10_000).await?;
    for backend in backends.iter().map(|backend| backend.name()) {
        let mut refused = Vec::new();
        for count in counts.iter().filter(|count| count.backend == backend) {
            let (entity, name) = (&count.entity, format!("refused:{backend}/{}", count.entity));
            let message = format!(
                "Refused records of {entity}: {}. They need a person, or wait for another record; \
                 `linkspan dead-letters list --backend {backend} --entity {entity}` says why.",
                count.count
            );
            if !alerts.iter().any(|alert| alert.name == name && alert.message == message) {
                store.raise_alert(&name, backend, &message).await?;
            }
            refused.push(name);
        }
        let any = format!("refused:{backend}/");
        for alert in alerts.iter().filter(|alert| alert.name.starts_with(&any)) {
            if !refused.contains(&alert.name) {
                store.clear_alert(&alert.name).await?;
            }
        }
    }
    Ok(())
}
