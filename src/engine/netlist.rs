//! The netlist that Yosys maps the design to, cell by cell of the device's family, simulated by Verilator.
//!
//! What is compared with the golden model is then what place and route gets, no longer what was described: a wrong
//! optimisation, a deleted product, a memory mapped wrong are seen here. Cells are Yosys' models and goldspike's own
//! ([`simulated`]).

use std::path::{Path, PathBuf};

use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::compile::{Recipe, Workshop};
use crate::engine::player::{Player, program};
use crate::engine::text::{Patch, emitted, identity};
use crate::engine::tool::{Tool, Toolbox, YOSYS};
use crate::rtl::Design;
use crate::synth::{Cells, Job, Mapped, SynthError, Target, Window, map, own_models, simulated};

const NAME: &str = "netlist";

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

/// The netlist of a device.
pub struct Netlist {
    target: &'static Target,
    workshop: Workshop,
    patch: Option<Patch>,
    player: Player,
}

impl Netlist {
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

    /// Maps other Verilog than the design's own. For planted bugs.
    #[must_use]
    pub fn patched(mut self, patch: impl Fn(&mut Emitted) + Send + 'static) -> Self {
        self.patch = Some(Box::new(patch));
        self
    }
}

/// Each tool with what it says of its version.
pub(super) fn versions(toolbox: &Toolbox, tools: &[Tool]) -> Vec<String> {
    let version = |tool: &Tool| toolbox.version(*tool).unwrap_or_default();
    tools.iter().map(version).collect()
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

impl Simulator for Netlist {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        let tools = versions(&self.workshop.toolbox, &[YOSYS]).join("");
        format!("{}: {tools}; {}", self.target.name, self.workshop.version())
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let (workshop, target, patch) = (&self.workshop, self.target, self.patch.as_ref());
        self.player.play(NAME, design, stimulus, || {
            let emitted = emitted(NAME, design, patch)?;
            let toolbox = &workshop.toolbox;
            let failed = |error| EngineError::of_synthesis(NAME, error);
            let mut identity = identity(&emitted);
            identity.push(format!("{target:?}"));
            identity.extend(versions(toolbox, &[YOSYS]));
            identity.extend(own_models(target.family));
            workshop.compiled(&Recipe {
                engine: NAME,
                identity,
                program: program(design, None),
                flags: FLAGS,
                verilog: &|folder| {
                    let mapped = mapped(toolbox, folder, &emitted, None, target).map_err(failed)?;
                    let (text, cells) = simulated(&mapped, target.family).map_err(failed)?;
                    Ok(compiled(&emitted.top, text, cells))
                },
            })
        })
    }
}
