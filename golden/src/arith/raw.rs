//! `Raw`: the golden model's arithmetic, on integers with run-time rounding and overflow modes.
//!
//! Every operation is total. Intermediate results are 128 bits wide; a result beyond 64 bits is clamped, which no
//! network that passes `QuantNetwork::validate` can reach. Nothing here is shared with the `fixed` crate, which is
//! the oracle of the tests.

use super::{Arith, Threshold};
use crate::describe::Fire;
use crate::format::{Overflow, QFormat, Rounding};
use crate::table::Table;

/// Integer arithmetic of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// Rounding of products and of aligned sums.
    pub rounding: Rounding,
    /// Overflow of state updates.
    pub overflow: Overflow,
}

impl Raw {
    /// `value * 2^-drop` rounded to an integer in this mode.
    #[must_use]
    pub fn round(&self, value: i128, drop: u32) -> i128 {
        if drop == 0 {
            return value;
        }
        let floor = value >> drop.min(127);
        let up = match (self.rounding, 1u128.checked_shl(drop)) {
            (Rounding::Floor, _) => false,
            (Rounding::ToZero, Some(unit)) => value < 0 && value.cast_unsigned() & (unit - 1) != 0,
            (Rounding::ToZero, None) => value < 0,
            (Rounding::HalfUp, Some(unit)) => value.cast_unsigned() & (unit - 1) >= unit / 2,
            (Rounding::HalfEven, Some(unit)) => {
                let lost = value.cast_unsigned() & (unit - 1);
                lost > unit / 2 || (lost == unit / 2 && floor & 1 == 1)
            }
            // All bits are lost: |value| <= 2^127 is at most half of 2^drop, and a tie goes to zero both ways.
            (Rounding::HalfUp | Rounding::HalfEven, None) => value < 0,
        };
        floor + i128::from(up)
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

impl Arith for Raw {
    type Num = i64;
    type Bit = bool;

    fn bit(&self, value: bool) -> bool {
        value
    }

    fn add(&self, a: &i64, b: &i64) -> i64 {
        a.saturating_add(*b)
    }

    fn sub(&self, a: &i64, b: &i64) -> i64 {
        a.saturating_sub(*b)
    }

    fn neg(&self, a: &i64) -> i64 {
        a.saturating_neg()
    }

    fn product(&self, coefficient: &i64, value: &i64, drop: u32) -> i64 {
        clamp(self.round(i128::from(*coefficient) * i128::from(*value), drop))
    }

    fn max_zero(&self, sum: &i64) -> i64 {
        (*sum).max(0)
    }

    fn lookup(&self, table: &Table<i64>, x: &i64) -> i64 {
        let from = |k: usize| table.knots.get(k).or(table.knots.last()).copied();
        // Without knots, which the contract refuses, there is no value.
        let step = x.max(&table.low).min(&table.high).saturating_sub(table.low);
        let shift = table.shift.min(62);
        let segment = usize::try_from(step >> shift).unwrap_or_default();
        let (Some(start), Some(end)) = (from(segment), from(segment + 1)) else {
            return 0;
        };
        let part = i128::from(end - start) * i128::from(step & ((1 << shift) - 1));
        let half = (1i128 << shift) >> 1;
        start.saturating_add(clamp((part + half) >> shift))
    }

    fn overflow(&self, sum: &i64, format: &QFormat) -> i64 {
        let (min, max) = (format.min(), format.max());
        match self.overflow {
            Overflow::Saturate => (*sum).clamp(min, max),
            Overflow::SaturateSymmetric => (*sum).clamp(min.max(-max), max),
            Overflow::Wrap => {
                let unused = 64 - format.width.min(64);
                if unused == 64 {
                    0
                } else if format.signed {
                    (sum << unused) >> unused
                } else {
                    ((sum << unused).cast_unsigned() >> unused).cast_signed()
                }
            }
        }
    }

    fn align(&self, sum: &i64, guard_bits: i32) -> i64 {
        match u32::try_from(guard_bits) {
            // 2^63 already carries every non-zero sum out of 64 bits.
            Ok(left) => clamp(i128::from(*sum) << left.min(63)),
            Err(_) => clamp(self.round(i128::from(*sum), guard_bits.unsigned_abs())),
        }
    }

    fn accumulate(&self, sums: &mut [i64], weights: &[i64], payload: &i64) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = sum.saturating_add(weight.saturating_mul(*payload));
        }
    }

    fn at_least(&self, h: &i64, threshold: &Threshold<i64>) -> bool {
        match threshold.fire {
            Fire::Ge => *h >= threshold.level,
            Fire::Gt => *h > threshold.level,
        }
    }

    fn split(
        &self,
        h: &i64,
        threshold: &Threshold<i64>,
        fired: impl FnOnce(&i64) -> i64,
        silent: impl FnOnce(&i64) -> i64,
    ) -> (bool, i64) {
        let spike = self.at_least(h, threshold);
        (spike, if spike { fired(h) } else { silent(h) })
    }

    fn select(
        &self,
        bit: &bool,
        then: impl FnOnce() -> i64,
        otherwise: impl FnOnce() -> i64,
    ) -> i64 {
        if *bit { then() } else { otherwise() }
    }
}
