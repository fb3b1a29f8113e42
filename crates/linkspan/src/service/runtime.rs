//! A backend as the service holds it: opened once, with sessions that live as long as nothing changes.

use std::time::Duration;

use crate::adapter::{Adapter, Limits};
use crate::backend::{self, Opened};
use crate::config::Backend;
use crate::definition::entity::Expr;
use crate::store::{Direction, Store};
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
    /// rollout chooses in this direction.
    pub(super) async fn session(
        &self,
        store: &Store,
        mode: Mode,
        (direction, canary): (Direction, &[String]),
    ) -> Result<Session, SyncError> {
        let odoo = backend::connect(&self.backend.odoo).await?;
        // An operator may set the stage where the configuration chooses no records: then there are none.
        let chosen = |name: &str| {
            let rollout = self.backend.rollout.get(name);
            rollout.and_then(|rollout| rollout.filter(direction)).map_or("False", |chosen| &chosen.expr)
        };
        let silent = std::sync::Arc::new(Silent);
        match direction {
            Direction::In => {
                let mut session = self.opened.session(odoo, store, mode, None, silent).await?;
                session.choose_in(canary.iter().map(|name| (name.as_str(), chosen(name))))?;
                Ok(session)
            }
            Direction::Out => {
                let mut definition = (*self.opened.definition).clone();
                for name in canary {
                    let export = definition.entities.get_mut(name).and_then(|entity| entity.export.as_mut());
                    let Some(export) = export else { continue };
                    let expr = match &export.only {
                        Some(only) => format!("({}) and ({})", only.expr, chosen(name)),
                        None => chosen(name).to_owned(),
                    };
                    export.only = Some(Expr { expr });
                }
                let definition = definition.into();
                let mut session = self.opened.session_with(definition, odoo, store, mode, silent).await?;
                session.choose_out(canary);
                Ok(session)
            }
        }
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
