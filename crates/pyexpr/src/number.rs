//! Integers and floats with Python's rules: floor division, exact comparison, shortest representation.

use std::cmp::Ordering;

use crate::error::{ErrorKind, Failure};

pub(crate) type Outcome<T> = Result<T, Failure>;

/// A result beyond 64 bits, which Python would have.
#[cold]
pub(crate) fn int_limit() -> Failure {
    Failure::limit("the whole number does not fit 64 bits")
}

/// Refuses infinities and NaN, which neither JSON nor Odoo can store.
pub(crate) fn finite(float: f64) -> Outcome<f64> {
    if float.is_finite() {
        return Ok(float);
    }
    Err(Failure::limit("the result is not a finite number"))
}

#[cold]
fn zero_division(message: &str) -> Failure {
    Failure::new(ErrorKind::ZeroDivisionError, message)
}

/// `a / b`: a float, correctly rounded also where the integers themselves are no floats.
pub(crate) fn divide_ints(a: i64, b: i64) -> Outcome<f64> {
    const EXACT: u64 = 1 << 53;
    if b == 0 {
        return Err(zero_division("division by zero"));
    }
    let (dividend, divisor) = (a.unsigned_abs(), b.unsigned_abs());
    if dividend <= EXACT && divisor <= EXACT {
        return Ok(a as f64 / b as f64);
    }
    // At least 56 bits of quotient, the last of which also says that there is a remainder.
    let bits = |n: u64| 64 - n.leading_zeros();
    let shift = (56 + bits(divisor)).saturating_sub(bits(dividend));
    let scaled = u128::from(dividend) << shift;
    let quotient = (scaled / u128::from(divisor)) | u128::from(!scaled.is_multiple_of(u128::from(divisor)));
    let magnitude = quotient as f64 * 0.5f64.powi(shift as i32);
    Ok(if (a < 0) != (b < 0) { -magnitude } else { magnitude })
}

/// `a // b` and `a % b`, the remainder with the sign of `b`.
pub(crate) fn floor_divide_ints(a: i64, b: i64) -> Outcome<(i64, i64)> {
    if b == 0 {
        return Err(zero_division("integer division or modulo by zero"));
    }
    let quotient = a.checked_div(b).ok_or_else(int_limit)?;
    let remainder = a.wrapping_rem(b);
    let adjust = remainder != 0 && (remainder < 0) != (b < 0);
    Ok(if adjust { (quotient - 1, remainder + b) } else { (quotient, remainder) })
}

/// `a // b` and `a % b` for floats, step by step as CPython's `float_divmod`.
pub(crate) fn floor_divide_floats(a: f64, b: f64) -> Outcome<(f64, f64)> {
    if b == 0.0 {
        return Err(zero_division("float floor division by zero"));
    }
    let mut remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder == 0.0 {
        remainder = 0.0f64.copysign(b);
    } else if (b < 0.0) != (remainder < 0.0) {
        remainder += b;
        quotient -= 1.0;
    }
    let mut floor = quotient.floor();
    if quotient == 0.0 {
        floor = 0.0f64.copysign(a / b);
    } else if quotient - floor > 0.5 {
        floor += 1.0;
    }
    Ok((floor, remainder))
}

/// `a / b` for floats.
pub(crate) fn divide_floats(a: f64, b: f64) -> Outcome<f64> {
    if b == 0.0 {
        return Err(zero_division("float division by zero"));
    }
    finite(a / b)
}

/// `a ** b` for integers and `b` not negative.
pub(crate) fn power_ints(a: i64, b: i64) -> Outcome<i64> {
    match a {
        0 | 1 => Ok(if b == 0 { 1 } else { a }),
        -1 => Ok(if b % 2 == 0 { 1 } else { -1 }),
        _ => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)).ok_or_else(int_limit),
    }
}

/// `a ** b` for floats.
pub(crate) fn power_floats(a: f64, b: f64) -> Outcome<f64> {
    if a == 0.0 && b < 0.0 {
        return Err(zero_division("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && b.fract() != 0.0 {
        return Err(Failure::limit("the result is a complex number"));
    }
    let power = a.powf(b);
    if power.is_infinite() {
        return Err(Failure::new(ErrorKind::OverflowError, "(34, 'Numerical result out of range')"));
    }
    Ok(power)
}

/// Compares an integer with a finite float exactly; a conversion of the integer could round.
pub(crate) fn compare_int_float(int: i64, float: f64) -> Ordering {
    if float >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    let whole = float.trunc();
    int.cmp(&(whole as i64)).then_with(|| 0.0f64.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal))
}

/// `int(float)`: towards zero.
pub(crate) fn float_to_int(float: f64) -> Outcome<i64> {
    let whole = float.trunc();
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
        return Ok(whole as i64);
    }
    Err(int_limit())
}

