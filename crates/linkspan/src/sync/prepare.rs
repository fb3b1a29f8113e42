//! Step 1: map the records of a batch and drop what needs no write.

use std::collections::HashMap;

use jiff::Timestamp;
use pyexpr::Json;

use super::binding::{digest, version_text};
use super::error::{Refusal, SyncError};
use super::journal::Action;
use super::plan::PlannedState;
use super::session::Session;
use crate::definition::model::ErrorClass;
use crate::mapping::{Mapped, Problem, Scope};
use crate::store::Binding;

/// A record on its way into Odoo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'r> {
    pub(super) scope: Scope<'r>,
    /// Age of an embedded record: that of the record it stands in.
    pub(super) parent_updated: Option<Timestamp>,
}

impl<'r> Incoming<'r> {
    /// A record that stands on its own.
    pub(super) fn of(record: &'r Json<'r>) -> Incoming<'r> {
        Incoming { scope: Scope { record, parent: None }, parent_updated: None }
    }
}

/// A mapped record that is to be written.
#[derive(Debug)]
pub(super) struct Pending<'r> {
    pub(super) scope: Scope<'r>,
    pub(super) mapped: Mapped<'r>,
    pub(super) version: Option<String>,
    pub(super) digest: String,
    pub(super) binding: Option<Binding>,
}

impl Pending<'_> {
    /// The Odoo record it is bound to. A write that was begun and never finished does not count.
    pub(super) fn odoo_id(&self) -> Option<i64> {
        self.binding.as_ref().and_then(|binding| binding.odoo_id)
    }

    /// A refusal of this record, with what the dead letter needs.
    pub(super) fn refuse(&self, class: ErrorClass, problem: Problem) -> Refusal {
        Refusal {
            version: self.version.clone(),
            payload: Some(self.scope.record.to_string()),
            ..Refusal::new(&self.mapped.external_id, class, problem)
        }
    }
}

/// What is left of a batch after mapping.
#[derive(Debug, Default)]
pub(super) struct Prepared<'r> {
    pub(super) pending: Vec<Pending<'r>>,
    pub(super) refusals: Vec<Refusal>,
    /// Records that need no write or that the definition does not want: their dead letters, if any, are settled.
    pub(super) settled: Vec<String>,
    /// Bindings of unchanged records that have a later time by now, where that saves fetching them the next time.
    pub(super) seen: Vec<Binding>,
}

/// Maps `incoming`; drops unwanted, unchanged and outdated records and counts them.
pub(super) async fn prepare<'r>(
    session: &'r Session,
    entity: u16,
    incoming: &[Incoming<'r>],
) -> Result<Prepared<'r>, SyncError> {
    let mut prepared = Prepared::default();
    let mut mapped =
        newest(map_all(session, entity, incoming, &mut prepared.refusals, &mut prepared.settled));
    let name = &session.plan(entity).entity;
    let ids: Vec<&str> = mapped.iter().map(|(_, mapped, _)| &*mapped.external_id).collect();
    let mut bindings = session.store.bindings(&session.backend, name, &ids).await?;
    let keeps_versions = session.is_fetched_each(entity);
    for (scope, mapped, updated) in mapped.drain(..) {
        let binding = bindings.remove(&*mapped.external_id);
        let version = updated.map(version_text);
        let digest = digest(&session.plans, session.plan(entity), &mapped, scope);
        let planned = session.planned_state(entity, &mapped.external_id);
        let known = planned.as_ref().map(Known::planned).or_else(|| binding.as_ref().and_then(Known::bound));
        match standing(known, version.as_deref(), &digest) {
            Standing::Changed => prepared.pending.push(Pending { scope, mapped, version, digest, binding }),
            Standing::Unchanged => {
                session.tally.count(name, |counts| counts.unchanged += 1);
                let odoo_id = binding.as_ref().and_then(|binding| binding.odoo_id);
                session.journal.left(name, &mapped.external_id, Action::Unchanged, odoo_id);
                if let Some(binding) = binding.filter(|known| keeps_versions && known.version < version) {
                    prepared.seen.push(Binding { version, updated_at: crate::store::now_ms(), ..binding });
                }
                prepared.settled.push(mapped.external_id.into_owned());
            }
            Standing::Stale => {
                session.tally.count(name, |counts| counts.stale += 1);
                let odoo_id = binding.as_ref().and_then(|binding| binding.odoo_id);
                session.journal.left(name, &mapped.external_id, Action::Stale, odoo_id);
            }
        }
    }
    Ok(prepared)
}

enum Standing {
    Changed,
    Unchanged,
    Stale,
}

/// What is known of a record's last write.
struct Known<'k> {
    version: Option<&'k str>,
    /// None: the write was not finished.
    digest: Option<&'k str>,
}

