//! Counts requests to the external system and keeps the failed ones in the store's exchange log, redacted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::adapter::{Exchange, Observer};
use crate::store::redact::Redactor;
use crate::store::{self, Store};

/// Failed exchanges that may wait for the store; more are dropped, because a log must never hold up a sync.
const WAITING: usize = 256;
/// Exchanges that are stored at once.
const AT_ONCE: usize = 32;

/// Sees every exchange of a run.
#[derive(Debug)]
pub(crate) struct ExchangeLog {
    calls: AtomicU64,
    failed: mpsc::Sender<Exchange>,
}

impl Observer for ExchangeLog {
    fn exchange(&self, exchange: Exchange) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if exchange.error.is_some() || exchange.status.is_none_or(|status| status >= 400) {
            // Full: see WAITING.
            let _ = self.failed.try_send(exchange);
        }
    }
}

impl ExchangeLog {
    /// A log into `store` for `backend`; the task ends when the log and the adapters that hold it are gone. The
    /// adapter has redacted what it shows; `redactor` does so once more, with every secret of the backend.
    pub(crate) fn start(
        store: Store,
        backend: String,
        redactor: Redactor,
    ) -> (Arc<ExchangeLog>, JoinHandle<()>) {
        let (failed, mut waiting) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            let mut exchanges = Vec::with_capacity(AT_ONCE);
            while waiting.recv_many(&mut exchanges, AT_ONCE).await > 0 {
                let rows: Vec<store::Exchange> =
                    exchanges.drain(..).map(|exchange| row(&backend, exchange)).collect();
                if let Err(error) = store.log_exchanges(&rows, &redactor).await {
                    tracing::warn!(%error, "exchanges could not be logged");
                }
            }
        });
        (Arc::new(ExchangeLog { calls: AtomicU64::new(0), failed }), task)
    }

    /// Requests so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

fn row(backend: &str, exchange: Exchange) -> store::Exchange {
    store::Exchange {
        backend: backend.to_owned(),
        side: store::Side::Shop,
        method: exchange.method,
        url: exchange.url,
        status: exchange.status,
        duration_ms: u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX),
        request_body: exchange.request_body,
        response_body: Some(exchange.response_body),
        error: exchange.error,
        at: exchange.at.as_millisecond(),
    }
}
