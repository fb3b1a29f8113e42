//! A backend as the service holds it: opened once, with sessions that live as long as nothing changes.

use std::time::Duration;

use crate::adapter::{Adapter, Limits};
use crate::backend::{self, Opened};
use crate::config::Backend;
use crate::store::Store;
use crate::sync::{Mode, Session, Silent, SyncError};

/// A backend that is open.
pub struct Runtime {
    pub(super) backend: Backend,
    pub(super) opened: Opened,
}

impl Runtime {
    /// Opens a backend; neither system is asked yet.
    pub fn open(backend: Backend, store: &Store, limits: Limits) -> Result<Runtime, SyncError> {
        let patience = Duration::from_secs(5);
        let opened = backend::open_patient(&backend, store, limits, patience)?;
        Ok(Runtime { backend, opened })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.backend.name
    }

    /// Its configuration.
    pub fn config(&self) -> &Backend {
        &self.backend
    }

    /// Speaks to the external system.
    pub(super) fn adapter(&self) -> &Adapter {
        &self.opened.adapter
    }

    /// Connects to Odoo and checks that the definition fits. `canary` entities take only the records that their
    /// rollout chooses.
    pub(super) async fn session(
        &self,
        store: &Store,
        mode: Mode,
        canary: &[String],
    ) -> Result<Session, SyncError> {
        let odoo = backend::connect(&self.backend.odoo).await?;
        let mut definition = (*self.opened.definition).clone();
        for name in canary {
            let wanted = self.backend.rollout.get(name).and_then(|rollout| rollout.canary.clone());
            let import = definition.entities.get_mut(name).and_then(|entity| entity.import.as_mut());
            if let (Some(mut wanted), Some(import)) = (wanted, import) {
                if let Some(only) = &import.only {
                    wanted.expr = format!("({}) and ({})", only.expr, wanted.expr);
                }
                import.only = Some(wanted);
            }
        }
        let silent = std::sync::Arc::new(Silent);
        self.opened.session_with(definition.into(), odoo, store, mode, silent).await
    }

    /// The system that an error came from, as its breaker is called.
    pub(super) fn system_of(&self, error: &SyncError) -> String {
        match error {
            SyncError::External(_) => self.shop_system(),
            _ => self.odoo_system(),
        }
    }

    pub(super) fn shop_system(&self) -> String {
        format!("shop:{}", self.backend.name)
    }

    pub(super) fn odoo_system(&self) -> String {
        format!("odoo:{}", self.backend.odoo.name)
    }
}
