//! Neuron units: one pipelined lane per model, described in its own file.
//!
//! A lane takes the finished synaptic sum, the state as read from memory and this neuron's constants, and gives the
//! spike, the compared value and the state to write back, a fixed number of register stages later. It has no enable:
//! what it computes in an idle cycle is not looked at.

mod alif;
mod charge;
mod clif;
mod cubalif;
mod forms;
mod glif;
mod klif;
mod lif;
mod multiplier;
mod product;
mod refractory;
mod reset;
mod table;
#[cfg(test)]
mod test_layer;
mod unit;

use std::sync::Arc;

use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, QuantLayer};

use crate::hdl::{HdlError, Module, Ty};

pub(crate) use forms::Assume;
pub use forms::{Form, Forms};
pub(crate) use unit::fit;

/// A neuron lane and what its surroundings must give it.
pub(crate) struct Lane {
    /// The lane's module. Ports: `sum_i`, `first_i`, one `NAME_i` a state, one `NAME_i` a column of the constant
    /// memories; `spike_o`, `h_o`, one `NAME_o` a state.
    pub(crate) module: Arc<Module>,
    /// Whether spikes are ternary: a port `negative_o` more, 1 with a spike of -1.
    pub(crate) ternary: bool,
    /// Register stages from inputs to outputs.
    pub(crate) latency: u32,
    /// Kept states, in the order of the trace, then what only the hardware keeps.
    pub(crate) states: Vec<State>,
    /// Constants that differ between neurons or steps.
    pub(crate) columns: Vec<Column>,
    /// Which circuits were taken.
    pub(crate) forms: Vec<Form>,
    /// Products of varying operands that are adder trees, or multipliers in their place.
    pub(crate) trees: usize,
}

/// One kept state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Port stem.
    pub(crate) name: &'static str,
    /// Type.
    pub(crate) ty: Ty,
    /// Part of the trace, or only kept (the stored spike of a next-step reset, which is the spike itself).
    pub(crate) traced: bool,
}

/// One constant that differs between neurons or steps, or is loaded.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Port stem.
    pub(crate) name: &'static str,
    /// Type.
    pub(crate) ty: Ty,
    /// Its values.
    pub(crate) values: Param<i64>,
}

/// The lane of a layer's model.
pub(crate) fn lane(
    layer: &QuantLayer,
    module_name: &str,
    sum: Ty,
    assume: &Assume,
) -> Result<Lane, HdlError> {
    match layer.neuron.model {
        ModelId::Lif => lif::lane(layer, module_name, sum, assume),
        ModelId::Klif => klif::lane(layer, module_name, sum, assume),
        ModelId::Glif => glif::lane(layer, module_name, sum, assume),
        ModelId::Clif => clif::lane(layer, module_name, sum, assume),
        ModelId::Cubalif => cubalif::lane(layer, module_name, sum, assume),
        ModelId::Alif => alif::lane(layer, module_name, sum, assume),
    }
}
