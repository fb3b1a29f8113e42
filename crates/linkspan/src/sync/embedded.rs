//! Records that stand inside others: written first, and never over what the external system lists as a record of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::error::SyncError;
use super::follow::Done;
use super::journal::Action;
use super::outcome::{Progress, bind, note_refused, settle};
use super::prepare::{Incoming, Pending};
use super::resolve::Row;
use super::session::{Mode, Session};
use super::upsert::Target;
use super::write_batch::write_batch;
use crate::mapping::Scope;
use crate::store::Origin;

/// Writes the records that stand inside the pending ones.
pub(super) async fn write_embedded(session: &Session, pending: &[Pending<'_>]) -> Result<(), SyncError> {
    let mut by_entity: BTreeMap<u16, Vec<Incoming<'_>>> = BTreeMap::new();
    for record in pending {
        let parent_updated = record.mapped.updated;
        for embedded in &record.mapped.embedded {
            let scope = Scope { record: &embedded.record, parent: Some(record.scope.record) };
            by_entity.entry(embedded.entity).or_default().push(Incoming { scope, parent_updated });
        }
    }
    for (entity, incoming) in by_entity {
        write_batch(session, entity, incoming).await?;
    }
    Ok(())
}

/// Which of these Odoo records the external system lists as records of their own. One that it gives inside another record
/// does not change them: a guest is no proof of what a registered customer's address is.
async fn listed_as_own(session: &Session, entity: u16, odoo_ids: &[i64]) -> Result<HashSet<i64>, SyncError> {
    let mut listed = HashSet::new();
    let plan = session.plan(entity);
    if !plan.embedded || odoo_ids.is_empty() {
        return Ok(listed);
    }
    for other in session.plans.entities.iter().filter(|other| !other.embedded && other.model == plan.model) {
        let bound = session.store.bindings_by_odoo_id(&session.backend, &other.entity, odoo_ids).await?;
        listed.extend(bound.into_keys());
    }
    Ok(listed)
}

/// Takes out of `targets` those that are not to be written, and links them only: what the external system lists as a
/// record of its own, and what a rule found that says so.
pub(super) async fn link_untouched(
    session: &Session,
    entity: u16,
    ready: &[(Pending<'_>, Row)],
    targets: &mut Vec<(usize, Target)>,
) -> Result<(), SyncError> {
    let odoo_id = |target: &Target| match target {
        Target::Id(id) => Some(*id),
        Target::Xmlid => None,
    };
    let ids: Vec<i64> = targets.iter().filter_map(|(_, target)| odoo_id(target)).collect();
    let listed = listed_as_own(session, entity, &ids).await?;
    let link_only = session.plan(entity).matches.iter().any(|rule| rule.link_only);
    let is_untouched = |(i, target): &(usize, Target)| {
        let bound = ready[*i].0.binding.as_ref().filter(|binding| binding.odoo_id.is_some());
        let adopted = || bound.is_none_or(|binding| binding.origin == Origin::Adopted);
        odoo_id(target).is_some_and(|id| listed.contains(&id) || link_only && adopted())
    };
    let (linked, rest): (Vec<_>, Vec<_>) = std::mem::take(targets).into_iter().partition(is_untouched);
    *targets = rest;
    if linked.is_empty() {
        return Ok(());
    }
    let name = &session.plan(entity).entity;
    let mut done = Vec::new();
    for (i, target) in linked {
        let (Some(id), (record, row)) = (odoo_id(&target), &ready[i]) else { continue };
        session.tally.count(name, |counts| counts.unchanged += 1);
        session.journal.left(name, &record.mapped.external_id, Action::Unchanged, Some(id));
        match session.mode {
            Mode::Plan => session.note_planned_state(entity, record, Some(id)),
            _ => done.push((Done { odoo_id: id, record, row }, target)),
        }
    }
    let settled: Vec<String> =
        done.iter().map(|(done, _)| done.record.mapped.external_id.to_string()).collect();
    let linked = Progress::Finished { failed: HashSet::new(), agreed: HashMap::new() };
    let conflicts = bind(session, entity, &done, &linked).await?;
    note_refused(session, name, &conflicts);
    let refused = |id: &String| conflicts.iter().any(|conflict| conflict.external_id == *id);
    settle(session, entity, Vec::new(), settled.into_iter().filter(|id| !refused(id)).collect()).await
}
