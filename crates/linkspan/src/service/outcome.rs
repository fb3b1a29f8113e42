//! What came of a piece of work, job by job.

use std::collections::HashMap;

use serde_json::json;

use crate::definition::model::ErrorClass;
use crate::queue::backoff;
use crate::store::{
    BatchCommit, DeadLetterKind, Job, JobKind, NewDeadLetter, NewEvent, Store, StoreError, Verdict, now_ms,
};
use crate::sync::{Action, Entry, SyncError, class_text};

/// The last thing that was done with each record of an entity.
pub(super) fn last_of<'e>(entries: &'e [Entry], entity: &str) -> HashMap<&'e str, &'e Entry> {
    let of_entity = entries.iter().filter(|entry| entry.entity == entity);
    of_entity.map(|entry| (entry.external_id.as_str(), entry)).collect()
}

/// The verdict of a job whose record was looked at.
pub(super) fn verdict(job: &Job, entry: Option<&Entry>) -> Verdict {
    let Some(entry) = entry else {
        return Verdict::Done {
            message: "left as it is: a human dismissed it, or it no longer needs anything".to_owned(),
        };
    };
    match entry.action {
        Action::Refused => refused(job, entry),
        _ => Verdict::Done { message: in_words(entry) },
    }
}

/// What was done with a record.
fn in_words(entry: &Entry) -> String {
    let odoo = entry.odoo_id.map(|id| format!(" as Odoo record {id}")).unwrap_or_default();
    match entry.action {
        Action::Created => format!("created{odoo}"),
        Action::Updated => format!("updated{odoo}"),
        Action::Unchanged => format!("nothing to write{odoo}"),
        Action::Stale => "Odoo holds a newer state already".to_owned(),
        Action::Skipped => "the definition does not want this record".to_owned(),
        Action::Refused | Action::LeftOut => entry.reason.clone().unwrap_or_default(),
    }
}

/// What passes by itself is tried again; the rest waits for a human or for another record, as its dead letter says.
fn refused(job: &Job, entry: &Entry) -> Verdict {
    let class = entry.class.unwrap_or("data");
    let message = in_words(entry);
    let passes = ["transient", "throttled", "ambiguous"].contains(&class);
    match backoff::next_try(job.failures + 1, None, &mut rand::rng()) {
        Some(wait) if passes => Verdict::Retry { at: now_ms() + wait, class, message },
        _ => Verdict::Dead { class, message },
    }
}

/// Values and Odoo id, for the record's page.
pub(super) fn details(entry: &Entry) -> Option<String> {
    let known = entry.odoo_id.is_some() || entry.values.is_some();
    known.then(|| json!({ "odoo_id": entry.odoo_id, "values": entry.values }).to_string())
}

/// The verdict of a job whose work stopped with an error that is its own, not a system's.
pub(super) fn failed(job: &Job, error: &SyncError) -> Verdict {
    let class = class_text(error.class());
    let message = error.to_string();
    let passes = matches!(
        error.class(),
        ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Ambiguous | ErrorClass::MissingDependency
    ) || job.record.is_empty();
    match backoff::next_try(job.failures + 1, error.retry_after(), &mut rand::rng()) {
        Some(wait) if passes => Verdict::Retry { at: now_ms() + wait, class, message },
        // A walk has no record that could become a dead letter; it goes on trying, seldom.
        None if job.record.is_empty() => Verdict::Retry { at: now_ms() + 3_600_000, class, message },
        _ => Verdict::Dead { class, message },
    }
}

/// A job that is given up without the sync having made a dead letter of its record.
pub(super) async fn bury(store: &Store, job: &Job, verdict: &Verdict) -> Result<(), StoreError> {
    let Verdict::Dead { class, message } = verdict else { return Ok(()) };
    let ids = [job.record.as_str()];
    if job.kind == JobKind::Decision
        && !store.open_dead_letters_for(&job.backend, &job.entity, &ids).await?.is_empty()
    {
        // The conflict is still open and says more.
        return Ok(());
    }
    let (kind, external_id) = match job.kind {
        JobKind::Export => (DeadLetterKind::Export, format!("odoo:{}", job.record)),
        _ => (DeadLetterKind::Import, job.record.clone()),
    };
    let letter = NewDeadLetter {
        external_id,
        class: (*class).to_owned(),
        message: message.clone(),
        problems: "[]".to_owned(),
        ..NewDeadLetter::default()
    };
    let commit = BatchCommit {
        backend: job.backend.clone(),
        entity: job.entity.clone(),
        kind,
        dead_letters: vec![letter],
        ..BatchCommit::default()
    };
    store.commit_batch(commit).await.map(drop)
}

/// Events of records that no job was for: of a walk, and those that others brought along.
pub(super) fn events(
    backend: &str,
    entries: &[Entry],
    told: impl Fn(&Entry) -> bool,
    job: &Job,
) -> Vec<NewEvent> {
    let worth_telling = |entry: &&Entry| {
        matches!(entry.action, Action::Created | Action::Updated | Action::Refused) && !told(entry)
    };
    let event = |entry: &Entry| NewEvent {
        at: now_ms(),
        backend: backend.to_owned(),
        entity: entry.entity.clone(),
        record: entry.external_id.clone(),
        kind: if entry.action == Action::Refused { "refused" } else { "done" },
        message: in_words(entry),
        details: details(entry),
        job: Some(job.id),
        correlation: Some(job.correlation.clone()),
    };
    entries.iter().filter(worth_telling).map(event).collect()
}
