//! Times as numbers.

use jiff::Timestamp;

/// As seconds a greater number would lie in the year 5138: it counts milliseconds.
const MOST_SECONDS: i64 = 99_999_999_999;

/// The moment that a number of seconds or milliseconds since 1970 speaks of.
pub(crate) fn moment(number: i64) -> Result<Timestamp, jiff::Error> {
    match number > MOST_SECONDS {
        true => Timestamp::from_millisecond(number),
        false => Timestamp::from_second(number),
    }
}
