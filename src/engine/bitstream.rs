//! The bitstream of an iCE40, taken apart and simulated by Verilator: what the device is loaded with, weights included.
//!
//! The design is mapped, placed and packed; then all that is used is the `.bin` and which port is on which pin
//! ([`disassembled`]). A design with more ports than pins is placed behind a [`Window`], through which this engine looks in
//! every cycle.

use std::path::PathBuf;

use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::compile::{Recipe, Workshop};
use crate::engine::netlist::{FLAGS, compiled, mapped, versions};
use crate::engine::player::{Player, program};
use crate::engine::text::{Patch, emitted, identity};
use crate::engine::tool::{ICEBOX_VLOG, ICEPACK, ICEUNPACK, NEXTPNR_ICE40, Tool, Toolbox, YOSYS};
use crate::rtl::Design;
use crate::synth::{Cells, Target, bits, disassembled, ports, window};

const NAME: &str = "bitstream";

/// The tools between Verilog and bitstream, and back.
const TOOLS: &[Tool] = &[YOSYS, NEXTPNR_ICE40, ICEPACK, ICEUNPACK, ICEBOX_VLOG];

/// The bitstream of a device.
pub struct Bitstream {
    target: &'static Target,
    workshop: Workshop,
    patch: Option<Patch>,
    player: Player,
}

impl Bitstream {
    /// For a device, with the tools and the cache of the environment.
    #[must_use]
    pub fn new(target: &'static Target) -> Self {
        Self {
            target,
            workshop: Workshop::default(),
            patch: None,
            player: Player::default(),
        }
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

    /// Places other Verilog than the design's own. For planted bugs.
    #[must_use]
    pub fn patched(mut self, patch: impl Fn(&mut Emitted) + Send + 'static) -> Self {
        self.patch = Some(Box::new(patch));
        self
    }
}

impl Simulator for Bitstream {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        let tools = versions(&self.workshop.toolbox, &TOOLS[..2]).join("; ");
        format!("{}: {tools}; {}", self.target.name, self.workshop.version())
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let (workshop, target, patch) = (&self.workshop, self.target, self.patch.as_ref());
        self.player.play(NAME, design, stimulus, || {
            let toolbox = &workshop.toolbox;
            let failed = |error| EngineError::of_synthesis(NAME, error);
            for &tool in TOOLS {
                toolbox.require(NAME, tool)?;
            }
            let emitted = emitted(NAME, design, patch)?;
            let window = window(&design.top, target).map_err(failed)?;
            let mut identity = identity(&emitted);
            identity.push(format!("{target:?} {window:?}"));
            identity.extend(versions(toolbox, TOOLS));
            workshop.compiled(&Recipe {
                engine: NAME,
                identity,
                program: program(design, window.as_ref()),
                flags: FLAGS,
                verilog: &|folder| {
                    let mapped = mapped(toolbox, folder, &emitted, window.as_ref(), target)
                        .map_err(failed)?;
                    let (top, ports) = match &window {
                        Some(window) => (window.name(), window.ports()),
                        None => (emitted.top.clone(), ports(&design.top)),
                    };
                    let made = bits(toolbox, folder, &mapped, target, &ports).map_err(failed)?;
                    let text =
                        disassembled(toolbox, folder, &made, target, &top).map_err(failed)?;
                    let cells = mapped
                        .models()
                        .and_then(|models| Cells::of(models, target.family))
                        .map_err(failed)?;
                    Ok(compiled(&top, text, cells))
                },
            })
        })
    }
}
