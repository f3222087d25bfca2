//! Random real networks for the quantizer's laws, from a seed.

use goldspike_golden::describe::{Fire, Klif, Layer, Lif, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::Param;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Rng(pub u64);

impl Rng {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to `n - 1`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
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

/// Every reset, timing, fire rule; any real constants.
pub fn real_network(seed: u64) -> Network {
    build(
        seed,
        |rng| (rng.unit() - 0.5) * 2.0,
        |rng| rng.pick(&[0.0, 1.0, 0.5, 0.9375, 0.3, 0.9, 0.99, 0.777]),
        |rng| 0.2 + rng.unit(),
        &[1.28125, 0.7, 1.0, 1.9],
        |rng| 0.3 + 1.5 * rng.unit(),
    )
}

/// The same with constants that are small multiples of powers of two.
pub fn dyadic_network(seed: u64) -> Network {
    build(
        seed,
        |rng| (rng.below(15) as f64 - 7.0) / 8.0,
        |rng| rng.pick(&[0.0, 1.0, 0.5, 0.75, 0.25]),
        |rng| rng.pick(&[0.5, 1.0, 0.75, 1.25]),
        &[0.5, 1.0, 2.0],
        |rng| rng.pick(&[0.5, 1.0, 0.75, 1.5]),
    )
}

fn klif(lif: Lif, k: f64, scale_reset: bool) -> Klif {
    Klif {
        decay: lif.decay,
        input_gain: lif.input_gain,
        offset: lif.offset,
        v_threshold: lif.v_threshold,
        v_reset: lif.v_reset,
        v_init: lif.v_init,
        k,
        scale_reset,
        fire: lif.fire,
        reset: lif.reset,
    }
}

fn build(
    seed: u64,
    value: impl Fn(&mut Rng) -> f64,
    decay: impl Fn(&mut Rng) -> f64,
    threshold: impl Fn(&mut Rng) -> f64,
    factors: &[f32],
    amplitude: impl Fn(&mut Rng) -> f64,
) -> Network {
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
    let mut layers: Vec<Layer> = Vec::new();
    let mut fan_in = axons;
    for l in 0..=rng.below(2) {
        let neurons = 1 + rng.below(5) as usize;
        let mut weights: Vec<f64> = (0..neurons * fan_in).map(|_| value(rng)).collect();
        if rng.below(8) == 0 {
            weights[..fan_in].fill(0.0);
        }
        let reset_timing = rng.pick(&[
            ResetTiming::SameStep,
            ResetTiming::NextStep,
            ResetTiming::SameStepGuarded,
        ]);
        let klif_layer = rng.below(3) == 0;
        let ternary =
            !klif_layer && reset_timing != ResetTiming::SameStepGuarded && rng.below(3) == 0;
        let zero_or = |rng: &mut Rng| if rng.below(2) == 0 { 0.0 } else { value(rng) };
        layers.push(Layer {
            synapse: format!("fc{l}"),
            name: format!("n{l}"),
            axons: fan_in,
            neurons,
            weights,
            bias: (0..neurons).map(|_| zero_or(rng)).collect(),
            weight_step: None,
            neuron: {
                let lif = Lif {
                    decay: rng.param(neurons, &decay),
                    input_gain: rng.param(neurons, |rng| rng.pick(&[1.0, 1.0, 0.5, -0.25])),
                    offset: rng.param(neurons, |rng| zero_or(rng) / 4.0),
                    v_threshold: rng.param(neurons, &threshold),
                    v_reset: rng.param(neurons, |rng| zero_or(rng) / 2.0),
                    v_init: rng.param(neurons, zero_or),
                    fire: rng.pick(&[Fire::Ge, Fire::Gt]),
                    reset: rng.pick(&[Reset::Hard, Reset::Soft, Reset::None]),
                    reset_timing,
                    spikes: if ternary {
                        Spikes::Ternary
                    } else {
                        Spikes::Binary
                    },
                };
                if klif_layer {
                    // As a file of 32-bit numbers has it.
                    let k = f64::from(rng.pick(factors));
                    Neuron::Klif(klif(lif, k, rng.below(2) == 0))
                } else {
                    Neuron::Lif(lif)
                }
            },
            amplitude: if ternary {
                rng.param(neurons, &amplitude)
            } else {
                Param::Layer(1.0)
            },
        });
        fan_in = neurons;
    }
    Network {
        name: format!("random-{seed}"),
        time_steps: 1 + rng.below(5) as u32,
        axons,
        encoding,
        layers,
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
