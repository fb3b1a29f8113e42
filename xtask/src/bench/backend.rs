//! A folder with a `linkspan.toml` for one shop and one Odoo, and `linkspan sync` in it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Programs, empty_folder, word};
use crate::{http, system};

/// Holds the password of the Odoo user.
pub(super) const SECRET_VARIABLE: &str = "LINKSPAN_BENCH_ODOO_SECRET";

/// An Odoo and who signs in to it.
pub(super) struct OdooLogin {
    pub(super) url: String,
    pub(super) database: String,
    pub(super) login: String,
    pub(super) secret: String,
}

/// A backend with an empty store.
pub(super) struct Backend {
    folder: PathBuf,
    program: PathBuf,
    secret: String,
}

impl Backend {
    pub(super) fn new(programs: &Programs, name: &str, shop_url: &str, odoo: &OdooLogin) -> Result<Self> {
        let folder = empty_folder(name)?;
        std::fs::write(folder.join("connector.toml"), unlimited_definition()?)?;
        let config = format!(
            r#"schema = 1

[store]
url = "sqlite:linkspan.db"

[odoo.main]
url = "{}"
database = "{}"
login = "{}"
secret = {{ env = "{SECRET_VARIABLE}" }}

[backends.shop]
connector = "./connector.toml"
odoo = "main"
settings = {{ store_url = "{shop_url}" }}
secrets = {{ consumer_key = {{ env = "LINKSPAN_BENCH_KEY" }}, consumer_secret = {{ env = "LINKSPAN_BENCH_SECRET" }} }}
"#,
            odoo.url, odoo.database, odoo.login
        );
        std::fs::write(folder.join("linkspan.toml"), config)?;
        Ok(Self { folder, program: programs.linkspan(), secret: odoo.secret.clone() })
    }

    /// `linkspan sync shop <entity> --json`, ready to be started.
    pub(super) fn sync(&self, entity: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(word(&self.folder.join("linkspan.toml")));
        command.args(["sync", "shop", entity, "--json"]).current_dir(&self.folder).stdin(Stdio::null());
        command.env(SECRET_VARIABLE, &self.secret);
        // The sandbox shop's own.
        command.env("LINKSPAN_BENCH_KEY", "ck_sandbox").env("LINKSPAN_BENCH_SECRET", "cs_sandbox");
        command
    }

    /// Syncs an entity; gives how many records were created and the seconds the whole process took.
    pub(super) fn timed_sync(&self, entity: &str) -> Result<(u64, f64)> {
        let started = Instant::now();
        let printed = system::output(&mut self.sync(entity))?;
        let seconds = started.elapsed().as_secs_f64();
        let created = created(&printed)?;
        ensure!(created > 0, "linkspan sync created nothing: {printed}");
        Ok((created, seconds))
    }
}

/// What the summary of a sync says was created.
pub(super) fn created(summary: &str) -> Result<u64> {
    http::number(summary, "created").with_context(|| format!("no count of created records in: {summary}"))
}

/// The shipped definition without the brake that spares a shop's web server: the sandbox has none to spare.
fn unlimited_definition() -> Result<String> {
    let file = system::workspace().join("crates/linkspan/connectors/woocommerce/connector.toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with("sample = "));
    let faster = lines.map(|line| match line.split(" = ").next() {
        Some("rate") => "rate = 100_000",
        Some("burst") => "burst = 100_000",
        _ => line,
    });
    Ok(faster.flat_map(|line| [line, "\n"]).collect())
}
