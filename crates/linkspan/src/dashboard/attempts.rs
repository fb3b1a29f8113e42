//! Slows down whoever tries passwords: by account and address, and by address alone for one who tries many accounts.
//!
//! Kept in memory, on each node for itself: a restart forgives. argon2 makes each try slow anyway.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords before one has to wait.
const FREE: u32 = 5;
/// The same for all accounts from one address; people behind one office's address share it.
const FREE_BY_ADDRESS: u32 = 50;
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Where one must not fill the memory either.
const MOST_KEPT: usize = 10_000;

/// Who failed how often.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failed: Mutex<HashMap<(String, String), Failed>>,
}

#[derive(Debug)]
struct Failed {
    times: u32,
    last: Instant,
}

impl Attempts {
    /// How long this one has to wait before the next try.
    pub(super) fn wait(&self, account: &str, address: &str, now: Instant) -> Option<Duration> {
        let failed = self.lock();
        let own = failed.get(&(account.to_owned(), address.to_owned())).and_then(|one| one.wait(FREE, now));
        let all =
            failed.get(&(String::new(), address.to_owned())).and_then(|one| one.wait(FREE_BY_ADDRESS, now));
        own.max(all)
    }

    /// Notes a wrong password.
    pub(super) fn failed(&self, account: &str, address: &str, now: Instant) {
        let mut failed = self.lock();
        if failed.len() >= MOST_KEPT {
            failed.retain(|_, one| now.duration_since(one.last) < LONGEST_WAIT);
        }
        if failed.len() >= MOST_KEPT {
            failed.clear();
        }
        for account in [account, ""] {
            let one = failed
                .entry((account.to_owned(), address.to_owned()))
                .or_insert(Failed { times: 0, last: now });
            // Long ago is forgiven.
            if now.duration_since(one.last) >= LONGEST_WAIT {
                one.times = 0;
            }
            one.times += 1;
            one.last = now;
        }
    }

    /// Forgets the failures of one who signed in.
    pub(super) fn succeeded(&self, account: &str, address: &str) {
        self.lock().remove(&(account.to_owned(), address.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failed {
    fn wait(&self, free: u32, now: Instant) -> Option<Duration> {
        let beyond = self.times.checked_sub(free)?;
        let wait = FIRST_WAIT.saturating_mul(1 << beyond.min(5)).min(LONGEST_WAIT);
        wait.checked_sub(now.duration_since(self.last)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_wrong_password_has_to_wait_and_the_wait_grows() {
        let attempts = Attempts::default();
        let start = Instant::now();
        for _ in 0..FREE {
            assert_eq!(attempts.wait("ada", "10.0.0.1", start), None);
            attempts.failed("ada", "10.0.0.1", start);
        }
        assert_eq!(attempts.wait("ada", "10.0.0.1", start), Some(FIRST_WAIT));
        assert_eq!(attempts.wait("ada", "10.0.0.2", start), None, "another address");
        assert_eq!(attempts.wait("bob", "10.0.0.1", start), None, "another account");
        let later = start + FIRST_WAIT;
        assert_eq!(attempts.wait("ada", "10.0.0.1", later), None);
        attempts.failed("ada", "10.0.0.1", later);
        assert_eq!(attempts.wait("ada", "10.0.0.1", later), Some(2 * FIRST_WAIT));
        attempts.succeeded("ada", "10.0.0.1");
        assert_eq!(attempts.wait("ada", "10.0.0.1", later), None);
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..FREE_BY_ADDRESS {
            attempts.failed(&format!("account {n}"), "10.0.0.1", now);
        }
        assert_eq!(attempts.wait("one more", "10.0.0.1", now), Some(FIRST_WAIT));
    }
}
