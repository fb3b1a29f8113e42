//! The named converters, towards Odoo. `convert_back` is the way back.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};
use jiff::tz::{Offset, TimeZone};
use pyexpr::{Decimal, Json};

use super::value::{OdooValue, Reference};
use crate::definition::entity::Converter;
use crate::epoch;

/// Decimal numbers beyond this have lost their cents when JSON's binary floats carry them.
const EXACT_BELOW: f64 = 1e13;

/// Why a text cannot be used.
pub(super) const NUL: &str =
    "the text holds the character NUL (U+0000), which Odoo cannot store; take it out in the external system";

/// A JSON scalar as a value for Odoo; `None` for null, an error for lists, objects, numbers that are not exact and text
/// with NUL.
pub(super) fn scalar<'r>(json: &'r Json<'r>) -> Result<Option<OdooValue<'r>>, String> {
    Ok(Some(match json {
        Json::Null => return Ok(None),
        Json::Bool(b) => OdooValue::Bool(*b),
        Json::Int(i) => OdooValue::Int(*i),
        Json::Float(f) => OdooValue::Decimal(from_float(*f)?),
        Json::Str(text) => OdooValue::Text(storable(Cow::Borrowed(text))?),
        Json::Array(_) | Json::Object(_) => return Err(not_one_value(json)),
    }))
}

/// Text without NUL: Odoo refuses a whole call for one, a search among many records too.
pub(super) fn storable(text: Cow<'_, str>) -> Result<Cow<'_, str>, String> {
    if text.contains('\0') { Err(NUL.to_owned()) } else { Ok(text) }
}

pub(super) fn from_float(float: f64) -> Result<Decimal, String> {
    if float.abs() >= EXACT_BELOW {
        return Err(format!(
            "{float} is too large to be exact as a JSON number; have the external system send it as text"
        ));
    }
    Decimal::from_json_number(float).map_err(|_| format!("{float} is no number"))
}

pub(super) fn not_one_value(json: &Json<'_>) -> String {
    let what = if matches!(json, Json::Array(_)) { "a list" } else { "an object" };
    format!("{what} cannot become one Odoo value; name a part of it")
}

/// Applies a converter that needs nothing but the value. [`Converter::State`] needs the country too: [`state`].
pub(super) fn convert<'r>(
    converter: Converter,
    value: OdooValue<'r>,
    zone: &TimeZone,
) -> Result<OdooValue<'r>, String> {
    Ok(match converter {
        Converter::Text => OdooValue::Text(text(value)?),
        Converter::Trim => OdooValue::Text(trimmed(text(value)?)),
        Converter::Lower => OdooValue::Text(lower(trimmed(text(value)?))),
        Converter::Upper => OdooValue::Text(Cow::Owned(trimmed(text(value)?).to_uppercase())),
        Converter::Decimal => OdooValue::Decimal(decimal(value)?),
        Converter::Integer => OdooValue::Int(integer(value)?),
        Converter::Boolean => OdooValue::Bool(boolean(value)?),
        Converter::Date => OdooValue::Date(date(value, zone)?),
        Converter::Datetime => OdooValue::DateTime(datetime(value, zone)?),
        Converter::HtmlToText => OdooValue::Text(Cow::Owned(pyexpr::html_to_text(&text(value)?))),
        Converter::Currency => OdooValue::Reference(Reference::Currency(code(value, 3, "currency")?)),
        Converter::Country => OdooValue::Reference(Reference::Country(code(value, 2, "country")?)),
        Converter::Unit => OdooValue::Reference(Reference::Unit(trimmed(text(value)?))),
        Converter::State => return Err("a state needs the key country".to_owned()),
    })
}

/// The state with this code in that country.
pub(super) fn state<'r>(value: OdooValue<'r>, country: OdooValue<'r>) -> Result<OdooValue<'r>, String> {
    let country = code(country, 2, "country")?;
    // Shops write "SA-01" and "01"; ISO 3166-2 puts the country in front.
    let state = trimmed(text(value)?);
    let state = match state_without_country(&country, &state) {
        rest if rest.len() < state.len() => Cow::Owned(rest.to_owned()),
        _ => state,
    };
    Ok(OdooValue::Reference(Reference::State(country, state)))
}

/// The code of a state without the country's in front of it.
pub(crate) fn state_without_country<'c>(country: &str, code: &'c str) -> &'c str {
    code.strip_prefix(country).and_then(|rest| rest.strip_prefix('-')).unwrap_or(code)
}

