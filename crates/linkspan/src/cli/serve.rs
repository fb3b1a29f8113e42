//! `linkspan serve` and `linkspan work`

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use super::signals::{terminated, told, unless_terminated};
use crate::config::Config;
use crate::dashboard::{self, BackendFacts, BrokenBackend, Dashboard, Parts, TestConnection};
use crate::http_server::{self, ServerOptions};
use crate::service::{self, Looking, Service, http, odoo_push};
use crate::store::{Store, StoreError};
use crate::sync::LeaseGuard;
use crate::webhook::{Inbox, Receivers, Reception, Refusals, inbox, receive, refusals};

/// Keep all backends in sync with Odoo: webhooks, schedules, jobs, dashboard. Ends on SIGTERM or Ctrl-C.
///
/// SIGHUP reads the configuration again; one with problems is told of, and the one before holds.
/// With a store on PostgreSQL any number of nodes may run. With --json one object is printed, in one line, once
/// the service listens: `listening` is its address.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  linkspan serve\n  linkspan serve --listen 0.0.0.0:8710\n  linkspan serve --listen 127.0.0.1:0 --json"
)]
pub(super) struct Serve {
    /// Address and port instead of the configuration's; port 0 takes a free one. An address that is open to others
    /// needs an account with a password.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Work on jobs only: a further node beside `linkspan serve`, on the same PostgreSQL. Ends on SIGTERM or Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  linkspan work\n  linkspan work --json")]
pub(super) struct Work {}

pub(super) async fn serve(arguments: &Serve, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let reading = Reading { path, listen: arguments.listen };
    let mut next = Some(Next { config: backend::config(path)?, socket: None });
    let mut is_first = true;
    while let Some(Next { config, socket }) = next {
        let running = start(&config, address(arguments.listen, &config)?, socket).await?;
        if std::mem::take(&mut is_first) {
            output.line(format!("listening on {}", running.url));
            output.object_line(&json!({ "listening": running.url }));
        } else {
            tracing::info!(listening = running.url, "the configuration was read again and holds from now on");
        }
        next = running.until_told(Some(reading)).await?;
    }
    output.line("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The configuration that holds next, and the socket that stays open in between, so that no webhook is refused.
struct Next {
    config: Config,
    socket: Option<std::net::TcpListener>,
}

/// Where the configuration is read again.
#[derive(Debug, Clone, Copy)]
struct Reading<'p> {
    path: &'p Path,
    listen: Option<SocketAddr>,
}

impl Reading<'_> {
    /// The configuration as it is now, if it can be served instead of one that is served at `address` with `socket`.
    async fn next(self, address: SocketAddr, socket: &std::net::TcpListener) -> Result<Next, Failure> {
        let config = backend::config(self.path)?;
        let wanted = self::address(self.listen, &config)?;
        let store = backend::store(&config).await?;
        dashboard::check_exposure(wanted, store.has_account().await?).map_err(Failure::config)?;
        let socket = match wanted == address {
            true => socket.try_clone().map_err(no_socket)?,
            false => listen(wanted).await?,
        };
        Ok(Next { config, socket: Some(socket) })
    }
}

/// Somebody to whom the service is shown.
pub(super) struct Guest {
    /// What a script has to know of the shop.
    pub(super) shop: Value,
}

/// Serves this configuration until it is told to stop. The guest gets a link that lets them in once.
pub(super) async fn show(
    config: &Config,
    address: SocketAddr,
    guest: Guest,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let running = start(config, address, None).await?;
    let link = running.dashboard.sign_in_link(&running.url).await?;
    output.line(format!("listening on {}", running.url));
    output.line(format!("dashboard, signed in once: {link}"));
    output.object_line(&json!({ "listening": running.url, "sign_in": link, "shop": guest.shop }));
    running.until_told(None).await?;
    output.line("stopped");
    Ok(ExitCode::SUCCESS)
}

/// A service that runs in this process.
pub(super) struct Running {
    /// Where it listens: `http://127.0.0.1:1234`.
    pub(super) url: String,
    dashboard: Dashboard,
    /// What was asked for, and the socket of it: with port 0 that has another one.
    address: SocketAddr,
    socket: std::net::TcpListener,
    stop: watch::Sender<bool>,
    forgetting: JoinHandle<()>,
    work: JoinHandle<Result<(), StoreError>>,
    web: JoinHandle<()>,
    alone: Option<LeaseGuard>,
}

/// Starts the service; it listens when this returns, on `socket` if there is one already.
pub(super) async fn start(
    config: &Config,
    address: SocketAddr,
    socket: Option<std::net::TcpListener>,
) -> Result<Running, Failure> {
    let store = backend::store(config).await?;
    let alone = only_node(&store).await?;
    let (stop, stopping) = watch::channel(false);
    let service = Service::open(config, store.clone(), "serve", stopping.clone()).await?;
    dashboard::check_exposure(address, store.has_account().await?).map_err(Failure::config)?;
    let socket = match socket {
        Some(socket) => socket,
        None => listen(address).await?,
    };
    let listener = TcpListener::from_std(socket.try_clone().map_err(no_socket)?).map_err(no_socket)?;
    let url = format!("http://{}", listener.local_addr().map_err(no_socket)?);
    let receivers = receivers(config, &store).await?;
    let dashboard = dashboard(config, &service, &store, &receivers);
    let router = http::router(store.clone(), &service, stopping.clone())
        .merge(webhooks(config, &store, receivers))
        .merge(odoo_push::router(service.backends(), store.clone()))
        .merge(dashboard::router(dashboard.clone()));
    let web = tokio::spawn(serve_http(listener, router, stopping));
    let work = tokio::spawn(service.run());
    let forgetting = tokio::spawn(inbox::forget_old(store, config.service().inbox_days));
    Ok(Running { url, dashboard, address, socket, stop, forgetting, work, web, alone })
}

impl Running {
    /// Ends what was begun and takes nothing more.
    pub(super) async fn end(self) -> Result<(), Failure> {
        self.stop.send_replace(true);
        drop(self.socket);
        ended(self.work, self.web, self.forgetting, self.alone).await
    }

