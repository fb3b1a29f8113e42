//! Sessions that live over many jobs: opening one asks Odoo a dozen questions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::runtime::Runtime;
use crate::store::{Lease, Store};
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

struct Kept {
    session: Session,
    opened_at: Instant,
    canary: Vec<String>,
}

/// The sessions of a lane.
pub(super) struct Sessions {
    runtime: Arc<Runtime>,
    store: Store,
    write: Option<Kept>,
    shadow: Option<Kept>,
    opened: Option<(Instant, Vec<String>)>,
}

impl Sessions {
    pub(super) fn new(runtime: Arc<Runtime>, store: Store) -> Sessions {
        Sessions { runtime, store, write: None, shadow: None, opened: None }
    }

    /// A session that begins a piece of work.
    pub(super) async fn take(
        &mut self,
        purpose: Purpose,
        canary: &[String],
        lease: Option<&Lease>,
        change_limit: Option<u64>,
    ) -> Result<Session, SyncError> {
        let canary = canary.to_vec();
        let kept = match purpose {
            Purpose::Write => self.write.take(),
            Purpose::Shadow => self.shadow.take(),
        };
        let fresh = |kept: &Kept| kept.opened_at.elapsed() < LONGEST && kept.canary == canary;
        let Kept { mut session, opened_at, .. } = match kept.filter(fresh) {
            Some(kept) => kept,
            None => {
                let mode = if purpose == Purpose::Write { Mode::Write } else { Mode::Plan };
                let session = self.runtime.session(&self.store, mode, &canary).await?;
                Kept { session, opened_at: Instant::now(), canary: canary.clone() }
            }
        };
        self.opened = Some((opened_at, canary));
        session.begin_work(lease.cloned(), change_limit);
        Ok(session)
    }

    /// Keeps a session for the next piece of work.
    pub(super) fn give_back(&mut self, purpose: Purpose, session: Session) {
        let Some((opened_at, canary)) = self.opened.take() else { return };
        let kept = Some(Kept { session, opened_at, canary });
        match purpose {
            Purpose::Write => self.write = kept,
            Purpose::Shadow => self.shadow = kept,
        }
    }

    /// The next piece of work connects anew.
    pub(super) fn forget(&mut self) {
        (self.write, self.shadow, self.opened) = (None, None, None);
    }
}
