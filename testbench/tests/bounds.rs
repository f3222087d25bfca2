//! The proved bounds of the states: no input leaves them, and inputs made for it come as near as rounding lets them.
//!
//! The closed forms are those of the neurons' equations without rounding. A bound may be wider by what rounding adds,
//! `(1 + q / (1 - A))` LSBs with `q` = 1/2 (nearest) or 1 (down); an adversarial input must come within one step of it: the LSBs
//! that rounding adds, and nothing of the input's size.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "helpers of tests"
)]

mod adversary;

use std::collections::BTreeMap;

use adversary::{Move, Neuron, Plan, plans};
use goldspike::quantize::{
    Bounds, MembraneBits, Options, Saturation, Span, bounds, bounds_within, quantize,
};
use goldspike_golden::arith::{Arith, Raw};
use goldspike_golden::contract::accumulator_range;
use goldspike_golden::describe::{self, Fire, Network};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::{Default as Absent, Range, StateUnit};
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantLayer, QuantNeuron};
use goldspike_golden::table::QuantTable;
use goldspike_testbench::strategy::{self, generate};

/// Sums of neuron `n` in membrane LSBs.
fn sums(layer: &QuantLayer, n: usize, fed: Payloads) -> Option<Span> {
    let mut one = layer.clone();
    one.neurons = 1;
    one.weights = layer.weights[n * layer.axons..][..layer.axons].to_vec();
    one.bias = vec![layer.bias[n]];
    let (low, high) = accumulator_range(&one, fed);
    let raw = Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    };
    // Sums that no membrane of 32 bits comes near are left to the contract.
    let shifted = |sum: i64| {
        let near = (sum as f64 * f64::from(layer.guard_bits).exp2()).abs() < 2f64.powi(40);
        near.then(|| raw.align(&sum, layer.guard_bits))
    };
    Some(Span::new(shifted(low)?, shifted(high)?))
}

/// Every state's span, those counted like the membrane as one.
fn spans(layer: &QuantLayer, reached: &[Span]) -> (Span, Vec<Span>) {
    let mut membrane = Span::EMPTY;
    let mut own = Vec::new();
    for (state, &span) in layer.neuron.states().zip(reached) {
        match state.unit {
            StateUnit::Membrane => membrane = membrane.hull(span),
            StateUnit::Own => own.push(span),
            StateUnit::Steps => {}
        }
    }
    (membrane, own)
}

fn inside(layer: &QuantLayer, bounds: &Bounds, reached: &[Span], what: &str) {
    let (membrane, own) = spans(layer, reached);
    assert!(
        bounds.membrane.holds(membrane),
        "{what}: {membrane:?} outside {:?}: {layer:#?}",
        bounds.membrane
    );
    for (bound, reached) in bounds.own.iter().zip(&own) {
        assert!(
            bound.holds(*reached),
            "{what}: own {reached:?} outside {bound:?}"
        );
    }
}

#[test]
fn no_input_leaves_the_bounds_of_random_layers() {
    let plans: Vec<Plan> = plans().into_iter().step_by(5).collect();
    let (mut seen, mut none, mut refractory, mut by_step, mut wide) =
        (BTreeMap::<ModelId, u32>::new(), 0, 0, 0, 0);
    for seed in 0..700 {
        let network = generate::network(&mut strategy::rng(seed));
        let mut fed = network.input.payloads();
        for layer in &network.layers {
            let payloads = core::mem::replace(&mut fed, layer.payloads());
            let Some(found) = bounds(layer, payloads) else {
                none += 1;
                continue;
            };
            let held = found.membrane_held(layer.membrane.width, layer.overflow);
            let held = held && found.own_held(&layer.neuron);
            // As the bounds mean it: nothing overflows.
            let mut widened = layer.clone();
            widened.membrane.width = 32;
            widened.overflow = Overflow::Saturate;
            let fits = found.membrane_held(32, Overflow::Saturate) && found.own_held(&layer.neuron);
            wide += u32::from(fits);
            let cases = [
                (layer, layer.overflow != Overflow::Wrap || held),
                (&widened, fits),
            ];
            for (layer, _) in cases.iter().filter(|(_, runs)| *runs) {
                for n in (0..layer.neurons).step_by(1 + layer.neurons / 2) {
                    let Some(sums) = sums(layer, n, payloads) else {
                        continue;
                    };
                    let reached = Neuron::new(layer, n, sums).reached(&plans, 400);
                    inside(layer, &found, &reached, &format!("seed {seed} neuron {n}"));
                    *seen.entry(layer.neuron.model).or_default() += 1;
                    refractory += u32::from(layer.neuron.refractory > 0);
                    by_step += u32::from(layer.neuron.by_step());
                }
            }
        }
    }
    println!("{seen:?}, {none} without, {refractory} refractory, {by_step} by step, {wide} wide");
    for model in ModelId::ALL {
        assert!(
            seen.get(model).is_some_and(|&count| count > 40),
            "{model:?}: {seen:?}"
        );
    }
    assert!(
        refractory > 60 && by_step > 20 && wide > 200,
        "{refractory} {by_step} {wide}"
    );
}

