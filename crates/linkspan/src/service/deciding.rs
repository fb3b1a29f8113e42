//! What a human decided about a conflict, carried out in the lane into Odoo: under its lease, so that no walk meets a
//! record of which one side was just taken. The other system's value is imported at once; Odoo's goes out as an export of
//! its own, which the lane out does like any other.

use super::lane::Place;
use super::outcome;
use super::stages::Stages;
use crate::store::{
    DeadLetterState, Direction, Job, JobKind, NewJob, Priority, Store, StoreError, Verdict, now_ms,
};
use crate::sync::{Decided, Decision, Entry, Session, SyncError, conflict};

/// A decision that is half done looks so often whether its stage lets it go on.
const LOOK_AGAIN_MS: i64 = 60_000;

/// Why a decision cannot be carried out, or need not be. `into_odoo`: the stages of that direction.
pub(super) async fn obstacle(
    place: &Place,
    job: &Job,
    into_odoo: &Stages,
) -> Result<Option<Verdict>, StoreError> {
    let dead = |class, message| Ok(Some(Verdict::Dead { class, message }));
    let Some(Decided { dead_letter, side }) = Decided::of(job) else {
        return dead(
            "config",
            "nobody can tell what was decided: decide again on the dead letter".to_owned(),
        );
    };
    let (store, entity) = (&place.store, &job.entity);
    let stage = match side.direction() {
        Direction::In => into_odoo.of(entity),
        Direction::Out => Stages::read(store, &place.runtime, Direction::Out).await?.of(entity),
    };
    let held = side.held_by(stage, entity);
    let letter = store.dead_letter(dead_letter).await?;
    match (letter.as_ref().map(|letter| (letter.state, conflict(letter))), held) {
        (Some((DeadLetterState::Open, Ok(_))), None) => {}
        (Some((DeadLetterState::Open, Ok(_))), Some(why)) => {
            return dead("config", format!("not settled: {why}. Change it, then decide again"));
        }
        (Some((DeadLetterState::Open, Err(why))), _) => {
            return dead("conflict", format!("not settled: {why}"));
        }
        // An earlier try closed it and was stopped before its end. Nobody else would end it.
        (Some((DeadLetterState::Resolved, _)), None) if job.attempt > 1 => {}
        (Some((DeadLetterState::Resolved, _)), Some(message)) if job.attempt > 1 => {
            return Ok(Some(Verdict::Later { at: now_ms() + LOOK_AGAIN_MS, message }));
        }
        _ => {
            let message = format!("nothing was left to settle: dead letter {dead_letter} was closed before");
            return Ok(Some(Verdict::Done { message }));
        }
    }
    if odoo_id(store, job).await?.is_none() {
        let message =
            format!("not settled: {entity} {} is not linked to an Odoo record any more", job.record);
        return dead("conflict", message);
    }
    Ok(None)
}

/// The work itself. Done again after it was stopped somewhere, it ends the same.
pub(super) async fn carry_out(session: &Session, store: &Store, job: &Job) -> Result<(), SyncError> {
    let Some(Decided { dead_letter, side }) = Decided::of(job) else { return Ok(()) };
    let letter = store.dead_letter(dead_letter).await?;
    if let Some(letter) = letter.filter(|letter| letter.state == DeadLetterState::Open) {
        session.take_side(&letter, side).await?;
    }
    match (side, odoo_id(store, job).await?) {
        (Decision::Odoo, Some(odoo_id)) => {
            let export = NewJob {
                priority: Priority::HUMAN,
                serial: Some(job.record.clone()),
                correlation: job.correlation.clone(),
                ..NewJob::new(&job.backend, JobKind::Export, &job.entity, &odoo_id.to_string())
            };
            Ok(store.enqueue(&[export]).await?)
        }
        (Decision::Odoo, None) => Ok(()),
        (Decision::External, _) => session.import_record(&job.entity, &job.record).await,
    }
}

/// What came of it.
pub(super) fn verdict(job: &Job, entry: Option<&Entry>) -> Verdict {
    match Decided::of(job) {
        Some(Decided { side: Decision::Odoo, .. }) => {
            Verdict::Done { message: "settled: what Odoo has goes out next".to_owned() }
        }
        _ => outcome::verdict(job, entry),
    }
}

async fn odoo_id(store: &Store, job: &Job) -> Result<Option<i64>, StoreError> {
    let id = job.record.as_str();
    let bindings = store.bindings(&job.backend, &job.entity, &[id]).await?;
    Ok(bindings.get(id).and_then(|binding| binding.odoo_id))
}
