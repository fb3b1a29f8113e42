//! A system that does not answer is left alone: its jobs wait and do not fail one by one. The state is in the store,
//! so that all nodes know it and the dashboard shows it.

use rand::Rng;

use crate::store::{Breaker, BreakerState, Store, StoreError, now_ms};

/// Failures in a row that open a breaker.
const OPENS_AT: i64 = 3;
const FIRST_MS: i64 = 2_000;
const LONGEST_MS: i64 = 120_000;
/// Wrong credentials do not mend themselves, and many a system locks out who tries on and on.
const REFUSED_MS: i64 = 60_000;

/// Whether work that needs a system may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// All of it.
    Open,
    /// One piece, to see whether the system is back.
    Probe,
    /// None until then.
    Closed {
        /// Milliseconds since 1970.
        until: i64,
        /// Why.
        message: String,
    },
}

/// Asks the breakers of these systems.
pub async fn gate(store: &Store, systems: &[&str]) -> Result<Gate, StoreError> {
    let now = now_ms();
    let mut gate = Gate::Open;
    for system in systems {
        let Some(breaker) = store.breaker(system).await? else { continue };
        match breaker.state {
            BreakerState::Open if breaker.retry_at > now => {
                return Ok(Gate::Closed { until: breaker.retry_at, message: sentence(&breaker) });
            }
            BreakerState::Open => gate = Gate::Probe,
            BreakerState::Closed => {}
        }
    }
    Ok(gate)
}

/// A failure that is not the record's fault. Gives the time until which the system is left alone, if it is by now.
pub async fn failed(store: &Store, system: &str, message: &str) -> Result<Option<i64>, StoreError> {
    let before = store.breaker(system).await?;
    let (failures, trips) = before.map_or((0, 0), |breaker| (breaker.failures, breaker.trips));
    let opens = failures + 1 >= OPENS_AT;
    let retry_at = if opens { now_ms() + wait(trips) } else { 0 };
    store.breaker_failed(system, message, OPENS_AT, retry_at).await?;
    Ok(opens.then_some(retry_at))
}

/// The system refused us: credentials, configuration. It is left alone at once. Gives until when.
pub async fn refused(store: &Store, system: &str, message: &str) -> Result<i64, StoreError> {
    let retry_at = now_ms() + REFUSED_MS;
    store.breaker_failed(system, message, 1, retry_at).await?;
    Ok(retry_at)
}

/// 2 s, doubled each time up to 2 minutes, up to a quarter more at random so that nodes do not come all at once.
fn wait(trips: i64) -> i64 {
    let doublings = u32::try_from(trips).unwrap_or(u32::MAX).min(16);
    let step = FIRST_MS.saturating_mul(1 << doublings).min(LONGEST_MS);
    step + rand::rng().random_range(0..=step / 4)
}

fn sentence(breaker: &Breaker) -> String {
    let Breaker { name, failures, message, .. } = breaker;
    let reason = message.as_deref().unwrap_or("it did not answer");
    format!("{name} is left alone for a while after {failures} failures in a row: {reason}")
}
