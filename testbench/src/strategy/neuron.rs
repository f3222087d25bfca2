//! The random neuron of a layer: a model of the registry, modes that it has, and its constants by what they are counted in.

use goldspike_golden::arith::{Arith, Raw};
use goldspike_golden::format::{Overflow, QFormat};
use goldspike_golden::neuron::info::{ConstantInfo, Domain, StateUnit, TableInfo};
use goldspike_golden::neuron::{ModelId, Modes};
use goldspike_golden::quant::{Param, Payloads, QuantLayer, QuantNeuron};
use goldspike_golden::table::QuantTable;
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use super::generate::{any_order, param, pick};
use crate::plain::{complete, fit, table_input, table_max};

/// Shown factors of `h` and of states.
const SHOWN: [f64; 3] = [1.0, 0.5, 1.28];

/// A neuron for `layer`, of which everything else is drawn. Where constants depend on the step, they have `steps` of them.
pub(super) fn neuron(
    rng: &mut TestRng,
    layer: &QuantLayer,
    fed: Payloads,
    steps: usize,
) -> QuantNeuron {
    let model = pick(rng, ModelId::ALL, ModelId::Lif);
    let info = model.info();
    let modes = pick(rng, &info.modes.combinations(), info.modes.first());
    let frac: i32 = rng.random_range(0..=23);
    let spare = pick(rng, &[0, 0, 0, 1, 2], 0);
    let width = (frac.unsigned_abs() + 1 + spare).min(24);
    let mut neuron = QuantNeuron {
        modes,
        refractory: match rng.random_bool(0.8) {
            true => 0,
            false => rng.random_range(1..=5),
        },
        ..QuantNeuron::new(model, QFormat::unsigned(width, frac))
    };
    let draw = Draw {
        layer,
        fed,
        steps,
        coefficient: neuron.coefficient,
        near: rng.random_bool(0.8),
        strict: i64::from(rng.random_bool(0.5)),
        threshold: threshold(rng, layer, fed),
    };
    let (first, rest): (Vec<_>, Vec<_>) = info
        .constants
        .iter()
        .filter(|row| wanted(rng, &neuron, row))
        .partition(|row| row.domain == Domain::Threshold);
    let mut base = draw.threshold.clone();
    for row in first {
        base = draw.constant(rng, row, &base);
        neuron.constants.insert(row.name.to_owned(), base.clone());
    }
    for row in rest {
        let values = draw.constant(rng, row, &base);
        neuron.constants.insert(row.name.to_owned(), values);
    }
    for state in info.states.iter().filter(|s| s.unit == StateUnit::Own) {
        let width = rng.random_range(2..=24);
        let frac = rng.random_range(0..width);
        let format = QFormat::unsigned(width, i32::try_from(frac).unwrap_or(0));
        neuron.formats.insert(state.name.to_owned(), format);
    }
    for row in info.tables {
        let table = table(rng, &neuron, row, layer.membrane);
        neuron.tables.insert(row.name.to_owned(), table);
    }
    if rng.random_bool(0.25) {
        let shown = Param::Layer(pick(rng, &SHOWN, 1.0));
        neuron.scales.insert("h".to_owned(), shown);
    }
    complete(&mut neuron, layer.membrane, 1);
    neuron
}

fn wanted(rng: &mut TestRng, neuron: &QuantNeuron, row: &ConstantInfo) -> bool {
    neuron.needs(row).unwrap_or_else(|| rng.random_bool(0.6))
}

/// Legal modes of the model that differ from `modes` in as little as they must.
pub(super) fn nearest_modes(model: ModelId, modes: &Modes) -> Modes {
    let set = model.info().modes;
    let likeness = |other: &Modes| {
        u32::from(other.reset == modes.reset)
            + u32::from(other.reset_timing == modes.reset_timing)
            + u32::from(other.spikes == modes.spikes)
            + u32::from(other.leak == modes.leak)
            + u32::from(other.order == modes.order)
    };
    let all = set.combinations().into_iter();
    all.max_by_key(likeness).unwrap_or_else(|| set.first())
}

/// What the constants of one layer are drawn by.
struct Draw<'a> {
    layer: &'a QuantLayer,
    fed: Payloads,
    steps: usize,
    coefficient: QFormat,
    /// Whether the reset is about the threshold.
    near: bool,
    /// 1 where the threshold is meant to be exceeded.
    strict: i64,
    threshold: Param<i64>,
}

