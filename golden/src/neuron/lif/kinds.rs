//! The kinds of a network file that are LIF neurons: `if`, `lif`, `plif`, `tlif`.

use super::info::MODES;
use crate::neuron::common::{AMPLITUDE, DECAY, INPUT_GAIN};
use crate::neuron::info::{
    Conflict, Default, Given, KindInfo, ParameterInfo, Range, Shape, as_given,
};
use crate::neuron::modes::{ModeSet, ResetTiming, Spikes};
use crate::param::Param;

const BINARY: ModeSet = ModeSet {
    spikes: &[Spikes::Binary],
    ..MODES
};

pub(super) const KINDS: &[KindInfo] = &[
    KindInfo {
        name: "lif",
        without: &[],
        with: &[],
        modes: BINARY,
        convert: as_given,
    },
    KindInfo {
        name: "if",
        without: &["decay"],
        with: &[ParameterInfo {
            default: Default::Value(1.0),
            ..DECAY
        }],
        modes: BINARY,
        convert: integrates,
    },
    KindInfo {
        name: "plif",
        without: &["decay", "input_gain"],
        with: &[
            ParameterInfo {
                default: Default::Absent,
                ..DECAY
            },
            ParameterInfo {
                name: "w",
                meaning: "decay = 1 - sigmoid(w), instead of decay",
                range: Range::Any,
                default: Default::Absent,
                shape: Shape::Neuron,
            },
            ParameterInfo {
                name: "decay_input",
                meaning: "the current is multiplied by 1 - decay",
                range: Range::Flag,
                default: Default::Value(0.0),
                shape: Shape::Layer,
            },
            ParameterInfo {
                default: Default::Absent,
                ..INPUT_GAIN
            },
        ],
        modes: BINARY,
        convert: parametric,
    },
    KindInfo {
        name: "tlif",
        without: &[],
        with: &[AMPLITUDE],
        modes: ModeSet {
            spikes: &[Spikes::Ternary],
            reset_timing: &[ResetTiming::SameStep, ResetTiming::NextStep],
            ..MODES
        },
        convert: as_given,
    },
];

fn conflict(key: &'static str, message: &str, help: &str) -> Conflict {
    Conflict {
        key: Some(key),
        message: message.to_owned(),
        help: help.to_owned(),
    }
}

fn integrates(given: Given) -> Result<Given, Conflict> {
    if given
        .get("decay")
        .is_some_and(|decay| decay.values().iter().any(|&d| d != 1.0))
    {
        return Err(conflict(
            "decay",
            "the kind `if` has the decay 1, this is another one",
            "use the kind `lif`, or remove the key",
        ));
    }
    Ok(given)
}

/// `decay = 1 - sigmoid(w)`, or as given; with `decay_input` the current is multiplied by `1 - decay` (Fang et al. 2021).
fn parametric(mut given: Given) -> Result<Given, Conflict> {
    let (w, decay) = (given.remove("w"), given.get("decay").cloned());
    let decay_input = given
        .remove("decay_input")
        .is_some_and(|flag| flag.of(0) != 0.0);
    let rate: Param<f64> = match (&w, &decay) {
        (Some(_), Some(_)) => {
            return Err(conflict(
                "decay",
                "both `w` and `decay` are given",
                "remove one of them",
            ));
        }
        (None, None) => {
            return Err(Conflict {
                key: None,
                message: "the kind `plif` needs the key `decay` or the key `w`".to_owned(),
                help: String::new(),
            });
        }
        (Some(w), None) => w.map(|&w| sigmoid(w)),
        (None, Some(decay)) => decay.map(|&decay| 1.0 - decay),
    };
    if let Some(w) = w {
        given.insert("decay", w.map(|&w| sigmoid(-w)));
    }
    match (decay_input, given.contains_key("input_gain")) {
        (true, true) => Err(conflict(
            "input_gain",
            "`decay_input` sets the input gain, and it is given here too",
            "remove one of the two keys",
        )),
        (true, false) => {
            given.insert("input_gain", rate);
            Ok(given)
        }
        (false, _) => Ok(given),
    }
}

fn sigmoid(w: f64) -> f64 {
    1.0 / (1.0 + (-w).exp())
}
