//! An engine that Verilator compiles: one generated C++ program a design, kept in a cache, fed play after play. What is
//! compiled is decided by a [`Flow`]: the design's own Verilog, or what a device's tools made of it.
//!
//! Registers without a reset and memory outputs start with random values, as in a device.

use std::path::{Path, PathBuf};

use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::compile::{Recipe, Workshop};
use crate::engine::player::{Player, program};
use crate::engine::text::{Patch, emitted, identity};
use crate::engine::tool::{CXX, MAKE, Tool, Toolbox, VERILATOR};
use crate::rtl::Design;
use crate::synth::{SynthError, Window};

/// From the design's Verilog to the Verilog that is simulated.
pub trait Flow {
    /// Name on the command line.
    const NAME: &'static str;
    /// Tools that the flow runs, in their order.
    const TOOLS: &'static [Tool];
    /// Verilator's flags beside the common ones.
    const FLAGS: &'static [&'static str];

    /// The device, if there is one, and other texts that decide what the flow makes.
    fn identity(&self) -> Vec<String>;

    /// What stands before the tools in the version.
    fn device(&self) -> Option<&'static str>;

    /// What the design is placed behind.
    ///
    /// # Errors
    /// A device without enough pins.
    fn window(&self, design: &Design) -> Result<Option<Window>, SynthError>;

    /// The Verilog that is simulated, made in `folder`.
    ///
    /// # Errors
    /// A tool that fails; a design that does not fit or has cells that nobody knows.
    fn verilog(
        &self,
        toolbox: &Toolbox,
        folder: &Path,
        design: &Design,
        emitted: &Emitted,
        window: Option<&Window>,
    ) -> Result<Emitted, SynthError>;
}

/// The engine of a flow.
pub struct Verilated<F> {
    flow: F,
    workshop: Workshop,
    patch: Option<Patch>,
    player: Player,
}

impl<F: Flow> Verilated<F> {
    /// With the tools and the cache of the environment.
    pub(super) fn of(flow: F) -> Self {
        Self {
            flow,
            workshop: Workshop::default(),
            patch: None,
            player: Player::default(),
        }
    }

    /// Every tool that it runs.
    pub fn tools() -> impl Iterator<Item = Tool> {
        F::TOOLS.iter().copied().chain([VERILATOR, CXX, MAKE])
    }

    /// With tools from elsewhere.
    #[must_use]
    pub fn with_tools(mut self, toolbox: Toolbox) -> Self {
        self.workshop.toolbox = toolbox;
        self
    }

    /// With another cache folder.
    #[must_use]
    pub fn with_cache(mut self, folder: PathBuf) -> Self {
        self.workshop.set_cache(folder);
        self
    }

    /// Runs other Verilog than the design's own: `patch` alters the emitted files before the flow sees them. For planted
    /// bugs.
    #[must_use]
    pub fn patched(mut self, patch: impl Fn(&mut Emitted) + Send + 'static) -> Self {
        self.patch = Some(Box::new(patch));
        self
    }
}

/// Each tool with what it says of its version; nothing of one that says nothing.
fn versions(toolbox: &Toolbox, tools: &[Tool]) -> Vec<String> {
    let version = |tool: &Tool| toolbox.version(*tool);
    tools.iter().filter_map(version).collect()
}

impl<F: Flow> Simulator for Verilated<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn version(&self) -> String {
        let mut tools = versions(&self.workshop.toolbox, F::TOOLS);
        tools.push(self.workshop.version());
        let tools = tools.join("; ");
        match self.flow.device() {
            Some(device) => format!("{device}: {tools}"),
            None => tools,
        }
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let (workshop, flow, patch) = (&self.workshop, &self.flow, self.patch.as_ref());
        self.player.play(F::NAME, design, stimulus, || {
            let toolbox = &workshop.toolbox;
            for &tool in F::TOOLS {
                toolbox.require(F::NAME, tool)?;
            }
            let failed = |error| EngineError::of_synthesis(F::NAME, error);
            let emitted = emitted(F::NAME, design, patch)?;
            let window = flow.window(design).map_err(failed)?;
            let mut identity = identity(&emitted);
            identity.push(format!("{window:?}"));
            identity.extend(flow.identity());
            identity.extend(versions(toolbox, F::TOOLS));
            workshop.compiled(&Recipe {
                engine: F::NAME,
                identity,
                program: program(design, window.as_ref()),
                flags: F::FLAGS,
                verilog: &|folder| {
                    flow.verilog(toolbox, folder, design, &emitted, window.as_ref())
                        .map_err(failed)
                },
            })
        })
    }
}