pub(super) fn text(value: OdooValue<'_>) -> Result<Cow<'_, str>, String> {
    match value {
        OdooValue::Text(text) => Ok(text),
        OdooValue::Int(i) => Ok(Cow::Owned(i.to_string())),
        OdooValue::Decimal(d) => Ok(Cow::Owned(d.to_plain_string())),
        other => Err(format!("{} is not text", kind(&other))),
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Most e-mail addresses are in small letters already.
fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        text
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

pub(super) fn decimal(value: OdooValue<'_>) -> Result<Decimal, String> {
    match value {
        OdooValue::Decimal(d) => Ok(d),
        OdooValue::Int(i) => Ok(Decimal::from(i)),
        OdooValue::Text(text) => decimal_of(&text),
        other => Err(format!("{} is not a decimal number", kind(&other))),
    }
}

pub(super) fn decimal_of(text: &str) -> Result<Decimal, String> {
    let number = text.trim();
    match Decimal::parse(number) {
        // Python reads 1_000 too; no shop writes that.
        Ok(decimal) if !number.as_bytes().contains(&b'_') => Ok(decimal),
        _ => Err(format!("\"{number}\" is not a decimal number such as 12.50")),
    }
}

pub(super) fn integer(value: OdooValue<'_>) -> Result<i64, String> {
    match value {
        OdooValue::Int(i) => Ok(i),
        OdooValue::Text(text) => {
            text.trim().parse().map_err(|_| format!("\"{}\" is not a whole number", text.trim()))
        }
        OdooValue::Decimal(d) => {
            let text = d.to_plain_string();
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            if fraction.bytes().all(|b| b == b'0') {
                whole.parse().map_err(|_| format!("{text} is too large for a whole number"))
            } else {
                Err(format!("{text} is not a whole number"))
            }
        }
        other => Err(format!("{} is not a whole number", kind(&other))),
    }
}

pub(super) fn boolean(value: OdooValue<'_>) -> Result<bool, String> {
    match value {
        OdooValue::Bool(b) => Ok(b),
        OdooValue::Int(0) => Ok(false),
        OdooValue::Int(1) => Ok(true),
        OdooValue::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "on" => Ok(true),
            "false" | "no" | "0" | "off" => Ok(false),
            other => Err(format!("\"{other}\" is neither true nor false")),
        },
        other => Err(format!("{} is neither true nor false", kind(&other))),
    }
}

fn code<'r>(value: OdooValue<'r>, length: usize, what: &str) -> Result<Cow<'r, str>, String> {
    let found = trimmed(text(value)?);
    if found.len() != length || !found.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(format!("\"{found}\" is no {what} code of {length} letters"));
    }
    if found.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(found)
    } else {
        Ok(Cow::Owned(found.to_ascii_uppercase()))
    }
}

pub(super) fn date(value: OdooValue<'_>, zone: &TimeZone) -> Result<Date, String> {
    match value {
        OdooValue::Date(date) => Ok(date),
        OdooValue::DateTime(at) => in_range(at).map(DateTime::date),
        OdooValue::Text(text) => date_of(&text, zone),
        other => Err(format!("{} is not a date", kind(&other))),
    }
}

pub(super) fn date_of(text: &str, zone: &TimeZone) -> Result<Date, String> {
    let at = match iso8601(text)? {
        (at, None) => at,
        (at, Some(offset)) => zone.to_datetime(offset.to_timestamp(at).map_err(|e| e.to_string())?),
    };
    in_range(at).map(DateTime::date)
}

pub(super) fn datetime(value: OdooValue<'_>, zone: &TimeZone) -> Result<DateTime, String> {
    match value {
        OdooValue::DateTime(at) => in_range(at),
        OdooValue::Date(date) => in_range(date.to_datetime(Time::midnight())),
        OdooValue::Text(text) => datetime_of(&text, zone),
        OdooValue::Int(number) => in_range(Offset::UTC.to_datetime(since_1970(number)?)),
        other => Err(format!("{} is not a time", kind(&other))),
    }
}

pub(super) fn datetime_of(text: &str, zone: &TimeZone) -> Result<DateTime, String> {
    in_range(match iso8601(text)? {
        (at, Some(Offset::UTC)) => at,
        (at, None) if *zone == TimeZone::UTC => at,
        (at, offset) => Offset::UTC.to_datetime(moment_of(text, at, offset, zone)?),
    })
}