impl Draw<'_> {
    /// Values of `row`; `base` are those of the threshold.
    fn constant(&self, rng: &mut TestRng, row: &ConstantInfo, base: &Param<i64>) -> Param<i64> {
        let (min, max) = (self.layer.membrane.min(), self.layer.membrane.max());
        let symmetric = self.layer.overflow == Overflow::SaturateSymmetric;
        let low = if symmetric { -max } else { min };
        let one = 1i64 << self.coefficient.frac;
        match row.domain {
            Domain::Decay { above_one } => {
                let most = if above_one {
                    self.coefficient.max().min(5 * one / 2)
                } else {
                    one
                };
                self.shaped(rng, row, |rng| decay(rng, self.coefficient.frac, most))
            }
            Domain::Conductance => self.shaped(rng, row, |rng| match rng.random_bool(0.2) {
                true => one,
                false => rng.random_range(0..=one),
            }),
            Domain::Threshold => match row.by_step && self.steps > 1 && rng.random_bool(0.5) {
                true => self.shaped(rng, row, |rng| level(rng, self.layer, self.fed)),
                false => base.clone(),
            },
            Domain::Pending if self.near => fit(base, row.by_step).map(|at| at + 1 - self.strict),
            Domain::Pending => self.shaped(rng, row, |rng| rng.random_range(min..=max + 1)),
            Domain::Amount if self.near => fit(base, row.by_step).map(|at| at - self.strict),
            Domain::Amount => self.shaped(rng, row, |rng| rng.random_range(min..=max)),
            Domain::Offset { .. } => self.shaped(rng, row, |rng| state(rng, low, max, 0.6)),
            Domain::State => self.shaped(rng, row, |rng| state(rng, low, max, 0.55)),
            Domain::Leak => self.shaped(rng, row, |rng| match rng.random_range(0..6) {
                0 => 0,
                1 => any_order(rng, 0, max),
                _ => any_order(rng, 0, (max / 16).max(1)),
            }),
        }
    }

    /// One value a layer or neuron, or of each step too where that may be.
    fn shaped(
        &self,
        rng: &mut TestRng,
        row: &ConstantInfo,
        mut draw: impl FnMut(&mut TestRng) -> i64,
    ) -> Param<i64> {
        let (neurons, steps) = (self.layer.neurons, self.steps);
        if !row.by_step || steps < 2 || rng.random_bool(0.5) {
            return param(rng, neurons, draw);
        }
        if rng.random_bool(0.5) {
            Param::Step {
                by_step: (0..steps).map(|_| draw(rng)).collect(),
            }
        } else {
            Param::StepNeuron {
                steps,
                by_step_and_neuron: (0..steps * neurons).map(|_| draw(rng)).collect(),
            }
        }
    }
}

fn decay(rng: &mut TestRng, frac: i32, most: i64) -> i64 {
    let one = 1i64 << frac;
    match rng.random_range(0..8) {
        0 => 0,
        1 => one,
        2 => one - (one >> rng.random_range(0..=frac)),
        3 => one / 2,
        4 => one - (one >> frac.min(3)),
        _ => rng.random_range(0..=most),
    }
}

/// A value of the membrane, `often` 0.
fn state(rng: &mut TestRng, low: i64, max: i64, often: f64) -> i64 {
    match rng.random_bool(often) {
        true => 0,
        false if rng.random_bool(0.2) => pick(rng, &[low, max], max),
        false => any_order(rng, low, max),
    }
}

fn threshold(rng: &mut TestRng, layer: &QuantLayer, fed: Payloads) -> Param<i64> {
    param(rng, layer.neurons, |rng| level(rng, layer, fed))
}

/// Most often a sum that events really give.
fn level(rng: &mut TestRng, layer: &QuantLayer, fed: Payloads) -> i64 {
    let max = layer.membrane.max();
    match rng.random_range(0..6) {
        0 => any_order(rng, 1, max).max(1),
        1 => pick(rng, &[1, max], max),
        _ => likely_sum(rng, layer, fed).abs().clamp(1, max),
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

/// Knots that never fall, over about the range of the input.
fn table(
    rng: &mut TestRng,
    neuron: &QuantNeuron,
    info: &TableInfo,
    membrane: QFormat,
) -> QuantTable {
    let segments = rng.random_range(1..=6u32);
    let input = table_input(info, neuron, membrane);
    let most = table_max(info, neuron.coefficient, membrane);
    let most = any_order(rng, 0, most);
    let count = (1usize << segments) + 1;
    let mut knots: Vec<i64> = (0..count).map(|_| rng.random_range(0..=most)).collect();
    knots.sort_unstable();
    let width = i64::from(input.width) - i64::from(segments);
    let shift = (width + rng.random_range(-3..=1)).clamp(0, 31);
    let low = match rng.random_range(0..3) {
        0 => 0,
        1 => input.min(),
        _ => rng.random_range(input.min()..=input.max()),
    };
    QuantTable {
        low,
        shift: u32::try_from(shift).unwrap_or(0),
        knots,
    }
}
