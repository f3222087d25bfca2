//! goldspike: a trained spiking network in, verified Verilog out.
pub mod quantize;
