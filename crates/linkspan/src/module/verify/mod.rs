//! `linkspan verify`: a module on a real Odoo, in a database made for it and dropped afterwards.
//!
//! [`run`] is the order of things. [`installation`] installs, upgrades, tests and uninstalls and reads the log; then a
//! server runs with queue_job's own runner ([`server`]) and the module is used over RPC as its users would:
//! [`configuration`], [`imports`], [`exports`], [`webhooks`], [`rights`]. What was seen fills the [`checklist`].

mod authorization;
mod checklist;
mod configuration;
mod database;
mod exports;
mod external;
mod imports;
mod installation;
mod jobs;
mod log;
mod module;
mod odoo;
mod rights;
mod server;
mod subject;
mod webhooks;

use std::path::PathBuf;

use thiserror::Error;

pub use checklist::{Checklist, Group, Item, Outcome};
pub use external::External;

use database::Database;
use odoo::Odoo;

/// What to verify, and on what.
#[derive(Debug, Clone)]
pub struct Options {
    /// The module's folder.
    pub module: PathBuf,
    /// Folder that holds `odoo-bin`.
    pub odoo_src: PathBuf,
    /// Interpreter with Odoo's requirements.
    pub python: PathBuf,
    /// Further folders of the addons path: the framework's addons and OCA's.
    pub addons_path: Vec<PathBuf>,
    /// `postgres://user:password@host:port` of a role that may create databases.
    pub db_url: String,
    /// What stands in for the external system.
    pub external: External,
    /// Field = value of the backend that is made, over what is found out by itself.
    pub backend: Vec<(String, String)>,
    /// Install, upgrade, test and uninstall, and nothing else: for a module without a backend of its own.
    pub installation_only: bool,
    /// Leave the database and the logs behind.
    pub keep: bool,
}

/// Why a module could not be verified at all. What a module does wrong is no error but in the checklist.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// An option is wrong.
    #[error("{0}")]
    Options(String),
    /// Something could not be read, written or started.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: std::io::Error,
    },
    /// PostgreSQL refused.
    #[error("PostgreSQL: {0}")]
    Database(#[from] sqlx::Error),
    /// Odoo ended although it should run.
    #[error("Odoo ended ({status}) while it {doing}; the end of its log:\n{tail}")]
    Odoo {
        /// What it was started for.
        doing: String,
        /// Exit status.
        status: String,
        /// Last lines of its log.
        tail: String,
    },
    /// A call to the running Odoo failed.
    #[error("Odoo: {0}")]
    Rpc(#[from] odoo_rpc::Error),
}

impl VerifyError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> VerifyError {
        let what = what.into();
        move |error| VerifyError::Io { what, error }
    }
}

/// Verifies a module; `say` is told what is being done.
///
/// # Errors
/// Only for what keeps the module from being verified: no such folder, no Odoo, no database.
pub async fn run(options: &Options, say: &dyn Fn(&str)) -> Result<Checklist, VerifyError> {
    let odoo = Odoo::find(options)?;
    let module = module::Module::read(&options.module)?;
    let database = Database::create(&options.db_url).await?;
    let verified = tokio::select! {
        verified = verify(options, &odoo, &module, &database, say) => verified,
        _ = tokio::signal::ctrl_c() => Err(VerifyError::Options("stopped; the database was dropped".to_owned())),
    };
    if options.keep {
        say(&format!("kept: database {}, files in {}", database.name, odoo.data().display()));
        odoo.keep();
    } else {
        database.drop().await?;
    }
    verified
}

async fn verify(
    options: &Options,
    odoo: &Odoo,
    module: &module::Module,
    database: &Database,
    say: &dyn Fn(&str),
) -> Result<Checklist, VerifyError> {
    let mut list = Checklist::new(&module.name, &odoo.series);
    let installed = installation::install(odoo, module, database, &mut list, say).await?;
    if !installed {
        return Ok(list);
    }
    installation::upgrade(odoo, module, database, &mut list, say).await?;
    installation::test(odoo, module, database, &mut list, say).await?;
    say("start Odoo with its job runner");
    let external = options.external.start(module).await?;
    let server = server::Server::start(odoo, database).await?;
    let used = use_and_remove(options, module, &server, external.as_ref(), &mut list, say).await;
    server.stop().await?;
    used.map(|()| list)
}

async fn use_and_remove(
    options: &Options,
    module: &module::Module,
    server: &server::Server<'_>,
    external: Option<&external::Running>,
    list: &mut Checklist,
    say: &dyn Fn(&str),
) -> Result<(), VerifyError> {
    if !options.installation_only {
        use_module(options, module, server, external, list, say).await?;
    }
    installation::uninstall(server, module, list, say).await
}

async fn use_module(
    options: &Options,
    module: &module::Module,
    server: &server::Server<'_>,
    external: Option<&external::Running>,
    list: &mut Checklist,
    say: &dyn Fn(&str),
) -> Result<(), VerifyError> {
    let (login, password) = server::ADMIN;
    let admin = server.sign_in(login, password).await?;
    let mut subject = subject::Subject::look(&admin, module).await?;
    say("use it as an administrator of the connector");
    configuration::check(&admin, server, &mut subject, options, external, list).await?;
    configuration::check_crons(&admin, module, &subject, list).await?;
    say("import, twice");
    imports::check(&admin, &subject, external, list).await?;
    say("export");
    exports::check(&admin, module, &subject, list).await?;
    say("send webhooks");
    webhooks::check(&admin, server, module, &subject, list).await?;
    say("use it as other users");
    rights::check(&admin, server, module, &subject, list).await
}
