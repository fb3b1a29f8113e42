//! Unsigned 256-bit integers: as much as exact decimal products and aligned sums need.

/// `high * 2^128 + low`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide {
    high: u128,
    low: u128,
}

const POWERS: [u128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// 10^power; `power` is at most 38.
#[inline]
pub(super) fn power_of_ten(power: u32) -> u128 {
    POWERS[power as usize]
}

/// Quotient and remainder with one division; the compiler makes two calls of it.
#[inline]
pub(super) fn divide(dividend: u128, divisor: u128) -> (u128, u128) {
    if let (Ok(dividend), Ok(divisor)) = (u64::try_from(dividend), u64::try_from(divisor)) {
        return (u128::from(dividend / divisor), u128::from(dividend % divisor));
    }
    let quotient = dividend / divisor;
    (quotient, dividend - quotient * divisor)
}

/// How many decimal digits `n` has; 1 for zero.
pub(super) fn digits(n: u128) -> u32 {
    match u64::try_from(n) {
        Ok(small) => small.checked_ilog10().unwrap_or(0) + 1,
        Err(_) => n.ilog10() + 1,
    }
}

impl Wide {
    pub(super) fn from(low: u128) -> Wide {
        Wide { high: 0, low }
    }

    /// The exact product.
    pub(super) fn product(a: u128, b: u128) -> Wide {
        const MASK: u128 = u64::MAX as u128;
        let (a_high, a_low, b_high, b_low) = (a >> 64, a & MASK, b >> 64, b & MASK);
        let low = a_low * b_low;
        let middle_one = a_low * b_high + (low >> 64);
        let middle_two = a_high * b_low + (middle_one & MASK);
        Wide {
            high: a_high * b_high + (middle_one >> 64) + (middle_two >> 64),
            low: (middle_two << 64) | (low & MASK),
        }
    }

    /// `self * 10^power`; the caller knows that it fits (77 digits always do).
    pub(super) fn scaled(self, power: u32) -> Wide {
        let mut result = self;
        let mut left = power;
        while left > 0 {
            let step = left.min(38);
            let factor = power_of_ten(step);
            let low = Wide::product(result.low, factor);
            result = Wide { high: low.high + result.high * factor, low: low.low };
            left -= step;
        }
        result
    }

    pub(super) fn plus(self, other: Wide) -> Wide {
        let (low, carry) = self.low.overflowing_add(other.low);
        Wide { high: self.high + other.high + u128::from(carry), low }
    }

    /// `self - other`; `other` is not the larger one.
    pub(super) fn minus(self, other: Wide) -> Wide {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Wide { high: self.high - other.high - u128::from(borrow), low }
    }

    /// The value when it fits 128 bits.
    pub(super) fn narrow(self) -> Option<u128> {
        (self.high == 0).then_some(self.low)
    }

    /// Quotient and remainder; `divisor` is below 2^127 and not zero.
    pub(super) fn divided_by(self, divisor: u128) -> (Wide, u128) {
        if let Ok(short) = u64::try_from(divisor) {
            return self.divided_by_short(short);
        }
        let mut remainder = self.high % divisor;
        let mut low = 0u128;
        for bit in (0..128).rev() {
            remainder = (remainder << 1) | ((self.low >> bit) & 1);
            low <<= 1;
            if remainder >= divisor {
                remainder -= divisor;
                low |= 1;
            }
        }
        (Wide { high: self.high / divisor, low }, remainder)
    }

    /// Long division by a 64-bit digit.
    fn divided_by_short(self, divisor: u64) -> (Wide, u128) {
        let divisor = u128::from(divisor);
        let mut remainder = self.high % divisor;
        let mut low = 0u128;
        for part in [self.low >> 64, self.low & u128::from(u64::MAX)] {
            let dividend = (remainder << 64) | part;
            low = (low << 64) | (dividend / divisor);
            remainder = dividend % divisor;
        }
        (Wide { high: self.high / divisor, low }, remainder)
    }
}
