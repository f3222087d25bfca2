//! `Network`: a trained network in real numbers, as the framework computes it. Input of the quantizer and of the
//! `Real` reference.

use crate::encoding::Encoding;
use crate::neuron::lif::{Reset, ResetTiming, Spikes};
use crate::quant::Param;

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

/// Real parameters of one neuron model; a new model adds a variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Neuron {
    /// IF, LIF and PLIF.
    Lif(Lif),
    /// KLIF.
    Klif(Klif),
}

/// Comparison with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fire {
    /// `h >= v_threshold` (SpikingJelly).
    Ge,
    /// `h > v_threshold` (snnTorch, NIR).
    Gt,
}

/// The LIF family: `h = decay * v + input_gain * x + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Lif {
    /// Retained fraction of `v`, in [0, 1]; 1 is IF.
    pub decay: Param<f64>,
    /// Factor of the synaptic current.
    pub input_gain: Param<f64>,
    /// Constant input at every step.
    pub offset: Param<f64>,
    /// Threshold, above 0.
    pub v_threshold: Param<f64>,
    /// Value after a hard reset.
    pub v_reset: Param<f64>,
    /// Value before the first step.
    pub v_init: Param<f64>,
    /// Comparison with the threshold.
    pub fire: Fire,
    /// Kind of reset.
    pub reset: Reset,
    /// When the reset acts.
    pub reset_timing: ResetTiming,
    /// Which spikes are fired; ternary ones at `-v_threshold` too.
    pub spikes: Spikes,
}

/// KLIF: `h = relu(k (decay * v + input_gain * x + offset))`, reset in the step of the spike.
#[derive(Clone, Debug, PartialEq)]
pub struct Klif {
    /// Retained fraction of `v`, in [0, 1].
    pub decay: Param<f64>,
    /// Factor of the synaptic current.
    pub input_gain: Param<f64>,
    /// Constant input at every step.
    pub offset: Param<f64>,
    /// Threshold of `h`, above 0.
    pub v_threshold: Param<f64>,
    /// Value after a hard reset.
    pub v_reset: Param<f64>,
    /// Value before the first step.
    pub v_init: Param<f64>,
    /// Factor of the charge, above 0, one a layer.
    pub k: f64,
    /// Whether `h / k` is kept: `v_reset`, or `(h - v_threshold) / k`, after a spike.
    pub scale_reset: bool,
    /// Comparison with the threshold.
    pub fire: Fire,
    /// Kind of reset.
    pub reset: Reset,
}
