//! `str()` and `repr()` of values, as CPython prints them.

use std::fmt::{self, Write};

use crate::number::float_repr;
use crate::value::{Items, Pairs, Value};

/// Python's `str(value)`.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Str(text) => f.write_str(text),
            Value::Int(i) => write!(f, "{i}"),
            Value::Decimal(d) => write!(f, "{d}"),
            Value::Date(date) => f.write_str(&crate::dates::date_text(*date)),
            Value::DateTime(at) => f.write_str(&crate::dates::datetime_text(*at, ' ')),
            other => f.write_str(&other.repr()),
        }
    }
}

impl Value<'_> {
    /// Python's `repr(value)`.
    pub fn repr(&self) -> String {
        let mut out = String::new();
        write_repr(&mut out, self);
        out
    }
}

/// Writing to a String cannot fail, which is why results of `write!` are ignored here.
fn write_repr(out: &mut String, value: &Value<'_>) {
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Value::Int(i) => _ = write!(out, "{i}"),
        Value::Float(f) => out.push_str(&float_repr(*f)),
        Value::Decimal(d) => _ = write!(out, "Decimal('{d}')"),
        Value::Str(text) => write_text(out, text),
        Value::Date(date) => {
            _ = write!(out, "datetime.date({}, {}, {})", date.year(), date.month(), date.day());
        }
        Value::DateTime(at) => write_datetime(out, *at),
        Value::List(items) => write_items(out, Items::Values(items), "[", "]"),
        Value::Tuple(items) => {
            write_items(out, Items::Values(items), "(", if items.len() == 1 { ",)" } else { ")" });
        }
        Value::Dict(pairs) => write_pairs(out, Pairs::Values(pairs)),
        Value::Json(crate::Json::Array(items)) => write_items(out, Items::Json(items), "[", "]"),
        Value::Json(crate::Json::Object(object)) => write_pairs(out, Pairs::Json(object)),
        Value::Json(scalar) => write_repr(out, &Value::from(*scalar)),
    }
}

fn write_items(out: &mut String, items: Items<'_, '_>, open: &str, close: &str) {
    out.push_str(open);
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write_repr(out, &item);
    }
    out.push_str(close);
}

fn write_pairs(out: &mut String, pairs: Pairs<'_, '_>) {
    out.push('{');
    for (at, (key, value)) in pairs.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write_repr(out, &key);
        out.push_str(": ");
        write_repr(out, &value);
    }
    out.push('}');
}

fn write_datetime(out: &mut String, at: jiff::civil::DateTime) {
    let (year, month, day) = (at.year(), at.month(), at.day());
    _ = write!(out, "datetime.datetime({year}, {month}, {day}, {}, {}", at.hour(), at.minute());
    let microsecond = at.subsec_nanosecond() / 1000;
    if at.second() != 0 || microsecond != 0 {
        _ = write!(out, ", {}", at.second());
    }
    if microsecond != 0 {
        _ = write!(out, ", {microsecond}");
    }
    out.push(')');
}

/// Quotes as Python chooses them: `'`, unless the text has `'` and no `"`.
fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            c if crate::unicode::is_printable(c) => out.push(c),
            c => match u32::from(c) {
                code @ ..=0xff => _ = write!(out, "\\x{code:02x}"),
                code @ ..=0xffff => _ = write!(out, "\\u{code:04x}"),
                code => _ = write!(out, "\\U{code:08x}"),
            },
        }
    }
    out.push(quote);
}
