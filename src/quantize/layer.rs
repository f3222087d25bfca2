//! One layer, from its draft and membrane to the integers of the contract.

use super::Options;
use super::constants::collapse;
use super::draft::{self, Draft, Payload};
use super::dyadic::{Dyadic, pow2};
use super::error::QuantizeError;
use super::exact;
use super::interval::Span;
use super::membrane::{self, Candidate, Membrane};
use super::report::{self, LayerReport};
use super::tables;
use goldspike_golden::describe::Layer;
use goldspike_golden::format::QFormat;
use goldspike_golden::neuron::Collapsed;
use goldspike_golden::quant::QuantLayer;

/// Largest exponent of a printed format; beyond it the scale takes the rest.
const MAX_FRAC: i32 = 190;

pub(crate) fn quantize(
    layer: &Layer,
    payload: Payload,
    time_steps: u32,
    options: &Options,
) -> Result<(QuantLayer, LayerReport), QuantizeError> {
    let charge = &layer.neuron.collapse();
    let (draft, membrane) = if options.exact {
        exact::choose(layer, charge, payload, time_steps, options)?
    } else {
        let draft = draft::rounded(layer, charge, payload, options)?;
        tables::one_scale(layer, charge, &draft)?;
        let candidate = Candidate::new(&layer.name, &draft, charge, options);
        let membrane = membrane::choose(&candidate, time_steps, options)?;
        (draft, membrane)
    };
    Ok(assemble(layer, charge, draft, membrane, options))
}

fn assemble(
    layer: &Layer,
    charge: &Collapsed,
    draft: Draft,
    membrane: Membrane,
    options: &Options,
) -> (QuantLayer, LayerReport) {
    let sums = draft
        .rows
        .iter()
        .fold(Span::EMPTY, |all, &row| all.hull(row));
    // The largest LSB is 2^-frac times a scale in [1, 2).
    let largest = draft.lsb.iter().copied().fold(0.0, f64::max);
    let exponent = Dyadic::from_f64(largest)
        .and_then(Dyadic::floor_log2)
        .unwrap_or(0);
    let frac = (-exponent).clamp(-MAX_FRAC, MAX_FRAC);
    let quant = QuantLayer {
        name: layer.name.clone(),
        axons: layer.axons,
        neurons: layer.neurons,
        weight_bits: draft.weight_bits,
        accumulator: QFormat::signed_for(sums.low, sums.high, frac),
        guard_bits: membrane.guard_bits,
        membrane: QFormat::signed(membrane.width, frac + membrane.guard_bits),
        rounding: options.rounding,
        overflow: options.overflow,
        scale: collapse(draft.lsb.iter().map(|lsb| lsb * pow2(frac)).collect()),
        neuron: membrane.neuron.clone(),
        weights: draft.weights.clone(),
        bias: draft.bias.clone(),
    };
    let report = report::layer(layer, charge, &draft, &membrane, &quant);
    (quant, report)
}
