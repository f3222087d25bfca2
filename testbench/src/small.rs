//! Small hand-made networks with every number fixed: the matrix of the lint test, the committed reference designs.

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::{ConstantInfo, Domain, Presence, StateUnit};
use goldspike_golden::neuron::{ModelId, Modes, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};

use crate::plain::complete;

/// What differs between small networks.
#[derive(Clone, Debug)]
pub struct Small {
    /// Name of the network.
    pub name: &'static str,
    /// Neuron model of every layer; its factors are above 1 where it leaks and they may be.
    pub model: ModelId,
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
    /// What the model is switched to.
    pub modes: Modes,
    /// Steps after a spike in which nothing happens.
    pub refractory: u32,
    /// Constants that depend on the step, where they may.
    pub per_step: bool,
    /// The constants that may be left out are there.
    pub optional: bool,
    /// Constants that differ between neurons, where they may.
    pub per_neuron: bool,
    /// A decay below 1.
    pub leaky: bool,
    /// Rounding of every product.
    pub rounding: Rounding,
    /// Overflow of every state update.
    pub overflow: Overflow,
}

impl Default for Small {
    fn default() -> Self {
        Self {
            name: "small",
            model: ModelId::Lif,
            sizes: vec![4, 3, 2],
            payload_max: 1,
            weight_bits: 6,
            membrane_bits: 12,
            guard_bits: 1,
            modes: Modes::default(),
            refractory: 0,
            per_step: false,
            optional: true,
            per_neuron: false,
            leaky: true,
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
        }
    }
}

/// Fraction bits of the factors.
const COEFFICIENT: u32 = 6;
/// Time steps as trained.
const STEPS: u32 = 8;

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
            time_steps: STEPS,
            input: QuantInput {
                axons: self.sizes[0],
                payload_max: self.payload_max,
                payload_scale: 1.0,
                encoding,
            },
            layers,
        }
    }

    fn by_step(&self) -> bool {
        self.per_step && self.model.info().constants.iter().any(|row| row.by_step)
    }

    fn layer(&self, index: usize, fed: Payloads) -> QuantLayer {
        let (axons, neurons) = (self.sizes[index], self.sizes[index + 1]);
        let largest = (1i32 << (self.weight_bits - 1)) - 1;
        let weights = (0..axons * neurons)
            .map(|n| weight(self.weight_bits, largest, n + 31 * index))
            .collect();
        let mut layer = QuantLayer {
            name: format!("{}{index}", self.model.info().name),
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
        let info = self.model.info();
        let above_one = |row: &ConstantInfo| row.domain == Domain::Decay { above_one: true };
        let spare = u32::from(info.constants.iter().any(above_one));
        let coefficient = QFormat::unsigned(COEFFICIENT + 1 + spare, COEFFICIENT as i32);
        let mut neuron = QuantNeuron {
            modes: self.modes,
            refractory: self.refractory,
            ..QuantNeuron::new(self.model, coefficient)
        };
        for (at, row) in info.constants.iter().enumerate() {
            let optional = matches!(row.presence, Presence::Optional) && self.optional;
            if neuron.needs(row).unwrap_or(optional) {
                let before = info.constants.iter().take(at);
                let alike = before.filter(|other| other.domain == row.domain).count();
                let values = self.constant(row, alike as i64, neurons);
                neuron.constants.insert(row.name.to_owned(), values);
            }
        }
        for state in info.states.iter().filter(|s| s.unit == StateUnit::Own) {
            let format = QFormat::unsigned(10, 6);
            neuron.formats.insert(state.name.to_owned(), format);
        }
        let membrane = QFormat::signed(self.membrane_bits, 0);
        complete(&mut neuron, membrane, membrane.max() / 4);
        neuron
    }

    /// Values of a constant; `alike` of the same domain stand before it.
    fn constant(&self, row: &ConstantInfo, alike: i64, neurons: usize) -> Param<i64> {
        let most = (1i64 << (self.membrane_bits - 1)) - 1;
        let fire = (most / 4).max(1);
        let one = 1i64 << COEFFICIENT;
        let (base, step) = match row.domain {
            Domain::Decay { .. } | Domain::Conductance if !self.leaky => (one, 0),
            Domain::Decay { above_one: true } => (one - 11 + one / 2 - 5 * alike, 2),
            Domain::Decay { above_one: false } => (one - 11 - 5 * alike, 2),
            Domain::Conductance => (one - 7, 1),
            Domain::Threshold | Domain::Amount => (fire, 1),
            Domain::Pending => (fire + 1, 1),
            Domain::Offset { .. } => (alike, 1),
            Domain::Leak => ((most / 64).max(1), 1),
            Domain::State => (0, 0),
        };
        // The last of each is within the same range.
        let at = |n: usize, t: usize| base + step * ((n % 4) as i64 - (t % 3) as i64).max(0);
        let steps = STEPS as usize;
        match (
            self.per_neuron && (step != 0 || row.domain == Domain::State),
            self.per_step && row.by_step && step != 0,
        ) {
            (false, false) => Param::Layer(base),
            (true, false) => Param::Neuron((0..neurons).map(|n| at(n, 0)).collect()),
            (false, true) => Param::Step {
                by_step: (0..steps).map(|t| at(3, t)).collect(),
            },
            (true, true) => Param::StepNeuron {
                steps,
                by_step_and_neuron: (0..steps * neurons)
                    .map(|i| at(i % neurons, i / neurons))
                    .collect(),
            },
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
        // More steps than the constants have are a protocol error.
        let longest = if self.by_step() { STEPS } else { 9 };
        [6, 1, longest, 8, 7, 8, 5, 8]
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

/// The committed reference designs: name of the folder, network, lanes, neuron lanes. Hand-chosen ones, and one of each
/// model of the registry that those leave out.
#[must_use]
pub fn references() -> Vec<(Small, u32, u32)> {
    let mut chosen = chosen();
    for &model in ModelId::ALL {
        if chosen.iter().all(|(small, _, _)| small.model != model) {
            let info = model.info();
            let small = Small {
                name: info.name,
                model,
                modes: info.modes.first(),
                per_step: true,
                ..Small::default()
            };
            chosen.push((small, 2, 1));
        }
    }
    chosen
}

fn chosen() -> Vec<(Small, u32, u32)> {
    let soft = Modes {
        reset: Reset::Soft,
        ..Modes::default()
    };
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
                modes: Modes {
                    reset_timing: ResetTiming::NextStep,
                    ..soft
                },
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
                modes: Modes {
                    reset_timing: ResetTiming::SameStepGuarded,
                    ..Modes::default()
                },
                rounding: Rounding::HalfEven,
                ..Small::default()
            },
            3,
            1,
        ),
        (
            Small {
                name: "klif",
                model: ModelId::Klif,
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
                modes: soft,
                ..Small::default()
            },
            4,
            1,
        ),
        (
            Small {
                name: "ternary_soft",
                sizes: vec![5, 4, 3],
                modes: Modes {
                    spikes: Spikes::Ternary,
                    ..soft
                },
                ..Small::default()
            },
            4,
            2,
        ),
    ]
}
