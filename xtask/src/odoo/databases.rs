//! Databases of the PostgreSQL that Odoo uses: made, copied, marked, dropped.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::variable;
use crate::postgres::Cluster;
use crate::system;

/// A PostgreSQL server and the role that owns the databases.
pub(super) struct Databases {
    /// `PGHOST` and the like, which psql and Odoo both read.
    pub(super) environment: Vec<(&'static str, String)>,
    url: String,
    /// Set if the server is ours and ends with this process.
    _cluster: Option<Cluster>,
}

impl Databases {
    pub(super) fn from_environment() -> Result<Self> {
        let (url, cluster) = match variable("POSTGRES") {
            Some(url) => (url, None),
            None => {
                let cluster = Cluster::start()?;
                (cluster.url.clone(), Some(cluster))
            }
        };
        Ok(Self { environment: parts(&url)?, url, _cluster: cluster })
    }

    /// Where the server is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Text and numbers of a statement's rows, a row a line.
    pub(super) fn query(&self, statement: &str) -> Result<String> {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", statement]);
        system::output(psql.envs(self.environment.iter().cloned()))
            .with_context(|| format!("PostgreSQL refused: {statement}"))
    }

    /// The names that start with `prefix`.
    pub(super) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let found = self.query(&format!(
            "SELECT datname FROM pg_database WHERE starts_with(datname, '{prefix}') ORDER BY datname"
        ))?;
        Ok(found.lines().map(str::to_owned).collect())
    }

    pub(super) fn create(&self, name: &str, template: &str) -> Result<()> {
        self.query(&format!("CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE \"{template}\"")).map(drop)
    }

    /// Also ends the connections that are left to it.
    pub(super) fn drop(&self, name: &str) -> Result<()> {
        self.query(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).map(drop)
    }

    /// The mark of a database; a database that was not finished has none.
    pub(super) fn mark(&self, name: &str) -> Result<Option<String>> {
        let mark = self.query(&format!(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
        ))?;
        Ok(Some(mark).filter(|mark| !mark.is_empty()))
    }

    pub(super) fn set_mark(&self, name: &str, mark: &str) -> Result<()> {
        self.query(&format!("COMMENT ON DATABASE \"{name}\" IS '{mark}'")).map(drop)
    }
}

/// `postgres://user:password@host:port/database` as the variables that libpq reads.
fn parts(url: &str) -> Result<Vec<(&'static str, String)>> {
    let rest = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://"));
    let form = "LINKSPAN_ODOO_POSTGRES has the form postgres://user:password@host:port, without % escapes";
    let (login, address) = rest.and_then(|rest| rest.split_once('@')).context(form)?;
    ensure!(!login.contains('%'), form);
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    ensure!(
        user != "postgres",
        "Odoo refuses to work as the role 'postgres': name another one that may create databases"
    );
    let address = address.split(['/', '?']).next().unwrap_or(address);
    let (host, port) = address.split_once(':').unwrap_or((address, "5432"));
    let pairs = [("PGHOST", host), ("PGPORT", port), ("PGUSER", user), ("PGPASSWORD", password)];
    Ok(pairs.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_becomes_the_variables_that_libpq_reads() {
        let values =
            |url| parts(url).map(|parts| parts.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
        assert_eq!(
            values("postgresql://odoo:s3@127.0.0.1:5433/x").unwrap(),
            ["127.0.0.1", "5433", "odoo", "s3"]
        );
        assert_eq!(values("postgres://odoo@localhost").unwrap(), ["localhost", "5432", "odoo", ""]);
        assert!(values("mysql://odoo@localhost").is_err());
        assert!(format!("{:#}", values("postgres://postgres@localhost").unwrap_err()).contains("refuses"));
    }
}
