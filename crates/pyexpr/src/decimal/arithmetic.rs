//! Arithmetic of the General Decimal Arithmetic Specification, precision 28, ROUND_HALF_EVEN.

use std::cmp::Ordering;

use super::wide::{Wide, digits, divide, power_of_ten};
use super::{Decimal, DecimalError, PRECISION, Rounding};

type Outcome = Result<Decimal, DecimalError>;

/// `value / 10^drop`, rounded; `drop` is at most 38.
fn round_off(value: u128, drop: u32, rounding: Rounding) -> u128 {
    let unit = power_of_ten(drop);
    let (quotient, remainder) = divide(value, unit);
    quotient + u128::from(rounds_up(quotient, remainder.cmp(&(unit - remainder)), rounding))
}

fn rounds_up(quotient: u128, against_half: Ordering, rounding: Rounding) -> bool {
    match rounding {
        Rounding::Down => false,
        Rounding::HalfUp => against_half != Ordering::Less,
        Rounding::HalfEven => match against_half {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => quotient % 2 == 1,
        },
    }
}

/// A result rounded to the precision.
fn finish(negative: bool, coefficient: u128, exponent: i64) -> Outcome {
    let length = digits(coefficient);
    if length <= PRECISION {
        return Decimal::checked(negative, coefficient, exponent);
    }
    let drop = length - PRECISION;
    let rounded = round_off(coefficient, drop, Rounding::HalfEven);
    let exponent = exponent + i64::from(drop);
    // 999…9 became 1000…0, one digit too long.
    if digits(rounded) > PRECISION {
        return Decimal::checked(negative, rounded / 10, exponent + 1);
    }
    Decimal::checked(negative, rounded, exponent)
}

/// Like [`finish`] for a coefficient of up to 77 digits.
fn finish_wide(negative: bool, coefficient: Wide, exponent: i64) -> Outcome {
    if let Some(narrow) = coefficient.narrow() {
        return finish(negative, narrow, exponent);
    }
    // Cut nine digits at a time until 29 to 37 are left, one more than the precision at least: that one decides
    // the rounding, and a digit behind it says whether there was "something more" (1).
    let mut coefficient = coefficient;
    let mut exponent = exponent;
    let mut sticky = false;
    loop {
        let (quotient, remainder) = coefficient.divided_by(power_of_ten(9));
        sticky |= remainder != 0;
        exponent += 9;
        coefficient = quotient;
        if let Some(narrow) = coefficient.narrow()
            && digits(narrow) <= 37
        {
            return finish(negative, narrow * 10 + u128::from(sticky), exponent - 1);
        }
    }
}

