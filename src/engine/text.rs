//! The design's Verilog, as the engines that run text take it.

use crate::emit::{Emitted, sources};
use crate::engine::EngineError;
use crate::rtl::Design;

/// Changes the emitted text before an engine sees it.
pub type Patch = Box<dyn Fn(&mut Emitted) + Send>;

/// The emitted files, altered by `patch`.
///
/// # Errors
/// Only an internal bug of the hardware description.
pub(crate) fn emitted(
    engine: &'static str,
    design: &Design,
    patch: Option<&Patch>,
) -> Result<Emitted, EngineError> {
    let mut emitted =
        sources(design, "simulated by goldspike").map_err(|error| EngineError::Build {
            engine,
            message: error.to_string(),
        })?;
    if let Some(patch) = patch {
        patch(&mut emitted);
    }
    Ok(emitted)
}

/// Every file with its path, in their order.
pub(crate) fn identity(emitted: &Emitted) -> Vec<String> {
    let file = |(path, text): (&std::path::PathBuf, &String)| {
        [path.to_string_lossy().into_owned(), text.clone()]
    };
    emitted.files.iter().flat_map(file).collect()
}