impl<'k> Known<'k> {
    /// A write that was begun and has no Odoo record yet does not count.
    fn bound(binding: &'k Binding) -> Option<Known<'k>> {
        binding.odoo_id?;
        Some(Known { version: binding.version.as_deref(), digest: binding.digest.as_deref() })
    }

    /// A plan's write counts as done.
    fn planned(state: &'k PlannedState) -> Known<'k> {
        Known { version: state.version.as_deref(), digest: Some(&state.digest) }
    }
}

fn standing(known: Option<Known<'_>>, version: Option<&str>, digest: &str) -> Standing {
    let Some(known) = known else { return Standing::Changed };
    if let (Some(new), Some(old)) = (version, known.version)
        && new < old
    {
        return Standing::Stale;
    }
    if known.digest == Some(digest) { Standing::Unchanged } else { Standing::Changed }
}

type MappedRecord<'r> = (Scope<'r>, Mapped<'r>, Option<Timestamp>);

fn map_all<'r>(
    session: &'r Session,
    entity: u16,
    incoming: &[Incoming<'r>],
    refusals: &mut Vec<Refusal>,
    unwanted: &mut Vec<String>,
) -> Vec<MappedRecord<'r>> {
    let mut all = Vec::with_capacity(incoming.len());
    for record in incoming {
        let scope = record.scope;
        match is_wanted(session, entity, scope) {
            Ok(Wanted::Yes) => {}
            Ok(unwanted_by) => {
                let name = &session.plan(entity).entity;
                session.tally.count(name, |counts| counts.skipped += 1);
                let Ok(id) = session.plans.external_id(entity, scope) else { continue };
                if unwanted_by == Wanted::Never {
                    session.journal.left(name, &id, Action::Skipped, None);
                    unwanted.push(id.into_owned());
                } else {
                    // It is wanted later: its dead letter stays open.
                    session.journal.left_out(name, &id, left_out(session, entity));
                }
                continue;
            }
            Err((class, problem)) => {
                let payload = scope.record.to_string();
                let id = session.plans.external_id(entity, scope).map(std::borrow::Cow::into_owned);
                let unmapped =
                    crate::mapping::Unmapped { external_id: id.ok(), updated: None, problems: vec![problem] };
                refusals.push(Refusal {
                    class,
                    payload: Some(payload.clone()),
                    ..Refusal::unmapped(unmapped, &payload)
                });
                continue;
            }
        }
        match session.plans.map(entity, scope) {
            Ok(mapped) => {
                let updated = mapped.updated.or(record.parent_updated);
                all.push((scope, mapped, updated));
            }
            Err(unmapped) => {
                let payload = scope.record.to_string();
                refusals.push(Refusal {
                    payload: Some(payload.clone()),
                    ..Refusal::unmapped(unmapped, &payload)
                });
            }
        }
    }
    all
}

/// Whether a record is to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Yes,
    /// The definition's `import.only` leaves it out for good.
    Never,
    /// The stage `canary` leaves it out for now.
    Later,
}

/// Asks the definition, then the canary; an error is a class and what is wrong with the expression or the record.
pub(super) fn is_wanted(
    session: &Session,
    entity: u16,
    scope: Scope<'_>,
) -> Result<Wanted, (ErrorClass, Problem)> {
    if !session.plans.wants(entity, scope).map_err(|problem| (ErrorClass::Data, problem))? {
        return Ok(Wanted::Never);
    }
    match session.plans.chooses(entity, scope) {
        Ok(true) => Ok(Wanted::Yes),
        Ok(false) => Ok(Wanted::Later),
        Err(problem) => {
            let reason = format!(
                "{} cannot tell whether it chooses this record; mend that expression: {}",
                canary(session, entity),
                problem.reason
            );
            Err((ErrorClass::Config, Problem { reason, ..problem }))
        }
    }
}

/// Why a record does not come in that the stage `canary` does not choose.
pub(super) fn left_out(session: &Session, entity: u16) -> String {
    format!("left out by the stage canary: {} does not choose it", canary(session, entity))
}

/// Where the configuration has the canary of an entity.
fn canary(session: &Session, entity: u16) -> String {
    format!("`canary` under [backends.{}.rollout.{}]", session.backend, session.plan(entity).entity)
}

/// Of several states of the same record in a batch the newest counts; of equally old ones the last.
fn newest(all: Vec<MappedRecord<'_>>) -> Vec<MappedRecord<'_>> {
    let mut best: HashMap<String, usize> = HashMap::with_capacity(all.len());
    for (i, (_, mapped, updated)) in all.iter().enumerate() {
        let slot = best.entry(mapped.external_id.to_string()).or_insert(i);
        if *updated >= all[*slot].2 {
            *slot = i;
        }
    }
    if best.len() == all.len() {
        return all;
    }
    let keep: std::collections::HashSet<usize> = best.into_values().collect();
    all.into_iter().enumerate().filter(|(i, _)| keep.contains(i)).map(|(_, record)| record).collect()
}
