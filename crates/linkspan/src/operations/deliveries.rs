//! Webhooks: done again.

use super::{OperationError, Operator, Result};
use crate::webhook::{Receivers, Replayed, replay};

impl Operator<'_> {
    /// Imports the records of stored webhooks again, ahead of others.
    pub async fn replay(&self, receivers: &Receivers, ids: &[i64]) -> Result<Replayed> {
        Ok(replay(self.store, receivers, ids, self.actor).await?)
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