/// The moment an ISO 8601 text speaks of; without an offset it is local time in `zone`.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Result<jiff::Timestamp, String> {
    let (at, offset) = iso8601(text)?;
    moment_of(text, at, offset, zone)
}

fn moment_of(
    text: &str,
    at: DateTime,
    offset: Option<Offset>,
    zone: &TimeZone,
) -> Result<jiff::Timestamp, String> {
    match offset {
        Some(offset) => offset.to_timestamp(at),
        None => zone.to_timestamp(at),
    }
    .map_err(|e| format!("\"{text}\" is out of range: {e}"))
}

/// The moment that a number speaks of. A small one would lie before 1974: it is a date such as 20261121, or stands for
/// none.
fn since_1970(number: i64) -> Result<jiff::Timestamp, String> {
    const LEAST_SECONDS: i64 = 100_000_000;
    if number < LEAST_SECONDS {
        return Err(format!("{number} is no number of seconds or milliseconds since 1970"));
    }
    epoch::moment(number).map_err(|e| format!("{number} is out of range: {e}"))
}

/// `/Date(1793000000000+0000)/`: milliseconds since 1970, as .NET writes them; the offset says only where it was written.
fn dot_net(text: &str) -> Option<jiff::Timestamp> {
    let inside = text.trim().strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inside.rfind(['+', '-']).filter(|at| *at > 0).unwrap_or(inside.len());
    jiff::Timestamp::from_millisecond(inside[..end].parse().ok()?).ok()
}

fn iso8601(text: &str) -> Result<(DateTime, Option<Offset>), String> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    if let Some(plain) = plain_time(text.as_bytes()) {
        return Ok(plain);
    }
    if let Some(moment) = dot_net(text) {
        return Ok((Offset::UTC.to_datetime(moment), Some(Offset::UTC)));
    }
    let pieces = PARSER
        .parse_pieces(text.trim())
        .map_err(|_| format!("\"{text}\" is no date or time such as 2026-11-21T22:18:00"))?;
    let at = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let offset = pieces.offset().map(|offset| match offset {
        PiecesOffset::Numeric(numeric) => numeric.offset(),
        _ => Offset::UTC,
    });
    Ok((at, offset))
}

/// `2026-11-21`, `2026-11-21T22:18:00`, perhaps with `Z` or `+03:00`: what most APIs send, read without the full parser.
fn plain_time(text: &[u8]) -> Option<(DateTime, Option<Offset>)> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    let two = |tens: &u8, ones: &u8| i8::try_from(digit(tens)? * 10 + digit(ones)?).ok();
    let (date, rest) = text.split_at_checked("2026-11-21".len())?;
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2] = date else { return None };
    let year = digit(y1)? * 1_000 + digit(y2)? * 100 + digit(y3)? * 10 + digit(y4)?;
    let date = Date::new(year, two(mo1, mo2)?, two(d1, d2)?).ok()?;
    let [b'T' | b' ', h1, h2, b':', mi1, mi2, b':', s1, s2, rest @ ..] = rest else {
        return rest.is_empty().then(|| (date.to_datetime(Time::midnight()), None));
    };
    let offset = match rest {
        [] => None,
        b"Z" => Some(Offset::UTC),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2).filter(|minutes| *minutes < 60)?);
            let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
            Some(Offset::from_seconds(if *sign == b'-' { -seconds } else { seconds }).ok()?)
        }
        _ => return None,
    };
    let time = Time::new(two(h1, h2)?, two(mi1, mi2)?, two(s1, s2)?, 0).ok()?;
    Some((date.to_datetime(time), offset))
}

/// Python's dates, and so Odoo's, begin with year 1.
fn in_range(at: DateTime) -> Result<DateTime, String> {
    if at.year() >= 1 { Ok(at) } else { Err(format!("{at} is before year 1; Odoo cannot store it")) }
}

fn kind(value: &OdooValue<'_>) -> &'static str {
    match value {
        OdooValue::Empty => "an empty value",
        OdooValue::Bool(_) => "true/false",
        OdooValue::Int(_) | OdooValue::Decimal(_) => "a number",
        OdooValue::Text(_) => "text",
        OdooValue::Date(_) => "a date",
        OdooValue::DateTime(_) => "a time",
        OdooValue::Relation { .. } => "a relation",
        OdooValue::Relations { .. } => "several relations",
        OdooValue::Reference(_) => "a reference",
    }
}
