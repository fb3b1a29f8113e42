//! What a run did, in numbers and reasons.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::error::{Refusal, class_text};

/// What a run did, entity by entity.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Counts of each entity, by name.
    pub entities: BTreeMap<String, Counts>,
    /// The first refused records with their reasons; all of them are dead letters in the store.
    pub refusals: Vec<RefusedRecord>,
}

/// How many records of an entity ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Made in Odoo.
    pub created: u64,
    /// Changed in Odoo.
    pub updated: u64,
    /// Found in Odoo and linked; counted in `updated` too.
    pub adopted: u64,
    /// Nothing to write.
    pub unchanged: u64,
    /// An older state than the one Odoo has.
    pub stale: u64,
    /// Not wanted by the definition.
    pub skipped: u64,
    /// Refused; each is a dead letter.
    pub refused: u64,
    /// Written, but Odoo shows another value than the definition's `check` expects.
    pub mismatched: u64,
}

/// A refused record.
#[derive(Debug, Clone, Serialize)]
pub struct RefusedRecord {
    /// Entity.
    pub entity: String,
    /// Its id in the external system.
    pub external_id: String,
    /// What kind of trouble.
    pub class: &'static str,
    /// Why.
    pub reason: String,
}

const SHOWN_REFUSALS: usize = 100;

impl Summary {
    /// All entities together.
    pub fn total(&self) -> Counts {
        self.entities.values().fold(Counts::default(), |mut sum, counts| {
            sum.add(counts);
            sum
        })
    }
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.created += other.created;
        self.updated += other.updated;
        self.adopted += other.adopted;
        self.unchanged += other.unchanged;
        self.stale += other.stale;
        self.skipped += other.skipped;
        self.refused += other.refused;
        self.mismatched += other.mismatched;
    }

    /// Records that were looked at.
    pub fn seen(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.stale + self.skipped + self.refused
    }
}

/// Counts while a run goes on; shared.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counting>);

#[derive(Debug, Default)]
struct Counting {
    summary: Summary,
    /// Entity and external id of each record that is refused as far as this run knows.
    refused: HashSet<(String, String)>,
    /// Why a related record did not come when it was fetched, by entity and external id.
    absent: HashMap<(String, String), String>,
}

impl Tally {
    /// Changes the counts of one entity.
    pub(super) fn count(&self, entity: &str, change: impl FnOnce(&mut Counts)) {
        change(self.lock().summary.entities.entry(entity.to_owned()).or_default());
    }

    /// Counts a refused record, once however often it comes, and keeps its reason.
    pub(super) fn refused(&self, entity: &str, refusal: &Refusal) {
        self.refused_as(entity, &refusal.external_id, class_text(refusal.class), &refusal.to_string());
    }

    /// The same in words.
    pub(super) fn refused_as(&self, entity: &str, external_id: &str, class: &'static str, reason: &str) {
        let Counting { summary, refused, .. } = &mut *self.lock();
        if !refused.insert((entity.to_owned(), external_id.to_owned())) {
            return;
        }
        summary.entities.entry(entity.to_owned()).or_default().refused += 1;
        if summary.refusals.len() < SHOWN_REFUSALS {
            summary.refusals.push(RefusedRecord {
                entity: entity.to_owned(),
                external_id: external_id.to_owned(),
                class,
                reason: reason.to_owned(),
            });
        }
    }

    /// Takes back the refusal of records that went through later in the run.
    pub(super) fn settled(&self, entity: &str, external_ids: &[String]) {
        let Counting { summary, refused, .. } = &mut *self.lock();
        if refused.is_empty() {
            return;
        }
        for id in external_ids {
            if refused.remove(&(entity.to_owned(), id.clone())) {
                summary.entities.entry(entity.to_owned()).or_default().refused -= 1;
                summary.refusals.retain(|shown| shown.entity != entity || shown.external_id != *id);
            }
        }
    }

    /// Whether this run has refused the record.
    pub(super) fn has_refused(&self, entity: &str, external_id: &str) -> bool {
        let refused = &self.lock().refused;
        !refused.is_empty() && refused.contains(&(entity.to_owned(), external_id.to_owned()))
    }

    /// Notes why a related record did not come.
    pub(super) fn absent(&self, entity: &str, external_id: &str, why: String) {
        self.lock().absent.insert((entity.to_owned(), external_id.to_owned()), why);
    }

    /// Why a related record did not come, if this run has fetched it.
    pub(super) fn why_absent(&self, entity: &str, external_id: &str) -> Option<String> {
        self.lock().absent.get(&(entity.to_owned(), external_id.to_owned())).cloned()
    }

    /// The numbers so far.
    pub(super) fn summary(&self) -> Summary {
        self.lock().summary.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
