//! New jobs come in here, always in the transaction of what caused them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Job, NewJob};
use crate::store::database::{Sql, Tx, args, both, json_rows};
use crate::store::{Result, Store, now_ms};

/// A job that failed keeps its time: a further webhook does not make it fail sooner. One that gains nothing is not written
/// anew, which of a thousand webhooks about one record spares all but one; PostgreSQL locks it all the same, so that it
/// is not done before the webhook is there.
macro_rules! merge {
    ($smaller:literal) => {
        concat!(
            " ON CONFLICT (identity) WHERE state = 'waiting' DO UPDATE SET priority = ",
            $smaller,
            "(job.priority, excluded.priority), run_at = CASE WHEN job.failures > 0 THEN job.run_at ELSE ",
            $smaller,
            "(job.run_at, excluded.run_at) END, payload = coalesce(excluded.payload, job.payload), \
             updated_at = excluded.updated_at WHERE excluded.priority < job.priority \
             OR (job.failures = 0 AND excluded.run_at < job.run_at) \
             OR coalesce(excluded.payload, job.payload) IS DISTINCT FROM job.payload"
        )
    };
}

const ENQUEUE: Sql<'_> = Sql {
    sqlite: concat!(
        "INSERT INTO job (channel, backend, kind, entity, record, identity, serial, payload, priority, run_at, state, \
         attempt, failures, correlation, created_at, updated_at) \
         SELECT value->>'channel', value->>'backend', value->>'kind', value->>'entity', value->>'record', \
         value->>'identity', value->>'serial', value->>'payload', value->>'priority', value->>'run_at', 'waiting', \
         0, 0, value->>'correlation', $2, $2 FROM jsonb_each($1) WHERE true",
        merge!("min")
    ),
    postgres: concat!(
        "INSERT INTO job (channel, backend, kind, entity, record, identity, serial, payload, priority, run_at, state, \
         attempt, failures, correlation, created_at, updated_at) \
         SELECT channel, backend, kind, entity, record, identity, serial, payload, priority, run_at, 'waiting', 0, 0, \
         correlation, $2, $2 FROM json_to_recordset($1::json) AS r (channel text, backend text, kind text, \
         entity text, record text, identity text, serial text, payload text, priority bigint, run_at bigint, \
         correlation text)",
        merge!("least")
    ),
};

/// `$1` identity, `$2` serial key, `$3` kind.
const UNDER_WAY: &str = "SELECT * FROM job WHERE state = 'waiting' AND identity = $1 UNION ALL \
                         SELECT * FROM job WHERE state = 'running' AND serial = $2 AND kind = $3";

#[derive(Serialize)]
struct NewRow<'j> {
    channel: String,
    backend: &'j str,
    kind: &'static str,
    entity: &'j str,
    record: &'j str,
    identity: String,
    serial: String,
    payload: Option<&'j str>,
    priority: i64,
    run_at: i64,
    correlation: &'j str,
}

impl Store {
    /// Adds jobs; one that waits already is not added twice. In order of identity, so that two callers never wait for
    /// each other.
    pub async fn enqueue(&self, jobs: &[NewJob]) -> Result<()> {
        const ACTION: &str = "add jobs";
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = self.database.begin(ACTION).await?;
        enqueue(&mut tx, jobs).await?;
        tx.commit(ACTION).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    /// Comes true when this process has added jobs. Other nodes' jobs are found by looking.
    pub fn woken(&self) -> tokio::sync::futures::Notified<'_> {
        self.wake.notified()
    }
}

/// Adds jobs within `tx`; whoever commits it calls `notify_waiters` on the store's `wake`.
pub(in crate::store) async fn enqueue(tx: &mut Tx, jobs: &[NewJob]) -> Result<()> {
    let rows: BTreeMap<String, NewRow<'_>> =
        jobs.iter().map(|job| (job.identity(), NewRow::of(job))).collect();
    let rows: Vec<&NewRow<'_>> = rows.values().collect();
    tx.session().execute("add jobs", ENQUEUE, args![json_rows(&rows), now_ms()]).await?;
    Ok(())
}

/// The job that does the work of this one already: it waits, or it runs.
pub(in crate::store) async fn under_way(tx: &mut Tx, job: &NewJob) -> Result<Option<Job>> {
    let args = args![&job.identity(), &job.serial(), job.kind.text()];
    let rows = tx.session().rows("look for a job", both(UNDER_WAY), args).await?;
    rows.first().map(Job::from_row).transpose()
}

impl<'j> NewRow<'j> {
    fn of(job: &'j NewJob) -> Self {
        Self {
            channel: job.kind.lane().channel(&job.backend),
            backend: &job.backend,
            kind: job.kind.text(),
            entity: &job.entity,
            record: &job.record,
            identity: job.identity(),
            serial: job.serial(),
            payload: job.payload.as_deref(),
            priority: job.priority,
            run_at: job.run_at,
            correlation: &job.correlation,
        }
    }
}
