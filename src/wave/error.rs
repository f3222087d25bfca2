//! Why there is no waveform.

use goldspike_golden::contract::ContractError;
use thiserror::Error;

use crate::engine::EngineError;
use crate::hdl::HdlError;

/// Why there is no waveform.
#[derive(Debug, Error)]
pub enum WaveError {
    /// No such sample.
    #[error("sample {sample} is not there: the data has {samples} samples, counted from 0")]
    Sample {
        /// Sample asked for.
        sample: usize,
        /// Samples there are.
        samples: usize,
    },
    /// No step, or steps that the sample does not have.
    #[error(
        "steps {first}..{end} are not a window of sample {sample}, which has {steps} steps: 0..{steps} is all of it"
    )]
    Steps {
        /// First step asked for.
        first: usize,
        /// Step after the last one asked for.
        end: usize,
        /// Sample.
        sample: usize,
        /// Steps of the sample.
        steps: usize,
    },
    /// The design shows no compared values.
    #[error("the design has no probe: build it with the probe to see membranes")]
    NoProbe,
    /// Network and design are not of the same sizes.
    #[error(
        "the network has the sizes {network:?} (axons, then neurons by layer), the design {design:?}"
    )]
    Shape {
        /// Axons and neurons by layer of the network.
        network: Vec<usize>,
        /// Axons and neurons by layer of the design.
        design: Vec<usize>,
    },
    /// The design lacks a signal that every design of this network has.
    #[error("the design is not one of this network: it has no signal `{0}`")]
    NoSignal(String),
    /// The network breaks the arithmetic contract.
    #[error(transparent)]
    Network(#[from] ContractError),
    /// The design cannot be simulated.
    #[error(transparent)]
    Design(#[from] HdlError),
    /// The simulation failed; the VCD holds the window up to there.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The VCD could not be written.
    #[error("the waveform could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl WaveError {
    /// The edit that fixes it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Sample { samples: 0, .. } => "give data with at least one sample".to_owned(),
            Self::Sample { samples, .. } => {
                format!("give --sample a number from 0 to {}", samples - 1)
            }
            Self::Steps { steps, .. } => {
                format!("give --steps A..B with A below B and B at most {steps}")
            }
            Self::NoProbe => "generate the design with --probe".to_owned(),
            Self::Shape { .. } | Self::NoSignal(_) => {
                "generate the design from this network".to_owned()
            }
            Self::Network(_) => "quantize the network again".to_owned(),
            Self::Design(_) => "this is a bug of goldspike, not of your network".to_owned(),
            Self::Engine(_) => "open the VCD at its end: it shows the last cycles".to_owned(),
            Self::Write(_) => "choose another place with -o".to_owned(),
        }
    }
}
