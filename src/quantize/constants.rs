//! A layer's constants in membrane LSBs.
//!
//! `fire_at` and `pending_at` are exact: for every integer `h`, `h >= fire_at` says the same as the comparison of
//! `h * LSB` with the real threshold. The others are rounded once, to nearest with ties away from zero. A constant that
//! the reset never reads is 0.

use super::charge::Charge;
use super::draft::Draft;
use super::dyadic::{Dyadic, Quotient};
use super::error::QuantizeError;
use super::interval::Span;
use super::width::bits_for;
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat};
use goldspike_golden::neuron::lif::{Reset, ResetTiming};
use goldspike_golden::neuron::{Constant, Domain};
use goldspike_golden::quant::{Param, QuantNeuron};

/// The integers that models are built of.
pub(crate) struct Constants {
    pub coefficient: QFormat,
    pub decay: Param<i64>,
    pub offset: Param<i64>,
    pub fire_at: Param<i64>,
    pub pending_at: Param<i64>,
    pub reset_by: Param<i64>,
    pub v_reset: Param<i64>,
    pub v_init: Param<i64>,
}

/// One value if all are equal, else one a neuron.
pub(crate) fn collapse<T: Clone + PartialEq>(values: Vec<T>) -> Param<T> {
    match values.first() {
        Some(first) if values.iter().all(|v| v == first) => Param::Layer(first.clone()),
        _ => Param::Neuron(values),
    }
}

/// Real value of neuron `n`'s membrane LSB.
pub(crate) fn membrane_lsb(draft: &Draft, n: usize, guard_bits: i32) -> Dyadic {
    Dyadic::from_f64(draft.lsb[n])
        .unwrap_or(Dyadic::ZERO)
        .shifted(-guard_bits)
}

/// Real value of 1 in neuron `n`'s compared value.
pub(crate) fn h_lsb(draft: &Draft, charge: &Charge, n: usize, guard_bits: i32) -> Dyadic {
    Dyadic::from_f64(charge.h_scale)
        .and_then(|scale| scale.product(membrane_lsb(draft, n, guard_bits)))
        .unwrap_or(Dyadic::ZERO)
}

/// The model of a layer with all its constants; the threshold must be at least one LSB.
pub(crate) fn model(
    layer: &str,
    draft: &Draft,
    charge: &Charge,
    guard_bits: i32,
) -> Result<QuantNeuron, QuantizeError> {
    let neurons = draft.lsb.len();
    let over = |field: &'static str, n: usize, value: Dyadic| -> Result<Quotient, QuantizeError> {
        let lsb = if field == "v_threshold" {
            h_lsb(draft, charge, n, guard_bits)
        } else {
            membrane_lsb(draft, n, guard_bits)
        };
        value.over(lsb).ok_or_else(|| QuantizeError::OutOfScale {
            layer: layer.to_owned(),
            field,
            index: n,
            value: value.to_f64(),
            lsb: lsb.to_f64(),
        })
    };
    let constants = |field: &'static str,
                     used: bool,
                     real: &dyn Fn(usize) -> Dyadic|
     -> Result<Param<i64>, QuantizeError> {
        if !used {
            return Ok(Param::Layer(0));
        }
        let mut raw = Vec::with_capacity(neurons);
        for n in 0..neurons {
            // A `Quotient` is below 2^60.
            raw.push(over(field, n, real(n))?.nearest as i64);
        }
        Ok(collapse(raw))
    };
    let of = |p: &Param<f64>, n: usize| Dyadic::from_f64(p.of(n)).unwrap_or(Dyadic::ZERO);

    let (mut fire_at, mut pending_at) = (Vec::with_capacity(neurons), Vec::with_capacity(neurons));
    for n in 0..neurons {
        let quotient = over("v_threshold", n, of(&charge.v_threshold, n))?;
        if quotient.floor < 1 {
            return Err(QuantizeError::ThresholdBelowLsb {
                layer: layer.to_owned(),
                neuron: n,
                threshold: charge.v_threshold.of(n),
                lsb: h_lsb(draft, charge, n, guard_bits).to_f64(),
                guard_bits,
            });
        }
        fire_at.push(match charge.fire {
            Fire::Ge => quotient.ceil as i64,
            Fire::Gt => quotient.floor as i64 + 1,
        });
        pending_at.push(quotient.floor as i64 + 1);
    }
    let guarded = charge.reset_timing == ResetTiming::SameStepGuarded;
    Ok(charge.model(Constants {
        coefficient: draft.coefficient,
        decay: collapse(draft.decay.clone()),
        offset: constants("offset", true, &|n| draft.offset[n])?,
        pending_at: if guarded {
            collapse(pending_at)
        } else {
            collapse(fire_at.clone())
        },
        fire_at: collapse(fire_at),
        reset_by: constants("v_threshold", charge.reset == Reset::Soft, &|n| {
            of(&charge.v_threshold, n)
        })?,
        v_reset: constants("v_reset", charge.reset == Reset::Hard, &|n| {
            of(&charge.v_reset, n)
        })?,
        v_init: constants("v_init", true, &|n| of(&charge.v_init, n))?,
    }))
}

/// Every constant that the membrane's format must hold, the offset last.
pub(crate) fn held(neuron: &QuantNeuron) -> Vec<Constant<&Param<i64>>> {
    let mut held = neuron.constants();
    held.retain(|c| c.domain == Domain::Membrane);
    held.sort_by_key(|c| c.file == "offset");
    held
}

/// The span of all constants.
pub(crate) fn held_span(neuron: &QuantNeuron) -> Span {
    held(neuron)
        .iter()
        .flat_map(|c| c.values.values())
        .fold(Span::point(0), |span, &raw| span.hull(Span::point(raw)))
}

/// An error that names the first constant that `bits` bits do not hold.
pub(crate) fn must_fit(
    layer: &str,
    draft: &Draft,
    neuron: &QuantNeuron,
    guard_bits: i32,
    bits: u32,
    overflow: Overflow,
) -> Result<(), QuantizeError> {
    for Constant { file, values, .. } in held(neuron) {
        for (neuron, &raw) in values.values().iter().enumerate() {
            let needed = bits_for(Span::point(raw), overflow);
            if needed > bits {
                let value = membrane_lsb(draft, neuron, guard_bits).to_f64() * raw as f64;
                return Err(QuantizeError::MembraneTooNarrow {
                    layer: layer.to_owned(),
                    field: file,
                    neuron,
                    value,
                    raw,
                    needed,
                    bits,
                });
            }
        }
    }
    Ok(())
}