const FRAC: u32 = 12;
const ONE: i64 = 1 << FRAC;

/// A layer of one neuron whose sums are all integers from `-x.0` to `x.1`.
fn layer(
    model: ModelId,
    x: (i64, i64),
    constants: &[(&str, i64)],
    rounding: Rounding,
) -> QuantLayer {
    let weights = |total: i64, sign: i64| {
        let mut rest = total;
        let mut parts = Vec::new();
        while rest > 0 {
            let part = (rest + 1) / 2;
            parts.push((sign * part) as i32);
            rest -= part;
        }
        parts
    };
    let weights = [weights(x.0, -1), weights(x.1, 1)].concat();
    let mut neuron = QuantNeuron::new(model, QFormat::unsigned(FRAC + 2, FRAC as i32));
    for row in model.info().constants {
        if neuron.needs(row) == Some(true) {
            neuron = neuron.with(row.name, Param::Layer(0));
        }
    }
    for (name, value) in constants {
        neuron = neuron.with(name, Param::Layer(*value));
    }
    let mut layer = QuantLayer {
        name: "n0".to_owned(),
        axons: weights.len(),
        neurons: 1,
        weight_bits: 16,
        weights,
        bias: vec![0],
        accumulator: QFormat::signed(2, 0),
        guard_bits: 0,
        membrane: QFormat::signed(32, 0),
        rounding,
        overflow: Overflow::Saturate,
        scale: Param::Layer(1.0),
        neuron,
    };
    let (low, high) = accumulator_range(&layer, Payloads::SPIKES);
    layer.accumulator = QFormat::signed_for(low, high, 0);
    layer
}

/// Sets modes; the constants that they do not need are left out.
fn with_modes(
    mut layer: QuantLayer,
    reset: Reset,
    timing: ResetTiming,
    spikes: Spikes,
) -> QuantLayer {
    let modes = &mut layer.neuron.modes;
    (modes.reset, modes.reset_timing, modes.spikes) = (reset, timing, spikes);
    for row in layer.neuron.model.info().constants {
        if layer.neuron.needs(row) == Some(false) {
            layer.neuron.constants.remove(row.name);
        }
    }
    layer
}

const UP: i64 = 1500;
const DOWN: i64 = 750;
const THRESHOLD: i64 = 1000;

/// What roundings of `products` with the largest retained fraction `a` add up to, and an LSB.
fn slack(rounding: Rounding, a: f64, products: f64) -> f64 {
    let q = match rounding {
        Rounding::HalfUp | Rounding::HalfEven => 0.5,
        Rounding::Floor | Rounding::ToZero => 1.0,
    };
    1.0 + products * q / (1.0 - a)
}

/// How the bound of a case, the closed form and what an adversary reaches compare.
#[derive(Default)]
struct Tally {
    ends: u32,
    attained: u32,
}

impl Tally {
    /// Asserts that `bound` holds `reached`, is not wider than `closed` by more than `slack`, and counts the ends that an
    /// adversary comes to within `slack`.
    fn check(&mut self, what: &str, bound: Span, closed: (f64, f64), reached: Span, slack: f64) {
        assert!(
            bound.holds(reached),
            "{what}: {reached:?} outside {bound:?}"
        );
        let looser = [closed.0 - bound.low as f64, bound.high as f64 - closed.1];
        assert!(
            looser.iter().all(|&by| by <= slack),
            "{what}: bound {bound:?}, closed form {closed:?}, slack {slack}"
        );
        let near = [reached.low - bound.low, bound.high - reached.high];
        self.ends += 2;
        for (end, far) in ["low", "high"].iter().zip(near) {
            let close = far as f64 <= slack;
            self.attained += u32::from(close);
            if !close {
                println!("{what}: {end} end {far} LSBs away of {bound:?}, slack {slack}");
            }
        }
    }
}