/// `round(float)`: the nearest integer, ties to even.
pub(crate) fn round_to_int(float: f64) -> Outcome<i64> {
    float_to_int(float.round_ties_even())
}

/// `round(float, places)`: the exact binary value is rounded, so `round(2.675, 2)` is 2.67.
pub(crate) fn round_float(float: f64, places: i64) -> Outcome<f64> {
    if places > 323 {
        return Ok(float);
    }
    if places < -308 {
        return Ok(0.0 * float);
    }
    if places >= 0 {
        let text = format!("{float:.*}", places as usize);
        return finite(text.parse().unwrap_or(float));
    }
    let exact = format!("{:.1100}", float.abs());
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let drop = places.unsigned_abs() as usize;
    let padded = format!("{}{whole}", "0".repeat((drop + 1).saturating_sub(whole.len())));
    let (kept, dropped) = padded.split_at(padded.len() - drop);
    let odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
    let half = format!("5{}", "0".repeat(drop - 1));
    let up = match dropped.cmp(&half) {
        Ordering::Equal => odd || fraction.bytes().any(|digit| digit != b'0'),
        order => order == Ordering::Greater,
    };
    let kept = if up { increment(kept) } else { kept.to_owned() };
    let magnitude: f64 = format!("{kept}e{drop}").parse().unwrap_or(f64::INFINITY);
    if magnitude.is_infinite() {
        return Err(Failure::new(ErrorKind::OverflowError, "rounded value too large to represent"));
    }
    Ok(magnitude.copysign(float))
}

/// A number in decimal digits, plus one.
fn increment(digits: &str) -> String {
    let nines = digits.len() - digits.trim_end_matches('9').len();
    let (head, _) = digits.split_at(digits.len() - nines);
    let mut result = match head.char_indices().last() {
        Some((at, digit)) => format!("{}{}", &head[..at], (digit as u8 + 1) as char),
        None => "1".to_owned(),
    };
    result.push_str(&"0".repeat(nines));
    result
}

/// `round(int, places)` for negative places: ties to even.
pub(crate) fn round_int(int: i64, places: i64) -> Outcome<i64> {
    if places >= 0 {
        return Ok(int);
    }
    // Half of 10^20 is above every magnitude.
    if places < -19 {
        return Ok(0);
    }
    let unit = 10i128.pow(places.unsigned_abs() as u32);
    let (quotient, remainder) = (i128::from(int).div_euclid(unit), i128::from(int).rem_euclid(unit));
    let up = match (remainder * 2).cmp(&unit) {
        Ordering::Equal => quotient % 2 != 0,
        order => order == Ordering::Greater,
    };
    i64::try_from((quotient + i128::from(up)) * unit).map_err(|_| int_limit())
}

/// `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16.
pub(crate) fn float_repr(float: f64) -> String {
    let magnitude = float.abs();
    // Up to 14 digits there is one shortest form. Beyond, two may be equally near: Rust takes the upper one,
    // Python the even one.
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        let text = format!("{float:?}");
        if text.len() < 15 {
            return text;
        }
    }
    let shortest = format!("{float:e}");
    let nearest = format!("{float:.*e}", significant_digits(&shortest) - 1);
    let text = if nearest.parse() == Ok(float) { nearest } else { shortest };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    if (1e-4..1e16).contains(&magnitude) {
        return positional(digits, exponent.parse().unwrap_or(0));
    }
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

/// How many digits stand before the `e`.
fn significant_digits(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count()
}

/// `d.ddd` times a power of ten without exponent, at least one place.
fn positional(digits: &str, exponent: i32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// `a % b` with the sign of `b`.
pub(crate) fn int_remainder(a: i64, b: i64) -> Outcome<i64> {
    // i64::MIN % -1 has an answer although i64::MIN // -1 does not.
    if b == -1 { Ok(0) } else { floor_divide_ints(a, b).map(|(_, remainder)| remainder) }
}
