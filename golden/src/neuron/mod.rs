//! Neuron models, one file each, and their registry.

pub mod lif;
