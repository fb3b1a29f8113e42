//! Durable intake of webhooks: requests over HTTP on loopback, each answered only after its commit.
//!
//! The server and those who send share this process's processors, as they share a machine's. Two measurements for each
//! store: every sender sends as fast as it is answered; and so many come a second as are wanted (`--rate`), where an
//! answer's time counts from the moment at which its request should have gone out. Prints
//! `<store> max|paced <webhooks a second> p50 <ms> p99 <ms>`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use hmac::{Hmac, Mac};
use linkspan::connectors;
use linkspan::http_server::{ServerOptions, serve};
use linkspan::store::Store;
use linkspan::webhook::receivers::{Known, Registered};
use linkspan::webhook::{Inbox, Receivers, Reception, Refusals, router};
use secrecy::SecretString;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const SECRET: &str = "bench";

/// Records that the webhooks are about.
const RECORDS: usize = 5_000;

#[derive(Parser)]
struct Arguments {
    /// Webhooks each measurement sends.
    #[arg(long, default_value_t = 50_000)]
    count: usize,
    /// Connections that send.
    #[arg(long, default_value_t = 128)]
    senders: usize,
    /// Webhooks a second for the second measurement; without it three quarters of what the first one reached.
    #[arg(long)]
    rate: Option<f64>,
    /// Bytes of a body; 1,700 is an order with three lines.
    #[arg(long, default_value_t = 1_700)]
    bytes: usize,
    /// Folder for the SQLite file: a real disk, not memory.
    #[arg(long, default_value = ".")]
    folder: std::path::PathBuf,
    /// An empty PostgreSQL database or schema, to be measured too.
    #[arg(long, env = "LINKSPAN_BENCH_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
}

/// `words` begin with the name of the task.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let arguments = Arguments::parse_from(words);
    tokio::runtime::Runtime::new()?.block_on(async {
        let file = tempfile::Builder::new().prefix("linkspan-bench-").tempdir_in(&arguments.folder)?;
        let url = format!("sqlite:{}", file.path().join("linkspan.db").display());
        measure("sqlite", &url, &arguments).await?;
        if let Some(url) = &arguments.postgres {
            measure("postgres", url, &arguments).await?;
        }
        Ok(())
    })
}

async fn measure(name: &str, url: &str, arguments: &Arguments) -> Result<()> {
    let store = Store::open(url).await?;
    let address = start(store.clone()).await?;
    let most = print(name, "max", send(&address, arguments, None).await?);
    let rate = arguments.rate.unwrap_or(most * 0.75);
    print(name, "paced", send(&address, arguments, Some(rate)).await?);
    let stored: i64 = store.inbox_counts(0).await?.iter().map(|counts| counts.queued).sum();
    ensure!(
        stored == 2 * arguments.count as i64,
        "{stored} webhooks are stored, {} were acknowledged",
        2 * arguments.count
    );
    Ok(())
}

/// Prints one measurement; gives the webhooks a second.
fn print(store: &str, measurement: &str, (seconds, mut times): (f64, Vec<Duration>)) -> f64 {
    times.sort_unstable();
    let rate = times.len() as f64 / seconds;
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1_000.0;
    println!("{store} {measurement} {rate:.0} p50 {:.2} p99 {:.2}", at(0.5), at(0.99));
    rate
}

/// The webhooks' address as `host:port`.
async fn start(store: Store) -> Result<String> {
    let definition = connectors::shipped("woocommerce").context("WooCommerce is shipped")??;
    let webhooks = definition.webhooks.as_ref().context("WooCommerce has webhooks")?;
    let secrets = BTreeMap::from([("webhook_secret".to_owned(), SecretString::from(SECRET))]);
    let entities = ["order".to_owned()];
    let known = Known {
        webhooks,
        settings: &BTreeMap::new(),
        secrets: &secrets,
        entities: &entities,
        ips: &[],
        public_url: None,
    };
    let mut receivers = Receivers::default();
    receivers.insert("shop", Registered::new("shop", &known));
    let refusals = Refusals::new(store.clone());
    let limits = (5 << 20, Duration::from_secs(10));
    let reception = Reception::new(Arc::new(receivers), Inbox::start(store), refusals, limits);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(serve(listener, router(reception), ServerOptions::default(), std::future::pending()));
    Ok(address)
}

/// Sends all webhooks; with a rate each at its own moment. Gives the seconds it took and each one's time.
async fn send(address: &str, arguments: &Arguments, rate: Option<f64>) -> Result<(f64, Vec<Duration>)> {
    // Made beforehand: what a sender computes is not what is measured.
    let run = if rate.is_some() { "paced" } else { "max" };
    let requests: Arc<Vec<Vec<u8>>> =
        Arc::new((0..arguments.count).map(|number| request(run, number, arguments.bytes)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now() + Duration::from_millis(50);
    let mut senders = Vec::new();
    for _ in 0..arguments.senders {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        senders.push(tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(number) else { return anyhow::Ok(times) };
                let due = rate.map(|rate| began + Duration::from_secs_f64(number as f64 / rate));
                if let Some(due) = due {
                    tokio::time::sleep_until(due.into()).await;
                }
                let sent = due.unwrap_or_else(Instant::now);
                stream.write_all(request).await?;
                acknowledged(&mut stream).await?;
                times.push(sent.elapsed());
            }
        }));
    }
    let mut times = Vec::with_capacity(arguments.count);
    for sender in senders {
        times.extend(sender.await??);
    }
    Ok((began.elapsed().as_secs_f64(), times))
}

fn request(run: &str, number: usize, bytes: usize) -> Vec<u8> {
    let body = format!(r#"{{"id":{},"number":"{number}","note":"{}"}}"#, number % RECORDS, "x".repeat(bytes));
    let signature = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).map(|mut mac| {
        mac.update(body.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    });
    format!(
        "POST /webhooks/shop HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
         X-WC-Webhook-Topic: order.updated\r\nX-WC-Webhook-Delivery-ID: {run}-{number}\r\n\
         X-WC-Webhook-Signature: {}\r\nContent-Length: {}\r\n\r\n{body}",
        signature.unwrap_or_default(),
        body.len()
    )
    .into_bytes()
}

/// Reads one answer, which must say 200.
async fn acknowledged(stream: &mut TcpStream) -> Result<()> {
    let (mut answer, mut read) = ([0; 1_024], 0);
    while !answer[..read].ends_with(b"\r\n\r\n") {
        let more = stream.read(&mut answer[read..]).await?;
        ensure!(more > 0, "not acknowledged: {}", String::from_utf8_lossy(&answer[..read]));
        read += more;
    }
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "refused: {}", String::from_utf8_lossy(&answer[..read]));
    Ok(())
}
