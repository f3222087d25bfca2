//! A whole design on one target: cells from Yosys and nextpnr, clock rate as the median over nextpnr's seeds, a bitstream of
//! the best one.
//!
//! Pins are assigned unless a file of pins is given. A design with more ports than the package has pins goes into a
//! [`scan`](super::scan()) frame; its cells are then those of nextpnr less the frame's, whose size is known and checked, the
//! others are counted in Yosys' netlist of the design alone, and there is no bitstream. The clock rate is that of paths between
//! registers: what lies between a pin and a register depends on the board and is not in it. Where no open tool places, cells
//! are those of Yosys' netlist, and there is neither a clock rate nor a bitstream.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::bitstream::bitstream;
use super::cells::Counts;
use super::demand::mapped_alone;
use super::error::{Shortage, SynthError};
use super::footprint::{Bitstream, ESTIMATE, Footprint, Frame, Goal, PLACED};
use super::measure::{alone, framing, median};
use super::nextpnr::{Constraints, Placement};
use super::scan::{Scan, scan};
use super::seeds::place_all;
use super::sources::lay_out;
use super::target::Target;
use super::yosys::{Job, map};
use crate::engine::tool::{Tool, Toolbox};
use crate::hdl::Module;

/// How much is tried, and what for.
#[derive(Clone, Debug, PartialEq)]
pub struct Effort {
    /// nextpnr's seeds 1 to this.
    pub seeds: u32,
    /// Seeds at a time.
    pub jobs: usize,
    /// Pins, package and clock rate.
    pub constraints: Constraints,
    /// Whether a bitstream is made, of the seed that reached the highest clock rate. There is none of a design in a frame, of
    /// one that misses its clock rate, and of an estimate.
    pub bitstream: bool,
}

/// The tools of a target that figures need.
#[must_use]
pub fn tools(target: &Target) -> Vec<Tool> {
    let family = target.family;
    std::iter::once(family.yosys())
        .chain(family.placer())
        .collect()
}

/// Measures `top` on `target`; `done` is called after Yosys and after each seed. A missed clock rate is not an error: see
/// [`Footprint::goal`].
///
/// # Errors
/// See [`SynthError`].
pub fn footprint(
    toolbox: &Toolbox,
    top: &Arc<Module>,
    target: &Target,
    effort: &Effort,
    done: &(dyn Fn() + Sync),
) -> Result<Footprint, SynthError> {
    require(toolbox, target, effort)?;
    let scratch = scratch()?;
    let laid = laid_out(top, target, &effort.constraints, scratch.path())?;
    let framing = laid.frame.as_ref().map(|frame| (frame, ports(top)));
    let job = laid.job(scratch.path(), top);
    measured(toolbox, &job, framing, target, effort, done)
}

/// A design as files, in a frame where it needs one.
pub(super) struct LaidOut {
    frame: Option<Scan>,
    sources: Vec<PathBuf>,
}

/// Writes a design to `folder`.
pub(super) fn laid_out(
    top: &Arc<Module>,
    target: &Target,
    constraints: &Constraints,
    folder: &Path,
) -> Result<LaidOut, SynthError> {
    let frame = framed(top, target, constraints)?;
    let whole = frame.as_ref().map_or(top, |frame| &frame.module);
    let sources = lay_out(whole, folder)?;
    Ok(LaidOut { frame, sources })
}

impl LaidOut {
    /// What is to be mapped.
    pub(super) fn job<'a>(&'a self, folder: &'a Path, top: &'a Module) -> Job<'a> {
        let frame = self.frame.as_ref();
        Job {
            folder,
            sources: &self.sources,
            top: frame.map_or(top.name(), |frame| frame.module.name()),
            apart: frame.map(|_| top.name()),
        }
    }
}

/// Measures Verilog files of a folder on `target`, as [`footprint`] does: for a top module that is not described here, such as
/// a board's. The folder must hold what the files read (memory contents); netlists and logs are left in it.
///
/// # Errors
/// See [`SynthError`].
pub fn implement(
    toolbox: &Toolbox,
    job: &Job<'_>,
    target: &Target,
    effort: &Effort,
    done: &(dyn Fn() + Sync),
) -> Result<Footprint, SynthError> {
    require(toolbox, target, effort)?;
    let whole = Job {
        apart: None,
        ..*job
    };
    measured(toolbox, &whole, None, target, effort, done)
}

