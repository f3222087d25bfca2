//! What is said of a whole design on a target.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::path::CriticalPath;

/// What a design costs on a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Footprint {
    /// Name of the target.
    pub target: &'static str,
    /// The device for people.
    pub device: &'static str,
    /// Where the figures come from: [`PLACED`] or [`ESTIMATE`].
    pub basis: &'static str,
    /// Placed cells: logic cells of iCE40, `TRELLIS_COMB` of ECP5, `LUT4` of Gowin (those that carries and memories take
    /// included), `CPE_LT` of `GateMate`; of an estimate the look-up tables, each counted whole.
    pub cells: usize,
    /// How many of them the device has.
    pub cells_available: usize,
    /// What a cell is called.
    pub cell: &'static str,
    /// Look-up tables, as Yosys counts them ([`Counts::lut4`](super::Counts::lut4)).
    pub lut4: usize,
    /// Carry cells.
    pub carry: usize,
    /// Flip-flops outside multiplier blocks.
    pub ff: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Block RAMs of the device.
    pub bram_available: usize,
    /// Large memories.
    pub spram: usize,
    /// Large memories of the device.
    pub spram_available: usize,
    /// Memories in look-up tables.
    pub lut_ram: usize,
    /// Multiplier blocks.
    pub dsp: usize,
    /// Multiplier blocks of the device.
    pub dsp_available: usize,
    /// Clock rate in MHz, median of the seeds, to 0.1; `None` for an estimate.
    pub fmax_mhz: Option<f64>,
    /// Clock rate of each seed, from seed 1 on.
    pub fmax_by_seed: Vec<f64>,
    /// Slowest path between registers of the median's seed.
    pub critical_path: Option<CriticalPath>,
    /// The clock rate that was asked for, and what became of it.
    pub goal: Option<Goal>,
    /// The frame that took the place of pins; `None`: every port has a pin.
    pub frame: Option<Frame>,
    /// What each tool said of its version.
    pub tools: BTreeMap<&'static str, String>,
    /// The bitstream, where one was asked for and can be.
    #[serde(skip)]
    pub bitstream: Option<Bitstream>,
}

/// [`Footprint::basis`] of a design that nextpnr placed and routed.
pub const PLACED: &str = "placed and routed";
/// [`Footprint::basis`] of a design that Yosys mapped, and nobody placed.
pub const ESTIMATE: &str = "estimate, not placed";

/// A clock rate to reach.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Goal {
    /// In MHz.
    pub mhz: f64,
    /// What the best seed reaches, in MHz, to 0.1.
    pub reached_mhz: f64,
    /// Whether that is enough.
    pub met: bool,
    /// The best seed.
    pub seed: u32,
    /// Its slowest path between registers.
    pub critical_path: Option<CriticalPath>,
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = if self.met { "met" } else { "MISSED" };
        write!(
            f,
            "{} MHz: {met}, seed {} reaches {:.1} MHz",
            self.mhz, self.seed, self.reached_mhz
        )
    }
}

/// What configures the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitstream {
    /// Name of the file: the top module, the target, and the family's ending.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Seed of nextpnr: the one that reached the highest clock rate.
    pub seed: u32,
    /// nextpnr's netlist after routing, of a family of which the two can be compared.
    pub netlist: Option<Vec<u8>>,
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
