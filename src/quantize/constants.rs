//! A layer's constants in membrane LSBs.
//!
//! `fire_at` and `pending_at` are exact: for every integer `h`, `h >= fire_at` says the same as the comparison of
//! `h * LSB` with the real threshold. The others are rounded once, to nearest with ties away from zero. A constant that
//! nothing reads is not there.

use super::draft::{Draft, raw_factor};
use super::dyadic::Dyadic;
use super::error::QuantizeError;
use super::folded::{moves, table};
use super::interval::Span;
use super::tables;
use super::width::bits_for;
use goldspike_golden::describe::Fire;
use goldspike_golden::format::Overflow;
use goldspike_golden::neuron::info::{ConstantInfo, TableOutput};
use goldspike_golden::neuron::{Collapsed, Domain};
use goldspike_golden::quant::{Param, QuantNeuron};
use std::borrow::Cow;

/// One value if all are equal, else one a neuron.
pub(crate) fn collapse<T: Clone + PartialEq>(values: Vec<T>) -> Param<T> {
    Param::Neuron(values).collapsed()
}

/// Real value of neuron `n`'s membrane LSB.
pub(crate) fn membrane_lsb(draft: &Draft, n: usize, guard_bits: i32) -> Dyadic {
    Dyadic::from_f64(draft.lsb[n])
        .unwrap_or(Dyadic::ZERO)
        .shifted(-guard_bits)
}

/// Real value of 1 in neuron `n`'s compared value.
pub(crate) fn h_lsb(draft: &Draft, charge: &Collapsed, n: usize, guard_bits: i32) -> Dyadic {
    Dyadic::from_f64(charge.h_scale())
        .and_then(|scale| scale.product(membrane_lsb(draft, n, guard_bits)))
        .unwrap_or(Dyadic::ZERO)
}

/// The model of a layer with all its constants; the threshold must be at least one LSB.
pub(crate) fn model(
    layer: &str,
    draft: &Draft,
    charge: &Collapsed,
    guard_bits: i32,
    overflow: Overflow,
) -> Result<QuantNeuron, QuantizeError> {
    let described = &charge.neuron;
    let mut neuron = QuantNeuron::new(described.model, draft.coefficient);
    neuron.modes = described.modes;
    neuron.refractory = described.refractory;
    for (name, scale) in &charge.scales {
        neuron.scales.insert((*name).to_owned(), scale.clone());
    }
    let frac = draft.coefficient.frac.max(0).unsigned_abs();
    let place = Place {
        layer,
        draft,
        charge,
        guard_bits,
    };
    for (row, real) in table(charge) {
        let raw = match row.domain {
            Domain::Decay { .. } | Domain::Conductance => {
                real.map(|&factor| raw_factor(factor, frac))
            }
            _ => place.in_lsbs(row, real)?,
        };
        neuron
            .constants
            .insert(row.name.to_owned(), raw.collapsed());
    }
    let lsb = membrane_lsb(draft, 0, guard_bits).to_f64();
    tables::fill(&mut neuron, charge, lsb, overflow);
    Ok(neuron)
}

/// Where constants are counted in LSBs.
struct Place<'a> {
    layer: &'a str,
    draft: &'a Draft,
    charge: &'a Collapsed,
    guard_bits: i32,
}

impl Place<'_> {
    fn in_lsbs(&self, row: &ConstantInfo, real: &Param<f64>) -> Result<Param<i64>, QuantizeError> {
        let (steps, neurons) = (real.steps(), self.draft.lsb.len());
        let mut raw = Vec::with_capacity(steps * neurons);
        for t in 0..steps {
            for n in 0..neurons {
                let value = real.get(n, t).copied().unwrap_or_default();
                raw.push(self.one(row, n, value)?);
            }
        }
        Ok(if real.by_step() {
            Param::StepNeuron {
                steps,
                by_step_and_neuron: raw,
            }
        } else {
            Param::Neuron(raw)
        })
    }

    /// The integer of `value` for neuron `n`.
    fn one(&self, row: &ConstantInfo, n: usize, value: f64) -> Result<i64, QuantizeError> {
        let mut exact = Dyadic::from_f64(value).unwrap_or(Dyadic::ZERO);
        if moves(row) {
            exact = exact.sum(self.draft.moved[n]).unwrap_or(exact);
        }
        let lsb = unit(self.draft, self.charge, row.domain, n, self.guard_bits);
        let quotient = exact.over(lsb).ok_or_else(|| QuantizeError::OutOfScale {
            layer: self.layer.to_owned(),
            field: row.file,
            index: n,
            value: exact.to_f64(),
            lsb: lsb.to_f64(),
        })?;
        if row.domain == Domain::Threshold && quotient.floor < 1 {
            return Err(QuantizeError::ThresholdBelowLsb {
                layer: self.layer.to_owned(),
                neuron: n,
                threshold: value,
                lsb: lsb.to_f64(),
                guard_bits: self.guard_bits,
            });
        }
        // A `Quotient` is below 2^60.
        Ok(match (row.domain, self.charge.neuron.fire) {
            (Domain::Threshold, Fire::Ge) => quotient.ceil as i64,
            (Domain::Threshold | Domain::Pending, _) => quotient.floor as i64 + 1,
            _ => quotient.nearest as i64,
        })
    }
}

/// Real value of 1 in a constant of that domain of neuron `n`.
pub(crate) fn unit(
    draft: &Draft,
    charge: &Collapsed,
    domain: Domain,
    n: usize,
    guard_bits: i32,
) -> Dyadic {
    match domain {
        Domain::Threshold | Domain::Amount | Domain::Pending => h_lsb(draft, charge, n, guard_bits),
        _ => membrane_lsb(draft, n, guard_bits),
    }
}

/// Every constant that the membrane's format must hold, the offset last, and the largest value of a table in its LSBs.
pub(crate) fn held(neuron: &QuantNeuron) -> Vec<(&'static str, Cow<'_, Param<i64>>)> {
    let rows = neuron.table().filter(|(row, _)| row.domain.is_membrane());
    let mut held: Vec<_> = rows
        .map(|(row, values)| (row.file, Cow::Borrowed(values)))
        .collect();
    held.sort_by_key(|(file, _)| *file == "offset");
    let in_membrane = neuron.model.info().tables.iter();
    held.extend(
        in_membrane
            .filter(|info| info.output == TableOutput::Membrane)
            .filter_map(|info| neuron.tables.get(info.name)?.knots.last())
            .map(|&knot| ("v_threshold", Cow::Owned(Param::Layer(knot)))),
    );
    held
}

/// The span of all constants.
pub(crate) fn held_span(neuron: &QuantNeuron) -> Span {
    held(neuron)
        .iter()
        .flat_map(|(_, values)| values.values().to_vec())
        .fold(Span::point(0), |span, raw| span.hull(Span::point(raw)))
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
    for (file, values) in held(neuron) {
        for (index, &raw) in values.values().iter().enumerate() {
            let at = index % values.neurons().unwrap_or(1).max(1);
            let needed = bits_for(Span::point(raw), overflow);
            if needed > bits {
                let shown = neuron.scales.get("h").filter(|_| file == "v_threshold");
                let shown = shown.map_or(1.0, |scale| scale.of(0));
                let value = membrane_lsb(draft, at, guard_bits).to_f64() * shown * raw as f64;
                return Err(QuantizeError::MembraneTooNarrow {
                    layer: layer.to_owned(),
                    field: file,
                    neuron: at,
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