fn reached(layer: &QuantLayer, steps: usize) -> Vec<Span> {
    let sums = sums(layer, 0, Payloads::SPIKES).unwrap();
    let mut plans = plans();
    plans.extend([Move::Up, Move::Down].map(|end| vec![(end, 20_000)]));
    Neuron::new(layer, 0, sums).reached(&plans, steps)
}

/// The thresholds in integers of both fire rules for a real threshold that is an integer.
fn fire_at(fire: Fire) -> i64 {
    THRESHOLD + i64::from(fire == Fire::Gt)
}

const FIRES: [Fire; 2] = [Fire::Ge, Fire::Gt];
const FACTORS: [i64; 6] = [0, ONE / 4, ONE / 2, 3686, 4055, 4092];

#[test]
fn lif_bounds_are_the_closed_forms_and_are_attained() {
    let mut tally = Tally::default();
    for raw in FACTORS {
        let a = raw as f64 / ONE as f64;
        for rounding in Rounding::ALL {
            for fire in FIRES {
                for reset in [Reset::Hard, Reset::Soft] {
                    let th = fire_at(fire) as f64;
                    let layer = layer(
                        ModelId::Lif,
                        (DOWN, UP),
                        &[
                            ("decay", raw),
                            ("fire_at", fire_at(fire)),
                            ("reset_by", THRESHOLD),
                            ("v_reset", 0),
                        ],
                        rounding,
                    );
                    let layer = with_modes(layer, reset, ResetTiming::SameStep, Spikes::Binary);
                    let (down, up) = (DOWN as f64, UP as f64);
                    let high = match reset {
                        Reset::Soft => {
                            f64::max(a * th + up, (up - a * THRESHOLD as f64) / (1.0 - a))
                        }
                        _ => a * th + up,
                    };
                    let bound = bounds(&layer, Payloads::SPIKES).unwrap();
                    let reached = reached(&layer, 30_000);
                    tally.check(
                        &format!("{reset:?} {raw} {rounding:?} {fire:?}"),
                        bound.membrane,
                        (-down / (1.0 - a), high),
                        reached[0],
                        slack(rounding, a, 1.0),
                    );
                }
            }
        }
    }
    println!("{} of {} ends", tally.attained, tally.ends);
    assert_eq!(tally.ends, 6 * 4 * 2 * 2 * 2);
    assert_eq!(tally.attained, tally.ends);
}

#[test]
fn if_bounds_of_some_steps_are_the_closed_forms_and_are_attained() {
    let mut tally = Tally::default();
    for steps in [1u32, 2, 3, 8, 50] {
        for fire in FIRES {
            for reset in [Reset::Hard, Reset::Soft] {
                for up in [UP, THRESHOLD / 2] {
                    let th = fire_at(fire);
                    let layer = layer(
                        ModelId::Lif,
                        (DOWN, up),
                        &[
                            ("decay", ONE),
                            ("fire_at", th),
                            ("reset_by", THRESHOLD),
                            ("v_reset", 0),
                        ],
                        Rounding::HalfUp,
                    );
                    let layer = with_modes(layer, reset, ResetTiming::SameStep, Spikes::Binary);
                    assert!(
                        bounds(&layer, Payloads::SPIKES).is_none(),
                        "without a leak there is none"
                    );
                    let t = i64::from(steps);
                    // From 0, or from just below the threshold, to which the first step has gone.
                    let drift = t * (up - THRESHOLD) + THRESHOLD;
                    let lifted = th + up + (t - 2) * (up - THRESHOLD);
                    let high = match reset {
                        Reset::Soft if up > THRESHOLD => drift.max(lifted).max(th + up),
                        _ => th + up,
                    };
                    let bound = bounds_within(&layer, Payloads::SPIKES, steps).unwrap();
                    let reached = reached(&layer, steps as usize);
                    tally.check(
                        &format!("IF {reset:?} T {steps} up {up} {fire:?}"),
                        bound.membrane,
                        ((-t * DOWN) as f64, high as f64),
                        reached[0],
                        1.0,
                    );
                }
            }
        }
    }
    assert_eq!(tally.ends, 5 * 2 * 2 * 2 * 2);
    assert_eq!(tally.attained, tally.ends);
}

