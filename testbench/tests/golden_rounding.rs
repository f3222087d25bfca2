//! Law: rounding costs no more than NUMERICS' bound. The golden model against the same integers in double precision
//! without rounding: `e_t <= A e_(t-1) +` the rounding errors of that step, until the first difference of a spike; and
//! the mean signed error is the rounding mode's.
//!
//! A neuron counts as long as it and all neurons that feed it have fired alike (and, guarded resets, have seen the same
//! resets as pending). The bound and the expected error follow the resets: a hard reset clears them, a pending hard
//! reset that is given back doubles them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::{dequantised, golden};
use goldspike_golden::neuron::info::Domain;
use goldspike_golden::neuron::{Leak, ModelId, Reset, ResetTiming};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_golden::trace::SampleTrace;
use goldspike_testbench::strategy::rng;
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

const NETWORKS: usize = 150;
const STEPS: usize = 24;
/// Slack for the double-precision side, in LSBs.
const SLACK: f64 = 1e-6;

/// The models that the bound is about.
fn bounded() -> Vec<ModelId> {
    let models = ModelId::ALL.iter().copied();
    let of = models.filter(|model| {
        let info = model.info();
        let factors = info
            .constants
            .iter()
            .filter(|row| !row.domain.is_membrane());
        info.states.len() == 1
            && info.tables.is_empty()
            && factors
                .map(|row| (row.name, row.by_step))
                .eq([("decay", false)])
    });
    of.collect()
}

/// Whether the charge is a sum and nothing else: what a ReLU or a leak cuts off has no mean.
fn linear(neuron: &QuantNeuron) -> bool {
    neuron.model == ModelId::Lif && neuron.modes.leak == Leak::LinearUnclamped
}

fn layer(
    rng: &mut TestRng,
    index: usize,
    axons: usize,
    fed: Payloads,
    rounding: Rounding,
) -> QuantLayer {
    let neurons = rng.random_range(1..=16usize);
    // Guard bits of both signs: negative ones round the sum too, of weights that are as much larger.
    let guard_bits = rng.random_range(-3..=8);
    let finer = 8 - guard_bits;
    let weights = (0..neurons * axons)
        .map(|_| rng.random_range(-8i32 << finer..=12 << finer))
        .collect::<Vec<_>>();
    let weight_bits = QFormat::signed_for(-8 << finer, 12 << finer, 0).width;
    let frac: i32 = rng.random_range(16..=23);
    let one = 1i64 << frac;
    let threshold = |rng: &mut TestRng| rng.random_range(8i64..=40) << 8;
    let fire_at = if rng.random_bool(0.5) {
        Param::Layer(threshold(rng))
    } else {
        Param::Neuron((0..neurons).map(|_| threshold(rng)).collect())
    };
    let membrane = QFormat::signed(32, rng.random_range(0..=12));
    let bias = (0..neurons)
        .map(|_| rng.random_range(-4i64 << finer..=8 << finer))
        .collect();
    let models = bounded();
    let model = models[rng.random_range(0..models.len())];
    let forms = model.info().modes.combinations();
    let mut neuron = QuantNeuron::new(model, QFormat::unsigned(frac.unsigned_abs() + 1, frac));
    neuron.modes = forms[rng.random_range(0..forms.len())];
    for row in model.info().constants {
        if neuron.needs(row) != Some(true) {
            continue;
        }
        let value = match row.domain {
            // Odd, so that all of the product's low bits count.
            Domain::Decay { .. } | Domain::Conductance => {
                let each = 0..neurons;
                let odd = each.map(|_| rng.random_range(one / 4..one * 31 / 32) | 1);
                Param::Neuron(odd.collect())
            }
            Domain::Threshold | Domain::Amount => fire_at.clone(),
            Domain::Pending => fire_at.map(|&at| at + 1),
            Domain::Offset { .. } => Param::Layer(rng.random_range(-200..=200)),
            Domain::Leak => Param::Layer(rng.random_range(0..=200)),
            Domain::State => Param::Layer(rng.random_range(-500..=500)),
        };
        neuron.constants.insert(row.name.to_owned(), value);
    }
    let mut layer = QuantLayer {
        name: format!("n{index}"),
        axons,
        neurons,
        weight_bits,
        weights,
        bias,
        accumulator: QFormat::signed(1, 0),
        guard_bits,
        membrane,
        rounding,
        overflow: Overflow::Saturate,
        scale: Param::Neuron((0..neurons).map(|_| rng.random_range(0.01..10.0)).collect()),
        neuron,
    };
    let (low, high) = accumulator_range(&layer, fed);
    layer.accumulator = QFormat::signed_for(low, high, membrane.frac - guard_bits);
    layer
}

