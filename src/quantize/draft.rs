//! A layer between the real numbers and the choice of the membrane: weights and biases are integers, the neuron's
//! constants still real. `rounded` makes one by least squares; `super::exact` makes one in which nothing is rounded.

use super::checks::MAX_COEFFICIENT;
use super::dyadic::Dyadic;
use super::error::QuantizeError;
use super::folded::{conductances, decays, fraction_bits, largest, level};
use super::interval::Span;
use super::scale::{is_clipped, least_squares_step, raw_weight};
use super::width::row_span;
use super::{Options, ScaleBy};
use goldspike_golden::describe::Layer;
use goldspike_golden::format::QFormat;
use goldspike_golden::neuron::Collapsed;
use goldspike_golden::quant::Payloads;

/// The input of a layer: payloads, each `scale` in real units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload {
    pub fed: Payloads,
    pub scale: f64,
}

/// Integers of the synapses, and the real constants that no format has been chosen for yet.
pub(crate) struct Draft {
    pub weight_bits: u32,
    pub weights: Vec<i32>,
    /// Real value of weight 1, by neuron.
    pub step: Vec<f64>,
    /// Real value of the accumulator's LSB, by neuron.
    pub lsb: Vec<f64>,
    /// In accumulator LSBs.
    pub bias: Vec<i64>,
    pub rows: Vec<Span>,
    pub clipped: usize,
    pub coefficient: QFormat,
    /// Real biases that have no exact accumulator LSB, by neuron: they are added to the constant input.
    pub moved: Vec<Dyadic>,
}

/// Weights with the input gain folded in, row-major.
pub(crate) fn folded_weights(layer: &Layer, charge: &Collapsed) -> Vec<f64> {
    layer
        .weights
        .iter()
        .enumerate()
        .map(|(i, w)| w * charge.input_gain.of(i / layer.axons))
        .collect()
}

/// The file's weight step with neuron `n`'s gain.
fn known_step(layer: &Layer, charge: &Collapsed, n: usize) -> Option<f64> {
    layer
        .weight_step
        .map(|s| (s * charge.input_gain.of(n)).abs())
}

/// By least squares, each constant rounded once.
pub(crate) fn rounded(
    layer: &Layer,
    charge: &Collapsed,
    payload: Payload,
    options: &Options,
) -> Result<Draft, QuantizeError> {
    let bits = options.weight_bits;
    let real = folded_weights(layer, charge);
    let step = weight_steps(layer, charge, payload, &real, options)?;
    let row_of = |i: usize| i / layer.axons;
    let weights: Vec<i32> = real
        .iter()
        .enumerate()
        .map(|(i, &w)| raw_weight(w, step[row_of(i)], bits))
        .collect();
    let clipped = real
        .iter()
        .enumerate()
        .filter(|&(i, &w)| is_clipped(w, step[row_of(i)], bits))
        .count();
    let lsb: Vec<f64> = step.iter().map(|s| s * payload.scale).collect();
    if let Some(&bad) = lsb.iter().find(|l| !l.is_normal()) {
        return Err(QuantizeError::NoLsb {
            layer: layer.name.clone(),
            lsb: bad,
        });
    }
    let mut bias = Vec::with_capacity(layer.neurons);
    for (n, b) in layer.bias.iter().enumerate() {
        bias.push(nearest(
            &layer.name,
            "bias",
            n,
            b * charge.input_gain.of(n),
            lsb[n],
        )?);
    }
    let coefficient = coefficient(charge, options.coefficient_bits);
    let rows = rows(layer, &weights, &bias, payload.fed)?;
    Ok(Draft {
        weight_bits: bits,
        weights,
        step,
        lsb,
        bias,
        rows,
        clipped,
        coefficient,
        moved: vec![Dyadic::ZERO; layer.neurons],
    })
}

/// Neurons without synapses, whose membrane's LSB is `lsb`.
pub(crate) fn of_neurons(charge: &Collapsed, neurons: usize, lsb: f64, bits: u32) -> Draft {
    Draft {
        weight_bits: 1,
        weights: Vec::new(),
        step: vec![lsb; neurons],
        lsb: vec![lsb; neurons],
        bias: vec![0; neurons],
        rows: vec![Span::point(0); neurons],
        clipped: 0,
        coefficient: coefficient(charge, bits),
        moved: vec![Dyadic::ZERO; neurons],
    }
}

