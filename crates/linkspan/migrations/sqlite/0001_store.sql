-- Times are epoch milliseconds in UTC; JSON is text.

CREATE TABLE binding (
    backend     TEXT NOT NULL,
    entity      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    odoo_model  TEXT NOT NULL,
    odoo_id     INTEGER,            -- NULL: a write was begun and its outcome is not known yet
    origin      TEXT NOT NULL CHECK (origin IN ('created', 'adopted')),
    version     TEXT,
    digest      TEXT,
    line_keys   TEXT,
    agreed      TEXT,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (backend, entity, external_id)
) STRICT, WITHOUT ROWID;

-- The other direction of "unique both ways"; rows without an Odoo id do not collide.
CREATE UNIQUE INDEX binding_odoo_id ON binding (backend, entity, odoo_id) WHERE odoo_id IS NOT NULL;

CREATE TABLE checkpoint (
    backend    TEXT NOT NULL,
    entity     TEXT NOT NULL,
    since      TEXT,
    walk       TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (backend, entity)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    backend           TEXT NOT NULL,
    entity            TEXT NOT NULL,
    external_id       TEXT NOT NULL,
    class             TEXT NOT NULL,
    message           TEXT NOT NULL,
    problems          TEXT NOT NULL,
    payload           TEXT,
    version           TEXT,
    attempts          INTEGER NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('open', 'dismissed', 'resolved')),
    depends_on_entity TEXT,
    depends_on_id     TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;

-- One open dead letter a record; closed ones stay as history.
CREATE INDEX dead_letter_dismissed ON dead_letter (backend, entity, external_id) WHERE state = 'dismissed';
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (backend, entity, external_id) WHERE state = 'open';
CREATE INDEX dead_letter_waiting ON dead_letter (backend, depends_on_entity, depends_on_id)
    WHERE state = 'open' AND depends_on_id IS NOT NULL;

CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    backend    TEXT NOT NULL,
    entity     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    skipped    INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    shop_calls INTEGER NOT NULL,
    odoo_calls INTEGER NOT NULL,
    error      TEXT
) STRICT;

CREATE TABLE exchange (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    backend       TEXT NOT NULL,
    side          TEXT NOT NULL CHECK (side IN ('shop', 'odoo')),
    method        TEXT NOT NULL,
    url           TEXT NOT NULL,
    status        INTEGER,          -- NULL: no answer came
    duration_ms   INTEGER NOT NULL,
    request_body  TEXT,
    response_body TEXT,
    error         TEXT,
    at            INTEGER NOT NULL
) STRICT;

CREATE TABLE lease (
    name       TEXT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    fence      INTEGER NOT NULL,    -- grows with every holder, never falls
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
