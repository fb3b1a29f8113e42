//! Sessions that live over many jobs: opening one asks Odoo a dozen questions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::runtime::Runtime;
use crate::definition::model::ErrorClass;
use crate::store::{Direction, Lease, Store};
use crate::sync::{Mode, Session, SyncError};

/// A session is opened anew after so long, because fields and currencies are added in Odoo.
const LONGEST: Duration = Duration::from_secs(600);

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Records are written.
    Write,
    /// What would change is recorded.
    Shadow,
}

/// A session that is open.
pub(super) struct Opened {
    pub(super) session: Session,
    opened_at: Instant,
    canary: Vec<String>,
}

/// The sessions of a lane.
pub(super) struct Sessions {
    runtime: Arc<Runtime>,
    store: Store,
    direction: Direction,
    write: Option<Opened>,
    shadow: Option<Opened>,
}

impl Sessions {
    pub(super) fn new(runtime: Arc<Runtime>, store: Store, direction: Direction) -> Sessions {
        Sessions { runtime, store, direction, write: None, shadow: None }
    }

    /// A session that begins a piece of work. Of `canary` entities only chosen records are taken, `unwritten` ones are only
    /// linked.
    pub(super) async fn take(
        &mut self,
        purpose: Purpose,
        (canary, unwritten): (&[String], &[String]),
        lease: Option<&Lease>,
        change_limit: Option<u64>,
    ) -> Result<Opened, SyncError> {
        let kept = match purpose {
            Purpose::Write => self.write.take(),
            Purpose::Shadow => self.shadow.take(),
        };
        let is_fresh = |kept: &Opened| kept.opened_at.elapsed() < LONGEST && kept.canary == canary;
        let mut opened = match kept.filter(is_fresh) {
            Some(kept) => kept,
            None => {
                let mode = if purpose == Purpose::Write { Mode::Write } else { Mode::Plan };
                let session = self.runtime.session(&self.store, mode, (self.direction, canary)).await?;
                Opened { session, opened_at: Instant::now(), canary: canary.to_vec() }
            }
        };
        opened.session.begin_work(lease.cloned(), change_limit);
        opened.session.hold_back(unwritten);
        Ok(opened)
    }

    /// Keeps a session for the next piece of work.
    pub(super) fn give_back(&mut self, purpose: Purpose, opened: Opened) {
        match purpose {
            Purpose::Write => self.write = Some(opened),
            Purpose::Shadow => self.shadow = Some(opened),
        }
    }

    /// The next piece of work connects anew.
    pub(super) fn forget(&mut self) {
        (self.write, self.shadow) = (None, None);
    }

    /// The same after an error that says that credentials, configuration or the connection to Odoo are not what they
    /// were.
    pub(super) fn forget_after(&mut self, error: &SyncError) {
        use ErrorClass::{Ambiguous, Auth, Config, Transient};
        let forgets = match error {
            SyncError::Store(_) | SyncError::Busy(_) | SyncError::Impossible(_) => false,
            SyncError::External(_) => matches!(error.class(), Auth | Config),
            _ => matches!(error.class(), Auth | Config | Transient | Ambiguous),
        };
        if forgets {
            self.forget();
        }
    }
}
