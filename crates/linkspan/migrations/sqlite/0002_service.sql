-- The service: queue, inbox, exports, schedules, people.

-- A named lane; its capacity holds over all nodes. A channel without a row has the default capacity.
CREATE TABLE channel (
    name       TEXT NOT NULL PRIMARY KEY,
    capacity   INTEGER NOT NULL,
    paused     INTEGER NOT NULL,    -- 1: nothing is claimed
    reason     TEXT,                -- why it is paused
    resume_at  INTEGER,             -- a pause that ends by itself
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Work that waits or runs; what is over moves to job_history, so that this table stays small.
CREATE TABLE job (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT NOT NULL,
    backend     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    entity      TEXT NOT NULL,
    record      TEXT NOT NULL,      -- external id; of an export the Odoo id; empty: no single record
    identity    TEXT NOT NULL,      -- one waiting job each
    serial      TEXT NOT NULL,      -- one running job each
    payload     TEXT,
    priority    INTEGER NOT NULL,   -- smaller goes first
    run_at      INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'running')),
    attempt     INTEGER NOT NULL,   -- grows with every claim; an answer to an older one is dropped
    failures    INTEGER NOT NULL,
    worker      TEXT,
    started_at  INTEGER,
    lease_until INTEGER,
    class       TEXT,               -- of the last failure
    message     TEXT,               -- why it waits
    correlation TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX job_identity ON job (identity) WHERE state = 'waiting';
CREATE UNIQUE INDEX job_serial ON job (serial) WHERE state = 'running';
CREATE INDEX job_due ON job (channel, priority, run_at, id) WHERE state = 'waiting';
CREATE INDEX job_running ON job (channel, lease_until) WHERE state = 'running';
CREATE INDEX job_record ON job (backend, entity, record);

CREATE TABLE job_history (
    id          INTEGER NOT NULL PRIMARY KEY,
    channel     TEXT NOT NULL,
    backend     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    entity      TEXT NOT NULL,
    record      TEXT NOT NULL,
    payload     TEXT,
    priority    INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    failures    INTEGER NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('done', 'dead', 'cancelled', 'merged')),
    class       TEXT,
    message     TEXT,
    correlation TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER NOT NULL
) STRICT;

CREATE INDEX job_history_record ON job_history (backend, entity, record);
CREATE INDEX job_history_finished ON job_history (finished_at);

-- What happened to a record, for the operator.
CREATE TABLE event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    backend     TEXT NOT NULL,
    entity      TEXT NOT NULL,
    record      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    message     TEXT NOT NULL,
    details     TEXT,               -- JSON
    job         INTEGER,
    correlation TEXT
) STRICT;

CREATE INDEX event_record ON event (backend, entity, record, id);
CREATE INDEX event_correlation ON event (correlation, id);
CREATE INDEX event_at ON event (at);

-- Webhooks as they came.
CREATE TABLE inbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    backend       TEXT NOT NULL,
    delivery      TEXT,             -- the sender's own id; NULL: it has none
    fingerprint   TEXT NOT NULL,    -- of topic and body: some senders give one id to several deliveries
    topic         TEXT NOT NULL,
    entity        TEXT NOT NULL,    -- empty: the topic imports nothing
    record        TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'ignored', 'unreadable')),
    message       TEXT,             -- why it was not queued
    headers       TEXT NOT NULL,    -- JSON, without signatures and credentials
    body          TEXT NOT NULL,
    body_encoding TEXT NOT NULL CHECK (body_encoding IN ('text', 'base64')),
    correlation   TEXT NOT NULL,
    replays       INTEGER NOT NULL,
    received_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX inbox_delivery ON inbox (backend, delivery, fingerprint) WHERE delivery IS NOT NULL;
CREATE INDEX inbox_record ON inbox (backend, entity, record);
CREATE INDEX inbox_received ON inbox (received_at);

-- The webhooks that the external system is to send, as it said last.
CREATE TABLE subscription (
    backend    TEXT NOT NULL,
    topic      TEXT NOT NULL,
    remote_id  TEXT,
    state      TEXT NOT NULL CHECK (state IN ('active', 'missing', 'dead')),
    message    TEXT,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (backend, topic)
) STRICT, WITHOUT ROWID;

-- What both sides held when a record was last in step: the base of the three-way compare.
CREATE TABLE outbound (
    backend     TEXT NOT NULL,
    entity      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    base        TEXT NOT NULL,      -- JSON, external field = what each side held
    fingerprint TEXT NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (backend, entity, external_id)
) STRICT, WITHOUT ROWID;

-- Written before every request that makes a record on the other side; who finds one looks there first.
CREATE TABLE intent (
    backend     TEXT NOT NULL,
    entity      TEXT NOT NULL,
    odoo_id     INTEGER NOT NULL,
    look_up     TEXT NOT NULL,      -- JSON: how the record is found if it was made
    external_id TEXT,               -- known as soon as the answer came
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (backend, entity, odoo_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule (
    name       TEXT NOT NULL PRIMARY KEY,
    next_at    INTEGER NOT NULL,
    last_at    INTEGER,
    paused     INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far an entity's sync is rolled out; set by an operator, over what the configuration says.
CREATE TABLE rollout (
    backend    TEXT NOT NULL,
    entity     TEXT NOT NULL,
    direction  TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    stage      TEXT NOT NULL CHECK (stage IN ('off', 'shadow', 'canary', 'on')),
    held       TEXT,                -- a run wants more changes than it may make: how many, until a human allows it
    allowed    INTEGER NOT NULL,    -- 1: the next run may make them
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (backend, entity, direction)
) STRICT, WITHOUT ROWID;

-- What a run in the stage `shadow` would have changed.
CREATE TABLE difference (
    backend   TEXT NOT NULL,
    entity    TEXT NOT NULL,
    direction TEXT NOT NULL,
    record    TEXT NOT NULL,
    action    TEXT NOT NULL,
    fields    TEXT NOT NULL,        -- JSON: field, from, to
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (backend, entity, direction, record)
) STRICT, WITHOUT ROWID;

-- Rate limits that all nodes share: when the next request may go (GCRA).
CREATE TABLE rate_limit (
    name       TEXT NOT NULL PRIMARY KEY,
    next_at    INTEGER NOT NULL,    -- microseconds since 1970
    paused_to  INTEGER NOT NULL,    -- milliseconds since 1970
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE breaker (
    name       TEXT NOT NULL PRIMARY KEY,
    state      TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    failures   INTEGER NOT NULL,
    trips      INTEGER NOT NULL,
    retry_at   INTEGER NOT NULL,
    message    TEXT,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
    name       TEXT NOT NULL PRIMARY KEY,
    role       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    draining   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    name      TEXT NOT NULL PRIMARY KEY,
    backend   TEXT NOT NULL,
    message   TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People and programs that may look at the dashboard.
CREATE TABLE account (
    name          TEXT NOT NULL PRIMARY KEY,
    role          TEXT NOT NULL CHECK (role IN ('operator', 'viewer')),
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    csrf       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token (
    name       TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('operator', 'viewer')),
    created_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,          -- account, token or command line
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    details TEXT                    -- JSON
) STRICT;

-- Exports have dead letters too; theirs are named `odoo:<id>` where no external id is known yet.
ALTER TABLE dead_letter ADD COLUMN kind TEXT NOT NULL DEFAULT 'import';
-- 1: a human changed the payload; a retry takes it instead of the record's current state.
ALTER TABLE dead_letter ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;

-- One open dead letter a record and direction.
DROP INDEX dead_letter_open;
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (backend, entity, external_id, kind) WHERE state = 'open';