#[test]
fn ternary_bounds_are_the_closed_forms_and_are_attained() {
    let mut tally = Tally::default();
    for raw in FACTORS.into_iter().chain([ONE]) {
        let a = raw as f64 / ONE as f64;
        for rounding in Rounding::ALL {
            for fire in FIRES {
                for timing in [ResetTiming::SameStep, ResetTiming::NextStep] {
                    let th = fire_at(fire);
                    let layer = layer(
                        ModelId::Lif,
                        (DOWN, UP),
                        &[("decay", raw), ("fire_at", th), ("v_reset", 0)],
                        rounding,
                    );
                    let layer = with_modes(layer, Reset::Hard, timing, Spikes::Ternary);
                    let bound = bounds(&layer, Payloads::SPIKES).unwrap();
                    let closed = (-(a * th as f64 + DOWN as f64), a * th as f64 + UP as f64);
                    tally.check(
                        &format!("ternary {raw} {rounding:?} {fire:?} {timing:?}"),
                        bound.membrane,
                        closed,
                        reached(&layer, 2000)[0],
                        2.0,
                    );
                }
            }
        }
    }
    assert_eq!(tally.ends, 7 * 4 * 2 * 2 * 2);
    assert_eq!(tally.attained, tally.ends);
}

#[test]
fn klif_bounds_are_the_closed_forms_and_are_attained() {
    let mut tally = Tally::default();
    for raw in FACTORS.into_iter().chain([ONE, 3 * ONE / 2]) {
        let a = raw as f64 / ONE as f64;
        for rounding in Rounding::ALL {
            for fire in FIRES {
                for reset in [Reset::Hard, Reset::Soft] {
                    let th = fire_at(fire);
                    let layer = layer(
                        ModelId::Klif,
                        (DOWN, UP),
                        &[
                            ("decay", raw),
                            ("fire_at", th),
                            ("reset_by", THRESHOLD),
                            ("v_reset", 0),
                        ],
                        rounding,
                    );
                    let layer = with_modes(layer, reset, ResetTiming::SameStep, Spikes::Binary);
                    let (up, amount) = (UP as f64, THRESHOLD as f64);
                    let found = bounds(&layer, Payloads::SPIKES);
                    if reset == Reset::Soft && a >= 1.0 {
                        assert!(up > a * amount - 1.0 || a > 1.0);
                        assert!(
                            found.is_none(),
                            "k * decay >= 1 and more current than a reset takes"
                        );
                        continue;
                    }
                    let high = match reset {
                        Reset::Soft => f64::max(a * th as f64 + up, (up - a * amount) / (1.0 - a)),
                        _ => a * th as f64 + up,
                    };
                    let memory = if reset == Reset::Soft { a } else { 0.0 };
                    tally.check(
                        &format!("KLIF {reset:?} {raw} {rounding:?} {fire:?}"),
                        found.unwrap().membrane,
                        (0.0, high),
                        reached(&layer, 30_000)[0],
                        slack(rounding, memory, 1.0) + a.ceil(),
                    );
                }
            }
        }
    }
    println!("{} of {} ends", tally.attained, tally.ends);
    assert_eq!(tally.ends, (8 + 6) * 4 * 2 * 2);
    assert_eq!(tally.attained, tally.ends);
}

