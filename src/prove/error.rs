//! Why nothing could be asked.

use thiserror::Error;

use crate::engine::EngineError;
use crate::hdl::HdlError;
use crate::quantize::QuantizeError;
use crate::rtl::PlanError;

/// Why there is no answer at all, which is another thing than `unknown`.
#[derive(Debug, Error)]
pub enum ProveError {
    /// A tool is not installed.
    #[error(transparent)]
    Missing(#[from] EngineError),
    /// A temporary file.
    #[error("the files of a proof cannot be written: {0}")]
    Io(#[from] std::io::Error),
    /// A lane cannot be described.
    #[error(transparent)]
    Hdl(#[from] HdlError),
    /// A generated neuron has no integers of the asked width.
    #[error("{claim}: {error}")]
    Neuron {
        /// The claim.
        claim: String,
        /// Why.
        error: QuantizeError,
    },
    /// A design of `prove control` cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The step has no expression: a number of more than 64 bits, or a port that is none of the model's.
    #[error("{claim}: the golden step cannot be written as an expression")]
    NotExpressed {
        /// The claim.
        claim: String,
    },
}
