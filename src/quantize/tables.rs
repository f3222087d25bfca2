//! The tables of a layer's sigmoids, and the format of a state that has one of its own.
//!
//! Segments are a power of two of LSBs and at most 1/8 of the sigmoid's argument; the table of a membrane serves arguments
//! from -8 to 8, that of an own state, which is read after a spike alone, from 1 to 9. With segments of 1/8 (64 on each side
//! of 0) fewer than 0.05 % of CLIF's spikes differ from those with the exact sigmoid (at most 0.027 %, with tau 4 over 16
//! steps, where the default guard bits make the threshold 512 LSBs), with segments of 1/4 more (0.054 %). Knots are rounded to
//! the LSB of what they are counted in: where the threshold is 4096 LSBs segments of 1/4 would do (0.04 %), where it is 128
//! no table does (0.18 %).

use super::draft::Draft;
use super::error::QuantizeError;
use goldspike_golden::describe::Layer;
use goldspike_golden::format::{Overflow, QFormat};
use goldspike_golden::neuron::Collapsed;
use goldspike_golden::neuron::info::{StateUnit, TableInfo, TableOutput};
use goldspike_golden::quant::QuantNeuron;
use goldspike_golden::table::QuantTable;

/// Widest segment in the sigmoid's argument.
const SEGMENT: f64 = 0.125;
/// Largest argument; the sigmoid is 3.4e-4 from its end there.
const REACH: f64 = 8.0;
/// Integer bits of an own state where overflow saturates: the largest value that is told from larger ones.
const OWN_INTEGER: u32 = 3;
/// Integer bits where it wraps.
const OWN_INTEGER_WRAP: u32 = 12;

/// Refuses exactness of a sigmoid.
pub(crate) fn none_where_exact(layer: &Layer, charge: &Collapsed) -> Result<(), QuantizeError> {
    if charge.slopes.is_empty() {
        return Ok(());
    }
    Err(QuantizeError::NoExactTable {
        layer: layer.name.clone(),
        model: layer.neuron.model.info().name,
    })
}

/// Refuses neurons of several scales, which a table cannot serve.
pub(crate) fn one_scale(
    layer: &Layer,
    charge: &Collapsed,
    draft: &Draft,
) -> Result<(), QuantizeError> {
    let least = draft.lsb.iter().copied().fold(f64::INFINITY, f64::min);
    let most = draft.lsb.iter().copied().fold(0.0, f64::max);
    if charge.slopes.is_empty() || least >= most {
        return Ok(());
    }
    Err(QuantizeError::TableScales {
        layer: layer.name.clone(),
        model: layer.neuron.model.info().name,
        least,
        most,
    })
}

/// Formats and tables into `neuron`, whose membrane's LSB is `lsb`.
pub(crate) fn fill(neuron: &mut QuantNeuron, charge: &Collapsed, lsb: f64, overflow: Overflow) {
    let info = neuron.model.info();
    let frac = neuron.coefficient.frac.clamp(4, 16).unsigned_abs();
    let integer = match overflow {
        Overflow::Saturate | Overflow::SaturateSymmetric => OWN_INTEGER,
        Overflow::Wrap => OWN_INTEGER_WRAP,
    };
    for state in info.states.iter().filter(|s| s.unit == StateUnit::Own) {
        let format = QFormat::unsigned(frac + integer, frac.cast_signed());
        neuron.formats.insert(state.name.to_owned(), format);
    }
    for TableInfo {
        name,
        input,
        output,
    } in info.tables
    {
        let Some(&slope) = charge.slopes.get(name) else {
            continue;
        };
        let value_lsb = match output {
            TableOutput::Coefficient => f64::from(neuron.coefficient.frac).exp2().recip(),
            TableOutput::Membrane => lsb,
        };
        let (input_lsb, low) = match input {
            StateUnit::Own => (f64::from(frac).exp2().recip(), Some(1.0)),
            StateUnit::Membrane | StateUnit::Steps => (lsb, None),
        };
        let table = sigmoid(slope * input_lsb, low, value_lsb);
        neuron.tables.insert((*name).to_owned(), table);
    }
}

/// `sigmoid(per_input x)`, values counted in `value_lsb`; from `low`, or from -8 to 8.
fn sigmoid(per_input: f64, low: Option<f64>, value_lsb: f64) -> QuantTable {
    let inputs = (SEGMENT / per_input).log2().floor().clamp(0.0, 40.0);
    let shift = inputs as u32;
    let segment = inputs.exp2() * per_input;
    let span = match low {
        None => 2.0 * REACH,
        Some(_) => REACH,
    };
    let segments = ((span / segment).ceil().max(2.0) as usize)
        .next_power_of_two()
        .min(4096);
    let low = match low {
        None => -((segments as i64 / 2) << shift),
        Some(low) => (low / per_input).round() as i64,
    };
    let knots = (0..=segments)
        .map(|k| {
            let input = low as f64 + k as f64 * inputs.exp2();
            (1.0 / (1.0 + (-per_input * input).exp()) / value_lsb).round() as i64
        })
        .collect();
    QuantTable { low, shift, knots }
}