/// Refuses before any work what a missing tool would end.
fn require(toolbox: &Toolbox, target: &Target, effort: &Effort) -> Result<(), SynthError> {
    let packer = target.family.packer().filter(|_| effort.bitstream);
    for tool in tools(target).into_iter().chain(packer) {
        toolbox.require("synth", tool)?;
    }
    Ok(())
}

/// A folder for a run of the tools.
pub(super) fn scratch() -> Result<tempfile::TempDir, SynthError> {
    Ok(tempfile::Builder::new()
        .prefix("goldspike-synth-")
        .tempdir()?)
}

fn measured(
    toolbox: &Toolbox,
    job: &Job<'_>,
    frame: Option<(&Scan, usize)>,
    target: &Target,
    effort: &Effort,
    done: &(dyn Fn() + Sync),
) -> Result<Footprint, SynthError> {
    let mapped = map(toolbox, job, target)?;
    let counts = match (frame, job.apart) {
        (Some((frame, _)), Some(module)) => alone(&mapped, frame, module)?,
        _ => mapped.whole,
    };
    done();
    let bare = bare(toolbox, target, counts);
    if !target.is_placed() {
        fits(&counts, target)?;
        return Ok(bare);
    }
    let placed = place_all(toolbox, job.folder, &mapped.netlist, target, effort, done)?;
    let placed = Placed {
        placed: &placed,
        frame,
        target,
        effort,
    };
    let footprint = placed.summed(bare, job.top)?;
    let bitstream = match placed.best() {
        Some(best) if placed.has_bitstream(&footprint) => Some(packed(toolbox, job, target, best)?),
        _ => None,
    };
    Ok(Footprint {
        bitstream,
        ..footprint
    })
}

/// What a netlist alone says.
fn bare(toolbox: &Toolbox, target: &Target, counts: Counts) -> Footprint {
    let tools = tools(target).into_iter();
    Footprint {
        target: target.name,
        device: target.title,
        basis: ESTIMATE,
        cells: counts.cells,
        cells_available: target.holds.cells,
        cell: target.family.facts().cell,
        lut4: counts.lut4,
        carry: counts.carry,
        ff: counts.ff,
        bram: counts.bram,
        bram_available: target.holds.bram,
        spram: counts.spram,
        spram_available: target.holds.spram,
        lut_ram: counts.lut_ram,
        dsp: counts.dsp,
        dsp_available: target.holds.dsp,
        fmax_mhz: None,
        fmax_by_seed: Vec::new(),
        critical_path: None,
        goal: None,
        frame: None,
        tools: tools
            .filter_map(|tool| Some((tool.name, toolbox.version(tool)?)))
            .collect(),
        bitstream: None,
    }
}

/// Refuses a netlist that a device cannot hold, where no placer does.
fn fits(counts: &Counts, target: &Target) -> Result<(), SynthError> {
    let shortages: Vec<Shortage> = mapped_alone(counts, target)
        .into_iter()
        .filter(|amount| amount.used > amount.available)
        .collect();
    if shortages.is_empty() {
        return Ok(());
    }
    Err(SynthError::TooLarge {
        target: target.name,
        shortages,
    })
}

/// The frame that a design with more ports than pins needs.
fn framed(
    top: &Arc<Module>,
    target: &Target,
    constraints: &Constraints,
) -> Result<Option<Scan>, SynthError> {
    let needed = target.is_placed() && constraints.pins.is_none() && ports(top) > target.holds.pins;
    Ok(needed.then(|| scan(top)).transpose()?)
}

/// Port bits, clock and reset included.
fn ports(top: &Module) -> usize {
    let bits: usize = top.ports().map(|port| port.bits()).sum();
    bits + 2
}

/// What nextpnr made of a design.
struct Placed<'a> {
    /// In the order of the seeds.
    placed: &'a [Placement],
    /// The frame, and the port bits of the design in it.
    frame: Option<(&'a Scan, usize)>,
    target: &'a Target,
    effort: &'a Effort,
}

