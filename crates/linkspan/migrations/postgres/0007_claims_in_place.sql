-- A claim writes each job anew. With room on the job's own page it does so there: a third less to log.
ALTER TABLE job SET (fillfactor = 45);

-- Every claim looks at what runs of its backend. In the order of the text, keys of one time lay side by side, on pages that
-- no later key came to, so that the entries of what was over stayed there to be passed. Hashes go everywhere, and a page
-- that is written to is cleaned.
DROP INDEX job_serial;
CREATE UNIQUE INDEX job_serial ON job (backend, hashtextextended(serial, 0)) WHERE state = 'running';

-- As in migration 6, but without sorting by serial key: in the order of the index, of those with the same key the one in
-- the first place goes.
CREATE OR REPLACE FUNCTION claim_jobs(
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
    busy BIGINT[];
    look_at BIGINT;
    places TID[];
    keys BIGINT[];
    firsts BIGINT[];
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(hashtextextended('linkspan claim ' || of_backend, 0));
    SELECT CASE WHEN c.paused = 1 AND (c.resume_at IS NULL OR c.resume_at > at) THEN 0 ELSE c.capacity END INTO room
    FROM channel AS c WHERE c.name = of_channel;
    SELECT count(*) FILTER (WHERE j.channel = of_channel), array_agg(hashtextextended(j.serial, 0)) INTO running, busy
    FROM job AS j WHERE j.state = 'running' AND j.backend = of_backend;
    room := least(most, coalesce(room, default_capacity) - running);
    IF room <= 0 THEN
        RETURN;
    END IF;
    -- Where those with the same key leave room, more are looked at, so that a few such do not leave the worker idle.
    FOREACH look_at IN ARRAY ARRAY[room, 2 * most] LOOP
        SELECT array_agg(due.stands_at), array_agg(due.key) INTO places, keys FROM (
            SELECT j.ctid AS stands_at, hashtextextended(j.serial, 0) AS key FROM job AS j
            WHERE j.channel = of_channel AND j.state = 'waiting' AND j.run_at <= at
                AND hashtextextended(j.serial, 0) NOT IN (SELECT unnest(busy))
            ORDER BY j.priority, j.run_at, j.id LIMIT look_at FOR UPDATE SKIP LOCKED
        ) AS due;
        firsts := ARRAY(
            SELECT min(k.place) FROM unnest(keys) WITH ORDINALITY AS k (key, place) GROUP BY k.key
        );
        EXIT WHEN cardinality(firsts) >= room OR coalesce(cardinality(keys), 0) < look_at;
    END LOOP;
    IF cardinality(firsts) < cardinality(keys) OR cardinality(keys) > room THEN
        places := ARRAY(SELECT places[f.place] FROM unnest(firsts) AS f (place) ORDER BY f.place LIMIT room);
    END IF;
    RETURN QUERY UPDATE job SET state = 'running', attempt = attempt + 1, worker = by_worker, started_at = at,
        lease_until = until, updated_at = at
    WHERE ctid = ANY(places) AND state = 'waiting'
    RETURNING id, channel, backend, kind, entity, record, payload, priority, run_at, attempt, failures, correlation,
        created_at;
END
$$;
