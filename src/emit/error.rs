//! Why nothing was emitted.

use thiserror::Error;

use crate::folder::FolderError;
use crate::hdl::HdlError;

/// Why nothing was emitted; the output folder is then as it was.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum EmitError {
    /// The hardware description was refused: an internal bug, reported as one.
    #[error("internal error in the generated hardware (please report it): {0}")]
    Hdl(#[from] HdlError),
    /// The latency of the design could not be measured: an internal bug.
    #[error("internal error: the design does not answer a silent step (please report it): {0}")]
    Silent(String),
    /// The output folder was not written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The traces do not belong to the samples or the design.
    #[error("the expected trace does not fit the design: {0}")]
    Trace(String),
    /// A bench without a time step compares nothing.
    #[error("a self-checking bench needs at least one sample with one time step")]
    NoSteps,
}

impl EmitError {
    /// Stable name of the kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Hdl(_) => "emit::hdl",
            Self::Silent(_) => "emit::silent",
            Self::Folder(FolderError::Foreign { .. }) => "emit::foreign_folder",
            Self::Folder(FolderError::NotAFolder { .. }) => "emit::not_a_folder",
            Self::Folder(FolderError::Io { .. }) => "emit::io",
            Self::Trace(_) => "emit::trace",
            Self::NoSteps => "emit::no_steps",
        }
    }

    /// The edit that fixes it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Hdl(_) | Self::Silent(_) | Self::Trace(_) => {
                "this is a bug of goldspike, not of your network".to_owned()
            }
            Self::Folder(error) => error.help().to_owned(),
            Self::NoSteps => "choose --samples 1 or more".to_owned(),
        }
    }
}
