//! What a model says of itself: the keys of a network's file, the integers of a quantized layer, its states and modes.
//!
//! Importers, schema, help, quantizer, digest, generators of random networks and the lint matrix read these tables.

use std::collections::BTreeMap;

use crate::neuron::modes::{ModeSet, Modes};
use crate::param::Param;

/// What is known of a model.
#[derive(Clone, Copy, Debug)]
pub struct ModelInfo {
    /// Name, as in quantized networks.
    pub name: &'static str,
    /// Kinds of neuron in a network file that mean this model.
    pub kinds: &'static [KindInfo],
    /// One sentence.
    pub summary: &'static str,
    /// The step, line by line.
    pub equations: &'static [&'static str],
    /// Real parameters.
    pub parameters: &'static [ParameterInfo],
    /// What it can be switched to.
    pub modes: ModeSet,
    /// Integers of a quantized layer.
    pub constants: &'static [ConstantInfo],
    /// Tables of a quantized layer.
    pub tables: &'static [TableInfo],
    /// Kept states in the order of `LayerTrace::states`, the membrane potential first.
    pub states: &'static [StateInfo],
    /// Papers and code that define it.
    pub source: &'static str,
    /// Where the sources differ, and what is followed here.
    pub differences: &'static str,
}

/// A kind of neuron in a network's file: a view of a model.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// Value of `kind`.
    pub name: &'static str,
    /// Parameters of the model that this kind does not have.
    pub without: &'static [&'static str],
    /// Parameters of this kind alone.
    pub with: &'static [ParameterInfo],
    /// The modes of the model that this kind has.
    pub modes: ModeSet,
    /// From the file's parameters, absent ones left out, to the model's.
    pub convert: fn(Given) -> Result<Given, Conflict>,
}

/// Parameters by key.
pub type Given = BTreeMap<&'static str, Param<f64>>;

/// Parameters of a file that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Key at fault; `None`: a key is missing.
    pub key: Option<&'static str>,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// [`KindInfo::convert`] of a kind that has the model's own parameters.
///
/// # Errors
/// Never.
pub fn as_given(given: Given) -> Result<Given, Conflict> {
    Ok(given)
}

/// One real parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterInfo {
    /// Key in a network file.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Legal values.
    pub range: Range,
    /// Value of an absent key.
    pub default: Default,
    /// What it may depend on.
    pub shape: Shape,
}

/// Value of an absent key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// The key must be there.
    Required,
    /// This value.
    Value(f64),
    /// None: something else stands for it, or it has no effect.
    Absent,
}

/// What a parameter may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One value a layer.
    Layer,
    /// One a layer or one a neuron.
    Neuron,
    /// One a layer, one a neuron, one a step, or one a step and neuron.
    Step,
}

/// Range of a real parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Every finite number.
    Any,
    /// Above 0.
    Positive,
    /// 0 or above.
    NotNegative,
    /// Above 1.
    AboveOne,
    /// Above 0: a factor that would otherwise silence or invert the neuron.
    Factor,
    /// 0 to 1, both included.
    Unit,
    /// 0 or 1: `false` or `true` in a file.
    Flag,
}

impl Range {
    /// Whether `value` is in it.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Any => value.is_finite(),
            Self::Positive | Self::Factor => value.is_finite() && value > 0.0,
            Self::NotNegative => value.is_finite() && value >= 0.0,
            Self::AboveOne => value.is_finite() && value > 1.0,
            Self::Unit => (0.0..=1.0).contains(&value),
            Self::Flag => value == 0.0 || value == 1.0,
        }
    }

    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Any => "finite",
            Self::Positive => "above 0",
            Self::Factor => {
                "above 0: with 0 the neuron never fires, below 0 the ReLU takes the other side of the charge"
            }
            Self::NotNegative => "0 or above",
            Self::AboveOne => "above 1",
            Self::Unit => "from 0 to 1",
            Self::Flag => "true or false",
        }
    }
}

/// One integer parameter of a quantized layer.
#[derive(Clone, Copy, Debug)]
pub struct ConstantInfo {
    /// Name.
    pub name: &'static str,
    /// Key of the network's file that it comes from.
    pub file: &'static str,
    /// What it is counted in.
    pub domain: Domain,
    /// Whether it may depend on the step.
    pub by_step: bool,
    /// Whether it is there.
    pub presence: Presence,
}

/// Whether a constant is there.
#[derive(Clone, Copy, Debug)]
pub enum Presence {
    /// Always.
    Always,
    /// With these modes; in a step without them nothing reads it.
    With(fn(&Modes) -> bool),
    /// It may be left out: what it does is in other constants then.
    Optional,
}

/// What an integer parameter is counted in, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// LSBs of the coefficients: a factor of a state, at most 1 or any that the format holds.
    Decay {
        /// Whether it may be above 1.
        above_one: bool,
    },
    /// LSBs of the coefficients: a factor of the synaptic current, 0 to 1.
    Conductance,
    /// Membrane LSBs of the compared value: the smallest that fires.
    Threshold,
    /// Membrane LSBs: the smallest `v` above the threshold, whatever the fire rule.
    Pending,
    /// Membrane LSBs of the compared value: what a reset takes away.
    Amount,
    /// Membrane LSBs: what is added at every step.
    Offset {
        /// Whether the synaptic current is added at the same place, as it is: a bias may be part of this then.
        with_current: bool,
    },
    /// Membrane LSBs: an amount of 0 or above. A leak takes it away toward zero, a spike adds it to an adaptation.
    Leak,
    /// Membrane LSBs: a value that the state takes.
    State,
}

impl Domain {
    /// Whether it is counted in LSBs of the membrane, whose format must hold it.
    #[must_use]
    pub const fn is_membrane(self) -> bool {
        !matches!(self, Self::Decay { .. } | Self::Conductance)
    }
}

/// One table of a quantized layer: a sigmoid of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// Name.
    pub name: &'static str,
    /// What its input is counted in.
    pub input: StateUnit,
    /// What its values are counted in: the coefficients' LSBs, or the membrane's.
    pub output: TableOutput,
}

/// What the values of a table are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableOutput {
    /// LSBs of the coefficients.
    Coefficient,
    /// LSBs of the membrane.
    Membrane,
}

/// One kept state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateInfo {
    /// Name.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: StateUnit,
}

/// What a state is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateUnit {
    /// LSBs of the membrane, in its format.
    Membrane,
    /// LSBs of a format of its own, `QuantNeuron::formats`.
    Own,
    /// Steps.
    Steps,
}

/// A membrane potential.
pub const V: StateInfo = StateInfo {
    name: "v",
    unit: StateUnit::Membrane,
};

/// The state that a refractory period adds.
pub const REFRACTORY: StateInfo = StateInfo {
    name: "refractory",
    unit: StateUnit::Steps,
};

impl ModelInfo {
    /// The constant of that name.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&'static ConstantInfo> {
        self.constants.iter().find(|c| c.name == name)
    }

    /// The parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static ParameterInfo> {
        self.parameters.iter().find(|p| p.name == name)
    }
}

impl KindInfo {
    /// Its parameters in a file.
    pub fn parameters(&self, model: &ModelInfo) -> impl Iterator<Item = &'static ParameterInfo> {
        let without = self.without;
        model
            .parameters
            .iter()
            .filter(move |p| !without.contains(&p.name))
            .chain(self.with)
    }
}
