//! The HTTP server: idle, slow and broken connections, and an end without losses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use linkspan::http_server::{Peer, ServerOptions, serve};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// A server with `/` (answers the peer's address), `/slow`, which answers when it is let go, `/form`, which wants a body, and
/// `/large`, which answers more than a socket holds.
struct Server {
    address: SocketAddr,
    begun: Arc<Notify>,
    go: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

async fn server(options: ServerOptions) -> Server {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waits) = (Arc::clone(&begun), Arc::clone(&go));
    let slow = move || async move {
        told.notify_one();
        waits.notified().await;
        "done"
    };
    let router = Router::new()
        .route("/", get(|Extension(peer): Extension<Peer>| async move { peer.0.to_string() }))
        .route("/slow", get(slow))
        .route("/form", post(|body: String| async move { body }))
        .route("/large", get(|| async { vec![b'a'; 64 * 1024 * 1024] }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(listener, router, options, async move { drop(stopped.await) }));
    Server { address, begun, go, stop: Some(stop), task }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn ask(mut stream: &TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
}

/// One answer, or nothing when the server has closed.
fn answer(mut stream: &TcpStream) -> String {
    let mut buffer = [0; 4096];
    let read = stream.read(&mut buffer).unwrap_or(0);
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_told_who_asks() {
    let server = server(ServerOptions::default()).await;
    let stream = connect(server.address);
    for _ in 0..3 {
        ask(&stream, "/");
        assert!(answer(&stream).ends_with(&stream.local_addr().unwrap().to_string()), "on one connection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_that_is_idle_for_longest_makes_room() {
    let server = server(ServerOptions { max_connections: 3, ..ServerOptions::default() }).await;
    let streams: Vec<TcpStream> = (0..3).map(|_| connect(server.address)).collect();
    for stream in &streams {
        ask(stream, "/");
        assert!(answer(stream).starts_with("HTTP/1.1 200"));
    }
    // The first one is used again, so the second is idle for longest.
    ask(&streams[0], "/");
    assert!(answer(&streams[0]).starts_with("HTTP/1.1 200"));
    let further = connect(server.address);
    ask(&further, "/");
    assert!(answer(&further).starts_with("HTTP/1.1 200"));
    assert_eq!(answer(&streams[1]), "", "closed");
    for stream in [&streams[0], &streams[2], &further] {
        ask(stream, "/");
        assert!(answer(stream).starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_never_makes_room() {
    let server = server(ServerOptions { max_connections: 1, ..ServerOptions::default() }).await;
    let working = connect(server.address);
    ask(&working, "/slow");
    server.begun.notified().await;
    assert_eq!(answer(&connect(server.address)), "", "a further one is refused");
    server.go.notify_one();
    assert!(answer(&working).ends_with("done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_and_an_answer_that_nobody_reads_make_room() {
    let patience = Duration::from_millis(300);
    let server = server(ServerOptions { max_connections: 2, patience, ..ServerOptions::default() }).await;
    let (mut dribbling, mut deaf) = (connect(server.address), connect(server.address));
    dribbling.write_all(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na").unwrap();
    deaf.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    tokio::time::sleep(patience / 3).await;
    assert_eq!(answer(&connect(server.address)), "", "they have only begun");
    tokio::time::sleep(patience).await;
    for _ in 0..2 {
        let stream = connect(server.address);
        ask(&stream, "/");
        assert!(answer(&stream).starts_with("HTTP/1.1 200"));
    }
    assert_eq!(answer(&dribbling), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_and_slow_heads_are_closed() {
    let options = ServerOptions { idle_timeout: Duration::from_millis(200), ..ServerOptions::default() };
    let server = server(options).await;
    let (silent, slow, used) = (connect(server.address), connect(server.address), connect(server.address));
    (&slow).write_all(b"GET / HT").unwrap();
    ask(&used, "/");
    assert!(answer(&used).starts_with("HTTP/1.1 200"));
    for stream in [&silent, &slow, &used] {
        assert_eq!(answer(stream), "");
    }
    // A request under way is not idle, however long it takes.
    let working = connect(server.address);
    ask(&working, "/slow");
    server.begun.notified().await;
    assert_eq!(answer(&connect(server.address)), "", "this one came later and went sooner");
    server.go.notify_one();
    assert!(answer(&working).ends_with("done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_stops_nobody() {
    let server = server(ServerOptions::default()).await;
    for nonsense in
        [&b"\x16\x03\x01\x02\x00"[..], b"\r\n\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", &[b'a'; 100_000]]
    {
        let mut stream = connect(server.address);
        let _ = stream.write_all(nonsense);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let said = answer(&stream);
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 4") || said.starts_with("HTTP/1.1 5"),
            "{said}"
        );
    }
    let stream = connect(server.address);
    ask(&stream, "/");
    assert!(answer(&stream).starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_what_was_begun_and_takes_nothing_more() {
    let mut server = server(ServerOptions::default()).await;
    let (idle, working) = (connect(server.address), connect(server.address));
    ask(&idle, "/");
    assert!(answer(&idle).starts_with("HTTP/1.1 200"));
    ask(&working, "/slow");
    server.begun.notified().await;
    drop(server.stop.take());
    assert_eq!(answer(&idle), "", "idle ones are closed at once");
    assert!(TcpStream::connect(server.address).is_err(), "nobody listens any more");
    server.go.notify_one();
    assert!(answer(&working).ends_with("done"));
    server.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_end_is_cut_off_after_the_drain() {
    let options = ServerOptions { drain_timeout: Duration::from_millis(100), ..ServerOptions::default() };
    let mut server = server(options).await;
    let working = connect(server.address);
    ask(&working, "/slow");
    server.begun.notified().await;
    drop(server.stop.take());
    server.task.await.unwrap();
    assert_eq!(answer(&working), "");
}
