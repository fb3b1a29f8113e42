//! The HTTP server under webhooks, dashboard and API: any router, on a socket, that nobody can bring down with slow or
//! idle connections.
//!
//! [`connections`] counts: with too many of them the one that is idle for longest goes, or the one that does not get on.
//! [`body`] reads a request's body, but not for ever and not all of it. TLS is ended by a proxy in front.

pub mod body;
mod connections;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use connections::{Connection, Connections, Guarded};

/// Time for a connection that has to go to end what it sends.
const FAREWELL: Duration = Duration::from_millis(250);

/// Pause after the system refused a connection for want of something.
const BREATH: Duration = Duration::from_millis(50);

/// How many idle connections go when the process may open no further file.
const MAKE_ROOM: usize = 64;

/// What a server puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// Connections at a time; for a further one the one that is idle for longest has to go. When none is idle, the one
    /// whose request is under way for longest, if that is longer than `patience`.
    pub max_connections: usize,
    /// Time without a request, or for the head of one to arrive.
    pub idle_timeout: Duration,
    /// Time that a request has for itself, its body and its answer included, also when all places are taken.
    pub patience: Duration,
    /// Time for requests under way to end when the server stops.
    pub drain_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 4_096,
            idle_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(20),
        }
    }
}

/// Who is at the other end of a request's connection: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Serves `router` until `shutdown` is over; then takes no further connection, lets requests under way end, and
/// returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: ServerOptions,
    shutdown: impl Future<Output = ()> + Send,
) {
    let connections = Arc::new(Connections::new(options.max_connections, options.patience));
    let mut tasks = JoinSet::new();
    let mut sweep = tokio::time::interval((options.idle_timeout / 4).max(Duration::from_millis(10)));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            _ = sweep.tick() => connections.close_idle_since(options.idle_timeout),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match Connections::admit(&connections) {
                    Some(connection) => drop(tasks.spawn(talk(stream, peer, router.clone(), connection))),
                    None => metrics::counter!("linkspan_http_connections_refused_total").increment(1),
                },
                Err(error) => refused(&error, &connections).await,
            },
            // Takes those out that are over, so that the set does not grow.
            Some(_) = tasks.join_next() => {}
        }
    }
    drop(listener);
    connections.close_all();
    let drained =
        tokio::time::timeout(options.drain_timeout, async { while tasks.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!(connections = tasks.len(), "requests did not end in time and were cut off");
    }
}

/// The system gave no connection: most of the time the other side has hung up already.
async fn refused(error: &std::io::Error, connections: &Connections) {
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    if error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) {
        tracing::warn!("this process may open no further file, so idle connections go; raise its limit");
        connections.close_oldest(MAKE_ROOM);
        tokio::time::sleep(BREATH).await;
    } else if !matches!(
        error.kind(),
        std::io::ErrorKind::ConnectionAborted
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::Interrupted
    ) {
        tracing::warn!(%error, "a connection could not be taken");
        tokio::time::sleep(BREATH).await;
    }
}

/// Serves one connection to its end.
async fn talk(stream: TcpStream, peer: SocketAddr, router: Router, connection: Arc<Connection>) {
    // Without it a small answer may wait for a packet that never comes. It fails only on a connection that is gone.
    let _ = stream.set_nodelay(true);
    let inner = TowerToHyperService::new(router);
    let own = Arc::clone(&connection);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let busy = Connection::busy(&own);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let answer = inner.call(request);
        async move {
            let answer: Result<Response, Infallible> = answer.await;
            answer.map(|answer| answer.map(|body| Guarded::new(body, busy)))
        }
    });
    // Of the server's own limits only the one on idle connections counts, which covers slow heads too.
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    tokio::select! {
        // An error here is the other side's: it hung up, or it does not speak HTTP.
        _ = served.as_mut() => {}
        // It is idle, or sends the last of an answer.
        () = connection.closed() => {
            served.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(FAREWELL, served).await;
        }
    }
}
