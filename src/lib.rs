//! goldspike: a trained spiking network in, verified Verilog out.

pub mod board;
pub mod cli;
pub mod cost;
pub mod data;
pub mod diag;
pub mod emit;
pub mod engine;
pub mod evidence;
pub mod folder;
pub mod hdl;
pub mod image;
pub mod import;
pub mod link;
pub mod mutants;
pub mod prove;
pub mod quantize;
pub mod report;
pub mod rtl;
pub mod synth;
pub mod verify;
pub mod wave;
