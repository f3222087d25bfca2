//! A whole design on one target: cells from Yosys and nextpnr, clock rate as the median over nextpnr's seeds.
//!
//! nextpnr assigns the pins. A design with more ports than the package has pins goes into a [`scan`](super::scan()) frame;
//! its cells are then those of nextpnr less the frame's, whose size is known and checked, and the others are counted in
//! Yosys' netlist of the design alone. The clock rate is that of paths between registers: what lies between a pin and a
//! register depends on the board and is not in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::cells::Counts;
use super::error::SynthError;
use super::measure::{alone, framing, median};
use super::nextpnr::{CriticalPath, Placement, place};
use super::scan::{Scan, scan};
use super::sources::lay_out;
use super::target::Target;
use super::yosys::{Job, map};
use crate::engine::tool::{Tool, Toolbox, YOSYS};
use crate::hdl::Module;

/// What a design costs on a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Footprint {
    /// Name of the target.
    pub target: &'static str,
    /// The device for people.
    pub device: &'static str,
    /// Placed cells: logic cells of iCE40, `TRELLIS_COMB` of ECP5.
    pub cells: usize,
    /// How many of them the device has.
    pub cells_available: usize,
    /// Look-up tables with four inputs, as Yosys counts them (those inside ECP5's carry cells are not among them).
    pub lut4: usize,
    /// Carry cells.
    pub carry: usize,
    /// Flip-flops outside multiplier blocks.
    pub ff: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Block RAMs of the device.
    pub bram_available: usize,
    /// Memories in look-up tables of ECP5, 16 x 4 bits each.
    pub lut_ram: usize,
    /// Multiplier blocks.
    pub dsp: usize,
    /// Multiplier blocks of the device.
    pub dsp_available: usize,
    /// Clock rate in MHz, median of the seeds, to 0.1.
    pub fmax_mhz: f64,
    /// Clock rate of each seed, from seed 1 on.
    pub fmax_by_seed: Vec<f64>,
    /// Slowest path between registers of the median's seed.
    pub critical_path: Option<CriticalPath>,
    /// The frame that took the place of pins; `None`: every port has a pin.
    pub frame: Option<Frame>,
    /// What each tool said of its version.
    pub tools: BTreeMap<&'static str, String>,
}

/// A frame of registers in the place of pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Port bits of the design, clock and reset included.
    pub ports: usize,
    /// Pins of the package.
    pub pins: usize,
    /// Cells of the frame, which are not among the design's.
    pub cells: usize,
}

/// The tools of a target.
#[must_use]
pub fn tools(target: &Target) -> [Tool; 2] {
    [YOSYS, target.family.placer()]
}

/// Measures `top` on `target` with nextpnr's seeds 1 to `seeds`, `jobs` at a time; `done` is called after Yosys and after
/// each seed.
///
/// # Errors
/// See [`SynthError`].
pub fn footprint(
    toolbox: &Toolbox,
    top: &Arc<Module>,
    target: &Target,
    (seeds, jobs): (u32, usize),
    done: &(dyn Fn() + Sync),
) -> Result<Footprint, SynthError> {
    for tool in tools(target) {
        toolbox.require("synth", tool)?;
    }
    let scratch = tempfile::Builder::new()
        .prefix("goldspike-synth-")
        .tempdir()?;
    let folder = scratch.path();
    let frame = framed(top, target.holds.pins)?;
    let whole = frame.as_ref().map_or(top, |frame| &frame.module);
    let sources = lay_out(whole, folder)?;
    let mapped = map(
        toolbox,
        &Job {
            folder,
            sources: &sources,
            top: whole.name(),
            apart: frame.as_ref().map(|_| top.name()),
        },
        target,
    )?;
    let counts = match &frame {
        Some(frame) => alone(&mapped, frame, top.name())?,
        None => mapped.whole,
    };
    done();
    let placed = place_all(
        toolbox,
        folder,
        &mapped.netlist,
        target,
        (seeds, jobs),
        done,
    )?;
    summed(toolbox, top, target, frame.as_ref(), counts, &placed)
}

