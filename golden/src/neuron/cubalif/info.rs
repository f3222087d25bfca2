//! What the registry says of CubaLIF.

use crate::neuron::common::{
    DECAY, FIRE_AT, INPUT_GAIN, OFFSET, RESET_BY, V_INIT, V_INIT_RAW, V_RESET, V_RESET_RAW, V_THRESHOLD, always, parameter,
};
use crate::neuron::info::{
    Default, Domain, KindInfo, ModelInfo, ParameterInfo, Range, StateInfo, StateUnit, V, as_given,
};
use crate::neuron::modes::{CurrentOrder, ModeSet, Reset, ResetTiming};

const MODES: ModeSet = ModeSet {
    reset: &[Reset::Hard, Reset::Soft, Reset::None],
    reset_timing: &[ResetTiming::SameStep, ResetTiming::NextStep],
    order: &[CurrentOrder::NewCurrent, CurrentOrder::OldCurrent],
    ..ModeSet::PLAIN
};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "cubalif",
    kinds: &[KindInfo {
        name: "cubalif",
        without: &[],
        with: &[],
        modes: MODES,
        convert: as_given,
    }],
    summary: "CubaLIF, Synaptic: a leaky neuron charged by a synaptic current that leaks on its own",
    equations: &[
        "i' = ovf(R(current_decay * i) + x)            x = W s + b, input_gain and current_gain folded into W and b",
        "new_current: h = ovf(R(decay * v) + i' + offset)      old_current: h = ovf(R(decay * v) + i + offset)",
        "s = h >= v_threshold  (fire \">=\")   or   h > v_threshold  (fire \">\")",
        "same_step:   hard v = s ? v_reset : h          soft v = ovf(h - s * v_threshold)",
        "next_step:   hard h = r ? v_reset : as above   soft h = ovf(... - r * v_threshold);  v = h, r = s of the step before",
    ],
    parameters: &[
        DECAY,
        parameter(
            "current_decay",
            "retained fraction of the synaptic current i, 1 - 1/tau_syn",
            Range::Unit,
            Default::Required,
        ),
        ParameterInfo {
            meaning: "factor of x where it enters i",
            ..INPUT_GAIN
        },
        parameter(
            "current_gain",
            "factor of i where it charges v",
            Range::Positive,
            Default::Value(1.0),
        ),
        OFFSET,
        V_THRESHOLD,
        V_RESET,
        V_INIT,
    ],
    modes: MODES,
    constants: &[
        always("decay", "decay", Domain::Decay { above_one: false }),
        always(
            "current_decay",
            "current_decay",
            Domain::Decay { above_one: false },
        ),
        always("offset", "offset", Domain::Offset { with_current: false }),
        FIRE_AT,
        RESET_BY,
        V_RESET_RAW,
        V_INIT_RAW,
    ],
    tables: &[],
    states: &[
        V,
        StateInfo {
            name: "i",
            unit: StateUnit::Membrane,
        },
    ],
    source: "SpikingJelly CUBALIFNode; snnTorch Synaptic; NIR CubaLIF (Pedersen et al., Nature Communications 2024)",
    differences: "SpikingJelly and NIR's rule charge v with the new current, NIR's reference simulator with the old one. \
                  snnTorch resets in the next step; its \"zero\" drops that step's charge, i is never reset.",
};
