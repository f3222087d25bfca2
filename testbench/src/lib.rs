//! Property tests, vectors, planted bugs and campaigns of goldspike.

pub mod changes;
pub mod constant;
pub mod contract_case;
pub mod coverage;
pub mod cross_check;
pub mod designs;
pub mod hardware_bins;
pub mod link_host;
pub mod mutated;
pub mod numbers;
pub mod on_device;
pub mod plain;
pub mod planted;
pub mod readers;
pub mod serial;
pub mod small;
pub mod strategy;
pub mod tools;
pub mod twin;
pub mod vectors;
pub mod verilog_coverage;
pub mod written;
