//! `--exact`: formats in which nothing is rounded, or an error that names the value that has none.
//!
//! Weights are multiples of the file's `weight_quant` step, or of the largest power of two that divides all of them.
//! A bias that is no multiple of the accumulator's LSB moves to the constant input. A decay `a / 2^k` adds `k` bits
//! behind the point at every step, so `k (T-1)` guard bits keep `T` steps exact. Samples longer than the network's
//! `T` steps are rounded as in any other network.

use super::checks::{MAX_COEFFICIENT, MAX_GUARD_BITS, MAX_WEIGHT};
use super::constants::{must_fit, unit};
use super::draft::{Draft, Payload, coefficient, integer_bits, rows};
use super::dyadic::{Dyadic, Quotient};
use super::error::QuantizeError;
use super::folded::{conductances, decays, fraction_bits, fraction_bits_of, largest, moves, table};
use super::membrane::{Candidate, Membrane};
use super::scale::largest_raw;
use super::tables;
use super::width::{MAX_MEMBRANE, MIN_MEMBRANE, NO_BOUND, bits_for};
use super::{GuardBits, MembraneBits, Options, ScaleBy};
use goldspike_golden::describe::Layer;
use goldspike_golden::neuron::{Collapsed, Domain};

/// Where an error stands.
struct Place<'a>(&'a str);

impl Place<'_> {
    fn not_exact(
        &self,
        field: &'static str,
        index: usize,
        value: f64,
        why: String,
    ) -> QuantizeError {
        QuantizeError::NotExact {
            layer: self.0.to_owned(),
            field,
            index,
            value,
            why,
        }
    }
}

pub(crate) fn choose(
    layer: &Layer,
    charge: &Collapsed,
    payload: Payload,
    time_steps: u32,
    options: &Options,
) -> Result<(Draft, Membrane), QuantizeError> {
    tables::none_where_exact(layer, charge)?;
    let place = Place(&layer.name);
    if let Some((field, index, value)) = charge.inexact {
        let why = "what it is folded into has more bits than a double".to_owned();
        return Err(place.not_exact(field, index, value, why));
    }
    let factors = || decays(charge).chain(conductances(charge));
    let decay_bits = fraction_bits(decays(charge));
    let most = MAX_COEFFICIENT.saturating_sub(integer_bits(largest(factors())));
    if fraction_bits(factors()) > most {
        let values = table(charge)
            .filter(|(row, _)| !row.domain.is_membrane())
            .flat_map(|(row, p)| {
                p.values()
                    .iter()
                    .enumerate()
                    .map(|(n, &v)| (row.file, n, v))
            });
        let (field, index, factor) = values
            .max_by_key(|&(_, n, v)| (fraction_bits_of(v), core::cmp::Reverse(n)))
            .unwrap_or(("decay", 0, 0.0));
        let bits = fraction_bits_of(factor);
        let why = format!("it has {bits} fractional bits; a coefficient has at most {most}");
        return Err(place.not_exact(field, index, factor, why));
    }
    let draft = draft(&place, layer, charge, payload, options)?;
    let guard_bits = guard_bits(&place, &draft, charge, decay_bits, time_steps)?;
    let guard_bits = match options.guard_bits {
        GuardBits::Auto => guard_bits,
        GuardBits::Fixed(g) if g >= guard_bits => g,
        GuardBits::Fixed(g) => {
            return Err(QuantizeError::Option {
                option: "guard-bits",
                value: i64::from(g),
                low: i64::from(guard_bits),
                high: i64::from(MAX_GUARD_BITS),
            });
        }
    };
    let allowed = match options.membrane_bits {
        MembraneBits::Auto => MAX_MEMBRANE,
        MembraneBits::Fixed(bits) => bits,
    };
    let too_wide = |needed: u32| QuantizeError::ExactTooWide {
        layer: layer.name.clone(),
        steps: time_steps,
        needed,
        allowed,
        guard_bits,
        decay_bits,
    };
    // Beyond this even a threshold of one accumulator LSB does not fit.
    if guard_bits >= MAX_MEMBRANE.cast_signed() {
        return Err(too_wide(guard_bits.unsigned_abs() + 2));
    }
    let candidate = Candidate::new(&layer.name, &draft, charge, options);
    let quant = candidate.constants(guard_bits)?;
    // 42 bits hold the limit of the search.
    let reach = candidate
        .reach(&quant, guard_bits, time_steps)?
        .ok_or_else(|| too_wide(42))?;
    let needed = bits_for(reach.membrane, options.overflow).max(MIN_MEMBRANE);
    if needed > allowed {
        return Err(too_wide(needed));
    }
    let width = match options.membrane_bits {
        MembraneBits::Auto => needed,
        MembraneBits::Fixed(bits) => bits,
    };
    must_fit(
        &layer.name,
        &draft,
        &quant,
        guard_bits,
        width,
        options.overflow,
    )?;
    let bound = candidate.bound(&quant, guard_bits, NO_BOUND)?;
    Ok((
        draft,
        Membrane {
            guard_bits,
            width,
            neuron: quant,
            bound,
        },
    ))
}

