//! Webhooks, from the socket to the inbox: real HTTP on loopback, a real store.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod commands;
mod inbox;
mod pings;
mod receiving;
mod refusals;
pub(crate) mod storm;
mod subscriptions;

mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use linkspan::definition::webhooks::Webhooks;
use linkspan::http_server::{ServerOptions, serve};
use linkspan::store::{Delivery, DeliveryFilter, Job, JobFilter, Store};
use linkspan::webhook::receivers::{Known, Registered};
use linkspan::webhook::{Inbox, Receivers, Reception, Refusals, router};
use reqwest::{RequestBuilder, Response};
use secrecy::SecretString;
use sha2::Sha256;
use tokio::sync::oneshot;

use crate::store::TestStore;

/// What the test's deliveries are signed with.
pub(crate) const SECRET: &str = "a-long-random-text";

/// Where the service is reached from outside.
pub(crate) const PUBLIC_URL: &str = "https://sync.example.com/";

/// As WooCommerce has it.
pub(crate) const WOOCOMMERCE: &str = r#"
verify = { kind = "hmac_sha256", header = "X-WC-Webhook-Signature", encoding = "base64", secret = "webhook_secret" }
delivery_id = { header = "X-WC-Webhook-Delivery-ID" }
topic = { header = "X-WC-Webhook-Topic" }
ping = [{ form = "webhook_id" }]
[topics]
"product.updated" = { import = "product", id = "id" }
"order.updated" = { import = "order", id = "id" }
"coupon.updated" = { ignore = true }
"#;

/// A service that receives webhooks of the backend `shop`, until it is dropped.
pub(crate) struct Service {
    pub(crate) test: TestStore,
    pub(crate) url: String,
    pub(crate) receivers: Arc<Receivers>,
    /// The server stops when this is dropped.
    _stop: oneshot::Sender<()>,
}

/// What a service is made of.
pub(crate) struct Plan {
    pub(crate) webhooks: String,
    pub(crate) secrets: Vec<(&'static str, String)>,
    pub(crate) ips: Vec<&'static str>,
    pub(crate) max_bytes: u64,
    pub(crate) timeout: Duration,
    pub(crate) server: ServerOptions,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            webhooks: WOOCOMMERCE.to_owned(),
            secrets: vec![("webhook_secret", SECRET.to_owned())],
            ips: Vec::new(),
            max_bytes: 5 * 1024 * 1024,
            timeout: Duration::from_secs(10),
            server: ServerOptions::default(),
        }
    }
}

pub(crate) fn webhooks(text: &str) -> Webhooks {
    toml::from_str(text).unwrap()
}

pub(crate) fn registered(plan: &Plan) -> Registered {
    let secrets: BTreeMap<String, SecretString> = plan
        .secrets
        .iter()
        .map(|(name, value)| ((*name).to_owned(), SecretString::from(value.clone())))
        .collect();
    let entities = ["product".to_owned(), "order".to_owned()];
    let ips: Vec<_> = plan.ips.iter().map(|ip| ip.parse().unwrap()).collect();
    let known = Known {
        webhooks: &webhooks(&plan.webhooks),
        settings: &BTreeMap::new(),
        secrets: &secrets,
        entities: &entities,
        ips: &ips,
        public_url: Some(PUBLIC_URL),
    };
    Registered::new("shop", &known)
}

impl Service {
    /// Starts with an SQLite file.
    pub(crate) async fn start(plan: Plan) -> Service {
        Service::on(TestStore::sqlite().await, plan).await
    }

    /// Starts with this store.
    pub(crate) async fn on(test: TestStore, plan: Plan) -> Service {
        let mut receivers = Receivers::default();
        receivers.insert("shop", registered(&plan));
        let receivers = Arc::new(receivers);
        let inbox = Inbox::start(test.store.clone());
        let refusals = Refusals::new(test.store.clone());
        let limits = (plan.max_bytes, plan.timeout);
        let reception = Reception::new(Arc::clone(&receivers), inbox, refusals, limits);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        tokio::spawn(serve(listener, router(reception), plan.server, shutdown));
        Service { test, url, receivers, _stop: stop }
    }

    /// The server's `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// A POST to the backend `shop`, nothing signed.
    pub(crate) fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        client().post(format!("{}/webhooks/shop", self.url)).body(body)
    }

    /// A signed WooCommerce delivery.
    pub(crate) fn deliver(&self, topic: &str, delivery: &str, body: &str) -> RequestBuilder {
        self.post(body.to_owned())
            .header("X-WC-Webhook-Topic", topic)
            .header("X-WC-Webhook-Delivery-ID", delivery)
            .header("X-WC-Webhook-Signature", sign(SECRET, body.as_bytes()))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.test.store
    }

    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        deliveries(self.store()).await
    }

    pub(crate) async fn jobs(&self) -> Vec<Job> {
        jobs(self.store()).await
    }
}

pub(crate) async fn deliveries(store: &Store) -> Vec<Delivery> {
    store.deliveries(DeliveryFilter { limit: 10_000, ..DeliveryFilter::default() }).await.unwrap()
}

pub(crate) async fn jobs(store: &Store) -> Vec<Job> {
    let filter = JobFilter { limit: 10_000, ..JobFilter::default() };
    store.list_jobs(filter).await.unwrap().into_iter().map(|view| view.job).collect()
}

/// A client without proxies; each has connections of its own.
pub(crate) fn client() -> reqwest::Client {
    // The first one wins.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// base64(HMAC-SHA256), as WooCommerce signs.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

pub(crate) async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// The status, and what became of a delivery that was accepted; such an answer has no body.
pub(crate) async fn taken(request: RequestBuilder) -> (u16, String) {
    let response: Response = request.send().await.unwrap();
    let outcome = response.headers().get("linkspan-delivery").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    assert_eq!(response.text().await.unwrap(), "");
    (status, outcome.unwrap_or_default())
}

pub(crate) async fn answer(request: RequestBuilder) -> (u16, String) {
    let response: Response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
