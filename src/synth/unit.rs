//! The neuron units that are measured: one lane each, of a one-layer network at 16 bits.
//!
//! Membrane, current and sum have 16 bits, 10 of them behind the point; coefficients have 12 behind theirs. Every neuron
//! has its own bias; the other constants are the layer's unless the unit says otherwise, so that they are part of the logic.

use std::sync::Arc;

use goldspike_golden::describe::Neuron;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::{self, Range};
use goldspike_golden::neuron::{Leak, ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};

use super::error::SynthError;
use crate::hdl::Module;
use crate::quantize::{self, Options};
use crate::rtl::neuron::{Assume, Forms, lane};
use crate::rtl::plan::ty;

/// Width of the membrane of every unit.
pub const MEMBRANE_BITS: u32 = 16;
/// Bits of the membrane behind the point.
const FRAC: u32 = 10;
/// Bits of a coefficient behind the point.
const COEFFICIENT: u32 = 12;
/// Neurons of the layer that a unit serves.
const NEURONS: usize = 2;

/// A unit: the model's name, and which of its forms it is.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Name, unique; the model's own name for its usual form.
    pub name: &'static str,
    /// Model, as in the registry.
    pub model: &'static str,
    /// What is special about it.
    pub summary: &'static str,
    /// Register stages of the lane.
    pub latency: u32,
    /// Products in the hardware description, those by a constant of the layer included.
    pub multipliers: usize,
    /// The network whose lane it is.
    pub network: QuantNetwork,
    /// The lane.
    pub module: Arc<Module>,
}

/// Name, what is special, and the neuron in real numbers.
type Described = (&'static str, &'static str, fn() -> Neuron);

