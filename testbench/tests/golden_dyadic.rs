//! Law: on dyadic networks the golden model equals the reference exactly: every spike, every compared and kept value.
//!
//! All constants are multiples of a power of two, membranes have enough guard bits for every product of the sample's
//! steps and enough bits above, so no bit is lost in either. Each network is drawn as small integers, from which its
//! real description and its integers are written down apart (no quantizer is involved).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::collections::HashSet;

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::describe::{Fire, Klif, Layer, Lif, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::{dequantised, golden, reference};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{
    Param, Payloads, QuantInput, QuantKlif, QuantLayer, QuantLif, QuantNetwork, QuantNeuron,
};
use goldspike_testbench::strategy::{generate, rng};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

const NETWORKS: usize = 1000;
const STEPS: u32 = 5;
const RESETS: [Reset; 3] = [Reset::Hard, Reset::Soft, Reset::None];
const TIMINGS: [ResetTiming; 3] = [
    ResetTiming::SameStep,
    ResetTiming::NextStep,
    ResetTiming::SameStepGuarded,
];

fn power(exponent: i32) -> f64 {
    2f64.powi(exponent)
}

/// One value a layer or one a neuron.
fn param<T>(
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

fn each<T>(neurons: usize, value: impl FnMut(usize) -> T) -> Param<T> {
    Param::Neuron((0..neurons).map(value).collect())
}

/// Both descriptions of one layer; `unit` is the real value of payload 1, by axon.
fn layer(
    rng: &mut TestRng,
    index: usize,
    axons: usize,
    fed: Payloads,
    unit: &Param<f64>,
) -> (Layer, QuantLayer) {
    let neurons = rng.random_range(1..=8usize);
    let frac = rng.random_range(0..=2);
    // Each step of decay needs `frac` more bits below; without decay, bits of the sum may be surplus.
    let guard_bits = if frac == 0 {
        rng.random_range(-2..=2)
    } else {
        frac * STEPS as i32
    };
    let surplus = (-guard_bits).max(0);
    let grid = |value: i64| value << guard_bits.max(0);
    let reset = RESETS[rng.random_range(0..3)];
    let reset_timing = TIMINGS[rng.random_range(0..3)];
    // KLIF: its factor, and whether it stands in the threshold (scale_reset) or in the charge.
    let klif = rng
        .random_bool(0.4)
        .then(|| (power(rng.random_range(-1..=1)), rng.random_bool(0.5)));
    let (in_charge, h_scale) = match klif {
        None => (1.0, 1.0),
        Some((k, true)) => (1.0, k),
        Some((k, false)) => (k, 1.0),
    };
    let ternary =
        klif.is_none() && reset_timing != ResetTiming::SameStepGuarded && rng.random_bool(0.5);
    let spikes = if ternary {
        Spikes::Ternary
    } else {
        Spikes::Binary
    };
    let amplitude = if ternary {
        param(rng, neurons, |rng| power(rng.random_range(-3..=2)))
    } else {
        Param::Layer(1.0)
    };
    let fire = if rng.random_bool(0.5) {
        Fire::Ge
    } else {
        Fire::Gt
    };
    // A threshold between two raw values is dyadic too, but a soft reset by it is not representable.
    let half = reset != Reset::Soft && rng.random_bool(0.3);

    let weights: Vec<i32> = (0..neurons * axons)
        .map(|_| rng.random_range(-8..=7) << surplus)
        .collect();
    let bias: Vec<i64> = (0..neurons)
        .map(|_| rng.random_range(if ternary { -12 } else { -4 }..=12) << surplus)
        .collect();
    let most = if klif.is_some() {
        3i64 << frac >> 1
    } else {
        1 << frac
    };
    let decay = param(rng, neurons, |rng| rng.random_range(0..=most));
    let gain = param(rng, neurons, |rng| rng.random_range(-2..=2));
    let [offset, v_reset, v_init] =
        [0; 3].map(|_| param(rng, neurons, |rng| grid(rng.random_range(-4..=4))));
    let threshold = param(rng, neurons, |rng| grid(rng.random_range(1..=16)));
    let membrane_frac = rng.random_range(-3..=12);
    let scale = param(rng, neurons, |rng| power(rng.random_range(-6..=3)));

    let lsb = |n: usize| power(-membrane_frac) * scale.of(n);
    let synapse_lsb = |n: usize| lsb(n) * power(guard_bits - gain.of(n));
    let real = |param: &Param<i64>| each(neurons, |n| param.of(n) as f64 * lsb(n));
    let description = Layer {
        synapse: format!("fc{index}"),
        name: format!("n{index}"),
        axons,
        neurons,
        weights: weights
            .iter()
            .enumerate()
            .map(|(at, &w)| f64::from(w) * synapse_lsb(at / axons) / unit.of(at % axons))
            .collect(),
        bias: bias
            .iter()
            .enumerate()
            .map(|(n, &b)| b as f64 * synapse_lsb(n))
            .collect(),
        weight_step: None,
        neuron: {
            let decay = decay.map(|&raw| raw as f64 * power(-frac) / in_charge);
            let input_gain = gain.map(|&exponent| power(exponent) / in_charge);
            let offset = real(&offset).map(|offset| offset / in_charge);
            let v_threshold = each(neurons, |n| {
                (threshold.of(n) as f64 + if half { 0.5 } else { 0.0 }) * lsb(n) * h_scale
            });
            let (v_reset, v_init) = (real(&v_reset), real(&v_init));
            match klif {
                None => Neuron::Lif(Lif {
                    decay,
                    input_gain,
                    offset,
                    v_threshold,
                    v_reset,
                    v_init,
                    fire,
                    reset,
                    reset_timing,
                    spikes,
                }),
                Some((k, scale_reset)) => Neuron::Klif(Klif {
                    decay,
                    input_gain,
                    offset,
                    v_threshold,
                    v_reset,
                    v_init,
                    k,
                    scale_reset,
                    fire,
                    reset,
                }),
            }
        },
        amplitude,
    };
    let above = threshold.map(|&at| at + 1);
    let mut quantized = QuantLayer {
        name: format!("n{index}"),
        axons,
        neurons,
        weight_bits: 8,
        weights,
        bias,
        accumulator: QFormat::signed(1, 0),
        guard_bits,
        membrane: QFormat::signed(32, membrane_frac),
        rounding: Rounding::ALL[rng.random_range(0..4)],
        overflow: Overflow::ALL[rng.random_range(0..3)],
        scale,
        neuron: {
            let fire_at = if half || fire == Fire::Gt {
                above.clone()
            } else {
                threshold.clone()
            };
            if klif.is_some() {
                QuantNeuron::Klif(QuantKlif {
                    coefficient: QFormat::unsigned(frac.unsigned_abs() + 2, frac),
                    decay,
                    offset,
                    fire_at,
                    reset_by: threshold,
                    v_reset,
                    v_init,
                    reset,
                    h_scale,
                })
            } else {
                QuantNeuron::Lif(QuantLif {
                    coefficient: QFormat::unsigned(frac.unsigned_abs() + 1, frac),
                    decay,
                    offset,
                    fire_at,
                    pending_at: above,
                    reset_by: threshold,
                    v_reset,
                    v_init,
                    reset,
                    reset_timing,
                    spikes,
                })
            }
        },
    };
    let (low, high) = accumulator_range(&quantized, fed);
    quantized.accumulator = QFormat::signed_for(low, high, membrane_frac - guard_bits);
    (description, quantized)
}

fn network(rng: &mut TestRng) -> (Network, QuantNetwork) {
    let (encoding, payload_scale) = if rng.random_bool(0.5) {
        (Encoding::Events, 1.0)
    } else {
        let scale = power(rng.random_range(-4..=0));
        (Encoding::Direct { scale, max: 7 }, scale)
    };
    let axons = rng.random_range(1..=8usize);
    let payload_max = encoding.payload_max();
    let mut layers: Vec<(Layer, QuantLayer)> = Vec::new();
    for index in 0..rng.random_range(1..=3) {
        let made = match layers.last() {
            None => layer(
                rng,
                index,
                axons,
                Payloads::unsigned(payload_max),
                &Param::Layer(payload_scale),
            ),
            Some((real, before)) => layer(
                rng,
                index,
                before.neurons,
                before.payloads(),
                &real.amplitude,
            ),
        };
        layers.push(made);
    }
    let (descriptions, quantized) = layers.into_iter().unzip();
    let name = "dyadic".to_owned();
    let description = Network {
        name: name.clone(),
        time_steps: STEPS,
        axons,
        encoding: encoding.clone(),
        layers: descriptions,
    };
    let input = QuantInput {
        axons,
        payload_max,
        payload_scale,
        encoding,
    };
    (
        description,
        QuantNetwork {
            name,
            time_steps: STEPS,
            input,
            layers: quantized,
        },
    )
}

#[derive(Debug, Default)]
struct Seen {
    networks: usize,
    values: usize,
    spikes: usize,
    silences: usize,
    ties: usize,
    fractional: usize,
    per_channel_scales: usize,
    negative_spikes: usize,
    amplitudes: usize,
}

#[test]
fn raw_equals_real_exactly_on_dyadic_networks() {
    let mut rng = rng(20);
    let mut seen = Seen::default();
    let mut forms = HashSet::new();
    for index in 0..NETWORKS {
        let (description, quantized) = network(&mut rng);
        let raw = golden(&quantized).unwrap_or_else(|error| panic!("network {index}: {error}"));
        let (real, dequantised) = (reference(&description), dequantised(&quantized).unwrap());
        for (layer, described) in quantized.layers.iter().zip(&description.layers) {
            match (&layer.neuron, &described.neuron) {
                (QuantNeuron::Lif(lif), Neuron::Lif(real)) => {
                    let kind = Some((lif.reset_timing, lif.spikes));
                    forms.insert((lif.reset, kind, real.fire, false));
                }
                (QuantNeuron::Klif(klif), Neuron::Klif(real)) => {
                    forms.insert((klif.reset, None, real.fire, real.scale_reset));
                }
                other => panic!("two models: {other:?}"),
            }
            seen.amplitudes += usize::from(described.amplitude != Param::Layer(1.0));
            seen.per_channel_scales += usize::from(matches!(&layer.scale, Param::Neuron(_)));
        }
        seen.networks += 1;
        let samples =
            generate::samples(&mut rng, quantized.input.axons, quantized.input.payload_max);
        for mut sample in samples {
            sample.steps.truncate(STEPS as usize);
            let (raw, real, dequantised) = (
                raw.run(&sample),
                real.run(&sample),
                dequantised.run(&sample),
            );
            assert_eq!(dequantised, real, "network {index}: {quantized:#?}");
            for (t, (a, b)) in raw.steps.iter().zip(&real.steps).enumerate() {
                for (l, (a, b)) in a.layers.iter().zip(&b.layers).enumerate() {
                    let layer = &quantized.layers[l];
                    let place =
                        || format!("network {index} step {t} layer {l}: {layer:#?} {sample:?}");
                    assert_eq!(a.spikes, b.spikes, "{}", place());
                    for n in 0..layer.neurons {
                        assert_eq!(
                            a.h[n] as f64 * layer.h_lsb(n),
                            b.h[n],
                            "h of neuron {n}, {}",
                            place()
                        );
                        assert_eq!(
                            a.states[0][n] as f64 * layer.lsb(n),
                            b.states[0][n],
                            "v of neuron {n}, {}",
                            place()
                        );
                        let constants = layer.neuron.constants();
                        let threshold = constants.iter().find(|c| c.name == "reset_by").unwrap();
                        seen.values += 2;
                        seen.spikes += usize::from(a.spikes[n] == 1);
                        seen.negative_spikes += usize::from(a.spikes[n] == -1);
                        seen.silences += usize::from(a.spikes[n] == 0);
                        seen.ties += usize::from(a.h[n] == threshold.values.of(n));
                        seen.fractional += usize::from(
                            a.h[n].trailing_zeros() < layer.guard_bits.max(0).unsigned_abs(),
                        );
                    }
                }
            }
        }
    }
    println!("{seen:#?}, {} of 42 forms", forms.len());
    assert_eq!((seen.networks, forms.len()), (NETWORKS, 42));
    assert!(seen.spikes > 10_000 && seen.silences > 10_000 && seen.ties > 1000);
    assert!(seen.negative_spikes > 3_000 && seen.amplitudes > 300);
    assert!(seen.fractional > 1000 && seen.per_channel_scales > 100);
}
