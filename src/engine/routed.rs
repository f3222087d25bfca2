//! The design as nextpnr placed and routed it on an ECP5, simulated by Verilator, and equal to its bitstream.
//!
//! The design is mapped, placed, routed and packed; the routed netlist is simulated, cell by cell, and compared with the bits of
//! the bitstream first ([`routed`]): a bitstream that is another design is an error, and nothing is simulated. A
//! design with more ports than pins is placed behind a [`Window`]. Files that are there already ([`Routed::of_files`]) are
//! taken as they are.

use std::path::Path;

use crate::emit::Emitted;
use crate::engine::cache::digest_of;
use crate::engine::netlist::{FLAGS, compiled, mapped};
use crate::engine::tool::{ECPPACK, ECPUNPACK, NEXTPNR_ECP5, Tool, Toolbox, YOSYS};
use crate::engine::verilated::{Flow, Verilated};
use crate::rtl::Design;
use crate::synth::{Files, SynthError, Target, Window, route, routed, routed_models, window};

/// The design on its sites.
pub struct OnSites {
    target: &'static Target,
    given: Option<Given>,
}

/// A netlist after routing and its bitstream.
struct Given {
    netlist: Vec<u8>,
    bitstream: Vec<u8>,
}

/// The routed design of a device.
pub type Routed = Verilated<OnSites>;

impl Routed {
    /// For a device, with the tools and the cache of the environment.
    #[must_use]
    pub fn new(target: &'static Target) -> Self {
        Self::of(OnSites {
            target,
            given: None,
        })
    }

    /// nextpnr's netlist after routing and its bitstream, made of the design, behind its [`Window`] where it has more ports than
    /// the device has pins.
    #[must_use]
    pub fn of_files(target: &'static Target, netlist: Vec<u8>, bitstream: Vec<u8>) -> Self {
        Self::of(OnSites {
            target,
            given: Some(Given { netlist, bitstream }),
        })
    }
}

impl Flow for OnSites {
    const NAME: &'static str = "routed";
    const TOOLS: &'static [Tool] = &[YOSYS, NEXTPNR_ECP5, ECPPACK, ECPUNPACK];
    const FLAGS: &'static [&'static str] = FLAGS;

    fn identity(&self) -> Vec<String> {
        let mut texts: Vec<String> = routed_models().sources.into_values().collect();
        texts.push(format!("{:?}", self.target));
        let given = self.given.iter();
        texts
            .extend(given.flat_map(|given| {
                [&given.netlist, &given.bitstream].map(|bytes| digest_of(bytes))
            }));
        texts
    }

    fn device(&self) -> Option<&'static str> {
        Some(self.target.name)
    }

    fn window(&self, design: &Design) -> Result<Option<Window>, SynthError> {
        window(&design.top, self.target)
    }

    fn verilog(
        &self,
        toolbox: &Toolbox,
        folder: &Path,
        _: &Design,
        emitted: &Emitted,
        window: Option<&Window>,
    ) -> Result<Emitted, SynthError> {
        let files = match &self.given {
            Some(given) => {
                let files = Files {
                    netlist: folder.join("given.json"),
                    bitstream: folder.join("given.bit"),
                };
                std::fs::write(&files.netlist, &given.netlist)?;
                std::fs::write(&files.bitstream, &given.bitstream)?;
                files
            }
            None => {
                let mapped = mapped(toolbox, folder, emitted, window, self.target)?;
                route(toolbox, folder, &mapped, self.target)?
            }
        };
        let top = window.map_or_else(|| emitted.top.clone(), Window::name);
        let found = routed(toolbox, folder, &files, self.target, &top)?;
        Ok(compiled(&top, found.verilog, found.models))
    }
}
