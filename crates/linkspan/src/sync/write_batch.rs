//! The way of a batch into Odoo, step by step. A single record is a batch of one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::dead_links::{Standing, forget_dead_links, standing};
use super::embedded::{link_untouched, write_embedded};
use super::error::{Refusal, SyncError};
use super::follow::{Done, follow};
use super::journal::Action;
use super::left_to_odoo::{complete_new_lines, leave_lines_to_odoo, leave_to_odoo, without_relations_there};
use super::lines::{line_keys, may_have_left, remove_left};
use super::matching::{Match, match_records};
use super::met_again::met_again;
use super::outcome::{Progress, bind, keep_versions, note_refused, settle};
use super::plan;
use super::prepare::{Incoming, Pending, Prepared, prepare};
use super::related::{Links, look_up, look_up_references, write_missing};
use super::resolve::{Resolver, Row, Unresolved};
use super::session::{Mode, Session};
use super::shared::{Held, being_made, hold_back, note_base};
use super::upsert::{Target, Written, upsert};
use crate::definition::model::ErrorClass;
use crate::mapping::Problem;

/// Writes `incoming` to Odoo: map, relations first, match, write, bind, and what follows. Refused records become
/// dead letters; only what concerns every record is an error. Boxed because records bring others with them.
pub(super) fn write_batch<'a>(
    session: &'a Session,
    entity: u16,
    incoming: Vec<Incoming<'a>>,
) -> BoxFuture<'a, Result<(), SyncError>> {
    async move {
        let Prepared { mut pending, refusals, settled, seen } = prepare(session, entity, &incoming).await?;
        keep_versions(session, entity, seen).await?;
        settle(session, entity, refusals, settled).await?;
        if pending.is_empty() {
            return Ok(());
        }
        if session.is_held(entity) {
            return link_only(session, entity, pending).await;
        }
        demand_room(session, pending.len())?;
        write_embedded(session, &pending).await?;
        let mut links = write_missing(session, entity, &pending).await?;
        look_up_references(session, entity, &pending).await?;
        let mut again = HashSet::new();
        // Records of this batch may refer to each other (a category to its parent): round by round.
        while !pending.is_empty() {
            let (mut ready, refusals, blocked) = sort(session, entity, &links, pending);
            settle(session, entity, refusals, Vec::new()).await?;
            if ready.is_empty() {
                let refusals = blocked.iter().map(circle).collect();
                return settle(session, entity, refusals, Vec::new()).await;
            }
            again.extend(write_ready(session, entity, &mut ready).await?);
            let ids: Vec<String> =
                ready.iter().map(|(record, _)| record.mapped.external_id.to_string()).collect();
            look_up(session, entity, ids.iter(), &mut links).await?;
            pending = blocked;
        }
        let is_due = |one: &Incoming<'_>| {
            session.plans.external_id(entity, one.scope).is_ok_and(|id| again.contains(&*id))
        };
        match again.is_empty() {
            true => Ok(()),
            // Each time a link less is dead, so this ends.
            false => write_batch(session, entity, incoming.iter().copied().filter(is_due).collect()).await,
        }
    }
    .boxed()
}

type Ready<'r> = Vec<(Pending<'r>, Row)>;

/// Records that can be written now, records that cannot be written, records that wait for others of the batch.
fn sort<'r>(
    session: &Session,
    entity: u16,
    links: &Links,
    pending: Vec<Pending<'r>>,
) -> (Ready<'r>, Vec<Refusal>, Vec<Pending<'r>>) {
    let batch: HashSet<String> = pending.iter().map(|record| record.mapped.external_id.to_string()).collect();
    let resolver = Resolver { session, entity, links };
    let (mut ready, mut refusals, mut blocked) = (Vec::new(), Vec::new(), Vec::new());
    for record in pending {
        match resolver.row(&record, |id| batch.contains(id)) {
            Ok(row) => ready.push((record, row)),
            Err(Unresolved::Blocked) => blocked.push(record),
            Err(Unresolved::Refused(refusal)) => refusals.push(*refusal),
        }
    }
    (ready, refusals, blocked)
}

fn circle(record: &Pending<'_>) -> Refusal {
    let reason = "this record and others of the shop refer to each other in a circle; break it in the shop";
    record.refuse(ErrorClass::Data, Problem::of_record(reason))
}