fn network(rng: &mut TestRng, rounding: Rounding) -> QuantNetwork {
    let axons = rng.random_range(1..=16usize);
    let first = layer(rng, 0, axons, Payloads::SPIKES, rounding);
    let mut layers = vec![first];
    if rng.random_bool(0.5) {
        layers.push(layer(
            rng,
            1,
            layers[0].neurons,
            layers[0].payloads(),
            rounding,
        ));
    }
    QuantNetwork {
        name: "bounded".to_owned(),
        time_steps: STEPS as u32,
        input: QuantInput {
            axons,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers,
    }
}

fn sample(rng: &mut TestRng, axons: usize) -> Sample {
    let rate = rng.random_range(0.1..0.6);
    let step = |rng: &mut TestRng| {
        (0..axons as u32)
            .filter(|_| rng.random_bool(rate))
            .map(Event::spike)
            .collect()
    };
    Sample {
        steps: (0..STEPS).map(|_| step(rng)).collect(),
    }
}

/// Largest rounding error of one product or one sum, in LSBs.
const fn largest(mode: Rounding) -> f64 {
    match mode {
        Rounding::HalfUp | Rounding::HalfEven => 0.5,
        Rounding::Floor | Rounding::ToZero => 1.0,
    }
}

/// Mean rounding error of numbers with `drop` uniform bits below the LSB, of the sign of `value`.
fn expected(mode: Rounding, value: i64, drop: u32) -> f64 {
    let unit = f64::from(drop).exp2();
    match mode {
        _ if value == 0 || drop == 0 => 0.0,
        Rounding::HalfUp => 0.5 / unit,
        Rounding::HalfEven => 0.0,
        Rounding::Floor => -0.5 + 0.5 / unit,
        Rounding::ToZero => (0.5 / unit - 0.5) * value.signum() as f64,
    }
}

#[derive(Debug, Default)]
struct Seen {
    pairs: usize,
    before: usize,
    spikes: usize,
    tightest: f64,
    rounded_sums: usize,
    rectified: usize,
    products: usize,
    product_error: f64,
    product_expected: f64,
    errors: usize,
    error: f64,
    error_expected: f64,
}

/// What is known of one neuron's `v`, in LSBs.
#[derive(Clone, Copy, Default)]
struct Error {
    v: f64,
    bound: f64,
    mean: f64,
}

fn compare(
    network: &QuantNetwork,
    raw: &SampleTrace<i64>,
    real: &SampleTrace<f64>,
    seen: &mut Seen,
) {
    for (l, layer) in network.layers.iter().enumerate() {
        let neuron = &layer.neuron;
        let modes = neuron.modes;
        let rectified = !linear(neuron);
        let rounded_sum = layer.guard_bits < 0;
        let mut errors = vec![Error::default(); layer.neurons];
        let mut alike = vec![true; layer.neurons];
        let mut fed = true;
        for t in 0..raw.steps.len() {
            let (a, b) = (&raw.steps[t].layers[l], &real.steps[t].layers[l]);
            fed &=
                l == 0 || raw.steps[t].layers[l - 1].spikes == real.steps[t].layers[l - 1].spikes;
            for n in 0..layer.neurons {
                seen.pairs += 1;
                let lsb = layer.lsb(n);
                let before = |trace_v: Option<i64>| {
                    trace_v.unwrap_or_else(|| neuron.constant("v_init").of(n))
                };
                let v = before(
                    t.checked_sub(1)
                        .map(|t| raw.steps[t].layers[l].states[0][n]),
                );
                let real_v = t
                    .checked_sub(1)
                    .map_or(v as f64, |t| real.steps[t].layers[l].states[0][n] / lsb);
                let spike_before = t
                    .checked_sub(1)
                    .is_some_and(|t| raw.steps[t].layers[l].spikes[n] != 0);
                let guarded = modes.reset_timing == ResetTiming::SameStepGuarded;
                let pending = if guarded {
                    v >= neuron.constant("pending_at").of(n)
                } else {
                    spike_before
                };
                let real_pending = if guarded {
                    real_v >= neuron.constant("pending_at").of(n) as f64
                } else {
                    spike_before
                };
                alike[n] &= fed && pending == real_pending;
                if !alike[n] {
                    continue;
                }
                let late = modes.reset_timing != ResetTiming::SameStep;
                let (old, source) = if late && modes.reset == Reset::Hard && pending {
                    (Error::default(), neuron.constant("v_reset").of(n))
                } else {
                    (errors[n], v)
                };
                let decay = neuron.constant("decay").of(n) as f64
                    * (-f64::from(neuron.coefficient.frac)).exp2();
                let drop = neuron.coefficient.frac.unsigned_abs();
                let error = a.h[n] as f64 - b.h[n] / lsb;
                let roundings = if rounded_sum { 2.0 } else { 1.0 };
                let bound = decay * old.bound + roundings * largest(layer.rounding);
                assert!(
                    a.h[n].abs() < layer.membrane.max(),
                    "saturated, which this test rules out"
                );
                assert!(
                    error.abs() <= bound + SLACK,
                    "step {t} layer {l} neuron {n}: error {error}, bound {bound}: {layer:#?}"
                );
                seen.tightest = seen.tightest.max(error.abs() / bound);
                seen.rounded_sums += usize::from(rounded_sum);
                let mean = decay * old.mean + expected(layer.rounding, source, drop);
                seen.rectified += usize::from(rectified);
                // What the ReLU cuts off has no mean.
                if !rounded_sum && !rectified {
                    seen.products += 1;
                    seen.product_error += error - decay * old.v;
                    seen.product_expected += expected(layer.rounding, source, drop);
                    seen.errors += 1;
                    seen.error += error;
                    seen.error_expected += mean;
                }
                alike[n] &= a.spikes[n] == b.spikes[n];
                if alike[n] {
                    seen.before += 1;
                    seen.spikes += usize::from(a.spikes[n] != 0);
                }
                let spike = a.spikes[n] != 0;
                let factor = match (modes.reset, modes.reset_timing) {
                    (Reset::Hard, ResetTiming::SameStep) if spike => 0.0,
                    (Reset::Hard, ResetTiming::SameStepGuarded) if spike && !pending => 0.0,
                    (Reset::Hard, ResetTiming::SameStepGuarded) if !spike && pending => 2.0,
                    _ => 1.0,
                };
                errors[n] = Error {
                    v: factor * error,
                    bound: factor * bound,
                    mean: factor * mean,
                };
            }
        }
    }
}

#[test]
fn rounding_costs_no_more_than_its_bound_and_has_the_modes_mean() {
    for (seed, mode) in Rounding::ALL.into_iter().enumerate() {
        let mut rng = rng(100 + seed as u64);
        let mut seen = Seen::default();
        for _ in 0..NETWORKS {
            let network = network(&mut rng, mode);
            let (raw, real) = (golden(&network).unwrap(), dequantised(&network).unwrap());
            for _ in 0..4 {
                let sample = sample(&mut rng, network.input.axons);
                compare(&network, &raw.run(&sample), &real.run(&sample), &mut seen);
            }
        }
        let share = seen.before as f64 / seen.pairs as f64;
        let product = (seen.product_error - seen.product_expected) / seen.products as f64;
        let error = (seen.error - seen.error_expected) / seen.errors as f64;
        println!(
            "{mode:?}: {} pairs, {:.2} % before the first difference, {} spikes; largest error {:.3} of its bound; \
             mean error of a product {:+.4} (expected {:+.4}), of h {:+.4} (expected {:+.4}) LSB",
            seen.pairs,
            100.0 * share,
            seen.spikes,
            seen.tightest,
            seen.product_error / seen.products as f64,
            seen.product_expected / seen.products as f64,
            seen.error / seen.errors as f64,
            seen.error_expected / seen.errors as f64,
        );
        assert!(
            seen.pairs > 50_000
                && seen.spikes > 5000
                && seen.rounded_sums > 1000
                && seen.rectified > 5000
                && seen.products > 10_000
        );
        assert!(share >= 0.9, "{share}");
        assert!(seen.tightest > 0.5, "the bound was never nearly reached");
        assert!(
            product.abs() <= 0.05 && error.abs() <= 0.05,
            "{mode:?}: {product} {error}"
        );
    }
}
