//! What stopped the work on some entities of a backend, while the others went on.

use super::output::Output;
use crate::sync::{Session, SyncError};

/// The errors of a run.
#[derive(Default)]
pub(super) struct Failed {
    /// Each ended the work on one entity.
    of: Vec<(String, SyncError)>,
    /// What ended all of it.
    pub(super) stopped: Option<SyncError>,
}

impl Failed {
    /// Notes what ended the work on an entity; says whether that ends all of it.
    pub(super) async fn note(&mut self, session: &Session, entity: &str, error: SyncError) -> bool {
        if session.leaves_others(&error).await {
            self.of.push((entity.to_owned(), error));
            return false;
        }
        self.stopped = Some(error);
        true
    }

    /// Why an entity was not done to the end, as far as is known.
    pub(super) fn of(&self, entity: &str) -> Option<&SyncError> {
        let own = self.of.iter().find(|(name, _)| name == entity).map(|(_, error)| error);
        own.or(self.stopped.as_ref())
    }

    pub(super) fn first(&self) -> Option<&SyncError> {
        self.of.first().map(|(_, error)| error).or(self.stopped.as_ref())
    }

    /// Says all but the first, which is the command's own error.
    pub(super) fn tell(self, output: &Output) -> Option<SyncError> {
        let one = |(entity, error): (String, SyncError)| (format!("{entity} was not done to the end"), error);
        let stopped = self.stopped.map(|error| ("all ended there".to_owned(), error));
        let mut all = self.of.into_iter().map(one).chain(stopped);
        let (what, first) = all.next()?;
        output.line(format!("{what}; the reason stands below"));
        all.for_each(|(what, error)| output.line(format!("{what}: {error}")));
        Some(first)
    }
}
