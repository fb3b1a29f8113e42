//! Rate limits.

use url::Url;

use crate::definition::model::Definition;

/// The process's rate limits: adapters made with clones of the same registry share them.
#[derive(Debug, Clone, Default)]
pub struct Limits;

impl Limits {
    pub(super) fn gate(&self, _definition: &Definition, _backend: &str, _base: &Url) -> Gate {
        Gate
    }
}

/// The limits of one adapter.
#[derive(Debug, Clone)]
pub(super) struct Gate;
