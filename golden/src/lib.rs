//! Bit-exact fixed-point golden model of spiking neural networks.
//!
//! A quantized network ([`quant::QuantNetwork`]) is plain integers; [`network::golden`] runs it exactly as the generated
//! hardware must. [`network::reference`] runs the described network in double precision. Nothing here knows hardware.

pub mod arith;
pub mod contract;
pub mod crossbar;
pub mod describe;
pub mod encoding;
pub mod event;
pub mod format;
pub mod network;
pub mod neuron;
pub mod param;
pub mod quant;
pub mod table;
pub mod trace;
pub mod typed;
