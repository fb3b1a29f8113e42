//! When a call is repeated inside the client, and after how long.

use std::time::Duration;

use rand::Rng;

use crate::Error;

/// Whether the caller's call may run twice in Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// Reads only.
    Safe,
    /// Writes, but twice has the effect of once.
    Idempotent,
    /// Twice is wrong: repeated only when it is certain that Odoo did nothing.
    Never,
}

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// A server that asks for more than this gets its wait from the caller's schedule, not from a sleeping task.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// The wait before the next attempt, `None` when there is to be none. `attempt` counts from 0.
pub(crate) fn wait_before_next(
    error: &Error,
    repeat: Repeat,
    attempt: u32,
    retries: u32,
) -> Option<Duration> {
    if attempt >= retries || !may_repeat(error, repeat) {
        return None;
    }
    match error.retry_after() {
        Some(asked) if asked > LONGEST_RETRY_AFTER => None,
        Some(asked) => Some(asked + jitter(FIRST_WAIT)),
        None => Some(jitter(FIRST_WAIT.saturating_mul(1 << attempt.min(10)).min(LONGEST_WAIT))),
    }
}

fn may_repeat(error: &Error, repeat: Repeat) -> bool {
    match error {
        _ if error.is_retryable() => true,
        Error::UnknownOutcome { .. } | Error::Http { status: 500.., .. } => repeat != Repeat::Never,
        _ => false,
    }
}

/// Between half and all of `wait`, so that clients that failed together do not come back together.
fn jitter(wait: Duration) -> Duration {
    wait.mul_f64(rand::rng().random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(status: u16, retry_after: Option<u64>) -> Error {
        Error::Http { call: "m.f".into(), status, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn what_may_have_been_done_is_repeated_only_if_that_is_harmless() {
        let lost = Error::UnknownOutcome { call: "m.f".into(), cause: "cut".into() };
        for error in [lost, http(502, None), http(503, Some(1)), http(504, None), http(500, None)] {
            assert!(wait_before_next(&error, Repeat::Never, 0, 3).is_none(), "{error}");
            assert!(wait_before_next(&error, Repeat::Idempotent, 0, 3).is_some(), "{error}");
            assert!(wait_before_next(&error, Repeat::Safe, 0, 3).is_some(), "{error}");
        }
    }

    #[test]
    fn what_was_certainly_not_done_is_always_repeated() {
        let refused = Error::Connect { call: "m.f".into(), url: "http://x".into(), cause: "refused".into() };
        let clash = Error::Serialization { call: "m.f".into(), name: "SerializationFailure".into() };
        for error in [refused, clash, http(429, None)] {
            assert!(wait_before_next(&error, Repeat::Never, 0, 3).is_some(), "{error}");
        }
    }

    #[test]
    fn a_long_wait_is_left_to_the_caller_and_attempts_are_counted() {
        assert!(wait_before_next(&http(429, Some(3600)), Repeat::Safe, 0, 3).is_none());
        let asked = wait_before_next(&http(429, Some(5)), Repeat::Safe, 0, 3);
        assert!(asked.is_some_and(|wait| wait >= Duration::from_secs(5) && wait < Duration::from_secs(6)));
        assert!(wait_before_next(&http(429, None), Repeat::Safe, 3, 3).is_none());
        assert!(wait_before_next(&http(404, None), Repeat::Safe, 0, 3).is_none());
    }
}
