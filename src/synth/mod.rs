//! What a circuit costs on an FPGA: Yosys maps it, nextpnr places and routes it, a packer makes the bitstream.
//!
//! [`map`] runs Yosys and counts what the netlist holds; [`place`] runs nextpnr under [`Constraints`] (a file of pins, a
//! package, a clock rate; all optional) and reads the cells it used and the clock rate it reached; [`bitstream`] packs what was
//! placed. A module with more ports than a package has pins is put into a [`scan`] frame. [`measure`] does this for one neuron
//! [`unit`](units), and [`table`] is what was stored of it; [`footprint`] does it for a whole design, [`implement`] for Verilog
//! files with a top of their own.
//!
//! [`simulated`] gives the netlist as Verilog with models of its cells, and [`disassembled`] the [`bits`] that an iCE40 is
//! loaded with, as Verilog; [`routed`] gives a placed and routed ECP5, compared with its bitstream; outputs are behind a [`window`] where a package has too few pins.
//!
//! [`demand`] counts what a design takes of a device without placing it, also of one that does not fit.
//!
//! What differs between families is in `family/`, one file each; the devices are in `target.rs`. Xilinx 7 is mapped alone: its
//! figures are estimates.
//!
//! Contract: no number without the tools' consent. A warning that means another circuit than the described one (a
//! driver conflict, a latch, an undriven wire, a black box left over) is an error, whatever the tool's exit status.

mod absorb;
mod bitstream;
mod carry;
mod cells;
mod copies;
mod demand;
mod disassemble;
mod error;
mod family;
mod footprint;
mod measure;
mod multipliers;
mod nextpnr;
mod path;
mod pins;
mod refine;
mod routed;
mod scan;
mod seeds;
mod simulated;
mod sources;
pub mod table;
mod target;
mod unit;
mod warnings;
mod whole;
mod window;
mod yosys;

pub use bitstream::bitstream;
pub use cells::Counts;
pub use demand::{Demand, demand};
pub use disassemble::{Bits, bits, disassembled, given, pin_file};
pub use error::{Shortage, SynthError};
pub use family::Family;
pub use footprint::{Bitstream, ESTIMATE, Footprint, Frame, Goal, PLACED};
pub use measure::{Cost, measure, median};
pub use nextpnr::{Constraints, Placement, place};
pub use path::CriticalPath;
pub(crate) use pins::unnamed;
pub use routed::{Agreement, Files, Routed, route, routed, routed_models};
pub use scan::{Scan, scan};
pub use simulated::{Cells, own_models, simulated};
pub use target::{Capacity, TARGETS, Target, target};
pub use unit::{MEMBRANE_BITS, Unit, units};
pub use whole::{Effort, footprint, implement, tools};
pub use window::{Window, ports, window};
pub use yosys::{Job, Mapped, map};
