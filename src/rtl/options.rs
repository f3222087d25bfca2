//! What may be chosen of a design: lanes, where weights stand, what the target's cells want.

use serde::{Deserialize, Serialize};

use crate::rtl::fabric::Fabric;
use crate::rtl::neuron::Forms;

/// Banks of each event buffer: one being written, one being replayed, two in between, so that short steps of two
/// layers overlap without a gap.
pub const DEFAULT_BANKS: u32 = 4;

/// The most events a cycle.
pub(super) const MOST_EVENTS: u32 = 8;

/// A number of lanes: chosen here, the same for every layer, or one number a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaneChoice {
    /// Chosen from the layer's size.
    #[default]
    Auto,
    /// The same for every layer; above a layer's neurons it is clamped.
    All(u32),
    /// One number a layer; a number above the layer's neurons is an error.
    PerLayer(Vec<u32>),
}

/// Where weights and constants of neurons stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// They are part of the design.
    #[default]
    Rom,
    /// A port rewrites them while the design runs: widths and circuits are for any of them.
    Writable,
    /// A port writes them after the start, and again while no sample is in flight; without them no sample is accepted.
    /// Widths and circuits are for any of them, and each is kept once, in large memories where the device has them.
    Loaded,
}

impl Weights {
    /// Whether they come over a port.
    #[must_use]
    pub const fn has_port(self) -> bool {
        !matches!(self, Self::Rom)
    }
}

/// What becomes of a first layer's sums where its input is analogue and often the same from step to step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstantInput {
    /// They are kept: a step that is as the one before is one beat, and its passes replay no event.
    #[default]
    Keep,
    /// They are added up anew in each step.
    Recompute,
}

/// What the user may choose of a design without changing one bit of its results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesignOptions {
    /// Synapse lanes `P`.
    pub lanes: LaneChoice,
    /// Neuron lanes `Q`.
    pub neuron_lanes: LaneChoice,
    /// Events a cycle `K`.
    #[serde(default = "one_event")]
    pub events: LaneChoice,
    /// Events that one beat of the input stream carries, at most the first layer's `K`.
    #[serde(default = "one_a_beat")]
    pub beat_events: u32,
    /// Output streams with the compared value and the states of every neuron.
    pub probe: bool,
    /// Banks of each event buffer, at least 2.
    pub banks: u32,
    /// Whether lanes are made for the constants and weights at hand.
    #[serde(default)]
    pub forms: Forms,
    /// What the cells of the target want.
    #[serde(default)]
    pub fabric: Fabric,
    /// Whether weights and constants can be rewritten.
    #[serde(default)]
    pub weights: Weights,
    /// What becomes of the first layer's sums where its input is analogue.
    #[serde(default)]
    pub constant_input: ConstantInput,
}

fn one_event() -> LaneChoice {
    LaneChoice::All(1)
}

const fn one_a_beat() -> u32 {
    1
}

impl Default for DesignOptions {
    fn default() -> Self {
        Self {
            lanes: LaneChoice::Auto,
            neuron_lanes: LaneChoice::Auto,
            events: one_event(),
            beat_events: one_a_beat(),
            probe: false,
            banks: DEFAULT_BANKS,
            forms: Forms::Cheapest,
            fabric: Fabric::PORTABLE,
            weights: Weights::Rom,
            constant_input: ConstantInput::Keep,
        }
    }
}

/// The most events a cycle of a layer: more than it has axons never come.
pub(super) fn most_events(axons: usize) -> u32 {
    let fits = u32::try_from(axons).unwrap_or(u32::MAX);
    MOST_EVENTS.min(fits.max(1))
}
