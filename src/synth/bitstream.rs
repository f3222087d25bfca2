//! Bitstreams of placed designs: icepack, ecppack, gowin_pack, gmpack.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::SynthError;
use super::nextpnr::{Placement, placing};
use super::target::Target;
use crate::engine::tool::{Run, Toolbox};

/// Longest run of a packer.
const LIMIT: Duration = Duration::from_secs(600);

/// Makes the bitstream of a design that [`place`](super::place()) placed in `folder`; a file of that folder, named after the
/// target, with the ending that loaders of the family expect (`.bin`, `.bit`, `.fs`).
///
/// # Errors
/// The packer is missing or fails, or leaves nothing. [`SynthError::NotPlaced`] where no open tool places for the target.
pub fn bitstream(
    toolbox: &Toolbox,
    folder: &Path,
    target: &Target,
    placement: &Placement,
) -> Result<PathBuf, SynthError> {
    let placing = placing(target)?;
    let program = toolbox.require("synth", placing.packer)?;
    let name = format!("{}.{}", target.name, placing.bitstream);
    let routed = placement.routed.file_name().unwrap_or_default();
    Run::new(&program, folder, &format!("{}_pack.log", target.name))
        .args((placing.pack)(&routed.to_string_lossy(), &name))
        .timeout(LIMIT)
        .output()
        .map_err(crate::engine::tool::ToolFailure::keep_log)?;
    let file = folder.join(&name);
    match std::fs::metadata(&file) {
        Ok(found) if found.len() > 0 => Ok(file),
        _ => Err(SynthError::Unreadable {
            file: name,
            what: format!("{} left no bitstream", placing.packer.name),
        }),
    }
}
