//! The arithmetic trait is fit for more than numbers: a third implementation records the expression of a step, with a
//! multiplexer for every decision. Evaluated by plain integer division it equals `Raw`, for every reset and timing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::rc::Rc;

use goldspike_golden::arith::{Arith, Raw, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::Model;
use goldspike_golden::neuron::lif::LifState;
use goldspike_golden::quant::{QuantLayer, QuantNeuron};
use goldspike_testbench::strategy::{generate, rng};
use proptest::prelude::RngExt;

type Number = Rc<Expression>;

#[derive(Debug)]
enum Expression {
    Constant(i64),
    Potential,
    Current,
    Add(Number, Number),
    Sub(Number, Number),
    Product(Number, Number, u32, Rounding),
    MaxZero(Number),
    Overflow(Number, QFormat, Overflow),
    Align(Number, i32, Rounding),
    Multiplexer(Bit, Number, Number),
}

#[derive(Clone, Debug)]
enum Bit {
    Constant(bool),
    StoredSpike,
    StoredNegative,
    AtLeast(Number, Number),
    Above(Number, Number),
}

/// Records instead of computing.
struct Recorder {
    modes: Raw,
}

impl Arith for Recorder {
    type Num = Number;
    type Bit = Bit;

    fn bit(&self, value: bool) -> Bit {
        Bit::Constant(value)
    }

    fn add(&self, a: &Number, b: &Number) -> Number {
        Rc::new(Expression::Add(a.clone(), b.clone()))
    }

    fn sub(&self, a: &Number, b: &Number) -> Number {
        Rc::new(Expression::Sub(a.clone(), b.clone()))
    }

    fn neg(&self, a: &Number) -> Number {
        Rc::new(Expression::Sub(Rc::new(Expression::Constant(0)), a.clone()))
    }

    fn product(&self, coefficient: &Number, value: &Number, drop: u32) -> Number {
        Rc::new(Expression::Product(
            coefficient.clone(),
            value.clone(),
            drop,
            self.modes.rounding,
        ))
    }

    fn max_zero(&self, sum: &Number) -> Number {
        Rc::new(Expression::MaxZero(sum.clone()))
    }

    fn overflow(&self, sum: &Number, format: &QFormat) -> Number {
        Rc::new(Expression::Overflow(
            sum.clone(),
            *format,
            self.modes.overflow,
        ))
    }

    fn align(&self, sum: &Number, guard_bits: i32) -> Number {
        Rc::new(Expression::Align(
            sum.clone(),
            guard_bits,
            self.modes.rounding,
        ))
    }

    fn at_least(&self, h: &Number, threshold: &Threshold<Number>) -> Bit {
        match threshold.fire {
            Fire::Ge => Bit::AtLeast(h.clone(), threshold.level.clone()),
            Fire::Gt => Bit::Above(h.clone(), threshold.level.clone()),
        }
    }

    fn split(
        &self,
        h: &Number,
        threshold: &Threshold<Number>,
        fired: impl FnOnce(&Number) -> Number,
        silent: impl FnOnce(&Number) -> Number,
    ) -> (Bit, Number) {
        let bit = self.at_least(h, threshold);
        (
            bit.clone(),
            Rc::new(Expression::Multiplexer(bit, fired(h), silent(h))),
        )
    }

    fn select(
        &self,
        bit: &Bit,
        then: impl FnOnce() -> Number,
        otherwise: impl FnOnce() -> Number,
    ) -> Number {
        Rc::new(Expression::Multiplexer(bit.clone(), then(), otherwise()))
    }
}

struct Inputs {
    potential: i128,
    current: i128,
    stored_spike: bool,
    stored_negative: bool,
}

/// `value / 2^drop` by the definitions of the modes.
fn rounded(value: i128, drop: u32, mode: Rounding) -> i128 {
    let unit = 1i128 << drop;
    let (floor, lost) = (value.div_euclid(unit), value.rem_euclid(unit));
    match mode {
        Rounding::Floor => floor,
        Rounding::ToZero => value / unit,
        Rounding::HalfUp => (2 * value + unit).div_euclid(2 * unit),
        Rounding::HalfEven if 2 * lost == unit => floor + floor.rem_euclid(2),
        Rounding::HalfEven => (2 * value + unit).div_euclid(2 * unit),
    }
}

fn evaluate(expression: &Expression, inputs: &Inputs) -> i128 {
    let value = |part: &Number| evaluate(part, inputs);
    match expression {
        Expression::Constant(constant) => i128::from(*constant),
        Expression::Potential => inputs.potential,
        Expression::Current => inputs.current,
        Expression::Add(a, b) => value(a) + value(b),
        Expression::Sub(a, b) => value(a) - value(b),
        Expression::Product(a, b, drop, mode) => rounded(value(a) * value(b), *drop, *mode),
        Expression::MaxZero(sum) => value(sum).max(0),
        Expression::Overflow(sum, format, mode) => {
            let (least, most) = (i128::from(format.min()), i128::from(format.max()));
            match mode {
                Overflow::Saturate => value(sum).max(least).min(most),
                Overflow::SaturateSymmetric => value(sum).max(-most).min(most),
                Overflow::Wrap => (value(sum) - least).rem_euclid(most - least + 1) + least,
            }
        }
        Expression::Align(sum, guard_bits, mode) if *guard_bits < 0 => {
            rounded(value(sum), guard_bits.unsigned_abs(), *mode)
        }
        Expression::Align(sum, guard_bits, _) => value(sum) * (1 << guard_bits),
        Expression::Multiplexer(bit, then, otherwise) => {
            value(if holds(bit, inputs) { then } else { otherwise })
        }
    }
}

fn holds(bit: &Bit, inputs: &Inputs) -> bool {
    match bit {
        Bit::Constant(value) => *value,
        Bit::StoredSpike => inputs.stored_spike,
        Bit::StoredNegative => inputs.stored_negative,
        Bit::AtLeast(a, b) => evaluate(a, inputs) >= evaluate(b, inputs),
        Bit::Above(a, b) => evaluate(a, inputs) > evaluate(b, inputs),
    }
}

/// `h`, `v` and both signs of the spike of one step of neuron `n` from `v` and the stored spike, in any arithmetic.
fn one_step<A: Arith>(
    a: &A,
    layer: &QuantLayer,
    n: usize,
    constant: impl Fn(i64) -> A::Num,
    (v, spike, negative): (A::Num, A::Bit, A::Bit),
    x: &A::Num,
) -> (A::Num, A::Num, A::Bit, A::Bit) {
    match &layer.neuron {
        QuantNeuron::Lif(lif) => {
            let p = lif.params(n, layer.membrane, &constant, &constant).unwrap();
            let done = Model::step(&p, a, &LifState { v, spike, negative }, x);
            (done.h, done.state.v, done.spike, done.negative)
        }
        QuantNeuron::Klif(klif) => {
            let p = klif
                .params(n, layer.membrane, &constant, &constant)
                .unwrap();
            let done = p.step(a, &v, x);
            (done.h, done.state, done.spike, done.negative)
        }
    }
}

#[test]
fn the_recorded_expression_of_a_step_equals_raw() {
    let mut rng = rng(30);
    let mut forms = std::collections::HashSet::new();
    let (mut compared, mut spikes, mut negative_spikes, mut ties) = (0, 0, 0, 0);
    for _ in 0..2500 {
        let network = generate::network(&mut rng);
        for layer in &network.layers {
            let form = match &layer.neuron {
                QuantNeuron::Lif(lif) => (lif.reset, Some((lif.reset_timing, lif.spikes))),
                QuantNeuron::Klif(klif) => (klif.reset, None),
            };
            forms.insert((form, layer.rounding, layer.overflow));
            let modes = Raw {
                rounding: layer.rounding,
                overflow: layer.overflow,
            };
            let recorder = Recorder { modes };
            let n = rng.random_range(0..layer.neurons);
            let fire_at = layer.neuron.fire_at().of(n);
            let constant = |raw: i64| Rc::new(Expression::Constant(raw));
            let before = (
                Rc::new(Expression::Potential),
                Bit::StoredSpike,
                Bit::StoredNegative,
            );
            let current = recorder.align(&Rc::new(Expression::Current), layer.guard_bits);
            let recorded = one_step(&recorder, layer, n, constant, before, &current);

            let (low, high) = (layer.accumulator.min(), layer.accumulator.max());
            for _ in 0..20 {
                let v = rng.random_range(layer.membrane.min()..=layer.membrane.max());
                // Half of the currents bring h near the threshold.
                let near = (fire_at - v) >> layer.guard_bits.clamp(0, 62);
                let x = if rng.random_bool(0.5) {
                    near.clamp(low, high)
                } else {
                    rng.random_range(low..=high)
                };
                let stored_spike = rng.random_bool(0.5);
                let ternary = !layer.neuron.spikes().is_binary();
                let stored_negative = ternary && !stored_spike && rng.random_bool(0.5);
                let inputs = Inputs {
                    potential: i128::from(v),
                    current: i128::from(x),
                    stored_spike,
                    stored_negative,
                };
                let aligned = modes.align(&x, layer.guard_bits);
                let before = (v, stored_spike, stored_negative);
                let raw = one_step(&modes, layer, n, |raw| raw, before, &aligned);
                let place = || format!("{:?} v {v} x {x}", layer.neuron);
                assert_eq!(
                    evaluate(&recorded.0, &inputs),
                    i128::from(raw.0),
                    "{}",
                    place()
                );
                assert_eq!(
                    evaluate(&recorded.1, &inputs),
                    i128::from(raw.1),
                    "{}",
                    place()
                );
                assert_eq!(holds(&recorded.2, &inputs), raw.2, "{}", place());
                assert_eq!(holds(&recorded.3, &inputs), raw.3, "{}", place());
                negative_spikes += usize::from(raw.3);
                compared += 1;
                spikes += usize::from(raw.2);
                ties += usize::from(raw.0 == fire_at);
            }
        }
    }
    println!(
        "{compared} steps, {spikes} spikes, {negative_spikes} of -1, {ties} ties, {} forms",
        forms.len()
    );
    assert!(compared > 30_000 && spikes > 5000 && compared - spikes > 5000 && ties > 500);
    assert!(negative_spikes > 2000);
    assert_eq!(forms.len(), (3 * 5 + 3) * 4 * 3);
}
