//! The arithmetic of a token bucket, with the clock as an argument.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket in the form of GCRA: instead of tokens it keeps the time at which it will be full again.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    /// Time in which one token comes back; zero lets everything through.
    every: Duration,
    /// Time in which an empty bucket fills up, but for one token.
    slack: Duration,
    /// When it is full again; `None` when it always was.
    full_at: Option<Instant>,
}

impl Bucket {
    /// `rate` tokens each `per`, at most `burst` of them kept.
    pub(super) fn new(rate: u32, per: Duration, burst: u32) -> Bucket {
        let every = per / rate.max(1);
        Bucket { every, slack: every.saturating_mul(burst.max(1) - 1), full_at: None }
    }

    /// A bucket that only pauses.
    pub(super) fn unlimited() -> Bucket {
        Bucket { every: Duration::ZERO, slack: Duration::ZERO, full_at: None }
    }

    /// Time in which a token comes back, and how much of it may be taken ahead.
    pub(super) fn shape(&self) -> (Duration, Duration) {
        (self.every, self.slack)
    }

    /// When the next token is there; `now` or earlier when it is there already.
    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        self.full_at.and_then(|full_at| full_at.checked_sub(self.slack)).unwrap_or(now)
    }

    /// Takes a token, which must be there.
    pub(super) fn take(&mut self, now: Instant) {
        self.full_at = Some(self.full_at.map_or(now, |full_at| full_at.max(now)) + self.every);
    }

    /// No token before `until`, and then one by one: whoever asked us to wait wants no burst.
    pub(super) fn pause(&mut self, until: Instant) {
        let full_at = until + self.slack;
        self.full_at = Some(self.full_at.map_or(full_at, |before| before.max(full_at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Takes a token as soon as it is there and gives the time that took.
    fn take_next(bucket: &mut Bucket, now: &mut Instant) -> Duration {
        let ready = bucket.ready_at(*now).max(*now);
        let waited = ready - *now;
        *now = ready;
        bucket.take(ready);
        waited
    }

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_counts() {
        let mut bucket = Bucket::new(10, SECOND, 3);
        let mut now = Instant::now();
        let waits: Vec<u128> = (0..6).map(|_| take_next(&mut bucket, &mut now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 100, 100]);
    }

    #[test]
    fn a_rest_fills_the_bucket_up_to_the_burst_and_no_further() {
        let mut bucket = Bucket::new(10, SECOND, 3);
        let mut now = Instant::now();
        for _ in 0..3 {
            take_next(&mut bucket, &mut now);
        }
        now += 200 * SECOND / 1000;
        let waits: Vec<u128> = (0..3).map(|_| take_next(&mut bucket, &mut now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 100]);
        now += 3600 * SECOND;
        let waits: Vec<u128> = (0..4).map(|_| take_next(&mut bucket, &mut now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100]);
    }

    #[test]
    fn a_pause_empties_the_bucket() {
        let mut bucket = Bucket::new(10, SECOND, 3);
        let mut now = Instant::now();
        bucket.pause(now + 5 * SECOND);
        let waits: Vec<u128> = (0..3).map(|_| take_next(&mut bucket, &mut now).as_millis()).collect();
        assert_eq!(waits, [5000, 100, 100]);
    }

    #[test]
    fn a_shorter_pause_does_not_end_a_longer_one() {
        let mut bucket = Bucket::unlimited();
        let now = Instant::now();
        bucket.pause(now + 5 * SECOND);
        bucket.pause(now + SECOND);
        assert_eq!(bucket.ready_at(now), now + 5 * SECOND);
    }

    #[test]
    fn without_a_limit_everything_goes_at_once() {
        let mut bucket = Bucket::unlimited();
        let mut now = Instant::now();
        assert!((0..1000).all(|_| take_next(&mut bucket, &mut now).is_zero()));
    }
}
