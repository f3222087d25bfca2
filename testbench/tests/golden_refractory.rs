//! Law: a refractory neuron fires once and then is away for its period, whatever its model and timing. LIF is compared
//! with a step written here once more in plain integers, with every reset, timing, leak and spike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod golden_support;

use std::collections::HashSet;

use golden_support::{brought, rounded};
use goldspike_golden::arith::Raw;
use goldspike_golden::neuron::{Leak, ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::QuantLayer;
use goldspike_testbench::strategy::{generate, rng};
use proptest::prelude::RngExt;

const STEPS: usize = 24;

/// What a step of LIF must do: `h`, the spike, `v`, steps left.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Done {
    h: i128,
    spike: i8,
    v: i128,
    left: i128,
}

/// LIF by the table of NUMERICS, then the period around it.
fn lif(layer: &QuantLayer, n: usize, before: Done, x: i128) -> Done {
    let neuron = &layer.neuron;
    let modes = neuron.modes;
    let constant = |name: &str| i128::from(neuron.constant(name).of(n));
    let ovf = |sum: i128| brought(sum, &layer.membrane, layer.overflow);
    let (v_reset, reset_by) = (constant("v_reset"), constant("reset_by"));
    let by = |value: i128, r: i128| match modes.reset {
        Reset::Hard if r != 0 => v_reset,
        Reset::Soft => value - r * reset_by,
        Reset::Hard | Reset::None => value,
    };
    if before.left > 0 {
        let pending = match modes.reset_timing {
            ResetTiming::NextStep => i128::from(before.spike),
            ResetTiming::SameStep | ResetTiming::SameStepGuarded => 0,
        };
        let v = if pending == 0 {
            before.v
        } else {
            ovf(by(before.v, pending))
        };
        return Done {
            h: v,
            spike: 0,
            v,
            left: before.left - 1,
        };
    }
    let r = match modes.reset_timing {
        ResetTiming::SameStep => 0,
        ResetTiming::NextStep => i128::from(before.spike),
        ResetTiming::SameStepGuarded => i128::from(before.v >= constant("pending_at")),
    };
    let start = if modes.reset == Reset::Hard {
        by(before.v, r)
    } else {
        before.v
    };
    let product = constant("decay") * start;
    let drop = neuron.coefficient.frac.unsigned_abs();
    let kept = rounded(product, drop, layer.rounding);
    let leak = match modes.leak {
        Leak::LinearUnclamped => 0,
        Leak::LinearTowardZero => constant("leak").min(kept.abs()) * kept.signum(),
    };
    let late = if modes.reset == Reset::Soft {
        r * reset_by
    } else {
        0
    };
    let h = ovf(kept - leak + x + constant("offset") - late);
    let fire_at = constant("fire_at");
    let below = modes.spikes == Spikes::Ternary && h <= -fire_at;
    let s = i128::from(h >= fire_at) - i128::from(below);
    let v = match modes.reset_timing {
        ResetTiming::NextStep => h,
        ResetTiming::SameStep => ovf(by(h, s)),
        ResetTiming::SameStepGuarded => match modes.reset {
            Reset::None => h,
            Reset::Hard => ovf(h - (s - r) * (h - v_reset)),
            Reset::Soft => ovf(h - (s - r) * reset_by),
        },
    };
    Done {
        h,
        spike: s as i8,
        v,
        left: if s == 0 {
            0
        } else {
            i128::from(neuron.refractory)
        },
    }
}

/// Random layers with a period of `0..=4` in every neuron: neuron 0 of each under currents about its threshold.
fn for_each_layer(seed: u64, networks: usize, mut law: impl FnMut(&QuantLayer, &[i64])) {
    let mut rng = rng(seed);
    for _ in 0..networks {
        for mut layer in generate::network(&mut rng).layers {
            layer.neuron.refractory = rng.random_range(0..=4);
            let fire_at = layer.neuron.fire_at().of(0);
            let ternary = layer.neuron.modes.spikes == Spikes::Ternary;
            let currents: Vec<i64> = (0..STEPS)
                .map(|_| {
                    let x = rng.random_range(-fire_at..=2 * fire_at);
                    if ternary && rng.random_bool(0.5) {
                        -x
                    } else {
                        x
                    }
                })
                .collect();
            law(&layer, &currents);
        }
    }
}

