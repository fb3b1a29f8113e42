-- Refresh tokens that change with each use, sealed with a key that is not in here.
CREATE TABLE oauth_token (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,    -- the backend
    sealed     TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