/// Units that are described by hand; a model that is not among them has one from its table.
const UNITS: &[Described] = &[
    ("lif", "decay 0.9, hard reset", || lif(0.9, Reset::Hard)),
    ("lif_soft", "decay 0.9, soft reset", || {
        lif(0.9, Reset::Soft)
    }),
    (
        "lif_per_neuron",
        "decay and threshold by neuron, hard reset",
        || {
            lif(0.9, Reset::Hard)
                .with("decay", by_neuron(0.9))
                .with("v_threshold", by_neuron(1.0))
        },
    ),
    ("lif_shift", "decay 1 - 2^-4, hard reset", || {
        lif(0.9375, Reset::Hard)
    }),
    (
        "lif_next_step",
        "decay 0.9, soft reset in the next step",
        || {
            let mut neuron = lif(0.9, Reset::Soft);
            neuron.modes.reset_timing = ResetTiming::NextStep;
            neuron
        },
    ),
    (
        "lif_toward_zero",
        "no decay, linear leak toward zero, hard reset",
        || {
            let mut neuron = lif(1.0, Reset::Hard).with("leak", Param::Layer(0.0625));
            neuron.modes.leak = Leak::LinearTowardZero;
            neuron
        },
    ),
    (
        "lif_refractory",
        "decay 0.9, hard reset, 3 refractory steps",
        || Neuron {
            refractory: 3,
            ..lif(0.9, Reset::Hard)
        },
    ),
    ("if", "no decay, hard reset", || lif(1.0, Reset::Hard)),
    ("if_soft", "no decay, soft reset", || lif(1.0, Reset::Soft)),
    ("tlif", "ternary spikes, decay 0.9, hard reset", || {
        ternary(lif(0.9, Reset::Hard))
    }),
    (
        "tlif_paper",
        "ternary spikes, decay 1/4, hard reset",
        || ternary(lif(0.25, Reset::Hard)),
    ),
    ("tif_soft", "ternary spikes, no decay, soft reset", || {
        ternary(lif(1.0, Reset::Soft))
    }),
    ("klif", "k * decay 1.35, hard reset", || klif(Reset::Hard)),
    ("klif_soft", "k * decay 1.35, soft reset", || {
        klif(Reset::Soft)
    }),
    (
        "glif",
        "soft gates by neuron, conductance by step and neuron",
        || {
            let conduct = Param::StepNeuron {
                steps: 4,
                by_step_and_neuron: vec![0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
            };
            Neuron::new(ModelId::Glif)
                .with("decay", by_neuron(0.7))
                .with("gate_reset", by_neuron(0.4))
                .with("leak", by_neuron(0.05))
                .with("sub_reset", by_neuron(0.5))
                .with("conduct", conduct)
                .with("v_threshold", by_neuron(1.0))
        },
    ),
    (
        "glif_layer",
        "soft gates of the layer, one conductance",
        || glif(0.4),
    ),
    (
        "glif_binary",
        "binary gates: decay 1/2, hard reset, no conductance",
        || glif(1.0).with("decay", Param::Layer(0.5)),
    ),
    ("clif", "tau 2, soft reset", || clif(Reset::Soft)),
    ("clif_hard", "tau 2, hard reset", || clif(Reset::Hard)),
    ("cubalif", "decays 0.9 and 0.8, hard reset", || cubalif(0.8)),
    ("cubalif_shift", "decays 0.9 and 1/2, hard reset", || {
        cubalif(0.5)
    }),
];

/// Every unit, in the order of the tables; each model of the registry has one of its name.
///
/// # Errors
/// Only an internal bug of the description.
pub fn units() -> Result<Vec<Unit>, SynthError> {
    let by_hand = UNITS
        .iter()
        .map(|&(name, summary, described)| unit(name, summary, &described()));
    let left = ModelId::ALL
        .iter()
        .filter(|model| UNITS.iter().all(|(name, ..)| *name != model.info().name))
        .map(|&model| {
            let usual = usual(model);
            unit(model.info().name, "its parameters by the layer", &usual)
        });
    by_hand.chain(left).collect()
}

fn unit(name: &'static str, summary: &'static str, described: &Neuron) -> Result<Unit, SynthError> {
    let options = Options {
        coefficient_bits: COEFFICIENT,
        ..Options::default()
    };
    let lsb = f64::from(FRAC).exp2().recip();
    let neuron = quantize::neuron(described, NEURONS, lsb, &options).map_err(|error| {
        SynthError::Unreadable {
            file: format!("unit {name}"),
            what: error.to_string(),
        }
    })?;
    let network = network(name, neuron);
    let layer = &network.layers[0];
    let assume = Assume::of(layer, Payloads::SPIKES, Forms::Cheapest);
    let module = format!("gs_unit_{name}");
    let lane = lane(layer, &module, ty(layer.accumulator), &assume)?;
    Ok(Unit {
        name,
        model: described.model.info().name,
        summary,
        latency: lane.latency,
        multipliers: lane.module.products(),
        module: lane.module,
        network,
    })
}

/// A neuron of the model with a value of each range for the parameters that must be given.
fn usual(model: ModelId) -> Neuron {
    let required = model.info().parameters.iter();
    let required = required.filter(|p| p.default == info::Default::Required);
    required.fold(Neuron::new(model), |neuron, parameter| {
        let value = match parameter.range {
            Range::Unit => 0.9,
            Range::Any | Range::Positive | Range::NotNegative | Range::Flag => 1.0,
            Range::Factor => 1.5,
            Range::AboveOne => 2.0,
        };
        neuron.with(parameter.name, Param::Layer(value))
    })
}

fn lif(decay: f64, reset: Reset) -> Neuron {
    let mut neuron = Neuron::new(ModelId::Lif)
        .with("decay", Param::Layer(decay))
        .with("v_threshold", Param::Layer(1.0));
    neuron.modes.reset = reset;
    neuron
}

fn ternary(mut neuron: Neuron) -> Neuron {
    neuron.modes.spikes = Spikes::Ternary;
    neuron
}

fn klif(reset: Reset) -> Neuron {
    Neuron {
        model: ModelId::Klif,
        ..lif(0.9, reset).with("k", Param::Layer(1.5))
    }
}

fn glif(gate_reset: f64) -> Neuron {
    Neuron::new(ModelId::Glif)
        .with("decay", Param::Layer(0.7))
        .with("gate_reset", Param::Layer(gate_reset))
        .with("leak", Param::Layer(0.05))
        .with("sub_reset", Param::Layer(0.5))
        .with("v_threshold", Param::Layer(1.0))
}

fn clif(reset: Reset) -> Neuron {
    Neuron {
        model: ModelId::Clif,
        ..lif(0.5, reset).with("tau", Param::Layer(2.0))
    }
}

fn cubalif(current_decay: f64) -> Neuron {
    Neuron {
        model: ModelId::Cubalif,
        ..lif(0.9, Reset::Hard).with("current_decay", Param::Layer(current_decay))
    }
}

/// Another value for each of the two neurons.
fn by_neuron(value: f64) -> Param<f64> {
    Param::Neuron(vec![value, value * 0.875])
}

/// Two neurons whose sums reach both ends of 16 bits.
fn network(name: &str, neuron: QuantNeuron) -> QuantNetwork {
    let membrane = QFormat::signed(MEMBRANE_BITS, FRAC.cast_signed());
    let (low, high) = (-1 << 13, (1 << 13) - 1);
    QuantNetwork {
        name: name.to_owned(),
        time_steps: 8,
        input: QuantInput {
            axons: 2,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![QuantLayer {
            name: name.to_owned(),
            axons: 2,
            neurons: NEURONS,
            weight_bits: 14,
            weights: vec![high, high, low, low],
            bias: vec![
                membrane.max() - 2 * i64::from(high),
                membrane.min() - 2 * i64::from(low),
            ],
            accumulator: membrane,
            guard_bits: 0,
            membrane,
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
            scale: Param::Layer(1.0),
            neuron,
        }],
    }
}
