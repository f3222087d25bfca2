//! goldspike: a trained spiking network in, verified Verilog out.

pub mod emit;
pub mod engine;
pub mod hdl;
pub mod rtl;
