//! Opens what commands and the service work on: the external system, Odoo, a session of both.

mod exchange_log;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::task::JoinHandle;

use exchange_log::ExchangeLog;

use crate::adapter::{Adapter, AdapterOptions, Limits, RetryPolicy};
use crate::config;
use crate::definition::model::{Definition, Scalar};
use crate::store::Lease;
use crate::store::Store;
use crate::store::redact::Redactor;
use crate::sync::{Mode, OdooContext, Parts, Progress, Session, SyncError};

/// A backend with its secrets read and its adapter made; Odoo is not asked yet.
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) definition: Arc<Definition>,
    pub(crate) settings: BTreeMap<String, Value>,
    pub(crate) adapter: Adapter,
    pub(crate) context: OdooContext,
    pub(crate) log: Arc<ExchangeLog>,
    log_task: JoinHandle<()>,
    redactor: Redactor,
}

/// Which limits hold, and how long a request is tried.
#[derive(Clone, Default)]
pub(crate) struct Patience {
    pub(crate) limits: Limits,
    pub(crate) retry: RetryPolicy,
}

/// Opens the external system of a configured backend.
pub(crate) fn open(backend: &config::Backend, store: &Store) -> Result<Opened, SyncError> {
    open_with(backend, store, Patience::default())
}

fn open_with(backend: &config::Backend, store: &Store, patience: Patience) -> Result<Opened, SyncError> {
    let context = OdooContext {
        company: backend.company,
        lang: backend.lang.clone(),
        timezone: backend.timezone.clone(),
    };
    let secrets = backend.secrets().map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        SyncError::Config(texts.join("\n"))
    })?;
    let definition = Arc::clone(&backend.definition);
    Opened::new(&backend.name, definition, &backend.settings, &secrets, context, store, patience)
}

/// The same for the service, whose jobs wait in the queue and not in a worker: a request is tried twice and waits at
/// most `patience` for limits.
pub(crate) fn open_patient(
    backend: &config::Backend,
    store: &Store,
    limits: Limits,
    patience: Duration,
) -> Result<Opened, SyncError> {
    let retry = RetryPolicy { attempts: 2, longest_wait: patience, ..RetryPolicy::default() };
    open_with(backend, store, Patience { limits, retry })
}

impl Opened {
    /// Opens an external system from its parts.
    pub(crate) fn new(
        name: &str,
        definition: Arc<Definition>,
        settings: &BTreeMap<String, Scalar>,
        secrets: &BTreeMap<String, SecretString>,
        context: OdooContext,
        store: &Store,
        patience: Patience,
    ) -> Result<Opened, SyncError> {
        let redactor = Redactor::new(secrets.values(), std::iter::empty());
        let (log, log_task) = ExchangeLog::start(store.clone(), name.to_owned(), redactor.clone());
        let Patience { limits, retry } = patience;
        let options = AdapterOptions {
            backend: name.to_owned(),
            limits,
            observer: Some(log.clone()),
            retry,
            tokens: Some(Arc::new(store.clone())),
        };
        let adapter = Adapter::new(Arc::clone(&definition), settings, secrets, options)?;
        let settings = settings_of(&definition, settings);
        Ok(Opened { name: name.to_owned(), definition, settings, adapter, context, log, log_task, redactor })
    }

    /// A session of a node, whose leases come and go, with a definition that may be narrower than the backend's.
    pub(crate) async fn session_with(
        &self,
        definition: Arc<Definition>,
        odoo: odoo_rpc::Client,
        store: &Store,
        mode: Mode,
        progress: Arc<dyn Progress>,
    ) -> Result<Session, SyncError> {
        let parts = Parts { definition, ..self.parts(odoo, store, mode, None, progress) };
        Session::open(parts).await
    }

    /// A session with this Odoo.
    pub(crate) async fn session(
        &self,
        odoo: odoo_rpc::Client,
        store: &Store,
        mode: Mode,
        lease: Option<Lease>,
        progress: Arc<dyn Progress>,
    ) -> Result<Session, SyncError> {
        Session::open(self.parts(odoo, store, mode, lease, progress)).await
    }

    fn parts(
        &self,
        odoo: odoo_rpc::Client,
        store: &Store,
        mode: Mode,
        lease: Option<Lease>,
        progress: Arc<dyn Progress>,
    ) -> Parts {
        Parts {
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
        }
    }

    /// Waits until every failed exchange is in the log. All sessions must be gone.
    pub(crate) async fn close(self) {
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
pub(crate) async fn connect(odoo: &config::Odoo) -> Result<odoo_rpc::Client, SyncError> {
    let url = odoo
        .url
        .parse()
        .map_err(|error| SyncError::Config(format!("{} is no address: {error}", odoo.url)))?;
    let secret = odoo.secret.read().map_err(|error| SyncError::Config(error.to_string()))?;
    let mut wanted = odoo_rpc::Config::new(url, &odoo.database, &odoo.login, secret);
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
    odoo_rpc::Client::connect(wanted).await.map_err(|source| SyncError::Connect {
        name: odoo.name.clone(),
        database: odoo.database.clone(),
        login: odoo.login.clone(),
        source: Box::new(source),
    })
}
