//! Laws of the quantizer on random networks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod quantize_support;

use core::cmp::Ordering;
use goldspike::quantize::{
    GuardBits, MembraneBits, Options, QuantizeError, Saturation, ScaleBy, digest,
    least_squares_step, quantize, squared_error,
};
use goldspike_golden::describe::{Fire, Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::{golden, reference};
use goldspike_golden::neuron::info::{ConstantInfo, Domain, StateUnit};
use goldspike_golden::neuron::{ModelId, Reset, Spikes};
use goldspike_golden::quant::{Param, QuantLayer};
use goldspike_testbench::strategy::real::{
    Rng, dyadic_network, has_table, reads_a_table, real_network, sample,
};
use std::collections::BTreeSet;

/// `raw * lsb * factor` against `real`, in integers: each is `mantissa * 2^exponent`.
fn compare(raw: i64, lsb: f64, factor: f64, real: f64) -> Ordering {
    let parts = |x: f64| {
        let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1075;
        let mantissa = (x.to_bits() & ((1 << 52) - 1)) | (1 << 52);
        let zeros = mantissa.trailing_zeros();
        (i128::from(mantissa >> zeros), exponent + zeros as i32)
    };
    let shifted = |value: i128, by: i32| {
        assert!(
            by < value.unsigned_abs().leading_zeros() as i32 - 1,
            "{raw} {lsb} {factor} {real}"
        );
        value << by
    };
    let ((m, e), (k, g), (n, f)) = (parts(lsb), parts(factor), parts(real));
    let low = (e + g).min(f);
    shifted(i128::from(raw) * m * k, e + g - low).cmp(&shifted(n, f - low))
}

/// Any options that `real` has; a table serves one scale a layer.
fn options(rng: &mut Rng, real: &Network) -> Options {
    Options {
        weight_bits: 2 + rng.below(15) as u32,
        scale: match rng.below(2) == 0 || reads_a_table(real) {
            true => ScaleBy::Layer,
            false => ScaleBy::Channel,
        },
        rounding: rng.pick(&Rounding::ALL),
        overflow: rng.pick(&Overflow::ALL),
        coefficient_bits: 1 + rng.below(24) as u32,
        ..Options::default()
    }
}

#[test]
fn fire_at_is_the_smallest_integer_that_fires() {
    let (mut exact_ties, mut by_step) = (0, 0);
    for seed in 0..600 {
        let real = if seed % 2 == 0 {
            real_network(seed)
        } else {
            dyadic_network(seed)
        };
        let mut options = options(&mut Rng(seed), &real);
        options.exact = seed % 2 == 1;
        let quantized = match quantize(&real, &options) {
            Ok(quantized) => quantized,
            Err(
                QuantizeError::ExactTooWide { .. } | QuantizeError::NotExact { field: "bias", .. },
            ) if options.exact => {
                continue;
            }
            Err(e) => panic!("seed {seed}: {e}"),
        };
        for (described, layer) in real.layers.iter().zip(&quantized.network.layers) {
            let (v_threshold, fire) =
                (described.neuron.value("v_threshold"), described.neuron.fire);
            let at = layer.neuron.fire_at();
            for t in 0..v_threshold.steps().max(at.steps()) {
                for n in 0..layer.neurons {
                    let scale = layer
                        .neuron
                        .scales
                        .get("h")
                        .map_or(1.0, |scale| scale.of(n));
                    let wanted = *v_threshold.get(n, t).unwrap();
                    let order = |h: i64| compare(h, layer.lsb(n), scale, wanted);
                    let fires = |h: i64| match (order(h), fire) {
                        (Ordering::Equal, Fire::Ge) => true,
                        (order, _) => order == Ordering::Greater,
                    };
                    let at = *at.get(n, t).unwrap();
                    assert!(
                        fires(at) && !fires(at - 1),
                        "seed {seed} {} neuron {n} step {t}: {at}",
                        layer.name
                    );
                    exact_ties += u32::from(order(at - i64::from(fire == Fire::Gt)).is_eq());
                    by_step += u32::from(t > 0);
                }
            }
        }
    }
    assert!(
        exact_ties > 100 && by_step > 50,
        "{exact_ties} thresholds were exact multiples of the LSB, {by_step} of a later step"
    );
}

#[test]
fn the_weight_step_is_not_worse_than_a_thousand_others_or_the_largest_weight() {
    let mut rng = Rng(7);
    let mut compared = 0;
    for bits in 2..=16 {
        for count in [1, 2, 3, 10, 64, 600] {
            let heavy_tail = rng.below(2) == 0;
            let weights: Vec<f64> = (0..count)
                .map(|_| {
                    let w = (0..6).map(|_| rng.unit() - 0.5).sum::<f64>();
                    if heavy_tail { w * w * w } else { w }
                })
                .collect();
            let largest = weights.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
            let unclipped = largest / f64::from((1 << (bits - 1)) - 1);
            let step = least_squares_step(&weights, bits, None).unwrap();
            let error = squared_error(&weights, step, bits);
            // The step has 24 significant bits, which an exact fit can tell from zero.
            let slack = 1e-13 * weights.iter().map(|w| w * w).sum::<f64>();
            assert!(
                error <= squared_error(&weights, unclipped, bits) + slack,
                "{bits} bits, {count} weights: max-abs is better"
            );
            for _ in 0..1000 {
                let other = unclipped * 2.0 * (1.0 - rng.unit());
                assert!(
                    error <= squared_error(&weights, other, bits) + slack,
                    "{bits} bits, {count} weights: {other} for {step}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 90_000);
}

#[test]
fn bounds_hold_under_adversarial_input_and_unreachable_saturation_is_dead_code() {
    let (mut bounded, mut unbounded, mut nearly_attained) = (0, 0, 0);
    for seed in 0..400 {
        let real = real_network(seed);
        let mut rng = Rng(seed);
        let quantized = quantize(&real, &options(&mut rng, &real)).unwrap();
        let mut wide_network = quantized.network.clone();
        for layer in &mut wide_network.layers {
            layer.membrane.width = 32;
            layer.overflow = Overflow::Saturate;
        }
        let (as_is, wide) = (
            golden(&quantized.network).unwrap(),
            golden(&wide_network).unwrap(),
        );
        let payload_max = quantized.network.input.payload_max;
        let mut reached = vec![(0i64, 0i64); real.layers.len()];
        let mut all_unreachable = true;
        for report in &quantized.report.layers {
            all_unreachable &= report.saturation == Saturation::Unreachable;
        }
        for run in 0..24 {
            let input = if run < 12 {
                bang_bang(&mut rng, &quantized.network.layers[0], payload_max)
            } else {
                sample(&mut rng, real.axons, payload_max, 40)
            };
            let trace = wide.run(&input);
            if all_unreachable {
                assert_eq!(trace, as_is.run(&input), "seed {seed}");
            }
            for step in &trace.steps {
                for (l, layer) in step.layers.iter().enumerate() {
                    let states = wide_network.layers[l].neuron.states().zip(&layer.states);
                    let counted = states.filter(|(state, _)| state.unit == StateUnit::Membrane);
                    for &value in counted.flat_map(|(_, values)| values).chain(&layer.h) {
                        reached[l] = (reached[l].0.min(value), reached[l].1.max(value));
                    }
                }
            }
        }
        for (report, reached) in quantized.report.layers.iter().zip(&reached) {
            match report.bound {
                Some(bound) => {
                    bounded += 1;
                    assert!(
                        bound.low <= reached.0 && reached.1 <= bound.high,
                        "seed {seed} {}: {reached:?} {bound:?}",
                        report.name
                    );
                    nearly_attained +=
                        u32::from((reached.1 - reached.0) * 10 >= (bound.high - bound.low) * 8);
                }
                None => unbounded += 1,
            }
        }
    }
    println!(
        "{bounded} bounded layers, of which {nearly_attained} reach 80 % of the bound; {unbounded} without a bound"
    );
    assert!(
        bounded > 200 && unbounded > 20 && nearly_attained > 80,
        "{bounded} {unbounded} {nearly_attained}"
    );
}

/// Everything that lifts one neuron, for a random time, then everything that pulls it down.
fn bang_bang(rng: &mut Rng, layer: &QuantLayer, payload_max: u32) -> Sample {
    let neuron = rng.below(layer.neurons as u64) as usize;
    let row = &layer.weights[neuron * layer.axons..][..layer.axons];
    let mut steps = Vec::new();
    let mut up = rng.below(2) == 0;
    while steps.len() < 60 {
        for _ in 0..1 + rng.below(20) {
            steps.push(extreme(row, up, payload_max));
        }
        up = !up;
    }
    Sample { steps }
}

fn extreme(row: &[i32], up: bool, payload_max: u32) -> Vec<Event> {
    (0u32..)
        .zip(row)
        .filter(|&(_, &w)| if up { w > 0 } else { w < 0 })
        .map(|(address, _)| Event {
            address,
            payload: payload_max.cast_signed(),
        })
        .collect()
}

#[test]
fn both_ends_of_the_accumulator_are_attained() {
    let mut layers = 0;
    for seed in 0..300 {
        let mut real = real_network(seed);
        real.layers.truncate(1);
        let quantized = quantize(&real, &options(&mut Rng(seed), &real)).unwrap();
        let mut network = quantized.network;
        let layer = &mut network.layers[0];
        // A neuron whose first `h` is the sum itself.
        if layer.neuron.model != ModelId::Lif {
            continue;
        }
        for name in ["v_init", "offset"] {
            layer
                .neuron
                .constants
                .insert(name.to_owned(), Param::Layer(0));
        }
        layer.membrane = QFormat::signed(32, layer.accumulator.frac);
        layer.guard_bits = 0;
        if layer.accumulator.width > 32 {
            continue;
        }
        let (rows, width) = (layer.weights.clone(), layer.accumulator.width);
        let (axons, payload_max) = (layer.axons, network.input.payload_max);
        let program = golden(&network).unwrap();
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for (n, row) in rows.chunks(axons).enumerate() {
            for up in [false, true] {
                let trace = program.run(&Sample {
                    steps: vec![extreme(row, up, payload_max)],
                });
                let h = trace.steps[0].layers[0].h[n];
                (low, high) = (low.min(h), high.max(h));
            }
        }
        assert_eq!(
            QFormat::signed_for(low, high, 0).width,
            width,
            "seed {seed}: {low} to {high}"
        );
        layers += 1;
    }
    assert!(layers > 30, "{layers}");
}

#[test]
fn exact_networks_equal_the_reference_exactly() {
    let (mut compared, mut spikes, mut too_wide, mut no_place) = (0, 0, 0, 0);
    let mut models = BTreeSet::new();
    for seed in 0..800 {
        let real = dyadic_network(seed);
        let mut rng = Rng(seed);
        let options = Options {
            exact: true,
            scale: rng.pick(&[ScaleBy::Layer, ScaleBy::Channel]),
            rounding: rng.pick(&Rounding::ALL),
            ..Options::default()
        };
        let quantized = match quantize(&real, &options) {
            Ok(quantized) => quantized,
            Err(QuantizeError::ExactTooWide {
                needed,
                allowed: 32,
                ..
            }) => {
                assert!(needed > 32);
                too_wide += 1;
                continue;
            }
            // A bias between two LSBs goes to an offset that is added to the current; not every model has one.
            Err(QuantizeError::NotExact { field: "bias", .. }) => {
                let offset =
                    |row: &ConstantInfo| row.domain == Domain::Offset { with_current: true };
                let has = |layer: &Layer| layer.neuron.model.info().constants.iter().any(offset);
                assert!(!real.layers.iter().all(has), "seed {seed}");
                no_place += 1;
                continue;
            }
            Err(e) => panic!("seed {seed}: {e}"),
        };
        for layer in &quantized.report.layers {
            assert_eq!(layer.errors, [], "seed {seed}");
        }
        models.extend(
            quantized
                .network
                .layers
                .iter()
                .map(|layer| layer.neuron.model),
        );
        let (integers, float) = (golden(&quantized.network).unwrap(), reference(&real));
        for _ in 0..4 {
            let input = sample(
                &mut rng,
                real.axons,
                quantized.network.input.payload_max,
                real.time_steps,
            );
            let (raw, real) = (integers.run(&input), float.run(&input));
            for (t, (raw, real)) in raw.steps.iter().zip(&real.steps).enumerate() {
                for (l, (raw, real)) in raw.layers.iter().zip(&real.layers).enumerate() {
                    let layer = &quantized.network.layers[l];
                    let units = |values: &[i64], lsb: &dyn Fn(usize) -> f64| -> Vec<f64> {
                        let real = |(n, &v): (usize, &i64)| v as f64 * lsb(n);
                        values.iter().enumerate().map(real).collect()
                    };
                    assert_eq!(
                        units(&raw.h, &|n| layer.h_lsb(n)),
                        real.h,
                        "seed {seed} step {t} {}",
                        layer.name
                    );
                    let states = layer
                        .neuron
                        .states()
                        .zip(raw.states.iter().zip(&real.states));
                    for (state, (raw, real)) in states {
                        assert_eq!(
                            &units(raw, &|n| layer.state_lsb(&state, n)),
                            real,
                            "seed {seed} step {t} {} {}",
                            layer.name,
                            state.name
                        );
                    }
                    assert_eq!(
                        raw.spikes, real.spikes,
                        "seed {seed} step {t} {}",
                        layer.name
                    );
                    compared += raw.h.len();
                    spikes += raw.spikes.iter().filter(|&&s| s != 0).count();
                }
            }
        }
    }
    println!(
        "{compared} values, {spikes} spikes, {too_wide} networks too wide, {no_place} without a place for the bias"
    );
    assert!(compared > 10_000 && spikes > 2_000 && spikes < compared * 9 / 10);
    assert!(too_wide < 160 && no_place < 240, "{too_wide} {no_place}");
    let exact = ModelId::ALL.iter().filter(|model| !has_table(**model));
    assert!(exact.eq(models.iter()), "{models:?}");
}

#[test]
fn every_membrane_width_is_used_as_asked_or_refused_with_the_bits_that_do() {
    let (mut used, mut refused) = (0, 0);
    for seed in 0..40 {
        let real = real_network(seed);
        for bits in 4..=32 {
            let mut options = options(&mut Rng(seed), &real);
            options.membrane_bits = MembraneBits::Fixed(bits);
            match quantize(&real, &options) {
                Ok(quantized) => {
                    for layer in &quantized.network.layers {
                        assert_eq!(layer.membrane.width, bits);
                    }
                    used += 1;
                }
                Err(QuantizeError::MembraneTooNarrow {
                    needed, bits: had, ..
                }) => {
                    assert_eq!(had, bits);
                    assert!(needed > bits);
                    refused += 1;
                }
                Err(e) => panic!("seed {seed}, {bits} bits: {e}"),
            }
        }
    }
    println!("{used} used, {refused} refused");
    assert!(used > 40 * 25, "{used} used, {refused} refused");
}

#[test]
fn guard_bits_of_any_sign_are_used_as_asked() {
    let mut seen = BTreeSet::new();
    for seed in 0..60 {
        let real = real_network(seed);
        for g in [-6, -3, -1, 0, 1, 5, 9] {
            let mut options = options(&mut Rng(seed), &real);
            options.guard_bits = GuardBits::Fixed(g);
            match quantize(&real, &options) {
                Ok(quantized) => {
                    assert!(quantized.network.layers.iter().all(|l| l.guard_bits == g));
                    seen.insert(g);
                }
                Err(
                    e @ (QuantizeError::ThresholdBelowLsb { .. }
                    | QuantizeError::MembraneTooNarrow { .. }),
                ) => {
                    assert!(!e.help().is_empty());
                }
                Err(e) => panic!("seed {seed}, {g} guard bits: {e}"),
            }
        }
    }
    assert_eq!(seen.len(), 7, "{seen:?}");
}

#[test]
fn scaling_a_layer_by_a_power_of_two_changes_no_integer() {
    let mut compared = 0;
    for seed in 0..200 {
        let real = real_network(seed);
        // A sigmoid has a scale of its own.
        if reads_a_table(&real) {
            continue;
        }
        compared += 1;
        let mut scaled = real.clone();
        for layer in &mut scaled.layers {
            layer
                .weights
                .iter_mut()
                .chain(&mut layer.bias)
                .for_each(|x| *x *= 8.0);
            let info = layer.neuron.model.info();
            for (name, value) in &mut layer.neuron.parameters {
                // What is in the unit of the membrane.
                if [
                    "offset",
                    "leak",
                    "beta",
                    "sub_reset",
                    "v_threshold",
                    "v_reset",
                    "v_init",
                ]
                .contains(name)
                {
                    *value = value.map(|x| x * 8.0);
                }
                assert!(info.parameter(name).is_some());
            }
        }
        let options = options(&mut Rng(seed), &real);
        let (a, b) = (
            quantize(&real, &options).unwrap().network,
            quantize(&scaled, &options).unwrap().network,
        );
        assert_eq!(digest(&a), digest(&b), "seed {seed}");
        assert_ne!(a.layers[0].lsb(0), b.layers[0].lsb(0));
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn one_bit_weights_are_plus_and_minus_one() {
    let mut seen = 0;
    for seed in 0..60 {
        for scale in [ScaleBy::Layer, ScaleBy::Channel] {
            let real = real_network(seed);
            if scale == ScaleBy::Channel && reads_a_table(&real) {
                continue;
            }
            match quantize(
                &real,
                &Options {
                    weight_bits: 1,
                    scale,
                    ..Options::default()
                },
            ) {
                Ok(quantized) => {
                    let weights: Vec<i32> = quantized
                        .network
                        .layers
                        .iter()
                        .flat_map(|l| l.weights.clone())
                        .collect();
                    assert!(weights.iter().all(|w| w.abs() == 1));
                    seen += weights.len();
                }
                Err(e @ QuantizeError::NoBinaryForm { .. }) => {
                    assert!(e.help().contains("--weight-bits 2"))
                }
                Err(e) => panic!("seed {seed}: {e}"),
            }
        }
    }
    assert!(seen > 1000, "{seen}");
}

/// One LIF neuron with inputs -0.75, 0.5 and 1, and no bias.
fn one_neuron(decay: f64, reset: Reset) -> Network {
    let mut neuron = Neuron::new(ModelId::Lif)
        .with("decay", Param::Layer(decay))
        .with("v_threshold", Param::Layer(1.0));
    neuron.modes.reset = reset;
    Network {
        name: "one".to_owned(),
        time_steps: 8,
        axons: 3,
        encoding: Encoding::Events,
        layers: vec![Layer {
            synapse: "fc0".to_owned(),
            name: "n0".to_owned(),
            axons: 3,
            neurons: 1,
            weights: vec![-0.75, 0.5, 1.0],
            bias: vec![0.0],
            weight_step: Some(0.25),
            neuron,
            amplitude: Param::Layer(1.0),
        }],
    }
}

#[test]
fn bounds_are_the_closed_forms_and_a_little_rounding() {
    let fine = Options {
        coefficient_bits: 24,
        ..Options::default()
    };
    for decay in [0.0, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0 - 1.0 / 65536.0] {
        for reset in [Reset::Hard, Reset::Soft] {
            let quantized = quantize(&one_neuron(decay, reset), &fine).unwrap();
            let bound = quantized.report.layers[0].bound.unwrap();
            let lsb = quantized.network.layers[0].lsb(0);
            let (low, high) = (bound.low as f64 * lsb, bound.high as f64 * lsb);
            let after = decay + 1.5;
            let wanted = match reset {
                Reset::Soft => f64::max(after, (1.5 - decay) / (1.0 - decay)),
                _ => after,
            };
            // One rounding a step, half an LSB each, and the decay's own.
            let slack = (1.0 + 1.0 / (1.0 - decay)) * (lsb + 1e-6 / (1.0 - decay));
            assert!(
                (low + 0.75 / (1.0 - decay)).abs() <= slack,
                "{decay} {reset:?}: {low}"
            );
            assert!(
                (high - wanted).abs() <= slack,
                "{decay} {reset:?}: {high}, {wanted}"
            );
        }
    }
}

/// An amplitude is the same as that factor in the weights that the spikes meet.
#[test]
fn an_amplitude_is_folded_into_the_next_weights() {
    let mut folded = 0;
    for seed in 0..1200 {
        let exact = seed % 2 == 1;
        let real = if exact {
            dyadic_network(seed)
        } else {
            real_network(seed)
        };
        let mut by_hand = real.clone();
        for (before, layer) in real.layers.iter().zip(&mut by_hand.layers[1..]) {
            let one = before.amplitude.values().iter().all(|&a| a == 1.0);
            folded += u32::from(!one);
            for (i, weight) in layer.weights.iter_mut().enumerate() {
                *weight *= before.amplitude.of(i % layer.axons);
            }
        }
        for layer in &mut by_hand.layers {
            layer.amplitude = Param::Layer(1.0);
        }
        let options = Options {
            exact,
            ..Options::default()
        };
        assert_eq!(
            quantize(&real, &options),
            quantize(&by_hand, &options),
            "seed {seed}"
        );
    }
    assert!(folded > 30, "{folded} amplitudes");
}

/// The file's weight step survives a common amplitude.
#[test]
fn a_known_weight_step_is_multiplied_by_a_common_amplitude() {
    let mut network = one_neuron(0.5, Reset::Hard);
    let mut second = network.layers[0].clone();
    second.name = "n1".to_owned();
    second.axons = 1;
    second.weights = vec![0.75];
    network.layers.push(second);
    network.layers[0].amplitude = Param::Layer(1.5);
    let layer = quantize(&network, &Options::default())
        .unwrap()
        .network
        .layers
        .remove(1);
    assert_eq!(layer.weights, [3], "0.75 * 1.5 in steps of 0.25 * 1.5");
}

/// Hard reset to 0: both ends stop within the threshold of 0 before the leak, `-(A V + X-)` and `A V + X+`.
#[test]
fn bounds_of_ternary_spikes_are_the_closed_form() {
    let fine = Options {
        coefficient_bits: 24,
        ..Options::default()
    };
    for decay in [0.0, 0.25, 0.5, 0.9, 0.999, 1.0] {
        let mut network = one_neuron(decay, Reset::Hard);
        network.layers[0].neuron.modes.spikes = Spikes::Ternary;
        let quantized = quantize(&network, &fine).unwrap();
        let report = &quantized.report.layers[0];
        assert_eq!(report.saturation, Saturation::Unreachable);
        let bound = report.bound.unwrap();
        let lsb = quantized.network.layers[0].lsb(0);
        let (low, high) = (bound.low as f64 * lsb, bound.high as f64 * lsb);
        assert!((low + decay + 0.75).abs() <= 2.0 * lsb, "{decay}: {low}");
        assert!((high - decay - 1.5).abs() <= 2.0 * lsb, "{decay}: {high}");
    }
}

#[test]
fn without_a_leak_there_is_no_bound_and_saturation_stays() {
    for reset in [Reset::Hard, Reset::Soft] {
        let quantized = quantize(&one_neuron(1.0, reset), &Options::default()).unwrap();
        let report = &quantized.report.layers[0];
        assert_eq!(
            (report.bound, report.saturation),
            (None, Saturation::Reachable)
        );
        let layer = &quantized.network.layers[0];
        assert!(layer.membrane.max() >= 8 * layer.neuron.fire_at().of(0));
    }
    // Inputs that only lift a neuron, which then starts again: bounded without a leak.
    let mut lifted = one_neuron(1.0, Reset::Hard);
    lifted.layers[0].weights[0] = 0.25;
    let report = &quantize(&lifted, &Options::default())
        .unwrap()
        .report
        .layers[0];
    assert_eq!(report.saturation, Saturation::Unreachable);
}
