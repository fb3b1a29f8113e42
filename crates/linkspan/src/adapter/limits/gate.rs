//! Waits until all limits of a request let it through.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Queue, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::bucket::Bucket;
use super::ledger::Ledger;
use crate::adapter::answer::Answer;
use crate::definition::model::{Limit, ResetHeader, ResetUnit};

/// Longest pause that a server can ask for. A header with a wrong unit must not stop a backend for years.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// One limit.
#[derive(Debug)]
pub(super) struct Lane {
    /// Its name among the processes that share it.
    name: String,
    /// The limit in words; `None` for the one that only pauses.
    limit: Option<Limit>,
    bucket: Mutex<Bucket>,
    /// Who waits for a token, first come first served. Who goes away leaves nothing behind.
    queue: Queue<()>,
    under_way: Option<Arc<Semaphore>>,
}

impl Lane {
    pub(super) fn named(name: String, limit: Option<&Limit>) -> Lane {
        let bucket = limit.map_or_else(Bucket::unlimited, |limit| {
            Bucket::new(limit.rate, Duration::from_millis(limit.per_ms), limit.burst.unwrap_or(limit.rate))
        });
        let cap = limit.and_then(|limit| limit.concurrency);
        Lane {
            name,
            limit: limit.cloned(),
            bucket: Mutex::new(bucket),
            queue: Queue::new(()),
            under_way: cap.map(|cap| Arc::new(Semaphore::new(cap.max(1) as usize))),
        }
    }

    fn in_words(&self) -> String {
        match &self.limit {
            Some(Limit { name, rate, per_ms, .. }) => format!("The limit `{name}` ({rate} each {per_ms} ms)"),
            None => "The pause that the server asked for".to_owned(),
        }
    }

