//! Typed conversions between raw values and the fixed-point types of the `fixed` crate, for users of the library.
//!
//! All are exact or an error. The arithmetic of the golden model does not pass through here.

use core::fmt;

use fixed::traits::Fixed;

use crate::format::QFormat;

/// A value that the other format cannot hold exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRepresentable {
    /// The value, as `raw * 2^-frac`.
    pub value: String,
    /// The format that does not hold it.
    pub format: QFormat,
}

impl fmt::Display for NotRepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not representable in {}", self.value, self.format)
    }
}

impl core::error::Error for NotRepresentable {}

/// `raw * 2^-from` as a multiple of `2^-to`, if it is one and fits.
fn rescale(raw: i128, from: i64, to: i64) -> Option<i128> {
    if raw == 0 {
        return Some(0);
    }
    let left = to - from;
    let shift = u32::try_from(left.unsigned_abs()).ok()?;
    if left >= 0 {
        1i128
            .checked_shl(shift)
            .and_then(|unit| raw.checked_mul(unit))
    } else {
        1i128
            .checked_shl(shift)
            .filter(|_| raw.trailing_zeros() >= shift)
            .map(|_| raw >> shift)
    }
}

impl QFormat {
    /// The format of a type of the `fixed` crate, such as `fixed::types::I4F12`.
    #[must_use]
    pub fn of<F: Fixed>() -> Self {
        let frac = i32::try_from(F::FRAC_NBITS).unwrap_or(i32::MAX);
        let width =
            u32::try_from(i64::from(F::INT_NBITS) + i64::from(F::FRAC_NBITS)).unwrap_or(u32::MAX);
        Self {
            width,
            frac,
            signed: F::IS_SIGNED,
        }
    }

    /// The raw value of `value` in this format.
    ///
    /// # Errors
    /// [`NotRepresentable`] if it needs more fractional or integer bits, or a sign, that this format lacks.
    pub fn from_fixed<F: Fixed>(&self, value: F) -> Result<i64, NotRepresentable> {
        let bits: Option<i128> = value.to_bits().try_into().ok();
        bits.and_then(|bits| rescale(bits, i64::from(F::FRAC_NBITS), i64::from(self.frac)))
            .and_then(|raw| i64::try_from(raw).ok())
            .filter(|raw| self.holds(*raw))
            .ok_or_else(|| NotRepresentable {
                value: value.to_string(),
                format: *self,
            })
    }

    /// `raw` of this format as a value of type `F`.
    ///
    /// # Errors
    /// [`NotRepresentable`] if `F` does not hold it exactly, or `raw` is not of this format.
    pub fn to_fixed<F: Fixed>(&self, raw: i64) -> Result<F, NotRepresentable> {
        let refuse = |format| NotRepresentable {
            value: format!("{raw} * 2^{}", -i64::from(self.frac)),
            format,
        };
        if !self.holds(raw) {
            return Err(refuse(*self));
        }
        rescale(
            i128::from(raw),
            i64::from(self.frac),
            i64::from(F::FRAC_NBITS),
        )
        .and_then(|bits| F::Bits::try_from(bits).ok())
        .map(F::from_bits)
        .ok_or_else(|| refuse(Self::of::<F>()))
    }
}
