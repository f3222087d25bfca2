//! Widths that hold for any weights, biases and constants of a layer: those of a design whose memories are rewritten.

use goldspike_golden::format::QFormat;
use goldspike_golden::neuron::info::ConstantInfo;
use goldspike_golden::quant::{Param, Payloads, QuantLayer};

use crate::hdl::Ty;
use crate::rtl::neuron::fit;
use crate::rtl::plan::ty;
use crate::rtl::plan_error::PlanError;

/// Widest sum with its bias, aligned to the membrane, as in the arithmetic contract.
const SUM_BITS: i64 = 61;

/// Smallest and largest weight of a width; one bit means -1 and 1.
fn weight_range(bits: u32) -> (i128, i128) {
    match bits {
        1 => (-1, 1),
        bits => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    }
}

/// Smallest and largest synaptic sum of any weights, the bias left out.
fn sum_range(layer: &QuantLayer, fed: Payloads) -> (i128, i128) {
    let (low, high) = weight_range(layer.weight_bits);
    let most = layer.axons as i128 * i128::from(fed.max);
    let ends = (most * low, most * high);
    if fed.signed {
        let end = ends.0.abs().max(ends.1);
        (-end, end)
    } else {
        ends
    }
}

/// Bits of the smallest signed type that holds both.
fn signed_bits((low, high): (i128, i128)) -> u32 {
    let bits = |value: i128| 129 - (if value < 0 { !value } else { value }).leading_zeros();
    bits(low).max(bits(high))
}

/// Smallest signed type that holds every synaptic sum of any weights, the bias left out.
pub(crate) fn sum_type(layer: &QuantLayer, fed: Payloads) -> Ty {
    Ty::s(signed_bits(sum_range(layer, fed)))
}

/// Type of a bias: as wide as a sum of any weights, wider where the layer's own is.
pub(crate) fn bias_type(layer: &QuantLayer, fed: Payloads) -> Ty {
    let own = fit(&Param::Neuron(layer.bias.clone()));
    Ty::s(sum_type(layer, fed).width().max(own.width()))
}

/// Type of a constant: that of every value that the contract allows.
pub(crate) fn constant_type(layer: &QuantLayer, row: &ConstantInfo) -> Ty {
    let (low, high) = layer.constant_range(row);
    ty(QFormat::signed_for(low, high, 0))
}

/// The layer with an accumulator for any weights and any bias of its type.
///
/// # Errors
/// Sums that are wider than the contract allows.
pub(crate) fn layer(layer: &QuantLayer, fed: Payloads) -> Result<QuantLayer, PlanError> {
    let width = bias_type(layer, fed).width() + 1;
    let bits = i64::from(width) + i64::from(layer.guard_bits).max(0);
    if bits > SUM_BITS {
        return Err(PlanError::AnySum {
            layer: layer.name.clone(),
            bits,
            limit: SUM_BITS,
        });
    }
    Ok(QuantLayer {
        accumulator: QFormat::signed(width, layer.accumulator.frac),
        ..layer.clone()
    })
}
