//! Why nothing was emitted.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

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
    /// The output folder holds files and goldspike did not make it.
    #[error("{}: the folder is not empty and was not made by goldspike", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The output path is a file.
    #[error("{}: a file is in the way, a folder is needed", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file cannot be created, written, renamed or removed.
    #[error("{}: cannot {action}: {message}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        message: String,
    },
    /// The traces do not belong to the samples or the design.
    #[error("the expected trace does not fit the design: {0}")]
    Trace(String),
    /// A bench without a time step compares nothing.
    #[error("a self-checking bench needs at least one sample with one time step")]
    NoSteps,
}

impl EmitError {
    pub(crate) fn io(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            action,
            message: error.to_string(),
        }
    }

    /// Stable name of the kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Hdl(_) => "emit::hdl",
            Self::Silent(_) => "emit::silent",
            Self::Foreign { .. } => "emit::foreign_folder",
            Self::NotAFolder { .. } => "emit::not_a_folder",
            Self::Io { .. } => "emit::io",
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
            Self::Foreign { .. } => {
                "choose a new or an empty folder with -o; goldspike replaces only folders that hold its marker file \
                 .goldspike"
                    .to_owned()
            }
            Self::NotAFolder { .. } => "choose another path with -o".to_owned(),
            Self::Io { .. } => "check that the folder above exists or can be made, and that you may write there".to_owned(),
            Self::NoSteps => "choose --samples 1 or more".to_owned(),
        }
    }
}
