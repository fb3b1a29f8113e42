//! What an operator does to dead letters and jobs. Effect, event and audit entry stand in one transaction, so none is
//! there without the others.

use serde_json::{Value, json};

use super::audit::{self, NewAudit};
use super::bindings::BY_EXTERNAL_ID;
use super::database::{Arg, Sql, Tx, args, both};
use super::dead_letters::DeadLetter;
use super::events::{self, NewEvent};
use super::jobs::{self, Job, JobKind, NewJob, Priority};
use super::{Result, Store, now_ms};

/// The words behind `WHERE id`, for both databases.
macro_rules! of_ids {
    ($before:literal, $after:literal) => {
        Sql {
            sqlite: concat!($before, " IN (SELECT value FROM jsonb_each($1)) ", $after),
            postgres: concat!($before, " IN (SELECT unnest($1)) ", $after),
        }
    };
}

/// Of several dismissed ones of a record and direction the last is opened, unless one is open already.
const REOPEN: Sql<'_> = of_ids!(
    "UPDATE dead_letter SET state = 'open', updated_at = $2 WHERE id",
    "AND state = 'dismissed' AND NOT EXISTS (SELECT 1 FROM dead_letter other WHERE other.backend = dead_letter.backend \
     AND other.entity = dead_letter.entity AND other.external_id = dead_letter.external_id \
     AND other.kind = dead_letter.kind AND (other.state = 'open' OR (other.state = 'dismissed' AND other.id > dead_letter.id)))"
);

const OPEN_ONES: Sql<'_> = of_ids!("SELECT * FROM dead_letter WHERE id", "AND state = 'open' ORDER BY id");

/// Locked, so that of two who decide at once the second one sees what the first one did.
const OPEN_ONE: Sql<'_> = Sql {
    sqlite: "SELECT * FROM dead_letter WHERE id = $1 AND state = 'open'",
    postgres: "SELECT * FROM dead_letter WHERE id = $1 AND state = 'open' FOR UPDATE",
};

const DISMISS: Sql<'_> = of_ids!(
    "UPDATE dead_letter SET state = 'dismissed', updated_at = $2 WHERE id",
    "AND state = 'open' RETURNING *"
);

/// A letter that was dismissed is edited in order to be retried, so it opens with the retry.
const EDIT: &str =
    "UPDATE dead_letter SET payload = $2, edited = 1, updated_at = $3 WHERE id = $1 AND state <> 'resolved'";

const TO_HISTORY: Sql<'_> = of_ids!(
    "INSERT INTO job_history (id, channel, backend, kind, entity, record, payload, priority, attempt, failures, outcome, \
     class, message, correlation, created_at, started_at, finished_at) SELECT id, channel, backend, kind, entity, record, \
     payload, priority, attempt, failures, 'cancelled', class, $3, correlation, created_at, started_at, $2 FROM job WHERE id",
    "AND state = 'waiting'"
);

const TAKE_OUT: Sql<'_> = of_ids!("DELETE FROM job WHERE id", "AND state = 'waiting' RETURNING *");

const LOCK: Sql<'_> = Sql {
    sqlite: "SELECT id FROM job WHERE id IN (SELECT value FROM jsonb_each($1)) AND state = 'waiting'",
    postgres: "SELECT id FROM job WHERE id IN (SELECT unnest($1)) AND state = 'waiting' ORDER BY id FOR UPDATE",
};

const RUN_NOW: Sql<'_> = of_ids!(
    "UPDATE job SET run_at = $2, failures = 0, priority = 1, updated_at = $2 WHERE id",
    "AND state = 'waiting'"
);

/// What came of a decision about a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deciding {
    /// Its job waits.
    Begun,
    /// It was decided the same way before, and its job waits or runs.
    Already,
    /// It was decided the other way, and this job waits or runs.
    Otherwise(i64),
    /// The dead letter is no longer open.
    Closed,
}

