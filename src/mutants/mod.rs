//! The checks checked: small faults in the generated Verilog, each of which the verification must see.
//!
//! Yosys lists mutations of the modules of a design (a bit of a cell's port inverted, constant, or changed by another bit) and
//! puts them into one netlist behind a selector, which Verilator compiles once. Each mutant plays the stimuli that
//! `goldspike verify` plays, and illegal streams besides, until something is noticed: a value that is not the golden model's, a
//! broken protocol, a hang, another number of cycles. What nothing notices goes to the solvers: a neuron lane to the
//! [proof](crate::prove) of its equality with the golden step, everything else to ABC, which looks for any input that tells
//! mutant and original apart. Of a unit whose control is proved only inputs count that keep to what the proof assumes of the
//! neighbours, and a mutant that this proof refutes is killed. Only a mutant that is killed or proved equivalent counts as one; what is left is a hole in the
//! checks, with its place in the Verilog.
//!
//! Not mutated: the clock, and the contents of memories.

mod battery;
mod control;
mod equal;
mod error;
mod hunt;
mod list;
mod miter;
mod netlist;
mod pairs;
mod report;
mod simulate;
mod text;
mod tools;
mod watched;

pub use error::MutantError;
pub use hunt::{Hunt, Options};
pub use list::{Mutation, Unit, units};
pub use report::{Fate, Kill, Mutant, Report, UnitReport};