impl<'a> Placed<'a> {
    /// The placement with the highest clock rate.
    fn best(&self) -> Option<&'a Placement> {
        let rate = |placement: &&Placement| placement.fmax_mhz.unwrap_or(0.0);
        let placed = self.placed.iter();
        placed.max_by(|a, b| rate(a).total_cmp(&rate(b)))
    }

    fn has_bitstream(&self, footprint: &Footprint) -> bool {
        let missed = footprint.goal.as_ref().is_some_and(|goal| !goal.met);
        self.effort.bitstream && self.frame.is_none() && !missed
    }

    fn summed(&self, bare: Footprint, top: &str) -> Result<Footprint, SynthError> {
        let (target, placed) = (self.target, self.placed);
        let exact: Vec<f64> = placed.iter().filter_map(|p| p.fmax_mhz).collect();
        let middle = median(&exact).ok_or_else(|| SynthError::Unreadable {
            file: format!("{top} on {}", target.name),
            what: "nextpnr reports no clock rate".to_owned(),
        })?;
        let framing = match self.frame {
            Some((frame, _)) => framing(frame, target)?,
            None => 0,
        };
        let cells = placed.iter().map(|p| p.cells).max().unwrap_or(0);
        Ok(Footprint {
            basis: PLACED,
            cells: cells.saturating_sub(framing),
            fmax_mhz: Some(tenths(middle)),
            fmax_by_seed: exact.iter().copied().map(tenths).collect(),
            critical_path: placed
                .iter()
                .find(|p| p.fmax_mhz == Some(middle))
                .and_then(|p| p.critical.clone()),
            goal: self.goal(),
            frame: self.frame.map(|(_, ports)| Frame {
                ports,
                pins: target.holds.pins,
                cells: framing,
            }),
            ..bare
        })
    }

    fn goal(&self) -> Option<Goal> {
        let mhz = self.effort.constraints.mhz?;
        let best = self.best()?;
        let reached = best.fmax_mhz?;
        Some(Goal {
            mhz,
            reached_mhz: tenths(reached),
            met: reached >= mhz,
            seed: best.seed,
            critical_path: best.critical.clone(),
        })
    }
}

fn tenths(mhz: f64) -> f64 {
    (mhz * 10.0).round() / 10.0
}

fn packed(
    toolbox: &Toolbox,
    job: &Job<'_>,
    target: &Target,
    best: &Placement,
) -> Result<Bitstream, SynthError> {
    let file = bitstream(toolbox, job.folder, target, best)?;
    let bytes = std::fs::read(&file)?;
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    Ok(Bitstream {
        name: format!("{}_{}.{ending}", job.top, target.name),
        sha256: Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        bytes,
        seed: best.seed,
        netlist: best.netlist.as_ref().map(std::fs::read).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{Builder, Ty};
    use crate::synth::target;

    #[test]
    fn a_frame_is_there_when_the_pins_are_too_few() {
        let mut b = Builder::new("gs_wide".to_owned(), "wide".to_owned());
        let a = b.input("a_i", Ty::u(20));
        let register = b.reg("a_q", Ty::u(20), None);
        b.next(register, a);
        b.output("a_o", register.q);
        let top = b.finish().unwrap();
        assert_eq!(ports(&top), 42);
        let none = Constraints::default();
        let with_pins = |pins| {
            let mut target = *target("up5k").unwrap();
            target.holds.pins = pins;
            target
        };
        assert!(framed(&top, &with_pins(42), &none).unwrap().is_none());
        let frame = framed(&top, &with_pins(41), &none).unwrap().unwrap();
        assert_eq!((frame.inputs, frame.outputs), (20, 20));
        assert!(ports(&frame.module) <= 4);
        let pinned = Constraints {
            pins: Some("board.pcf".into()),
            ..Constraints::default()
        };
        assert!(framed(&top, &with_pins(41), &pinned).unwrap().is_none());
        let estimated = Target {
            holds: with_pins(41).holds,
            ..*target("xc7").unwrap()
        };
        assert!(framed(&top, &estimated, &none).unwrap().is_none());
    }
}
