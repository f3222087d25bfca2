//! The networks that are measured, made from a fixed seed: A = 64-32-10 and B = 784-128-10, 6-bit weights, 12-bit
//! membranes, a bias by neuron.
//!
//! Weights and biases are drawn evenly around 0; the threshold of each layer is then sought such that about a tenth of its
//! neurons fire in a step when a tenth of the axons do.

use goldspike::quantize::{MembraneBits, Options, QuantizeError, quantize};
use goldspike_golden::describe::{Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::network::golden;
use goldspike_golden::neuron::{ModelId, Reset, Spikes};
use goldspike_golden::param::Param;
use goldspike_golden::quant::QuantNetwork;
use proptest::prelude::RngExt;

use crate::strategy::rng;

/// Share of the axons with an event in a step, and of the neurons that should fire, in percent.
pub const PERCENT: u32 = 10;
/// Samples of a stimulus.
pub const SAMPLES: usize = 32;
/// Time steps of a sample.
pub const STEPS: u32 = 10;
/// Seed of weights and samples.
pub const SEED: u64 = 1;
/// Usual width of a weight.
pub const WEIGHT_BITS: u32 = 6;
/// Width of a membrane.
pub const MEMBRANE_BITS: u32 = 12;

/// Halvings of the interval in which a threshold is sought.
const HALVINGS: usize = 12;

/// Axons, then the neurons of each layer, of network A.
pub const A: &[usize] = &[64, 32, 10];
/// Of network B.
pub const B: &[usize] = &[784, 128, 10];

/// Which neurons, soft reset in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// LIF, decay 15/16.
    Lif,
    /// LIF with ternary spikes, decay 15/16.
    Ternary,
    /// KLIF, decay 15/16, k 1.5.
    Klif,
    /// GLIF with soft gates of the layer.
    Glif,
    /// GLIF with binary gates: decay 1/2, no conductance.
    BinaryGlif,
    /// CLIF, tau 2.
    Clif,
}

impl Kind {
    /// Name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lif => "LIF",
            Self::Ternary => "ternary LIF",
            Self::Klif => "KLIF",
            Self::Glif => "GLIF, soft gates",
            Self::BinaryGlif => "GLIF, binary gates",
            Self::Clif => "CLIF",
        }
    }

    fn neuron(self, threshold: f64) -> Neuron {
        let of = |model, decay| {
            let mut neuron = Neuron::new(model)
                .with("decay", Param::Layer(decay))
                .with("v_threshold", Param::Layer(threshold));
            if model.info().modes.first().reset != Reset::Soft {
                neuron.modes.reset = Reset::Soft;
            }
            neuron
        };
        let shift = 15.0 / 16.0;
        match self {
            Self::Lif => of(ModelId::Lif, shift),
            Self::Ternary => {
                let mut neuron = of(ModelId::Lif, shift);
                neuron.modes.spikes = Spikes::Ternary;
                neuron
            }
            Self::Klif => of(ModelId::Klif, shift).with("k", Param::Layer(1.5)),
            Self::Glif => glif(of(ModelId::Glif, 0.7), 0.4, threshold),
            Self::BinaryGlif => glif(of(ModelId::Glif, 0.5), 1.0, threshold),
            Self::Clif => of(ModelId::Clif, 0.5).with("tau", Param::Layer(2.0)),
        }
    }
}

fn glif(neuron: Neuron, gate_reset: f64, threshold: f64) -> Neuron {
    neuron
        .with("gate_reset", Param::Layer(gate_reset))
        .with("leak", Param::Layer(0.05 * threshold))
        .with("sub_reset", Param::Layer(0.5 * threshold))
}

/// The integers of a network whose `sizes` are axons and neurons by layer, with weights of the usual width.
///
/// # Errors
/// What the quantizer refuses.
pub fn network(name: &str, sizes: &[usize], kind: Kind) -> Result<QuantNetwork, QuantizeError> {
    network_of(name, sizes, kind, WEIGHT_BITS)
}