/// Worst case of every row's sum, the bias included.
pub(crate) fn rows(
    layer: &Layer,
    weights: &[i32],
    bias: &[i64],
    fed: Payloads,
) -> Result<Vec<Span>, QuantizeError> {
    weights
        .chunks(layer.axons)
        .zip(bias)
        .map(|(row, &b)| row_span(row, b, fed))
        .collect::<Option<_>>()
        .ok_or_else(|| QuantizeError::SumTooWide {
            layer: layer.name.clone(),
            bits: 62,
        })
}

fn weight_steps(
    layer: &Layer,
    charge: &Collapsed,
    payload: Payload,
    real: &[f64],
    options: &Options,
) -> Result<Vec<f64>, QuantizeError> {
    let bits = options.weight_bits;
    let none = |what: String| QuantizeError::NoBinaryForm {
        layer: layer.name.clone(),
        what,
    };
    if options.scale == ScaleBy::Layer {
        let known = known_step(layer, charge, 0)
            .filter(|_| charge.input_gain.values().windows(2).all(|g| g[0] == g[1]));
        let step = match least_squares_step(real, bits, known) {
            Some(step) => step,
            None if bits == 1 => return Err(none("the layer".to_owned())),
            None => {
                let smallest = (0..layer.neurons)
                    .map(|n| level(charge, n))
                    .fold(f64::INFINITY, f64::min);
                silent_step(smallest, payload)
            }
        };
        return Ok(vec![step; layer.neurons]);
    }
    let mut steps = Vec::with_capacity(layer.neurons);
    for (n, row) in real.chunks(layer.axons).enumerate() {
        steps.push(
            match least_squares_step(row, bits, known_step(layer, charge, n)) {
                Some(step) => step,
                None if bits == 1 => return Err(none(format!("row {n}"))),
                None => silent_step(level(charge, n), payload),
            },
        );
    }
    if bits > 1 {
        keep_together(&mut steps, charge);
    }
    Ok(steps)
}

/// Steps of a row without weights: any will do; this one gives the threshold some 2^9 accumulator LSBs.
fn silent_step(threshold: f64, payload: Payload) -> f64 {
    threshold / payload.scale / 512.0
}

/// One membrane format serves all neurons of a layer, so no step is more than 64 times finer, relative to its
/// neuron's threshold, than the coarsest: a row of tiny weights would widen every membrane and change no spike.
fn keep_together(steps: &mut [f64], charge: &Collapsed) {
    let relative = |n: usize, s: f64| s / level(charge, n);
    let coarsest = steps
        .iter()
        .enumerate()
        .map(|(n, &s)| relative(n, s))
        .fold(0.0, f64::max);
    for (n, step) in steps.iter_mut().enumerate() {
        let finest = coarsest / 64.0 * level(charge, n);
        if *step < finest {
            *step = finest;
        }
    }
}

/// Format of the factors: the fewest fractional bits that hold every one exactly, or `bits` of them (fewer where the
/// widest format could not hold the integer part, for which there is at least one bit). A table takes all `bits`.
pub(crate) fn coefficient(charge: &Collapsed, bits: u32) -> QFormat {
    let largest = largest(decays(charge).chain(conductances(charge)));
    let exact = if charge.slopes.is_empty() {
        fraction_bits(decays(charge).chain(conductances(charge)))
    } else {
        bits
    };
    let frac = exact
        .min(bits)
        .min(MAX_COEFFICIENT.saturating_sub(integer_bits(largest)));
    let top = raw_factor(largest, frac);
    let width = (64 - top.leading_zeros()).max(frac + 1);
    QFormat::unsigned(width, frac.cast_signed())
}

/// A factor with `frac` fractional bits, nearest, ties away from zero; at most what the widest format holds.
pub(crate) fn raw_factor(factor: f64, frac: u32) -> i64 {
    let one = (1u64 << frac) as f64;
    // The product with a power of two is exact; `round` takes ties away from zero.
    ((factor * one).round() as i64).min(QFormat::unsigned(MAX_COEFFICIENT, 0).max())
}

/// Bits of the integer part of a coefficient, at least 1.
pub(crate) fn integer_bits(largest: f64) -> u32 {
    (64 - (largest as u64).leading_zeros()).max(1)
}

/// `value / lsb`, nearest, ties away from zero.
pub(crate) fn nearest(
    layer: &str,
    field: &'static str,
    index: usize,
    value: f64,
    lsb: f64,
) -> Result<i64, QuantizeError> {
    Dyadic::from_f64(value)
        .zip(Dyadic::from_f64(lsb))
        .and_then(|(v, l)| v.over(l))
        .and_then(|q| i64::try_from(q.nearest).ok())
        .ok_or_else(|| QuantizeError::OutOfScale {
            layer: layer.to_owned(),
            field,
            index,
            value,
            lsb,
        })
}
