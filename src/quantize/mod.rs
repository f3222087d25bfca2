//! From a trained network in real numbers to integers: scales, formats, widths, and what they cost.
//!
//! Weights become integers with a free real scale, chosen by least squared error; the scale is divided into the
//! threshold, the reset, the bias and the constant input of the same neurons, which changes no spike. The accumulator
//! is wide enough for the actual rows. The membrane's LSB is the accumulator's times `2^-g`; its width holds a proved
//! bound where there is one. With [`Options::exact`] nothing is rounded at all, or the value that cannot be is named.
//!
//! The result depends on nothing but the network and the options, on every machine. It runs no data.

mod amplitude;
mod bounds;
mod checks;
mod constants;
mod digest;
mod draft;
mod dyadic;
mod error;
mod exact;
mod folded;
mod interval;
mod layer;
mod membrane;
mod report;
mod scale;
mod store;
mod tables;
mod width;

pub(crate) use bounds::invariants;
pub use bounds::{Bounds, bounds, bounds_within};
pub use digest::digest;
pub use error::QuantizeError;
pub use interval::{Either, Interval, Span};
pub use report::{Bound, ConstantError, LayerReport, Report, Saturation, squared_error};
pub use scale::least_squares_step;
pub use store::{load, read, save};
pub(crate) use width::{Invariant, Stored};

use draft::Payload;
use goldspike_golden::describe::{Network, Neuron};
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::quant::{Payloads, QuantInput, QuantNetwork, QuantNeuron};

/// Width of the membranes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MembraneBits {
    /// The narrowest that holds the proved bound, layer by layer.
    #[default]
    Auto,
    /// 4 to 32.
    Fixed(u32),
}

/// Bits of the membranes below the accumulator's LSB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuardBits {
    /// As the threshold and the leak need, layer by layer.
    #[default]
    Auto,
    /// -60 to 60; negative: the sum is rounded to a coarser LSB.
    Fixed(i32),
}

/// What shares a weight scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleBy {
    /// All neurons of a layer: its constants stay shared.
    #[default]
    Layer,
    /// Each neuron has its own.
    Channel,
}

/// How to quantize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Weight width, 1 to 16; not read with `exact`, which takes what the weights need.
    pub weight_bits: u32,
    /// Membrane width; with `exact` a limit.
    pub membrane_bits: MembraneBits,
    /// Guard bits; with `exact` at least what is needed.
    pub guard_bits: GuardBits,
    /// Fractional bits of a decay that fewer do not hold exactly, 1 to 24 (24 gives 23: decay 1 needs the last one); not
    /// read with `exact`.
    pub coefficient_bits: u32,
    /// What shares a weight scale.
    pub scale: ScaleBy,
    /// Rounding of products, and of sums with negative guard bits.
    pub rounding: Rounding,
    /// Overflow of state updates.
    pub overflow: Overflow,
    /// Choose formats in which nothing is rounded.
    pub exact: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            weight_bits: 8,
            membrane_bits: MembraneBits::Auto,
            guard_bits: GuardBits::Auto,
            coefficient_bits: 12,
            scale: ScaleBy::Layer,
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
            exact: false,
        }
    }
}

/// A network as integers, and what that cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// The integers; they pass `QuantNetwork::validate`.
    pub network: QuantNetwork,
    /// The losses; accuracies are not filled.
    pub report: Report,
}

/// The integers of `neurons` neurons alone, whose membrane's LSB is `lsb`: what `quantize` makes of them in a layer.
///
/// # Errors
/// As [`quantize`], of a neuron.
pub fn neuron(
    neuron: &Neuron,
    neurons: usize,
    lsb: f64,
    options: &Options,
) -> Result<QuantNeuron, QuantizeError> {
    checks::options(options)?;
    let charge = neuron.collapse();
    let draft = draft::of_neurons(&charge, neurons, lsb, options.coefficient_bits);
    constants::model("neurons", &draft, &charge, 0, options.overflow)
}

/// Quantizes `network`.
///
/// # Errors
/// An option or a number outside its range, sizes that do not match, a threshold below one LSB, a membrane too narrow
/// for a constant, and with `exact` the value that cannot be exact.
pub fn quantize(network: &Network, options: &Options) -> Result<Quantized, QuantizeError> {
    checks::options(options)?;
    checks::network(network)?;
    let encoding = &network.encoding;
    let mut payload = Payload {
        fed: Payloads::unsigned(encoding.payload_max()),
        scale: encoding.payload_scale(),
    };
    let input = QuantInput {
        axons: network.axons,
        payload_max: payload.fed.max,
        payload_scale: payload.scale,
        encoding: encoding.clone(),
    };
    let (mut layers, mut reports) = (Vec::new(), Vec::new());
    let mut before = None;
    for described in &network.layers {
        let folded = amplitude::folded(described, before, options.exact)?;
        let (layer, report) = layer::quantize(&folded, payload, network.time_steps, options)?;
        payload = Payload {
            fed: layer.payloads(),
            scale: 1.0,
        };
        layers.push(layer);
        reports.push(report);
        before = Some(described);
    }
    let quantized = QuantNetwork {
        name: network.name.clone(),
        time_steps: network.time_steps,
        input,
        layers,
    };
    quantized
        .validate()
        .map_err(|e| QuantizeError::Invalid(e.to_string()))?;
    let report = Report {
        network: network.name.clone(),
        digest: digest(&quantized),
        layers: reports,
        accuracy_float: None,
        accuracy_quant: None,
    };
    Ok(Quantized {
        network: quantized,
        report,
    })
}
