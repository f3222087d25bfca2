//! What a circuit costs on an FPGA: Yosys maps it, nextpnr places and routes it.
//!
//! [`map`] runs Yosys and counts what the netlist holds; [`place`] runs nextpnr, which assigns the pins itself, and reads
//! the cells it used and the clock rate it reached. A module with more ports than a package has pins is put into a
//! [`scan`] frame for measurements, or behind a [`window`] for checks. [`simulated`] gives the netlist as Verilog with
//! models of its cells, and [`bitstream`](bitstream()) the bits that the device is loaded with, as Verilog. [`measure`] does this for one neuron [`unit`](units), and [`table`] is what was stored of
//! it; [`footprint`] does it for a whole design.
//!
//! Contract: no number without both tools' consent. A warning that means another circuit than the described one (a
//! driver conflict, a latch, an undriven wire, a black box left over) is an error, whatever the tool's exit status. What is
//! not done: no pin files of boards.

mod bitstream;
mod cells;
mod error;
mod measure;
mod nextpnr;
mod scan;
mod simulated;
mod sources;
pub mod table;
mod target;
mod unit;
mod warnings;
mod whole;
mod window;
mod yosys;

pub use bitstream::{Bits, bitstream, disassembled};
pub use cells::Counts;
pub use error::{Shortage, SynthError};
pub use measure::{Cost, measure, median};
pub use nextpnr::{CriticalPath, Placement, place};
pub use scan::{Scan, scan};
pub use simulated::{Cells, own_models, simulated};
pub use target::{Capacity, Family, TARGETS, Target, target};
pub use unit::{MEMBRANE_BITS, Unit, units};
pub use whole::{Footprint, Frame, footprint, tools};
pub use window::{Window, ports, window};
pub use yosys::{Job, Mapped, map};
