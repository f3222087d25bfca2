//! The neuron units that are measured: one lane each, of a one-layer network at 16 bits.
//!
//! Membrane, current and sum have 16 bits, 10 of them behind the point; coefficients have 12 behind theirs. Every neuron
//! has its own bias; the other constants are the layer's unless the unit says otherwise, so that they are part of the logic.

use std::sync::Arc;

use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{
    Param, QuantInput, QuantKlif, QuantLayer, QuantLif, QuantNetwork, QuantNeuron,
};

use crate::hdl::{HdlError, Module};
use crate::rtl::neuron::lane;
use crate::rtl::plan::ty;

/// Width of the membrane of every unit.
pub const MEMBRANE_BITS: u32 = 16;
/// Bits of the membrane behind the point.
const FRAC: u32 = 10;
/// Bits of a coefficient behind the point.
const COEFFICIENT: u32 = 12;
/// Threshold 1.
const THRESHOLD: i64 = 1 << FRAC;

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

/// What differs between units.
#[derive(Clone, Copy)]
struct Form {
    decay: f64,
    reset: Reset,
    timing: ResetTiming,
    spikes: Spikes,
    /// Decay and threshold by neuron, from the constant memory.
    per_neuron: bool,
}

const LIF: Form = Form {
    decay: 0.9,
    reset: Reset::Hard,
    timing: ResetTiming::SameStep,
    spikes: Spikes::Binary,
    per_neuron: false,
};
const SOFT: Form = Form {
    reset: Reset::Soft,
    ..LIF
};
/// KLIF's decay with k = 1.5 folded in.
const KLIF: Form = Form { decay: 1.35, ..LIF };

/// Name, model, what is special, form.
const FORMS: &[(&str, &str, &str, Form)] = &[
    ("lif", "lif", "decay 0.9, hard reset", LIF),
    ("lif_soft", "lif", "decay 0.9, soft reset", SOFT),
    (
        "lif_per_neuron",
        "lif",
        "decay and threshold by neuron, hard reset",
        Form {
            per_neuron: true,
            ..LIF
        },
    ),
    (
        "lif_shift",
        "lif",
        "decay 1 - 2^-4, hard reset",
        Form {
            decay: 0.9375,
            ..LIF
        },
    ),
    (
        "lif_next_step",
        "lif",
        "decay 0.9, soft reset in the next step",
        Form {
            timing: ResetTiming::NextStep,
            ..SOFT
        },
    ),
    (
        "if",
        "lif",
        "no decay, hard reset",
        Form { decay: 1.0, ..LIF },
    ),
    (
        "if_soft",
        "lif",
        "no decay, soft reset",
        Form { decay: 1.0, ..SOFT },
    ),
    (
        "tlif",
        "lif",
        "ternary spikes, decay 0.9, hard reset",
        Form {
            spikes: Spikes::Ternary,
            ..LIF
        },
    ),
    (
        "tif_soft",
        "lif",
        "ternary spikes, no decay, soft reset",
        Form {
            spikes: Spikes::Ternary,
            decay: 1.0,
            ..SOFT
        },
    ),
    ("klif", "klif", "k * decay 1.35, hard reset", KLIF),
    (
        "klif_soft",
        "klif",
        "k * decay 1.35, soft reset",
        Form {
            reset: Reset::Soft,
            ..KLIF
        },
    ),
];

/// Every unit, in the order of the tables; each model of the registry has one of its name.
///
/// # Errors
/// Only an internal bug of the description.
pub fn units() -> Result<Vec<Unit>, HdlError> {
    FORMS
        .iter()
        .map(|&(name, model, summary, form)| {
            let network = network(name, neuron(model, form));
            let layer = &network.layers[0];
            let lane = lane(layer, &format!("gs_unit_{name}"), ty(layer.accumulator))?;
            Ok(Unit {
                name,
                model,
                summary,
                latency: lane.latency,
                multipliers: lane.module.products(),
                module: lane.module,
                network,
            })
        })
        .collect()
}

/// The integers of a model's form: the one place that knows how a model is written down.
fn neuron(model: &str, form: Form) -> QuantNeuron {
    let coefficient = QFormat::unsigned(COEFFICIENT + 1, COEFFICIENT.cast_signed());
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^13")]
    let raw = (form.decay * f64::from(1 << COEFFICIENT)).round() as i64;
    let by_neuron = |value: i64| match form.per_neuron {
        true => Param::Neuron(vec![value, value - value / 8]),
        false => Param::Layer(value),
    };
    match model {
        "klif" => QuantNeuron::Klif(QuantKlif {
            coefficient,
            decay: by_neuron(raw),
            offset: Param::Layer(0),
            fire_at: by_neuron(THRESHOLD),
            reset_by: by_neuron(THRESHOLD),
            v_reset: Param::Layer(0),
            v_init: Param::Layer(0),
            reset: form.reset,
            h_scale: 1.0,
        }),
        _ => QuantNeuron::Lif(QuantLif {
            coefficient,
            decay: by_neuron(raw),
            offset: Param::Layer(0),
            fire_at: by_neuron(THRESHOLD),
            pending_at: by_neuron(THRESHOLD + 1),
            reset_by: by_neuron(THRESHOLD),
            v_reset: Param::Layer(0),
            v_init: Param::Layer(0),
            reset: form.reset,
            reset_timing: form.timing,
            spikes: form.spikes,
        }),
    }
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
            neurons: 2,
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
