//! `goldspike evidence --check`: whether a folder's evidence still holds.

use super::{verdict, verdict_document};
use crate::cli::Ending;
use crate::cli::console::Console;
use crate::diag::{Diagnostic, Place, codes};
use crate::evidence::{self, EvidenceError, JSON};
use std::path::Path;

/// Looks, and runs nothing.
///
/// # Errors
/// `GS1201`: there is no evidence.
pub(super) fn run(folder: &Path, console: &Console) -> Result<Ending, Diagnostic> {
    let open = evidence::check(folder).map_err(|error| refused(folder, &error))?;
    console.result(|| verdict(&open), || verdict_document(folder, &open));
    Ok(if open.is_empty() {
        Ending::Done
    } else {
        Ending::Mismatch
    })
}

fn refused(folder: &Path, error: &EvidenceError) -> Diagnostic {
    let help = match error {
        EvidenceError::Missing(_) => {
            "name a folder that `goldspike evidence NETWORK -o DIR` has written"
        }
        EvidenceError::TooLarge(_) | EvidenceError::Unreadable(_) => {
            "make it again: `goldspike evidence NETWORK -o DIR`"
        }
    };
    Diagnostic::error(&codes::EVIDENCE, error.to_string())
        .at(Place::file(folder.join(JSON).display().to_string()))
        .help(help)
}
