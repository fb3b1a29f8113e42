//! The throw-away database.

use sqlx::{Connection, PgConnection};
use url::Url;

use super::VerifyError;

/// A database that nobody else uses.
pub(super) struct Database {
    pub(super) name: String,
    url: Url,
}

impl Database {
    /// Makes an empty database on the server of `url`.
    pub(super) async fn create(url: &str) -> Result<Database, VerifyError> {
        let form = || {
            VerifyError::Options(
                "--db-url has the form postgres://user:password@host:port; the user may create databases and is \
                 not `postgres`, as which Odoo refuses to work"
                    .to_owned(),
            )
        };
        let mut url: Url = url.parse().map_err(|_| form())?;
        if !matches!(url.scheme(), "postgres" | "postgresql") || url.username() == "postgres" {
            return Err(form());
        }
        url.set_path("/postgres");
        let name = format!("linkspan_verify_{}_{:08x}", std::process::id(), rand::random::<u32>());
        let database = Database { name, url };
        database
            .execute(format!("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", database.name))
            .await?;
        Ok(database)
    }

    /// Also ends connections that are left.
    pub(super) async fn drop(&self) -> Result<(), VerifyError> {
        self.execute(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await
    }

    /// What libpq reads, and so Odoo: its connection without a configuration file.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let decoded = |text: &str| {
            url::form_urlencoded::parse(format!("v={}", text.replace('+', "%2B")).as_bytes())
                .next()
                .map_or_else(String::new, |(_, value)| value.into_owned())
        };
        vec![
            ("PGHOST", self.url.host_str().unwrap_or("127.0.0.1").to_owned()),
            ("PGPORT", self.url.port().unwrap_or(5432).to_string()),
            ("PGUSER", decoded(self.url.username())),
            ("PGPASSWORD", decoded(self.url.password().unwrap_or_default())),
        ]
    }

    /// The name holds nothing but letters, digits and underscores.
    async fn execute(&self, statement: String) -> Result<(), VerifyError> {
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }
}
