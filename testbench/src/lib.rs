//! Property tests, vectors, planted bugs and campaigns of goldspike.

pub mod strategy;
