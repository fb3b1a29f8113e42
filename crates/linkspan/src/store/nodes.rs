//! Nodes and schedules: what the service keeps about itself.

use super::database::{args, both};
use super::jobs::enqueue;
use super::{NewAudit, NewJob, Result, ScheduleView, Store, now_ms};

impl Store {
    /// Says that a node is alive.
    pub async fn node_alive(&self, name: &str, role: &str, draining: bool) -> Result<()> {
        let sql = both(
            "INSERT INTO node (name, role, started_at, seen_at, draining) VALUES ($1, $2, $3, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, draining = excluded.draining",
        );
        let args = args![name, role, now_ms(), i64::from(draining)];
        self.database.write("say that this node is alive", sql, args).await.map(drop)
    }

    /// Forgets a node that stopped, and those not seen since `before`.
    pub async fn forget_nodes(&self, name: &str, before: i64) -> Result<()> {
        let sql = both("DELETE FROM node WHERE name = $1 OR seen_at < $2");
        self.database.write("forget nodes", sql, args![name, before]).await.map(drop)
    }

    /// Notes when a schedule is due for the first time; one that is known keeps its time.
    pub async fn add_schedule(&self, name: &str, next_at: i64) -> Result<()> {
        let sql = both(
            "INSERT INTO schedule (name, next_at, paused, updated_at) VALUES ($1, $2, 0, $3) ON CONFLICT (name) DO NOTHING",
        );
        self.database.write("add a schedule", sql, args![name, next_at, now_ms()]).await.map(drop)
    }

    /// Stops or restarts a schedule; false when there is none of this name.
    pub async fn pause_schedule(&self, name: &str, paused: bool, audit: &NewAudit) -> Result<bool> {
        let sql = "UPDATE schedule SET paused = $2, updated_at = $3 WHERE name = $1";
        let args = args![name, i64::from(paused), now_ms()];
        self.audited(&[(sql, args)], audit).await
    }

    /// A schedule is due: its jobs and its next time, in one transaction. Of several nodes that see it due at the same
    /// moment one does it.
    pub async fn fire_schedule(&self, due: &ScheduleView, next_at: i64, jobs: &[NewJob]) -> Result<bool> {
        const ACTION: &str = "do what a schedule says";
        let mut tx = self.database.begin(ACTION).await?;
        let sql = both(
            "UPDATE schedule SET next_at = $3, last_at = $2, updated_at = $4 WHERE name = $1 AND next_at = $2 AND paused = 0",
        );
        let args = args![&due.name, due.next_at, next_at, now_ms()];
        if tx.session().execute(ACTION, sql, args).await? == 0 {
            return Ok(false);
        }
        enqueue(&mut tx, jobs).await?;
        tx.commit(ACTION).await?;
        self.wake.notify_waiters();
        Ok(true)
    }

    /// Removes what is older than its time: finished jobs; events, dead letters that were resolved, runs but for each
    /// entity's last success. Gives how many rows.
    pub async fn prune_history(&self, jobs_before: i64, others_before: i64) -> Result<u64> {
        const OLD: [(&str, &str); 3] = [
            ("remove old events", "DELETE FROM event WHERE at < $1"),
            (
                "remove old dead letters",
                "DELETE FROM dead_letter WHERE state = 'resolved' AND updated_at < $1",
            ),
            (
                "remove old runs",
                "DELETE FROM run WHERE ended_at < $1 AND id NOT IN \
                 (SELECT max(id) FROM run WHERE error IS NULL GROUP BY backend, entity)",
            ),
        ];
        let jobs = both("DELETE FROM job_history WHERE finished_at < $1");
        let mut removed = self.database.write("remove old jobs", jobs, args![jobs_before]).await?;
        for (action, sql) in OLD {
            removed += self.database.write(action, both(sql), args![others_before]).await?;
        }
        Ok(removed)
    }
}
