//! Dates as WordPress writes and reads them. A moment is a count of seconds since 1970, UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// `2026-11-22T01:13:56`, without zone, for a moment seen `offset_secs` east of UTC.
pub(crate) fn text(moment: i64, offset_secs: i64) -> String {
    let stamp = Timestamp::from_second(moment + offset_secs).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(stamp).to_string()
}

/// The moment of such a text read as UTC; `None` for anything else.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let civil: DateTime = text.parse().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_second())
}

/// Sets `<field>` (shop time) and `<field>_gmt` (UTC).
pub(crate) fn stamp(record: &mut Map<String, Value>, field: &str, moment: Option<i64>, offset_secs: i64) {
    let texts = moment.map(|moment| (text(moment, offset_secs), text(moment, 0)));
    let (local, gmt) = texts.map_or((Value::Null, Value::Null), |(local, gmt)| (local.into(), gmt.into()));
    record.insert(field.to_owned(), local);
    record.insert(format!("{field}_gmt"), gmt);
}

/// The moment in `<field>_gmt` of a record.
pub(crate) fn stamped(record: &Value, field: &str) -> Option<i64> {
    moment(record.get(format!("{field}_gmt"))?.as_str()?)
}

/// A date parameter as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateParam {
    /// Seconds since 1970 of the wall clock time as typed, as if it were UTC.
    wall: i64,
    /// Seconds east of UTC, if the text said so (`Z` is 0).
    offset_secs: Option<i64>,
}

impl DateParam {
    /// Reads `2026-11-21T22:18:00` with nothing, `Z` or an offset behind it; a date without time is refused.
    pub(crate) fn parse(text: &str) -> Option<DateParam> {
        let bytes = text.as_bytes();
        if bytes.len() < 19 || !matches!(bytes[10], b'T' | b't' | b' ') {
            return None;
        }
        let civil = text.get(..19)?.replace(['t', ' '], "T");
        let mut rest = text.get(19..)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
        }
        Some(DateParam { wall: moment(&civil)?, offset_secs: zone(rest)? })
    }

    /// The moment that the shop compares with, kept UTC, of a shop `shop_offset_secs` east of UTC.
    ///
    /// Without suffix the text is shop time, or UTC with `dates_are_gmt`. With a suffix it is right, except together
    /// with `dates_are_gmt`: the shop turns it into shop time and then reads that as UTC.
    pub(crate) fn bound(self, shop_offset_secs: i64, dates_are_gmt: bool) -> i64 {
        match (self.offset_secs, dates_are_gmt) {
            (None, false) => self.wall - shop_offset_secs,
            (None, true) => self.wall,
            (Some(offset), false) => self.wall - offset,
            (Some(offset), true) => self.wall - offset + shop_offset_secs,
        }
    }
}

fn zone(text: &str) -> Option<Option<i64>> {
    if text.is_empty() {
        return Some(None);
    }
    if text.eq_ignore_ascii_case("z") {
        return Some(Some(0));
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|&c| c != ':').collect();
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = if digits.len() > 2 { digits.get(2..4)?.parse().ok()? } else { 0 };
    Some(Some(sign * SignedDuration::from_mins(hours * 60 + minutes).as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIYADH: i64 = 3 * 3600;

    #[test]
    fn a_suffix_together_with_dates_are_gmt_is_off_by_the_shops_offset() {
        let utc = moment("2026-11-21T22:18:00").unwrap();
        let bound = |text: &str, gmt| DateParam::parse(text).unwrap().bound(RIYADH, gmt);
        assert_eq!(bound("2026-11-21T22:18:00Z", false), utc);
        assert_eq!(bound("2026-11-22T01:18:00+03:00", false), utc);
        assert_eq!(bound("2026-11-22T01:18:00", false), utc);
        assert_eq!(bound("2026-11-21T22:18:00", true), utc);
        assert_eq!(bound("2026-11-21T22:18:00Z", true), utc + RIYADH);
    }

    #[test]
    fn words_and_bare_dates_are_no_dates() {
        assert_eq!(DateParam::parse("yesterday"), None);
        assert_eq!(DateParam::parse("2026-11-21"), None);
        assert_eq!(DateParam::parse("2026-13-21T00:00:00"), None);
    }
}
