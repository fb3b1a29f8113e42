//! `date(text)`, `datetime(text)` and what can be asked of them.

use jiff::civil::{self, Date, DateTime};

use crate::error::Failure;
use crate::number::Outcome;
use crate::value::Value;
use crate::vocabulary::Attribute;

/// The codes `strftime` may use: those that look the same on every system and in every language.
pub(crate) const FORMAT_CODES: &str = "%Y %m %d %H %M %S %f %j %y %%";

fn not_a_date(text: &str, wanted: &str) -> Failure {
    Failure::value_error(format!("this is not {wanted} in ISO 8601")).with_value(&Value::from(text))
}

/// The date as it is written, of `2024-05-31` or a datetime in ISO 8601.
pub(crate) fn parse_date(text: &str) -> Outcome<Date> {
    let parsed = match text.len() {
        10 => split_date(text).map(|(date, _)| date),
        _ => parse_parts(text).map(|(at, _)| at.date()),
    };
    parsed.ok_or_else(|| not_a_date(text, "a date"))
}

/// The moment in UTC; without a zone it is taken for UTC. Fractions beyond microseconds are cut off.
pub(crate) fn parse_datetime(text: &str) -> Outcome<DateTime> {
    let fail = || not_a_date(text, "a date and time");
    let (at, offset_minutes) = parse_parts(text).ok_or_else(fail)?;
    let span = jiff::Span::new().minutes(-offset_minutes);
    let moved = at.checked_add(span).map_err(|_| fail())?;
    // Python's years are 1 to 9999.
    if (1..=9999).contains(&moved.year()) { Ok(moved) } else { Err(fail()) }
}

/// `YYYY-MM-DD` and what follows.
fn split_date(text: &str) -> Option<(Date, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = digits(&date[..4])?;
    let date = Date::new(year as i16, digits(&date[5..7])? as i8, digits(&date[8..])? as i8).ok()?;
    (year >= 1).then_some((date, rest))
}

/// `YYYY-MM-DD[T ]HH:MM[:SS[.fraction]][Z|±HH[[:]MM]]`, and the zone's minutes east of UTC.
fn parse_parts(text: &str) -> Option<(DateTime, i64)> {
    let (date, rest) = split_date(text)?;
    if rest.is_empty() {
        return Some((date.at(0, 0, 0, 0), 0));
    }
    let rest = rest.strip_prefix(['T', ' '])?;
    let (hour, rest) = two_digits(rest)?;
    let (minute, mut rest) = two_digits(rest.strip_prefix(':')?)?;
    let (mut second, mut nanosecond) = (0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        (second, rest) = two_digits(after)?;
        if let Some(after) = rest.strip_prefix('.') {
            let length = after.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, after) = after.split_at(length);
            if !(1..=9).contains(&length) {
                return None;
            }
            nanosecond = format!("{fraction:0<9}")[..6].parse::<i32>().ok()? * 1000;
            rest = after;
        }
    }
    let time = civil::Time::new(hour as i8, minute as i8, second as i8, nanosecond).ok()?;
    // jiff reads second 60 as 59; Python refuses it.
    (second < 60).then_some((date.to_datetime(time), zone(rest)?))
}

fn zone(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = two_digits(rest)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = if rest.is_empty() { (0, rest) } else { two_digits(rest)? };
    let valid = rest.is_empty() && hours < 24 && minutes < 60 && !text.ends_with(':');
    valid.then_some(sign * (hours * 60 + minutes))
}

fn two_digits(text: &str) -> Option<(i64, &str)> {
    let (number, rest) = text.split_at_checked(2)?;
    Some((digits(number)?, rest))
}

/// A number in ASCII digits only.
fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `str(date)`
pub(crate) fn date_text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// `datetime.isoformat(separator)`: the fraction only when there is one.
pub(crate) fn datetime_text(at: DateTime, separator: char) -> String {
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    let text = format!("{}{separator}{hour:02}:{minute:02}:{second:02}", date_text(at.date()));
    match at.subsec_nanosecond() / 1000 {
        0 => text,
        microsecond => format!("{text}.{microsecond:06}"),
    }
}

/// `base.year` and the like; `None` when the type has no such attribute.
pub(crate) fn attribute(attribute: Attribute, base: &Value<'_>) -> Option<i64> {
    let (date, time) = match base {
        Value::Date(date) => (*date, None),
        Value::DateTime(at) => (at.date(), Some(at.time())),
        _ => return None,
    };
    Some(match attribute {
        Attribute::Year => i64::from(date.year()),
        Attribute::Month => i64::from(date.month()),
        Attribute::Day => i64::from(date.day()),
        Attribute::Hour => i64::from(time?.hour()),
        Attribute::Minute => i64::from(time?.minute()),
        Attribute::Second => i64::from(time?.second()),
        Attribute::Microsecond => i64::from(time?.subsec_nanosecond() / 1000),
    })
}

/// Fails with the first code that is not one of [`FORMAT_CODES`].
pub(crate) fn check_format(format: &str) -> Result<(), String> {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        match chars.next() {
            Some('Y' | 'm' | 'd' | 'H' | 'M' | 'S' | 'f' | 'j' | 'y' | '%') => {}
            Some(code) => return Err(format!("%{code}")),
            None => return Err("a % at the end".to_owned()),
        }
    }
    Ok(())
}

/// `date.strftime(format)`
pub(crate) fn strftime(at: DateTime, format: &str) -> Outcome<String> {
    check_format(format).map_err(|code| Failure::limit(format!("{code} is not supported by strftime()")))?;
    if at.year() < 1000 {
        return Err(Failure::limit("years before 1000 print differently on different systems"));
    }
    let mut text = String::with_capacity(format.len() * 2);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => text.push_str(&format!("{:04}", at.year())),
            Some('y') => text.push_str(&format!("{:02}", at.year() % 100)),
            Some('m') => text.push_str(&format!("{:02}", at.month())),
            Some('d') => text.push_str(&format!("{:02}", at.day())),
            Some('H') => text.push_str(&format!("{:02}", at.hour())),
            Some('M') => text.push_str(&format!("{:02}", at.minute())),
            Some('S') => text.push_str(&format!("{:02}", at.second())),
            Some('f') => text.push_str(&format!("{:06}", at.subsec_nanosecond() / 1000)),
            Some('j') => text.push_str(&format!("{:03}", at.day_of_year())),
            _ => text.push('%'),
        }
    }
    Ok(text)
}
