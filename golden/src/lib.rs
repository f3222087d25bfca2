//! Bit-exact fixed-point golden model of spiking neural networks.

pub mod describe;
pub mod encoding;
pub mod event;
pub mod format;
pub mod neuron;
pub mod quant;
pub mod trace;