fn draft(
    place: &Place<'_>,
    layer: &Layer,
    charge: &Collapsed,
    payload: Payload,
    options: &Options,
) -> Result<Draft, QuantizeError> {
    let product = |field: &'static str, index: usize, value: f64, gain: f64| {
        dyadic(value).product(dyadic(gain)).ok_or_else(|| {
            place.not_exact(
                field,
                index,
                value,
                format!("its product with input_gain {gain} has more than 127 bits"),
            )
        })
    };
    let mut real = Vec::with_capacity(layer.weights.len());
    for (i, &w) in layer.weights.iter().enumerate() {
        real.push(product(
            "weight",
            i,
            w,
            charge.input_gain.of(i / layer.axons),
        )?);
    }
    let mut bias = Vec::with_capacity(layer.neurons);
    for (n, &b) in layer.bias.iter().enumerate() {
        bias.push(product("bias", n, b, charge.input_gain.of(n))?);
    }
    let step = steps(layer, charge, payload, options, &real, &bias);
    let weights = raw_weights(place, layer, &real, &step)?;
    let most = weights.iter().map(|w| w.abs()).max().unwrap_or(0);
    let weight_bits = (2..MAX_WEIGHT)
        .find(|&bits| most <= largest_raw(bits))
        .unwrap_or(MAX_WEIGHT);
    let mut lsb = Vec::with_capacity(layer.neurons);
    for s in &step {
        let exact = s
            .product(dyadic(payload.scale))
            .filter(|&l| l.to_f64().is_normal() && dyadic(l.to_f64()) == l);
        lsb.push(exact.ok_or_else(|| {
            place.not_exact(
                "encoding.scale",
                0,
                payload.scale,
                format!("its product with the weight step {} is no f64", s.to_f64()),
            )
        })?);
    }
    let takes_bias = table(charge).find(|(row, _)| moves(row));
    let mut moved = Vec::with_capacity(layer.neurons);
    let mut raw_bias = Vec::with_capacity(layer.neurons);
    for (n, &b) in bias.iter().enumerate() {
        let exact = b.over(lsb[n]).and_then(Quotient::exact);
        let whole = exact.and_then(|raw| i64::try_from(raw).ok());
        raw_bias.push(whole.unwrap_or(0));
        moved.push(if whole.is_some() { Dyadic::ZERO } else { b });
        if whole.is_some() {
            continue;
        }
        let Some((_, constants)) = takes_bias else {
            let why = format!(
                "it is no multiple of the synaptic sum's LSB {}, and no constant of this model is added to the current",
                lsb[n].to_f64()
            );
            return Err(place.not_exact("bias", n, layer.bias[n], why));
        };
        let constant = constants.of(n);
        if dyadic(constant).sum(b).is_none() {
            let why = format!("its sum with offset {constant} has more than 127 bits");
            return Err(place.not_exact("bias", n, layer.bias[n], why));
        }
    }
    let rows = rows(layer, &weights, &raw_bias, payload.fed)?;
    let coefficient = coefficient(charge, MAX_COEFFICIENT);
    Ok(Draft {
        weight_bits,
        weights,
        step: step.iter().map(|s| s.to_f64()).collect(),
        lsb: lsb.iter().map(|l| l.to_f64()).collect(),
        bias: raw_bias,
        rows,
        clipped: 0,
        coefficient,
        moved,
    })
}

/// Weights as multiples of their steps, at most 16 bits wide.
fn raw_weights(
    place: &Place<'_>,
    layer: &Layer,
    real: &[Dyadic],
    step: &[Dyadic],
) -> Result<Vec<i32>, QuantizeError> {
    let largest = largest_raw(MAX_WEIGHT);
    let mut weights = Vec::with_capacity(real.len());
    for (i, w) in real.iter().enumerate() {
        let s = step[i / layer.axons];
        let quotient = w.over(s);
        if quotient.is_some_and(|q| q.exact().is_none()) {
            let why = format!("it is not a multiple of the step {}", s.to_f64());
            return Err(place.not_exact("weight", i, layer.weights[i], why));
        }
        let raw = quotient
            .and_then(|q| i32::try_from(q.floor).ok())
            .filter(|raw| raw.abs() <= largest);
        let Some(raw) = raw else {
            // The weight to change is the finest one, which makes the step what it is.
            let finest = (0..real.len())
                .filter(|&k| step[k / layer.axons] == s && !real[k].is_zero())
                .min_by_key(|&k| (real[k].trailing(), k))
                .unwrap_or(i);
            let why = format!(
                "it needs a weight step of {}, and weight[{i}] = {} is more than {largest} such steps ({MAX_WEIGHT} bits)",
                s.to_f64(),
                layer.weights[i]
            );
            return Err(place.not_exact("weight", finest, layer.weights[finest], why));
        };
        weights.push(raw);
    }
    Ok(weights)
}

