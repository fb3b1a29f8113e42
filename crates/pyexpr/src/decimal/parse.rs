//! Reading decimals from text and from floats.

use super::{Decimal, DecimalError};

impl Decimal {
    /// Reads a number as Python's `Decimal(text)` does: blanks around it are ignored, `_` too, and the scale
    /// stays as written (`1.50` has two places). ASCII digits only; NaN and infinities are refused.
    ///
    /// ```
    /// use pyexpr::Decimal;
    /// assert_eq!(Decimal::parse(" 149.00 ")?.to_string(), "149.00");
    /// assert!(Decimal::parse("1,5").is_err());
    /// # Ok::<(), pyexpr::DecimalError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
        let bytes = text.as_bytes();
        match parse_short(bytes) {
            Some(decimal) => Ok(decimal),
            None => parse_any(text.trim_matches(crate::unicode::is_space)),
        }
    }

    /// The decimal that a float prints as, which is what a JSON number was before it became a float: 0.1 is
    /// `0.1` and 149.0 is `149.0`.
    pub fn from_json_number(float: f64) -> Result<Decimal, DecimalError> {
        if !float.is_finite() {
            return Err(DecimalError::Range);
        }
        match from_short_float(float) {
            Some(decimal) => Ok(decimal),
            None => Decimal::parse(&crate::number::float_repr(float)),
        }
    }
}

/// The common case: optional minus, at most 18 digits, perhaps one point. `None`: look closer.
fn parse_short(bytes: &[u8]) -> Option<Decimal> {
    let (negative, rest) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if rest.is_empty() || rest.len() > 19 {
        return None;
    }
    let mut coefficient = 0u64;
    let mut point = None;
    for (at, &byte) in rest.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            coefficient = coefficient.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let exponent = match point {
        None if rest.len() == 19 => return None,
        None => 0,
        Some(_) if rest.len() == 1 => return None,
        Some(at) => -((rest.len() - at - 1) as i32),
    };
    Some(Decimal { high: 0, low: coefficient, exponent, negative })
}

/// Everything else Python accepts.
fn parse_any(text: &str) -> Result<Decimal, DecimalError> {
    let mut bytes = text.bytes().filter(|byte| *byte != b'_').peekable();
    let negative = bytes.next_if(|byte| matches!(byte, b'+' | b'-')) == Some(b'-');
    let mut coefficient = 0u128;
    let (mut length, mut places, mut seen, mut point) = (0u32, 0i64, false, false);
    while let Some(byte) = bytes.next_if(|byte| byte.is_ascii_digit() || (*byte == b'.' && !point)) {
        if byte == b'.' {
            point = true;
            continue;
        }
        seen = true;
        places += i64::from(point);
        if length > 0 || byte != b'0' {
            length += 1;
            // Too many digits are refused below, but only when all of the text is a number.
            coefficient = coefficient.wrapping_mul(10).wrapping_add(u128::from(byte - b'0'));
        }
    }
    let exponent = match bytes.next() {
        _ if !seen => return Err(DecimalError::Syntax),
        None => 0,
        Some(b'e' | b'E') => parse_exponent(&mut bytes)?,
        Some(_) => return Err(DecimalError::Syntax),
    };
    if length > super::MAX_DIGITS {
        return Err(DecimalError::Range);
    }
    Decimal::checked(negative, coefficient, exponent - places)
}

/// The digits after `e`; far beyond the range it saturates.
fn parse_exponent(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> Result<i64, DecimalError> {
    let negative = bytes.next_if(|byte| matches!(byte, b'+' | b'-')) == Some(b'-');
    let mut exponent = None;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return Err(DecimalError::Syntax);
        }
        exponent = Some((exponent.unwrap_or(0) * 10 + i64::from(byte - b'0')).min(1_000_000_000));
    }
    exponent.map(|exponent| if negative { -exponent } else { exponent }).ok_or(DecimalError::Syntax)
}

/// Floats that print with at most six places and 15 digits, without printing them.
///
/// A decimal of at most 15 digits is told from its neighbours by a float, so the first number of places that
/// reads back as the same float is the one that Python's shortest representation has.
fn from_short_float(float: f64) -> Option<Decimal> {
    let magnitude = float.abs();
    if magnitude >= 1e9 || (magnitude < 1e-4 && magnitude != 0.0) {
        return None;
    }
    let mut power = 1.0;
    for places in 0..=6 {
        let scaled = (magnitude * power).round();
        if scaled / power == magnitude {
            let coefficient = scaled as u64;
            // Python prints at least one place.
            let (coefficient, places) =
                if places == 0 { (coefficient * 10, 1) } else { (coefficient, places) };
            return Some(Decimal {
                high: 0,
                low: coefficient,
                exponent: -places,
                negative: float.is_sign_negative(),
            });
        }
        power *= 10.0;
    }
    None
}
