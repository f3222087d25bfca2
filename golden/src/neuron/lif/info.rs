//! What the registry says of the LIF family.

use crate::neuron::{ModelInfo, ParameterInfo};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "lif",
    kinds: &["lif", "if", "plif", "tlif"],
    summary: "leaky integrate-and-fire: IF (decay 1), LIF, PLIF (a decay per layer or neuron), TLIF (ternary spikes)",
    equations: &[
        "h = ovf(R(decay * v) + x + offset)        x = W s + b, input_gain folded into W and b",
        "s = h >= v_threshold  (fire \">=\")   or   h > v_threshold  (fire \">\")",
        "tlif:               s = -1 too where h <= -v_threshold (h < -v_threshold); r and s keep their sign, not guarded",
        "same_step:          hard v = s ? v_reset : h                soft v = ovf(h - s * v_threshold)",
        "next_step:          hard h = ovf(R(decay * (r ? v_reset : v)) + x + offset), v = h",
        "                    soft h = ovf(R(decay * v) + x + offset - r * v_threshold), v = h;  r = s of the step before",
        "same_step_guarded:  h as next_step with r = v > v_threshold",
        "                    hard v = ovf(h - (s - r)(h - v_reset))   soft v = ovf(h - (s - r) * v_threshold)",
    ],
    parameters: &[
        ParameterInfo {
            name: "decay",
            meaning: "retained fraction of v; 1 is IF, 1 - 1/tau is LIF, sigmoid(-w) is PLIF",
            range: "0 to 1",
            default: "required",
            per_neuron: true,
        },
        ParameterInfo {
            name: "input_gain",
            meaning: "factor of the synaptic current",
            range: "finite",
            default: "1",
            per_neuron: true,
        },
        ParameterInfo {
            name: "offset",
            meaning: "constant input of every step",
            range: "finite",
            default: "0",
            per_neuron: true,
        },
        ParameterInfo {
            name: "v_threshold",
            meaning: "threshold, and the amount of a soft reset",
            range: "above 0",
            default: "required",
            per_neuron: true,
        },
        ParameterInfo {
            name: "fire",
            meaning: "whether a value equal to the threshold fires",
            range: ">=, >",
            default: ">=",
            per_neuron: false,
        },
        ParameterInfo {
            name: "reset",
            meaning: "kind of reset after a spike",
            range: "hard, soft, none",
            default: "hard",
            per_neuron: false,
        },
        ParameterInfo {
            name: "reset_timing",
            meaning: "when the reset acts",
            range: "same_step, next_step, same_step_guarded",
            default: "same_step",
            per_neuron: false,
        },
        ParameterInfo {
            name: "v_reset",
            meaning: "value after a hard reset",
            range: "finite",
            default: "0",
            per_neuron: true,
        },
        ParameterInfo {
            name: "v_init",
            meaning: "value before the first step of a sample",
            range: "finite",
            default: "0",
            per_neuron: true,
        },
        ParameterInfo {
            name: "amplitude",
            meaning: "tlif only: real value of a spike, folded into the weights that it meets",
            range: "above 0",
            default: "1",
            per_neuron: true,
        },
    ],
    source: "SpikingJelly IFNode, LIFNode, ParametricLIFNode (Fang et al., ICCV 2021), TernaryIFNode, TernaryLIFNode; \
             Ternary Spike (Guo et al., AAAI 2024); snnTorch Leaky",
    states: &["v"],
};
