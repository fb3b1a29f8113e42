//! Step 8: what came of a batch goes into the store: links of written records, dead letters of refused ones.

use std::collections::{HashMap, HashSet};

use super::error::{Refusal, SyncError};
use super::follow::Done;
use super::lines::line_keys;
use super::session::{Mode, Session};
use super::upsert::Target;
use crate::definition::model::ErrorClass;
use crate::mapping::Problem;
use crate::store::{BatchCommit, Binding, NewDeadLetter, Origin};

/// How far written records have come.
pub(super) enum Progress {
    /// They are in Odoo, but more must follow: killed from here on, the next run writes them again.
    Written,
    /// All that follows is done, except for records in `failed`, which the next run writes again.
    Finished {
        /// External ids.
        failed: HashSet<String>,
        /// By Odoo id, the last call whose outcome both sides show.
        agreed: HashMap<i64, String>,
    },
}

/// Stores the links of written records. A record without a digest counts as unfinished.
pub(super) async fn bind(
    session: &Session,
    entity: u16,
    done: &[(Done<'_, '_>, Target)],
    progress: &Progress,
) -> Result<Vec<Refusal>, SyncError> {
    let plan = session.plan(entity);
    let now = crate::store::now_ms();
    let bindings: Vec<Binding> = done
        .iter()
        .map(|(done, target)| {
            let record = done.record;
            let external_id = record.mapped.external_id.to_string();
            let (finished, agreed) = match progress {
                Progress::Written => (false, None),
                Progress::Finished { failed, agreed } => {
                    (!failed.contains(&external_id), agreed.get(&done.odoo_id))
                }
            };
            let before = record.binding.as_ref();
            let origin = match (&record.binding, target) {
                (Some(binding), _) if binding.odoo_id == Some(done.odoo_id) => binding.origin,
                (_, Target::Id(id)) if *id == done.odoo_id => Origin::Adopted,
                _ => Origin::Created,
            };
            Binding {
                backend: session.backend.clone(),
                entity: plan.entity.clone(),
                external_id,
                odoo_model: plan.model.clone(),
                odoo_id: Some(done.odoo_id),
                origin,
                version: record.version.clone(),
                digest: finished.then(|| record.digest.clone()),
                line_keys: line_keys(session, entity, done.row)
                    .filter(|_| finished)
                    .or_else(|| before.and_then(|binding| binding.line_keys.clone())),
                agreed: agreed.cloned().or_else(|| before.and_then(|binding| binding.agreed.clone())),
                created_at: now,
                updated_at: now,
            }
        })
        .collect();
    if bindings.is_empty() {
        return Ok(Vec::new());
    }
    let commit = BatchCommit {
        backend: session.backend.clone(),
        entity: plan.entity.clone(),
        bindings,
        lease: session.lease.clone(),
        ..BatchCommit::default()
    };
    let conflicts = session.store.commit_batch(commit).await?;
    let refusals = conflicts.into_iter().filter_map(|conflict| {
        let (done, _) =
            done.iter().find(|(done, _)| done.record.mapped.external_id == conflict.external_id)?;
        let reason = format!(
            "Odoo record {} is linked to record {} of the shop already; make the two differ in the shop",
            conflict.odoo_id, conflict.held_by
        );
        Some(done.record.refuse(ErrorClass::Conflict, Problem::of_record(reason)))
    });
    Ok(refusals.collect())
}

/// Stores that these links have been seen at a later version.
pub(super) async fn keep_versions(
    session: &Session,
    entity: u16,
    bindings: Vec<Binding>,
) -> Result<(), SyncError> {
    if session.mode == Mode::Plan || bindings.is_empty() {
        return Ok(());
    }
    let commit = BatchCommit {
        backend: session.backend.clone(),
        entity: session.plan(entity).entity.clone(),
        bindings,
        lease: session.lease.clone(),
        ..BatchCommit::default()
    };
    session.store.commit_batch(commit).await?;
    Ok(())
}

/// Stores dead letters of refused records and closes those of settled ones.
pub(super) async fn settle(
    session: &Session,
    entity: u16,
    refusals: Vec<Refusal>,
    settled: Vec<String>,
) -> Result<(), SyncError> {
    let name = &session.plan(entity).entity;
    let refusals = refusals.into_iter().map(|refusal| refusal.without_secrets(&session.redactor)).collect();
    let refusals = without_dismissed(session, entity, refusals).await?;
    session.tally.settled(name, &settled);
    note_refused(session, name, &refusals);
    if session.mode == Mode::Plan || (refusals.is_empty() && settled.is_empty()) {
        return Ok(());
    }
    let dead_letters = refusals.into_iter().map(NewDeadLetter::from).collect();
    let commit = BatchCommit {
        backend: session.backend.clone(),
        entity: name.clone(),
        resolved_dead_letters: settled,
        dead_letters,
        lease: session.lease.clone(),
        ..BatchCommit::default()
    };
    session.store.commit_batch(commit).await?;
    Ok(())
}

/// Counts records that were refused, and writes them into the journal.
pub(super) fn note_refused(session: &Session, entity: &str, refusals: &[Refusal]) {
    for refusal in refusals {
        session.tally.refused(entity, refusal);
        session.journal.refused(entity, refusal);
    }
}

/// Refusals without those that a human has dismissed: records without a version, and those that others refer to. A
/// dismissed record that changed since is looked at anew.
async fn without_dismissed(
    session: &Session,
    entity: u16,
    mut refusals: Vec<Refusal>,
) -> Result<Vec<Refusal>, SyncError> {
    if refusals.is_empty() {
        return Ok(refusals);
    }
    let name = &session.plan(entity).entity;
    let ids: Vec<&str> = refusals.iter().map(|refusal| refusal.external_id.as_str()).collect();
    let dismissed = session.store.dismissed_dead_letters_for(&session.backend, name, &ids).await?;
    let is_same = |refusal: &Refusal| {
        dismissed.iter().any(|letter| {
            letter.external_id == refusal.external_id
                && letter.version == refusal.version
                && (letter.version.is_some() || letter.payload == refusal.payload)
        })
    };
    let before = refusals.len();
    refusals.retain(|refusal| !is_same(refusal));
    let left_out = (before - refusals.len()) as u64;
    if left_out > 0 {
        session.tally.count(name, |counts| counts.skipped += left_out);
    }
    Ok(refusals)
}
