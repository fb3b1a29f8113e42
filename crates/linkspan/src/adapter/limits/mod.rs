//! Rate limits, shared by everything in this process that talks to the same backend or host.
//!
//! All limits of a definition apply to each request. Besides them every backend has one that lets everything
//! through until the server asks to wait: that pause holds for everybody, not just for who was told.

mod bucket;
mod gate;
mod ledger;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::address;
use crate::definition::model::{Definition, Limit, LimitScope};

use gate::Lane;
pub(super) use gate::{Gate, Wait};
pub use ledger::Ledger;

/// The process's rate limits: adapters made with clones of the same registry share them.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    lanes: Arc<Mutex<BTreeMap<Key, Arc<Lane>>>>,
    ledger: Option<Arc<dyn Ledger>>,
}

/// Who shares a limit. A limit that is defined anew is another one. The order is that in which limits are
/// entered, the same everywhere, so that nobody waits for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Limits that several backends share come last.
    by_host: bool,
    shared_by: String,
    name: String,
    shape: (u32, u64, Option<u32>, Option<u32>),
}

impl Limits {
    /// Limits that are shared with other processes.
    pub fn shared(ledger: Arc<dyn Ledger>) -> Limits {
        Limits { lanes: Arc::default(), ledger: Some(ledger) }
    }

    /// The limits that apply to one backend of a connector.
    pub(super) fn gate(&self, definition: &Definition, backend: &str, base: &Url) -> Gate {
        let backend = format!("{}/{backend}", definition.connector.id);
        let mut lanes = BTreeMap::new();
        let mut known = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut add = |key: Key, limit: Option<&Limit>| {
            let name = format!("{}:{}", key.shared_by, key.name);
            let lane = known.entry(key.clone()).or_insert_with(|| Arc::new(Lane::named(name, limit)));
            lanes.insert(key, Arc::clone(lane));
        };
        add(
            Key {
                by_host: false,
                shared_by: backend.clone(),
                name: String::new(),
                shape: (0, 0, None, None),
            },
            None,
        );
        for limit in &definition.limits {
            let shared_by = match limit.scope {
                LimitScope::Backend => backend.clone(),
                LimitScope::Host => address::origin(base),
            };
            let shape = (limit.rate, limit.per_ms, limit.burst, limit.concurrency);
            add(
                Key { by_host: limit.scope == LimitScope::Host, shared_by, name: limit.name.clone(), shape },
                Some(limit),
            );
        }
        Gate::new(lanes.into_values().collect(), self.ledger.clone())
    }
}
