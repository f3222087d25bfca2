//! The netlist that Yosys maps the design to, cell by cell of the device's family, simulated by Verilator.
//!
//! What is compared with the golden model is then what place and route gets, no longer what was described: a wrong
//! optimisation, a deleted product, a memory mapped wrong are seen here. Cells are Yosys' models and goldspike's own
//! ([`simulated`]).

use std::path::{Path, PathBuf};

use crate::emit::Emitted;
use crate::engine::tool::{Tool, Toolbox, YOSYS};
use crate::engine::verilated::{Flow, Verilated};
use crate::rtl::Design;
use crate::synth::{Cells, Job, Mapped, SynthError, Target, Window, map, own_models, simulated};

/// Verilator's flags for netlists and models of cells: a cell's bits are assigned one by one, and some models have a time
/// scale.
pub(super) const FLAGS: &[&str] = &[
    "-DNO_ICE40_DEFAULT_ASSIGNMENTS",
    "-Wno-UNOPTFLAT",
    "-Wno-TIMESCALEMOD",
    "-Wno-MULTIDRIVEN",
    "-Wno-WIDTH",
    "-Wno-PINMISSING",
    "-Wno-INITIALDLY",
];

/// The design as Yosys maps it to a device.
pub struct OnCells {
    target: &'static Target,
}

/// The netlist of a device.
pub type Netlist = Verilated<OnCells>;

impl Netlist {
    /// For a device, with the tools and the cache of the environment.
    #[must_use]
    pub fn new(target: &'static Target) -> Self {
        Self::of(OnCells { target })
    }
}

/// Lays the emitted files out in `folder` and maps them, with `window` around them.
pub(super) fn mapped(
    toolbox: &Toolbox,
    folder: &Path,
    emitted: &Emitted,
    window: Option<&Window>,
    target: &Target,
) -> Result<Mapped, SynthError> {
    emitted.lay_out(folder)?;
    let mut sources: Vec<PathBuf> = emitted.rtl().map(Path::to_owned).collect();
    let mut top = emitted.top.clone();
    if let Some(window) = window {
        top = window.name();
        sources.push("window.v".into());
        std::fs::write(folder.join("window.v"), window.verilog())?;
    }
    let job = Job {
        folder,
        sources: &sources,
        top: &top,
        apart: None,
    };
    map(toolbox, &job, target)
}

/// The files that Verilator compiles: `text` with the module `top`, and the models of a family's cells.
pub(super) fn compiled(top: &str, text: String, cells: Cells) -> Emitted {
    let mut files = std::collections::BTreeMap::new();
    files.insert(Path::new("rtl").join("gs_netlist.v"), text);
    for (name, model) in cells.sources {
        files.insert(Path::new("rtl").join(name), model);
    }
    files.extend(cells.included);
    Emitted {
        top: top.to_owned(),
        files,
        binaries: std::collections::BTreeMap::new(),
    }
}

impl Flow for OnCells {
    const NAME: &'static str = "netlist";
    const TOOLS: &'static [Tool] = &[YOSYS];
    const FLAGS: &'static [&'static str] = FLAGS;

    fn identity(&self) -> Vec<String> {
        let mut texts = own_models(self.target.family);
        texts.push(format!("{:?}", self.target));
        texts
    }

    fn device(&self) -> Option<&'static str> {
        Some(self.target.name)
    }

    fn window(&self, _: &Design) -> Result<Option<Window>, SynthError> {
        Ok(None)
    }

    fn verilog(
        &self,
        toolbox: &Toolbox,
        folder: &Path,
        _: &Design,
        emitted: &Emitted,
        window: Option<&Window>,
    ) -> Result<Emitted, SynthError> {
        let mapped = mapped(toolbox, folder, emitted, window, self.target)?;
        let (text, cells) = simulated(toolbox, &mapped, self.target.family)?;
        Ok(compiled(&emitted.top, text, cells))
    }
}
