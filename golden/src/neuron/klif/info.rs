//! What the registry says of KLIF.

use crate::neuron::{ModelInfo, ParameterInfo};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "klif",
    kinds: &["klif"],
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
            name: "decay",
            meaning: "retained fraction of v, before k",
            range: "0 to 1",
            default: "required",
            per_neuron: true,
        },
        ParameterInfo {
            name: "k",
            meaning: "learned factor of the charge; k * decay may be above 1",
            range: "above 0",
            default: "required",
            per_neuron: false,
        },
        ParameterInfo {
            name: "scale_reset",
            meaning: "h / k is kept: v_reset or (h - v_threshold) / k after a spike",
            range: "true, false",
            default: "false",
            per_neuron: false,
        },
        ParameterInfo {
            name: "input_gain",
            meaning: "factor of the synaptic current, before k",
            range: "finite",
            default: "1",
            per_neuron: true,
        },
        ParameterInfo {
            name: "offset",
            meaning: "constant input of every step, before k",
            range: "finite",
            default: "0",
            per_neuron: true,
        },
        ParameterInfo {
            name: "v_threshold",
            meaning: "threshold of h, and the amount of a soft reset",
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
            meaning: "kind of reset after a spike, in its step",
            range: "hard, soft, none",
            default: "hard",
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
    ],
    source: "Jiang and Zhang, arXiv 2302.09238; SpikingJelly 2.0.0 KLIFNode",
    states: &["v"],
};
