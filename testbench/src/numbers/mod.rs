//! `make bench`: the numbers of the README, measured from nothing. See `testbench/benches/numbers.rs`.

pub mod costs;
pub mod efficiency;
pub mod generation;
pub mod networks;
pub mod rows;
pub mod table;
pub mod timing;
