//! How many calls at once and how many in a time, shared by all clones of a client.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::config::Rate;

pub(crate) struct Limits {
    in_flight: Semaphore,
    bucket: Option<Mutex<Bucket>>,
}

impl Limits {
    pub(crate) fn new(max_concurrency: usize, rate: Option<Rate>) -> Limits {
        Limits {
            in_flight: Semaphore::new(max_concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            bucket: rate.map(|rate| Mutex::new(Bucket::new(rate))),
        }
    }

    /// Waits until a call may leave; the permit is held until its answer is in.
    pub(crate) async fn wait_turn(&self) -> Option<SemaphorePermit<'_>> {
        // Fails only when the semaphore is closed, which nobody does.
        let permit = self.in_flight.acquire().await.ok();
        if let Some(bucket) = &self.bucket {
            let leave_at = bucket.lock().await.reserve(Instant::now());
            tokio::time::sleep_until(leave_at).await;
        }
        permit
    }
}

/// A token bucket kept as one time (GCRA): when the bucket would be full again.
struct Bucket {
    interval: Duration,
    burst: Duration,
    full_at: Option<Instant>,
}

impl Bucket {
    fn new(rate: Rate) -> Bucket {
        let calls = rate.calls.max(1);
        let interval = rate.per / calls;
        Bucket { interval, burst: interval * (calls - 1), full_at: None }
    }

    /// Takes one token and says when it may be used.
    fn reserve(&mut self, now: Instant) -> Instant {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        self.full_at = Some(full_at + self.interval);
        full_at.checked_sub(self.burst).map_or(now, |leave_at| leave_at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_is_spread() {
        let limits = Limits::new(8, Some(Rate { calls: 4, per: Duration::from_secs(1) }));
        let start = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..8 {
            limits.wait_turn().await;
            waited.push((Instant::now() - start).as_millis());
        }
        assert_eq!(waited, [0, 0, 0, 0, 250, 500, 750, 1000]);
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_come_back_while_nobody_calls_but_never_above_the_burst() {
        let limits = Limits::new(8, Some(Rate { calls: 2, per: Duration::from_secs(1) }));
        limits.wait_turn().await;
        limits.wait_turn().await;
        tokio::time::advance(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..3 {
            limits.wait_turn().await;
        }
        assert_eq!((Instant::now() - start).as_millis(), 500);
    }

    #[tokio::test]
    async fn no_more_calls_than_the_cap_hold_a_permit() {
        let limits = Limits::new(2, None);
        let first = limits.wait_turn().await;
        let _second = limits.wait_turn().await;
        let third = limits.wait_turn();
        tokio::pin!(third);
        assert!(futures::poll!(&mut third).is_pending());
        drop(first);
        assert!(futures::poll!(&mut third).is_ready());
    }
}
