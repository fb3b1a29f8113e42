//! Group commit: requests that come at the same time share one transaction, because a disk can be told to keep things
//! some hundred times a second, not ten thousand times.
//!
//! One task stores. While it does, requests gather; then it takes all of them at once. A request that comes alone waits
//! for nobody. Each is told only after the transaction that holds it was committed.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::store::{NewDelivery, Store, StoreError};

/// Deliveries in one transaction.
const MAX_BATCH: usize = 512;

/// Transactions after which the store's log is shortened: a few MiB of it when they are full, so that the disk is not busy
/// for long.
const LONG_LOG: usize = 8;

/// Deliveries that may wait; more are refused at once, so that nobody waits in vain.
const MAX_WAITING: usize = 4_096;

const HOUR: Duration = Duration::from_secs(3_600);

/// Old deliveries that are forgotten in one transaction.
const FORGET_AT_ONCE: u32 = 1_000;

/// Time for one transaction: a database that hangs must not hang those who deliver.
const STORE_TIMEOUT: Duration = Duration::from_secs(20);

/// Stores deliveries; a clone is the same inbox.
#[derive(Clone, Debug)]
pub struct Inbox {
    waiting: mpsc::Sender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    delivery: NewDelivery,
    stored: oneshot::Sender<Option<bool>>,
}

/// A delivery that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    New,
    /// It was there before.
    Repeat,
}

/// A delivery could not be stored; its sender has to send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// Too many wait already.
    Busy,
    /// The store failed; the reason is in the log.
    Failed,
}

impl Inbox {
    /// An inbox of this store. Its task ends when the last clone is gone and all that waits is stored.
    pub fn start(store: Store) -> Inbox {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        tokio::spawn(write(store, receiver));
        Inbox { waiting: sender }
    }

    /// Stores a delivery; returns when it is on disk.
    pub async fn store(&self, delivery: NewDelivery) -> Result<Stored, Unavailable> {
        let (stored, answer) = oneshot::channel();
        self.waiting.try_send(Waiting { delivery, stored }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unavailable::Busy,
            mpsc::error::TrySendError::Closed(_) => Unavailable::Failed,
        })?;
        match answer.await {
            Ok(Some(true)) => Ok(Stored::New),
            Ok(Some(false)) => Ok(Stored::Repeat),
            Ok(None) | Err(_) => Err(Unavailable::Failed),
        }
    }
}

/// Forgets webhooks that are older than `days`, now and every hour, for as long as it is polled.
pub async fn forget_old(store: Store, days: u32) {
    let mut hours = tokio::time::interval(HOUR);
    loop {
        hours.tick().await;
        let before = jiff::Timestamp::now().as_millisecond() - i64::from(days) * 86_400_000;
        // In steps, between which deliveries are stored.
        loop {
            match store.prune_deliveries(before, FORGET_AT_ONCE).await {
                Ok(forgotten) if forgotten == u64::from(FORGET_AT_ONCE) => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(
                        %error,
                        "old webhooks could not be forgotten; next try in an hour"
                    );
                    break;
                }
            }
        }
    }
}

async fn write(store: Store, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    let mut log = Log::default();
    while receiver.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let (deliveries, answers): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.delivery, waiting.stored)).unzip();
        metrics::histogram!("linkspan_webhook_batch_size").record(deliveries.len() as f64);
        let started = Instant::now();
        let outcomes = store_all(&store, deliveries).await;
        metrics::histogram!("linkspan_webhook_store_seconds").record(started.elapsed().as_secs_f64());
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Who no longer waits has hung up, and will deliver again; that is a repeat then.
            let _ = answer.send(outcome);
        }
        log.grown(&store);
    }
}

/// The store's log, which somebody has to shorten beside the transactions that wait for nobody.
#[derive(Default)]
struct Log {
    transactions: usize,
    shortening: Option<JoinHandle<()>>,
}

impl Log {
    fn grown(&mut self, store: &Store) {
        self.transactions += 1;
        if self.transactions < LONG_LOG || self.shortening.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        self.transactions = 0;
        let store = store.clone();
        self.shortening = Some(tokio::spawn(async move {
            if let Err(error) = store.shorten_log().await {
                tracing::warn!(
                    %error,
                    "the store's log could not be shortened; a commit will do it"
                );
            }
        }));
    }
}

/// Stores a batch; when the store refuses it for good, each on its own, so that one delivery that no database wants does
/// not hold up those that came beside it.
async fn store_all(store: &Store, deliveries: Vec<NewDelivery>) -> Vec<Option<bool>> {
    match attempt(store, &deliveries).await {
        Ok(new) => new.into_iter().map(Some).collect(),
        Err(refused) if refused && deliveries.len() > 1 => {
            let mut outcomes = Vec::with_capacity(deliveries.len());
            for delivery in &deliveries {
                let new = attempt(store, std::slice::from_ref(delivery)).await;
                outcomes.push(new.ok().and_then(|new| new.first().copied()));
            }
            outcomes
        }
        Err(_) => vec![None; deliveries.len()],
    }
}

/// Whether each is new; the error says whether the store refused what it was given, rather than being out of order.
async fn attempt(store: &Store, deliveries: &[NewDelivery]) -> Result<Vec<bool>, bool> {
    let count = deliveries.len();
    match tokio::time::timeout(STORE_TIMEOUT, store.receive(deliveries)).await {
        Ok(Ok(new)) => Ok(new),
        Ok(Err(error)) => {
            tracing::error!(
                count,
                %error,
                "webhooks could not be stored; their senders were told so"
            );
            Err(!error.is_retryable() && !is_out_of_order(&error))
        }
        Err(_) => {
            tracing::error!(count, "the store did not take webhooks in time; their senders were told so");
            Err(false)
        }
    }
}

/// SQLite's "full", "read only", "input/output error" and "cannot open" have nothing to do with what is stored.
fn is_out_of_order(error: &StoreError) -> bool {
    let StoreError::Statement { source: sqlx::Error::Database(database), .. } = error else { return false };
    let primary = database.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
    matches!(primary, Some(8 | 10 | 13 | 14))
}
