//! Exact numbers of the form `mantissa * 2^exponent`: every finite `f64` is one.
//!
//! The quantizer compares thresholds with LSBs here and not in floating point, so that a threshold which is an exact
//! multiple of the LSB gives exactly that integer. It does not round and does not divide except to integers.

/// `mantissa * 2^exponent`, the mantissa odd or the number zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dyadic {
    mantissa: i128,
    exponent: i32,
}

/// A quotient seen from the integers around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quotient {
    /// Largest integer not above the quotient.
    pub floor: i128,
    /// Smallest integer not below it.
    pub ceil: i128,
    /// Nearest integer, ties away from zero.
    pub nearest: i128,
}

impl Quotient {
    /// The quotient, if it is an integer.
    pub fn exact(self) -> Option<i128> {
        (self.floor == self.ceil).then_some(self.floor)
    }
}

impl Dyadic {
    pub const ZERO: Self = Self {
        mantissa: 0,
        exponent: 0,
    };

    fn new(mantissa: i128, exponent: i32) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let zeros = mantissa.trailing_zeros();
        Self {
            mantissa: mantissa >> zeros,
            exponent: exponent.saturating_add_unsigned(zeros),
        }
    }

    /// `x` itself, or `None` for NaN and infinities.
    pub fn from_f64(x: f64) -> Option<Self> {
        if !x.is_finite() {
            return None;
        }
        let bits = x.to_bits();
        let fraction = i128::from(bits & ((1 << 52) - 1));
        let biased = ((bits >> 52) & 0x7ff) as i32;
        let magnitude = if biased == 0 {
            fraction
        } else {
            fraction | (1 << 52)
        };
        Some(Self::new(
            if x < 0.0 { -magnitude } else { magnitude },
            biased.max(1) - 1075,
        ))
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// `self * 2^k`.
    pub fn shifted(self, k: i32) -> Self {
        Self::new(self.mantissa, self.exponent.saturating_add(k))
    }

    /// The product, or `None` if its mantissa has more than 127 bits (never for two `f64`).
    pub fn product(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        Some(Self::new(
            mantissa,
            self.exponent.saturating_add(other.exponent),
        ))
    }

    /// The sum, or `None` if the two are too far apart for 127 bits.
    pub fn sum(self, other: Self) -> Option<Self> {
        if self.is_zero() || other.is_zero() {
            return Some(if self.is_zero() { other } else { self });
        }
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let shift = high.exponent.checked_sub(low.exponent)?;
        let aligned = shift_left(high.mantissa, shift)?;
        Some(Self::new(aligned.checked_add(low.mantissa)?, low.exponent))
    }

    /// Exponent of the largest power of two that divides it; `None` for zero.
    pub fn trailing(self) -> Option<i32> {
        (!self.is_zero()).then_some(self.exponent)
    }

    /// `floor(log2 |self|)`; `None` for zero.
    pub fn floor_log2(self) -> Option<i32> {
        (!self.is_zero()).then(|| {
            self.exponent
                .saturating_add(127 - self.mantissa.unsigned_abs().leading_zeros() as i32)
        })
    }

    /// `self / divisor` for a positive divisor below 2^64 times a power of two; `None` if the quotient's magnitude is
    /// 2^60 or more, or the divisor is not positive.
    pub fn over(self, divisor: Self) -> Option<Quotient> {
        if divisor.mantissa <= 0 {
            return None;
        }
        if self.is_zero() {
            return Some(Quotient {
                floor: 0,
                ceil: 0,
                nearest: 0,
            });
        }
        let shift = self.exponent.checked_sub(divisor.exponent)?;
        let (numerator, denominator) = if shift >= 0 {
            (shift_left(self.mantissa, shift)?, divisor.mantissa)
        } else {
            match shift_left(divisor.mantissa, shift.checked_neg()?) {
                Some(denominator) => (self.mantissa, denominator),
                None => {
                    let negative = self.mantissa < 0;
                    return Some(Quotient {
                        floor: -i128::from(negative),
                        ceil: i128::from(!negative),
                        nearest: 0,
                    });
                }
            }
        };
        let floor = numerator.div_euclid(denominator);
        let rest = numerator.rem_euclid(denominator);
        let ceil = floor + i128::from(rest != 0);
        let nearest = match (2 * rest).cmp(&denominator) {
            core::cmp::Ordering::Less => floor,
            core::cmp::Ordering::Greater => ceil,
            core::cmp::Ordering::Equal => {
                if numerator < 0 {
                    floor
                } else {
                    ceil
                }
            }
        };
        (floor.unsigned_abs() < 1 << 60).then_some(Quotient {
            floor,
            ceil,
            nearest,
        })
    }

    /// The smallest `k >= 0` for which `self` is a multiple of `lsb * 2^-k`; `None` if there is none.
    pub fn bits_below(self, lsb: Self) -> Option<i32> {
        if self.is_zero() {
            return Some(0);
        }
        let whole = lsb.mantissa > 0 && self.mantissa % lsb.mantissa == 0;
        whole.then(|| lsb.exponent.saturating_sub(self.exponent).max(0))
    }

    /// The nearest `f64` (rounded twice if the mantissa has more than 53 bits): for reports only.
    pub fn to_f64(self) -> f64 {
        let mut value = self.mantissa as f64;
        let mut left = self.exponent.clamp(-4096, 4096);
        while left != 0 {
            let k = left.clamp(-1000, 1000);
            value *= pow2(k);
            left -= k;
        }
        value
    }
}

