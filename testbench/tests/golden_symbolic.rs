//! The arithmetic trait is fit for more than numbers: a third implementation records the expression of a step, with a
//! multiplexer for every decision. Evaluated by plain integer division it equals `Raw`, for every reset and timing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod golden_support;

use std::collections::HashSet;
use std::rc::Rc;

use golden_support::{brought, rounded};
use goldspike_golden::arith::{Arith, Raw, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::StateUnit;
use goldspike_golden::neuron::{ModelId, State};
use goldspike_golden::table::Table;
use goldspike_testbench::strategy::{generate, rng};
use proptest::prelude::RngExt;

type Number = Rc<Expression>;

#[derive(Debug)]
enum Expression {
    Constant(i64),
    /// A kept state, by its index.
    Kept(usize),
    Current,
    Add(Number, Number),
    Sub(Number, Number),
    Product(Number, Number, u32, Rounding),
    MaxZero(Number),
    Lookup(Table<Number>, Number),
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

    fn lookup(&self, table: &Table<Number>, x: &Number) -> Number {
        Rc::new(Expression::Lookup(table.clone(), x.clone()))
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
    kept: Vec<i64>,
    current: i128,
    stored_spike: bool,
    stored_negative: bool,
}

fn evaluate(expression: &Expression, inputs: &Inputs) -> i128 {
    let value = |part: &Number| evaluate(part, inputs);
    match expression {
        Expression::Constant(constant) => i128::from(*constant),
        Expression::Kept(index) => i128::from(inputs.kept[*index]),
        Expression::Current => inputs.current,
        Expression::Add(a, b) => value(a) + value(b),
        Expression::Sub(a, b) => value(a) - value(b),
        Expression::Product(a, b, drop, mode) => rounded(value(a) * value(b), *drop, *mode),
        Expression::MaxZero(sum) => value(sum).max(0),
        Expression::Lookup(table, x) => interpolated(table, value(x), value),
        Expression::Overflow(sum, format, mode) => brought(value(sum), format, *mode),
        Expression::Align(sum, guard_bits, mode) if *guard_bits < 0 => {
            rounded(value(sum), guard_bits.unsigned_abs(), *mode)
        }
        Expression::Align(sum, guard_bits, _) => value(sum) * (1 << guard_bits),
        Expression::Multiplexer(bit, then, otherwise) => {
            value(if holds(bit, inputs) { then } else { otherwise })
        }
    }
}

/// A line from the knot at or below `x` to the next one, by one division that rounds half up; flat outside.
fn interpolated(table: &Table<Number>, x: i128, value: impl Fn(&Number) -> i128) -> i128 {
    let knots: Vec<i128> = table.knots.iter().map(&value).collect();
    let unit = 1i128 << table.shift;
    let last = (knots.len() as i128 - 1) * unit - 1;
    let inside = (x - value(&table.low)).max(0).min(last);
    let (segment, part) = (inside.div_euclid(unit) as usize, inside.rem_euclid(unit));
    let (start, end) = (knots[segment], knots[segment + 1]);
    start + (2 * (end - start) * part + unit).div_euclid(2 * unit)
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

/// Models, modes and arithmetic that were compared.
fn every_form() -> usize {
    let forms = ModelId::ALL
        .iter()
        .map(|model| model.info().modes.combinations().len());
    forms.sum()
}

#[test]
fn the_recorded_expression_of_a_step_equals_raw() {
    let mut rng = rng(30);
    let (mut forms, mut arithmetic) = (HashSet::new(), HashSet::new());
    let (mut compared, mut spikes, mut negative_spikes, mut ties) = (0, 0, 0, 0);
    let (mut waiting, mut networks) = (0, 0);
    while networks < 2500 || (forms.len() < every_form() && networks < 20_000) {
        networks += 1;
        let network = generate::network(&mut rng);
        for layer in &network.layers {
            let neuron = &layer.neuron;
            forms.insert((neuron.model, neuron.modes));
            arithmetic.insert((neuron.model, layer.rounding, layer.overflow));
            let modes = Raw {
                rounding: layer.rounding,
                overflow: layer.overflow,
            };
            let recorder = Recorder { modes };
            let n = rng.random_range(0..layer.neurons);
            let t = rng.random_range(0..=neuron.steps());
            let fire_at = *neuron.fire_at().get(n, t).unwrap();
            let constant = |raw: i64| Rc::new(Expression::Constant(raw));
            let current = recorder.align(&Rc::new(Expression::Current), layer.guard_bits);
            let states: Vec<_> = neuron.states().collect();
            let before = State {
                kept: (0..states.len())
                    .map(|index| Rc::new(Expression::Kept(index)))
                    .collect(),
                spike: Bit::StoredSpike,
                negative: Bit::StoredNegative,
            };
            let symbolic = layer.cell(n, t, constant, constant).unwrap();
            let recorded = symbolic.step(&recorder, &before, &current);
            let cell = layer.cell(n, t, |raw| raw, |raw| raw).unwrap();

            let (low, high) = (layer.accumulator.min(), layer.accumulator.max());
            for _ in 0..20 {
                let kept: Vec<i64> = states
                    .iter()
                    .map(|state| match state.unit {
                        StateUnit::Steps if rng.random_bool(0.5) => 0,
                        StateUnit::Steps => rng.random_range(0..=i64::from(neuron.refractory)),
                        StateUnit::Membrane | StateUnit::Own => {
                            let format = layer.state_format(state);
                            rng.random_range(format.min()..=format.max())
                        }
                    })
                    .collect();
                // Half of the currents bring h near the threshold.
                let near = (fire_at - kept[0]) >> layer.guard_bits.clamp(0, 62);
                let x = if rng.random_bool(0.5) {
                    near.clamp(low, high)
                } else {
                    rng.random_range(low..=high)
                };
                let stored_spike = rng.random_bool(0.5);
                let ternary = !neuron.modes.spikes.is_binary();
                let stored_negative = ternary && !stored_spike && rng.random_bool(0.5);
                waiting += usize::from(neuron.refractory > 0 && kept.last() > Some(&0));
                let before = State {
                    kept: kept.clone(),
                    spike: stored_spike,
                    negative: stored_negative,
                };
                let inputs = Inputs {
                    kept,
                    current: i128::from(x),
                    stored_spike,
                    stored_negative,
                };
                let aligned = modes.align(&x, layer.guard_bits);
                let raw = cell.step(&modes, &before, &aligned);
                let place = || format!("{neuron:?} {before:?} x {x}");
                let h = evaluate(&recorded.h, &inputs);
                assert_eq!(h, i128::from(raw.h), "{}", place());
                assert_eq!(recorded.kept.len(), raw.kept.len(), "{}", place());
                for (recorded, &raw) in recorded.kept.iter().zip(&raw.kept) {
                    assert_eq!(evaluate(recorded, &inputs), i128::from(raw), "{}", place());
                }
                assert_eq!(holds(&recorded.spike, &inputs), raw.spike, "{}", place());
                assert_eq!(
                    holds(&recorded.negative, &inputs),
                    raw.negative,
                    "{}",
                    place()
                );
                negative_spikes += usize::from(raw.negative);
                compared += 1;
                spikes += usize::from(raw.spike);
                ties += usize::from(raw.h == fire_at);
            }
        }
    }
    println!(
        "{compared} steps, {spikes} spikes, {negative_spikes} of -1, {ties} ties, {waiting} refractory, {} forms",
        forms.len()
    );
    assert!(compared > 30_000 && spikes > 5000 && compared - spikes > 5000 && ties > 500);
    assert!(negative_spikes > 1000 && waiting > 1000);
    assert_eq!(forms.len(), every_form());
    assert_eq!(arithmetic.len(), ModelId::ALL.len() * 4 * 3);
}
