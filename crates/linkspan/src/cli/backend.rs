//! Opens what the commands work on: the store, the external system, Odoo, a session of both.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::exchange_log::ExchangeLog;
use super::failure::Failure;
use crate::adapter::{Adapter, AdapterOptions, Limits, RetryPolicy};
use crate::config::{self, Config};
use crate::definition::model::{Definition, Scalar};
use crate::store::Lease;
use crate::store::Store;
use crate::store::redact::Redactor;
use crate::sync::{Mode, OdooContext, Parts, Progress, Session};

/// A backend with its secrets read and its adapter made; Odoo is not asked yet.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) definition: Arc<Definition>,
    pub(super) settings: BTreeMap<String, Value>,
    pub(super) adapter: Adapter,
    pub(super) context: OdooContext,
    pub(super) log: Arc<ExchangeLog>,
    log_task: JoinHandle<()>,
    redactor: Redactor,
}

/// The configuration at `path`.
pub(super) fn config(path: &Path) -> Result<Config, Failure> {
    if !path.exists() {
        return Err(Failure::config(format!(
            "there is no configuration {}. Write one (docs/config.md shows how), or name it with --config",
            path.display()
        )));
    }
    Ok(Config::load(path)?)
}

/// The configuration's store.
pub(super) async fn store(config: &Config) -> Result<Store, Failure> {
    Ok(Store::open(config.store_url()?.expose_secret()).await?)
}

/// Opens the external system of a configured backend.
pub(super) fn open(backend: &config::Backend, store: &Store) -> Result<Opened, Failure> {
    let context = OdooContext {
        company: backend.company,
        lang: backend.lang.clone(),
        timezone: backend.timezone.clone(),
    };
    let secrets = backend.secrets()?;
    Opened::new(&backend.name, Arc::clone(&backend.definition), &backend.settings, &secrets, context, store)
}

impl Opened {
    /// Opens an external system from its parts.
    pub(super) fn new(
        name: &str,
        definition: Arc<Definition>,
        settings: &BTreeMap<String, Scalar>,
        secrets: &BTreeMap<String, SecretString>,
        context: OdooContext,
        store: &Store,
    ) -> Result<Opened, Failure> {
        let redactor = Redactor::new(secrets.values(), std::iter::empty());
        let (log, log_task) = ExchangeLog::start(store.clone(), name.to_owned(), redactor.clone());
        let options = AdapterOptions {
            backend: name.to_owned(),
            limits: Limits::default(),
            observer: Some(log.clone()),
            retry: RetryPolicy::default(),
        };
        let adapter = Adapter::new(Arc::clone(&definition), settings, secrets, options)?;
        let settings = settings_of(&definition, settings);
        Ok(Opened { name: name.to_owned(), definition, settings, adapter, context, log, log_task, redactor })
    }

    /// A session with this Odoo.
    pub(super) async fn session(
        &self,
        odoo: odoo_rpc::Client,
        store: &Store,
        mode: Mode,
        lease: Option<Lease>,
        progress: Arc<dyn Progress>,
    ) -> Result<Session, Failure> {
        let parts = Parts {
            backend: self.name.clone(),
            definition: Arc::clone(&self.definition),
            settings: self.settings.clone(),
            adapter: self.adapter.clone(),
            odoo,
            context: self.context.clone(),
            store: store.clone(),
            mode,
            lease,
            progress,
            redactor: self.redactor.clone(),
        };
        Ok(Session::open(parts).await?)
    }

    /// Waits until every failed exchange is in the log. All sessions must be gone.
    pub(super) async fn close(self) {
        let Opened { adapter, log, log_task, .. } = self;
        drop((adapter, log));
        // A log that cannot be written has warned already.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), log_task).await;
    }
}

/// Settings as expressions see them: optional ones that are not given are None.
fn settings_of(definition: &Definition, given: &BTreeMap<String, Scalar>) -> BTreeMap<String, Value> {
    let default =
        |name: &String| definition.settings[name].default.as_ref().map_or(Value::Null, Scalar::to_json);
    definition
        .settings
        .keys()
        .map(|name| (name.clone(), given.get(name).map_or_else(|| default(name), Scalar::to_json)))
        .collect()
}

/// Connects to an Odoo of the configuration.
pub(super) async fn connect(odoo: &config::Odoo) -> Result<odoo_rpc::Client, Failure> {
    let url =
        odoo.url.parse().map_err(|error| Failure::config(format!("{} is no address: {error}", odoo.url)))?;
    let mut wanted = odoo_rpc::Config::new(url, &odoo.database, &odoo.login, odoo.secret.read()?);
    wanted.protocol = odoo.protocol.map(|protocol| match protocol {
        config::Protocol::Json2 => odoo_rpc::Protocol::Json2,
        config::Protocol::Jsonrpc => odoo_rpc::Protocol::JsonRpc,
        config::Protocol::Xmlrpc => odoo_rpc::Protocol::XmlRpc,
    });
    wanted.timeout = odoo.timeout;
    wanted.max_concurrency = usize::try_from(odoo.max_concurrency).unwrap_or(usize::MAX);
    if let Some((calls, per)) = odoo.rate {
        wanted.rate = Some(odoo_rpc::Rate { calls, per });
    }
    odoo_rpc::Client::connect(wanted).await.map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message = format!(
            "Odoo `{}` (database {}, login {}): {}",
            odoo.name, odoo.database, odoo.login, failure.message
        );
        failure
    })
}
