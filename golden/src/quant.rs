//! `QuantNetwork`: every integer, width and rounding point of a network. The one contract that the golden model
//! and the RTL generator both read.
//!
//! Plain data. The scales are kept so that traces and reports can be shown in real units; no result depends on them.

use core::fmt::Debug;
use std::collections::BTreeMap;

use crate::arith::Threshold;
use crate::encoding::Encoding;
use crate::format::{Overflow, QFormat, Rounding};
use crate::neuron::info::{ConstantInfo, Presence, REFRACTORY, StateInfo, StateUnit, TableOutput};
use crate::neuron::refractory::Refractory;
use crate::neuron::{Cell, ModelId, Modes, Source, Spikes};
use crate::table::{QuantTable, Table};

pub use crate::param::Param;

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

/// Integers of a layer's neurons, named as in the tables of the model.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantNeuron {
    /// The model.
    pub model: ModelId,
    /// What it is switched to.
    pub modes: Modes,
    /// Steps after a spike in which nothing happens.
    #[cfg_attr(feature = "serde", serde(default))]
    pub refractory: u32,
    /// Unsigned format of the factors, of at most 24 bits; 1 (`2^frac`) is representable.
    pub coefficient: QFormat,
    /// The constants that the model has with these modes.
    pub constants: BTreeMap<String, Param<i64>>,
    /// Formats of the states that have one of their own.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "BTreeMap::is_empty")
    )]
    pub formats: BTreeMap<String, QFormat>,
    /// The model's tables.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "BTreeMap::is_empty")
    )]
    pub tables: BTreeMap<String, QuantTable>,
    /// Real value of 1 in `h` (key `h`) or in a state over that of 1 in `v`, where it is not 1. Only shows traces.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "BTreeMap::is_empty")
    )]
    pub scales: BTreeMap<String, Param<f64>>,
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
        match self.neuron.modes.spikes {
            Spikes::Binary => Payloads::SPIKES,
            Spikes::Ternary => Payloads::TERNARY,
        }
    }
}

impl QuantNeuron {
    /// A neuron with the model's first modes and no constants yet.
    #[must_use]
    pub fn new(model: ModelId, coefficient: QFormat) -> Self {
        Self {
            model,
            modes: model.info().modes.first(),
            refractory: 0,
            coefficient,
            constants: BTreeMap::new(),
            formats: BTreeMap::new(),
            tables: BTreeMap::new(),
            scales: BTreeMap::new(),
        }
    }

    /// With the constant `name` set.
    #[must_use]
    pub fn with(mut self, name: &str, value: Param<i64>) -> Self {
        self.constants.insert(name.to_owned(), value);
        self
    }

    /// The constant `name`; 0 where the model has none with these modes.
    #[must_use]
    pub fn constant(&self, name: &str) -> &Param<i64> {
        self.constants.get(name).unwrap_or(&Param::Layer(0))
    }

    /// Smallest raw `h` that fires.
    #[must_use]
    pub fn fire_at(&self) -> &Param<i64> {
        self.constant("fire_at")
    }

    /// Whether the constant of that table row is there with these modes; `None`: it may be.
    #[must_use]
    pub fn needs(&self, info: &ConstantInfo) -> Option<bool> {
        match info.presence {
            Presence::Always => Some(true),
            Presence::With(modes) => Some(modes(&self.modes)),
            Presence::Optional => None,
        }
    }

    /// The constants that are there with their table rows, in the order of the table.
    pub fn table(&self) -> impl Iterator<Item = (&'static ConstantInfo, &Param<i64>)> {
        let rows = self.model.info().constants.iter();
        rows.filter_map(|info| Some((info, self.constants.get(info.name)?)))
    }

    /// Kept states in the order of a trace.
    pub fn states(&self) -> impl Iterator<Item = StateInfo> {
        let period = (self.refractory > 0).then_some(REFRACTORY);
        self.model.info().states.iter().copied().chain(period)
    }

    /// Largest number of steps that have constants of their own; 1 where the step does not matter.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.constants.values().map(Param::steps).max().unwrap_or(1)
    }

    /// Whether a constant depends on the step.
    #[must_use]
    pub fn by_step(&self) -> bool {
        self.constants.values().any(Param::by_step)
    }
}

