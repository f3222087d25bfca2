//! A layer between the real numbers and the choice of the membrane: weights and biases are integers, the neuron's
//! constants still real. `rounded` makes one by least squares; `super::exact` makes one in which nothing is rounded.

use super::charge::Charge;
use super::checks::MAX_COEFFICIENT;
use super::dyadic::Dyadic;
use super::error::QuantizeError;
use super::interval::Span;
use super::scale::{is_clipped, least_squares_step, raw_weight};
use super::width::row_span;
use super::{Options, ScaleBy};
use goldspike_golden::describe::Layer;
use goldspike_golden::format::QFormat;
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
    pub decay: Vec<i64>,
    /// Real constant input, by neuron (a bias that has no exact accumulator LSB is added to it).
    pub offset: Vec<Dyadic>,
}

/// Weights with the input gain folded in, row-major.
pub(crate) fn folded_weights(layer: &Layer, charge: &Charge) -> Vec<f64> {
    layer
        .weights
        .iter()
        .enumerate()
        .map(|(i, w)| w * charge.input_gain.of(i / layer.axons))
        .collect()
}

/// The file's weight step with neuron `n`'s gain.
fn known_step(layer: &Layer, charge: &Charge, n: usize) -> Option<f64> {
    layer
        .weight_step
        .map(|s| (s * charge.input_gain.of(n)).abs())
}

/// By least squares, each constant rounded once.
pub(crate) fn rounded(
    layer: &Layer,
    charge: &Charge,
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
    let (coefficient, decay) = coefficients(charge, layer.neurons, options.coefficient_bits);
    let offset = (0..layer.neurons)
        .map(|n| Dyadic::from_f64(charge.offset.of(n)).unwrap_or(Dyadic::ZERO))
        .collect();
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
        decay,
        offset,
    })
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
    charge: &Charge,
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
                let smallest = charge
                    .v_threshold
                    .values()
                    .iter()
                    .copied()
                    .fold(f64::INFINITY, f64::min);
                silent_step(smallest / charge.h_scale, payload)
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
                None => silent_step(charge.level(n), payload),
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
fn keep_together(steps: &mut [f64], charge: &Charge) {
    let relative = |n: usize, s: f64| s / charge.level(n);
    let coarsest = steps
        .iter()
        .enumerate()
        .map(|(n, &s)| relative(n, s))
        .fold(0.0, f64::max);
    for (n, step) in steps.iter_mut().enumerate() {
        let finest = coarsest / 64.0 * charge.level(n);
        if *step < finest {
            *step = finest;
        }
    }
}

/// Format and raw values of the decay: the fewest fractional bits that hold every value exactly, or `bits` of them
/// (fewer where the widest format could not hold the integer part, for which there is at least one bit).
pub(crate) fn coefficients(charge: &Charge, neurons: usize, bits: u32) -> (QFormat, Vec<i64>) {
    let largest = charge.decay.values().iter().copied().fold(0.0, f64::max);
    let exact = decay_bits(charge);
    let frac = exact
        .min(bits)
        .min(MAX_COEFFICIENT.saturating_sub(integer_bits(largest)));
    let one = (1u64 << frac) as f64;
    let widest = QFormat::unsigned(MAX_COEFFICIENT, 0).max();
    // The product with a power of two is exact; `round` takes ties away from zero.
    let raw: Vec<i64> = (0..neurons)
        .map(|n| ((charge.decay.of(n) * one).round() as i64).min(widest))
        .collect();
    let top = raw.iter().copied().max().unwrap_or(0);
    let width = (64 - top.leading_zeros()).max(frac + 1);
    (QFormat::unsigned(width, frac.cast_signed()), raw)
}

/// Bits of the integer part of a coefficient, at least 1.
pub(crate) fn integer_bits(largest: f64) -> u32 {
    (64 - (largest as u64).leading_zeros()).max(1)
}

/// Fractional bits of the layer's decays as they stand in the file.
pub(crate) fn decay_bits(charge: &Charge) -> u32 {
    let bits = |d: &f64| {
        Dyadic::from_f64(*d)
            .and_then(Dyadic::trailing)
            .map_or(0, |e| (-e).max(0).unsigned_abs())
    };
    charge.decay.values().iter().map(bits).max().unwrap_or(0)
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
