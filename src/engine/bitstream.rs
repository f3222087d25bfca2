//! The bitstream of an iCE40, taken apart and simulated by Verilator: what the device is loaded with, weights included.
//!
//! The design is mapped, placed and packed; then all that is used is the `.bin` and which port is on which pin
//! ([`disassembled`]). A design with more ports than pins is placed behind a [`Window`], through which this engine looks in
//! every cycle. A bitstream that is there already ([`Bitstream::of_bytes`]) is simulated as it is.

use std::path::Path;

use crate::emit::Emitted;
use crate::engine::cache::digest_of;
use crate::engine::netlist::{FLAGS, compiled, mapped};
use crate::engine::tool::{ICEBOX_VLOG, ICEPACK, ICEUNPACK, NEXTPNR_ICE40, Tool, Toolbox, YOSYS};
use crate::engine::verilated::{Flow, Verilated};
use crate::rtl::Design;
use crate::synth::{Cells, SynthError, Target, Window, bits, disassembled, given, ports, window};

/// The design as a device is loaded with it.
pub struct OnDevice {
    target: &'static Target,
    given: Option<Vec<u8>>,
}

/// The bitstream of a device.
pub type Bitstream = Verilated<OnDevice>;

impl Bitstream {
    /// For a device, with the tools and the cache of the environment.
    #[must_use]
    pub fn new(target: &'static Target) -> Self {
        Self::of(OnDevice {
            target,
            given: None,
        })
    }

    /// These bytes, made of a design without a [`Window`] on the pins of [`pin_file`](crate::synth::pin_file).
    #[must_use]
    pub fn of_bytes(target: &'static Target, bytes: Vec<u8>) -> Self {
        Self::of(OnDevice {
            target,
            given: Some(bytes),
        })
    }
}

impl Flow for OnDevice {
    const NAME: &'static str = "bitstream";
    const TOOLS: &'static [Tool] = &[YOSYS, NEXTPNR_ICE40, ICEPACK, ICEUNPACK, ICEBOX_VLOG];
    const FLAGS: &'static [&'static str] = FLAGS;

    fn identity(&self) -> Vec<String> {
        let mut texts = vec![format!("{:?}", self.target)];
        texts.extend(self.given.as_deref().map(digest_of));
        texts
    }

    fn device(&self) -> Option<&'static str> {
        Some(self.target.name)
    }

    fn window(&self, design: &Design) -> Result<Option<Window>, SynthError> {
        let used = design.plans.iter().map(|plan| plan.large_memories).sum();
        if used > 0 {
            return Err(SynthError::NotDisassembled {
                target: self.target.name,
                what: "large memories",
                used,
            });
        }
        window(&design.top, self.target)
    }

    fn verilog(
        &self,
        toolbox: &Toolbox,
        folder: &Path,
        design: &Design,
        emitted: &Emitted,
        window: Option<&Window>,
    ) -> Result<Emitted, SynthError> {
        let target = self.target;
        let mapped = mapped(toolbox, folder, emitted, window, target)?;
        let (top, ports) = match window {
            Some(window) => (window.name(), window.ports()),
            None => (emitted.top.clone(), ports(&design.top)),
        };
        let made = match &self.given {
            Some(bytes) => given(folder, bytes, &mapped, target, &ports)?,
            None => bits(toolbox, folder, &mapped, target, &ports)?,
        };
        let text = disassembled(toolbox, folder, &made, target, &top)?;
        let cells = Cells::of(mapped.models()?, target.family)?;
        Ok(compiled(&top, text, cells))
    }
}
