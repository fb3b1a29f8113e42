//! Taking work: a claim is a lease, which its worker keeps alive and which falls back when the worker is gone.

use super::{Job, JobKind};
use crate::store::database::{Arg, Row, Sql, args, both};
use crate::store::{Result, Store};

/// Who wants how much of what.
#[derive(Clone, Debug)]
pub struct Claim<'c> {
    /// The backend; claims of one backend come one after the other.
    pub backend: &'c str,
    /// The lane's channel.
    pub channel: &'c str,
    /// Jobs that may run at a time over all nodes, unless the channel's own row says otherwise.
    pub default_capacity: u32,
    /// Most jobs to take.
    pub most: u32,
    /// Name of the worker, unlike any other's.
    pub worker: &'c str,
    /// How long the claim holds unless it is kept alive.
    pub lease_ms: i64,
    /// The present.
    pub now: i64,
}

/// `$1` channel, `$2` now, `$3` default capacity, `$4` most, `$5` worker, `$6` end of the lease. Of those with the
/// same serial key the first one goes; twice as many are looked at, so that a few such do not leave the worker idle.
///
/// In PostgreSQL a function of the schema (migration 7) does the same under a lock of the backend (`$7`), in one trip.
pub(in crate::store) const CLAIM: Sql<'_> = Sql {
    sqlite: "UPDATE job SET state = 'running', attempt = attempt + 1, worker = $5, started_at = $2, lease_until = $6, \
             updated_at = $2 WHERE id IN (SELECT id FROM (SELECT id, priority, run_at, row_number() OVER \
             (PARTITION BY serial ORDER BY priority, run_at, id) AS place FROM (SELECT id, serial, priority, run_at \
             FROM job WHERE channel = $1 AND state = 'waiting' AND run_at <= $2 AND NOT EXISTS (SELECT 1 FROM job \
             AS other WHERE other.state = 'running' AND other.serial = job.serial) ORDER BY priority, run_at, id \
             LIMIT 2 * $4) AS due) AS first WHERE place = 1 ORDER BY priority, run_at, id LIMIT min($4, \
             max(0, coalesce((SELECT CASE WHEN paused = 1 AND (resume_at IS NULL OR resume_at > $2) THEN 0 \
             ELSE capacity END FROM channel WHERE name = $1), $3) - (SELECT count(*) FROM job WHERE channel = $1 \
             AND state = 'running')))) RETURNING id, kind, entity, record, payload, priority, run_at, attempt, failures, \
             correlation, created_at",
    postgres: "SELECT id, kind, entity, record, payload, priority, run_at, attempt, failures, correlation, created_at \
               FROM claim_jobs($1, $2, $3, $4, $5, $6, $7)",
};

const DUE: &str = "SELECT min(run_at) AS next_at FROM job WHERE channel = $1 AND state = 'waiting'";

/// Something is done with running jobs. One that is being settled is locked and left out: nobody waits for anybody here,
/// so nobody waits in a circle.
macro_rules! of_running {
    ($what:literal, $whose:literal, $and:literal) => {
        Sql {
            sqlite: concat!(
                $what,
                " WHERE id IN (SELECT id FROM job WHERE state = 'running' AND ",
                $whose,
                ")",
                $and
            ),
            postgres: concat!(
                $what,
                " WHERE id IN (SELECT id FROM job WHERE state = 'running' AND ",
                $whose,
                " FOR UPDATE SKIP LOCKED)",
                $and
            ),
        }
    };
}

/// The workers of a node are called `<node>/...`.
const KEEP: Sql<'_> =
    of_running!("UPDATE job SET lease_until = $2", "substr(worker, 1, length($1) + 1) = $1 || '/'", "");

/// The jobs of a worker that is gone.
struct TakeBack {
    /// Where the same work waits already, it is asked for all that this one was.
    merge: Sql<'static>,
    /// They wait again, which counts as a failure, or a job that kills its worker would do so for ever.
    wait: Sql<'static>,
    /// That one is enough.
    drop: Sql<'static>,
}

macro_rules! merge {
    ($smaller:literal, $larger:literal, $whose:literal) => {
        concat!(
            "UPDATE job SET payload = coalesce(job.payload, gone.payload), priority = ",
            $smaller,
            "(job.priority, gone.priority), failures = ",
            $larger,
            "(job.failures, gone.failures + 1) FROM (SELECT identity, payload, priority, failures FROM job \
             WHERE state = 'running' AND ",
            $whose,
            ") AS gone WHERE job.state = 'waiting' AND job.identity = gone.identity"
        )
    };
}