/// Weight steps by neuron.
fn steps(
    layer: &Layer,
    charge: &Collapsed,
    payload: Payload,
    options: &Options,
    real: &[Dyadic],
    bias: &[Dyadic],
) -> Vec<Dyadic> {
    let largest_power = |values: &[Dyadic]| values.iter().filter_map(|v| v.trailing()).min();
    // Without weights any step will do; this one makes the biases multiples of the accumulator's LSB.
    let silent = |bias: &[Dyadic]| {
        let scale = dyadic(payload.scale).trailing().unwrap_or(0);
        largest_power(bias).map_or(0, |e| e - scale)
    };
    let one = dyadic(1.0);
    let of_file = |n: usize| {
        let step = dyadic(layer.weight_step?).product(dyadic(charge.input_gain.of(n).abs()))?;
        (!step.is_zero()).then_some(step)
    };
    let power = |real: &[Dyadic], bias: &[Dyadic]| {
        one.shifted(largest_power(real).unwrap_or_else(|| silent(bias)))
    };
    let same_gain = charge.input_gain.values().windows(2).all(|g| g[0] == g[1]);
    match options.scale {
        ScaleBy::Layer => {
            let step = of_file(0)
                .filter(|_| same_gain)
                .unwrap_or_else(|| power(real, bias));
            vec![step; layer.neurons]
        }
        ScaleBy::Channel => real
            .chunks(layer.axons)
            .enumerate()
            .map(|(n, row)| of_file(n).unwrap_or_else(|| power(row, &bias[n..=n])))
            .collect(),
    }
}

/// Guard bits that keep every constant and `steps` steps exact.
fn guard_bits(
    place: &Place<'_>,
    draft: &Draft,
    charge: &Collapsed,
    decay_bits: u32,
    steps: u32,
) -> Result<i32, QuantizeError> {
    let mut finest = fraction_bits(conductances(charge)).cast_signed();
    for (row, values) in table(charge) {
        if !row.domain.is_membrane() || row.domain == Domain::Pending {
            continue;
        }
        for (n, &lsb) in draft.lsb.iter().enumerate() {
            for t in 0..values.steps() {
                let mut value = dyadic(values.get(n, t).copied().unwrap_or_default());
                if row.domain == Domain::Threshold {
                    finest = finest.max(bits_above(value, unit(draft, charge, row.domain, n, 0)));
                    continue;
                }
                let mut field = row.file;
                if moves(row) && !draft.moved[n].is_zero() {
                    value = value.sum(draft.moved[n]).unwrap_or(value);
                    field = "bias";
                }
                let bits = value.bits_below(unit(draft, charge, row.domain, n, 0));
                let bits = bits.ok_or_else(|| {
                    place.not_exact(
                        field,
                        n,
                        value.to_f64(),
                        format!(
                            "it is no multiple of the accumulator's LSB {lsb} divided by a power of two"
                        ),
                    )
                })?;
                finest = finest.max(bits);
            }
        }
    }
    // `v_init` is multiplied once more than what a step adds.
    let v_init = charge.constants.get("v_init");
    let started = v_init.is_some_and(|p| p.values().iter().any(|&v| v != 0.0));
    let products = if started {
        steps
    } else {
        steps.saturating_sub(1)
    };
    let bits = i64::from(finest) + i64::from(decay_bits) * i64::from(products);
    Ok(i32::try_from(bits).unwrap_or(i32::MAX - 2))
}

/// Fewest guard bits with which a threshold is at least one LSB: its comparison needs no more.
fn bits_above(threshold: Dyadic, lsb: Dyadic) -> i32 {
    let reaches = |&g: &i32| threshold.over(lsb.shifted(-g)).is_none_or(|q| q.floor >= 1);
    (0..=MAX_GUARD_BITS).find(reaches).unwrap_or(0)
}

/// The checks have refused NaN and infinities.
fn dyadic(x: f64) -> Dyadic {
    Dyadic::from_f64(x).unwrap_or(Dyadic::ZERO)
}
