//! What the registry says of GLIF.

use super::kinds;
use crate::neuron::common::{DECAY, FIRE_AT, INPUT_GAIN, V_INIT, V_INIT_RAW, V_THRESHOLD, always, parameter};
use crate::neuron::info::{ConstantInfo, Default, Domain, ModelInfo, ParameterInfo, Presence, Range, Shape, V};
use crate::neuron::modes::{ModeSet, Reset, ResetTiming};

/// A parameter of a value a layer, neuron, step, or step and neuron.
pub(super) const fn by_step(
    name: &'static str,
    meaning: &'static str,
    range: Range,
    default: Default,
) -> ParameterInfo {
    ParameterInfo {
        shape: Shape::Step,
        ..parameter(name, meaning, range, default)
    }
}

const fn stepwise(name: &'static str, file: &'static str, domain: Domain) -> ConstantInfo {
    ConstantInfo {
        by_step: true,
        ..always(name, file, domain)
    }
}

/// The reset is in the constants: always the next step's.
pub(super) const MODES: ModeSet = ModeSet {
    reset: &[Reset::Soft],
    reset_timing: &[ResetTiming::NextStep],
    ..ModeSet::PLAIN
};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "glif",
    kinds: kinds::KINDS,
    summary: "GLIF: gates between exponential and linear leak, constant and step-wise conductance, hard and soft reset",
    equations: &[
        "h = ovf(R(A[r] * v) + R(G[t] * x) + B[r])     r = s of the step before; x = W s + b",
        "A[0] = decay = 1 - alpha (1 - tau_exp)        A[1] = (1 - gate_reset) * A[0], gate_reset = gamma",
        "B[0] = -leak = -(1 - alpha) tau_lin           B[1] = B[0] - sub_reset, sub_reset = (1 - gamma) v_re",
        "G[t] = conduct = 1 - beta (1 - g_t)           the same at every step: folded into W and b",
        "s = h >= v_threshold  (fire \">=\")   or   h > v_threshold  (fire \">\");  v = h",
    ],
    parameters: &[
        by_step(
            "decay",
            "retained fraction of v, 1 - alpha (1 - tau_exp)",
            Range::Unit,
            DECAY.default,
        ),
        by_step(
            "gate_reset",
            "part of the retained v that a spike of the step before takes, gamma",
            Range::Unit,
            Default::Required,
        ),
        by_step(
            "leak",
            "amount that v loses at every step, not clamped at 0, (1 - alpha) tau_lin",
            Range::Any,
            Default::Value(0.0),
        ),
        by_step(
            "sub_reset",
            "amount that a spike of the step before takes, (1 - gamma) v_re",
            Range::Any,
            Default::Value(0.0),
        ),
        by_step(
            "conduct",
            "factor of the current in each step, 1 - beta (1 - g_t)",
            Range::Unit,
            Default::Value(1.0),
        ),
        INPUT_GAIN,
        by_step(
            "v_threshold",
            "threshold of h; the reset has its own amount",
            Range::Positive,
            V_THRESHOLD.default,
        ),
        V_INIT,
    ],
    modes: MODES,
    constants: &[
        stepwise("decay", "decay", Domain::Decay { above_one: false }),
        stepwise(
            "decay_after_spike",
            "gate_reset",
            Domain::Decay { above_one: false },
        ),
        ConstantInfo {
            presence: Presence::Optional,
            ..stepwise("conduct", "conduct", Domain::Conductance)
        },
        stepwise("offset", "leak", Domain::Offset { with_current: false }),
        stepwise("offset_after_spike", "sub_reset", Domain::Offset { with_current: false }),
        ConstantInfo {
            by_step: true,
            ..FIRE_AT
        },
        V_INIT_RAW,
    ],
    tables: &[],
    states: &[V],
    source: "Yao et al., NeurIPS 2022, and the authors' LIFSpike, LIFSpike_CW; SpikingJelly 2.0.0 GatedLIFNode",
    differences: "The authors' code fires above the threshold only (\">\"), SpikingJelly at it (\">=\"). v_threshold and v_re are apart. \
                  The layer-wise class of the authors has hard gates, the channel-wise one soft or hard gates.",
};
