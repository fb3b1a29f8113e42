-- When somebody was told that it is raised; NULL: not yet, or there is nobody to tell.
ALTER TABLE alert ADD COLUMN told_at BIGINT;

-- An alert that somebody was told of and that is over; the row goes once they were told that too.
CREATE TABLE alert_over (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      TEXT COLLATE "C" NOT NULL,
    backend   TEXT COLLATE "C" NOT NULL,
    message   TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    over_at   BIGINT NOT NULL
);

-- The records of webhooks that tell of several; one that is alone stands in the webhook's own row.
CREATE TABLE inbox_item (
    delivery BIGINT NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    entity   TEXT COLLATE "C" NOT NULL,
    record   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (delivery, entity, record)
);

CREATE INDEX inbox_item_record ON inbox_item (entity, record);

-- Takes jobs whose time has come. Claims of a backend come one after the other, or two would see the same room; the lock
-- is held by a statement of its own, so that the next one sees what the claim before it took. A claim that a crash of
-- the server undoes is claimed again, so nobody waits for the disk.
CREATE FUNCTION claim_jobs(
    of_channel TEXT, at BIGINT, default_capacity BIGINT, most BIGINT, by_worker TEXT, until BIGINT, of_backend TEXT
) RETURNS SETOF job LANGUAGE plpgsql
AS $$
DECLARE
    room BIGINT;
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
    -- the worker idle.
    RETURN QUERY UPDATE job SET state = 'running', attempt = attempt + 1, worker = by_worker, started_at = at,
        lease_until = until, updated_at = at
    WHERE id IN (
        SELECT first.id FROM (
            SELECT due.id, due.priority, due.run_at,
                row_number() OVER (PARTITION BY due.serial ORDER BY due.priority, due.run_at, due.id) AS place
            FROM (
                SELECT j.id, j.serial, j.priority, j.run_at FROM job AS j
                WHERE j.channel = of_channel AND j.state = 'waiting' AND j.run_at <= at AND NOT EXISTS (
                    SELECT 1 FROM job AS other WHERE other.state = 'running' AND other.serial = j.serial
                )
                ORDER BY j.priority, j.run_at, j.id LIMIT 2 * most FOR UPDATE SKIP LOCKED
            ) AS due
        ) AS first
        WHERE first.place = 1 ORDER BY first.priority, first.run_at, first.id LIMIT room
    )
    RETURNING *;
END
$$;

-- When each entity was last walked without an error.
CREATE INDEX run_success ON run (backend, entity, ended_at) WHERE error IS NULL;