#[test]
fn glif_bounds_are_the_closed_forms_and_are_attained() {
    let mut tally = Tally::default();
    for [a0, a1] in [
        [3686, 0],
        [3686, 1843],
        [3686, 3686],
        [4055, 2000],
        [ONE / 2, ONE / 2],
        [0, 0],
    ] {
        for [b0, b1] in [
            [0, 0],
            [-20, -20],
            [0, -THRESHOLD],
            [-20, -20 - THRESHOLD / 2],
            [15, 15],
        ] {
            for conduct in [None, Some(3000)] {
                for (index, rounding) in Rounding::ALL.into_iter().enumerate() {
                    let fire = FIRES[index % 2];
                    let th = fire_at(fire);
                    let mut layer = layer(
                        ModelId::Glif,
                        (DOWN, UP),
                        &[
                            ("decay", a0),
                            ("decay_after_spike", a1),
                            ("offset", b0),
                            ("offset_after_spike", b1),
                            ("fire_at", th),
                        ],
                        rounding,
                    );
                    if let Some(conduct) = conduct {
                        layer.neuron = layer.neuron.with("conduct", Param::Layer(conduct));
                    }
                    let part = |raw: i64| raw as f64 / ONE as f64;
                    let g = conduct.map_or(1.0, part);
                    let (x_low, x_high) = (-g * DOWN as f64, g * UP as f64);
                    let [a0, a1] = [part(a0), part(a1)];
                    let [b0, b1] = [b0 as f64, b1 as f64];
                    let th = th as f64;
                    let closed = (
                        f64::min((x_low + b0) / (1.0 - a0), a1 * th + b1 + x_low),
                        f64::max(a0 * th + x_high + b0, (x_high + b1) / (1.0 - a1)),
                    );
                    let products = if conduct.is_some() { 2.0 } else { 1.0 };
                    tally.check(
                        &format!("GLIF {a0} {a1} {b0} {b1} {conduct:?} {rounding:?} {fire:?}"),
                        bounds(&layer, Payloads::SPIKES).unwrap().membrane,
                        closed,
                        reached(&layer, 5_000)[0],
                        slack(rounding, a0.max(a1), products) + 1.0,
                    );
                }
            }
        }
    }
    println!("{} of {} ends", tally.attained, tally.ends);
    assert_eq!(tally.ends, 6 * 5 * 2 * 4 * 2);
    assert_eq!(tally.attained, tally.ends);
}

/// The sigmoid of `x / lsbs`, in LSBs `out`.
fn sigmoid(lsbs: f64, low: i64, shift: u32, out: f64) -> QuantTable {
    let knots = (0..=64).map(|k| {
        let x = (low + (k << shift)) as f64 / lsbs;
        (out / (1.0 + (-x).exp())).round() as i64
    });
    QuantTable {
        low,
        shift,
        knots: knots.collect(),
    }
}

#[test]
fn clif_bounds_are_the_closed_forms() {
    let mut tally = Tally::default();
    let (mut own, mut nearest) = (0, 0.0f64);
    for tau in [2.0, 4.0, 1.25] {
        let a = 1.0 - 1.0 / tau;
        let raw = (a * ONE as f64) as i64;
        for rounding in Rounding::ALL {
            for fire in FIRES {
                let th = fire_at(fire);
                // One is a threshold of 1000 LSBs; m has 10 fractional bits.
                let mut layer = layer(
                    ModelId::Clif,
                    (DOWN, UP),
                    &[("decay", raw), ("fire_at", th), ("reset_by", THRESHOLD)],
                    rounding,
                );
                let lsb = THRESHOLD as f64;
                layer
                    .neuron
                    .formats
                    .insert("m".to_owned(), QFormat::unsigned(20, 10));
                layer.neuron.tables.insert(
                    "retain".to_owned(),
                    sigmoid(lsb * tau, -16_384, 9, ONE as f64),
                );
                layer
                    .neuron
                    .tables
                    .insert("deepen".to_owned(), sigmoid(1024.0, 1024, 7, lsb));
                let layer = with_modes(layer, Reset::Soft, ResetTiming::SameStep, Spikes::Binary);
                let (down, up) = (DOWN as f64, UP as f64);
                let deepest = 1.0 / (1.0 + (-1.0f64).exp());
                let high = f64::max(
                    a * th as f64 + up,
                    (up - a * lsb * (1.0 + deepest)) / (1.0 - a),
                );
                // After a spike the kept v is as low as this before it is charged.
                let low = f64::min(-a * lsb - down, -down / (1.0 - a)).min(-lsb);
                let bound = bounds(&layer, Payloads::SPIKES).unwrap();
                let reached = reached(&layer, 3_000);
                let what = format!("CLIF tau {tau} {rounding:?} {fire:?}");
                // The table's knots are rounded, and the threshold is not the amount with `>`.
                let slack = slack(rounding, a, 1.0) + 3.0;
                tally.check(&what, bound.membrane, (low, high), reached[0], slack);
                let s1 = 1.0 / (1.0 + (-high / (lsb * tau)).exp());
                let m = 1024.0 / (1.0 - s1);
                assert!(bound.own[0].holds(reached[1]), "{what}: {reached:?}");
                assert_eq!(bound.own[0].low, 0);
                assert!(
                    bound.own[0].high as f64 <= m * 1.01 + 8.0,
                    "{what}: {:?}, {m}",
                    bound.own
                );
                nearest = nearest.max(reached[1].high as f64 / bound.own[0].high as f64);
                own += 1;
            }
        }
    }
    println!(
        "{} of {} ends, m up to {nearest:.2} of its bound",
        tally.attained, tally.ends
    );
    assert_eq!((tally.ends, own), (3 * 4 * 2 * 2, 24));
    assert!(tally.attained * 4 >= tally.ends * 3, "{}", tally.attained);
    assert!(nearest > 0.6, "{nearest}");
}

