//! What the choice of formats asks of a layer's folded real constants.

use super::dyadic::Dyadic;
use goldspike_golden::neuron::info::ConstantInfo;
use goldspike_golden::neuron::{Collapsed, Domain};
use goldspike_golden::quant::Param;

/// The constants that are there with their table rows, in the order of the table.
pub(crate) fn table(
    charge: &Collapsed,
) -> impl Iterator<Item = (&'static ConstantInfo, &Param<f64>)> {
    let rows = charge.neuron.model.info().constants.iter();
    rows.filter_map(|row| Some((row, charge.constants.get(row.name)?)))
}

/// Whether a bias may be part of that constant.
pub(crate) fn moves(row: &ConstantInfo) -> bool {
    row.domain == Domain::Offset { with_current: true }
}

/// Factors of states.
pub(crate) fn decays(charge: &Collapsed) -> impl Iterator<Item = &Param<f64>> {
    of_domain(charge, |domain| matches!(domain, Domain::Decay { .. }))
}

/// Factors of the current.
pub(crate) fn conductances(charge: &Collapsed) -> impl Iterator<Item = &Param<f64>> {
    of_domain(charge, |domain| domain == Domain::Conductance)
}

fn of_domain(charge: &Collapsed, is: impl Fn(Domain) -> bool) -> impl Iterator<Item = &Param<f64>> {
    table(charge)
        .filter(move |(row, _)| is(row.domain))
        .map(|(_, values)| values)
}

/// Smallest threshold of neuron `n` in units of the kept value (one rounding, for choices that need no exactness).
pub(crate) fn level(charge: &Collapsed, n: usize) -> f64 {
    let Some(threshold) = charge.constants.get("fire_at") else {
        return 1.0;
    };
    (0..threshold.steps())
        .filter_map(|t| threshold.get(n, t).copied())
        .fold(f64::INFINITY, f64::min)
        / charge.h_scale()
}

/// Largest of the factors, 0 without any.
pub(crate) fn largest<'a>(factors: impl Iterator<Item = &'a Param<f64>>) -> f64 {
    factors.flat_map(Param::values).copied().fold(0.0, f64::max)
}

/// Fractional bits that hold all the factors as they stand.
pub(crate) fn fraction_bits<'a>(factors: impl Iterator<Item = &'a Param<f64>>) -> u32 {
    factors
        .flat_map(Param::values)
        .map(|&factor| fraction_bits_of(factor))
        .max()
        .unwrap_or(0)
}

/// Fractional bits of one number.
pub(crate) fn fraction_bits_of(factor: f64) -> u32 {
    Dyadic::from_f64(factor)
        .and_then(Dyadic::trailing)
        .map_or(0, |e| (-e).max(0).unsigned_abs())
}
