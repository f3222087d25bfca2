//! Random networks and samples as plain functions of a random generator.
//!
//! Thresholds are drawn near sums that events really give, and guard bits so that sums are about as wide as the
//! membrane: spikes, silence, ties at the threshold and both saturation ends all happen often (asserted by a test).

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use goldspike_golden::arith::{Arith, Raw};
use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{
    Param, Payloads, QuantInput, QuantKlif, QuantLayer, QuantLif, QuantNetwork, QuantNeuron,
};

use super::Case;

const RESETS: [Reset; 3] = [Reset::Hard, Reset::Soft, Reset::None];
const TIMINGS: [ResetTiming; 3] = [
    ResetTiming::SameStep,
    ResetTiming::NextStep,
    ResetTiming::SameStepGuarded,
];

fn pick<T: Copy>(rng: &mut TestRng, from: &[T], otherwise: T) -> T {
    from.get(rng.random_range(0..from.len().max(1)))
        .copied()
        .unwrap_or(otherwise)
}

/// 1 to `max`, small ones more often.
fn size(rng: &mut TestRng, max: usize) -> usize {
    let limit = pick(rng, &[1, 4, 12, max], max).min(max);
    rng.random_range(1..=limit)
}

/// A number of `low..=high` whose magnitude is spread over all orders.
fn any_order(rng: &mut TestRng, low: i64, high: i64) -> i64 {
    let bits = 64 - high.unsigned_abs().max(low.unsigned_abs()).leading_zeros();
    let keep = rng.random_range(0..=bits);
    (rng.random_range(low..=high) >> (bits - keep)).clamp(low, high)
}

/// One value a layer or one a neuron.
fn param<T: Clone>(
    rng: &mut TestRng,
    neurons: usize,
    mut draw: impl FnMut(&mut TestRng) -> T,
) -> Param<T> {
    if rng.random_bool(0.5) {
        Param::Layer(draw(rng))
    } else {
        Param::Neuron((0..neurons).map(|_| draw(rng)).collect())
    }
}

/// A network and samples for it.
pub fn case(rng: &mut TestRng) -> Case {
    let network = network(rng);
    let samples = samples(rng, network.input.axons, network.input.payload_max);
    Case { network, samples }
}

/// A network that validates.
pub fn network(rng: &mut TestRng) -> QuantNetwork {
    let axons = size(rng, 40);
    let (encoding, payload_max, payload_scale) = if rng.random_bool(0.6) {
        (Encoding::Events, 1, 1.0)
    } else {
        let max = pick(rng, &[1, 2, 15, 16, 255], rng.clone().random_range(1..=255));
        let scale = 1.0 / f64::from(max);
        (Encoding::Direct { scale, max }, max, scale)
    };
    let mut layers: Vec<QuantLayer> = Vec::new();
    for index in 0..pick(rng, &[1, 1, 2, 3], 1) {
        let fed = layers
            .last()
            .map_or((axons, Payloads::unsigned(payload_max)), |before| {
                (before.neurons, before.payloads())
            });
        layers.push(layer(rng, index, fed.0, fed.1));
    }
    QuantNetwork {
        name: "random".to_owned(),
        time_steps: rng.random_range(1..=8),
        input: QuantInput {
            axons,
            payload_max,
            payload_scale,
            encoding,
        },
        layers,
    }
}

fn weight(rng: &mut TestRng, bits: u32, sparse: bool) -> i32 {
    let high = (1i32 << (bits - 1)) - 1;
    match bits {
        1 => pick(rng, &[-1, 1], 1),
        _ if sparse && rng.random_bool(0.7) => 0,
        _ if rng.random_bool(0.1) => pick(rng, &[-high - 1, high], high),
        _ => rng.random_range(-high - 1..=high),
    }
}

