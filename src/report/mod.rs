//! The report of a build: one structure, as report.json and, for people, as report.md.
//!
//! It holds no date, no duration and no output path, so that the same build gives the same bytes. It only shows what was
//! measured; nothing is computed here.

mod markdown;
mod synthesis;

pub use synthesis::Synthesis;

use crate::data::Agreement;
use crate::quantize::Report;
use serde::Serialize;
use serde_json::Value;

/// How a step of a build ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It ran and found nothing wrong.
    Done,
    /// It ran and found a mismatch.
    Failed,
    /// It did not run.
    NotRun,
}

impl Status {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        }
    }
}

/// A step of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// What it did, or why it did not run.
    pub note: String,
}

/// Accuracy and activity on a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The data set.
    pub data: String,
    /// Samples run.
    pub samples: usize,
    /// Accuracy of the described network in double precision, 0 to 1; none without labels.
    pub accuracy_float: Option<f64>,
    /// Accuracy of the integers.
    pub accuracy_quant: Option<f64>,
    /// Spikes by neuron and step of the integers, by layer.
    pub activity: Vec<f64>,
    /// Input events by step.
    pub input_events_per_step: f64,
    /// Compared values at an end of the membrane's format, by layer.
    pub at_limit: Vec<u64>,
}

/// Agreement with the framework that trained the network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Framework {
    /// The framework's trace.
    pub trace: String,
    /// Of the double-precision reference; none for a network that came quantized.
    pub reference: Option<Agreement>,
    /// Of the integers.
    pub integers: Agreement,
}

/// Hardware of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerHardware {
    /// Name of the neuron layer.
    pub name: String,
    /// Axons.
    pub axons: usize,
    /// Neurons.
    pub neurons: usize,
    /// Synapse lanes.
    pub lanes: u32,
    /// Neuron lanes.
    pub neuron_lanes: u32,
    /// Passes of one step.
    pub groups: u32,
}

/// Everything that a build found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BuildReport {
    /// Name of the network.
    pub network: String,
    /// Digest of its integers.
    pub digest: String,
    /// Version of goldspike.
    pub goldspike: &'static str,
    /// The command that generates the files again.
    pub command: String,
    /// Every engine equals the golden model in every compared value.
    pub passed: bool,
    /// What ran and what did not.
    pub steps: Vec<Step>,
    /// What quantization lost; none for a network that came quantized.
    pub quantization: Option<Report>,
    /// On the data set, if there is one.
    pub measured: Option<Measured>,
    /// Against the framework, if there is a trace.
    pub framework: Option<Framework>,
    /// By layer.
    pub hardware: Vec<LayerHardware>,
    /// Clock cycles of one time step without pauses, simulated on the shipped design.
    pub cycles_per_step: f64,
    /// Samples that were simulated for the cycles.
    pub cycles_samples: usize,
    /// On a device, if one was named and its tools are there.
    pub synthesis: Option<Synthesis>,
    /// By engine and design, as `verify --format json` gives them.
    pub engines: Value,
}

impl BuildReport {
    /// report.json.
    ///
    /// # Errors
    /// None for this structure: the signature is `serde_json`'s.
    pub fn json(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    /// report.md.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }
}
