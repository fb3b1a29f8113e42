//! When a failed job is tried again. The time is stored with the job, so that a restart forgets nothing.

use std::time::Duration;

use rand::Rng;

/// Times a job may fail before a human is asked: with the waits below, about two and a half hours. The time for
/// which a breaker is open does not count.
pub const MOST_FAILURES: i64 = 12;

const FIRST_MS: u64 = 5_000;
const LONGEST_MS: u64 = 3_600_000;

/// Milliseconds until the next try of a job that has now failed `failures` times: 5 s, doubled each time up to an hour,
/// half as long to half as much again at random, and not less than the other side asks. `None`: it is not tried again.
pub fn next_try(failures: i64, asked: Option<Duration>, random: &mut impl Rng) -> Option<i64> {
    if failures >= MOST_FAILURES {
        return None;
    }
    let doublings = u32::try_from(failures.saturating_sub(1).max(0)).unwrap_or(u32::MAX).min(20);
    let step = FIRST_MS.saturating_mul(1 << doublings).min(LONGEST_MS);
    let jittered = random.random_range(step / 2..=step + step / 2);
    let asked = asked.map_or(0, |asked| u64::try_from(asked.as_millis()).unwrap_or(u64::MAX));
    Some(jittered.max(asked.min(24 * LONGEST_MS)).cast_signed())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn waits_grow_scatter_and_end() {
        let mut random = StdRng::seed_from_u64(1);
        for (failures, step) in [(1, 5_000), (2, 10_000), (5, 80_000), (11, 3_600_000)] {
            let waits: Vec<i64> = (0..200).filter_map(|_| next_try(failures, None, &mut random)).collect();
            assert_eq!(waits.len(), 200);
            assert!(
                waits.iter().all(|wait| (step / 2..=step + step / 2).contains(wait)),
                "{failures}: {waits:?}"
            );
            assert!(
                waits.iter().any(|wait| *wait < step * 3 / 4)
                    && waits.iter().any(|wait| *wait > step * 5 / 4)
            );
        }
        assert_eq!(next_try(MOST_FAILURES, None, &mut random), None);
    }

    #[test]
    fn the_other_side_is_given_the_time_it_asks_for() {
        let mut random = StdRng::seed_from_u64(1);
        let wait = next_try(1, Some(Duration::from_secs(600)), &mut random);
        assert_eq!(wait, Some(600_000));
        let longest = next_try(1, Some(Duration::from_secs(u64::MAX)), &mut random);
        assert_eq!(longest, Some(24 * 3_600_000));
    }
}
