//! Engines: everything that can run a network, behind one trait, `Stimulus -> Trace`.
//!
//! The golden model runs samples; a simulator of the hardware plays beats on AXI4-Stream ports and is wrapped by
//! [`Rtl`], which turns a stimulus into beats and what came out back into a trace. Checks compare traces and know
//! nothing of neurons. A new engine is one file.

pub mod beats;
mod bitstream;
pub(crate) mod cache;
mod child;
pub(crate) mod compile;
pub(crate) mod draw;
mod golden;
mod icarus;
mod loaded;
mod netlist;
pub(crate) mod player;
pub(crate) mod random;
mod routed;
mod rtl;
mod rust_hdl;
pub mod stimulus;
pub(crate) mod text;
pub mod tool;
mod verilated;
mod verilator;
mod wire;

use goldspike_golden::quant::QuantNetwork;
use goldspike_golden::trace::SampleTrace;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

pub use bitstream::Bitstream;
pub use golden::Golden;
pub use icarus::Icarus;
pub use loaded::Loaded;
pub use netlist::Netlist;
pub use routed::Routed;
pub use rtl::Rtl;
pub use rust_hdl::{Bench, LoadState, RustHdl};
pub use stimulus::{Stalls, Stimulus};
pub use text::Patch;
pub use verilated::{Flow, Verilated};
pub use verilator::Verilator;
pub use wire::meaning;

use crate::rtl::Design;
use crate::synth::SynthError;

/// What an engine runs.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The network's integers.
    pub network: &'a QuantNetwork,
    /// Its hardware; the golden engine does not look at it.
    pub design: &'a Design,
}

/// What an engine saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One trace a sample. Without the probe a step has one layer, the last, with spikes alone.
    pub traces: Vec<SampleTrace<i64>>,
    /// Clock cycles from the first beat offered to the last beat taken; 0 for the golden engine.
    pub cycles: u64,
    /// The sticky flag at the end; of the golden engine: whether a sample is longer than its constants by step.
    pub protocol_error: bool,
    /// Cycles in which a stream waited, by interface.
    pub stalls: StallCounts,
}

/// Cycles with VALID and without READY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StallCounts {
    /// Input stream.
    pub input: u64,
    /// Output stream.
    pub output: u64,
    /// Probe streams, all together.
    pub probe: u64,
}

/// Why an engine gave no outcome.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum EngineError {
    /// The design was refused, by goldspike or by the tool.
    #[error("{engine}: {message}")]
    Build {
        /// Engine.
        engine: &'static str,
        /// What it said, with command line, status and last lines for a tool.
        message: String,
    },
    /// A tool is not installed, or too old.
    #[error("{engine}: {message}")]
    Missing {
        /// Engine.
        engine: &'static str,
        /// Which tool, and how to get it.
        message: String,
    },
    /// Synthesis, or what follows it, gave nothing to run.
    #[error("{engine}: {error}")]
    Synth {
        /// Engine.
        engine: &'static str,
        /// Why.
        error: SynthFailure,
    },
    /// An entry of the cache is not what it was when it was made: what it would simulate is not known.
    #[error(
        "{engine}: the cache entry {} is stale: `{file}` has the digest {found}, and {expected} is expected",
        entry.display()
    )]
    Stale {
        /// Engine.
        engine: &'static str,
        /// Folder of the entry.
        entry: PathBuf,
        /// File in it.
        file: String,
        /// What its list says.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// No beat on any stream for too long.
    #[error(
        "{engine}: the design hangs: no beat for {idle} cycles after {taken} of {beats} input beats and {steps} of {expected} output steps"
    )]
    Hang {
        /// Engine.
        engine: &'static str,
        /// Idle cycles.
        idle: u64,
        /// Input beats taken.
        taken: usize,
        /// Input beats in all.
        beats: usize,
        /// Output steps seen.
        steps: usize,
        /// Output steps expected.
        expected: usize,
    },
    /// A beat that the event protocol does not allow, on an output.
    #[error("{engine}: {message}")]
    Protocol {
        /// Engine.
        engine: &'static str,
        /// What was wrong and where.
        message: String,
    },
    /// The golden model refused the stimulus.
    #[error("{engine}: {message}")]
    Stimulus {
        /// Engine.
        engine: &'static str,
        /// What was wrong.
        message: String,
    },
}

/// Why a netlist or a bitstream was not made; two are equal when they say the same.
#[derive(Clone, Debug)]
pub struct SynthFailure(Arc<SynthError>);

impl SynthFailure {
    /// The error of the stage.
    #[must_use]
    pub fn error(&self) -> &SynthError {
        &self.0
    }
}

impl From<SynthError> for SynthFailure {
    fn from(error: SynthError) -> Self {
        Self(Arc::new(error))
    }
}

impl PartialEq for SynthFailure {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl std::fmt::Display for SynthFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl EngineError {
    /// An error of synthesis as one of the engine that asked for it: a missing tool stays one.
    fn of_synthesis(engine: &'static str, error: SynthError) -> Self {
        match error {
            SynthError::Missing(Self::Missing { message, .. }) => Self::Missing { engine, message },
            other => Self::Synth {
                engine,
                error: other.into(),
            },
        }
    }
}

/// Something that runs a network.
pub trait Engine {
    /// Name on the command line.
    fn name(&self) -> &'static str;

    /// Version of goldspike or of the tool.
    fn version(&self) -> String;

    /// Runs every sample, back to back, each from a fresh state.
    ///
    /// # Errors
    /// See [`EngineError`]; never a partial outcome.
    fn run(&mut self, subject: Subject<'_>, stimulus: &Stimulus) -> Result<Outcome, EngineError>;
}
