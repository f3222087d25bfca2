//! Why there is no answer about mutants.

use thiserror::Error;

use crate::engine::EngineError;
use crate::engine::tool::ToolFailure;
use crate::prove::ProveError;

/// Why mutants could not be made, played or judged.
#[derive(Debug, Error)]
pub enum MutantError {
    /// Verilator, its compiler, or a tool that is missing.
    #[error(transparent)]
    Engine(Box<EngineError>),
    /// Yosys failed.
    #[error("yosys makes no mutants: {0}")]
    Yosys(Box<ToolFailure>),
    /// Yosys wrote something else than mutations.
    #[error("yosys lists `{0}`, which is no mutation")]
    Unreadable(String),
    /// A proof could not be asked.
    #[error(transparent)]
    Prove(Box<ProveError>),
    /// A file of a tool.
    #[error("the files of the mutants cannot be written: {0}")]
    Io(#[from] std::io::Error),
    /// No unit of that name.
    #[error("the design has no unit `{name}`; there are {}", known.join(", "))]
    NoUnit {
        /// What was asked for.
        name: String,
        /// Units.
        known: Vec<String>,
    },
    /// Nothing can be mutated.
    #[error("no mutant was made, which is never a pass")]
    Nothing,
    /// The design without a mutation is noticed: the checks would kill anything.
    #[error("without a mutation the design fails the check: {0}")]
    Healthy(String),
}

impl From<ToolFailure> for MutantError {
    fn from(failure: ToolFailure) -> Self {
        Self::Yosys(Box::new(failure.keep_log()))
    }
}

impl From<EngineError> for MutantError {
    fn from(error: EngineError) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl From<ProveError> for MutantError {
    fn from(error: ProveError) -> Self {
        Self::Prove(Box::new(error))
    }
}
