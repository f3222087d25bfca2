//! A reset with its number, and what it leaves in the step of the spike.

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::format::QFormat;
use crate::neuron::{Reset, Source};

/// A reset with its number.
#[derive(Clone, Debug, PartialEq)]
pub enum ResetBy<N> {
    /// To this value.
    Hard(N),
    /// By this amount.
    Soft(N),
    /// None.
    None,
}

impl<N> ResetBy<N> {
    /// From the constants `v_reset` and `reset_by`.
    pub(super) fn of(source: &impl Source<N>) -> Option<Self> {
        Some(match source.modes().reset {
            Reset::Hard => Self::Hard(source.number("v_reset")?),
            Reset::Soft => Self::Soft(source.number("reset_by")?),
            Reset::None => Self::None,
        })
    }
}

impl<N: Clone + Debug> ResetBy<N> {
    /// Spike and kept value of a reset in the same step.
    pub(super) fn same_step<A: Arith<Num = N>>(
        &self,
        a: &A,
        h: &N,
        fire: &Threshold<N>,
        membrane: &QFormat,
    ) -> (A::Bit, N) {
        match self {
            Self::None => (a.at_least(h, fire), h.clone()),
            Self::Hard(v_reset) => a.split(h, fire, |_| v_reset.clone(), Clone::clone),
            Self::Soft(amount) => a.split(
                h,
                fire,
                |h| a.overflow(&a.sub(h, amount), membrane),
                Clone::clone,
            ),
        }
    }
}
