//! Number formats of the arithmetic contract: where the binary point is, what rounding and overflow do.
//!
//! A value is an integer `raw`; its real value is `raw * 2^-frac * scale`, with a real `scale` kept by the layer
//! (1 for coefficients). `QFormat` is only a description; [`nearest`] is the one way from a real number to a raw one.

use core::fmt;

use num_traits::ToPrimitive;

/// A fixed-point format: `width` bits in all, of which `frac` are behind the binary point.
///
/// `frac` may be negative (LSB above 1) or larger than `width` (LSB far below 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QFormat {
    /// All bits, the sign included; 1 to 63.
    pub width: u32,
    /// Bits behind the binary point.
    pub frac: i32,
    /// Two's complement if true.
    pub signed: bool,
}

impl QFormat {
    /// A signed (two's complement) format.
    #[must_use]
    pub const fn signed(width: u32, frac: i32) -> Self {
        Self {
            width,
            frac,
            signed: true,
        }
    }

    /// An unsigned format.
    #[must_use]
    pub const fn unsigned(width: u32, frac: i32) -> Self {
        Self {
            width,
            frac,
            signed: false,
        }
    }

    /// The smallest raw value (within 64 bits, whatever the width).
    #[must_use]
    pub const fn min(&self) -> i64 {
        match (self.signed, self.width) {
            (false, _) | (_, 0) => 0,
            (true, 1..=64) => i64::MIN >> (64 - self.width),
            (true, _) => i64::MIN,
        }
    }

    /// The largest raw value (within 64 bits, whatever the width).
    #[must_use]
    pub const fn max(&self) -> i64 {
        let bits = if self.signed {
            self.width.saturating_sub(1)
        } else {
            self.width
        };
        if bits >= 63 {
            i64::MAX
        } else {
            (1 << bits) - 1
        }
    }

    /// Whether `raw` is representable.
    #[must_use]
    pub const fn holds(&self, raw: i64) -> bool {
        raw >= self.min() && raw <= self.max()
    }

    /// The narrowest signed format (at least 1 bit, `frac` kept) that holds both ends.
    #[must_use]
    pub const fn signed_for(low: i64, high: i64, frac: i32) -> Self {
        let low_bits = 65 - (if low < 0 { !low } else { 0 }).leading_zeros();
        let high_bits = 65 - (if high > 0 { high } else { 0 }).leading_zeros();
        Self::signed(
            if low_bits > high_bits {
                low_bits
            } else {
                high_bits
            },
            frac,
        )
    }
}

/// Printed as the `fixed` crate names its types: `I4F12`, `U0F8`; the sign bit counts as an integer bit.
impl fmt::Display for QFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = if self.signed { 'I' } else { 'U' };
        write!(
            f,
            "{letter}{}F{}",
            i64::from(self.width) - i64::from(self.frac),
            self.frac
        )
    }
}

/// `value` as a raw number of LSB `lsb`: to nearest, ties away from zero.
///
/// The quantizer's conversion of every real constant. `None` if either is not finite, `lsb` is not above zero, or the
/// result has more than 64 bits.
#[must_use]
pub fn nearest(value: f64, lsb: f64) -> Option<i64> {
    if lsb.is_finite() && lsb > 0.0 {
        (value / lsb).round().to_i64()
    } else {
        None
    }
}

/// What happens to bits below the LSB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Rounding {
    /// `floor(x + 1/2)`.
    #[default]
    HalfUp,
    /// Toward minus infinity.
    Floor,
    /// Toward zero.
    ToZero,
    /// To nearest, ties to the even raw value.
    HalfEven,
}

impl Rounding {
    /// Every mode, for sweeps.
    pub const ALL: [Self; 4] = [Self::HalfUp, Self::Floor, Self::ToZero, Self::HalfEven];
}

/// As in files and on the command line.
impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HalfUp => "half_up",
            Self::Floor => "floor",
            Self::ToZero => "to_zero",
            Self::HalfEven => "half_even",
        })
    }
}

/// What happens to a value that the format does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Overflow {
    /// To the nearest end of the format.
    #[default]
    Saturate,
    /// As `Saturate`, but the lower end is `-max`.
    SaturateSymmetric,
    /// Modulo 2^width.
    Wrap,
}

impl Overflow {
    /// Every mode, for sweeps.
    pub const ALL: [Self; 3] = [Self::Saturate, Self::SaturateSymmetric, Self::Wrap];
}

/// As in files and on the command line.
impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Saturate => "saturate",
            Self::SaturateSymmetric => "saturate_symmetric",
            Self::Wrap => "wrap",
        })
    }
}
