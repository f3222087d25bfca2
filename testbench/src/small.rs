//! Small hand-made networks with every number fixed: the matrix of the lint test, the committed reference designs.

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{
    Param, Payloads, QuantInput, QuantKlif, QuantLayer, QuantLif, QuantNetwork, QuantNeuron,
};

/// Neuron model of a small network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallModel {
    /// LIF.
    Lif,
    /// KLIF, with a factor above 1 where it leaks.
    Klif,
}

/// What differs between small networks.
#[derive(Clone, Debug)]
pub struct Small {
    /// Name of the network.
    pub name: &'static str,
    /// Neuron model of every layer.
    pub model: SmallModel,
    /// Axons, then the neurons of each layer.
    pub sizes: Vec<usize>,
    /// Largest input payload.
    pub payload_max: u32,
    /// Weight width.
    pub weight_bits: u32,
    /// Membrane width.
    pub membrane_bits: u32,
    /// Guard bits of every layer.
    pub guard_bits: i32,
    /// Kind of reset.
    pub reset: Reset,
    /// When it acts.
    pub timing: ResetTiming,
    /// Constants that differ between neurons, where they may.
    pub per_neuron: bool,
    /// A decay below 1.
    pub leaky: bool,
    /// Which spikes layers of LIF fire.
    pub spikes: Spikes,
    /// Rounding of every product.
    pub rounding: Rounding,
    /// Overflow of every state update.
    pub overflow: Overflow,
}

impl Default for Small {
    fn default() -> Self {
        Self {
            name: "small",
            model: SmallModel::Lif,
            sizes: vec![4, 3, 2],
            payload_max: 1,
            weight_bits: 6,
            membrane_bits: 12,
            guard_bits: 1,
            reset: Reset::Hard,
            timing: ResetTiming::SameStep,
            per_neuron: false,
            leaky: true,
            spikes: Spikes::Binary,
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
        }
    }
}

/// Fraction bits of the decay.
const COEFFICIENT: u32 = 6;

impl Small {
    /// The network; it fulfils the contract.
    #[must_use]
    pub fn network(&self) -> QuantNetwork {
        let mut fed = Payloads::unsigned(self.payload_max);
        let layers = (0..self.sizes.len() - 1)
            .map(|index| {
                let layer = self.layer(index, fed);
                fed = layer.payloads();
                layer
            })
            .collect();
        let encoding = if self.payload_max > 1 {
            Encoding::Direct {
                scale: 1.0,
                max: self.payload_max,
            }
        } else {
            Encoding::Events
        };
        QuantNetwork {
            name: self.name.to_owned(),
            time_steps: 8,
            input: QuantInput {
                axons: self.sizes[0],
                payload_max: self.payload_max,
                payload_scale: 1.0,
                encoding,
            },
            layers,
        }
    }

    fn layer(&self, index: usize, fed: Payloads) -> QuantLayer {
        let (axons, neurons) = (self.sizes[index], self.sizes[index + 1]);
        let largest = (1i32 << (self.weight_bits - 1)) - 1;
        let weights = (0..axons * neurons)
            .map(|n| weight(self.weight_bits, largest, n + 31 * index))
            .collect();
        let mut layer = QuantLayer {
            name: match self.model {
                SmallModel::Lif => format!("lif{index}"),
                SmallModel::Klif => format!("klif{index}"),
            },
            axons,
            neurons,
            weight_bits: self.weight_bits,
            weights,
            bias: (0..neurons).map(|n| (n as i64 * 5) % 7 - 3).collect(),
            accumulator: QFormat::signed(2, 0),
            guard_bits: self.guard_bits,
            membrane: QFormat::signed(self.membrane_bits, self.membrane_bits as i32 / 2),
            rounding: self.rounding,
            overflow: self.overflow,
            scale: Param::Layer(1.0),
            neuron: self.neuron(neurons),
        };
        let (low, high) = accumulator_range(&layer, fed);
        layer.accumulator = QFormat::signed_for(low, high, layer.membrane.frac - self.guard_bits);
        layer
    }

    fn neuron(&self, neurons: usize) -> QuantNeuron {
        let lif = self.lif(neurons);
        match self.model {
            SmallModel::Lif => QuantNeuron::Lif(lif),
            SmallModel::Klif => QuantNeuron::Klif(QuantKlif {
                coefficient: QFormat::unsigned(COEFFICIENT + 2, COEFFICIENT as i32),
                decay: lif.decay.map(|&raw| {
                    if self.leaky {
                        raw + (1 << (COEFFICIENT - 1))
                    } else {
                        raw
                    }
                }),
                offset: lif.offset,
                fire_at: lif.fire_at,
                reset_by: lif.reset_by,
                v_reset: lif.v_reset,
                v_init: lif.v_init,
                reset: lif.reset,
                h_scale: 1.0,
            }),
        }
    }

