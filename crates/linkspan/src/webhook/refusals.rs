//! Webhooks whose signature is refused, told by an alert for each backend: a wrong secret would be seen nowhere else.
//!
//! Anybody may post to the address, so no request writes to the store: what is refused is counted in memory, and the alert
//! is written at most once a minute. The next delivery that is accepted takes it back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::receivers::Receiver;
use super::verify::Refused;
use crate::store::{Store, now_ms};

/// Between two writes of a backend's alert, and between two looks whether there is one to take back.
const AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// Counts refused signatures; a clone is the same.
#[derive(Clone, Debug)]
pub struct Refusals {
    store: Store,
    backends: Arc<Mutex<BTreeMap<String, Seen>>>,
}

/// What was seen of a backend since its last accepted delivery.
#[derive(Debug, Default)]
struct Seen {
    missing: u64,
    wrong: u64,
    stale: u64,
    /// When the first was refused.
    since: i64,
    /// When the alert was written last.
    raised: Option<Instant>,
    /// It will be written with the latest numbers.
    is_due: bool,
    /// When the alert was last taken back. Another node, or this one before a restart, may have raised it.
    cleared: Option<Instant>,
}

/// What the alert of refused signatures is called.
pub(crate) fn alert_name(backend: &str) -> String {
    format!("signatures:{backend}")
}

impl Refusals {
    /// Nothing was refused yet.
    pub fn new(store: Store) -> Refusals {
        Refusals { store, backends: Arc::default() }
    }

    /// A delivery for this backend was refused.
    pub(super) fn refused(&self, receiver: &Receiver, why: Refused) {
        let mut backends = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = backends.entry(receiver.backend().to_owned()).or_default();
        if seen.count() == 0 {
            seen.since = now_ms();
        }
        match why {
            Refused::Missing => seen.missing += 1,
            Refused::Wrong => seen.wrong += 1,
            Refused::Stale => seen.stale += 1,
        }
        if !std::mem::replace(&mut seen.is_due, true) {
            let at = seen.raised.map_or_else(Instant::now, |raised| raised + AT_MOST_EVERY);
            let (this, backend) = (self.clone(), receiver.backend().to_owned());
            let secret = receiver.secret_name().to_owned();
            tokio::spawn(async move {
                sleep_until(at).await;
                this.raise(&backend, &secret).await;
            });
        }
    }

    /// A delivery for this backend was accepted.
    pub(super) fn accepted(&self, backend: &str) {
        let mut backends = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = backends.entry(backend.to_owned()).or_default();
        let looked = seen.cleared.is_some_and(|cleared| cleared.elapsed() < AT_MOST_EVERY);
        if seen.count() == 0 && looked {
            return;
        }
        (seen.missing, seen.wrong, seen.stale) = (0, 0, 0);
        seen.cleared = Some(Instant::now());
        let (store, name) = (self.store.clone(), alert_name(backend));
        tokio::spawn(async move {
            if let Err(error) = store.clear_alert(&name).await {
                tracing::warn!(%error, name, "an alert could not be taken back");
            }
        });
    }

    async fn raise(&self, backend: &str, secret: &str) {
        let message = {
            let mut backends = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = backends.entry(backend.to_owned()).or_default();
            seen.is_due = false;
            if seen.count() == 0 {
                // One was accepted meanwhile.
                return;
            }
            seen.raised = Some(Instant::now());
            seen.message(backend, secret)
        };
        if let Err(error) = self.store.raise_alert(&alert_name(backend), backend, &message).await {
            tracing::warn!(%error, backend, "an alert could not be raised");
        }
    }
}

impl Seen {
    fn count(&self) -> u64 {
        self.missing + self.wrong + self.stale
    }

    fn message(&self, backend: &str, secret: &str) -> String {
        let kinds = [
            (self.wrong, "with a wrong signature"),
            (self.missing, "without one"),
            (self.stale, "with one that is too old"),
        ];
        let kinds = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}"));
        let since = jiff::Timestamp::from_millisecond(self.since).unwrap_or_default();
        format!(
            "Webhooks are refused since {}: {}. Their changes are found by polling only. Check that the secret \
             `{secret}` under [backends.{backend}.secrets] is what the other side signs with, and that the clocks agree. \
             Anybody may post to that address, so it may have been a stranger. The next delivery that is accepted ends this.",
            since.strftime("%Y-%m-%d %H:%M UTC"),
            kinds.collect::<Vec<_>>().join(", "),
        )
    }
}