fn raw(layer: &QuantLayer) -> Raw {
    Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    }
}

#[test]
fn lif_equals_its_equations_with_and_without_a_period() {
    let mut forms = HashSet::new();
    let (mut waiting, mut spikes, mut negative) = (0, 0, 0);
    for_each_layer(40, 4000, |layer, currents| {
        if layer.neuron.model != ModelId::Lif {
            return;
        }
        let a = raw(layer);
        let cell = layer.cell(0, 0, |raw| raw, |raw| raw).unwrap();
        let mut state = cell.start(&a);
        let mut expected = Done {
            h: 0,
            spike: 0,
            v: i128::from(layer.neuron.constant("v_init").of(0)),
            left: 0,
        };
        forms.insert((layer.neuron.modes, layer.neuron.refractory > 0));
        for x in currents {
            waiting += usize::from(expected.left > 0);
            expected = lif(layer, 0, expected, i128::from(*x));
            let done = cell.step(&a, &state, x);
            let found = Done {
                h: i128::from(done.h),
                spike: done.signed_spike(),
                v: i128::from(done.kept[0]),
                left: i128::from(done.kept.get(1).copied().unwrap_or(0)),
            };
            assert_eq!(found, expected, "{state:?} {x} {layer:#?}");
            spikes += usize::from(found.spike != 0);
            negative += usize::from(found.spike < 0);
            state = done.into_state();
        }
    });
    println!("{waiting} refractory steps, {spikes} spikes, {negative} of -1");
    let combinations = ModelId::Lif.info().modes.combinations().len();
    assert_eq!(forms.len(), 2 * combinations);
    assert!(waiting > 5000 && spikes > 5000 && negative > 1000);
}

/// Of every model: a spike starts the count, no step of it fires or takes an input, `h` shows `v`, all states hold; then
/// the neuron goes on from there as one without a period.
#[test]
fn every_model_is_away_for_its_period() {
    let mut seen = HashSet::new();
    let mut steps = 0;
    for_each_layer(41, 4000, |layer, currents| {
        let period = layer.neuron.refractory;
        if period == 0 {
            return;
        }
        let a = raw(layer);
        let mut free = layer.clone();
        free.neuron.refractory = 0;
        let next_step = layer.neuron.modes.reset_timing == ResetTiming::NextStep;
        let cell = |layer: &QuantLayer, t| layer.cell(0, t, |raw| raw, |raw| raw).unwrap();
        let mut state = cell(layer, 0).start(&a);
        for (t, x) in currents.iter().enumerate() {
            let done = cell(layer, t).step(&a, &state, x);
            let (&left, kept) = state.kept.split_last().unwrap();
            let (&now, after) = done.kept.split_last().unwrap();
            if left == 0 {
                let mut alone = state.clone();
                alone.kept.pop();
                let alone = cell(&free, t).step(&a, &alone, x);
                assert_eq!(
                    (alone.h, alone.signed_spike()),
                    (done.h, done.signed_spike())
                );
                assert_eq!(alone.kept, after);
                let fired = done.spike || done.negative;
                assert_eq!(now, if fired { i64::from(period) } else { 0 });
            } else {
                assert_eq!((done.signed_spike(), now), (0, left - 1));
                assert_eq!(done.h, done.kept[0]);
                // A reset that was still pending has acted in the first of them.
                if !next_step || left < i64::from(period) {
                    assert_eq!(kept, after, "{layer:#?}");
                }
                assert_eq!(done, cell(layer, t).step(&a, &state, &-x));
                seen.insert((layer.neuron.model, layer.neuron.modes));
                steps += 1;
            }
            state = done.into_state();
        }
    });
    println!("{steps} refractory steps");
    assert!(steps > 20_000);
    for &model in ModelId::ALL {
        for modes in model.info().modes.combinations() {
            assert!(seen.contains(&(model, modes)), "{model:?} {modes:?}");
        }
    }
}
