//! Run-time types of signals: a width and a sign.
//!
//! A signal of type `Ty` carries a mathematical integer in `min()..=max()`; nothing else. Two's complement only
//! appears when a value is reinterpreted (`wrap`, `slice`, `as_signed`) or printed.

use std::fmt;

/// The widest single signal. Packed ports and memory words are sequences of signals and may be wider.
pub const MAX_WIDTH: u32 = 120;

/// A width in bits (1 to [`MAX_WIDTH`]) and a sign. A builder refuses other widths; the type itself holds any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ty {
    width: u32,
    signed: bool,
}

impl Ty {
    /// One unsigned bit.
    pub const BIT: Self = Self::u(1);

    /// Unsigned, `width` bits.
    #[must_use]
    pub const fn u(width: u32) -> Self {
        Self {
            width,
            signed: false,
        }
    }

    /// Two's complement, `width` bits, the sign included.
    #[must_use]
    pub const fn s(width: u32) -> Self {
        Self {
            width,
            signed: true,
        }
    }

    /// All bits, the sign included.
    #[must_use]
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Two's complement if true.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        self.signed
    }

    /// The smallest value.
    #[must_use]
    pub const fn min(self) -> i128 {
        if self.signed { -1 - self.max() } else { 0 }
    }

    /// The largest value.
    #[must_use]
    pub const fn max(self) -> i128 {
        let bits = if self.signed {
            self.width.saturating_sub(1)
        } else {
            self.width
        };
        if bits > 126 {
            i128::MAX
        } else {
            (1i128 << bits) - 1
        }
    }

    /// Whether the width is one a signal may have.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.width >= 1 && self.width <= MAX_WIDTH
    }

    /// Whether `value` is one of this type's values.
    #[must_use]
    pub const fn holds(self, value: i128) -> bool {
        value >= self.min() && value <= self.max()
    }

    /// Whether every value of `other` is a value of this type.
    #[must_use]
    pub const fn holds_type(self, other: Self) -> bool {
        self.min() <= other.min() && self.max() >= other.max()
    }

    /// The value with the low `width` bits of `value` (modulo 2^width).
    #[must_use]
    pub const fn wrap(self, value: i128) -> i128 {
        if self.width == 0 {
            return 0;
        }
        let shift = 128 - if self.width > 128 { 128 } else { self.width };
        if self.signed {
            (value << shift) >> shift
        } else {
            ((value << shift) as u128 >> shift) as i128
        }
    }

    /// The width of the narrowest signed type that holds every value.
    pub(crate) const fn signed_width(self) -> u32 {
        if self.signed {
            self.width
        } else {
            self.width.saturating_add(1)
        }
    }

    /// The narrowest type that holds every value of both.
    pub(crate) fn join(self, other: Self) -> Self {
        if self.signed || other.signed {
            Self::s(self.signed_width().max(other.signed_width()))
        } else {
            Self::u(self.width.max(other.width))
        }
    }
}

/// `u8`, `s16`.
impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.signed { 's' } else { 'u' }, self.width)
    }
}
