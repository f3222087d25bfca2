//! Random networks and samples as plain functions of a random generator.
//!
//! Thresholds are drawn near sums that events really give, and guard bits so that sums are about as wide as the
//! membrane: spikes, silence, ties at the threshold and both saturation ends all happen often (asserted by a test).

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};

use super::{Case, neuron};

pub(super) fn pick<T: Copy>(rng: &mut TestRng, from: &[T], otherwise: T) -> T {
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
pub(super) fn any_order(rng: &mut TestRng, low: i64, high: i64) -> i64 {
    let bits = 64 - high.unsigned_abs().max(low.unsigned_abs()).leading_zeros();
    let keep = rng.random_range(0..=bits);
    (rng.random_range(low..=high) >> (bits - keep)).clamp(low, high)
}

/// One value a layer or one a neuron.
pub(super) fn param<T: Clone>(
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
    let mut samples = samples(rng, network.input.axons, network.input.payload_max);
    // More steps than constants are a protocol error of the hardware.
    if let Some(steps) = longest(&network) {
        for sample in &mut samples {
            sample.steps.truncate(steps);
        }
    }
    Case { network, samples }
}

/// Steps that a sample may have; `None`: any number.
#[must_use]
pub fn longest(network: &QuantNetwork) -> Option<usize> {
    let layers = network.layers.iter();
    let bound = layers.filter(|layer| layer.neuron.by_step());
    bound.map(|layer| layer.neuron.steps()).min()
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
    let time_steps = rng.random_range(1..=8u32);
    let steps = usize::try_from(time_steps).unwrap_or(1);
    let mut layers: Vec<QuantLayer> = Vec::new();
    for index in 0..pick(rng, &[1, 1, 2, 3], 1) {
        let fed = layers
            .last()
            .map_or((axons, Payloads::unsigned(payload_max)), |before| {
                (before.neurons, before.payloads())
            });
        layers.push(layer(rng, index, fed.0, fed.1, steps));
    }
    QuantNetwork {
        name: "random".to_owned(),
        time_steps,
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

fn layer(rng: &mut TestRng, index: usize, axons: usize, fed: Payloads, steps: usize) -> QuantLayer {
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
        // Drawn last, by the rest.
        neuron: QuantNeuron::new(ModelId::Lif, QFormat::unsigned(1, 0)),
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
    layer.neuron = neuron::neuron(rng, &layer, fed, steps);
    layer
}

/// One to four samples, each address at most once a step, in any order; analogue steps are often as the one before.
pub fn samples(rng: &mut TestRng, axons: usize, payload_max: u32) -> Vec<Sample> {
    (0..rng.random_range(1..=4))
        .map(|_| sample(rng, axons, payload_max))
        .collect()
}

fn sample(rng: &mut TestRng, axons: usize, payload_max: u32) -> Sample {
    let steps = pick(rng, &[1, 3, 8, 12], 8);
    let density = pick(rng, &[0.0, 0.1, 0.3, 0.7, 1.0], 0.3);
    let silent = pick(rng, &[0.0, 0.2, 0.6], 0.0);
    let repeated = if payload_max > 1 {
        pick(rng, &[0.0, 0.3, 0.8, 1.0], 0.0)
    } else {
        0.0
    };
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
    let mut sample = Sample::default();
    for _ in 0..rng.random_range(1..=steps) {
        let next = match sample.steps.last() {
            Some(before) if repeated > 0.0 && rng.random_bool(repeated) => before.clone(),
            _ => step(rng),
        };
        sample.steps.push(next);
    }
    sample
}