impl Store {
    /// Adds jobs because an operator decided so.
    pub async fn enqueue_audited(&self, jobs: &[NewJob], audit: NewAudit) -> Result<()> {
        let action = audit.action;
        let mut tx = self.database.begin(action).await?;
        jobs::enqueue(&mut tx, jobs).await?;
        audit::write(&mut tx, &audit).await?;
        tx.commit(action).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Lets dead letters be tried again as soon as a worker is free; dismissed ones open again. Gives how many.
    pub async fn retry_dead_letters(&self, ids: &[i64], audit: NewAudit) -> Result<u64> {
        let action = audit.action;
        let mut tx = self.database.begin(action).await?;
        tx.session().execute(action, REOPEN, args![ids, now_ms()]).await?;
        let said = format!("{} wants it to be tried again.", audit.actor);
        let letters = letters(&mut tx, action, OPEN_ONES, args![ids]).await?;
        let (mut new_jobs, mut events) = (Vec::new(), Vec::new());
        for letter in &letters {
            if let Some(job) = job_of(&mut tx, letter).await? {
                new_jobs.push(job);
                events.push(event(letter, "retried", &said, None));
            }
        }
        jobs::enqueue(&mut tx, &new_jobs).await?;
        events::log(&mut tx, &events).await?;
        finish(tx, audit, new_jobs.len()).await?;
        self.wake.notify_waiters();
        Ok(new_jobs.len() as u64)
    }

    /// Lets a worker settle a conflict because an operator decided so; `job` carries the decision. The same decision once
    /// more changes nothing.
    pub async fn decide_dead_letter(
        &self,
        id: i64,
        job: &NewJob,
        said: &str,
        audit: NewAudit,
    ) -> Result<Deciding> {
        let action = audit.action;
        let mut tx = self.database.begin(action).await?;
        let open = letters(&mut tx, action, OPEN_ONE, args![id]).await?;
        let Some(letter) = open.first() else { return Ok(Deciding::Closed) };
        if let Some(other) = jobs::under_way(&mut tx, job).await? {
            let is_same = other.payload == job.payload;
            return Ok(if is_same { Deciding::Already } else { Deciding::Otherwise(other.id) });
        }
        jobs::enqueue(&mut tx, std::slice::from_ref(job)).await?;
        events::log(&mut tx, &[event(letter, "decided", said, None)]).await?;
        finish(tx, audit, 1).await?;
        self.wake.notify_waiters();
        Ok(Deciding::Begun)
    }

    /// Writes down a decision that a command carried out itself.
    pub async fn note_decision(&self, letter: &DeadLetter, said: &str, audit: NewAudit) -> Result<()> {
        let mut tx = self.database.begin(audit.action).await?;
        events::log(&mut tx, &[event(letter, "decided", said, None)]).await?;
        finish(tx, audit, 1).await
    }

    /// Closes open dead letters because an operator decided so. Gives how many.
    pub async fn dismiss_dead_letters(&self, ids: &[i64], audit: NewAudit) -> Result<u64> {
        let action = audit.action;
        let mut tx = self.database.begin(action).await?;
        let letters = letters(&mut tx, action, DISMISS, args![ids, now_ms()]).await?;
        let said = format!("{} dismissed it: the record stays out.", audit.actor);
        events::log(
            &mut tx,
            &letters.iter().map(|letter| event(letter, "dismissed", &said, None)).collect::<Vec<_>>(),
        )
        .await?;
        finish(tx, audit, letters.len()).await?;
        Ok(letters.len() as u64)
    }

    /// Puts another payload into a dead letter; a retry takes it instead of the record's current state. False when
    /// there is none that is open or dismissed.
    pub async fn edit_dead_letter(&self, id: i64, payload: &str, audit: NewAudit) -> Result<bool> {
        let action = audit.action;
        let mut tx = self.database.begin(action).await?;
        let before =
            letters(&mut tx, action, both("SELECT * FROM dead_letter WHERE id = $1"), args![id]).await?;
        let touched = tx.session().execute(action, both(EDIT), args![id, payload, now_ms()]).await?;
        let (Some(letter), true) = (before.first(), touched > 0) else { return Ok(false) };
        let details = json!({ "before": parsed(letter.payload.as_deref()), "after": parsed(Some(payload)) });
        let said = format!("{} changed the record's data by hand.", audit.actor);
        events::log(&mut tx, &[event(letter, "edited", &said, Some(details))]).await?;
        finish(tx, audit, 1).await?;
        Ok(true)
    }

    /// Takes waiting jobs out of the queue because an operator decided so. Gives how many.
    pub async fn cancel_jobs(&self, ids: &[i64], audit: NewAudit) -> Result<u64> {
        let action = audit.action;
        let why = format!("cancelled by {}", audit.actor);
        let mut tx = self.database.begin(action).await?;
        // What a worker claims between the two statements would be in the history and run too.
        tx.session().rows(action, LOCK, args![ids]).await?;
        tx.session().execute(action, TO_HISTORY, args![ids, now_ms(), &why]).await?;
        let rows = tx.session().rows(action, TAKE_OUT, args![ids]).await?;
        let jobs = rows.iter().map(Job::from_row).collect::<Result<Vec<_>>>()?;
        let told = jobs.iter().filter(|job| !job.record.is_empty());
        events::log(&mut tx, &told.map(|job| cancelled(job, &audit.actor)).collect::<Vec<_>>()).await?;
        finish(tx, audit, jobs.len()).await?;
        Ok(jobs.len() as u64)
    }

    /// Lets waiting jobs run at once and forgets their failures. Gives how many.
    pub async fn run_jobs_now(&self, ids: &[i64], audit: NewAudit) -> Result<u64> {
        let action = audit.action;
        let mut tx = self.database.begin(action).await?;
        let touched = tx.session().execute(action, RUN_NOW, args![ids, now_ms()]).await?;
        finish(tx, audit, usize::try_from(touched).unwrap_or(usize::MAX)).await?;
        self.wake.notify_waiters();
        Ok(touched)
    }
}

async fn letters(tx: &mut Tx, action: &'static str, sql: Sql<'_>, args: Vec<Arg>) -> Result<Vec<DeadLetter>> {
    tx.session().rows(action, sql, args).await?.iter().map(DeadLetter::from_row).collect()
}

/// The job that tries a dead letter again. An export goes by its Odoo id, which stands in the letter's name or in the
/// record's binding; without either there is nothing to export.
async fn job_of(tx: &mut Tx, letter: &DeadLetter) -> Result<Option<NewJob>> {
    let DeadLetter { backend, entity, external_id, .. } = letter;
    if letter.kind != "export" {
        let job = NewJob::new(backend, JobKind::Retry, entity, external_id);
        return Ok(Some(NewJob { priority: Priority::HUMAN, ..job }));
    }
    let (odoo_id, serial) = match external_id.strip_prefix("odoo:") {
        Some(odoo_id) => (Some(odoo_id.to_owned()), None),
        None => {
            let ids: &[&str] = &[external_id];
            let rows =
                tx.session().rows("find a binding", BY_EXTERNAL_ID, args![backend, entity, ids]).await?;
            let odoo_id = rows.first().map_or(Ok(None), |row| row.get::<Option<i64>>("odoo_id"))?;
            (odoo_id.map(|id| id.to_string()), Some(external_id.clone()))
        }
    };
    Ok(odoo_id.map(|odoo_id| {
        let job = NewJob::new(backend, JobKind::Export, entity, &odoo_id);
        NewJob { priority: Priority::HUMAN, serial, ..job }
    }))
}

fn event(letter: &DeadLetter, kind: &'static str, message: &str, details: Option<Value>) -> NewEvent {
    NewEvent {
        at: now_ms(),
        backend: letter.backend.clone(),
        entity: letter.entity.clone(),
        record: letter.external_id.clone(),
        kind,
        message: message.to_owned(),
        details: details.map(|details| details.to_string()),
        ..NewEvent::default()
    }
}

fn cancelled(job: &Job, actor: &str) -> NewEvent {
    NewEvent {
        at: now_ms(),
        backend: job.backend.clone(),
        entity: job.entity.clone(),
        record: job.record.clone(),
        kind: "cancelled",
        message: format!("{actor} cancelled the {}.", job.kind.text()),
        job: Some(job.id),
        correlation: Some(job.correlation.clone()),
        ..NewEvent::default()
    }
}

fn parsed(payload: Option<&str>) -> Value {
    payload.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

/// Ends an action with its audit entry; one that touched nothing leaves none.
async fn finish(mut tx: Tx, mut entry: NewAudit, count: usize) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    if let Some(Value::Object(details)) = &mut entry.details {
        details.insert("count".to_owned(), count.into());
    }
    audit::write(&mut tx, &entry).await?;
    tx.commit(entry.action).await
}
