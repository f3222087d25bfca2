//! An arithmetic with one operator changed at one place of the golden model's source: a mutant of the golden model.
//!
//! The golden step is generic over its arithmetic, so a mutant needs no change of its source: the place is where the step calls
//! the operator, and the change happens there alone.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::Location;
use std::rc::Rc;

use goldspike_golden::arith::{Arith, Raw, Real, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::table::Table;

/// A call of an operator in the golden model's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// File.
    pub file: &'static str,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// The operator.
    pub operator: Operator,
}

/// An operator of [`Arith`].
#[allow(missing_docs, reason = "each is the method of that name")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    Bit,
    Add,
    Sub,
    Neg,
    Product,
    MaxZero,
    Lookup,
    Overflow,
    Align,
    Accumulate,
    AtLeast,
    Split,
    Select,
}

/// What is done in the place of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `a + b` for `a - b`, and the other way round.
    OtherSign,
    /// The first operand alone, unchanged: nothing is rounded, aligned, rectified or brought into a format.
    First,
    /// The second operand alone.
    Second,
    /// The operands the other way round.
    Swapped,
    /// The result negated, or the opposite bit.
    Inverted,
    /// One bit more is dropped.
    DropMore,
    /// One bit less is dropped.
    DropLess,
    /// Another rounding.
    Rounded(Rounding),
    /// Another overflow.
    Overflowed(Overflow),
    /// Zero.
    Zero,
    /// `>` for `>=`, and the other way round.
    OtherTie,
    /// Always true, or always the first branch.
    Always,
    /// Never true, or always the second branch.
    Never,
    /// The bit is right, and the branch is the other one.
    OtherBranch,
    /// Read at the value next to it.
    NextInput,
}

impl Operator {
    /// The changes that are made of it.
    #[must_use]
    pub fn changes(self) -> Vec<Change> {
        use Change::{
            Always, DropLess, DropMore, First, Inverted, Never, NextInput, OtherBranch, OtherSign,
            OtherTie, Second, Swapped, Zero,
        };
        let rounded = [
            Rounding::HalfUp,
            Rounding::Floor,
            Rounding::ToZero,
            Rounding::HalfEven,
        ]
        .map(Change::Rounded);
        let overflowed = [
            Overflow::Saturate,
            Overflow::SaturateSymmetric,
            Overflow::Wrap,
        ]
        .map(Change::Overflowed);
        match self {
            Self::Bit => vec![Inverted],
            Self::Add => vec![OtherSign, First, Second],
            Self::Sub => vec![OtherSign, First, Second, Swapped],
            Self::Neg => vec![First, Zero],
            Self::Product => [&[Second, Inverted, Zero, DropMore, DropLess][..], &rounded].concat(),
            Self::MaxZero => vec![First, Zero, Inverted],
            Self::Lookup => vec![Second, NextInput, Zero],
            Self::Overflow => [&[First][..], &overflowed].concat(),
            Self::Align => [&[First, DropMore, DropLess][..], &rounded].concat(),
            Self::Accumulate => vec![OtherSign, Second, Zero],
            Self::AtLeast => vec![OtherTie, Inverted, Always, Never],
            Self::Split => vec![OtherTie, Inverted, OtherBranch, Always, Never],
            Self::Select => vec![OtherBranch, Always, Never],
        }
    }
}

/// An arithmetic that can be changed.
pub trait Changeable: Arith<Bit = bool> {
    /// The same with this rounding; `None` where nothing is rounded.
    fn rounding(&self, rounding: Rounding) -> Option<Self>
    where
        Self: Sized;
    /// The same with this overflow; `None` where nothing overflows.
    fn overflowing(&self, overflow: Overflow) -> Option<Self>
    where
        Self: Sized;
    /// The number next to it.
    fn next(&self, number: &Self::Num) -> Self::Num;
}

impl Changeable for Raw {
    fn rounding(&self, rounding: Rounding) -> Option<Self> {
        Some(Self { rounding, ..*self })
    }

