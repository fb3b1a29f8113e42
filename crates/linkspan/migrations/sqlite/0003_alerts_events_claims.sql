-- When somebody was told that it is raised; NULL: not yet, or there is nobody to tell.
ALTER TABLE alert ADD COLUMN told_at INTEGER;

-- An alert that somebody was told of and that is over; the row goes once they were told that too.
CREATE TABLE alert_over (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    backend   TEXT NOT NULL,
    message   TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    over_at   INTEGER NOT NULL
) STRICT;

-- The records of webhooks that tell of several; one that is alone stands in the webhook's own row.
CREATE TABLE inbox_item (
    delivery INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    entity   TEXT NOT NULL,
    record   TEXT NOT NULL,
    PRIMARY KEY (delivery, entity, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbox_item_record ON inbox_item (entity, record);

-- When each entity was last walked without an error.
CREATE INDEX run_success ON run (backend, entity, ended_at) WHERE error IS NULL;
