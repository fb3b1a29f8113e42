//! `linkspan serve` and `linkspan work`

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::backend;
use super::failure::Failure;
use super::output::Output;
use crate::service::{Service, http};
use crate::store::Store;
use crate::sync::LeaseGuard;

/// Keep all backends in sync with Odoo: webhooks, schedules, jobs, dashboard. Ends on SIGTERM or Ctrl-C.
///
/// With a store on PostgreSQL any number of nodes may run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  linkspan serve\n  linkspan serve --listen 0.0.0.0:8710")]
pub(super) struct Serve {
    /// Address and port; port 0 takes a free one. An address that is open to others needs an account with a password.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8710")]
    listen: SocketAddr,
}

/// Work on jobs only: a further node beside `linkspan serve`, on the same PostgreSQL. Ends on SIGTERM or Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linkspan work")]
pub(super) struct Work {}

pub(super) async fn serve(arguments: &Serve, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let store = backend::store(&config).await?;
    let alone = only_node(&store).await?;
    let (stop, stopping) = watch::channel(false);
    let service = Service::open(&config, store.clone(), "serve", stopping.clone()).await?;
    let listener = listen(arguments.listen).await?;
    let address = listener.local_addr().map_err(|error| Failure::server(error.to_string()))?;
    let router = http::router(store.clone(), stopping.clone());
    output.line(format!("listening on http://{address}"));
    let web = tokio::spawn(serve_http(listener, router, stopping));
    let signal = tokio::spawn(stop_on_signal(stop));
    service.run().await?;
    signal.abort();
    web.await.map_err(|error| Failure::server(format!("the web server ended: {error}")))?;
    if let Some(alone) = alone {
        alone.release().await?;
    }
    output.line("stopped");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn work(_: &Work, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let config = backend::config(path)?;
    let store = backend::store(&config).await?;
    if !store.serves_many_nodes() {
        return Err(Failure::config(
            "the store is a SQLite file, which serves one node: `linkspan serve` works on its jobs already. Several nodes need `url` under [store] to be a postgres:// address",
        ));
    }
    let (stop, stopping) = watch::channel(false);
    let service = Service::open(&config, store, "work", stopping).await?;
    output.line("working");
    let signal = tokio::spawn(stop_on_signal(stop));
    service.run().await?;
    signal.abort();
    output.line("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn only_node(store: &Store) -> Result<Option<LeaseGuard>, Failure> {
    if store.serves_many_nodes() { Ok(None) } else { Ok(Some(LeaseGuard::only_node(store).await?)) }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::config(format!(
            "{address} cannot be listened on: {error}. Choose another with --listen; port 0 takes a free one"
        ))
    })
}

async fn serve_http(listener: TcpListener, router: axum::Router, mut stopping: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the web server ended");
    }
}

/// The first signal asks to end what was begun; a second one ends the process.
async fn stop_on_signal(stop: watch::Sender<bool>) {
    terminated().await;
    tracing::info!("stopping: what was begun is ended, nothing more is taken");
    stop.send_replace(true);
    terminated().await;
    std::process::exit(130);
}

async fn terminated() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = interrupted => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(interrupted.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}
