//! Times in tables.

use jiff::Timestamp;

/// A time of the store, in UTC and to the second.
pub(super) fn when(at: i64) -> String {
    Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
