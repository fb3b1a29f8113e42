//! What came of a job. Every answer names the attempt and the worker; one that is too late touches nothing.

use std::collections::HashSet;

use serde::Serialize;

use super::Job;
use crate::store::database::{Arg, Row, Sql, Tx, args, both, json_rows};
use crate::store::events::{self, NewEvent};
use crate::store::{Result, Store, now_ms};

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Done {
        /// What it did, in a few words.
        message: String,
    },
    /// It needs a human; what stops it stands in a dead letter.
    Dead {
        /// Class of the trouble.
        class: &'static str,
        /// What happened and what to do.
        message: String,
    },
    /// It failed and is tried again.
    Retry {
        /// When.
        at: i64,
        /// Class of the trouble.
        class: &'static str,
        /// What happened.
        message: String,
    },
    /// It could not be tried: a limit, a breaker, a lease. That is no failure.
    Later {
        /// When.
        at: i64,
        /// Why it waits.
        message: String,
    },
}

/// A job with its verdict.
#[derive(Clone, Debug)]
pub struct Settled<'j> {
    /// The job as it was claimed.
    pub job: &'j Job,
    /// What came of it.
    pub verdict: Verdict,
    /// What else there is to know, as JSON: values, Odoo id.
    pub details: Option<String>,
}

#[derive(Serialize)]
struct SettledRow<'j> {
    id: i64,
    attempt: i64,
    outcome: &'static str,
    failed: i64,
    at: i64,
    class: Option<&'static str>,
    message: &'j str,
    /// What the event of a job that is over is called.
    event: Option<&'static str>,
    details: Option<&'j str>,
}

/// The rows of `$1` that are still this worker's (`$2`) and this attempt's.
macro_rules! mine {
    (sqlite) => {
        "jsonb_each($1) AS r JOIN job ON job.id = r.value->>'id' AND job.attempt = r.value->>'attempt' \
         AND job.worker = $2 AND job.state = 'running'"
    };
    (postgres) => {
        "json_to_recordset($1::json) AS r (id bigint, attempt bigint, outcome text, failed bigint, at bigint, \
         class text, message text, event text, details text) JOIN job ON job.id = r.id AND job.attempt = r.attempt AND job.worker = $2 AND job.state = 'running'"
    };
}

const LOCK: Sql<'_> = Sql {
    sqlite: concat!("SELECT job.id FROM ", mine!(sqlite)),
    postgres: concat!("SELECT job.id FROM ", mine!(postgres), " ORDER BY job.id FOR UPDATE OF job"),
};

/// A job that is to be tried again leaves its trouble with one of the same identity that waits by now, and what it was
/// asked for beyond that.
const MERGE: Sql<'_> = Sql {
    sqlite: concat!(
        "UPDATE job SET failures = max(job.failures, m.failures), run_at = max(job.run_at, m.at), class = m.class, \
         message = m.message, payload = coalesce(job.payload, m.payload) FROM (SELECT job.identity, job.payload, \
         job.failures + (r.value->>'failed') AS failures, r.value->>'at' AS at, \
         r.value->>'class' AS class, r.value->>'message' AS message FROM ",
        mine!(sqlite),
        " WHERE r.value->>'outcome' = 'again') AS m WHERE job.state = 'waiting' AND job.identity = m.identity RETURNING job.identity"
    ),
    postgres: concat!(
        "UPDATE job SET failures = greatest(job.failures, m.failures), run_at = greatest(job.run_at, m.at), \
         class = m.class, message = m.message, payload = coalesce(job.payload, m.payload) FROM (SELECT job.identity, \
         job.payload, job.failures + r.failed AS failures, r.at, r.class, \
         r.message FROM ",
        mine!(postgres),
        " WHERE r.outcome = 'again') AS m WHERE job.state = 'waiting' AND job.identity = m.identity RETURNING job.identity"
    ),
};

const AGAIN: Sql<'_> = Sql {
    sqlite: concat!(
        "UPDATE job SET state = 'waiting', run_at = r.at, failures = failures + r.failed, class = r.class, \
         message = r.message, worker = NULL, lease_until = NULL, updated_at = $3 FROM (SELECT job.id, r.value->>'at' AS at, \
         r.value->>'failed' AS failed, r.value->>'class' AS class, r.value->>'message' AS message FROM ",
        mine!(sqlite),
        " WHERE r.value->>'outcome' = 'again') AS r WHERE job.id = r.id AND NOT EXISTS (SELECT 1 FROM job AS other \
         WHERE other.state = 'waiting' AND other.identity = job.identity)"
    ),
    postgres: concat!(
        "UPDATE job SET state = 'waiting', run_at = r.at, failures = job.failures + r.failed, class = r.class, \
         message = r.message, worker = NULL, lease_until = NULL, updated_at = $3 FROM (SELECT job.id, r.at, r.failed, r.class, r.message FROM ",
        mine!(postgres),
        " WHERE r.outcome = 'again') AS r WHERE job.id = r.id AND NOT EXISTS (SELECT 1 FROM job AS other \
         WHERE other.state = 'waiting' AND other.identity = job.identity)"
    ),
};

/// Whatever still runs is over: done, dead, or merged into the one that waits. In PostgreSQL a function of the schema
/// (migration 6) does it, with the events, in one trip. Gives those that were no longer this worker's, hardly ever any.
const FINISH: &str =
    "SELECT unnest($1::bigint[]) AS id EXCEPT SELECT finish_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// The same in SQLite, which changes one table a statement.
