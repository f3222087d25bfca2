//! Law: on dyadic networks the golden model equals the reference exactly: every spike, every compared and kept value.
//!
//! All constants are multiples of a power of two, membranes have enough guard bits for every product of the sample's
//! steps and enough bits above, so no bit is lost in either. Each network is drawn as small integers, from which its
//! real description and its integers are written down apart (no quantizer is involved): for the models in `APART` without
//! the product code that folds parameters too, for every other model of the registry from what folding gave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::collections::HashSet;

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::describe::{Fire, Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::{dequantised, golden, reference};
use goldspike_golden::neuron::info::{
    Default as Absence, Domain, ParameterInfo, Range, Shape, StateUnit,
};
use goldspike_golden::neuron::{Leak, ModelId, Modes, Reset};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::strategy::{generate, rng};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

const NETWORKS: usize = 2000;
const STEPS: u32 = 5;
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

/// What the numbers of one layer are multiples of.
struct Grid {
    neurons: usize,
    /// Bits of a factor.
    frac: i32,
    guard_bits: i32,
    /// Real value of the membrane's LSB, by neuron.
    lsb: Vec<f64>,
}

impl Grid {
    /// Membrane values that are `low` to `high` of the sum's LSB.
    fn values(&self, rng: &mut TestRng, low: i64, high: i64) -> Param<i64> {
        param(rng, self.neurons, |rng| {
            rng.random_range(low..=high) << self.guard_bits.max(0)
        })
    }

    fn real(&self, values: &Param<i64>) -> Param<f64> {
        each(self.neurons, |n| values.of(n) as f64 * self.lsb[n])
    }
}

/// Both descriptions of a layer's neurons.
struct Pair {
    real: Neuron,
    quantized: QuantNeuron,
    /// Factor of the current, by neuron.
    gain: Vec<f64>,
}

/// A description of a model and, from the same small integers, what it is in integers.
type Draw = fn(&mut TestRng, &Grid, &Neuron) -> Pair;

/// The models whose folding is written down here once more.
const APART: &[(ModelId, Draw)] = &[(ModelId::Lif, lif), (ModelId::Klif, klif)];

/// Integers of the constants that `modes` need.
fn quantized(
    plain: &Neuron,
    coefficient: QFormat,
    constants: &[(&str, Param<i64>)],
) -> QuantNeuron {
    let mut neuron = QuantNeuron::new(plain.model, coefficient);
    (neuron.modes, neuron.refractory) = (plain.modes, plain.refractory);
    for (name, values) in constants {
        let row = plain.model.info().constant(name).unwrap();
        if neuron.needs(row) != Some(false) {
            neuron = neuron.with(name, values.clone());
        }
    }
    neuron
}

fn lif(rng: &mut TestRng, grid: &Grid, plain: &Neuron) -> Pair {
    let Grid { neurons, frac, .. } = *grid;
    let decay = param(rng, neurons, |rng| rng.random_range(0..=1i64 << frac));
    let gain = param(rng, neurons, |rng| rng.random_range(-2..=2));
    let [offset, v_reset, v_init] = [0; 3].map(|_| grid.values(rng, -4, 4));
    let leak = grid.values(rng, 0, 3);
    let threshold = grid.values(rng, 1, 16);
    let (level, fire_at) = level(rng, grid, plain, &threshold);
    let gain: Vec<f64> = (0..neurons).map(|n| power(gain.of(n))).collect();
    let constant_input = match plain.modes.leak {
        Leak::LinearUnclamped => each(neurons, |n| offset.of(n) - leak.of(n)),
        Leak::LinearTowardZero => offset.clone(),
    };
    Pair {
        real: plain
            .clone()
            .with("decay", decay.map(|&raw| raw as f64 * power(-frac)))
            .with("input_gain", Param::Neuron(gain.clone()))
            .with("offset", grid.real(&offset))
            .with("leak", grid.real(&leak))
            .with("v_threshold", level)
            .with("v_reset", grid.real(&v_reset))
            .with("v_init", grid.real(&v_init)),
        quantized: quantized(
            plain,
            QFormat::unsigned(frac.unsigned_abs() + 1, frac),
            &[
                ("decay", decay),
                ("offset", constant_input),
                ("leak", leak),
                ("fire_at", fire_at),
                ("pending_at", threshold.map(|&at| at + 1)),
                ("reset_by", threshold),
                ("v_reset", v_reset),
                ("v_init", v_init),
            ],
        ),
        gain,
    }
}

/// Real threshold and smallest integer that fires. A threshold between two raw values is dyadic too, but a soft reset by
/// it is not representable.
fn level(
    rng: &mut TestRng,
    grid: &Grid,
    plain: &Neuron,
    threshold: &Param<i64>,
) -> (Param<f64>, Param<i64>) {
    let half = plain.modes.reset != Reset::Soft && rng.random_bool(0.3);
    let between = if half { 0.5 } else { 0.0 };
    let above = i64::from(half || plain.fire == Fire::Gt);
    let level = |n: usize| (threshold.of(n) as f64 + between) * grid.lsb[n];
    (each(grid.neurons, level), threshold.map(|&at| at + above))
}

/// The factor stands in the threshold (`scale_reset`) or in the charge.
fn klif(rng: &mut TestRng, grid: &Grid, plain: &Neuron) -> Pair {
    let Grid { neurons, frac, .. } = *grid;
    let k = power(rng.random_range(-1..=1));
    let scale_reset = rng.random_bool(0.5);
    let (in_charge, h_scale) = if scale_reset { (1.0, k) } else { (k, 1.0) };
    let most = 3i64 << frac >> 1;
    let decay = param(rng, neurons, |rng| rng.random_range(0..=most));
    let gain = param(rng, neurons, |rng| rng.random_range(-2..=2));
    let [offset, v_reset, v_init] = [0; 3].map(|_| grid.values(rng, -4, 4));
    let threshold = grid.values(rng, 1, 16);
    let (level, fire_at) = level(rng, grid, plain, &threshold);
    let gain: Vec<f64> = (0..neurons).map(|n| power(gain.of(n))).collect();
    let factor = |raw: &i64| *raw as f64 * power(-frac) / in_charge;
    let mut quantized = quantized(
        plain,
        QFormat::unsigned(frac.unsigned_abs() + 2, frac),
        &[
            ("decay", decay.clone()),
            ("offset", offset.clone()),
            ("fire_at", fire_at),
            ("reset_by", threshold),
            ("v_reset", v_reset.clone()),
            ("v_init", v_init.clone()),
        ],
    );
    if h_scale != 1.0 {
        let shown = Param::Layer(h_scale);
        quantized.scales.insert("h".to_owned(), shown);
    }
    Pair {
        real: plain
            .clone()
            .with("decay", decay.map(factor))
            .with("k", Param::Layer(k))
            .with(
                "scale_reset",
                Param::Layer(f64::from(u8::from(scale_reset))),
            )
            .with("input_gain", each(neurons, |n| gain[n] / in_charge))
            .with(
                "offset",
                grid.real(&offset).map(|offset| offset / in_charge),
            )
            .with("v_threshold", level.map(|level| level * h_scale))
            .with("v_reset", grid.real(&v_reset))
            .with("v_init", grid.real(&v_init)),
        quantized,
        gain,
    }
}

/// Any model: real parameters by the tables, integers by the domains of what they fold into. `None` where a folded number
/// is no multiple of its LSB.
fn by_tables(rng: &mut TestRng, grid: &Grid, plain: &Neuron) -> Option<Pair> {
    let info = plain.model.info();
    let mut real = plain.clone();
    for row in info.parameters {
        if row.default != Absence::Absent || rng.random_bool(0.5) {
            real = real.with(row.name, parameter(rng, grid, plain.model, row));
        }
    }
    let folded = real.collapse();
    let factors = || {
        let rows = folded.constants.iter();
        rows.filter(|(name, _)| !info.constant(name).unwrap().domain.is_membrane())
    };
    let exact = |frac: i32| {
        factors().all(|(_, values)| {
            values
                .values()
                .iter()
                .all(|v| (v * power(frac)).fract() == 0.0)
        })
    };
    let finest = if grid.frac == 0 { 0 } else { grid.frac + 1 };
    let frac = (0..=finest).find(|&frac| exact(frac))?;
    let largest = factors().flat_map(|(_, values)| values.values());
    let largest = largest.fold(1.0f64, |most, &value| most.max(value * power(frac)));
    let width = 64 - (largest.max(power(frac)) as u64).leading_zeros();
    let mut neuron = quantized(plain, QFormat::unsigned(width, frac), &[]);
    let h_scale = folded.h_scale();
    for (name, values) in &folded.constants {
        let domain = info.constant(name).unwrap().domain;
        let in_lsbs = match domain.is_membrane() {
            false => values.map(|value| value * power(frac)),
            true => values.zip(&each(grid.neurons, |n| grid.lsb[n]), |value, lsb| {
                value / lsb
            }),
        };
        let above = |value: f64| value.floor() + 1.0;
        let raw = in_lsbs.map(|&value| match (domain, plain.fire) {
            (Domain::Threshold, Fire::Ge) => (value / h_scale).ceil(),
            (Domain::Threshold, Fire::Gt) => above(value / h_scale),
            (Domain::Pending, _) => above(value / h_scale),
            (Domain::Amount, _) => value / h_scale,
            _ => value,
        });
        if raw.values().iter().any(|value| value.fract() != 0.0) {
            return None;
        }
        let raw = raw.map(|&value| value as i64);
        neuron.constants.insert((*name).to_owned(), raw);
    }
    for (name, scale) in &folded.scales {
        neuron.scales.insert((*name).to_owned(), scale.clone());
    }
    let gain: Vec<f64> = (0..grid.neurons).map(|n| folded.input_gain.of(n)).collect();
    // The weights are divided by it.
    if gain.iter().any(|gain| gain.abs().log2().fract() != 0.0) {
        return None;
    }
    Some(Pair {
        real,
        quantized: neuron,
        gain,
    })
}

/// A value of the grid that its constants are counted in, a power of two where none is named after it.
fn parameter(rng: &mut TestRng, grid: &Grid, model: ModelId, row: &ParameterInfo) -> Param<f64> {
    let constants = model.info().constants;
    let domain = constants
        .iter()
        .find(|c| c.file == row.name)
        .map(|c| c.domain);
    let most = match domain {
        Some(Domain::Decay { above_one: true }) => 3i64 << grid.frac >> 1,
        _ => 1 << grid.frac,
    };
    let draw = |rng: &mut TestRng, n: Option<usize>| match (domain, row.range) {
        (Some(domain), range) if domain.is_membrane() => {
            let raw = match range {
                Range::Positive | Range::Factor | Range::AboveOne => rng.random_range(1..=16i64),
                Range::NotNegative | Range::Unit | Range::Flag => rng.random_range(0..=4),
                Range::Any => rng.random_range(-4..=4),
            };
            let lsb = n.map_or(1.0, |n| grid.lsb[n]);
            (raw << grid.guard_bits.max(0)) as f64 * lsb
        }
        (Some(_), _) => rng.random_range(0..=most) as f64 * power(-grid.frac),
        (None, Range::Flag) => f64::from(rng.random_range(0..=1u8)),
        (None, Range::Unit) => f64::from(rng.random_range(0..=2u8)) / 2.0,
        (None, _) => power(rng.random_range(-1..=1)),
    };
    let membrane = domain.is_some_and(Domain::is_membrane);
    match row.shape {
        Shape::Layer => Param::Layer(draw(rng, Some(0))),
        Shape::Step if rng.random_bool(0.5) => Param::StepNeuron {
            steps: STEPS as usize,
            by_step_and_neuron: (0..STEPS as usize * grid.neurons)
                .map(|i| draw(rng, Some(i % grid.neurons)))
                .collect(),
        },
        Shape::Neuron | Shape::Step if membrane => each(grid.neurons, |n| draw(rng, Some(n))),
        Shape::Neuron | Shape::Step => param(rng, grid.neurons, |rng| draw(rng, None)),
    }
}

/// The models whose numbers are multiples of powers of two: those without tables.
fn dyadic_models() -> Vec<ModelId> {
    let models = ModelId::ALL.iter().copied();
    let own = |model: &ModelId| model.info().states.iter().any(|s| s.unit == StateUnit::Own);
    let of = models.filter(|model| model.info().tables.is_empty() && !own(model));
    of.collect()
}

/// A model with modes, and both descriptions of it.
fn pair(rng: &mut TestRng, neurons: usize, scale: &Param<f64>, membrane_frac: i32) -> (Grid, Pair) {
    let models = dyadic_models();
    let mut plain = Neuron::new(models[rng.random_range(0..models.len())]);
    let forms: Vec<Modes> = plain.model.info().modes.combinations();
    plain.modes = forms[rng.random_range(0..forms.len())];
    plain.refractory = [0, 0, 0, 1, 3][rng.random_range(0..5)];
    plain.fire = if rng.random_bool(0.5) {
        Fire::Ge
    } else {
        Fire::Gt
    };
    let apart = APART.iter().find(|(model, _)| *model == plain.model);
    let apart = apart.filter(|_| rng.random_bool(0.8));
    for _ in 0..1000 {
        let frac = rng.random_range(0..=if apart.is_some() { 2 } else { 1 });
        // Each step of decay needs that many more bits below; without decay, bits of the sum may be surplus.
        let finest = frac + i32::from(apart.is_none());
        let guard_bits = if frac == 0 {
            rng.random_range(-2..=2)
        } else {
            finest * (STEPS as i32 + 1)
        };
        let grid = Grid {
            neurons,
            frac,
            guard_bits,
            lsb: (0..neurons)
                .map(|n| power(-membrane_frac) * scale.of(n))
                .collect(),
        };
        let made = match apart {
            Some((_, draw)) => Some(draw(rng, &grid, &plain)),
            None => by_tables(rng, &grid, &plain),
        };
        if let Some(made) = made {
            return (grid, made);
        }
    }
    panic!("no exact {plain:?} was drawn");
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
    let membrane_frac = rng.random_range(-3..=12);
    let scale = param(rng, neurons, |rng| power(rng.random_range(-6..=3)));
    let (grid, pair) = pair(rng, neurons, &scale, membrane_frac);
    let guard_bits = grid.guard_bits;
    let surplus = (-guard_bits).max(0);
    let ternary = !pair.real.modes.spikes.is_binary();
    let amplitude = if ternary {
        param(rng, neurons, |rng| power(rng.random_range(-3..=2)))
    } else {
        Param::Layer(1.0)
    };
    let weights: Vec<i32> = (0..neurons * axons)
        .map(|_| rng.random_range(-8..=7) << surplus)
        .collect();
    let bias: Vec<i64> = (0..neurons)
        .map(|_| rng.random_range(if ternary { -12 } else { -4 }..=12) << surplus)
        .collect();
    let synapse_lsb = |n: usize| grid.lsb[n] * power(guard_bits) / pair.gain[n];
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
        neuron: pair.real,
        amplitude,
    };
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
        neuron: pair.quantized,
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
    refractory: usize,
    h_scales: usize,
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
            let neuron = &layer.neuron;
            assert_eq!(neuron.model, described.neuron.model);
            forms.insert((neuron.model, neuron.modes, described.neuron.fire));
            seen.refractory += usize::from(neuron.refractory > 0);
            seen.h_scales += usize::from(neuron.scales.contains_key("h"));
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
                        for (index, state) in layer.neuron.states().enumerate() {
                            assert_eq!(
                                a.states[index][n] as f64 * layer.state_lsb(&state, n),
                                b.states[index][n],
                                "{} of neuron {n}, {}",
                                state.name,
                                place()
                            );
                        }
                        let fire_at = *layer.neuron.fire_at().get(n, t).unwrap();
                        seen.values += 1 + a.states.len();
                        seen.spikes += usize::from(a.spikes[n] == 1);
                        seen.negative_spikes += usize::from(a.spikes[n] == -1);
                        seen.silences += usize::from(a.spikes[n] == 0);
                        seen.ties += usize::from(a.h[n] == fire_at);
                        seen.fractional += usize::from(
                            a.h[n].trailing_zeros() < layer.guard_bits.max(0).unsigned_abs(),
                        );
                    }
                }
            }
        }
    }
    println!("{seen:#?}, {} forms", forms.len());
    assert_eq!(seen.networks, NETWORKS);
    for model in dyadic_models() {
        for modes in model.info().modes.combinations() {
            for fire in [Fire::Ge, Fire::Gt] {
                assert!(
                    forms.contains(&(model, modes, fire)),
                    "{model:?} {modes:?} {fire:?}"
                );
            }
        }
    }
    assert!(seen.spikes > 10_000 && seen.silences > 10_000 && seen.ties > 500);
    assert!(seen.negative_spikes > 1_000 && seen.amplitudes > 100);
    assert!(seen.fractional > 1000 && seen.per_channel_scales > 100);
    assert!(seen.refractory > 100 && seen.h_scales > 20);
}
