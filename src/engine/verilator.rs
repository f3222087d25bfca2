//! Verilator: one generated C++ program a design, compiled once, kept in a cache, fed play after play.
//!
//! Registers without a reset and memory outputs start with random values, as in a device.

use std::path::PathBuf;

use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::compile::{Recipe, Workshop};
use crate::engine::player::{Player, program};
use crate::engine::text::{Patch, emitted, identity};
use crate::engine::tool::Toolbox;
use crate::rtl::Design;

const NAME: &str = "verilator";

/// Verilator.
#[derive(Default)]
pub struct Verilator {
    workshop: Workshop,
    patch: Option<Patch>,
    player: Player,
}

impl Verilator {
    /// With the tools and the cache of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With tools from elsewhere.
    #[must_use]
    pub fn with_tools(toolbox: Toolbox) -> Self {
        Self {
            workshop: Workshop::with_tools(toolbox),
            ..Self::default()
        }
    }

    /// With another cache folder.
    #[must_use]
    pub fn with_cache(mut self, folder: PathBuf) -> Self {
        self.workshop.set_cache(folder);
        self
    }

    /// Runs other Verilog than the design's own: `patch` alters the emitted files before they are compiled. For
    /// planted bugs.
    #[must_use]
    pub fn patched(mut self, patch: impl Fn(&mut Emitted) + Send + 'static) -> Self {
        self.patch = Some(Box::new(patch));
        self
    }
}

impl Simulator for Verilator {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        self.workshop.version()
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let (workshop, patch) = (&self.workshop, self.patch.as_ref());
        self.player.play(NAME, design, stimulus, || {
            let emitted = emitted(NAME, design, patch)?;
            workshop.compiled(&Recipe {
                engine: NAME,
                identity: identity(&emitted),
                program: program(design, None),
                flags: &[],
                verilog: &|_| Ok(emitted.clone()),
            })
        })
    }
}