    fn overflowing(&self, overflow: Overflow) -> Option<Self> {
        Some(Self { overflow, ..*self })
    }

    fn next(&self, number: &i64) -> i64 {
        number + 1
    }
}

impl Changeable for Real {
    fn rounding(&self, _: Rounding) -> Option<Self> {
        None
    }

    fn overflowing(&self, _: Overflow) -> Option<Self> {
        None
    }

    fn next(&self, number: &f64) -> f64 {
        number + 1e-3
    }
}

/// The arithmetic `A` with at most one change; it writes down where it was called.
#[derive(Clone, Debug)]
pub struct Mutated<A> {
    inner: A,
    change: Option<(Site, Change)>,
    sites: Rc<RefCell<BTreeSet<Site>>>,
}

impl<A> Mutated<A> {
    /// `inner` with `change`; the places of the calls go into `sites` while nothing is changed.
    pub fn new(
        inner: A,
        change: Option<(Site, Change)>,
        sites: &Rc<RefCell<BTreeSet<Site>>>,
    ) -> Self {
        Self {
            inner,
            change,
            sites: Rc::clone(sites),
        }
    }

    /// What is changed at this call.
    #[track_caller]
    fn at(&self, operator: Operator) -> Option<Change> {
        let place = Location::caller();
        let site = Site {
            file: place.file(),
            line: place.line(),
            column: place.column(),
            operator,
        };
        match self.change {
            None => {
                self.sites.borrow_mut().insert(site);
                None
            }
            Some((changed, change)) => (changed == site).then_some(change),
        }
    }
}

impl<A: Changeable> Mutated<A> {
    fn zero(&self, like: &A::Num) -> A::Num {
        self.inner.sub(like, like)
    }

    fn compared(&self, h: &A::Num, threshold: &Threshold<A::Num>, change: Option<Change>) -> bool {
        let fire = match (change, threshold.fire) {
            (Some(Change::OtherTie), Fire::Ge) => Fire::Gt,
            (Some(Change::OtherTie), Fire::Gt) => Fire::Ge,
            (_, fire) => fire,
        };
        let level = threshold.level.clone();
        let bit = self.inner.at_least(h, &Threshold { level, fire });
        match change {
            Some(Change::Inverted) => !bit,
            Some(Change::Always) => true,
            Some(Change::Never) => false,
            _ => bit,
        }
    }
}

impl<A: Changeable> Arith for Mutated<A> {
    type Num = A::Num;
    type Bit = bool;

    #[track_caller]
    fn bit(&self, value: bool) -> bool {
        value ^ self.at(Operator::Bit).is_some()
    }

    #[track_caller]
    fn add(&self, a: &A::Num, b: &A::Num) -> A::Num {
        match self.at(Operator::Add) {
            Some(Change::OtherSign) => self.inner.sub(a, b),
            Some(Change::First) => a.clone(),
            Some(Change::Second) => b.clone(),
            _ => self.inner.add(a, b),
        }
    }

    #[track_caller]
    fn sub(&self, a: &A::Num, b: &A::Num) -> A::Num {
        match self.at(Operator::Sub) {
            Some(Change::OtherSign) => self.inner.add(a, b),
            Some(Change::First) => a.clone(),
            Some(Change::Second) => b.clone(),
            Some(Change::Swapped) => self.inner.sub(b, a),
            _ => self.inner.sub(a, b),
        }
    }

    #[track_caller]
    fn neg(&self, a: &A::Num) -> A::Num {
        match self.at(Operator::Neg) {
            Some(Change::First) => a.clone(),
            Some(Change::Zero) => self.zero(a),
            _ => self.inner.neg(a),
        }
    }

