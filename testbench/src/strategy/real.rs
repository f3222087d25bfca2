//! Random real networks for the quantizer's laws, from a seed: every model of the registry by its tables.

use goldspike_golden::describe::{Fire, Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::neuron::info::{Default, ParameterInfo, Range, Shape};
use goldspike_golden::neuron::{ModelId, Spikes};
use goldspike_golden::quant::Param;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Rng(pub u64);

impl Rng {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to `n - 1`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One value or one a neuron.
    pub fn param(&mut self, neurons: usize, mut f: impl FnMut(&mut Self) -> f64) -> Param<f64> {
        if self.below(3) == 0 {
            Param::Neuron((0..neurons).map(|_| f(self)).collect())
        } else {
            Param::Layer(f(self))
        }
    }
}

/// How numbers are drawn.
struct Kind {
    /// A weight, and what is of its size.
    value: fn(&mut Rng) -> f64,
    /// A factor of 0 to 1.
    unit: fn(&mut Rng) -> f64,
    threshold: fn(&mut Rng) -> f64,
    /// A factor above 0, as a file of 32-bit numbers has it.
    factor: fn(&mut Rng) -> f64,
    amplitude: fn(&mut Rng) -> f64,
}

const REAL: Kind = Kind {
    value: |rng| (rng.unit() - 0.5) * 2.0,
    unit: |rng| rng.pick(&[0.0, 1.0, 0.5, 0.9375, 0.3, 0.9, 0.99, 0.777]),
    threshold: |rng| 0.2 + rng.unit(),
    factor: |rng| f64::from(rng.pick(&[1.28125f32, 0.7, 1.0, 1.9])),
    amplitude: |rng| 0.3 + 1.5 * rng.unit(),
};

/// Small multiples of powers of two.
const DYADIC: Kind = Kind {
    value: |rng| (rng.below(15) as f64 - 7.0) / 8.0,
    unit: |rng| rng.pick(&[0.0, 1.0, 0.5, 0.75, 0.25]),
    threshold: |rng| rng.pick(&[0.5, 1.0, 0.75, 1.25]),
    factor: |rng| rng.pick(&[0.5, 1.0, 2.0]),
    amplitude: |rng| rng.pick(&[0.5, 1.0, 0.75, 1.5]),
};

/// Every model, mode and fire rule; any real constants.
pub fn real_network(seed: u64) -> Network {
    build(seed, &REAL, &all())
}

/// Every model that has exact integers, with constants that are small multiples of powers of two.
pub fn dyadic_network(seed: u64) -> Network {
    let exact: Vec<_> = all()
        .into_iter()
        .filter(|model| !has_table(*model))
        .collect();
    build(seed, &DYADIC, &exact)
}

/// One layer of `model`; any real constants.
pub fn real_network_of(model: ModelId, seed: u64) -> Network {
    let mut network = build(seed, &REAL, &[model]);
    network.layers.truncate(1);
    network
}

fn all() -> Vec<ModelId> {
    ModelId::ALL.to_vec()
}

/// Whether the model reads a table, which serves one scale a layer and is never exact.
pub fn has_table(model: ModelId) -> bool {
    !model.info().tables.is_empty()
}

/// Whether some layer's neurons read a table.
pub fn reads_a_table(network: &Network) -> bool {
    network
        .layers
        .iter()
        .any(|layer| has_table(layer.neuron.model))
}

fn build(seed: u64, kind: &Kind, models: &[ModelId]) -> Network {
    let rng = &mut Rng(seed);
    let encoding = match rng.below(3) {
        0 => Encoding::Events,
        1 => Encoding::Direct {
            scale: 0.0625,
            max: 15,
        },
        _ => Encoding::Direct {
            scale: 0.125,
            max: 3,
        },
    };
    let axons = 1 + rng.below(7) as usize;
    let time_steps = 1 + rng.below(5) as u32;
    let mut layers: Vec<Layer> = Vec::new();
    let mut fan_in = axons;
    for l in 0..=rng.below(2) {
        let neurons = 1 + rng.below(5) as usize;
        let mut weights: Vec<f64> = (0..neurons * fan_in).map(|_| (kind.value)(rng)).collect();
        if rng.below(8) == 0 {
            weights[..fan_in].fill(0.0);
        }
        let model = rng.pick(models);
        let neuron = neuron(rng, kind, model, neurons, time_steps as usize);
        layers.push(Layer {
            synapse: format!("fc{l}"),
            name: format!("n{l}"),
            axons: fan_in,
            neurons,
            weights,
            bias: (0..neurons).map(|_| zero_or(rng, kind)).collect(),
            weight_step: None,
            amplitude: if neuron.modes.spikes == Spikes::Ternary {
                rng.param(neurons, kind.amplitude)
            } else {
                Param::Layer(1.0)
            },
            neuron,
        });
        fan_in = neurons;
    }
    Network {
        name: format!("random-{seed}"),
        time_steps,
        axons,
        encoding,
        layers,
    }
}

fn zero_or(rng: &mut Rng, kind: &Kind) -> f64 {
    if rng.below(2) == 0 {
        0.0
    } else {
        (kind.value)(rng)
    }
}

fn neuron(rng: &mut Rng, kind: &Kind, model: ModelId, neurons: usize, steps: usize) -> Neuron {
    let info = model.info();
    let mut neuron = Neuron::new(model);
    neuron.modes = rng.pick(&info.modes.combinations());
    neuron.fire = rng.pick(&[Fire::Ge, Fire::Gt]);
    neuron.refractory = if rng.below(5) == 0 {
        1 + rng.below(3) as u32
    } else {
        0
    };
    for row in info.parameters {
        if row.default == Default::Required || rng.below(4) > 0 {
            let value = parameter(rng, kind, row, neurons, steps);
            neuron.parameters.insert(row.name, value);
        }
    }
    neuron
}

fn parameter(
    rng: &mut Rng,
    kind: &Kind,
    row: &ParameterInfo,
    neurons: usize,
    steps: usize,
) -> Param<f64> {
    let draw = |rng: &mut Rng| -> f64 {
        match (row.range, row.name) {
            (_, "v_threshold") => (kind.threshold)(rng),
            (_, "input_gain") => rng.pick(&[1.0, 1.0, 0.5, -0.25]),
            (Range::Any, "v_init") => zero_or(rng, kind),
            (Range::Any, "v_reset") => zero_or(rng, kind) / 2.0,
            (Range::Any, _) => zero_or(rng, kind) / 4.0,
            (Range::NotNegative, _) => zero_or(rng, kind).abs() / 4.0,
            (Range::Positive | Range::Factor, _) => (kind.factor)(rng),
            (Range::AboveOne, _) => rng.pick(&[2.0, 4.0, 1.5, 2.7]),
            (Range::Unit, _) => (kind.unit)(rng),
            (Range::Flag, _) => rng.below(2) as f64,
        }
    };
    match row.shape {
        Shape::Layer => Param::Layer(draw(rng)),
        Shape::Step if rng.below(2) == 0 && steps > 1 => {
            if rng.below(2) == 0 {
                Param::Step {
                    by_step: (0..steps).map(|_| draw(rng)).collect(),
                }
            } else {
                Param::StepNeuron {
                    steps,
                    by_step_and_neuron: (0..steps * neurons).map(|_| draw(rng)).collect(),
                }
            }
        }
        Shape::Neuron | Shape::Step => rng.param(neurons, draw),
    }
}

/// Events of `steps` steps: each axon silent, at a random payload, or at the largest.
pub fn sample(rng: &mut Rng, axons: usize, payload_max: u32, steps: u32) -> Sample {
    let step = |rng: &mut Rng| {
        let all = rng.below(4);
        (0..axons as u32)
            .filter_map(|address| {
                let payload = match if all < 2 { all } else { rng.below(3) } {
                    0 => 0,
                    1 => payload_max,
                    _ => rng.below(u64::from(payload_max) + 1) as u32,
                };
                (payload > 0).then_some(Event {
                    address,
                    payload: payload.cast_signed(),
                })
            })
            .collect()
    };
    Sample {
        steps: (0..steps).map(|_| step(rng)).collect(),
    }
}
