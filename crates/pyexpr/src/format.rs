//! Format specifications of f-strings: `{total:.2f}`, `{number:05d}`, `{name:<20}`.

use crate::decimal::{Decimal, DecimalError, Rounding};
use crate::error::Failure;
use crate::number::{Outcome, float_repr};
use crate::value::Value;

/// Width and precision beyond which a specification is refused.
const MOST: usize = 200;

/// `[[fill]align][sign][0][width][,][.precision][type]`, the part of Python's mini language that is common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spec {
    text: String,
    fill: Option<char>,
    align: Option<char>,
    plus: bool,
    zero: bool,
    width: usize,
    commas: bool,
    precision: Option<usize>,
    code: Option<char>,
}

impl Spec {
    /// Reads a specification; `None` when it is not of the common part.
    pub(crate) fn parse(text: &str) -> Option<Spec> {
        let mut spec = Spec { text: text.to_owned(), ..Spec::default() };
        let chars: Vec<char> = text.chars().collect();
        let mut rest = chars.as_slice();
        let is_align = |c: char| matches!(c, '<' | '>' | '^');
        match *rest {
            [fill, align, ..] if is_align(align) => {
                (spec.fill, spec.align) = (Some(fill), Some(align));
                rest = &rest[2..];
            }
            [align, ..] if is_align(align) => {
                spec.align = Some(align);
                rest = &rest[1..];
            }
            _ => {}
        }
        spec.plus = take(&mut rest, '+');
        spec.zero = take(&mut rest, '0');
        spec.width = take_number(&mut rest)?.unwrap_or(0);
        spec.commas = take(&mut rest, ',');
        if take(&mut rest, '.') {
            spec.precision = Some(take_number(&mut rest)??);
        }
        match rest {
            [] => {}
            [code @ ('d' | 'f' | 's')] => spec.code = Some(*code),
            _ => return None,
        }
        // `0` with an alignment of its own has changed its meaning between Python versions.
        (!(spec.zero && spec.align.is_some())).then_some(spec)
    }

    /// Nothing asked for: the same as `str()`.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Python's `format(value, spec)`.
    pub(crate) fn apply(&self, value: &Value<'_>) -> Outcome<String> {
        if self.is_empty() {
            return Ok(value.to_string());
        }
        match value {
            Value::Str(text) => self.text(text),
            Value::Bool(b) => self.int(i64::from(*b)),
            Value::Int(i) => self.int(*i),
            Value::Float(f) => self.float(*f),
            Value::Decimal(d) => self.decimal(*d),
            // strftime() without any code gives the specification back.
            Value::Date(_) | Value::DateTime(_) => Ok(self.text.clone()),
            other => Err(Failure::type_error(format!(
                "unsupported format string passed to {}.__format__",
                other.type_name()
            ))
            .with_value(other)),
        }
    }

    fn text(&self, text: &str) -> Outcome<String> {
        if let Some(code @ ('d' | 'f')) = self.code {
            return Err(unknown_code(code, "str"));
        }
        if self.plus {
            return Err(Failure::value_error("Sign not allowed in string format specifier"));
        }
        if self.commas {
            return Err(Failure::value_error("Cannot specify ',' with 's'."));
        }
        let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        if self.zero {
            // Python 3.10 and later pad text with zeros on the right.
            return Ok(pad(cut, self.width, '0', '<'));
        }
        Ok(pad(cut, self.width, self.fill.unwrap_or(' '), self.align.unwrap_or('<')))
    }

    fn int(&self, int: i64) -> Outcome<String> {
        match self.code {
            Some('f') => return self.float(int as f64),
            Some('s') => return Err(unknown_code('s', "int")),
            _ => {}
        }
        if self.precision.is_some() {
            return Err(Failure::value_error("Precision not allowed in integer format specifier"));
        }
        Ok(self.number(int < 0, &int.unsigned_abs().to_string()))
    }

    fn float(&self, float: f64) -> Outcome<String> {
        match (self.code, self.precision) {
            (Some('f'), precision) => {
                let digits = format!("{:.*}", precision.unwrap_or(6), float.abs());
                Ok(self.number(float.is_sign_negative(), &digits))
            }
            (None, None) => Ok(self.number(float.is_sign_negative(), &float_repr(float.abs()))),
            (None, Some(_)) => Err(Failure::limit("a precision without 'f' is not supported, write '.2f'")),
            (Some(code), _) => Err(unknown_code(code, "float")),
        }
    }

    fn decimal(&self, decimal: Decimal) -> Outcome<String> {
        match (self.code, self.precision) {
            (Some('f'), None) => {
                let digits = decimal.to_plain_string();
                Ok(self.number(decimal.is_negative(), digits.trim_start_matches('-')))
            }
            (Some('f'), Some(places)) => {
                let rounded = decimal
                    .quantize(-(places as i32), Rounding::HalfEven)
                    .map_err(|_: DecimalError| Failure::limit("the number is too long to print"))?;
                let digits = rounded.to_plain_string();
                Ok(self.number(decimal.is_negative(), digits.trim_start_matches('-')))
            }
            (None, None) => {
                Ok(self.number(decimal.is_negative(), decimal.to_string().trim_start_matches('-')))
            }
            (None, Some(_)) => Err(Failure::limit("a precision without 'f' is not supported, write '.2f'")),
            (Some(_), _) => Err(Failure::value_error("invalid format string")),
        }
    }

    /// Sign, separators and padding around digits.
    fn number(&self, negative: bool, digits: &str) -> String {
        let sign = match (negative, self.plus) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        if self.zero {
            let width = self.width.saturating_sub(sign.len());
            return format!("{sign}{}", self.zero_filled(digits, width));
        }
        let body = if self.commas { with_commas(digits) } else { digits.to_owned() };
        pad(format!("{sign}{body}"), self.width, self.fill.unwrap_or(' '), self.align.unwrap_or('>'))
    }

    /// Zeros up to the width; with separators the zeros are grouped too, and never start with a comma.
    fn zero_filled(&self, digits: &str, width: usize) -> String {
        let mut digits = digits.to_owned();
        loop {
            let body = if self.commas { with_commas(&digits) } else { digits.clone() };
            if body.len() >= width {
                return body;
            }
            digits.insert(0, '0');
        }
    }
}

fn unknown_code(code: char, type_name: &str) -> Failure {
    Failure::value_error(format!("Unknown format code '{code}' for object of type '{type_name}'"))
}

fn take(rest: &mut &[char], wanted: char) -> bool {
    let found = rest.first() == Some(&wanted);
    if found {
        *rest = &rest[1..];
    }
    found
}

/// Digits, if any; `None` when the number is unreasonably large.
fn take_number(rest: &mut &[char]) -> Option<Option<usize>> {
    let length = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(length);
    *rest = after;
    if digits.is_empty() {
        return Some(None);
    }
    let number: usize = digits.iter().collect::<String>().parse().ok()?;
    (number <= MOST).then_some(Some(number))
}

/// Separators between groups of three digits of the whole part.
fn with_commas(digits: &str) -> String {
    let whole = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let mut out = String::with_capacity(digits.len() + whole / 3);
    for (at, digit) in digits[..whole].chars().enumerate() {
        if at > 0 && (whole - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + &digits[whole..]
}

fn pad(text: String, width: usize, fill: char, align: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let left = match align {
        '<' => 0,
        '>' => missing,
        _ => missing / 2,
    };
    let side = |count: usize| fill.to_string().repeat(count);
    format!("{}{text}{}", side(left), side(missing - left))
}