/// Match, write, remove lines that left, bind, follow. Gives the external ids of records that are to be written again.
async fn write_ready(
    session: &Session,
    entity: u16,
    ready: &mut [(Pending<'_>, Row)],
) -> Result<Vec<String>, SyncError> {
    let held = hold_back(session, entity, ready).await?;
    let (mut targets, refusals) = targets(session, entity, ready).await?;
    settle(session, entity, refusals, Vec::new()).await?;
    link_untouched(session, entity, ready, &mut targets).await?;
    leave_to_odoo(session, entity, ready, &targets);
    leave_lines_to_odoo(session, entity, ready, &targets).await?;
    complete_new_lines(session, entity, ready, &targets).await?;
    let ready = &*ready;
    if session.mode == Mode::Plan {
        plan::note(session, entity, ready, &targets).await?;
        return Ok(Vec::new());
    }
    let name = &session.plan(entity).entity;
    let new: Vec<&str> = targets
        .iter()
        .filter(|(i, target)| *target == Target::Xmlid && ready[*i].0.binding.is_none())
        .map(|(i, _)| &*ready[*i].0.mapped.external_id)
        .collect();
    if !new.is_empty() {
        session.store.begin_writes(&session.backend, name, &session.plan(entity).model, &new).await?;
    }
    let mut written = write(session, entity, ready, &mut targets).await?;
    let mut again = Vec::new();
    for i in (0..targets.len()).rev() {
        let record = &ready[targets[i].0].0;
        if matches!(written[i], Written::Refused(ErrorClass::Data, _))
            && forget_dead_links(session, entity, record).await?
        {
            again.push(record.mapped.external_id.to_string());
            targets.remove(i);
            written.remove(i);
        }
    }
    finish(session, entity, ready, &targets, &written, &held).await?;
    Ok(again)
}

/// The Odoo record each row is for: bound, adopted, or new.
async fn targets(
    session: &Session,
    entity: u16,
    ready: &[(Pending<'_>, Row)],
) -> Result<(Vec<(usize, Target)>, Vec<Refusal>), SyncError> {
    let records: Vec<&Pending<'_>> = ready.iter().map(|(record, _)| record).collect();
    let being_made = being_made(session, entity, ready).await?;
    let (mut known, mut unknown) = (HashMap::new(), Vec::new());
    for (i, record) in records.iter().enumerate() {
        if let Some(id) = record.odoo_id().or(being_made.get(&*record.mapped.external_id).copied()) {
            known.insert(i, Standing::Free(id));
            continue;
        }
        // A write that was begun made a record or did not: where Odoo refused it, a person may have made one since.
        let begun = match record.binding {
            Some(_) => standing(session, entity, &record.mapped.external_id, &ready[i].1.xmlid).await?,
            None => Standing::Nothing,
        };
        match begun {
            Standing::Nothing => unknown.push(i),
            begun => drop(known.insert(i, begun)),
        }
    }
    let matches = match_records(session, entity, &records, &unknown).await?;
    let mut matches: HashMap<usize, Match> = unknown.into_iter().zip(matches).collect();
    let mut targets = Vec::with_capacity(records.len());
    let mut refusals = Vec::new();
    for (i, record) in records.iter().enumerate() {
        match (known.remove(&i), matches.remove(&i)) {
            (Some(Standing::Free(id)), _) | (_, Some(Match::Found(id))) => targets.push((i, Target::Id(id))),
            (Some(Standing::Taken(reason)), _) => {
                refusals.push(record.refuse(ErrorClass::Conflict, Problem::of_record(reason)));
            }
            (_, Some(Match::Refused(refusal) | Match::Held(_, _, refusal))) => refusals.push(refusal),
            (_, None | Some(Match::New)) => targets.push((i, Target::Xmlid)),
        }
    }
    let new: Vec<&Row> =
        targets.iter().filter(|(_, target)| *target == Target::Xmlid).map(|(i, _)| &ready[*i].1).collect();
    let met = met_again(session, entity, &new).await?;
    for (i, target) in &mut targets {
        if let (Target::Xmlid, Some(id)) = (*target, met.get(&ready[*i].1.xmlid)) {
            *target = Target::Id(*id);
        }
    }
    Ok((targets, refusals))
}

/// Links records of an entity that is not to be written with those that Odoo has; the others are refused until it is.
async fn link_only(session: &Session, entity: u16, pending: Vec<Pending<'_>>) -> Result<(), SyncError> {
    let name = &session.plan(entity).entity;
    let ready: Ready<'_> = pending.into_iter().map(|record| (record, Row::default())).collect();
    let (targets, mut refusals) = targets(session, entity, &ready).await?;
    let mut done = Vec::new();
    for (i, target) in targets {
        let (record, row) = &ready[i];
        match target {
            Target::Id(odoo_id) => done.push((Done { odoo_id, record, row }, target)),
            Target::Xmlid => {
                let reason = format!(
                    "Odoo has no such record, and the stage of {name} lets none be made: link it by hand with \
                     `linkspan bindings link`, or set the stage to `on`"
                );
                refusals.push(record.refuse(ErrorClass::Data, Problem::of_record(reason)));
            }
        }
    }
    // Without a digest they count as unfinished, and are written once the stage allows it.
    let conflicts = bind(session, entity, &done, &Progress::Written).await?;
    note_refused(session, name, &conflicts);
    settle(session, entity, refusals, Vec::new()).await
}

/// One answer for each target. A record that somebody deleted in Odoo is looked for once more, because it may have been
/// merged into another one or made by hand since; where there is none it is made anew.
async fn write(
    session: &Session,
    entity: u16,
    ready: &[(Pending<'_>, Row)],
    targets: &mut [(usize, Target)],
) -> Result<Vec<Written>, SyncError> {
    let rows: Vec<(Target, &Row)> = targets.iter().map(|(i, target)| (*target, &ready[*i].1)).collect();
    let changing = without_relations_there(session, entity, &rows).await?;
    let changing: Vec<(Target, &Row)> = changing.iter().map(|(target, row)| (*target, &**row)).collect();
    let mut written = upsert(session, entity, &changing).await?;
    let (mut gone, mut unknown) = (Vec::new(), Vec::new());
    for i in (0..targets.len()).filter(|i| written[*i] == Written::Gone).collect::<Vec<_>>() {
        let record = &ready[targets[i].0].0;
        match standing(session, entity, &record.mapped.external_id, &rows[i].1.xmlid).await? {
            Standing::Nothing => unknown.push((i, record)),
            Standing::Own => gone.push((i, Target::Xmlid)),
            Standing::Free(odoo_id) => gone.push((i, Target::Id(odoo_id))),
            Standing::Taken(reason) => written[i] = Written::Refused(ErrorClass::Conflict, reason),
        }
    }
    let records: Vec<&Pending<'_>> = unknown.iter().map(|(_, record)| *record).collect();
    let positions: Vec<usize> = (0..records.len()).collect();
    for ((i, _), answer) in unknown.iter().zip(match_records(session, entity, &records, &positions).await?) {
        match answer {
            Match::New => gone.push((*i, Target::Xmlid)),
            Match::Found(odoo_id) => gone.push((*i, Target::Id(odoo_id))),
            Match::Held(_, _, refusal) | Match::Refused(refusal) => {
                written[*i] = Written::Refused(refusal.class, refusal.to_string());
            }
        }
    }
    if !gone.is_empty() {
        let again: Vec<(Target, Row)> = gone.iter().map(|(i, to)| (*to, rows[*i].1.whole())).collect();
        let again: Vec<(Target, &Row)> = again.iter().map(|(to, row)| (*to, row)).collect();
        for ((i, to), answer) in gone.into_iter().zip(upsert(session, entity, &again).await?) {
            targets[i].1 = to;
            written[i] = answer;
        }
    }
    Ok(written)
}

/// Binds what was written, removes lines that left, runs what follows, and stores the outcome.
async fn finish(
    session: &Session,
    entity: u16,
    ready: &[(Pending<'_>, Row)],
    targets: &[(usize, Target)],
    written: &[Written],
    held: &Held,
) -> Result<(), SyncError> {
    let plan = session.plan(entity);
    let mut refusals = Vec::new();
    let mut done = Vec::new();
    for ((i, target), answer) in targets.iter().zip(written) {
        let (record, row) = &ready[*i];
        match answer {
            Written::Id(odoo_id) => {
                count(session, entity, (record, row), *target, *odoo_id);
                done.push((Done { odoo_id: *odoo_id, record, row }, *target));
            }
            Written::Refused(class, reason) => {
                refusals.push(record.refuse(*class, Problem::of_record(reason.clone())));
            }
            Written::Gone => {
                let reason = "the Odoo record was deleted while it was written; retry";
                refusals.push(record.refuse(ErrorClass::Conflict, Problem::of_record(reason)));
            }
        }
    }
    let more_to_do = !plan.then.is_empty() || !plan.check.is_empty() || plan.has_lines();
    let mut agreed = HashMap::new();
    if more_to_do {
        // Without a digest the record counts as unfinished: killed from here on, the next run does it again.
        bind(session, entity, &done, &Progress::Written).await?;
        let left = remove_left_lines(session, entity, &done).await?;
        refusals.extend(left);
        let followers: Vec<Done<'_, '_>> = done
            .iter()
            .map(|(done, _)| Done { odoo_id: done.odoo_id, record: done.record, row: done.row })
            .collect();
        let followed = follow(session, entity, &followers).await?;
        // Totals differ because a line stayed, for instance: the first reason explains the second.
        for refusal in followed.refusals {
            match refusals.iter_mut().find(|first| first.external_id == refusal.external_id) {
                Some(first) => first.problems.extend(refusal.problems),
                None => refusals.push(refusal),
            }
        }
        agreed = followed.agreed;
    }
    let failed: HashSet<String> = refusals.iter().map(|refusal| refusal.external_id.clone()).collect();
    // Before the record counts as finished: killed in between, the next run does both again.
    let noted: Vec<&Done<'_, '_>> = done.iter().map(|(done, _)| done).collect();
    note_base(session, entity, held, &noted).await?;
    // The store has made their dead letters: they belong into the transaction that found the conflict.
    let conflicts = bind(session, entity, &done, &Progress::Finished { failed, agreed }).await?;
    note_refused(session, &plan.entity, &conflicts);
    let failed: HashSet<&str> =
        refusals.iter().chain(&conflicts).map(|refusal| refusal.external_id.as_str()).collect();
    let settled = done
        .iter()
        .map(|(done, _)| done.record.mapped.external_id.to_string())
        .filter(|id| !failed.contains(id.as_str()))
        .collect();
    settle(session, entity, refusals, settled).await
}

async fn remove_left_lines(
    session: &Session,
    entity: u16,
    done: &[(Done<'_, '_>, Target)],
) -> Result<Vec<Refusal>, SyncError> {
    let suspects: Vec<(i64, &Row)> = done
        .iter()
        .filter(|(done, _)| {
            let Some(binding) = &done.record.binding else { return false };
            may_have_left(binding.line_keys.as_deref(), line_keys(session, entity, done.row).as_deref())
        })
        .map(|(done, _)| (done.odoo_id, done.row))
        .collect();
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let failed = remove_left(session, entity, &suspects).await?;
    let refusals = done.iter().filter_map(|(done, _)| {
        let reason = failed.get(&done.odoo_id)?;
        Some(done.record.refuse(ErrorClass::Conflict, Problem::of_record(reason.clone())))
    });
    Ok(refusals.collect())
}

fn count(session: &Session, entity: u16, (record, row): (&Pending<'_>, &Row), target: Target, odoo_id: i64) {
    let bound = record.odoo_id();
    let action = match target {
        Target::Id(id) if id == odoo_id => Action::Updated,
        Target::Id(_) | Target::Xmlid => Action::Created,
    };
    session.tally.count(&session.plan(entity).entity, |counts| match action {
        Action::Updated => {
            counts.updated += 1;
            counts.adopted += u64::from(bound.is_none());
        }
        _ => counts.created += 1,
    });
    session.journal.written(session, entity, row, (&record.mapped.external_id, action, odoo_id));
}

/// A run that would change more than it may stops before the batch that goes beyond.
fn demand_room(session: &Session, pending: usize) -> Result<(), SyncError> {
    let Some(limit) = session.change_limit else { return Ok(()) };
    let before = session.changed_before.load(Ordering::Relaxed);
    let wanted = before + session.changed() + pending as u64;
    if wanted <= limit { Ok(()) } else { Err(SyncError::TooManyChanges { limit, wanted }) }
}