fn layer(rng: &mut TestRng, index: usize, axons: usize, fed: Payloads) -> QuantLayer {
    let neurons = size(rng, 40);
    let weight_bits = rng.random_range(1..=16);
    let sparse = rng.random_bool(0.3);
    let weights: Vec<i32> = (0..neurons * axons)
        .map(|_| weight(rng, weight_bits, sparse))
        .collect();
    let largest = i64::from(fed.max) << weight_bits;
    let biased = rng.random_bool(0.7);
    let bias = (0..neurons)
        .map(|_| {
            if biased {
                any_order(rng, -largest, largest)
            } else {
                0
            }
        })
        .collect();
    let membrane_bits = rng.random_range(4..=32);
    let frac = rng.random_range(-4..=20);
    let mut layer = QuantLayer {
        name: format!("n{index}"),
        axons,
        neurons,
        weight_bits,
        weights,
        bias,
        accumulator: QFormat::signed(1, 0),
        guard_bits: 0,
        membrane: QFormat::signed(membrane_bits, frac),
        rounding: pick(rng, &Rounding::ALL, Rounding::default()),
        overflow: pick(rng, &Overflow::ALL, Overflow::default()),
        scale: param(rng, neurons, |rng| pick(rng, &[1.0, 0.5, 0.0123, 3.7], 1.0)),
        neuron: QuantNeuron::Lif(blank()),
    };
    let (low, high) = accumulator_range(&layer, fed);
    let exact = QFormat::signed_for(low, high, 0).width;
    let sum_bits = i32::try_from(exact).unwrap_or(0);
    let membrane = i32::try_from(membrane_bits).unwrap_or(0);
    layer.guard_bits = if rng.random_bool(0.75) {
        membrane - sum_bits + rng.random_range(-3..=3)
    } else {
        rng.random_range(-6..=6)
    };
    let spare = pick(rng, &[0, 0, 0, 1, 5], 0);
    layer.accumulator = QFormat::signed(exact + spare, frac - layer.guard_bits);
    layer.neuron = neuron(rng, &layer, fed);
    layer
}

/// Held while the rest of a layer is drawn.
fn blank() -> QuantLif {
    QuantLif {
        coefficient: QFormat::unsigned(1, 0),
        decay: Param::Layer(1),
        offset: Param::Layer(0),
        fire_at: Param::Layer(1),
        pending_at: Param::Layer(1),
        reset_by: Param::Layer(1),
        v_reset: Param::Layer(0),
        v_init: Param::Layer(0),
        reset: Reset::None,
        reset_timing: ResetTiming::SameStep,
        spikes: Spikes::Binary,
    }
}

/// The aligned sum that a few random events give a random neuron.
fn likely_sum(rng: &mut TestRng, layer: &QuantLayer, fed: Payloads) -> i64 {
    let neuron = rng.random_range(0..layer.neurons);
    let density = pick(rng, &[0.0, 0.1, 0.4, 1.0], 0.0);
    let row = layer
        .weights
        .iter()
        .skip(neuron * layer.axons)
        .take(layer.axons);
    let events: i64 = row
        .map(|&w| {
            if rng.random_bool(density) {
                let sign = if fed.signed && rng.random_bool(0.5) {
                    -1
                } else {
                    1
                };
                sign * i64::from(w) * rng.random_range(1..=i64::from(fed.max))
            } else {
                0
            }
        })
        .sum();
    let bias = layer.bias.get(neuron).copied().unwrap_or(0);
    Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    }
    .align(&(events + bias), layer.guard_bits)
}

/// A model of its own for each layer, so that networks mix them.
fn neuron(rng: &mut TestRng, layer: &QuantLayer, fed: Payloads) -> QuantNeuron {
    let lif = lif(rng, layer, fed);
    if rng.random_bool(0.35) {
        QuantNeuron::Klif(klif(rng, layer.neurons, lif))
    } else {
        QuantNeuron::Lif(lif)
    }
}

/// Constants like those of `lif`, and in part a factor above 1.
fn klif(rng: &mut TestRng, neurons: usize, lif: QuantLif) -> QuantKlif {
    let QFormat { width, frac, .. } = lif.coefficient;
    let width = (width + pick(rng, &[0, 0, 1, 2], 0)).min(24);
    let coefficient = QFormat::unsigned(width, frac);
    let decay = if width == lif.coefficient.width {
        lif.decay
    } else {
        let most = coefficient.max().min(5 << frac >> 1);
        param(rng, neurons, |rng| rng.random_range(0..=most))
    };
    QuantKlif {
        coefficient,
        decay,
        offset: lif.offset,
        fire_at: lif.fire_at,
        reset_by: lif.reset_by,
        v_reset: lif.v_reset,
        v_init: lif.v_init,
        reset: lif.reset,
        h_scale: pick(rng, &[1.0, 1.0, 0.5, 1.28], 1.0),
    }
}