impl Decimal {
    /// `self + other`.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail, and the mapper reads better with a method"
    )]
    pub fn add(self, other: Decimal) -> Outcome {
        // The usual case: the same scale and small numbers.
        if self.exponent == other.exponent && (self.high | other.high) == 0 && self.negative == other.negative
        {
            let sum = u128::from(self.low) + u128::from(other.low);
            return Decimal::checked(self.negative, sum, i64::from(self.exponent));
        }
        let lowest = self.exponent.min(other.exponent);
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ok(Decimal::raw(self.negative && other.negative, 0, lowest)),
            (true, false) => other.with_zero(self.exponent),
            (false, true) => self.with_zero(other.exponent),
            (false, false) => self.add_aligned(other, lowest),
        }
    }

    /// `self` plus a zero of another scale, which may lengthen the fraction.
    fn with_zero(self, exponent: i32) -> Outcome {
        let lowest = self.exponent.min(exponent).max(self.exponent - PRECISION as i32 - 1);
        let shift = (self.exponent - lowest) as u32;
        let room = 38u32.saturating_sub(digits(self.coefficient()));
        // Zeros beyond the precision are cut off again.
        let shift = shift.min(room);
        finish(
            self.negative,
            self.coefficient() * power_of_ten(shift),
            i64::from(self.exponent) - i64::from(shift),
        )
    }

    fn add_aligned(self, other: Decimal, lowest: i32) -> Outcome {
        let (upper, lower) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let mut shift = (upper.exponent - lower.exponent) as u32;
        let (mut exponent, mut small) = (i64::from(lowest), lower.coefficient());
        let length = digits(upper.coefficient());
        if length + shift > 76 {
            // The lower one is far below the last digit that counts: any tiny amount rounds the same way.
            let kept = 40 - length;
            exponent += i64::from(shift - kept);
            shift = kept;
            small = 1;
        }
        if length + shift <= 37 {
            let large = upper.coefficient() * power_of_ten(shift);
            if self.negative == other.negative {
                return finish(self.negative, large + small, exponent);
            }
            return match large.cmp(&small) {
                Ordering::Equal => Ok(Decimal::raw(false, 0, lowest)),
                Ordering::Greater => finish(upper.negative, large - small, exponent),
                Ordering::Less => finish(lower.negative, small - large, exponent),
            };
        }
        let (large, small) = (Wide::from(upper.coefficient()).scaled(shift), Wide::from(small));
        if self.negative == other.negative {
            return finish_wide(self.negative, large.plus(small), exponent);
        }
        match large.cmp(&small) {
            Ordering::Equal => Ok(Decimal::raw(false, 0, lowest)),
            Ordering::Greater => finish_wide(upper.negative, large.minus(small), exponent),
            Ordering::Less => finish_wide(lower.negative, small.minus(large), exponent),
        }
    }

    /// `self - other`.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail, and the mapper reads better with a method"
    )]
    pub fn sub(self, other: Decimal) -> Outcome {
        self.add(Decimal { negative: !other.negative, ..other })
    }

    /// `self * other`.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail, and the mapper reads better with a method"
    )]
    pub fn mul(self, other: Decimal) -> Outcome {
        let negative = self.negative != other.negative;
        let exponent = i64::from(self.exponent) + i64::from(other.exponent);
        if (self.high | other.high) == 0 {
            return finish(negative, u128::from(self.low) * u128::from(other.low), exponent);
        }
        finish_wide(negative, Wide::product(self.coefficient(), other.coefficient()), exponent)
    }

    /// `self / other`, exact where 28 digits allow.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail, and the mapper reads better with a method"
    )]
    pub fn div(self, other: Decimal) -> Outcome {
        if other.is_zero() {
            return Err(self.division_by_zero());
        }
        let negative = self.negative != other.negative;
        let ideal = i64::from(self.exponent) - i64::from(other.exponent);
        let (dividend, divisor) = (self.coefficient(), other.coefficient());
        if let (exact, 0) = divide(dividend, divisor) {
            return finish(negative, exact, ideal);
        }
        // One digit more than the precision, and then "something more" as a last digit.
        let shift = (PRECISION as i32 + 1 + digits(divisor) as i32 - digits(dividend) as i32).max(0) as u32;
        let (quotient, remainder) = if digits(dividend) + shift <= 38 {
            divide(dividend * power_of_ten(shift), divisor)
        } else {
            // The quotient has at most 35 digits.
            let (quotient, remainder) = Wide::from(dividend).scaled(shift).divided_by(divisor);
            (quotient.narrow().ok_or(DecimalError::Range)?, remainder)
        };
        let exponent = ideal - i64::from(shift);
        if remainder != 0 {
            return finish(negative, quotient * 10 + 1, exponent - 1);
        }
        let (quotient, exponent) = strip_zeros(quotient, exponent, ideal);
        finish(negative, quotient, exponent)
    }

    /// `self // other`: towards zero, unlike Python's integers.
    pub fn floor_div(self, other: Decimal) -> Outcome {
        if other.is_zero() {
            return Err(self.division_by_zero());
        }
        let (quotient, _) = self.quotient_and_rest(other)?;
        Ok(Decimal::raw(self.negative != other.negative, quotient, 0))
    }

    /// `self % other`, with the sign of `self`, unlike Python's integers.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail, and the mapper reads better with a method"
    )]
    pub fn rem(self, other: Decimal) -> Outcome {
        if other.is_zero() {
            return Err(DecimalError::InvalidOperation);
        }
        self.quotient_and_rest(other)?.1
    }

    fn division_by_zero(self) -> DecimalError {
        if self.is_zero() { DecimalError::InvalidOperation } else { DecimalError::DivisionByZero }
    }

    /// The whole quotient's magnitude, and the remainder (which may fail on its own).
    fn quotient_and_rest(self, other: Decimal) -> Result<(u128, Outcome), DecimalError> {
        let lowest = self.exponent.min(other.exponent);
        let distance = self.adjusted() - other.adjusted();
        if self.is_zero() || distance <= -2 {
            return Ok((0, self.rescaled_for_rest(lowest)));
        }
        if distance > PRECISION as i32 {
            return Err(DecimalError::InvalidOperation);
        }
        let up = (self.exponent - other.exponent).max(0) as u32;
        let dividend = Wide::from(self.coefficient()).scaled(up);
        let divisor = other.coefficient() * power_of_ten((other.exponent - self.exponent).max(0) as u32);
        let (quotient, remainder) = dividend.divided_by(divisor);
        match quotient.narrow() {
            Some(quotient) if digits(quotient) <= PRECISION => {
                Ok((quotient, finish(self.negative, remainder, i64::from(lowest))))
            }
            _ => Err(DecimalError::InvalidOperation),
        }
    }

    /// `self` with the exponent of a remainder, cut to the precision.
    fn rescaled_for_rest(self, exponent: i32) -> Outcome {
        if self.is_zero() {
            return Ok(Decimal::raw(self.negative, 0, exponent));
        }
        let shift = (self.exponent - exponent) as u32;
        let room = 38 - digits(self.coefficient());
        let shift = shift.min(room);
        finish(
            self.negative,
            self.coefficient() * power_of_ten(shift),
            i64::from(self.exponent) - i64::from(shift),
        )
    }

    /// `-self`, rounded to the precision; never a negative zero.
    #[allow(
        clippy::should_implement_trait,
        reason = "it can fail, and the mapper reads better with a method"
    )]
    pub fn neg(self) -> Outcome {
        finish(!self.negative && !self.is_zero(), self.coefficient(), i64::from(self.exponent))
    }

    /// `+self`: rounded to the precision; never a negative zero.
    pub fn plus(self) -> Outcome {
        finish(self.negative && !self.is_zero(), self.coefficient(), i64::from(self.exponent))
    }

    /// `abs(self)`, rounded to the precision.
    pub fn abs(self) -> Outcome {
        finish(false, self.coefficient(), i64::from(self.exponent))
    }

    /// `self` with the given exponent: -2 gives two places. Fails when that needs more than 28 digits.
    pub fn quantize(self, exponent: i32, rounding: Rounding) -> Outcome {
        let rescaled = self.rescale(exponent, rounding).ok_or(DecimalError::InvalidOperation)?;
        if digits(rescaled) > PRECISION {
            return Err(DecimalError::InvalidOperation);
        }
        Decimal::checked(self.negative, rescaled, i64::from(exponent))
            .map_err(|_| DecimalError::InvalidOperation)
    }

    /// `self` rounded to `places`, ties away from zero: how prices are rounded.
    ///
    /// ```
    /// use pyexpr::Decimal;
    /// assert_eq!(Decimal::parse("2.345")?.quantize_half_up(2)?.to_string(), "2.35");
    /// # Ok::<(), pyexpr::DecimalError>(())
    /// ```
    pub fn quantize_half_up(self, places: u32) -> Outcome {
        self.quantize(-(places.min(super::MAX_EXPONENT as u32) as i32), Rounding::HalfUp)
    }

    /// `round(self)`: the nearest whole number, ties to even; `None` beyond 64 bits.
    pub fn round_to_i64(self) -> Option<i64> {
        Decimal::raw(self.negative, self.rescale(0, Rounding::HalfEven)?, 0).to_i64()
    }

    /// The coefficient for another exponent; `None` when it does not fit 38 digits.
    fn rescale(self, exponent: i32, rounding: Rounding) -> Option<u128> {
        let coefficient = self.coefficient();
        if coefficient == 0 {
            return Some(0);
        }
        if self.exponent >= exponent {
            let shift = (self.exponent - exponent) as u32;
            return (digits(coefficient) + shift <= 38).then(|| coefficient * power_of_ten(shift));
        }
        let drop = (exponent - self.exponent) as u32;
        // Below a tenth of the unit every rounding here gives zero.
        Some(if drop > 38 { 0 } else { round_off(coefficient, drop, rounding) })
    }
}

/// Takes zeros off the end until the exponent is `ideal`.
fn strip_zeros(coefficient: u128, exponent: i64, ideal: i64) -> (u128, i64) {
    let (mut coefficient, mut exponent) = (coefficient, exponent);
    for step in [16, 8, 4, 2, 1, 1] {
        let unit = power_of_ten(step);
        while exponent + i64::from(step) <= ideal
            && let (shorter, 0) = divide(coefficient, unit)
        {
            coefficient = shorter;
            exponent += i64::from(step);
        }
    }
    (coefficient, exponent)
}
