//! The LIF family's constants in membrane LSBs.
//!
//! `fire_at` and `pending_at` are exact: for every integer `h`, `h >= fire_at` says the same as the comparison of
//! `h * LSB` with the real threshold. The others are rounded once, to nearest with ties away from zero. A constant that
//! the reset never reads is 0.

use super::draft::Draft;
use super::dyadic::{Dyadic, Quotient};
use super::error::QuantizeError;
use super::interval::Span;
use super::width::bits_for;
use goldspike_golden::describe::{Fire, Lif};
use goldspike_golden::format::Overflow;
use goldspike_golden::neuron::lif::{Reset, ResetTiming};
use goldspike_golden::quant::{Param, QuantLif};

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

/// All constants of a layer; the threshold must be at least one LSB.
pub(crate) fn lif(
    layer: &str,
    draft: &Draft,
    lif: &Lif,
    guard_bits: i32,
) -> Result<QuantLif, QuantizeError> {
    let neurons = draft.lsb.len();
    let over = |field: &'static str, n: usize, value: Dyadic| -> Result<Quotient, QuantizeError> {
        let lsb = membrane_lsb(draft, n, guard_bits);
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
        let quotient = over("v_threshold", n, of(&lif.v_threshold, n))?;
        if quotient.floor < 1 {
            return Err(QuantizeError::ThresholdBelowLsb {
                layer: layer.to_owned(),
                neuron: n,
                threshold: lif.v_threshold.of(n),
                lsb: membrane_lsb(draft, n, guard_bits).to_f64(),
                guard_bits,
            });
        }
        fire_at.push(match lif.fire {
            Fire::Ge => quotient.ceil as i64,
            Fire::Gt => quotient.floor as i64 + 1,
        });
        pending_at.push(quotient.floor as i64 + 1);
    }
    let guarded = lif.reset_timing == ResetTiming::SameStepGuarded;
    Ok(QuantLif {
        coefficient: draft.coefficient,
        decay: collapse(draft.decay.clone()),
        offset: constants("offset", true, &|n| draft.offset[n])?,
        pending_at: if guarded {
            collapse(pending_at)
        } else {
            collapse(fire_at.clone())
        },
        fire_at: collapse(fire_at),
        reset_by: constants("v_threshold", lif.reset == Reset::Soft, &|n| {
            of(&lif.v_threshold, n)
        })?,
        v_reset: constants("v_reset", lif.reset == Reset::Hard, &|n| {
            of(&lif.v_reset, n)
        })?,
        v_init: constants("v_init", true, &|n| of(&lif.v_init, n))?,
        reset: lif.reset,
        reset_timing: lif.reset_timing,
        spikes: lif.spikes,
    })
}

/// Every constant that the membrane's format must hold, by the name of its field in the network's file.
pub(crate) fn held(lif: &QuantLif) -> [(&'static str, &Param<i64>); 6] {
    [
        ("v_threshold", &lif.fire_at),
        ("v_threshold", &lif.pending_at),
        ("v_threshold", &lif.reset_by),
        ("v_reset", &lif.v_reset),
        ("v_init", &lif.v_init),
        ("offset", &lif.offset),
    ]
}

/// The span of all constants.
pub(crate) fn held_span(lif: &QuantLif) -> Span {
    held(lif)
        .iter()
        .flat_map(|(_, p)| p.values())
        .fold(Span::point(0), |span, &raw| span.hull(Span::point(raw)))
}

/// An error that names the first constant that `bits` bits do not hold.
pub(crate) fn must_fit(
    layer: &str,
    draft: &Draft,
    lif: &QuantLif,
    guard_bits: i32,
    bits: u32,
    overflow: Overflow,
) -> Result<(), QuantizeError> {
    for (field, p) in held(lif) {
        for (neuron, &raw) in p.values().iter().enumerate() {
            let needed = bits_for(Span::point(raw), overflow);
            if needed > bits {
                let value = membrane_lsb(draft, neuron, guard_bits).to_f64() * raw as f64;
                return Err(QuantizeError::MembraneTooNarrow {
                    layer: layer.to_owned(),
                    field,
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
