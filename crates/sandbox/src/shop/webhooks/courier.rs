//! Sends what webhooks have to say, over plain http: there is nothing else on loopback.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::super::Shop;
use super::super::present::{View, present, site};
use super::super::state::State;
use super::super::wire;
use super::Pending;

/// A live shop waits a minute; nobody waits for a sandbox that long.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A delivery, or a ping, that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentWebhook {
    /// The webhook.
    pub webhook: u64,
    /// Its topic; empty: a ping.
    pub topic: String,
    /// The record's id; 0: a ping.
    pub record: u64,
    /// Status of the answer; 0: there was none.
    pub status: u16,
}

/// A request that is ready to go.
struct Parcel {
    sent: SentWebhook,
    address: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Sends everything that waits, also what comes to it meanwhile; gives what went out.
pub(crate) async fn deliver(shop: &Shop) -> Vec<SentWebhook> {
    let mut all = Vec::new();
    loop {
        let next = {
            let mut state = shop.state_mut();
            let Some(pending) = state.webhooks.take() else { return all };
            let now = state.now();
            pack(&state, &pending, now)
        };
        let Some(mut parcel) = next else { continue };
        parcel.sent.status =
            tokio::time::timeout(TIMEOUT, post(&parcel)).await.ok().and_then(Result::ok).unwrap_or(0);
        if !parcel.sent.topic.is_empty() {
            let well = matches!(parcel.sent.status, 200..=299 | 301 | 302);
            let mut state = shop.state_mut();
            let now = state.now();
            state.webhooks.ended(parcel.sent.webhook, well, now);
        }
        all.push(parcel.sent);
    }
}

/// The request as it is now; none for a webhook or a record that is gone.
fn pack(state: &State, pending: &Pending, now: i64) -> Option<Parcel> {
    let (Pending::Ping { webhook: id } | Pending::Record { webhook: id, .. }) = pending;
    let webhook = state.webhooks.known.get(id)?;
    let parcel = |topic: &str, record, headers, body| Parcel {
        sent: SentWebhook { webhook: *id, topic: topic.to_owned(), record, status: 0 },
        address: webhook.delivery_url.clone(),
        headers,
        body,
    };
    let Pending::Record { kind, id: record, .. } = pending else {
        let headers = vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())];
        return Some(parcel("", 0, headers, format!("webhook_id={id}").into_bytes()));
    };
    let (resource, event) = webhook.topic.split_once('.')?;
    let payload = if event == "deleted" {
        Value::Object(Map::from_iter([("id".to_owned(), (*record).into())]))
    } else {
        present(state, *kind, state.take(*kind, *record)?, &View::default())
    };
    let mut body = Vec::new();
    wire::write(&payload, &mut body);
    let headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("X-WC-Webhook-Source", format!("{}/", site(&state.settings))),
        ("X-WC-Webhook-Topic", webhook.topic.clone()),
        ("X-WC-Webhook-Resource", resource.to_owned()),
        ("X-WC-Webhook-Event", event.to_owned()),
        ("X-WC-Webhook-Signature", sign(&webhook.secret, &body)),
        ("X-WC-Webhook-ID", id.to_string()),
        // One id for all deliveries of a webhook within a second (recorded).
        ("X-WC-Webhook-Delivery-ID", delivery_id(*id, now)),
    ];
    Some(parcel(&webhook.topic, *record, headers, body))
}

fn sign(secret: &str, body: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

fn delivery_id(webhook: u64, now: i64) -> String {
    let hash = Sha256::digest(format!("{webhook} {now}").as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Status of the answer.
async fn post(parcel: &Parcel) -> std::io::Result<u16> {
    let wrong = |what: &str| std::io::Error::other(what.to_owned());
    let url = Url::parse(&parcel.address).map_err(|_| wrong("no address"))?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    if url.scheme() != "http" {
        return Err(wrong("only plain http"));
    }
    let mut stream = TcpStream::connect((host, port)).await?;
    let target = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut head = format!(
        "POST {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\
         User-Agent: WooCommerce/9.2.5 Hookshot (WordPress/6.5.5)\r\nAccept: */*\r\nConnection: close\r\n\
         Content-Length: {}\r\n",
        parcel.body.len()
    );
    parcel.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), &parcel.body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.ok_or_else(|| wrong("no answer"))
}