    fn lif(&self, neurons: usize) -> QuantLif {
        let most = (1i64 << (self.membrane_bits - 1)) - 1;
        let param = |base: i64, step: i64| {
            if self.per_neuron {
                Param::Neuron((0..neurons).map(|n| base + step * (n as i64 % 4)).collect())
            } else {
                Param::Layer(base)
            }
        };
        let fire = (most / 4).max(1);
        let one = 1i64 << COEFFICIENT;
        QuantLif {
            coefficient: QFormat::unsigned(COEFFICIENT + 1, COEFFICIENT as i32),
            decay: if self.leaky {
                param(one - 11, 2)
            } else {
                Param::Layer(one)
            },
            offset: param(0, 1),
            fire_at: param(fire, 1),
            pending_at: param(fire + 1, 1),
            reset_by: param(fire, 1),
            v_reset: param(0, 0),
            v_init: param(0, 0),
            reset: self.reset,
            reset_timing: self.timing,
            spikes: self.spikes,
        }
    }

    /// Samples with silent, full and mixed steps, one of them of one step.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let axons = self.sizes[0] as u32;
        let event = |address: u32, t: u32| Event {
            address,
            payload: if self.payload_max == 1 {
                1
            } else {
                (1 + (address * 7 + t * 3) % self.payload_max) as i32
            },
        };
        let step = |sample: u32, t: u32| -> Vec<Event> {
            match (sample + t) % 4 {
                0 => (0..axons).map(|address| event(address, t)).collect(),
                1 => (0..axons)
                    .rev()
                    .filter(|address| (address + t).is_multiple_of(2))
                    .map(|address| event(address, t))
                    .collect(),
                2 => Vec::new(),
                _ => vec![event(t % axons, t)],
            }
        };
        [6, 1, 9]
            .iter()
            .enumerate()
            .map(|(n, &steps)| Sample {
                steps: (0..steps).map(|t| step(n as u32, t)).collect(),
            })
            .collect()
    }
}

/// Number `n` of a fixed sequence that reaches both ends of the width.
fn weight(bits: u32, largest: i32, n: usize) -> i32 {
    let mixed = (n as u32).wrapping_mul(0x9E37_79B9).rotate_left(9) ^ 0x5A;
    match bits {
        1 => {
            if mixed & 1 == 1 {
                1
            } else {
                -1
            }
        }
        _ => match n % 11 {
            3 => largest,
            7 => -largest - 1,
            _ => (mixed % (2 * largest as u32 + 1)) as i32 - largest / 2,
        }
        .clamp(-largest - 1, largest),
    }
}

/// The committed reference designs: name of the folder, network, lanes, neuron lanes.
#[must_use]
pub fn references() -> Vec<(Small, u32, u32)> {
    vec![
        (
            Small {
                name: "lif_hard",
                ..Small::default()
            },
            2,
            1,
        ),
        (
            Small {
                name: "if_soft_next_step",
                sizes: vec![5, 4],
                reset: Reset::Soft,
                timing: ResetTiming::NextStep,
                per_neuron: true,
                leaky: false,
                ..Small::default()
            },
            4,
            2,
        ),
        (
            Small {
                name: "guarded_direct",
                sizes: vec![6, 3],
                payload_max: 15,
                membrane_bits: 16,
                timing: ResetTiming::SameStepGuarded,
                rounding: Rounding::HalfEven,
                ..Small::default()
            },
            3,
            1,
        ),
        (
            Small {
                name: "klif",
                model: SmallModel::Klif,
                ..Small::default()
            },
            2,
            1,
        ),
        (
            Small {
                name: "binary_weights",
                sizes: vec![8, 4],
                weight_bits: 1,
                membrane_bits: 8,
                guard_bits: 0,
                reset: Reset::Soft,
                ..Small::default()
            },
            4,
            1,
        ),
        (
            Small {
                name: "ternary_soft",
                sizes: vec![5, 4, 3],
                reset: Reset::Soft,
                spikes: Spikes::Ternary,
                ..Small::default()
            },
            4,
            2,
        ),
    ]
}
