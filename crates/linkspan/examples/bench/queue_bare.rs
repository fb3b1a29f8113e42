//! A queue of three statements, without a rule but that a job is done by one worker: no key, no channel, no capacity, no
//! lease, no attempt. Its jobs have the columns that Linkspan's need to be done. One of its two forms keeps nothing of a
//! job that is done, the other what an operator asks for later: the same history and the same event as Linkspan's queue.

use anyhow::Result;
use sqlx::{Connection as _, PgConnection};

const MAKE: &str = "DROP TABLE IF EXISTS bare_job; CREATE TABLE bare_job (id BIGINT GENERATED ALWAYS AS IDENTITY \
                    PRIMARY KEY, channel TEXT NOT NULL, backend TEXT NOT NULL, kind TEXT NOT NULL, entity TEXT NOT NULL, \
                    record TEXT NOT NULL, payload TEXT, priority BIGINT NOT NULL, run_at BIGINT NOT NULL, \
                    state TEXT NOT NULL, correlation TEXT NOT NULL, created_at BIGINT NOT NULL); \
                    CREATE INDEX bare_job_due ON bare_job (channel, priority, run_at, id) WHERE state = 'waiting'";

const FILL: &str = "INSERT INTO bare_job (channel, backend, kind, entity, record, priority, run_at, state, correlation, \
                    created_at) SELECT 'shop:in', 'shop', 'import', 'order', n::text, 5, 0, 'waiting', \
                    lpad(n::text, 16, '0'), 0 FROM generate_series(1, $1) AS n";

const CLAIM: &str = "UPDATE bare_job SET state = 'running' WHERE id IN (SELECT id FROM bare_job WHERE channel = 'shop:in' \
                     AND state = 'waiting' ORDER BY priority, run_at, id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING *";

/// What becomes of a job that is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bare {
    Forgets,
    Keeps,
}

impl Bare {
    pub(crate) const ALL: [Bare; 2] = [Bare::Forgets, Bare::Keeps];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Bare::Forgets => "bare",
            Bare::Keeps => "bare-keeps",
        }
    }

    fn complete(self) -> &'static str {
        match self {
            Bare::Forgets => "DELETE FROM bare_job WHERE id = ANY($1)",
            Bare::Keeps => {
                "WITH gone AS (DELETE FROM bare_job WHERE id = ANY($1) RETURNING *, (extract(epoch FROM now()) * 1000)::bigint \
                 AS now), history AS (INSERT INTO bare_history (id, channel, backend, kind, entity, record, payload, \
                 priority, attempt, failures, outcome, message, correlation, created_at, finished_at) SELECT id, channel, \
                 backend, kind, entity, record, payload, priority, 1, 0, 'done', 'updated as Odoo record 4711', \
                 correlation, created_at, now FROM gone) INSERT INTO bare_event (at, backend, entity, record, kind, \
                 message, job, correlation) SELECT now, backend, entity, record, 'done', 'updated as Odoo record 4711', \
                 id, correlation FROM gone"
            }
        }
    }
}

/// With the indexes of Linkspan's.
const MAKE_KEPT: &str = "DROP TABLE IF EXISTS bare_history, bare_event; CREATE TABLE bare_history (LIKE job_history \
                         INCLUDING ALL); CREATE TABLE bare_event (LIKE event INCLUDING ALL)";

pub(crate) async fn execute(url: &str, sql: &'static str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(sql).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// The database has Linkspan's tables.
pub(crate) async fn fill(url: &str, count: usize) -> Result<()> {
    execute(url, MAKE).await?;
    execute(url, MAKE_KEPT).await?;
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(FILL).bind(count as i64).execute(&mut connection).await?;
    sqlx::raw_sql("ANALYZE bare_job").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Works until nothing is left; gives how many jobs it did. A claim need not be on disk, so it has a connection that does
/// not wait for it, as Linkspan's claims do not.
pub(crate) async fn work(
    bare: Bare,
    url: &str,
    batch: u32,
    wait_for_go: fn() -> Result<()>,
) -> Result<usize> {
    let mut claims = PgConnection::connect(url).await?;
    sqlx::raw_sql("SET synchronous_commit = off").execute(&mut claims).await?;
    let mut completions = PgConnection::connect(url).await?;
    let mut done = 0;
    wait_for_go()?;
    loop {
        let rows = sqlx::query(CLAIM).bind(i64::from(batch)).fetch_all(&mut claims).await?;
        if rows.is_empty() {
            return Ok(done);
        }
        let ids = rows.iter().map(|row| sqlx::Row::try_get(row, "id")).collect::<Result<Vec<i64>, _>>()?;
        sqlx::query(bare.complete()).bind(&ids).execute(&mut completions).await?;
        done += ids.len();
    }
}