    fn with_bucket<T>(&self, act: impl FnOnce(&mut Bucket) -> T) -> T {
        act(&mut self.bucket.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until when the headers of an answer say that nothing is left.
    fn used_up_until(&self, answer: &Answer, now: Instant) -> Option<Instant> {
        let limit = self.limit.as_ref()?;
        if answer.number(limit.remaining_header.as_deref()?)? > 0 {
            return None;
        }
        let window = Duration::from_millis(limit.per_ms);
        let wait = limit.reset_header.as_ref().and_then(|header| reset_in(header, answer)).unwrap_or(window);
        Some(now + wait.min(LONGEST_PAUSE))
    }
}

/// Time until a window ends. Points in time are read against the server's own clock.
fn reset_in(header: &ResetHeader, answer: &Answer) -> Option<Duration> {
    let number: f64 = answer.header(&header.name)?.parse().ok()?;
    let server_now = answer.server_time().unwrap_or_else(jiff::Timestamp::now).as_millisecond() as f64;
    let millis = match header.unit {
        ResetUnit::Seconds => number * 1000.0,
        ResetUnit::Milliseconds => number,
        ResetUnit::EpochSeconds => number * 1000.0 - server_now,
        ResetUnit::EpochMilliseconds => number - server_now,
    };
    Duration::try_from_secs_f64(millis.max(0.0) / 1000.0).ok()
}

/// The limits of one adapter, in the order in which they are entered: the same for everybody, and those that
/// several backends share last.
#[derive(Debug, Clone)]
pub(in crate::adapter) struct Gate {
    lanes: Vec<Arc<Lane>>,
    ledger: Option<Arc<dyn Ledger>>,
}

/// The right to make one request; it counts as under way until this is dropped.
#[derive(Debug)]
pub(in crate::adapter) struct Permit(#[expect(dead_code, reason = "held")] Vec<OwnedSemaphorePermit>);

/// The limits let nothing through in the time the caller has.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::adapter) struct Wait {
    /// Time until it is worth trying again.
    pub(in crate::adapter) retry_after: Duration,
    /// The limit that was waited for, in words.
    pub(in crate::adapter) limit: String,
}

impl Gate {
    pub(super) fn new(lanes: Vec<Arc<Lane>>, ledger: Option<Arc<dyn Ledger>>) -> Gate {
        Gate { lanes, ledger }
    }

    /// Waits until one request may go, but not longer than `longest`. A caller that is dropped while it waits
    /// has taken nothing.
    pub(in crate::adapter) async fn enter(&self, longest: Duration) -> Result<Permit, Wait> {
        let deadline = Instant::now() + longest;
        let (mut turns, mut under_way) = (Vec::new(), Vec::new());
        for (index, lane) in self.lanes.iter().enumerate() {
            let turn = async {
                let turn = lane.queue.lock().await;
                let slot = match &lane.under_way {
                    Some(slots) => Arc::clone(slots).acquire_owned().await.ok(),
                    None => None,
                };
                (turn, slot)
            };
            let (turn, slot) = timeout_at(deadline, turn).await.map_err(|_| self.wait_for(lane))?;
            turns.push(turn);
            under_way.extend(slot);
            // Before the next lane: other backends may share that one, and must not wait for our pauses.
            self.until_ready(&self.lanes[..=index], deadline).await?;
        }
        self.until_others_agree(deadline).await?;
        let now = Instant::now();
        self.lanes.iter().for_each(|lane| lane.with_bucket(|bucket| bucket.take(now)));
        Ok(Permit(under_way))
    }

    /// Takes a token of each limit that other processes share.
    async fn until_others_agree(&self, deadline: Instant) -> Result<(), Wait> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        for lane in &self.lanes {
            let (every, slack) = lane.with_bucket(|bucket| bucket.shape());
            while let Some(wait) = ledger.take(&lane.name, every, slack).await {
                if Instant::now() + wait > deadline {
                    return Err(Wait { retry_after: wait, limit: lane.in_words() });
                }
                tokio::time::sleep(wait).await;
            }
        }
        Ok(())
    }

    /// Sleeps until these lanes have a token each.
    async fn until_ready(&self, lanes: &[Arc<Lane>], deadline: Instant) -> Result<(), Wait> {
        loop {
            // It may change while we sleep: an answer to somebody else can bring a pause.
            let now = Instant::now();
            let ready = lanes.iter().map(|lane| (lane, lane.with_bucket(|bucket| bucket.ready_at(now))));
            match ready.max_by_key(|(_, ready_at)| *ready_at).filter(|(_, ready_at)| *ready_at > now) {
                None => return Ok(()),
                Some((lane, ready_at)) if ready_at > deadline => return Err(self.wait_for(lane)),
                Some((_, ready_at)) => sleep_until(ready_at).await,
            }
        }
    }

    /// Nobody sends anything for this long.
    pub(in crate::adapter) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST_PAUSE);
        for lane in &self.lanes {
            lane.with_bucket(|bucket| bucket.pause(until));
            if let Some(ledger) = &self.ledger {
                ledger.pause(&lane.name, wait.min(LONGEST_PAUSE));
            }
        }
    }

    /// Learns from an answer's headers how much is left.
    pub(in crate::adapter) fn learn(&self, answer: &Answer) {
        let now = Instant::now();
        for lane in &self.lanes {
            if let Some(until) = lane.used_up_until(answer, now) {
                lane.with_bucket(|bucket| bucket.pause(until));
                if let Some(ledger) = &self.ledger {
                    ledger.pause(&lane.name, until.saturating_duration_since(now));
                }
            }
        }
    }

    fn wait_for(&self, lane: &Lane) -> Wait {
        let now = Instant::now();
        let ready = self.lanes.iter().map(|lane| lane.with_bucket(|bucket| bucket.ready_at(now)));
        let ready_at = ready.max().unwrap_or(now);
        // When others wait in front of us the bucket cannot say when our turn is.
        Wait {
            retry_after: ready_at.saturating_duration_since(now).max(Duration::from_secs(1)),
            limit: lane.in_words(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn gate(text: &str) -> Gate {
        let limit: Limit = toml::from_str(text).expect("a limit");
        let lane = |limit| Arc::new(Lane::named(String::new(), limit));
        Gate::new(vec![lane(None), lane(Some(&limit))], None)
    }

    /// When each of `count` callers that come at once may go, in milliseconds.
    async fn times(gate: &Gate, count: usize) -> Vec<u128> {
        let started = Instant::now();
        let enter = || async {
            let permit = gate.enter(LONG).await;
            assert!(permit.is_ok(), "{permit:?}");
            started.elapsed().as_millis()
        };
        futures::future::join_all((0..count).map(|_| enter())).await
    }

    #[tokio::test(start_paused = true)]
    async fn callers_go_in_the_order_in_which_they_came() {
        let gate = gate("name = 'api'\nrate = 10\nper_ms = 1000\nburst = 2");
        assert_eq!(times(&gate, 5).await, [0, 0, 100, 200, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_for_those_who_wait_already() {
        let gate = gate("name = 'api'\nrate = 10\nper_ms = 1000\nburst = 1");
        let waiting = times(&gate, 3);
        let pausing = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            gate.pause(Duration::from_secs(5));
        };
        assert_eq!(futures::future::join(waiting, pausing).await.0, [0, 5050, 5150]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_while_waiting_has_taken_nothing() {
        let gate = gate("name = 'api'\nrate = 10\nper_ms = 1000\nburst = 1\nconcurrency = 9");
        assert_eq!(times(&gate, 1).await, [0]);
        for _ in 0..5 {
            let given_up = tokio::time::timeout(Duration::from_millis(1), gate.enter(LONG)).await;
            assert!(given_up.is_err());
        }
        assert_eq!(times(&gate, 2).await, [95, 195]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_too_long_is_refused_at_once() {
        let gate = gate("name = 'api'\nrate = 1\nper_ms = 60000");
        let started = Instant::now();
        assert!(gate.enter(LONG).await.is_ok());
        let refused = gate.enter(Duration::from_secs(10)).await.expect_err("no room");
        assert_eq!(refused.retry_after, Duration::from_secs(60));
        assert!(refused.limit.contains("`api` (1 each 60000 ms)"), "{}", refused.limit);
        assert!(started.elapsed().is_zero());
        gate.pause(Duration::from_secs(200));
        assert_eq!(gate.enter(Duration::ZERO).await.expect_err("paused").retry_after.as_secs(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_under_way_at_once() {
        let gate = gate("name = 'api'\nrate = 1000\nper_ms = 1\nconcurrency = 2");
        let (first, second) = (gate.enter(LONG).await, gate.enter(LONG).await);
        assert!(first.is_ok() && second.is_ok());
        assert!(gate.enter(Duration::from_secs(1)).await.is_err());
        drop(first);
        assert!(gate.enter(Duration::ZERO).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_backend_that_waits_does_not_hold_up_others_on_its_host() {
        let lane = |text: &str| {
            let limit: Limit = toml::from_str(text).expect("a limit");
            Arc::new(Lane::named(String::new(), Some(&limit)))
        };
        let host = lane("name = 'host'\nrate = 1000\nper_ms = 1000\nconcurrency = 1");
        let slow = Gate::new(vec![lane("name = 'slow'\nrate = 1\nper_ms = 5000"), Arc::clone(&host)], None);
        let other = Gate::new(vec![lane("name = 'fast'\nrate = 1000\nper_ms = 1"), host], None);
        let later = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            times(&other, 1).await
        };
        let (slow, other) = futures::future::join(times(&slow, 2), later).await;
        assert_eq!((slow, other), (vec![0, 5000], vec![0]));
    }

    #[tokio::test(start_paused = true)]
    async fn no_server_can_stop_a_backend_for_years() {
        let gate = gate("name = 'api'\nrate = 1\nper_ms = 1");
        gate.pause(Duration::from_secs(1_800_000_000));
        assert!(gate.enter(LONG).await.is_ok());
    }
}
