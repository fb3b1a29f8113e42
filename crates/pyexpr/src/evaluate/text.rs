//! Methods of `str`.

use std::borrow::Cow;

use super::iterate::not_an_integer;
use super::subscript::as_index;
use crate::error::Failure;
use crate::number::Outcome;
use crate::unicode::{is_digit, is_line_end, is_space};
use crate::value::Value;
use crate::vocabulary::Method;

/// The text given as an argument.
pub(super) fn argument<'v>(method: Method, arguments: &'v [Value<'_>], at: usize) -> Outcome<&'v str> {
    match &arguments[at] {
        Value::Str(text) => Ok(text),
        other => {
            let (name, found) = (method.name(), other.type_name());
            let message = format!("{name}() argument {} must be str, not {found}", at + 1);
            Err(Failure::type_error(message).with_value(other))
        }
    }
}

/// The count given to `split` and `replace`: negative or absent means all.
pub(super) fn limit(argument: Option<&Value<'_>>) -> Outcome<usize> {
    match argument {
        None => Ok(usize::MAX),
        Some(value) => match as_index(value) {
            Some(limit) => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
            None => Err(not_an_integer(value)),
        },
    }
}

/// A part of the subject, borrowed when the subject is.
fn part<'r>(subject: &Cow<'r, str>, start: usize, end: usize) -> Value<'r> {
    Value::Str(match subject {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
    })
}

/// The methods whose results are parts of the subject; `None` for the others.
pub(super) fn split_or_strip<'r>(
    method: Method,
    subject: &Cow<'r, str>,
    arguments: &[Value<'r>],
) -> Option<Outcome<Value<'r>>> {
    Some(match method {
        Method::Strip => strip(method, subject, arguments, true, true),
        Method::Lstrip => strip(method, subject, arguments, true, false),
        Method::Rstrip => strip(method, subject, arguments, false, true),
        Method::Split | Method::Rsplit => split(method, subject, arguments),
        Method::Splitlines => Ok(split_lines(subject)),
        Method::Partition | Method::Rpartition => partition(method, subject, arguments),
        Method::Removeprefix => argument(method, arguments, 0).map(|prefix| {
            let start = if subject.starts_with(prefix) { prefix.len() } else { 0 };
            part(subject, start, subject.len())
        }),
        Method::Removesuffix => argument(method, arguments, 0).map(|suffix| {
            let end = if subject.ends_with(suffix) { subject.len() - suffix.len() } else { subject.len() };
            part(subject, 0, end)
        }),
        _ => return None,
    })
}

fn strip<'r>(
    method: Method,
    subject: &Cow<'r, str>,
    arguments: &[Value<'r>],
    left: bool,
    right: bool,
) -> Outcome<Value<'r>> {
    let chosen = match arguments.first() {
        None | Some(Value::None) => None,
        Some(Value::Str(chars)) => Some(chars),
        Some(other) => {
            let message = format!("{} arg must be None or str", method.name());
            return Err(Failure::type_error(message).with_value(other));
        }
    };
    let strips = |c: char| chosen.map_or_else(|| is_space(c), |chars| chars.contains(c));
    let rest = if left { subject.trim_start_matches(strips) } else { subject };
    let start = subject.len() - rest.len();
    let rest = if right { rest.trim_end_matches(strips) } else { rest };
    Ok(part(subject, start, start + rest.len()))
}

