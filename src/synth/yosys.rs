//! Yosys: from Verilog to a netlist of a target's cells.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cells::{Counts, Netlist};
use super::error::SynthError;
use super::family::Family;
use super::refine::refine;
use super::target::Target;
use super::warnings::deadly;
use crate::engine::tool::{Run, Toolbox};

/// Longest run of Yosys.
pub(super) const LIMIT: Duration = Duration::from_secs(900);

/// A design to map.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Folder of the sources; the netlist and the log go there.
    pub folder: &'a Path,
    /// Verilog files, relative to the folder.
    pub sources: &'a [PathBuf],
    /// Top module.
    pub top: &'a str,
    /// A module that is mapped apart from the rest and counted alone, and only then flattened into it.
    pub apart: Option<&'a str>,
}

/// A mapped design.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// Cells of the whole design.
    pub whole: Counts,
    /// Cells of the module that was mapped apart.
    pub apart: Option<Counts>,
    /// The flat netlist, for nextpnr.
    pub netlist: PathBuf,
    /// Read ports of block memories that took a register of the fabric into themselves.
    pub output_registers: usize,
    /// Yosys' own models of the family's cells, if its log names them.
    models: Option<PathBuf>,
}

impl Mapped {
    /// Yosys' own models of the family's cells.
    ///
    /// # Errors
    /// Yosys did not say where they are.
    pub fn models(&self) -> Result<&Path, SynthError> {
        self.models
            .as_deref()
            .ok_or_else(|| SynthError::Unreadable {
                file: format!("Yosys' log of {}", self.netlist.display()),
                what: "it does not say where `cells_sim.v` is".to_owned(),
            })
    }
}

/// Maps a design to a target's cells.
///
/// # Errors
/// Yosys is missing, fails, or warns of another circuit ([`SynthError::Deadly`]); a cell is left that the family does not
/// have.
pub fn map(toolbox: &Toolbox, job: &Job<'_>, target: &Target) -> Result<Mapped, SynthError> {
    let program = toolbox.require("synth", target.family.yosys())?;
    let (parts, flat) = (
        format!("{}_parts.json", target.name),
        format!("{}.json", target.name),
    );
    let script = script(job, target, &parts, &flat);
    let log = Run::new(&program, job.folder, &format!("{}_yosys.log", target.name))
        .args(["-p", &script])
        .timeout(LIMIT)
        .output();
    let log = log.map_err(crate::engine::tool::ToolFailure::keep_log)?;
    let warnings = deadly(&log);
    if !warnings.is_empty() {
        return Err(SynthError::Deadly {
            top: job.top.to_owned(),
            warnings,
        });
    }
    let netlist = job.folder.join(&flat);
    let refined = |netlist: &Path, top: &str| match target.family {
        Family::Ecp5 => refine(netlist, top),
        _ => Ok(0),
    };
    let output_registers = refined(&netlist, job.top)?;
    let apart = match job.apart {
        Some(module) => {
            let parts = job.folder.join(&parts);
            refined(&parts, module)?;
            Some(Netlist::read(&parts, target.family)?.count(module)?)
        }
        None => None,
    };
    Ok(Mapped {
        whole: Netlist::read(&netlist, target.family)?.count(job.top)?,
        apart,
        netlist,
        output_registers,
        models: models(&log),
    })
}

/// The file that `synth_*` reads for the family's cells.
fn models(log: &str) -> Option<PathBuf> {
    log.lines().find_map(|line| {
        let (_, path) = line.split_once("Executing Verilog-2005 frontend: ")?;
        path.ends_with("/cells_sim.v").then(|| path.trim().into())
    })
}

/// Yosys 0.70 leaves cells `$scopeinfo`, which nextpnr 0.4 does not know.
fn script(job: &Job<'_>, target: &Target, parts: &str, flat: &str) -> String {
    let sources: Vec<String> = job
        .sources
        .iter()
        .map(|path| format!("\"{}\"", path.display()))
        .collect();
    let mut commands = vec![
        format!("read_verilog {}", sources.join(" ")),
        format!("hierarchy -check -top {}", job.top),
    ];
    if let Some(module) = job.apart {
        commands.push(format!("setattr -mod -set keep_hierarchy 1 {module}"));
    }
    commands.push(format!("{} -top {}", target.synth, job.top));
    commands.push("delete t:$scopeinfo".to_owned());
    if let Some(module) = job.apart {
        commands.push(format!("write_json {parts}"));
        commands.push(format!("setattr -mod -unset keep_hierarchy {module}"));
        commands.push("flatten".to_owned());
        commands.push("clean".to_owned());
        commands.push("delete t:$scopeinfo".to_owned());
    }
    commands.push("check".to_owned());
    commands.push(format!("write_json {flat}"));
    commands.join("; ")
}
