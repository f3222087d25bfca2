//! What the registry says of KLIF.

use crate::neuron::common::{
    DECAY, FIRE_AT, INPUT_GAIN, OFFSET, RESET_BY, V_INIT, V_INIT_RAW, V_RESET, V_RESET_RAW, V_THRESHOLD, always,
};
use crate::neuron::info::{
    Default, Domain, KindInfo, ModelInfo, ParameterInfo, Range, Shape, V, as_given,
};
use crate::neuron::modes::{ModeSet, Reset};

const MODES: ModeSet = ModeSet {
    reset: &[Reset::Hard, Reset::Soft, Reset::None],
    ..ModeSet::PLAIN
};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "klif",
    kinds: &[KindInfo {
        name: "klif",
        without: &[],
        with: &[],
        modes: MODES,
        convert: as_given,
    }],
    summary: "KLIF: a leaky neuron whose charge is multiplied by a learned k and rectified",
    equations: &[
        "h = ovf(max(0, R(A * v) + x + B))        x = W s + b, input_gain folded into W and b",
        "scale_reset false: A = k * decay, B = k * offset, k folded into W and b as well",
        "scale_reset true:  A = decay, B = offset, v_threshold divided by k; h is shown times k",
        "s = h >= v_threshold  (fire \">=\")   or   h > v_threshold  (fire \">\")",
        "hard v = s ? v_reset : h                 soft v = ovf(h - s * v_threshold)",
    ],
    parameters: &[
        ParameterInfo {
            meaning: "retained fraction of v, before k",
            ..DECAY
        },
        ParameterInfo {
            name: "k",
            meaning: "learned factor of the charge; k * decay may be above 1",
            range: Range::Factor,
            default: Default::Required,
            shape: Shape::Layer,
        },
        ParameterInfo {
            name: "scale_reset",
            meaning: "h / k is kept: v_reset or (h - v_threshold) / k after a spike",
            range: Range::Flag,
            default: Default::Value(0.0),
            shape: Shape::Layer,
        },
        INPUT_GAIN,
        OFFSET,
        V_THRESHOLD,
        V_RESET,
        V_INIT,
    ],
    modes: MODES,
    constants: &[
        always("decay", "decay", Domain::Decay { above_one: true }),
        always("offset", "offset", Domain::Offset { with_current: true }),
        FIRE_AT,
        RESET_BY,
        V_RESET_RAW,
        V_INIT_RAW,
    ],
    tables: &[],
    states: &[V],
    source: "Jiang and Zhang, arXiv 2302.09238; SpikingJelly 2.0.0 KLIFNode",
    differences: "No code by the authors is known; SpikingJelly is followed. Its k may become 0 or negative in training, \
                  which is refused here: the neuron would be dead or inverted.",
};