fn split<'r>(method: Method, subject: &Cow<'r, str>, arguments: &[Value<'r>]) -> Outcome<Value<'r>> {
    let most = limit(arguments.get(1))?;
    let from_right = method == Method::Rsplit;
    let ranges = match arguments.first() {
        None | Some(Value::None) if from_right => split_spaces_right(subject, most),
        None | Some(Value::None) => split_spaces(subject, most),
        Some(Value::Str(separator)) if separator.is_empty() => {
            return Err(Failure::value_error("empty separator"));
        }
        Some(Value::Str(separator)) => {
            let found: Vec<usize> = if from_right {
                let mut found: Vec<_> =
                    subject.rmatch_indices(&**separator).map(|(at, _)| at).take(most).collect();
                found.reverse();
                found
            } else {
                subject.match_indices(&**separator).map(|(at, _)| at).take(most).collect()
            };
            let mut ranges = Vec::with_capacity(found.len() + 1);
            let mut start = 0;
            for at in found {
                ranges.push((start, at));
                start = at + separator.len();
            }
            ranges.push((start, subject.len()));
            ranges
        }
        Some(other) => {
            let message = format!("must be str or None, not {}", other.type_name());
            return Err(Failure::type_error(message).with_value(other));
        }
    };
    Ok(Value::list(ranges.into_iter().map(|(start, end)| part(subject, start, end)).collect()))
}

/// Splits at runs of blanks; when the limit is reached the last piece is all of the rest, blanks and all.
fn split_spaces(text: &str, most: usize) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        if ranges.len() == most {
            ranges.push((start, text.len()));
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        ranges.push((start, start + end));
        rest = rest[end..].trim_start_matches(is_space);
    }
    ranges
}

fn split_spaces_right(text: &str, most: usize) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if ranges.len() == most {
            ranges.push((0, rest.len()));
            break;
        }
        let start =
            rest.char_indices().rev().find(|(_, c)| is_space(*c)).map_or(0, |(at, c)| at + c.len_utf8());
        ranges.push((start, rest.len()));
        rest = rest[..start].trim_end_matches(is_space);
    }
    ranges.reverse();
    ranges
}

fn split_lines<'r>(subject: &Cow<'r, str>) -> Value<'r> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = subject.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !is_line_end(c) {
            continue;
        }
        lines.push(part(subject, start, at));
        start = at + c.len_utf8();
        if c == '\r' && chars.next_if(|(_, next)| *next == '\n').is_some() {
            start += 1;
        }
    }
    if start < subject.len() {
        lines.push(part(subject, start, subject.len()));
    }
    Value::list(lines)
}

fn partition<'r>(method: Method, subject: &Cow<'r, str>, arguments: &[Value<'r>]) -> Outcome<Value<'r>> {
    let separator = argument(method, arguments, 0)?;
    if separator.is_empty() {
        return Err(Failure::value_error("empty separator"));
    }
    let from_right = method == Method::Rpartition;
    let found = if from_right { subject.rfind(separator) } else { subject.find(separator) };
    let length = subject.len();
    let cuts = match found {
        Some(at) => [(0, at), (at, at + separator.len()), (at + separator.len(), length)],
        None if from_right => [(0, 0), (0, 0), (0, length)],
        None => [(0, length), (length, length), (length, length)],
    };
    Ok(Value::tuple(cuts.iter().map(|(start, end)| part(subject, *start, *end)).collect()))
}

/// `str.count(part)`: an empty text occurs between all characters and at both ends.
pub(super) fn occurrences(subject: &str, part: &str) -> usize {
    if part.is_empty() { subject.chars().count() + 1 } else { subject.matches(part).count() }
}

/// `str.replace(from, to, times)`
pub(super) fn replace(subject: &str, from: &str, to: &str, times: usize) -> String {
    subject.replacen(from, to, times)
}

/// `ljust`, `rjust` and `zfill`.
pub(super) fn justify<'r>(
    method: Method,
    subject: &str,
    width: usize,
    fill: Option<&Value<'r>>,
) -> Outcome<Value<'r>> {
    let fill = match fill {
        None if method == Method::Zfill => '0',
        None => ' ',
        Some(Value::Str(text)) => match (text.chars().next(), text.chars().count()) {
            (Some(fill), 1) => fill,
            _ => return Err(Failure::type_error("The fill character must be exactly one character long")),
        },
        Some(other) => {
            let message =
                format!("The fill character must be a unicode character, not {}", other.type_name());
            return Err(Failure::type_error(message).with_value(other));
        }
    };
    let padding = fill.to_string().repeat(width.saturating_sub(subject.chars().count()));
    Ok(Value::from(match (method, subject.strip_prefix(['+', '-'])) {
        (Method::Ljust, _) => format!("{subject}{padding}"),
        (Method::Zfill, Some(digits)) => format!("{}{padding}{digits}", &subject[..1]),
        _ => format!("{padding}{subject}"),
    }))
}

