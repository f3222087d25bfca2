//! Verilator on the design's own Verilog.

use std::path::Path;

use crate::emit::Emitted;
use crate::engine::tool::{Tool, Toolbox};
use crate::engine::verilated::{Flow, Verilated};
use crate::rtl::Design;
use crate::synth::{SynthError, Window};

/// The design as it is described.
pub struct Described;

/// Verilator.
pub type Verilator = Verilated<Described>;

impl Verilator {
    /// With the tools and the cache of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Described)
    }
}

impl Default for Verilator {
    fn default() -> Self {
        Self::new()
    }
}

impl Flow for Described {
    const NAME: &'static str = "verilator";
    const TOOLS: &'static [Tool] = &[];
    const FLAGS: &'static [&'static str] = &[];

    fn identity(&self) -> Vec<String> {
        Vec::new()
    }

    fn device(&self) -> Option<&'static str> {
        None
    }

    fn window(&self, _: &Design) -> Result<Option<Window>, SynthError> {
        Ok(None)
    }

    fn verilog(
        &self,
        _: &Toolbox,
        _: &Path,
        _: &Design,
        emitted: &Emitted,
        _: Option<&Window>,
    ) -> Result<Emitted, SynthError> {
        Ok(emitted.clone())
    }
}