/// A hand-made network of one neuron with every parameter that `model` must have.
fn hand_made(model: ModelId, weights: &[f64]) -> Network {
    let mut neuron = describe::Neuron::new(model);
    for row in model.info().parameters {
        if row.default == Absent::Required {
            let value = match (row.name, row.range) {
                ("v_threshold", _) => 1.0,
                (_, Range::AboveOne) => 2.0,
                (_, Range::Unit) => 0.75,
                _ => 1.25,
            };
            neuron = neuron.with(row.name, Param::Layer(value));
        }
    }
    Network {
        name: "hand".to_owned(),
        time_steps: 8,
        axons: weights.len(),
        encoding: Encoding::Events,
        layers: vec![describe::Layer {
            synapse: "fc0".to_owned(),
            name: "n0".to_owned(),
            axons: weights.len(),
            neurons: 1,
            weights: weights.to_vec(),
            bias: vec![0.0],
            weight_step: Some(1.0 / 16.0),
            neuron,
            amplitude: Param::Layer(1.0),
        }],
    }
}

/// The narrowest membrane in which nothing saturates: in one bit less an input overflows.
#[test]
fn one_bit_less_than_auto_overflows() {
    let mut cases = 0;
    for &model in ModelId::ALL {
        let (mut overflown, mut missed) = (0, 0);
        for overflow in Overflow::ALL {
            for (up, down) in [(1.875, -0.5), (3.75, -0.25), (0.5, -3.75)] {
                let network = hand_made(model, &[up, down]);
                let options = Options {
                    membrane_bits: MembraneBits::Auto,
                    overflow,
                    ..Options::default()
                };
                let quantized = quantize(&network, &options).unwrap();
                let layer = &quantized.network.layers[0];
                let report = &quantized.report.layers[0];
                let found = bounds(layer, Payloads::SPIKES).unwrap();
                assert!(found.membrane_held(layer.membrane.width, overflow));
                if found.own_held(&layer.neuron) {
                    assert_eq!(report.saturation, Saturation::Unreachable, "{model:?}");
                }
                let mut wide = layer.clone();
                wide.membrane.width = 32;
                wide.overflow = Overflow::Saturate;
                let (membrane, _) = spans(layer, &reached(&wide, 2000));
                let narrow = QFormat::signed(layer.membrane.width - 1, 0);
                let held = Bounds {
                    membrane,
                    own: Vec::new(),
                };
                let by_constant = layer.neuron.table().any(|(row, values)| {
                    row.domain.is_membrane()
                        && values.values().iter().any(|&raw| !narrow.holds(raw))
                });
                if by_constant {
                    continue;
                }
                if held.membrane_held(narrow.width, overflow) {
                    println!(
                        "{model:?} {up} {down}: {membrane:?} of {:?}",
                        found.membrane
                    );
                    missed += 1;
                } else {
                    overflown += 1;
                }
            }
        }
        // A bound takes each state for itself: a membrane and the current that charges it are not at their ends at once, and
        // that of a threshold that has risen is wide.
        let states = model.info().states.iter();
        let counted = states.filter(|state| state.unit == StateUnit::Membrane);
        let several = counted.count() > 1;
        assert!(missed == 0 || several, "{model:?}: {missed}");
        assert!(overflown >= 4, "{model:?}: {overflown}");
        cases += overflown;
    }
    println!("{cases} cases");
    assert!(
        cases as usize >= 2 * ModelId::ALL.len() * Overflow::ALL.len(),
        "{cases}"
    );
}