/// [`network`] with weights of another width.
///
/// # Errors
/// What the quantizer refuses.
pub fn network_of(
    name: &str,
    sizes: &[usize],
    kind: Kind,
    weight_bits: u32,
) -> Result<QuantNetwork, QuantizeError> {
    let mut network = Network {
        name: name.to_owned(),
        time_steps: STEPS,
        axons: sizes.first().copied().unwrap_or(1),
        encoding: Encoding::Events,
        layers: Vec::new(),
    };
    for (index, size) in sizes.windows(2).enumerate() {
        network.layers.push(layer(index, size[0], size[1], kind));
        // Between a twentieth and twenty times the sum's standard deviation, by halves of the exponent.
        let spread = (size[0] as f64 * f64::from(PERCENT) / 100.0 / 3.0).sqrt();
        let (mut low, mut high) = (-1.5f64, 1.5f64);
        for _ in 0..HALVINGS {
            let middle = low.midpoint(high);
            network.layers[index].neuron = kind.neuron(spread * 10f64.powf(middle));
            let integers = integers(&network, weight_bits)?;
            if activity(&integers, index) * 100.0 > f64::from(PERCENT) {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
    integers(&network, weight_bits)
}

fn integers(network: &Network, weight_bits: u32) -> Result<QuantNetwork, QuantizeError> {
    let options = Options {
        weight_bits,
        membrane_bits: MembraneBits::Fixed(MEMBRANE_BITS),
        ..Options::default()
    };
    quantize(network, &options).map(|quantized| quantized.network)
}

fn layer(index: usize, axons: usize, neurons: usize, kind: Kind) -> Layer {
    let mut random = rng(SEED ^ (index as u64 + 1) << 8);
    let mut around_zero = |_| f64::from(random.random_range(-1000i32..=1000)) / 1000.0;
    Layer {
        synapse: format!("fc{index}"),
        name: format!("n{index}"),
        axons,
        neurons,
        weights: (0..axons * neurons).map(&mut around_zero).collect(),
        bias: (0..neurons)
            .map(&mut around_zero)
            .map(|b| b / 8.0)
            .collect(),
        weight_step: None,
        neuron: kind.neuron(1.0),
        amplitude: Param::Layer(1.0),
    }
}

/// Random samples in whose steps `percent` of the axons have an event.
#[must_use]
pub fn samples(axons: usize, count: usize, percent: u32) -> Vec<Sample> {
    let mut random = rng(SEED);
    let axons = u32::try_from(axons).unwrap_or(u32::MAX);
    let mut step = || {
        let addresses = (0..axons).filter(|_| random.random_range(0..100) < percent);
        addresses.map(Event::spike).collect()
    };
    (0..count)
        .map(|_| Sample {
            steps: (0..STEPS).map(|_| step()).collect(),
        })
        .collect()
}

/// Share of the neurons of a layer that fire in a step of the usual samples, by the golden model.
#[must_use]
pub fn activity(network: &QuantNetwork, layer: usize) -> f64 {
    let Ok(program) = golden(network) else {
        return 0.0;
    };
    let (mut fired, mut all) = (0usize, 0usize);
    for sample in samples(network.input.axons, SAMPLES / 4, PERCENT) {
        for step in program.run(&sample).steps {
            let spikes = &step.layers[layer].spikes;
            fired += spikes.iter().filter(|&&spike| spike != 0).count();
            all += spikes.len();
        }
    }
    fired as f64 / all.max(1) as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn about_a_tenth_of_the_neurons_of_each_kind_fire() {
        for kind in [
            Kind::Lif,
            Kind::Ternary,
            Kind::Klif,
            Kind::Glif,
            Kind::BinaryGlif,
            Kind::Clif,
        ] {
            let network = network("net_a", A, kind).unwrap();
            for layer in 0..2 {
                let share = activity(&network, layer);
                assert!((0.07..0.14).contains(&share), "{kind:?} {layer}: {share}");
            }
            assert!(
                network
                    .layers
                    .iter()
                    .all(|layer| layer.membrane.width == 12)
            );
        }
    }
}
