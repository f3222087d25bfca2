//! Numbers and truth values of an expression: what they are made of, and for numbers the values they can have.

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Term<L> {
    /// It is known.
    Known(L),
    /// An input, by its name.
    Input(String),
    /// A definition of the [`Graph`](super::graph::Graph), by its index.
    Node(usize),
}

/// A truth value.
pub(super) type Bit = Term<bool>;

/// A two's complement number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number {
    /// What it is.
    pub(super) term: Term<i128>,
    /// Its bits; they hold the range.
    pub(super) width: u32,
    /// Smallest value.
    pub(super) low: i128,
    /// Largest value.
    pub(super) high: i128,
}

impl Number {
    /// One value.
    pub(super) fn literal(value: i128) -> Self {
        Self {
            term: Term::Known(value),
            width: bits(value, value),
            low: value,
            high: value,
        }
    }

    /// An input of `width` bits whose values are from `low` to `high`.
    pub(super) fn input(name: String, width: u32, low: i128, high: i128) -> Self {
        Self {
            term: Term::Input(name),
            width,
            low,
            high,
        }
    }
}

/// Bits of the narrowest two's complement number that holds both.
pub(super) fn bits(low: i128, high: i128) -> u32 {
    let of = |value: i128| 129 - (if value < 0 { !value } else { value }).leading_zeros();
    of(low).max(of(high))
}
