//! Slows down whoever tries passwords: by account and address, and by address alone for one who tries many accounts.
//!
//! Kept in memory, on each node for itself: a restart forgives. argon2 makes each try slow anyway.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
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
    /// Notes a try as a wrong password until it turns out right; the error is how long this one has to wait before it.
    pub(super) fn begin(&self, account: &str, address: &str, now: Instant) -> Result<(), Duration> {
        let mut failed = self.lock();
        let own = failed.get(&(account.to_owned(), address.to_owned())).and_then(|one| one.wait(FREE, now));
        let all =
            failed.get(&(String::new(), address.to_owned())).and_then(|one| one.wait(FREE_BY_ADDRESS, now));
        if let Some(wait) = own.max(all) {
            return Err(wait);
        }
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
        Ok(())
    }

    /// Forgets the failures of one who signed in; of the address this one try.
    pub(super) fn succeeded(&self, account: &str, address: &str) {
        let mut failed = self.lock();
        failed.remove(&(account.to_owned(), address.to_owned()));
        if let Some(all) = failed.get_mut(&(String::new(), address.to_owned())) {
            all.times = all.times.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address that tries are counted by. With IPv6 everybody has a network of addresses to choose from.
pub(super) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
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
            assert_eq!(attempts.begin("ada", "10.0.0.1", start), Ok(()));
        }
        assert_eq!(attempts.begin("ada", "10.0.0.1", start), Err(FIRST_WAIT));
        assert_eq!(attempts.begin("ada", "10.0.0.2", start), Ok(()), "another address");
        assert_eq!(attempts.begin("bob", "10.0.0.1", start), Ok(()), "another account");
        let later = start + FIRST_WAIT;
        assert_eq!(attempts.begin("ada", "10.0.0.1", later), Ok(()));
        assert_eq!(attempts.begin("ada", "10.0.0.1", later), Err(2 * FIRST_WAIT));
        attempts.succeeded("ada", "10.0.0.1");
        assert_eq!(attempts.begin("ada", "10.0.0.1", later), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..FREE_BY_ADDRESS {
            assert_eq!(attempts.begin(&format!("account {n}"), "10.0.0.1", now), Ok(()));
        }
        assert_eq!(attempts.begin("one more", "10.0.0.1", now), Err(FIRST_WAIT));
    }

    #[test]
    fn an_office_may_sign_in_as_often_as_it_likes() {
        let attempts = Attempts::default();
        for n in 0..2 * FREE_BY_ADDRESS {
            let account = format!("account {n}");
            assert_eq!(attempts.begin(&account, "10.0.0.1", Instant::now()), Ok(()));
            attempts.succeeded(&account, "10.0.0.1");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let of = |address: &str| household(address.parse().expect("an address")).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