/// `value * 2^k`, or `None` if that needs more than 125 bits.
fn shift_left(value: i128, k: i32) -> Option<i128> {
    let bits = 128 - value.unsigned_abs().leading_zeros() as i32;
    (bits.saturating_add(k) <= 125).then(|| value << k)
}

/// `2^k` for `k` in [-1022, 1023].
pub(crate) fn pow2(k: i32) -> f64 {
    f64::from_bits(((1023 + k.clamp(-1022, 1023)) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dyadic(x: f64) -> Dyadic {
        Dyadic::from_f64(x).unwrap()
    }

    #[test]
    fn every_finite_f64_comes_back() {
        for x in [
            0.0,
            1.0,
            -1.0,
            0.1,
            -0.1,
            1e300,
            5e-324,
            f64::MAX,
            f64::MIN_POSITIVE,
            3.0 * 0.125,
        ] {
            assert_eq!(dyadic(x).to_f64(), x);
        }
        assert_eq!(Dyadic::from_f64(f64::NAN), None);
        assert_eq!(Dyadic::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn quotients_are_exact() {
        let q = |a: f64, b: f64| dyadic(a).over(dyadic(b));
        assert_eq!(q(0.75, 0.125).and_then(Quotient::exact), Some(6));
        assert_eq!(
            q(2.5, 1.0),
            Some(Quotient {
                floor: 2,
                ceil: 3,
                nearest: 3
            })
        );
        assert_eq!(
            q(-2.5, 1.0),
            Some(Quotient {
                floor: -3,
                ceil: -2,
                nearest: -3
            })
        );
        assert_eq!(
            q(1e-300, 1e300),
            Some(Quotient {
                floor: 0,
                ceil: 1,
                nearest: 0
            })
        );
        assert_eq!(
            q(-1e-300, 1e300),
            Some(Quotient {
                floor: -1,
                ceil: 0,
                nearest: 0
            })
        );
        assert_eq!(q(1e300, 1e-300), None);
        // 0.3 is just below 3 * 0.1 as doubles: the quotient in floating point would be 3 - 4e-16, or 3.
        assert_eq!(q(0.3, 0.1).map(|q| q.floor), Some(2));
        assert_eq!(q(1.0, 0.0), None);
    }

    #[test]
    fn sums_and_products_are_exact() {
        assert_eq!(dyadic(0.5).sum(dyadic(0.25)), Some(dyadic(0.75)));
        assert_eq!(dyadic(1e300).sum(dyadic(1e-300)), None);
        assert_eq!(dyadic(0.375).product(dyadic(-2.0)), Some(dyadic(-0.75)));
        assert_eq!(dyadic(12.0).trailing(), Some(2));
        assert_eq!(dyadic(12.0).floor_log2(), Some(3));
    }
}
