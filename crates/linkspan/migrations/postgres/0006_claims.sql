-- Each job that was added or claimed wrote an entry, for look-ups that job_identity and job_serial answer as well.
DROP INDEX job_record;

-- Rows come and go here as fast as the work does, and every claim passes the entries of those that are gone: how many are
-- gone matters, not how many there are.
ALTER TABLE job SET (
    autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0
);

DROP FUNCTION claim_jobs(TEXT, BIGINT, BIGINT, BIGINT, TEXT, BIGINT, TEXT);
DROP FUNCTION finish_jobs(JSON, BIGINT[], TEXT, BIGINT);

-- Takes jobs whose time has come, as in migration 5, but locks no more of them than it takes, finds them again by their
-- place, and gives no more columns than a worker reads. Serial keys of a backend begin with its name and a slash, and '0'
-- is the character behind the slash, so that the index leads to what runs of this backend.
CREATE FUNCTION claim_jobs(
    of_channel TEXT, at BIGINT, default_capacity BIGINT, most BIGINT, by_worker TEXT, until BIGINT, of_backend TEXT
) RETURNS TABLE (
    id BIGINT, channel TEXT, backend TEXT, kind TEXT, entity TEXT, record TEXT, payload TEXT, priority BIGINT,
    run_at BIGINT, attempt BIGINT, failures BIGINT, correlation TEXT, created_at BIGINT
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    room BIGINT;
    running BIGINT;
    busy TEXT[];
    look_at BIGINT;
    chosen TID[];
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(hashtextextended('linkspan claim ' || of_backend, 0));
    SELECT CASE WHEN c.paused = 1 AND (c.resume_at IS NULL OR c.resume_at > at) THEN 0 ELSE c.capacity END INTO room
    FROM channel AS c WHERE c.name = of_channel;
    SELECT count(*) FILTER (WHERE j.channel = of_channel), array_agg(j.serial) INTO running, busy FROM job AS j
    WHERE j.state = 'running' AND j.serial > of_backend || '/' AND j.serial < of_backend || '0';
    room := least(most, coalesce(room, default_capacity) - running);
    IF room <= 0 THEN
        RETURN;
    END IF;
    -- Of those with the same serial key the first one goes. Where that leaves room, more are looked at, so that a few such
    -- do not leave the worker idle.
    FOREACH look_at IN ARRAY ARRAY[room, 2 * most] LOOP
        chosen := ARRAY(
            SELECT first.stands_at FROM (
                SELECT due.stands_at, due.priority, due.run_at, due.id,
                    row_number() OVER (PARTITION BY due.serial ORDER BY due.priority, due.run_at, due.id) AS place
                FROM (
                    SELECT j.ctid AS stands_at, j.id, j.serial, j.priority, j.run_at FROM job AS j
                    WHERE j.channel = of_channel AND j.state = 'waiting' AND j.run_at <= at AND j.serial NOT IN (SELECT unnest(busy))
                    ORDER BY j.priority, j.run_at, j.id LIMIT look_at FOR UPDATE SKIP LOCKED
                ) AS due
            ) AS first
            WHERE first.place = 1 ORDER BY first.priority, first.run_at, first.id LIMIT room
        );
        EXIT WHEN cardinality(chosen) = room;
    END LOOP;
    RETURN QUERY UPDATE job SET state = 'running', attempt = attempt + 1, worker = by_worker, started_at = at,
        lease_until = until, updated_at = at
    WHERE ctid = ANY(chosen) AND state = 'waiting'
    RETURNING id, channel, backend, kind, entity, record, payload, priority, run_at, attempt, failures, correlation,
        created_at;
END
$$;

-- What came of jobs that are over, a place in each array for each: those that are still this worker's and this attempt's
-- go to the history and tell of it. Gives their ids.
CREATE FUNCTION finish_jobs(
    ids BIGINT[], attempts BIGINT[], outcomes TEXT[], classes TEXT[], messages TEXT[], events TEXT[], all_details TEXT[],
    of_worker TEXT, now BIGINT
) RETURNS SETOF BIGINT LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off
SET jit = off
AS $$
BEGIN
    RETURN QUERY WITH gone AS (
        DELETE FROM job USING unnest(ids, attempts, outcomes, classes, messages, events, all_details) AS r (
            id, attempt, outcome, of_class, said, event, details
        )
        WHERE job.id = ANY(ids) AND job.id = r.id AND job.attempt = r.attempt AND job.worker = of_worker
            AND job.state = 'running'
        RETURNING job.*, r.outcome, r.of_class, r.said, r.event, r.details
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