    #[track_caller]
    fn product(&self, coefficient: &A::Num, value: &A::Num, drop: u32) -> A::Num {
        let product = |drop| self.inner.product(coefficient, value, drop);
        match self.at(Operator::Product) {
            Some(Change::Second) => value.clone(),
            Some(Change::Inverted) => self.inner.neg(&product(drop)),
            Some(Change::Zero) => self.zero(value),
            Some(Change::DropMore) => product(drop + 1),
            Some(Change::DropLess) => product(drop.saturating_sub(1)),
            Some(Change::Rounded(mode)) => match self.inner.rounding(mode) {
                Some(other) => other.product(coefficient, value, drop),
                None => product(drop),
            },
            _ => product(drop),
        }
    }

    #[track_caller]
    fn max_zero(&self, sum: &A::Num) -> A::Num {
        let negated = || self.inner.neg(sum);
        match self.at(Operator::MaxZero) {
            Some(Change::First) => sum.clone(),
            Some(Change::Zero) => self.zero(sum),
            Some(Change::Inverted) => self.inner.max_zero(&negated()),
            _ => self.inner.max_zero(sum),
        }
    }

    #[track_caller]
    fn lookup(&self, table: &Table<A::Num>, x: &A::Num) -> A::Num {
        match self.at(Operator::Lookup) {
            Some(Change::Second) => x.clone(),
            Some(Change::NextInput) => self.inner.lookup(table, &self.inner.next(x)),
            Some(Change::Zero) => self.zero(x),
            _ => self.inner.lookup(table, x),
        }
    }

    #[track_caller]
    fn overflow(&self, sum: &A::Num, format: &QFormat) -> A::Num {
        match self.at(Operator::Overflow) {
            Some(Change::First) => sum.clone(),
            Some(Change::Overflowed(mode)) => match self.inner.overflowing(mode) {
                Some(other) => other.overflow(sum, format),
                None => self.inner.overflow(sum, format),
            },
            _ => self.inner.overflow(sum, format),
        }
    }

    #[track_caller]
    fn align(&self, sum: &A::Num, guard_bits: i32) -> A::Num {
        match self.at(Operator::Align) {
            Some(Change::First) => sum.clone(),
            Some(Change::DropMore) => self.inner.align(sum, guard_bits - 1),
            Some(Change::DropLess) => self.inner.align(sum, guard_bits + 1),
            Some(Change::Rounded(mode)) => match self.inner.rounding(mode) {
                Some(other) => other.align(sum, guard_bits),
                None => self.inner.align(sum, guard_bits),
            },
            _ => self.inner.align(sum, guard_bits),
        }
    }

    #[track_caller]
    fn accumulate(&self, sums: &mut [A::Num], weights: &[A::Num], payload: &A::Num) {
        match self.at(Operator::Accumulate) {
            Some(Change::OtherSign) => {
                let negated = self.inner.neg(payload);
                self.inner.accumulate(sums, weights, &negated);
            }
            Some(Change::Second) => sums.clone_from_slice(weights),
            Some(Change::Zero) => {}
            _ => self.inner.accumulate(sums, weights, payload),
        }
    }

    #[track_caller]
    fn at_least(&self, h: &A::Num, threshold: &Threshold<A::Num>) -> bool {
        let change = self.at(Operator::AtLeast);
        self.compared(h, threshold, change)
    }

    #[track_caller]
    fn split(
        &self,
        h: &A::Num,
        threshold: &Threshold<A::Num>,
        fired: impl FnOnce(&A::Num) -> A::Num,
        silent: impl FnOnce(&A::Num) -> A::Num,
    ) -> (bool, A::Num) {
        let change = self.at(Operator::Split);
        let bit = self.compared(h, threshold, change);
        let first = bit ^ (change == Some(Change::OtherBranch));
        (bit, if first { fired(h) } else { silent(h) })
    }

    #[track_caller]
    fn select(
        &self,
        bit: &bool,
        then: impl FnOnce() -> A::Num,
        otherwise: impl FnOnce() -> A::Num,
    ) -> A::Num {
        let first = match self.at(Operator::Select) {
            Some(Change::OtherBranch) => !bit,
            Some(Change::Always) => true,
            Some(Change::Never) => false,
            _ => *bit,
        };
        if first { then() } else { otherwise() }
    }
}
