-- Times are epoch milliseconds in UTC; JSON is text. Keys are in "C" order, as in SQLite, so that
-- paging by key walks both databases alike.

CREATE TABLE binding (
    backend     TEXT COLLATE "C" NOT NULL,
    entity      TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    odoo_model  TEXT NOT NULL,
    odoo_id     BIGINT,            -- NULL: a write was begun and its outcome is not known yet
    origin      TEXT NOT NULL CHECK (origin IN ('created', 'adopted')),
    version     TEXT,
    digest      TEXT,
    line_keys   TEXT,
    agreed      TEXT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (backend, entity, external_id)
);

-- The other direction of "unique both ways"; rows without an Odoo id do not collide.
CREATE UNIQUE INDEX binding_odoo_id ON binding (backend, entity, odoo_id) WHERE odoo_id IS NOT NULL;

CREATE TABLE checkpoint (
    backend    TEXT COLLATE "C" NOT NULL,
    entity     TEXT COLLATE "C" NOT NULL,
    since      TEXT,
    walk       TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (backend, entity)
);

CREATE TABLE dead_letter (
    id                BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backend           TEXT COLLATE "C" NOT NULL,
    entity            TEXT COLLATE "C" NOT NULL,
    external_id       TEXT COLLATE "C" NOT NULL,
    class             TEXT NOT NULL,
    message           TEXT NOT NULL,
    problems          TEXT NOT NULL,
    payload           TEXT,
    version           TEXT,
    attempts          BIGINT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('open', 'dismissed', 'resolved')),
    depends_on_entity TEXT,
    depends_on_id     TEXT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);

-- One open dead letter a record; closed ones stay as history.
CREATE INDEX dead_letter_dismissed ON dead_letter (backend, entity, external_id) WHERE state = 'dismissed';
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (backend, entity, external_id) WHERE state = 'open';
CREATE INDEX dead_letter_waiting ON dead_letter (backend, depends_on_entity, depends_on_id)
    WHERE state = 'open' AND depends_on_id IS NOT NULL;

CREATE TABLE run (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backend    TEXT COLLATE "C" NOT NULL,
    entity     TEXT COLLATE "C" NOT NULL,
    kind       TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    updated    BIGINT NOT NULL,
    unchanged  BIGINT NOT NULL,
    skipped    BIGINT NOT NULL,
    refused    BIGINT NOT NULL,
    shop_calls BIGINT NOT NULL,
    odoo_calls BIGINT NOT NULL,
    error      TEXT
);

CREATE TABLE exchange (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backend       TEXT COLLATE "C" NOT NULL,
    side          TEXT NOT NULL CHECK (side IN ('shop', 'odoo')),
    method        TEXT NOT NULL,
    url           TEXT NOT NULL,
    status        BIGINT,          -- NULL: no answer came
    duration_ms   BIGINT NOT NULL,
    request_body  TEXT,
    response_body TEXT,
    error         TEXT,
    at            BIGINT NOT NULL
);

CREATE TABLE lease (
    name       TEXT NOT NULL PRIMARY KEY,
    holder     TEXT NOT NULL,
    fence      BIGINT NOT NULL,    -- grows with every holder, never falls
    expires_at BIGINT NOT NULL
);
