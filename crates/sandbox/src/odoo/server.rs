//! The running stand-in: what its doors share, and what tests may look at directly.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json};

use super::accounts::Accounts;
use super::database::Database;
use super::inspect;
use super::schema::Schema;
use super::spec::OdooSpec;
use super::{seed, wire};
use crate::Faults;
use crate::serve::{Running, serve};

/// What every request works on.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) spec: OdooSpec,
    pub(crate) accounts: Accounts,
    pub(crate) faults: Faults,
    database: Mutex<Database>,
    calls: Mutex<BTreeMap<String, u64>>,
}

impl Shared {
    pub(crate) fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, target: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(target.to_owned()).or_default() += 1;
    }
}

/// Starts Odoos.
#[derive(Debug)]
pub struct Odoo;

impl Odoo {
    /// Starts on `port` of 127.0.0.1 (0 takes a free one). With a file in the spec, what was committed there is back.
    pub async fn start(spec: OdooSpec, port: u16) -> std::io::Result<RunningOdoo> {
        let mut database = Database::new(Schema::new(spec.series, spec.apps));
        seed::seed(&mut database, &spec);
        database.commit()?;
        if let Some(file) = &spec.file {
            database.attach(file)?;
        }
        let accounts = Accounts::new(&spec);
        let (faults, calls) = (Faults::default(), Mutex::default());
        let shared = Arc::new(Shared { spec, accounts, faults, database: Mutex::new(database), calls });
        let handler = Arc::clone(&shared);
        let server = serve(port, move |request| wire::handle(Arc::clone(&handler), request)).await?;
        Ok(RunningOdoo { shared, server })
    }

    /// Starts on `port`, gives the address to `ready`, and serves until the process is killed or Ctrl-C.
    pub async fn run_until_stopped(
        spec: OdooSpec,
        port: u16,
        ready: impl FnOnce(&str),
    ) -> std::io::Result<()> {
        let odoo = Odoo::start(spec, port).await?;
        ready(&odoo.url());
        tokio::signal::ctrl_c().await
    }
}

/// An Odoo that answers until this is dropped.
#[derive(Debug)]
pub struct RunningOdoo {
    shared: Arc<Shared>,
    server: Running,
}

impl RunningOdoo {
    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The spec it was started with.
    pub fn spec(&self) -> &OdooSpec {
        &self.shared.spec
    }

    /// Faults to come. Targets read `res.partner.load`, `common.authenticate`, `session.authenticate`.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// How often each `model.method` was called so far.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All records of a model with all stored fields by name, archived ones too, by id. Empty for an unknown model.
    pub fn records(&self, model: &str) -> Vec<Map<String, Json>> {
        inspect::records(&mut self.shared.database(), model)
    }

    /// Writes values to a record as a transaction does that began at `began_at` (`2026-11-22 10:00:00`, UTC) and commits
    /// now: the record bears that moment, whatever others have written since.
    pub fn commit_late(&self, model: &str, id: u32, values: &[(&str, Json)], began_at: &str) {
        inspect::commit_late(&mut self.shared.database(), model, id, values, began_at);
    }

    /// Hides a record as a record rule does: searches pass over it, and who reads it is refused.
    pub fn hide(&self, model: &str, id: u32) {
        let mut database = self.shared.database();
        if let Some(model) = database.schema.model(model) {
            database.hidden.insert((model, id));
        }
    }

    /// Does what merging two records leaves behind: one is gone, and its external ids lead to the other.
    pub fn merge(&self, model: &str, gone: u32, kept: u32) {
        inspect::merge(&mut self.shared.database(), model, gone, kept);
    }

    /// The number of records of a model, archived ones too.
    pub fn count(&self, model: &str) -> usize {
        let database = self.shared.database();
        database.schema.model(model).map_or(0, |model| database.table(model).len())
    }

    /// External id -> model and id of its record, without those of the seed.
    pub fn xmlids(&self) -> BTreeMap<String, (String, u32)> {
        inspect::xmlids(&mut self.shared.database())
    }

    /// Everything that callers made of partners, products, orders and the like, so that two runs can be compared:
    /// one line per record, sorted, relations by what they point at, without ids, dates of writing and order numbers.
    pub fn snapshot(&self) -> Vec<String> {
        inspect::snapshot(&mut self.shared.database())
    }
}
