//! What the registry says of the LIF family.

use super::kinds;
use crate::neuron::common::{
    DECAY, FIRE_AT, INPUT_GAIN, OFFSET, PENDING_AT, RESET_BY, V_INIT, V_INIT_RAW, V_RESET, V_RESET_RAW, V_THRESHOLD,
    always, parameter,
};
use crate::neuron::info::{ConstantInfo, Default, Domain, ModelInfo, Presence, Range, V};
use crate::neuron::modes::{Leak, ModeSet, Reset, ResetTiming, Spikes};

pub(super) const MODES: ModeSet = ModeSet {
    reset: &[Reset::Hard, Reset::Soft, Reset::None],
    reset_timing: &[
        ResetTiming::SameStep,
        ResetTiming::NextStep,
        ResetTiming::SameStepGuarded,
    ],
    spikes: &[Spikes::Binary, Spikes::Ternary],
    leak: &[Leak::LinearUnclamped, Leak::LinearTowardZero],
    ..ModeSet::PLAIN
};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "lif",
    kinds: kinds::KINDS,
    summary: "leaky integrate-and-fire: IF (decay 1), LIF, PLIF (a decay per layer or neuron), TLIF (ternary spikes)",
    equations: &[
        "h = ovf(R(decay * v) + x + offset - leak)   x = W s + b, input_gain folded into W and b",
        "linear_toward_zero: h = ovf(u - clamp(u, -leak, leak) + x + offset) with u = R(decay * v)",
        "s = h >= v_threshold  (fire \">=\")   or   h > v_threshold  (fire \">\")",
        "tlif:               s = -1 too where h <= -v_threshold (h < -v_threshold); r and s keep their sign, not guarded",
        "same_step:          hard v = s ? v_reset : h                soft v = ovf(h - s * v_threshold)",
        "next_step:          hard h = ovf(R(decay * (r ? v_reset : v)) + x + offset), v = h",
        "                    soft h = ovf(R(decay * v) + x + offset - r * v_threshold), v = h;  r = s of the step before",
        "same_step_guarded:  h as next_step with r = v > v_threshold",
        "                    hard v = ovf(h - (s - r)(h - v_reset))   soft v = ovf(h - (s - r) * v_threshold)",
    ],
    parameters: &[
        DECAY,
        INPUT_GAIN,
        OFFSET,
        parameter(
            "leak",
            "amount that v loses at every step; leak_mode says what happens at 0",
            Range::NotNegative,
            Default::Value(0.0),
        ),
        V_THRESHOLD,
        V_RESET,
        V_INIT,
    ],
    modes: MODES,
    constants: &[
        always("decay", "decay", Domain::Decay { above_one: false }),
        always("offset", "offset", Domain::Offset { with_current: true }),
        ConstantInfo {
            presence: Presence::With(|modes| matches!(modes.leak, Leak::LinearTowardZero)),
            ..always("leak", "leak", Domain::Leak)
        },
        FIRE_AT,
        PENDING_AT,
        RESET_BY,
        V_RESET_RAW,
        V_INIT_RAW,
    ],
    tables: &[],
    states: &[V],
    source: "SpikingJelly IFNode, LIFNode, ParametricLIFNode (Fang et al., ICCV 2021), TernaryIFNode, TernaryLIFNode; \
             Ternary Spike (Guo et al., AAAI 2024); snnTorch Leaky; the linear leak of Yao et al. (NeurIPS 2022) and of ODIN",
    differences: "SpikingJelly fires at equality and resets in the step of the spike; snnTorch fires above the threshold only and \
                  resets in the next step. Guo et al. state the threshold V_th, their code fires at V_th / 2: a file carries \
                  what is compared. A linear leak goes on below 0 in the papers and stops at 0 in hardware.",
};