impl QuantLayer {
    /// Format of a kept state.
    #[must_use]
    pub fn state_format(&self, state: &StateInfo) -> QFormat {
        match state.unit {
            StateUnit::Membrane => self.membrane,
            StateUnit::Own => self
                .neuron
                .formats
                .get(state.name)
                .copied()
                .unwrap_or(self.membrane),
            StateUnit::Steps => {
                QFormat::unsigned(u32::BITS - self.neuron.refractory.leading_zeros(), 0)
            }
        }
    }

    /// Real value of the membrane's LSB of neuron `n` (must be below the layer's number of neurons).
    #[must_use]
    pub fn lsb(&self, n: usize) -> f64 {
        2f64.powi(-self.membrane.frac) * self.scale.of(n)
    }

    /// Real value of 1 in a compared `h` of neuron `n` (must be below the layer's number of neurons).
    #[must_use]
    pub fn h_lsb(&self, n: usize) -> f64 {
        self.lsb(n) * self.shown("h", n)
    }

    /// Real value of 1 in a kept state of neuron `n` (must be below the layer's number of neurons).
    #[must_use]
    pub fn state_lsb(&self, state: &StateInfo, n: usize) -> f64 {
        match state.unit {
            StateUnit::Membrane => self.lsb(n) * self.shown(state.name, n),
            StateUnit::Own => 2f64.powi(-self.state_format(state).frac),
            StateUnit::Steps => 1.0,
        }
    }

    fn shown(&self, what: &str, n: usize) -> f64 {
        self.neuron
            .scales
            .get(what)
            .map_or(1.0, |scale| scale.of(n))
    }

    /// The neuron `n` in step `t`, in the numbers of an arithmetic: `state` converts raw values of states, `coefficient` those
    /// of coefficients. `None` if a constant is missing or has no such entry.
    pub fn cell<N: Clone + Debug>(
        &self,
        n: usize,
        t: usize,
        state: impl Fn(i64) -> N,
        coefficient: impl Fn(i64) -> N,
    ) -> Option<Cell<N>> {
        let source = QuantSource {
            layer: self,
            n,
            t,
            state: &state,
            coefficient: &coefficient,
        };
        let period = self.neuron.refractory;
        Some(Cell {
            model: self.neuron.model.build(&source)?,
            refractory: (period > 0).then(|| Refractory {
                steps: state(i64::from(period)),
                one: state(1),
                zero: state(0),
            }),
        })
    }
}

struct QuantSource<'a, S, C> {
    layer: &'a QuantLayer,
    n: usize,
    t: usize,
    state: &'a S,
    coefficient: &'a C,
}

impl<N, S: Fn(i64) -> N, C: Fn(i64) -> N> Source<N> for QuantSource<'_, S, C> {
    fn modes(&self) -> &Modes {
        &self.layer.neuron.modes
    }

    fn has(&self, name: &'static str) -> bool {
        self.layer.neuron.constants.contains_key(name)
    }

    fn number(&self, name: &'static str) -> Option<N> {
        let neuron = &self.layer.neuron;
        let raw = *neuron.constants.get(name)?.get(self.n, self.t)?;
        let info = neuron.model.info().constant(name)?;
        Some(if info.domain.is_membrane() {
            (self.state)(raw)
        } else {
            (self.coefficient)(raw)
        })
    }

    fn threshold(&self, name: &'static str) -> Option<Threshold<N>> {
        Some(Threshold::at(self.number(name)?))
    }

    fn drop(&self) -> u32 {
        self.layer.neuron.coefficient.frac.max(0).unsigned_abs()
    }

    fn membrane(&self) -> QFormat {
        self.layer.membrane
    }

    fn format(&self, state: &'static str) -> QFormat {
        let own = self.layer.neuron.formats.get(state);
        own.copied().unwrap_or(self.layer.membrane)
    }

    fn integer(&self, value: i64) -> N {
        (self.state)(value)
    }

    fn one(&self, state: &'static str) -> N {
        let frac = self.format(state).frac.clamp(0, 62);
        (self.state)(1 << frac)
    }

    fn table(&self, name: &'static str) -> Option<Table<N>> {
        let neuron = &self.layer.neuron;
        let info = neuron.model.info().tables.iter().find(|t| t.name == name)?;
        let table = neuron.tables.get(name)?;
        Some(match info.output {
            TableOutput::Coefficient => table.convert(self.state, self.coefficient),
            TableOutput::Membrane => table.convert(self.state, self.state),
        })
    }
}