/// The frame that a design with more ports than pins needs.
fn framed(top: &Arc<Module>, pins: usize) -> Result<Option<Scan>, SynthError> {
    Ok((ports(top) > pins).then(|| scan(top)).transpose()?)
}

/// Port bits, clock and reset included.
fn ports(top: &Module) -> usize {
    let bits: usize = top.ports().map(|port| port.bits()).sum();
    bits + 2
}

/// Places with every seed; the outcomes in the order of the seeds.
fn place_all(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    (seeds, jobs): (u32, usize),
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Placement>, SynthError> {
    let next = AtomicUsize::new(1);
    let work = || -> Vec<(u32, Result<Placement, SynthError>)> {
        let mut outcomes = Vec::new();
        loop {
            let seed = u32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(u32::MAX);
            if seed > seeds {
                return outcomes;
            }
            let outcome = place(toolbox, folder, netlist, target, seed);
            let failed = outcome.is_err();
            outcomes.push((seed, outcome));
            done();
            if failed {
                next.store(usize::MAX / 2, Ordering::Relaxed);
                return outcomes;
            }
        }
    };
    let workers = jobs.clamp(1, seeds.max(1) as usize);
    let mut outcomes: Vec<(u32, Result<Placement, SynthError>)> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = started.into_iter().map(|worker| worker.join());
        ended
            .flat_map(|outcomes| match outcomes {
                Ok(outcomes) => outcomes,
                Err(_) => vec![(0, Err(std::io::Error::other("a thread stopped").into()))],
            })
            .collect()
    });
    outcomes.sort_by_key(|(seed, _)| *seed);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn summed(
    toolbox: &Toolbox,
    top: &Module,
    target: &Target,
    frame: Option<&Scan>,
    counts: Counts,
    placed: &[Placement],
) -> Result<Footprint, SynthError> {
    let exact: Vec<f64> = placed.iter().filter_map(|p| p.fmax_mhz).collect();
    let middle = median(&exact).ok_or_else(|| SynthError::Unreadable {
        file: format!("{} on {}", top.name(), target.name),
        what: "nextpnr reports no clock rate".to_owned(),
    })?;
    let tenths = |mhz: &f64| (mhz * 10.0).round() / 10.0;
    let framing = frame.map_or(0, |frame| framing(frame, target.family));
    let cells = placed.iter().map(|p| p.cells).max().unwrap_or(0);
    Ok(Footprint {
        target: target.name,
        device: target.title,
        cells: cells.saturating_sub(framing),
        cells_available: target.holds.cells,
        lut4: counts.lut4,
        carry: counts.carry,
        ff: counts.ff,
        bram: counts.bram,
        bram_available: target.holds.bram,
        lut_ram: counts.lut_ram,
        dsp: counts.dsp,
        dsp_available: target.holds.dsp,
        fmax_mhz: tenths(&middle),
        fmax_by_seed: exact.iter().map(tenths).collect(),
        critical_path: placed
            .iter()
            .find(|p| p.fmax_mhz == Some(middle))
            .and_then(|p| p.critical.clone()),
        frame: frame.map(|_| Frame {
            ports: ports(top),
            pins: target.holds.pins,
            cells: framing,
        }),
        tools: tools(target)
            .into_iter()
            .filter_map(|tool| Some((tool.name, toolbox.version(tool)?)))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{Builder, Ty};

    #[test]
    fn a_frame_is_there_when_the_pins_are_too_few() {
        let mut b = Builder::new("gs_wide".to_owned(), "wide".to_owned());
        let a = b.input("a_i", Ty::u(20));
        let register = b.reg("a_q", Ty::u(20), None);
        b.next(register, a);
        b.output("a_o", register.q);
        let top = b.finish().unwrap();
        assert_eq!(ports(&top), 42);
        assert!(framed(&top, 42).unwrap().is_none());
        let frame = framed(&top, 41).unwrap().unwrap();
        assert_eq!((frame.inputs, frame.outputs), (20, 20));
        assert!(ports(&frame.module) <= 4);
    }
}
