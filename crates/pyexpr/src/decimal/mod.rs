//! Decimal numbers as Python's `decimal` has them: exact, with the scale as written, 28 digits of precision.
//!
//! The rules are those of the General Decimal Arithmetic Specification, which `decimal` implements: default
//! context, precision 28, ROUND_HALF_EVEN, traps for invalid operations and division by zero.
//! Operands have at most 34 digits and there is no NaN and no infinity: those never are money.

mod arithmetic;
mod display;
mod parse;
mod wide;

use std::cmp::Ordering;
use std::fmt;

use wide::{digits, power_of_ten};

/// Digits an operand may have; results of arithmetic are rounded to [`PRECISION`].
pub(crate) const MAX_DIGITS: u32 = 34;

/// Digits of a result, Python's default.
pub(crate) const PRECISION: u32 = 28;

/// Largest exponent of the first digit, and smallest when negative.
pub(crate) const MAX_EXPONENT: i32 = 6144;

/// A decimal number: `±coefficient × 10^exponent`. `1.50` and `1.5` are equal but print as written.
///
/// `==`, `<` and the like compare the numbers, as Python does.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    /// The coefficient in two halves: a `u128` would make every value of an expression 16 bytes larger.
    high: u64,
    low: u64,
    exponent: i32,
    negative: bool,
}

/// Why there is no decimal result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// The text is not a decimal number.
    Syntax,
    /// More than 34 digits, or an exponent beyond ±6144.
    Range,
    /// A number other than zero was divided by zero.
    DivisionByZero,
    /// 0/0, a remainder of a division by zero, or more than 28 digits where all must be kept.
    InvalidOperation,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecimalError::Syntax => "this is not a decimal number",
            DecimalError::Range => "a decimal number has at most 34 digits and an exponent within ±6144",
            DecimalError::DivisionByZero => "division by zero",
            DecimalError::InvalidOperation => "the operation has no result within 28 digits",
        })
    }
}

impl std::error::Error for DecimalError {}

/// How [`Decimal::quantize`] treats what does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, ties to the even digit: Python's default.
    HalfEven,
    /// To the nearest, ties away from zero: what invoices use.
    HalfUp,
    /// Towards zero.
    Down,
}

impl Decimal {
    /// 0
    pub const ZERO: Decimal = Decimal { high: 0, low: 0, exponent: 0, negative: false };

    fn raw(negative: bool, coefficient: u128, exponent: i32) -> Decimal {
        Decimal { high: (coefficient >> 64) as u64, low: coefficient as u64, exponent, negative }
    }

    /// `coefficient × 10^exponent` as given, refusing what is out of range.
    fn checked(negative: bool, coefficient: u128, exponent: i64) -> Result<Decimal, DecimalError> {
        let length = digits(coefficient);
        let adjusted = exponent + i64::from(length) - 1;
        let limit = i64::from(MAX_EXPONENT);
        if length > MAX_DIGITS || adjusted.abs() > limit || exponent.abs() > limit + 34 {
            return Err(DecimalError::Range);
        }
        Ok(Decimal::raw(negative, coefficient, exponent as i32))
    }

    fn coefficient(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }

    /// The power of ten of the last digit: -2 for `1.50`.
    pub fn exponent(self) -> i32 {
        self.exponent
    }

    /// Is it 0 (of whatever sign and scale)?
    pub fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// Is there a minus sign? True for `-0`.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// The power of ten of the first digit.
    fn adjusted(self) -> i32 {
        self.exponent + digits(self.coefficient()) as i32 - 1
    }

    /// The number without fraction, towards zero; `None` beyond 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        let magnitude = if self.exponent < 0 {
            let places = self.exponent.unsigned_abs();
            if places > 38 { 0 } else { self.coefficient() / power_of_ten(places) }
        } else if self.adjusted() > 19 {
            return None;
        } else {
            self.coefficient() * power_of_ten(self.exponent as u32)
        };
        let magnitude = i128::try_from(magnitude).ok()?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// The nearest float; infinite when beyond the largest.
    pub fn to_f64(self) -> f64 {
        let coefficient = self.coefficient();
        // Both numbers are exact floats, so that one division or product rounds once, as it should.
        if coefficient <= 1 << 53 && self.exponent.abs() <= 22 {
            let power = 10f64.powi(self.exponent.abs());
            let magnitude = coefficient as f64;
            let magnitude = if self.exponent < 0 { magnitude / power } else { magnitude * power };
            return if self.negative { -magnitude } else { magnitude };
        }
        // A decimal's text is always a float's text.
        self.to_string().parse().unwrap_or(f64::INFINITY)
    }

    /// How `self` compares with a float, exactly: `0.1` the float is not `0.1` the decimal. `None` for NaN.
    pub fn compare_f64(self, float: f64) -> Option<Ordering> {
        if float.is_nan() || float.is_infinite() {
            return 0.0f64.partial_cmp(&float);
        }
        if self.is_zero() {
            return 0.0f64.partial_cmp(&float);
        }
        let nearest = self.to_f64();
        if nearest != float {
            return nearest.partial_cmp(&float);
        }
        // Same float: only the exact decimal expansion can tell. 1100 places hold that of every float.
        Some(display::compare_plain(&display::plain(self), &format!("{float:.1100}")))
    }
}

impl From<i64> for Decimal {
    fn from(n: i64) -> Decimal {
        Decimal { high: 0, low: n.unsigned_abs(), exponent: 0, negative: n < 0 }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |d: &Decimal| if d.is_zero() { 0 } else { 1 - 2 * i8::from(d.negative) };
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal if self.is_zero() => Ordering::Equal,
            Ordering::Equal if self.negative => other.magnitude_cmp(self),
            Ordering::Equal => self.magnitude_cmp(other),
            unequal => unequal,
        }
    }
}

impl Decimal {
    /// Compares two numbers other than zero without their signs.
    fn magnitude_cmp(&self, other: &Decimal) -> Ordering {
        if self.exponent == other.exponent {
            return self.coefficient().cmp(&other.coefficient());
        }
        self.adjusted().cmp(&other.adjusted()).then_with(|| {
            // With the first digits in the same place the exponents differ by at most 33.
            let lowest = self.exponent.min(other.exponent);
            let aligned = |d: &Decimal| d.coefficient() * power_of_ten((d.exponent - lowest) as u32);
            aligned(self).cmp(&aligned(other))
        })
    }
}
