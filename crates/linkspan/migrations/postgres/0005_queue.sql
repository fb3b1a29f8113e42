-- Every claim wrote an entry and every answer made it garbage, for a handful of rows that job_serial leads to as well.
DROP INDEX job_running;

-- As in migration 3, with plans that are made once for a connection: making them took longer than claiming. They have to
-- be right for a table of any size, so there is no choice but the indexes job_due, job_serial and the primary key. What is
-- ruled out counts as very dear where it cannot be avoided, which is no reason to compile anything.
CREATE OR REPLACE FUNCTION claim_jobs(
    of_channel TEXT, at BIGINT, default_capacity BIGINT, most BIGINT, by_worker TEXT, until BIGINT, of_backend TEXT
) RETURNS SETOF job LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
SET jit = off
AS $$
DECLARE
    room BIGINT;
    chosen BIGINT[];
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(hashtextextended('linkspan claim ' || of_backend, 0));
    SELECT CASE WHEN c.paused = 1 AND (c.resume_at IS NULL OR c.resume_at > at) THEN 0 ELSE c.capacity END INTO room
    FROM channel AS c WHERE c.name = of_channel;
    room := least(most, coalesce(room, default_capacity)
        - (SELECT count(*) FROM job AS j WHERE j.channel = of_channel AND j.state = 'running'));
    IF room <= 0 THEN
        RETURN;
    END IF;
    -- Of those with the same serial key the first one goes; twice as many are looked at, so that a few such do not leave
    -- the worker idle. Whether another one of the key runs is asked for each; joined, each would be compared with all.
    chosen := ARRAY(
        SELECT first.id FROM (
            SELECT due.id, due.priority, due.run_at,
                row_number() OVER (PARTITION BY due.serial ORDER BY due.priority, due.run_at, due.id) AS place
            FROM (
                SELECT j.id, j.serial, j.priority, j.run_at FROM job AS j
                WHERE j.channel = of_channel AND j.state = 'waiting' AND j.run_at <= at AND (
                    SELECT other.id FROM job AS other
                    WHERE other.state = 'running' AND other.serial = j.serial LIMIT 1
                ) IS NULL
                ORDER BY j.priority, j.run_at, j.id LIMIT 2 * most FOR UPDATE SKIP LOCKED
            ) AS due
        ) AS first
        WHERE first.place = 1 ORDER BY first.priority, first.run_at, first.id LIMIT room
    );
    RETURN QUERY UPDATE job SET state = 'running', attempt = attempt + 1, worker = by_worker, started_at = at,
        lease_until = until, updated_at = at
    WHERE id = ANY(chosen) RETURNING *;
END
$$;

-- What came of jobs that are over, as rows of `given`: those that are still this worker's and this attempt's go to the
-- history and tell of it. Gives their ids.
CREATE FUNCTION finish_jobs(given JSON, ids BIGINT[], of_worker TEXT, now BIGINT) RETURNS SETOF BIGINT LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off
SET jit = off
AS $$
BEGIN
    RETURN QUERY WITH gone AS (
        DELETE FROM job USING json_to_recordset(given) AS r (
            id bigint, attempt bigint, outcome text, class text, message text, event text, details text
        )
        WHERE job.id = ANY(ids) AND job.id = r.id AND job.attempt = r.attempt AND job.worker = of_worker
            AND job.state = 'running'
        RETURNING job.*, r.outcome, r.class AS of_class, r.message AS said, r.event, r.details
    ), history AS (
        INSERT INTO job_history (id, channel, backend, kind, entity, record, payload, priority, attempt, failures,
            outcome, class, message, correlation, created_at, started_at, finished_at)
        SELECT g.id, g.channel, g.backend, g.kind, g.entity, g.record, g.payload, g.priority, g.attempt, g.failures,
            CASE g.outcome WHEN 'again' THEN 'merged' ELSE g.outcome END, g.of_class, g.said, g.correlation,
            g.created_at, g.started_at, now
        FROM gone AS g
    ), told AS (
        INSERT INTO event (at, backend, entity, record, kind, message, details, job, correlation)
        SELECT now, g.backend, g.entity, g.record, g.event, g.said, g.details, g.id, g.correlation
        FROM gone AS g WHERE g.event IS NOT NULL AND g.record <> ''
    )
    SELECT g.id FROM gone AS g;
END
$$;