macro_rules! take_back {
    ($whose:literal) => {
        TakeBack {
            merge: Sql {
                sqlite: merge!("min", "max", $whose),
                postgres: merge!("least", "greatest", $whose),
            },
            wait: of_running!(
                "UPDATE job SET state = 'waiting', run_at = $1, failures = failures + 1, worker = NULL, \
                 lease_until = NULL, class = 'transient', message = 'its worker is gone: ' || worker, updated_at = $1",
                $whose,
                " AND NOT EXISTS (SELECT 1 FROM job AS other WHERE other.state = 'waiting' \
                 AND other.identity = job.identity)"
            ),
            drop: of_running!(
                "DELETE FROM job",
                $whose,
                " AND EXISTS (SELECT 1 FROM job AS other WHERE other.state = 'waiting' \
                 AND other.identity = job.identity)"
            ),
        }
    };
}

const TAKE_BACK: TakeBack = take_back!("lease_until < $1");

const TAKE_BACK_OF: TakeBack = take_back!("worker = $2 AND started_at <= $1");

const WORKERS: &str = "SELECT DISTINCT worker FROM job WHERE state = 'running' ORDER BY worker";

impl Store {
    /// Takes jobs whose time has come, smaller priority first.
    pub async fn claim_jobs(&self, claim: &Claim<'_>) -> Result<Vec<Job>> {
        const ACTION: &str = "claim jobs";
        let mut args = args![
            claim.channel,
            claim.now,
            i64::from(claim.default_capacity),
            i64::from(claim.most),
            claim.worker,
            claim.now.saturating_add(claim.lease_ms),
        ];
        if self.serves_many_nodes() {
            args.push(Arg::from(claim.backend));
        }
        let rows = self.database.write_returning(ACTION, CLAIM, args).await?;
        let mut jobs = rows.iter().map(|row| claimed(row, claim)).collect::<Result<Vec<_>>>()?;
        jobs.sort_by_key(|job| (job.priority, job.run_at, job.id));
        Ok(jobs)
    }

    /// When the next job of a channel may run; `None`: none waits.
    pub async fn next_due(&self, channel: &str) -> Result<Option<i64>> {
        let rows = self.database.read("look for jobs", both(DUE), args![channel]).await?;
        rows.first().map_or(Ok(None), |row| row.get("next_at"))
    }

    /// Keeps the claims of a node's workers alive until `until`.
    pub async fn keep_claims(&self, node: &str, until: i64) -> Result<()> {
        self.database.write("keep its jobs", KEEP, args![node, until]).await.map(drop)
    }

    /// Who has jobs in work.
    pub async fn workers(&self) -> Result<Vec<String>> {
        let rows = self.database.read("list the workers", both(WORKERS), args![]).await?;
        rows.iter().map(|row| row.get("worker")).collect()
    }

    /// Puts back the jobs of workers that gave no sign of life; gives how many.
    pub async fn take_back_jobs(&self, now: i64) -> Result<u64> {
        self.take_back(TAKE_BACK, args![now]).await
    }

    /// Puts back the jobs of a worker that is known to be gone; gives how many.
    pub async fn take_back_of(&self, worker: &str, now: i64) -> Result<u64> {
        self.take_back(TAKE_BACK_OF, args![now, worker]).await
    }

    async fn take_back(&self, TakeBack { merge, wait, drop }: TakeBack, args: Vec<Arg>) -> Result<u64> {
        const ACTION: &str = "take back jobs";
        let mut tx = self.database.begin(ACTION).await?;
        tx.session().execute(ACTION, merge, args.clone()).await?;
        let waiting = tx.session().execute(ACTION, wait, args.clone()).await?;
        let merged = tx.session().execute(ACTION, drop, args).await?;
        tx.commit(ACTION).await?;
        if waiting > 0 {
            self.wake.notify_waiters();
        }
        Ok(waiting + merged)
    }
}

/// A job in the columns of [`CLAIM`].
fn claimed(row: &Row, claim: &Claim<'_>) -> Result<Job> {
    let mut cells = row.cells();
    Ok(Job {
        id: cells.next()?,
        channel: claim.channel.to_owned(),
        backend: claim.backend.to_owned(),
        kind: JobKind::from_text(cells.next()?)?,
        entity: cells.next()?,
        record: cells.next()?,
        payload: cells.next()?,
        priority: cells.next()?,
        run_at: cells.next()?,
        attempt: cells.next()?,
        failures: cells.next()?,
        correlation: cells.next()?,
        created_at: cells.next()?,
    })
}
