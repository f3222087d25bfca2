//! What the registry says of CLIF.

use crate::neuron::common::{
    DECAY, FIRE_AT, INPUT_GAIN, OFFSET, RESET_BY, V_INIT, V_INIT_RAW, V_RESET, V_RESET_RAW, V_THRESHOLD, always,
};
use crate::neuron::info::{
    Default, Domain, KindInfo, ModelInfo, ParameterInfo, Range, Shape, StateInfo, StateUnit,
    TableInfo, TableOutput, V, as_given,
};
use crate::neuron::modes::{ModeSet, Reset};

const MODES: ModeSet = ModeSet {
    reset: &[Reset::Soft, Reset::Hard],
    ..ModeSet::PLAIN
};

/// The registry's entry.
pub(in crate::neuron) const INFO: ModelInfo = ModelInfo {
    name: "clif",
    kinds: &[KindInfo {
        name: "clif",
        without: &[],
        with: &[],
        modes: MODES,
        convert: as_given,
    }],
    summary: "CLIF: a leaky neuron with a complementary potential m that deepens the reset of frequent spikes",
    equations: &[
        "h = ovf(R(decay * v) + x + offset)            x = W s + b, input_gain folded into W and b",
        "s = h >= v_threshold  (fire \">=\")   or   h > v_threshold  (fire \">\")",
        "m' = ovf(R(m * S1(h)) + s)                    S1(h) = sigmoid(h / tau), a table; m starts at 0",
        "soft v = ovf(h - s * (v_threshold + S2(m')))  S2(m) = sigmoid(m), a table",
        "hard v = s ? ovf(v_reset - S2(m')) : h",
    ],
    parameters: &[
        DECAY,
        ParameterInfo {
            name: "tau",
            meaning: "m retains sigmoid(h / tau); decay is 1 - 1/tau in the paper",
            range: Range::AboveOne,
            default: Default::Required,
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
        always("decay", "decay", Domain::Decay { above_one: false }),
        always("offset", "offset", Domain::Offset { with_current: true }),
        FIRE_AT,
        RESET_BY,
        V_RESET_RAW,
        V_INIT_RAW,
    ],
    tables: &[
        TableInfo {
            name: "retain",
            input: StateUnit::Membrane,
            output: TableOutput::Coefficient,
        },
        TableInfo {
            name: "deepen",
            input: StateUnit::Own,
            output: TableOutput::Membrane,
        },
    ],
    states: &[
        V,
        StateInfo {
            name: "m",
            unit: StateUnit::Own,
        },
    ],
    source: "Huang et al., ICML 2024, and the authors' ComplementaryLIFNeuron; SpikingJelly 2.0.0 ComplementaryLIFNode",
    differences: "SpikingJelly has the soft reset only; the authors' class with v_reset subtracts sigmoid(m) from it. The authors' \
                  class CLIFSpike replaces m by sigmoid(m) at every step, which neither paper nor train.py does: not supported.",
};
