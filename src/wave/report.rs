//! What a recording found.

use std::ops::Range;

use serde::Serialize;

use crate::verify::Mismatch;
use crate::wave::Variable;

/// The first value in which hardware and golden model differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaveMismatch {
    /// Clock cycle, from the first one after reset.
    pub cycle: u64,
    /// Time in the waveform, in ns.
    pub time_ns: u64,
    /// What differs.
    #[serde(flatten)]
    pub at: Mismatch,
}

/// What a recording found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaveReport {
    /// Sample shown.
    pub sample: usize,
    /// Steps shown.
    pub steps: Range<usize>,
    /// First cycle shown, counted from the first one after reset; times are 10 ns a cycle.
    pub first_cycle: u64,
    /// Cycles shown.
    pub cycles: u64,
    /// Names declared.
    pub signals: usize,
    /// The first difference from the sample's start to the window's end; before the window if `cycle` is below
    /// `first_cycle`.
    pub first_mismatch: Option<WaveMismatch>,
    /// Every name, in the order of the file.
    #[serde(skip)]
    pub variables: Vec<Variable>,
    /// By layer: neurons worth looking at, those with the most golden spikes in the window first.
    #[serde(skip)]
    pub busiest: Vec<Vec<usize>>,
}
