//! Decimals as text.

use std::cmp::Ordering;
use std::fmt;

use super::Decimal;

/// `-0.000…` with 34 digits needs at most 2 + 6 + 34 bytes in plain form.
const BUFFER: usize = 48;

/// As Python's `str()`: `149.00`, `1E+3`, `0E-8`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0u8; BUFFER];
        match write_plain(*self, &mut buffer) {
            // Only ASCII was written.
            Some(start) => f.write_str(std::str::from_utf8(&buffer[start..]).unwrap_or_default()),
            None => write_scientific(*self, f),
        }
    }
}

/// Writes the plain form to the buffer's end, two digits a step; `None` when the form is scientific.
fn write_plain(decimal: Decimal, buffer: &mut [u8; BUFFER]) -> Option<usize> {
    if decimal.exponent > 0 || decimal.exponent < -40 {
        return None;
    }
    let places = decimal.exponent.unsigned_abs() as usize;
    let mut at = BUFFER;
    let mut written = 0;
    let mut put = |byte: u8, at: &mut usize| {
        if written == places && places > 0 {
            *at -= 1;
            buffer[*at] = b'.';
        }
        *at -= 1;
        buffer[*at] = byte;
        written += 1;
        written
    };
    let mut wide = decimal.coefficient();
    while wide > u128::from(u64::MAX) {
        put(b'0' + (wide % 10) as u8, &mut at);
        wide /= 10;
    }
    let mut rest = wide as u64;
    let mut count = 0;
    while rest > 0 || count == 0 {
        count = put(b'0' + (rest % 10) as u8, &mut at);
        rest /= 10;
    }
    if decimal.exponent < 0 && decimal.exponent + (count as i32) - 1 < -6 {
        return None;
    }
    while count <= places {
        count = put(b'0', &mut at);
    }
    if decimal.negative {
        at -= 1;
        buffer[at] = b'-';
    }
    Some(at)
}

fn write_scientific(decimal: Decimal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digits = decimal.coefficient().to_string();
    let (first, rest) = digits.split_at(1);
    let (sign, point) = (if decimal.negative { "-" } else { "" }, if rest.is_empty() { "" } else { "." });
    write!(f, "{sign}{first}{point}{rest}E{:+}", decimal.adjusted())
}

/// The number without exponent, however long: what the format code `f` prints.
pub(super) fn plain(decimal: Decimal) -> String {
    let mut digits = decimal.coefficient().to_string();
    if decimal.exponent > 0 && !decimal.is_zero() {
        digits.push_str(&"0".repeat(decimal.exponent as usize));
    }
    let places = decimal.exponent.min(0).unsigned_abs() as usize;
    if places > 0 {
        if digits.len() <= places {
            digits.insert_str(0, &"0".repeat(places + 1 - digits.len()));
        }
        digits.insert(digits.len() - places, '.');
    }
    if decimal.negative {
        digits.insert(0, '-');
    }
    digits
}

/// Compares two numbers in plain form that have the same sign and are not zero.
pub(super) fn compare_plain(left: &str, right: &str) -> Ordering {
    let parts = |text: &str| {
        let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches(['-', '0']);
        (whole.len(), whole.to_owned(), fraction.trim_end_matches('0').to_owned())
    };
    let order = parts(left).cmp(&parts(right));
    if left.starts_with('-') { order.reverse() } else { order }
}

impl Decimal {
    /// The number without exponent: `1000` where `str()` gives `1E+3`.
    pub fn to_plain_string(self) -> String {
        plain(self)
    }
}
