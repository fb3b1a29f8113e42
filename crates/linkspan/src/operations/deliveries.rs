//! Webhooks: done again.

use serde_json::json;

use super::{OperationError, Operator, Result};
use crate::webhook::{Receivers, Replayed, replay};

impl Operator<'_> {
    /// Imports the records of stored webhooks again, ahead of others.
    pub async fn replay(&self, receivers: &Receivers, ids: &[i64]) -> Result<Replayed> {
        let outcome = replay(self.store, receivers, ids).await?;
        let done = |id: &&i64| !outcome.left.iter().any(|left| left.id == **id);
        let replayed: Vec<&i64> = ids.iter().filter(done).collect();
        if !replayed.is_empty() {
            let target = format!("webhooks: {}", replayed.len());
            let audit = self.audit("webhook.replay", target, json!({ "ids": replayed }));
            self.store.enqueue_audited(&[], audit).await?;
        }
        Ok(outcome)
    }

    /// Imports the record of one stored webhook again.
    pub async fn replay_one(&self, receivers: &Receivers, id: i64) -> Result<()> {
        if self.store.delivery(id).await?.is_none() {
            return Err(OperationError::NotFound(format!(
                "there is no webhook {id}; it may be older than webhooks are kept"
            )));
        }
        match self.replay(receivers, &[id]).await?.left.pop() {
            None => Ok(()),
            Some(left) => Err(OperationError::Invalid(left.reason)),
        }
    }
}
