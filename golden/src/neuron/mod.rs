//! Neuron models, one file each, and their registry.
//!
//! A model is a [`Model`], a variant of `describe::Neuron` and of `QuantNeuron`, its arms in the matches below and one line
//! in [`registry`]; everything that lists models (help, tests, reports) iterates over the registry, everything that only
//! needs a model's integers (digest, shrinking, widths) over [`QuantNeuron::constants`].

pub mod klif;
pub mod lif;

use core::fmt::Debug;

use crate::arith::Arith;
use crate::contract::{ContractError, Place};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::lif::Spikes;
use crate::quant::{Param, QuantLayer, QuantNeuron};

/// Parameters of one neuron in the numbers `N` of an arithmetic, and what it does in a step.
pub trait Model<N> {
    /// What a neuron keeps from one step to the next.
    type State<B: Clone + Debug>: Clone + Debug;

    /// State before the first step of a sample.
    fn start<A: Arith<Num = N>>(&self, a: &A) -> Self::State<A::Bit>;

    /// One time step with the aligned synaptic current `x` (the bias included).
    fn step<A: Arith<Num = N>>(
        &self,
        a: &A,
        state: &Self::State<A::Bit>,
        x: &N,
    ) -> Step<N, A::Bit, Self::State<A::Bit>>;

    /// The kept numbers, in the order of [`ModelInfo::states`].
    fn kept<B: Clone + Debug>(state: &Self::State<B>) -> Vec<N>;
}

/// Outcome of a step of any model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<N, B, S> {
    /// The value compared with the threshold.
    pub h: N,
    /// Whether it fired a spike of +1.
    pub spike: B,
    /// Whether it fired a spike of -1; never with binary spikes.
    pub negative: B,
    /// State after the step.
    pub state: S,
}

/// One integer parameter of a quantized model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant<P> {
    /// Field of the quantized model.
    pub name: &'static str,
    /// Key of the network's file that it comes from.
    pub file: &'static str,
    /// What it is counted in.
    pub domain: Domain,
    /// Its values.
    pub values: P,
}

/// What an integer parameter is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// LSBs of the membrane, whose format must hold it.
    Membrane,
    /// LSBs of the coefficients.
    Coefficient,
}

/// What a user is told of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Name, as in quantized networks.
    pub name: &'static str,
    /// Values of `kind` in a network file that mean this model.
    pub kinds: &'static [&'static str],
    /// One sentence.
    pub summary: &'static str,
    /// The step, line by line.
    pub equations: &'static [&'static str],
    /// Parameters of a network file.
    pub parameters: &'static [ParameterInfo],
    /// Papers and code that define it.
    pub source: &'static str,
    /// Names of the kept states, in the order of `LayerTrace::states`.
    pub states: &'static [&'static str],
}

/// One parameter of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    /// Key in a network file.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Legal values.
    pub range: &'static str,
    /// Value of an absent key, or `required`.
    pub default: &'static str,
    /// Whether it may differ from neuron to neuron.
    pub per_neuron: bool,
}

const REGISTRY: &[ModelInfo] = &[lif::INFO, klif::INFO];

/// Every model.
#[must_use]
pub fn registry() -> &'static [ModelInfo] {
    REGISTRY
}

impl<N, S> Step<N, bool, S> {
    /// The spike: 0, 1 or -1.
    #[must_use]
    pub fn signed_spike(&self) -> i8 {
        i8::from(self.spike) - i8::from(self.negative)
    }
}

impl QuantNeuron {
    /// The model's entry in the registry.
    #[must_use]
    pub const fn info(&self) -> &'static ModelInfo {
        match self {
            Self::Lif(_) => &lif::INFO,
            Self::Klif(_) => &klif::INFO,
        }
    }

    /// Which spikes are fired.
    #[must_use]
    pub const fn spikes(&self) -> Spikes {
        match self {
            Self::Lif(lif) => lif.spikes,
            Self::Klif(_) => Spikes::Binary,
        }
    }

    /// Format of the coefficients.
    #[must_use]
    pub const fn coefficient(&self) -> QFormat {
        match self {
            Self::Lif(lif) => lif.coefficient,
            Self::Klif(klif) => klif.coefficient,
        }
    }

    /// Smallest raw `h` that fires.
    #[must_use]
    pub const fn fire_at(&self) -> &Param<i64> {
        match self {
            Self::Lif(lif) => &lif.fire_at,
            Self::Klif(klif) => &klif.fire_at,
        }
    }

    /// Factor of the membrane from step to step, raw.
    #[must_use]
    pub const fn decay(&self) -> &Param<i64> {
        match self {
            Self::Lif(lif) => &lif.decay,
            Self::Klif(klif) => &klif.decay,
        }
    }

    /// Every integer parameter.
    #[must_use]
    pub fn constants(&self) -> Vec<Constant<&Param<i64>>> {
        match self {
            Self::Lif(lif) => lif.constants(),
            Self::Klif(klif) => klif.constants(),
        }
    }

    /// Every integer parameter, to be changed; in the order of [`Self::constants`].
    pub fn constants_mut(&mut self) -> Vec<Constant<&mut Param<i64>>> {
        match self {
            Self::Lif(lif) => lif.constants_mut(),
            Self::Klif(klif) => klif.constants_mut(),
        }
    }

    /// Real value of a compared `h` over that of a `v` of the same raw value; not 1 for a model that keeps a scaled `h`.
    #[must_use]
    pub const fn h_scale(&self) -> f64 {
        match self {
            Self::Lif(_) => 1.0,
            Self::Klif(klif) => klif.h_scale,
        }
    }

    /// The rules of the contract for the model's part of `layer`.
    pub(crate) fn validate(
        &self,
        layer: &QuantLayer,
        place: Place<'_>,
    ) -> Result<(), ContractError> {
        match self {
            Self::Lif(lif) => lif.validate(layer, place),
            Self::Klif(klif) => klif.validate(layer, place),
        }
    }
}

impl Neuron {
    /// The model's entry in the registry.
    #[must_use]
    pub const fn info(&self) -> &'static ModelInfo {
        match self {
            Self::Lif(_) => &lif::INFO,
            Self::Klif(_) => &klif::INFO,
        }
    }

    /// Which spikes are fired.
    #[must_use]
    pub const fn spikes(&self) -> Spikes {
        match self {
            Self::Lif(lif) => lif.spikes,
            Self::Klif(_) => Spikes::Binary,
        }
    }
}
