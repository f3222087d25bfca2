//! Neuron models, one file each, and their registry.
//!
//! A model is a generic step, a variant of `describe::Neuron` and of `QuantNeuron`, and one line in [`registry`];
//! everything that lists models (help, tests, reports) iterates over the registry.

pub mod lif;

use crate::describe::Neuron;
use crate::quant::QuantNeuron;

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

const REGISTRY: &[ModelInfo] = &[lif::INFO];

/// Every model.
#[must_use]
pub fn registry() -> &'static [ModelInfo] {
    REGISTRY
}

impl QuantNeuron {
    /// The model's entry in the registry.
    #[must_use]
    pub const fn info(&self) -> &'static ModelInfo {
        match self {
            Self::Lif(_) => &lif::INFO,
        }
    }
}

impl Neuron {
    /// The model's entry in the registry.
    #[must_use]
    pub const fn info(&self) -> &'static ModelInfo {
        match self {
            Self::Lif(_) => &lif::INFO,
        }
    }
}