const KEEP: &str = concat!(
    "INSERT INTO job_history (id, channel, backend, kind, entity, record, payload, priority, attempt, failures, \
     outcome, class, message, correlation, created_at, started_at, finished_at) SELECT job.id, channel, backend, \
     kind, entity, record, payload, priority, job.attempt, failures, CASE r.value->>'outcome' WHEN 'again' THEN 'merged' \
     ELSE r.value->>'outcome' END, r.value->>'class', r.value->>'message', correlation, created_at, started_at, $3 FROM ",
    mine!(sqlite)
);

const REMOVE: &str = concat!("DELETE FROM job WHERE id IN (SELECT job.id FROM ", mine!(sqlite), ")");

impl Store {
    /// Stores what came of a worker's jobs, with an event each, in one transaction. Gives the ids of those that were
    /// no longer this worker's: their results do not count, because somebody else does them now.
    pub async fn settle_jobs(&self, worker: &str, settled: &[Settled<'_>]) -> Result<Vec<i64>> {
        const ACTION: &str = "store what came of jobs";
        if settled.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<SettledRow<'_>> = settled.iter().map(SettledRow::of).collect();
        let now = now_ms();
        let again = settled.iter().any(|one| one.verdict.again().is_some());
        if self.serves_many_nodes() && !again {
            let late =
                self.database.write_returning(ACTION, both(FINISH), finish_args(&rows, worker, now)).await?;
            return ids(&late);
        }
        let table = json_rows(&rows);
        let mut tx = self.database.begin(ACTION).await?;
        let mine: HashSet<i64> =
            ids(&tx.session().rows(ACTION, LOCK, args![&table, worker]).await?)?.into_iter().collect();
        if again {
            tx.session().rows(ACTION, MERGE, args![&table, worker]).await?;
            tx.session().execute(ACTION, AGAIN, args![&table, worker, now]).await?;
        }
        match tx {
            Tx::Sqlite(_) => {
                tx.session().execute(ACTION, both(KEEP), args![&table, worker, now]).await?;
                tx.session().execute(ACTION, both(REMOVE), args![&table, worker]).await?;
            }
            Tx::Postgres(_) => {
                tx.session().execute(ACTION, both(FINISH), finish_args(&rows, worker, now)).await?;
            }
        }
        let (told, late): (Vec<&Settled<'_>>, Vec<_>) =
            settled.iter().partition(|one| mine.contains(&one.job.id));
        log(&mut tx, &told, now).await?;
        tx.commit(ACTION).await?;
        Ok(late.iter().map(|one| one.job.id).collect())
    }
}

/// The parameters of [`FINISH`].
fn finish_args(rows: &[SettledRow<'_>], worker: &str, now: i64) -> Vec<Arg> {
    fn each<'r, T>(rows: &'r [SettledRow<'_>], part: impl Fn(&'r SettledRow<'_>) -> T) -> Vec<T> {
        rows.iter().map(part).collect()
    }
    args![
        &each(rows, |row| row.id)[..],
        &each(rows, |row| row.attempt)[..],
        each(rows, |row| Some(row.outcome)),
        each(rows, |row| row.class),
        each(rows, |row| Some(row.message)),
        each(rows, |row| row.event),
        each(rows, |row| row.details),
        worker,
        now,
    ]
}

fn ids(rows: &[Row]) -> Result<Vec<i64>> {
    rows.iter().map(|row| row.get("id")).collect()
}

/// One event for each job of a single record that was not told with its end; walks are told by their run.
async fn log(tx: &mut Tx, settled: &[&Settled<'_>], now: i64) -> Result<()> {
    let with_its_end = matches!(tx, Tx::Postgres(_));
    let told = settled.iter().filter(|one| {
        let is_told = one.verdict.is_told() && !(with_its_end && one.verdict.again().is_none());
        !one.job.record.is_empty() && is_told
    });
    let events: Vec<NewEvent> = told
        .map(|one| NewEvent {
            at: now,
            backend: one.job.backend.clone(),
            entity: one.job.entity.clone(),
            record: one.job.record.clone(),
            kind: one.verdict.event(),
            message: one.verdict.message().to_owned(),
            details: one.details.clone(),
            job: Some(one.job.id),
            correlation: Some(one.job.correlation.clone()),
        })
        .collect();
    events::log(tx, &events).await
}

impl Verdict {
    /// What is to be said about it.
    pub fn message(&self) -> &str {
        match self {
            Self::Done { message }
            | Self::Dead { message, .. }
            | Self::Retry { message, .. }
            | Self::Later { message, .. } => message,
        }
    }

    fn again(&self) -> Option<i64> {
        match self {
            Self::Retry { at, .. } | Self::Later { at, .. } => Some(*at),
            Self::Done { .. } | Self::Dead { .. } => None,
        }
    }

    fn event(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Dead { .. } => "refused",
            Self::Retry { .. } => "failed",
            Self::Later { .. } => "postponed",
        }
    }

    /// That a limit holds a job up stands on the job; as an event it would bury the others.
    fn is_told(&self) -> bool {
        !matches!(self, Self::Later { .. })
    }
}

impl<'j> SettledRow<'j> {
    fn of(settled: &'j Settled<'_>) -> Self {
        let (outcome, failed, class) = match &settled.verdict {
            Verdict::Done { .. } => ("done", 0, None),
            Verdict::Dead { class, .. } => ("dead", 1, Some(*class)),
            Verdict::Retry { class, .. } => ("again", 1, Some(*class)),
            Verdict::Later { .. } => ("again", 0, None),
        };
        Self {
            id: settled.job.id,
            attempt: settled.job.attempt,
            outcome,
            failed,
            at: settled.verdict.again().unwrap_or_default(),
            class,
            message: settled.verdict.message(),
            event: settled.verdict.again().is_none().then(|| settled.verdict.event()),
            details: settled.details.as_deref(),
        }
    }
}