/// The methods that ask something or change the case.
pub(super) fn query<'r>(method: Method, subject: &str, arguments: &[Value<'r>]) -> Outcome<Value<'r>> {
    let all = |holds: fn(char) -> bool| Value::Bool(!subject.is_empty() && subject.chars().all(holds));
    let place = |at: Option<usize>| at.map_or(-1, |at| subject[..at].chars().count() as i64);
    Ok(match method {
        Method::Lower => Value::from(subject.to_lowercase()),
        Method::Upper => Value::from(subject.to_uppercase()),
        Method::Title => Value::from(title(subject)?),
        Method::Capitalize => Value::from(capitalize(subject)?),
        Method::Isdigit => all(is_digit),
        Method::Isdecimal => all(|c| crate::unicode::digit_value(c).is_some()),
        Method::Isspace => all(is_space),
        Method::Startswith => Value::Bool(affix(method, &arguments[0], |part| subject.starts_with(part))?),
        Method::Endswith => Value::Bool(affix(method, &arguments[0], |part| subject.ends_with(part))?),
        Method::Count => Value::Int(occurrences(subject, argument(method, arguments, 0)?) as i64),
        Method::Find => Value::Int(place(subject.find(argument(method, arguments, 0)?))),
        Method::Rfind => Value::Int(place(subject.rfind(argument(method, arguments, 0)?))),
        Method::Index => match place(subject.find(argument(method, arguments, 0)?)) {
            -1 => return Err(Failure::value_error("substring not found").with_value(&arguments[0])),
            at => Value::Int(at),
        },
        other => return Err(Failure::limit(format!("{}() is not supported on text", other.name()))),
    })
}

/// `startswith` and `endswith` take a text or a tuple of texts, and look no further than the first that fits.
fn affix(method: Method, argument: &Value<'_>, fits: impl Fn(&str) -> bool) -> Outcome<bool> {
    let wrong = |value: &Value<'_>, wanted: &str| {
        let (name, found) = (method.name(), value.type_name());
        Failure::type_error(format!("{name} {wanted}, not {found}")).with_value(value)
    };
    match argument {
        Value::Str(part) => Ok(fits(part)),
        Value::Tuple(parts) => {
            for part in parts.iter() {
                match part {
                    Value::Str(part) if fits(part) => return Ok(true),
                    Value::Str(_) => {}
                    other => return Err(wrong(other, "must be a tuple of str")),
                }
            }
            Ok(false)
        }
        other => Err(wrong(other, "first arg must be str or a tuple of str")),
    }
}

/// Capitals at the start of each run of letters, small letters inside.
fn title(subject: &str) -> Outcome<String> {
    let mut text = String::with_capacity(subject.len());
    let mut inside = false;
    for (at, c) in subject.char_indices() {
        match inside {
            true => text.push_str(&lower_in_context(subject, at, c)),
            false => text.push_str(&title_case(c)?),
        }
        inside = c.is_lowercase() || c.is_uppercase() || crate::unicode::is_titlecase(c);
    }
    Ok(text)
}

fn capitalize(subject: &str) -> Outcome<String> {
    let mut chars = subject.char_indices();
    let Some((_, first)) = chars.next() else { return Ok(String::new()) };
    let mut text = title_case(first)?;
    chars.for_each(|(at, c)| text.push_str(&lower_in_context(subject, at, c)));
    Ok(text)
}

/// A capital sigma that ends a word has a small letter of its own, which only `str::to_lowercase` looks for.
fn lower_in_context(subject: &str, at: usize, c: char) -> String {
    if c != 'Σ' {
        return c.to_lowercase().collect();
    }
    let lower = subject.to_lowercase();
    let place = subject[..at].to_lowercase().chars().count();
    lower.chars().nth(place).unwrap_or(c).to_string()
}

/// The letter as it begins a title: a capital, but for ligatures and digraphs, which are refused.
fn title_case(c: char) -> Outcome<String> {
    if crate::unicode::has_own_titlecase(c) {
        return Err(Failure::limit("title case of this letter is not supported")
            .with_value(&Value::from(c.to_string())));
    }
    Ok(c.to_uppercase().collect())
}
