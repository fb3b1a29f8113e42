//! Opening a store: which database the URL means, and the settings each needs to be safe.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

use super::at_hand::{Connections, MOST_AT_HAND, is_alive};
use super::database::Database;
use super::{Result, Store, StoreError, migrate};

/// How long a writer waits for another process before SQLite reports "busy".
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A plan kept from when a table was small would read all of it once it is large. The times keep one
/// process that hangs from stopping the others for ever. What is acknowledged has to be on disk, whatever the server
/// does by default.
const POSTGRES_SETTINGS: &str = "SET plan_cache_mode = force_custom_plan; SET lock_timeout = '30s'; \
                                 SET idle_in_transaction_session_timeout = '60s'; \
                                 SELECT set_config('synchronous_commit', 'on', false) \
                                 WHERE current_setting('synchronous_commit') = 'off'";

/// 16 MiB, taken when they are needed: webhooks and events go to many places of their indexes.
const WRITER_CACHE: &str = "-16384";
/// 64 MiB of changes are written to the file at once, where most of them meet on the same pages. The commit that does it
/// takes long; [`Store::shorten_log`] sees to it that none has to while webhooks come.
const WAL_PAGES: &str = "16384";

const SQLITE_READERS: u32 = 3;
/// Besides those at hand.
const POSTGRES_CONNECTIONS: u32 = 8;

impl Store {
    /// Whether several nodes may work on it: PostgreSQL.
    pub fn serves_many_nodes(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<()> {
        let sql = super::database::both("SELECT 1 AS one");
        self.database.read("answer", sql, Vec::new()).await.map(drop)
    }

    /// Copies SQLite's log of changes into the file: most of it beside the writers, then, between two of them, what came
    /// meanwhile, so that the log begins anew. PostgreSQL does so by itself.
    pub async fn shorten_log(&self) -> Result<()> {
        let Database::Sqlite { writer, readers } = &self.database else { return Ok(()) };
        for pool in [readers, readers, writer] {
            let copied = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(pool).await;
            copied.map_err(|source| StoreError::Statement { action: "shorten its log", source })?;
        }
        Ok(())
    }

    /// Opens the store at `sqlite:path.db` (created when absent), `sqlite::memory:` (for tests) or
    /// `postgres://user:password@host/database`, and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let database = match url.split_once(':') {
            Some(("sqlite", ":memory:")) => open_memory().await?,
            Some(("sqlite", path)) => open_file(path.strip_prefix("//").unwrap_or(path)).await?,
            Some(("postgres" | "postgresql", _)) => open_postgres(url).await?,
            Some((scheme, rest)) if rest.starts_with("//") => {
                return Err(StoreError::Url { reason: format!("it begins with {scheme:?}") });
            }
            _ => return Err(StoreError::Url { reason: "it does not name a kind of database".to_owned() }),
        };
        migrate::migrate(&database).await?;
        Ok(Self { database, wake: std::sync::Arc::default() })
    }
}

async fn open_file(path: &str) -> Result<Database> {
    if path.is_empty() {
        return Err(StoreError::Url { reason: "it names no file".to_owned() });
    }
    let path = PathBuf::from(path);
    create_private(&path)
        .map_err(|source| StoreError::OpenSqlite { path: path.clone(), source: source.into() })?;
    let failed = |source: sqlx::Error| StoreError::OpenSqlite { path: path.clone(), source: source.into() };
    let options = sqlite_options().filename(&path).journal_mode(SqliteJournalMode::Wal);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        .after_release(|connection, _| Box::pin(is_outside_transaction(connection)))
        .connect_with(
            options.clone().pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", WAL_PAGES),
        )
        .await
        .map_err(failed)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(BUSY_TIMEOUT)
        .connect_lazy_with(options.pragma("query_only", "on"));
    Ok(Database::Sqlite { writer, readers })
}

/// A disk that is full ends a transaction behind sqlx's back; its own rollback fails then, and the connection would take
/// no other transaction any more. One that this denies is closed and opened anew.
async fn is_outside_transaction(connection: &mut SqliteConnection) -> std::result::Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A dropped transaction's rollback is under way; the answer comes after it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Creates the file for its owner only, because dead letters hold customers' data; SQLite gives the
/// same rights to the files it puts beside it.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A database in memory lives as long as its one connection.
async fn open_memory() -> Result<Database> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(sqlite_options().in_memory(true))
        .await
        .map_err(|source| StoreError::OpenSqlite { path: ":memory:".into(), source: source.into() })?;
    Ok(Database::Sqlite { writer: pool.clone(), readers: pool })
}

/// `synchronous = FULL`: in WAL mode anything less loses committed batches in a power cut.
fn sqlite_options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging()
}

async fn open_postgres(url: &str) -> Result<Database> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Url { reason: "PostgreSQL does not understand it".to_owned() })?
        .application_name("linkspan")
        .disable_statement_logging();
    let place = format!(
        "{} on {}:{} as {}",
        options.get_database().unwrap_or(options.get_username()),
        options.get_host(),
        options.get_port(),
        options.get_username()
    );
    PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS + MOST_AT_HAND)
        .acquire_timeout(CONNECT_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, used| Box::pin(is_alive(connection, used.idle_for)))
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::raw_sql(POSTGRES_SETTINGS).execute(connection).await.map(drop) })
        })
        .connect_with(options)
        .await
        .map(|pool| Database::Postgres(Connections::new(pool)))
        .map_err(|source| StoreError::OpenPostgres { place, source })
}