    /// Serves until a signal asks for the end; gives what comes next where it asked to read the configuration again.
    async fn until_told(self, reading: Option<Reading<'_>>) -> Result<Option<Next>, Failure> {
        let Running { address, socket, stop, forgetting, work, web, alone, .. } = self;
        let asked = async {
            match reading {
                Some(reading) => told(async || reading.next(address, &socket).await).await,
                None => {
                    terminated().await;
                    None
                }
            }
        };
        let ended = ended(work, web, forgetting, alone);
        tokio::pin!(ended);
        let next = tokio::select! {
            // A part of it failed.
            early = &mut ended => return early.map(|()| None),
            next = asked => next,
        };
        drop(socket);
        stop.send_replace(true);
        unless_terminated(ended).await?;
        Ok(next)
    }
}

/// Returns when all parts have ended, which they do when they are told to stop.
async fn ended(
    work: JoinHandle<Result<(), StoreError>>,
    web: JoinHandle<()>,
    forgetting: JoinHandle<()>,
    alone: Option<LeaseGuard>,
) -> Result<(), Failure> {
    let lost = |error| Failure::server(format!("a part of the service ended: {error}"));
    work.await.map_err(lost)??;
    web.await.map_err(lost)?;
    forgetting.abort();
    if let Some(alone) = alone {
        alone.release().await?;
    }
    Ok(())
}

pub(super) async fn work(_: &Work, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let mut next = Some(backend::config(path)?);
    let mut is_first = true;
    while let Some(config) = next {
        let store = backend::store(&config).await?;
        if !store.serves_many_nodes() {
            return Err(Failure::config(
                "the store is a SQLite file, which serves one node: `linkspan serve` works on its jobs already. Several nodes need `url` under [store] to be a postgres:// address",
            ));
        }
        let (stop, stopping) = watch::channel(false);
        let service = Service::open(&config, store, "work", stopping).await?;
        let backends: Vec<&str> = service.backends().iter().map(|backend| backend.name()).collect();
        if std::mem::take(&mut is_first) {
            output.line("working");
            output.object_line(&json!({ "working": backends }));
        } else {
            tracing::info!(?backends, "the configuration was read again and holds from now on");
        }
        let working = service.run();
        tokio::pin!(working);
        next = tokio::select! {
            // A part of it failed.
            ended = &mut working => return ended.map(|()| ExitCode::SUCCESS).map_err(Failure::from),
            next = told(async || backend::config(path)) => next,
        };
        stop.send_replace(true);
        unless_terminated(working).await?;
    }
    output.line("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn only_node(store: &Store) -> Result<Option<LeaseGuard>, Failure> {
    if store.serves_many_nodes() { Ok(None) } else { Ok(Some(LeaseGuard::only_node(store).await?)) }
}

/// Where to listen: what was asked for, else what the configuration says.
pub(super) fn address(asked: Option<SocketAddr>, config: &Config) -> Result<SocketAddr, Failure> {
    let configured = &config.service().listen;
    let parsed = asked.map_or_else(|| configured.parse(), Ok);
    parsed.map_err(|_| {
        Failure::config(format!(
            "`listen = \"{configured}\"` under [service] is no address with a port; write 127.0.0.1:8710"
        ))
    })
}

fn dashboard(config: &Config, service: &Service, store: &Store, receivers: &Arc<Receivers>) -> Dashboard {
    let looking = Arc::new(Looking::new(service.backends().to_vec(), store.clone()));
    // Those that cannot be opened too, because a secret is missing for instance: there is an alert to be mended.
    let (mut backends, mut broken) = (Vec::new(), Vec::new());
    for name in config.backend_names() {
        match config.backend(name) {
            Ok(backend) => backends.push(BackendFacts::of(&backend)),
            Err(report) => broken.push(BrokenBackend { name: name.to_owned(), error: report.to_string() }),
        }
    }
    let https = config.service().public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let test: Arc<dyn TestConnection> = looking.clone();
    Dashboard::new(Parts {
        store: store.clone(),
        backends,
        broken,
        inspect: Some(looking),
        test: Some(test),
        receivers: Some(Arc::clone(receivers)),
        https,
    })
}

/// Who webhooks may come from. A backend whose webhooks cannot be verified gets an alert, until it starts without that
/// problem; the others go on.
async fn receivers(config: &Config, store: &Store) -> Result<Arc<Receivers>, Failure> {
    let receivers = Receivers::from_config(config);
    for (backend, state, reason) in receivers.states() {
        let broken = format!("webhooks:{backend}");
        match reason.filter(|_| state == "broken") {
            Some(reason) => store.raise_alert(&broken, backend, reason).await?,
            None => drop(store.clear_alert(&broken).await?),
        }
        if state == "without" {
            store.clear_alert(&refusals::alert_name(backend)).await?;
        }
    }
    Ok(Arc::new(receivers))
}

/// The route that takes webhooks.
fn webhooks(config: &Config, store: &Store, receivers: Arc<Receivers>) -> axum::Router {
    let service = config.service();
    let timeout = Duration::from_millis(service.webhook_timeout_ms);
    let inbox = Inbox::start(store.clone());
    let refusals = Refusals::new(store.clone());
    receive::router(Reception::new(receivers, inbox, refusals, (service.webhook_max_bytes, timeout)))
}

async fn listen(address: SocketAddr) -> Result<std::net::TcpListener, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::config(format!(
            "{address} cannot be listened on: {error}. Choose another with --listen; port 0 takes a free one"
        ))
    })?;
    listener.into_std().map_err(no_socket)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn no_socket(error: std::io::Error) -> Failure {
    Failure::server(error.to_string())
}

async fn serve_http(listener: TcpListener, router: axum::Router, mut stopping: watch::Receiver<bool>) {
    http_server::serve(listener, router, ServerOptions::default(), service::stopped(&mut stopping)).await;
}
