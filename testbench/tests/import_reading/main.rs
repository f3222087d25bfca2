//! Reading of networks, data sets and framework traces: what is accepted, what is refused and with which words.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod bad_data;
mod bad_networks;
mod common;
mod fuzz;
mod good;
mod registry;
mod schema;
mod stored;
