//! A described circuit as files in a scratch folder, for the tools.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SynthError;
use crate::hdl::{Module, all_modules, verilog};

/// Writes the Verilog and the memory contents of `top` and everything below it; the Verilog files, relative to `folder`.
///
/// # Errors
/// A file that cannot be written; an internal bug of the description.
pub(crate) fn lay_out(top: &Arc<Module>, folder: &Path) -> Result<Vec<PathBuf>, SynthError> {
    let mut sources = Vec::new();
    for module in all_modules(top) {
        let file = verilog(&module, "")?;
        let name = PathBuf::from(format!("{}.v", file.name));
        std::fs::write(folder.join(&name), file.text)?;
        for (memory, text) in file.memory_files {
            std::fs::write(folder.join(memory), text)?;
        }
        sources.push(name);
    }
    Ok(sources)
}
