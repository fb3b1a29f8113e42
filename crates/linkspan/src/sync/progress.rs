//! Who is told how far a run has come.

/// Told how far a run has come; a progress bar or nobody.
pub trait Progress: Send + Sync {
    /// `done` records of `entity` are through, of `total` if the external system said so.
    fn advanced(&self, entity: &str, done: u64, total: Option<u64>);
    /// The entity is through.
    fn finished(&self, entity: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advanced(&self, _entity: &str, _done: u64, _total: Option<u64>) {}
    fn finished(&self, _entity: &str) {}
}
