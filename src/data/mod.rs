//! Data sets and framework traces in: `.npz` files.
//!
//! [`load`] reads a test set, [`FrameworkTrace`] what a framework computed, [`Agreement`] compares the two sides.
//! Samples stay unsigned bytes here; `Encoding` (golden) makes events of them.

pub mod agreement;
mod dataset;
mod npz;
mod trace;

use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::import::read_limited;
use goldspike_golden::describe::Network;
use std::path::Path;

pub use agreement::{Agreement, Unit};
pub use dataset::Dataset;
pub use trace::{FrameworkLayer, FrameworkTrace};

/// Largest `.npz` file, in bytes.
const MAX_NPZ: u64 = 1 << 30;

struct Example {
    name: &'static str,
    data: &'static [u8],
    trace: &'static [u8],
}

static EXAMPLES: &[Example] = &[Example {
    name: "digits",
    data: include_bytes!("../../examples/digits/data.npz"),
    trace: include_bytes!("../../examples/digits/trace.npz"),
}];

fn example(name: &str) -> Result<&'static Example, Diagnostic> {
    EXAMPLES
        .iter()
        .find(|example| example.name == name)
        .ok_or_else(|| {
            let message = format!("there is no embedded data set `{}`", shown(name));
            Diagnostic::error(&codes::UNKNOWN_EXAMPLE, message).help(did_you_mean(
                name,
                EXAMPLES.iter().map(|example| example.name),
            ))
        })
}

/// The test set in the file `path`: `x_test` [N, ...] or `x_test_bits` + `shape`, and `y_test` if there.
///
/// # Errors
/// A [`Diagnostic`] for a missing, damaged or wrong file.
pub fn load(path: &Path) -> Result<Dataset, Diagnostic> {
    Dataset::read(&path.display().to_string(), &read_limited(path, MAX_NPZ)?)
}

/// The test set of the embedded network `name`.
///
/// # Errors
/// `GS0107` if there is none of this name.
pub fn embedded(name: &str) -> Result<Dataset, Diagnostic> {
    let example = example(name)?;
    Dataset::read(&format!("embedded:{}/data.npz", example.name), example.data)
}

/// The framework's trace in the file `path`, of `network`.
///
/// # Errors
/// A [`Diagnostic`] for a missing, damaged or wrong file, or one of another network.
pub fn load_trace(path: &Path, network: &Network) -> Result<FrameworkTrace, Diagnostic> {
    FrameworkTrace::read(
        &path.display().to_string(),
        &read_limited(path, MAX_NPZ)?,
        network,
    )
}

/// The framework's trace of the embedded network `name`.
///
/// # Errors
/// `GS0107` if there is none of this name.
pub fn embedded_trace(name: &str, network: &Network) -> Result<FrameworkTrace, Diagnostic> {
    let example = example(name)?;
    FrameworkTrace::read(
        &format!("embedded:{}/trace.npz", example.name),
        example.trace,
        network,
    )
}
