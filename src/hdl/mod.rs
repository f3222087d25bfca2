//! Hardware with run-time widths, on rust-hdl.
//!
//! A [`Builder`] records one tape of typed nodes; [`Builder::finish`] freezes it into a [`Module`]. The tape is read in
//! three ways: [`Sim`] interprets it in rust-hdl's update loop, [`verilog`] lowers it to rust-hdl's Verilog AST and
//! prints it, and rust-hdl's probes see its ports, registers and memories as blocks and atoms.
//!
//! Arithmetic is exact by type: nothing is lost except by `wrap`, `saturate`, `clamp_symmetric`, `shr_floor` and
//! `round_shr`. One clock `clk_i`, one synchronous reset `rst_i` (active high), both implicit.
//!
//! ```
//! use goldspike::hdl::{Builder, Sim, Ty};
//!
//! let mut b = Builder::new("accumulate", "Saturating accumulator.");
//! let x = b.input("x_i", Ty::s(8));
//! let acc = b.reg("acc_q", Ty::s(12), Some(0));
//! let sum = b.add(acc.q, x);
//! let sum = b.saturate(sum, Ty::s(12));
//! let sum = b.name("acc_d", sum);
//! b.next(acc, sum);
//! b.output("acc_o", acc.q);
//! let module = b.finish()?;
//!
//! let mut sim = Sim::new(&module)?;
//! let (x, acc) = (sim.input("x_i")?, sim.output("acc_o")?);
//! sim.set(x, -100);
//! for _ in 0..30 {
//!     sim.clock();
//! }
//! assert_eq!(sim.get(acc), -2048);
//! # Ok::<(), goldspike::hdl::HdlError>(())
//! ```

pub(crate) mod banked;
mod build;
mod error;
mod eval;
mod finish;
mod flatten;
mod instances;
mod instruction;
pub(crate) mod lower;
mod memories;
mod names;
mod ops;
mod order;
mod probe;
mod sim;
mod size;
mod tape;
mod ty;
mod verilog;

pub use build::{Builder, Reg, Sig};
pub use error::HdlError;
pub use flatten::SignalInfo;
pub use instances::Instance;
pub use memories::Mem;
pub use sim::{PortId, Sim};
pub use size::{MemoryShape, Size};
pub use tape::{MemInit, Module, PortInfo};
pub use ty::{MAX_WIDTH, Ty};
pub use verilog::{VerilogFile, all_modules, verilog};
