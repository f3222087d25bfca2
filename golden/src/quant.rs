//! `QuantNetwork`: every integer, width and rounding point of a network. The one contract that the golden model
//! and the RTL generator both read.
//!
//! Plain data. The scales are kept so that traces and reports can be shown in real units; no result depends on them.

use crate::encoding::Encoding;
use crate::format::{Overflow, QFormat, Rounding};
use crate::neuron::lif::{Reset, ResetTiming, Spikes};

/// A parameter with one value for the whole layer or one for each neuron.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Param<T> {
    /// The same for every neuron.
    Layer(T),
    /// One entry a neuron.
    Neuron(Vec<T>),
}

impl<T: Clone> Param<T> {
    /// Value of neuron `n` (must be below the layer's number of neurons).
    #[must_use]
    pub fn of(&self, n: usize) -> T {
        match self {
            Self::Layer(value) => value.clone(),
            Self::Neuron(values) => values[n].clone(),
        }
    }

    /// Value of neuron `n`; `None` beyond the end of a vector.
    #[must_use]
    pub fn get(&self, n: usize) -> Option<&T> {
        match self {
            Self::Layer(value) => Some(value),
            Self::Neuron(values) => values.get(n),
        }
    }

    /// `f` of every value.
    #[must_use]
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Param<U> {
        match self {
            Self::Layer(value) => Param::Layer(f(value)),
            Self::Neuron(values) => Param::Neuron(values.iter().map(f).collect()),
        }
    }

    /// All stored values (one, or one a neuron).
    #[must_use]
    pub fn values(&self) -> &[T] {
        match self {
            Self::Layer(value) => core::slice::from_ref(value),
            Self::Neuron(values) => values,
        }
    }
}

/// A whole network as integers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantNetwork {
    /// Name of the network (letters, digits, `_`, `-`, `.`).
    pub name: String,
    /// Time steps of one sample as trained; the hardware takes any number.
    pub time_steps: u32,
    /// What arrives.
    pub input: QuantInput,
    /// Layers, the first one first; at least one.
    pub layers: Vec<QuantLayer>,
}

/// The input of the first layer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantInput {
    /// Number of axons (addresses 0 to `axons - 1`).
    pub axons: usize,
    /// Largest payload: 1 for spikes, the largest pixel for direct coding (unsigned).
    pub payload_max: u32,
    /// Real value of payload 1.
    pub payload_scale: f64,
    /// How a data set's sample becomes events.
    pub encoding: Encoding,
}

/// A fully connected synapse layer and its neurons.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantLayer {
    /// Name of the neuron layer.
    pub name: String,
    /// Axons (fan-in of each neuron).
    pub axons: usize,
    /// Neurons.
    pub neurons: usize,
    /// Weight width, 1 to 16. One bit means the weights -1 and +1; otherwise two's complement.
    pub weight_bits: u32,
    /// Weights, row-major `[neurons][axons]`.
    pub weights: Vec<i32>,
    /// Bias by neuron, in accumulator LSBs.
    pub bias: Vec<i64>,
    /// Accumulator, wide enough for every sum of the actual rows, the bias included. `frac` is counted from
    /// the membrane's: `membrane.frac - guard_bits`.
    pub accumulator: QFormat,
    /// `g`: the membrane's LSB is the accumulator's times 2^-g; negative: the sum is rounded once to it.
    pub guard_bits: i32,
    /// Format of `h` and `v`; signed, 4 to 32 bits.
    pub membrane: QFormat,
    /// Rounding of every product and of a sum with `guard_bits < 0`.
    pub rounding: Rounding,
    /// Overflow of every state update.
    pub overflow: Overflow,
    /// Real value of the membrane's LSB times `2^frac` (real v = raw * 2^-frac * scale).
    pub scale: Param<f64>,
    /// The model with its integers.
    pub neuron: QuantNeuron,
}

/// Integers of one neuron model; a new model adds a variant.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "model", rename_all = "snake_case"))]
pub enum QuantNeuron {
    /// IF, LIF and PLIF.
    Lif(QuantLif),
    /// KLIF.
    Klif(QuantKlif),
}

/// The LIF family: `h = ovf(R(decay * v) + x + offset)`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantLif {
    /// Unsigned coefficient format; decay 1 (`2^frac`) is representable: `width = frac + 1`.
    pub coefficient: QFormat,
    /// Retained fraction of `v`, raw in `coefficient`, 0 to `2^frac`.
    pub decay: Param<i64>,
    /// Constant input in membrane LSBs, every step.
    pub offset: Param<i64>,
    /// Smallest raw `h` that fires.
    pub fire_at: Param<i64>,
    /// `same_step_guarded` only: smallest raw `v` for which a reset is still pending (`v > threshold`).
    pub pending_at: Param<i64>,
    /// Amount of a soft reset.
    pub reset_by: Param<i64>,
    /// Value after a hard reset.
    pub v_reset: Param<i64>,
    /// Value before the first step of a sample.
    pub v_init: Param<i64>,
    /// Kind of reset.
    pub reset: Reset,
    /// When the reset acts.
    pub reset_timing: ResetTiming,
    /// Which spikes are fired; ternary ones also at `h <= -fire_at`. Absent in a file: binary.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Spikes::is_binary")
    )]
    pub spikes: Spikes,
}

/// What the events that feed a layer carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payloads {
    /// Largest magnitude.
    pub max: u32,
    /// Whether `-max..=-1` occurs too: the spikes of a ternary layer.
    pub signed: bool,
}

impl Payloads {
    /// Binary spikes.
    pub const SPIKES: Self = Self::unsigned(1);

    /// Ternary spikes: 1 and -1.
    pub const TERNARY: Self = Self {
        max: 1,
        signed: true,
    };

    /// 1 to `max`.
    #[must_use]
    pub const fn unsigned(max: u32) -> Self {
        Self { max, signed: false }
    }
}

impl QuantInput {
    /// What feeds the first layer.
    #[must_use]
    pub const fn payloads(&self) -> Payloads {
        Payloads::unsigned(self.payload_max)
    }
}

impl QuantLayer {
    /// What this layer feeds the next one.
    #[must_use]
    pub const fn payloads(&self) -> Payloads {
        match self.neuron.spikes() {
            Spikes::Binary => Payloads::SPIKES,
            Spikes::Ternary => Payloads::TERNARY,
        }
    }
}

/// KLIF: `h = ovf(max(0, R(decay * v) + x + offset))`. `k` is folded into the weights, the bias, `decay` and `offset`; with
/// `scale_reset` it is in the threshold instead, and in `h_scale`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantKlif {
    /// Unsigned coefficient format of at most 24 bits; 1 (`2^frac`) is representable, and more where `k * decay` is above 1.
    pub coefficient: QFormat,
    /// Factor of `v`, raw in `coefficient`.
    pub decay: Param<i64>,
    /// Constant input in membrane LSBs, every step.
    pub offset: Param<i64>,
    /// Smallest raw `h` that fires.
    pub fire_at: Param<i64>,
    /// Amount of a soft reset.
    pub reset_by: Param<i64>,
    /// Value after a hard reset.
    pub v_reset: Param<i64>,
    /// Value before the first step of a sample.
    pub v_init: Param<i64>,
    /// Kind of reset, in the step of the spike.
    pub reset: Reset,
    /// Real value of `h` over that of a `v` of the same raw value: `k` with `scale_reset`, else 1. Only shows traces.
    pub h_scale: f64,
}
