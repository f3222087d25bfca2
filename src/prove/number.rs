//! A number as an SMT-LIB 2 term: a two's complement bit vector and the values it can have.

/// A term and its range.
#[derive(Clone, Debug)]
pub(super) struct Number {
    /// A name or a literal.
    pub(super) term: String,
    /// Bits of the term; they hold the range.
    pub(super) width: u32,
    /// Smallest value.
    pub(super) low: i128,
    /// Largest value.
    pub(super) high: i128,
}

impl Number {
    /// One value.
    pub(super) fn literal(value: i128) -> Self {
        let width = bits(value, value);
        let pattern = value.cast_unsigned() & (u128::MAX >> (128 - width.min(128)));
        Self {
            term: format!("(_ bv{pattern} {width})"),
            width,
            low: value,
            high: value,
        }
    }

    /// The term with its sign repeated up to `width` bits, which are at least its own.
    pub(super) fn at(&self, width: u32) -> String {
        match width.saturating_sub(self.width) {
            0 => self.term.clone(),
            more => format!("((_ sign_extend {more}) {})", self.term),
        }
    }
}

/// Bits of the narrowest two's complement number that holds both.
pub(super) fn bits(low: i128, high: i128) -> u32 {
    let of = |value: i128| 129 - (if value < 0 { !value } else { value }).leading_zeros();
    of(low).max(of(high))
}
