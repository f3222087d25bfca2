//! Intervals of integers as an arithmetic of the neuron's step: from a set of states to every state that can follow.
//!
//! Sound, not exact: a result may be wider than what can occur, never narrower. `overflow` cuts nothing off, so that a
//! bound tells what the state would hold if it never overflowed, and holds what saturation makes of it.

use goldspike_golden::arith::{Arith, Raw, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::table::Table;

/// All integers from `low` to `high`; none if `low > high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Smallest member.
    pub low: i64,
    /// Largest member.
    pub high: i64,
}

impl Span {
    /// No integer.
    pub const EMPTY: Self = Self {
        low: i64::MAX,
        high: i64::MIN,
    };

    /// From `low` to `high`, both included.
    #[must_use]
    pub const fn new(low: i64, high: i64) -> Self {
        Self { low, high }
    }

    /// One integer.
    #[must_use]
    pub const fn point(value: i64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// Whether it has no member.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The members below `limit`.
    #[must_use]
    pub fn below(self, limit: i64) -> Self {
        Self {
            low: self.low,
            high: self.high.min(limit.saturating_sub(1)),
        }
        .or_empty()
    }

    /// The members from `limit` on.
    #[must_use]
    pub fn from(self, limit: i64) -> Self {
        Self {
            low: self.low.max(limit),
            high: self.high,
        }
        .or_empty()
    }

    /// Whether every member of `other` is one of `self`.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        other.is_empty() || (self.low <= other.low && other.high <= self.high)
    }

    fn or_empty(self) -> Self {
        if self.is_empty() { Self::EMPTY } else { self }
    }

    fn map(self, f: impl Fn(i64) -> i64) -> Self {
        if self.is_empty() {
            self
        } else {
            Self {
                low: f(self.low),
                high: f(self.high),
            }
        }
    }

    fn combine(self, other: Self, f: impl Fn(i64, i64) -> i64, reverse: bool) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::EMPTY;
        }
        let (low, high) = if reverse {
            (other.high, other.low)
        } else {
            (other.low, other.high)
        };
        Self {
            low: f(self.low, low),
            high: f(self.high, high),
        }
    }
}

/// Which values a bit can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Either {
    /// It can be false.
    pub no: bool,
    /// It can be true.
    pub yes: bool,
}

/// Arithmetic of spans in a layer's rounding mode.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    raw: Raw,
}

impl Interval {
    /// Spans whose products are rounded in this mode.
    #[must_use]
    pub const fn new(rounding: Rounding) -> Self {
        Self {
            raw: Raw {
                rounding,
                overflow: Overflow::Saturate,
            },
        }
    }
}

impl Arith for Interval {
    type Num = Span;
    type Bit = Either;

    fn bit(&self, value: bool) -> Either {
        Either {
            no: !value,
            yes: value,
        }
    }

    fn add(&self, a: &Span, b: &Span) -> Span {
        a.combine(*b, i64::saturating_add, false)
    }

    fn sub(&self, a: &Span, b: &Span) -> Span {
        a.combine(*b, i64::saturating_sub, true)
    }

    fn neg(&self, a: &Span) -> Span {
        if a.is_empty() {
            return *a;
        }
        Span::new(a.high.saturating_neg(), a.low.saturating_neg())
    }

    fn product(&self, coefficient: &Span, value: &Span, drop: u32) -> Span {
        if coefficient.is_empty() || value.is_empty() {
            return Span::EMPTY;
        }
        let mut hull = Span::EMPTY;
        for a in [coefficient.low, coefficient.high] {
            for b in [value.low, value.high] {
                hull = hull.hull(Span::point(self.raw.product(&a, &b, drop)));
            }
        }
        hull
    }

    fn max_zero(&self, sum: &Span) -> Span {
        sum.map(|end| end.max(0))
    }

    /// The table never falls, so its values at the ends are the ends.
    fn lookup(&self, table: &Table<Span>, x: &Span) -> Span {
        let raw = Table {
            low: table.low.low,
            high: table.high.low,
            shift: table.shift,
            knots: table.knots.iter().map(|knot| knot.low).collect(),
            slope: table.slope,
        };
        x.map(|end| self.raw.lookup(&raw, &end))
    }

    /// The sums as they are, which hold every saturated one too: a span that is beyond an end as a whole is moved on to it.
    fn overflow(&self, sum: &Span, format: &QFormat) -> Span {
        if sum.is_empty() {
            return *sum;
        }
        let (low, high) = (format.min().max(-format.max()), format.max());
        Span::new(sum.low.min(high), sum.high.max(low))
    }

    fn align(&self, sum: &Span, guard_bits: i32) -> Span {
        sum.map(|end| self.raw.align(&end, guard_bits))
    }

    fn at_least(&self, h: &Span, threshold: &Threshold<Span>) -> Either {
        let (fired, silent) = parts(*h, threshold);
        Either {
            no: !silent.is_empty(),
            yes: !fired.is_empty(),
        }
    }

    fn split(
        &self,
        h: &Span,
        threshold: &Threshold<Span>,
        fired: impl FnOnce(&Span) -> Span,
        silent: impl FnOnce(&Span) -> Span,
    ) -> (Either, Span) {
        let (high, low) = parts(*h, threshold);
        let mut next = Span::EMPTY;
        if !high.is_empty() {
            next = next.hull(fired(&high));
        }
        if !low.is_empty() {
            next = next.hull(silent(&low));
        }
        (
            Either {
                no: !low.is_empty(),
                yes: !high.is_empty(),
            },
            next,
        )
    }

    fn select(
        &self,
        bit: &Either,
        then: impl FnOnce() -> Span,
        otherwise: impl FnOnce() -> Span,
    ) -> Span {
        let taken = if bit.yes { then() } else { Span::EMPTY };
        if bit.no {
            taken.hull(otherwise())
        } else {
            taken
        }
    }
}

/// The members of `h` that can fire and those that can stay silent.
fn parts(h: Span, threshold: &Threshold<Span>) -> (Span, Span) {
    let one = match threshold.fire {
        Fire::Ge => 0,
        Fire::Gt => 1,
    };
    (
        h.from(threshold.level.low.saturating_add(one)),
        h.below(threshold.level.high.saturating_add(one)),
    )
}
