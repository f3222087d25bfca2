//! `Network`: a trained network in real numbers, as the framework computes it. Input of the quantizer and of the
//! `Real` reference.

use std::collections::BTreeMap;

use crate::encoding::Encoding;
use crate::neuron::info::Default;
use crate::neuron::{ModelId, Modes};
use crate::param::Param;

/// A fully connected spiking network in real numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Name of the network.
    pub name: String,
    /// Time steps of one sample, at least 1.
    pub time_steps: u32,
    /// Axons of the first layer.
    pub axons: usize,
    /// How a data set's sample becomes events.
    pub encoding: Encoding,
    /// Layers, the first one first; at least one.
    pub layers: Vec<Layer>,
}

/// Synapses and the neurons they feed: `x = W s + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Name of the synapse layer (`fc0`).
    pub synapse: String,
    /// Name of the neuron layer (`n0`).
    pub name: String,
    /// Axons.
    pub axons: usize,
    /// Neurons.
    pub neurons: usize,
    /// Weights, row-major `[neurons][axons]`.
    pub weights: Vec<f64>,
    /// Bias, one a neuron (zeros if the file has none).
    pub bias: Vec<f64>,
    /// Step of which every weight is a multiple, if the file names one (`weight_quant`).
    pub weight_step: Option<f64>,
    /// The neurons.
    pub neuron: Neuron,
    /// Real value of a spike, above 0: what the next layer's weights are multiplied by. Traces show spikes without it.
    pub amplitude: Param<f64>,
}

/// Real parameters of a layer's neurons. What is not set has the default of the model's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron {
    /// The model.
    pub model: ModelId,
    /// Comparison with the threshold.
    pub fire: Fire,
    /// What the model is switched to.
    pub modes: Modes,
    /// Steps after a spike in which nothing happens.
    pub refractory: u32,
    /// Parameters by the name of the model's table.
    pub parameters: BTreeMap<&'static str, Param<f64>>,
}

impl Neuron {
    /// A neuron whose parameters are to be set, with `>=`, the model's first modes and no refractory period.
    #[must_use]
    pub fn new(model: ModelId) -> Self {
        Self {
            model,
            fire: Fire::Ge,
            modes: model.info().modes.first(),
            refractory: 0,
            parameters: BTreeMap::new(),
        }
    }

    /// With the parameter `name` set.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Param<f64>) -> Self {
        self.parameters.insert(name, value);
        self
    }

    /// The parameter `name`: as set, or its default; 0 where it has none.
    #[must_use]
    pub fn value(&self, name: &'static str) -> Param<f64> {
        self.parameters.get(name).cloned().unwrap_or_else(|| {
            match self.model.info().parameter(name).map(|p| p.default) {
                Some(Default::Value(value)) => Param::Layer(value),
                Some(Default::Required | Default::Absent) | None => Param::Layer(0.0),
            }
        })
    }
}

/// Comparison with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fire {
    /// `h >= v_threshold` (SpikingJelly).
    Ge,
    /// `h > v_threshold` (snnTorch, NIR).
    Gt,
}
