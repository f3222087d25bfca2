//! Designs of many shapes for `prove control`: banks, events a cycle, groups, rows, fabrics, payloads, sums that are kept, weights that
//! are part of the design, writable or loaded.

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{ModelId, Modes, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};

use crate::prove::error::ProveError;
use crate::rtl::{Design, DesignOptions, Fabric, LaneChoice, Weights, design};

/// What differs between the shapes.
struct Shape {
    name: &'static str,
    /// Axons, then the neurons of each layer.
    sizes: &'static [usize],
    payload_max: u32,
    ternary: bool,
    lanes: u32,
    neuron_lanes: u32,
    events: u32,
    beat_events: u32,
    banks: u32,
    fabric: Fabric,
    probe: bool,
    weights: Weights,
}

const PLAIN: Shape = Shape {
    name: "plain",
    sizes: &[6, 5, 3],
    payload_max: 1,
    ternary: false,
    lanes: 2,
    neuron_lanes: 1,
    events: 1,
    beat_events: 1,
    banks: 4,
    fabric: Fabric::PORTABLE,
    probe: true,
    weights: Weights::Rom,
};

const SHAPES: &[Shape] = &[
    PLAIN,
    Shape {
        name: "two banks, two events a cycle, signs",
        sizes: &[7, 6, 4],
        ternary: true,
        lanes: 4,
        neuron_lanes: 2,
        events: 2,
        banks: 2,
        ..PLAIN
    },
    Shape {
        name: "block memory with registers, payloads",
        sizes: &[9, 8],
        payload_max: 11,
        lanes: 8,
        neuron_lanes: 4,
        banks: 3,
        fabric: Fabric::ECP5,
        ..PLAIN
    },
    Shape {
        name: "four events a cycle, block memory with registers",
        sizes: &[16, 12],
        lanes: 6,
        neuron_lanes: 3,
        events: 4,
        banks: 5,
        fabric: Fabric::ECP5,
        ..PLAIN
    },
    Shape {
        name: "as wide as MNIST",
        sizes: &[784, 128, 10],
        lanes: 32,
        neuron_lanes: 4,
        fabric: Fabric::ICE40,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "writable weights",
        sizes: &[5, 4, 2],
        weights: Weights::Writable,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "loaded weights",
        sizes: &[5, 14],
        lanes: 14,
        weights: Weights::Loaded,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "two events a beat, signs",
        sizes: &[7, 6],
        ternary: true,
        lanes: 4,
        events: 2,
        beat_events: 2,
        banks: 2,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "three events a beat, block memory with registers",
        sizes: &[20, 6],
        lanes: 6,
        events: 3,
        beat_events: 3,
        banks: 3,
        fabric: Fabric::ECP5,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "two events a beat, five a cycle",
        sizes: &[11, 6],
        lanes: 6,
        events: 5,
        beat_events: 2,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "payloads, sums of two groups that are kept",
        sizes: &[5, 8],
        payload_max: 3,
        lanes: 4,
        neuron_lanes: 2,
        banks: 2,
        probe: false,
        ..PLAIN
    },
    Shape {
        name: "payloads, block memory with registers, sums that stay",
        sizes: &[5, 6],
        payload_max: 3,
        lanes: 6,
        neuron_lanes: 2,
        banks: 2,
        fabric: Fabric::ECP5,
        probe: false,
        ..PLAIN
    },
];

impl Shape {
    fn network(&self) -> QuantNetwork {
        let mut fed = Payloads::unsigned(self.payload_max);
        let pairs = self.sizes.windows(2);
        let layers = pairs.map(|pair| {
            let layer = self.layer(pair[0], pair[1], fed);
            fed = layer.payloads();
            layer
        });
        let layers = layers.collect();
        QuantNetwork {
            name: "control".to_owned(),
            time_steps: 4,
            input: QuantInput {
                axons: self.sizes.first().copied().unwrap_or(1),
                payload_max: self.payload_max,
                payload_scale: 1.0,
                encoding: match self.payload_max {
                    1 => Encoding::Events,
                    max => Encoding::Direct { scale: 1.0, max },
                },
            },
            layers,
        }
    }

    /// LIF without a decay: no multiplier stands between the memories.
    fn layer(&self, axons: usize, neurons: usize, fed: Payloads) -> QuantLayer {
        let modes = Modes {
            spikes: if self.ternary {
                Spikes::Ternary
            } else {
                Spikes::Binary
            },
            ..Modes::default()
        };
        let mut neuron = QuantNeuron {
            modes,
            ..QuantNeuron::new(ModelId::Lif, QFormat::unsigned(7, 6))
        };
        for row in ModelId::Lif.info().constants {
            if neuron.needs(row) == Some(true) {
                neuron = neuron.with(row.name, Param::Layer(40));
            }
        }
        let mut layer = QuantLayer {
            name: format!("{axons} to {neurons}"),
            axons,
            neurons,
            weight_bits: 2,
            weights: (0..axons * neurons).map(|n| (n % 3) as i32 - 1).collect(),
            bias: vec![0; neurons],
            accumulator: QFormat::signed(2, 0),
            guard_bits: 0,
            membrane: QFormat::signed(12, 0),
            rounding: Rounding::default(),
            overflow: Overflow::Saturate,
            scale: Param::Layer(1.0),
            neuron,
        };
        let (low, high) = accumulator_range(&layer, fed);
        layer.accumulator = QFormat::signed_for(low, high, 0);
        layer
    }

    fn design(&self) -> Result<Design, ProveError> {
        let options = DesignOptions {
            lanes: LaneChoice::All(self.lanes),
            neuron_lanes: LaneChoice::All(self.neuron_lanes),
            events: LaneChoice::All(self.events),
            beat_events: self.beat_events,
            banks: self.banks,
            probe: self.probe,
            fabric: self.fabric,
            weights: self.weights,
            ..DesignOptions::default()
        };
        Ok(design(&self.network(), &options)?)
    }
}

/// Designs of the shapes and their names.
///
/// # Errors
/// Only an internal bug.
pub fn control_shapes() -> Result<Vec<(&'static str, Design)>, ProveError> {
    let designs = SHAPES.iter().map(|shape| Ok((shape.name, shape.design()?)));
    designs.collect()
}
