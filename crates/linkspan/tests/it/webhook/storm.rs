//! Many at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

use super::{Plan, SECRET, Service, sign};
use crate::store::TestStore;

pub(crate) const WEBHOOKS: usize = 1_000;
pub(crate) const TIMES: usize = 100;
const SENDERS: usize = 50;
/// What all webhooks tell of.
pub(crate) const RECORDS: usize = 400;

/// The same 1,000 webhooks 100 times in random order by 50 senders: one row each, one job for each record, and every one
/// of them acknowledged.
async fn storm(test: TestStore, times: usize) {
    let service = Service::on(test, Plan::default()).await;
    let request = |number: usize| {
        let body = format!(r#"{{"id":{},"n":{number}}}"#, number % RECORDS);
        signed("/webhooks/shop", SECRET, "order.updated", &format!("d{number}"), &body)
    };
    send(service.address(), (0..WEBHOOKS).map(request).collect(), times).await;
    let stored: BTreeSet<String> =
        service.deliveries().await.into_iter().filter_map(|one| one.delivery).collect();
    assert_eq!((service.deliveries().await.len(), stored.len()), (WEBHOOKS, WEBHOOKS));
    let records: BTreeSet<String> = service.jobs().await.into_iter().map(|job| job.record).collect();
    assert_eq!((service.jobs().await.len(), records.len()), (RECORDS, RECORDS));
}

/// Sends every request so many times, in random order, by 50 senders at a time; each is acknowledged.
pub(crate) async fn send(address: &str, requests: Vec<Vec<u8>>, times: usize) {
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let mut order: Vec<usize> = (0..requests.len()).cycle().take(requests.len() * times).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    let (order, requests, next) = (Arc::new(order), Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let senders = (0..SENDERS).map(|_| {
        let (order, requests, next) = (Arc::clone(&order), Arc::clone(&requests), Arc::clone(&next));
        let address = address.to_owned();
        tokio::spawn(async move {
            let mut stream = BufStream::new(TcpStream::connect(address).await.unwrap());
            while let Some(number) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                stream.write_all(&requests[*number]).await.unwrap();
                stream.flush().await.unwrap();
                acknowledged(&mut stream).await;
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
}

/// The request of one webhook, ready to be sent as often as it takes.
pub(crate) fn signed(path: &str, secret: &str, topic: &str, delivery: &str, body: &str) -> Vec<u8> {
    let signature = sign(secret, body.as_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nX-WC-Webhook-Topic: {topic}\r\n\
         X-WC-Webhook-Delivery-ID: {delivery}\r\nX-WC-Webhook-Signature: {signature}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads one answer, which must say 200.
async fn acknowledged(stream: &mut BufStream<TcpStream>) {
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).await.unwrap();
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    stream.read_exact(&mut vec![0; length]).await.unwrap();
}

/// A tenth of it, for every day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_leaves_one_row_of_each_webhook_and_acknowledges_every_one() {
    storm(TestStore::sqlite().await, TIMES / 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute without optimization; `cargo xtask soak` runs it"]
async fn the_whole_storm_leaves_one_row_of_each_webhook() {
    storm(TestStore::sqlite().await, TIMES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_on_postgres_leaves_one_row_of_each_webhook() {
    storm(TestStore::postgres().await, TIMES / 10).await;
}
