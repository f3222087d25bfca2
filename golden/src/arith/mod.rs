//! The arithmetic that a neuron's step is written over.
//!
//! A step is one body of code, generic over [`Arith`]; every place where bits may be lost is an explicit call
//! (`product`, `overflow`, `align`). There is no data-dependent `if` in a step: a decision is [`Arith::split`] or
//! [`Arith::select`], so that an interval can narrow the compared value in each branch and an expression builder
//! can make a multiplexer. [`Real`] (f64) is the reference, [`Raw`] (integers) the golden model.
//!
//! The trait knows no formats: a number's binary point is fixed by whoever builds the parameters.

mod raw;
mod real;

pub use raw::Raw;
pub use real::Real;

use core::fmt::Debug;

use crate::describe::Fire;
use crate::format::QFormat;
use crate::table::Table;

/// A threshold and how a value is compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold<N> {
    /// What the value is compared with; integers: the smallest raw value that fires, with [`Fire::Ge`].
    pub level: N,
    /// `>=` or `>`.
    pub fire: Fire,
}

impl<N> Threshold<N> {
    /// Fires at `level` and above.
    pub const fn at(level: N) -> Self {
        Self {
            level,
            fire: Fire::Ge,
        }
    }
}

/// Operations of a neuron's step. Every operation is total.
pub trait Arith {
    /// A number: a state, a coefficient, a synaptic current.
    type Num: Clone + Debug;
    /// The outcome of a comparison.
    type Bit: Clone + Debug;

    /// A bit known beforehand (the stored spike before the first step).
    fn bit(&self, value: bool) -> Self::Bit;

    /// `a + b`, exact.
    fn add(&self, a: &Self::Num, b: &Self::Num) -> Self::Num;

    /// `a - b`, exact.
    fn sub(&self, a: &Self::Num, b: &Self::Num) -> Self::Num;

    /// `-a`, exact: the lower threshold of a ternary neuron is the upper one's mirror image.
    fn neg(&self, a: &Self::Num) -> Self::Num;

    /// The exact product with its `drop` least significant bits rounded away, once.
    fn product(&self, coefficient: &Self::Num, value: &Self::Num, drop: u32) -> Self::Num;

    /// `sum` where it is above 0, else 0 (ReLU), exact: of a sum before its overflow.
    fn max_zero(&self, sum: &Self::Num) -> Self::Num;

    /// `table` at `x`, interpolated and rounded as the table says.
    fn lookup(&self, table: &Table<Self::Num>, x: &Self::Num) -> Self::Num;

    /// The exact `sum` brought into `format`.
    fn overflow(&self, sum: &Self::Num, format: &QFormat) -> Self::Num;

    /// A synaptic sum brought to the membrane's LSB: an exact left shift, or one rounding where `guard_bits < 0`.
    fn align(&self, sum: &Self::Num, guard_bits: i32) -> Self::Num;

    /// Adds `weights[n] * payload`, exact, to each `sums[n]`: one event of the crossbar. The slices are of one length.
    fn accumulate(&self, sums: &mut [Self::Num], weights: &[Self::Num], payload: &Self::Num) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = self.add(sum, &self.product(weight, payload, 0));
        }
    }

    /// Whether `h` reaches the threshold.
    fn at_least(&self, h: &Self::Num, threshold: &Threshold<Self::Num>) -> Self::Bit;

    /// Compares `h` and continues with it in one of two ways. Each branch is given the `h` that can reach it.
    fn split(
        &self,
        h: &Self::Num,
        threshold: &Threshold<Self::Num>,
        fired: impl FnOnce(&Self::Num) -> Self::Num,
        silent: impl FnOnce(&Self::Num) -> Self::Num,
    ) -> (Self::Bit, Self::Num);

    /// One of two numbers, by a bit.
    fn select(
        &self,
        bit: &Self::Bit,
        then: impl FnOnce() -> Self::Num,
        otherwise: impl FnOnce() -> Self::Num,
    ) -> Self::Num;
}
