//! The schema, embedded in the program and brought up to date on open.
//!
//! A migration is a file in `migrations/<database>/`; once released it never changes. All missing
//! ones run in one transaction, under a lock, so two processes may open a new store at once.

use super::database::{Database, Tx, args, both};
use super::{StoreError, now_ms};

struct Migration {
    version: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $file:literal) => {
        Migration {
            version: $version,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../../migrations/postgres/", $file)),
        }
    };
}

/// In ascending order; the last one's version is the schema this program knows.
const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_store.sql"),
    migration!(2, "0002_service.sql"),
    migration!(3, "0003_alerts_events_claims.sql"),
    migration!(4, "0004_tokens.sql"),
    migration!(5, "0005_queue.sql"),
    migration!(6, "0006_claims.sql"),
    migration!(7, "0007_claims_in_place.sql"),
    migration!(8, "0008_sent_creates.sql"),
];

const ACTION: &str = "bring its schema up to date";

/// Brings the schema up to date, or refuses one that a newer Linkspan wrote.
pub(super) async fn migrate(database: &Database) -> Result<(), StoreError> {
    let mut tx = database.begin(ACTION).await?;
    lock(&mut tx).await?;
    let create = "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)";
    tx.session().execute(ACTION, both(create), args![]).await?;
    let found = current_version(&mut tx).await?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
        run(&mut tx, migration).await?;
    }
    tx.commit(ACTION).await
}

/// SQLite's transaction is the lock already.
async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Postgres(_) = tx {
        let sql =
            "SELECT pg_advisory_xact_lock(hashtextextended('linkspan migrate ' || current_schema(), 0))";
        tx.session().execute(ACTION, both(sql), args![]).await?;
    }
    Ok(())
}

async fn current_version(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = both("SELECT coalesce(max(version), 0) AS version FROM schema_migration");
    let rows = tx.session().rows(ACTION, sql, args![]).await?;
    rows.first().map_or(Ok(0), |row| row.get("version"))
}

async fn run(tx: &mut Tx, migration: &Migration) -> Result<(), StoreError> {
    let version = migration.version;
    match tx {
        Tx::Sqlite(tx) => sqlx::raw_sql(migration.sqlite).execute(&mut **tx).await.map(|_| ()),
        Tx::Postgres(tx) => sqlx::raw_sql(migration.postgres).execute(&mut **tx).await.map(|_| ()),
    }
    .map_err(|source| StoreError::Migration { version, source })?;
    let sql = both("INSERT INTO schema_migration (version, applied_at) VALUES ($1, $2)");
    tx.session().execute(ACTION, sql, args![version, now_ms()]).await?;
    Ok(())
}
