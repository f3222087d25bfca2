//! The layer around parts of a lane that are tested alone.

use goldspike_golden::format::{QFormat, Rounding};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, QuantLayer, QuantNeuron};

/// One neuron with one axon, in 8 bits.
pub(super) fn layer() -> QuantLayer {
    QuantLayer {
        name: "n0".to_owned(),
        axons: 1,
        neurons: 1,
        weight_bits: 2,
        weights: vec![1],
        bias: vec![0],
        accumulator: QFormat::signed(2, 0),
        guard_bits: 0,
        membrane: QFormat::signed(8, 0),
        rounding: Rounding::Floor,
        overflow: Default::default(),
        scale: Param::Layer(1.0),
        neuron: QuantNeuron::new(ModelId::Lif, QFormat::unsigned(8, 7)),
    }
}
