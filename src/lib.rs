//! goldspike: a trained spiking network in, verified Verilog out.

pub mod data;
pub mod diag;
pub mod import;
pub mod quantize;
