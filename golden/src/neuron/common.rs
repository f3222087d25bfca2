//! Rows that the tables of most models share.

use crate::neuron::info::{ConstantInfo, Default, Domain, ParameterInfo, Presence, Range, Shape};
use crate::neuron::modes::{Reset, ResetTiming};

/// A parameter of one value a layer or one a neuron.
pub(super) const fn parameter(
    name: &'static str,
    meaning: &'static str,
    range: Range,
    default: Default,
) -> ParameterInfo {
    ParameterInfo {
        name,
        meaning,
        range,
        default,
        shape: Shape::Neuron,
    }
}

pub(super) const DECAY: ParameterInfo = parameter(
    "decay",
    "retained fraction of v; 1 is IF, 1 - 1/tau is LIF, sigmoid(-w) is PLIF",
    Range::Unit,
    Default::Required,
);
pub(super) const INPUT_GAIN: ParameterInfo = parameter(
    "input_gain",
    "factor of the synaptic current",
    Range::Any,
    Default::Value(1.0),
);
pub(super) const OFFSET: ParameterInfo = parameter(
    "offset",
    "constant input of every step",
    Range::Any,
    Default::Value(0.0),
);
pub(super) const V_THRESHOLD: ParameterInfo = parameter(
    "v_threshold",
    "threshold of h, and the amount of a soft reset",
    Range::Positive,
    Default::Required,
);
pub(super) const V_RESET: ParameterInfo = parameter(
    "v_reset",
    "value after a hard reset",
    Range::Any,
    Default::Value(0.0),
);
pub(super) const V_INIT: ParameterInfo = parameter(
    "v_init",
    "value before the first step of a sample",
    Range::Any,
    Default::Value(0.0),
);
/// Real value of a spike; of kinds that fire ternary ones.
pub(super) const AMPLITUDE: ParameterInfo = parameter(
    "amplitude",
    "real value of a spike, folded into the weights that it meets",
    Range::Positive,
    Default::Value(1.0),
);

const fn constant(
    name: &'static str,
    file: &'static str,
    domain: Domain,
    presence: Presence,
) -> ConstantInfo {
    ConstantInfo {
        name,
        file,
        domain,
        by_step: false,
        presence,
    }
}

pub(super) const fn always(name: &'static str, file: &'static str, domain: Domain) -> ConstantInfo {
    constant(name, file, domain, Presence::Always)
}

pub(super) const FIRE_AT: ConstantInfo = always("fire_at", "v_threshold", Domain::Threshold);
pub(super) const PENDING_AT: ConstantInfo = constant(
    "pending_at",
    "v_threshold",
    Domain::Pending,
    Presence::With(|modes| matches!(modes.reset_timing, ResetTiming::SameStepGuarded)),
);
pub(super) const RESET_BY: ConstantInfo = constant(
    "reset_by",
    "v_threshold",
    Domain::Amount,
    Presence::With(|modes| matches!(modes.reset, Reset::Soft)),
);
pub(super) const V_RESET_RAW: ConstantInfo = constant(
    "v_reset",
    "v_reset",
    Domain::State,
    Presence::With(|modes| matches!(modes.reset, Reset::Hard)),
);
pub(super) const V_INIT_RAW: ConstantInfo = always("v_init", "v_init", Domain::State);
