//! What can go wrong with the store, in sentences that end with what the database said. No message contains a URL,
//! because it may hold a password.

use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL is neither of the two kinds.
    #[error(
        "the store URL is not usable ({reason}); write \"sqlite:linkspan.db\" or \"postgres://user@host/database\""
    )]
    Url {
        /// What is wrong with it, without repeating it.
        reason: String,
    },
    /// The file cannot be created or read.
    #[error("cannot open the SQLite database {}; check that its folder exists and may be written to, or name another place under [store] in linkspan.toml: {source}", path.display())]
    OpenSqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite or the operating system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server does not answer or does not let us in.
    #[error(
        "cannot open the PostgreSQL database {place}; check that the server runs and lets this user in: {source}"
    )]
    OpenPostgres {
        /// User, host, port and database.
        place: String,
        /// What the server said.
        source: sqlx::Error,
    },
    /// The schema is from the future.
    #[error(
        "the store has schema {found}, written by a newer Linkspan; this one knows schemas up to {known}. \
         Use the newer Linkspan, or a store of its own"
    )]
    Newer {
        /// Highest migration in the database.
        found: i64,
        /// Highest migration in this program.
        known: i64,
    },
    /// A migration failed and was rolled back.
    #[error("migration {version} of the store failed and was rolled back: {source}")]
    Migration {
        /// Number of the migration.
        version: i64,
        /// What the database said.
        source: sqlx::Error,
    },
    /// A statement failed.
    #[error("the store could not {action}: {source}")]
    Statement {
        /// What was being done, "read the bindings".
        action: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
    /// A column holds what no Linkspan writes.
    #[error("the store holds {value:?} as {column}, which no Linkspan writes; was it edited by hand?")]
    Unexpected {
        /// Name of the column.
        column: &'static str,
        /// What is in it.
        value: String,
    },
    /// Another process took over, so this one's result was dropped.
    #[error(
        "{holder} no longer holds the lease {name:?}: it expired and was taken over. Nothing was written; \
         the other process goes on from the checkpoint"
    )]
    LeaseLost {
        /// Name of the lease.
        name: String,
        /// Who held it.
        holder: String,
    },
}

impl StoreError {
    /// True when doing the same again may succeed: a busy or restarting database, a cut connection.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::OpenPostgres { source, .. }
            | Self::Statement { source, .. }
            | Self::Migration { source, .. } => is_passing(source),
            _ => false,
        }
    }
}

/// PostgreSQL: class 08 connection, 40 rollback, 53 resources, 55P03 lock timeout, 57P shutdown, 25P03
/// idle too long. SQLite: 5 busy, 6 locked, with more detail in the higher bits.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            let sqlite_primary = code.parse::<i32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
            matches!(sqlite_primary, Some(5 | 6))
                || (code.len() == 5
                    && ["08", "25P03", "40", "53", "55P03", "57P"]
                        .iter()
                        .any(|class| code.starts_with(class)))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What a database reports, by its code.
    #[derive(Debug)]
    struct Reported(&'static str);

    impl fmt::Display for Reported {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Reported {}

    impl DatabaseError for Reported {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn what_passes_by_itself_is_retryable() {
        let passing = ["5", "6", "517", "262", "08006", "40001", "40P01", "53300", "55P03", "57P01"];
        let lasting = ["1", "13", "14", "2067", "1555", "23505", "42P01", "28P01", "22021", "57014"];
        for (codes, expected) in [(passing, true), (lasting, false)] {
            for code in codes {
                let source = sqlx::Error::Database(Box::new(Reported(code)));
                let error = StoreError::Statement { action: "try", source };
                assert_eq!(error.is_retryable(), expected, "{code}");
            }
        }
        let lost = StoreError::LeaseLost { name: String::new(), holder: String::new() };
        assert!(!lost.is_retryable());
    }
}
