//! What a model implements: its parameters from named constants, and one time step.

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::format::QFormat;
use crate::neuron::modes::Modes;
use crate::table::Table;

/// Parameters of one neuron in the numbers `N` of an arithmetic, and what it does in a step.
pub trait Model<N: Clone + Debug>: Sized {
    /// From the constants of one neuron in one step; `None` if one is missing.
    fn build(source: &impl Source<N>) -> Option<Self>;

    /// The kept numbers before the first step of a sample, in the order of `ModelInfo::states`.
    fn start(&self) -> Vec<N>;

    /// One time step with the aligned synaptic current `x` (the bias included).
    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit>;

    /// What is kept in a refractory step: the state with a reset that is still pending, no input.
    fn hold<A: Arith<Num = N>>(&self, _a: &A, state: &State<N, A::Bit>) -> Vec<N> {
        state.kept.clone()
    }

    /// Where the kept `v` tells the stored spike: the smallest `v` that left a spike in the last step (`true`), or that makes
    /// a reset pending without one (`false`). Bounds are tighter when they know.
    fn tells(&self) -> Option<(&N, bool)> {
        None
    }
}

/// Named constants of one neuron in one step.
pub trait Source<N> {
    /// The modes.
    fn modes(&self) -> &Modes;
    /// Whether an optional constant is there.
    fn has(&self, name: &'static str) -> bool;
    /// A constant.
    fn number(&self, name: &'static str) -> Option<N>;
    /// A constant that values are compared with.
    fn threshold(&self, name: &'static str) -> Option<Threshold<N>>;
    /// Bits of a product with a coefficient below the LSB of its other factor.
    fn drop(&self) -> u32;
    /// Format of `h`, `v` and every state counted like them.
    fn membrane(&self) -> QFormat;
    /// Format of a state that has its own.
    fn format(&self, state: &'static str) -> QFormat;
    /// A count.
    fn integer(&self, value: i64) -> N;
    /// The number 1 in the format of a state that has its own.
    fn one(&self, state: &'static str) -> N;
    /// A table.
    fn table(&self, name: &'static str) -> Option<Table<N>>;
}

/// What a neuron keeps from one step to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State<N, B> {
    /// The model's states, the membrane potential first; then the refractory steps left, if it has such a period.
    pub kept: Vec<N>,
    /// Spike of +1 in the step before.
    pub spike: B,
    /// Spike of -1 in the step before; never with binary spikes.
    pub negative: B,
}

impl<N, B> State<N, B> {
    /// The membrane potential.
    pub fn v(&self) -> &N {
        &self.kept[0]
    }
}

/// Outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<N, B> {
    /// The value compared with the threshold.
    pub h: N,
    /// Whether it fired a spike of +1.
    pub spike: B,
    /// Whether it fired a spike of -1; never with binary spikes.
    pub negative: B,
    /// What is kept, in the order of [`State::kept`].
    pub kept: Vec<N>,
}

impl<N> Step<N, bool> {
    /// The spike: 0, 1 or -1.
    #[must_use]
    pub fn signed_spike(&self) -> i8 {
        i8::from(self.spike) - i8::from(self.negative)
    }
}

impl<N, B> Step<N, B> {
    /// The state that it leaves.
    pub fn into_state(self) -> State<N, B> {
        State {
            kept: self.kept,
            spike: self.spike,
            negative: self.negative,
        }
    }
}