fn lif(rng: &mut TestRng, layer: &QuantLayer, fed: Payloads) -> QuantLif {
    let neurons = layer.neurons;
    let (min, max) = (layer.membrane.min(), layer.membrane.max());
    let low = if layer.overflow == Overflow::SaturateSymmetric {
        -max
    } else {
        min
    };
    let frac: i32 = rng.random_range(0..=23);
    let one = 1i64 << frac;
    let fire_at = param(rng, neurons, |rng| match rng.random_range(0..6) {
        0 => any_order(rng, 1, max).max(1),
        1 => pick(rng, &[1, max], max),
        _ => likely_sum(rng, layer, fed).abs().clamp(1, max),
    });
    let strict = i64::from(rng.random_bool(0.5));
    let near = rng.random_bool(0.8);
    let mut around = |shift: i64, low: i64, high: i64| {
        if near {
            fire_at.map(|at| at + shift)
        } else {
            param(rng, neurons, |rng| rng.random_range(low..=high))
        }
    };
    let pending_at = around(1 - strict, min, max + 1);
    let reset_by = around(-strict, min, max);
    let mut state = |often: f64| {
        param(rng, neurons, |rng| match rng.random_bool(often) {
            true => 0,
            false if rng.random_bool(0.2) => pick(rng, &[low, max], max),
            false => any_order(rng, low, max),
        })
    };
    let (v_reset, v_init, offset) = (state(0.5), state(0.6), state(0.6));
    let reset_timing = pick(rng, &TIMINGS, ResetTiming::SameStep);
    let spikes = if reset_timing != ResetTiming::SameStepGuarded && rng.random_bool(0.4) {
        Spikes::Ternary
    } else {
        Spikes::Binary
    };
    QuantLif {
        coefficient: QFormat::unsigned(frac.unsigned_abs() + 1, frac),
        decay: param(rng, neurons, |rng| match rng.random_range(0..8) {
            0 => 0,
            1 | 2 => one,
            3 | 4 => one - (one >> rng.random_range(0..=frac)),
            _ => rng.random_range(0..=one),
        }),
        offset,
        fire_at,
        pending_at,
        reset_by,
        v_reset,
        v_init,
        reset: pick(rng, &RESETS, Reset::Hard),
        reset_timing,
        spikes,
    }
}

/// One to four samples, each address at most once a step, in any order.
pub fn samples(rng: &mut TestRng, axons: usize, payload_max: u32) -> Vec<Sample> {
    (0..rng.random_range(1..=4))
        .map(|_| sample(rng, axons, payload_max))
        .collect()
}

fn sample(rng: &mut TestRng, axons: usize, payload_max: u32) -> Sample {
    let steps = pick(rng, &[1, 3, 8, 12], 8);
    let density = pick(rng, &[0.0, 0.1, 0.3, 0.7, 1.0], 0.3);
    let silent = pick(rng, &[0.0, 0.2, 0.6], 0.0);
    let payloads = i32::try_from(payload_max).unwrap_or(i32::MAX);
    let addresses = u32::try_from(axons).unwrap_or(u32::MAX);
    let step = |rng: &mut TestRng| {
        let density = if rng.random_bool(silent) {
            0.0
        } else {
            density
        };
        let mut events: Vec<Event> = Vec::new();
        for address in 0..addresses {
            if rng.random_bool(density) {
                let payload = if rng.random_bool(0.2) {
                    payloads
                } else {
                    rng.random_range(1..=payloads)
                };
                let place = rng.random_range(0..=events.len());
                events.insert(place, Event { address, payload });
            }
        }
        if rng.random_bool(0.5) {
            events.sort();
        }
        events
    };
    Sample {
        steps: (0..rng.random_range(1..=steps))
            .map(|_| step(rng))
            .collect(),
    }
}
