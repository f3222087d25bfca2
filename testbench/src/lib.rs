//! Property tests, vectors, planted bugs and campaigns of goldspike.

pub mod contract_case;
pub mod strategy;
