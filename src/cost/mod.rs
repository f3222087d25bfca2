//! What a design will cost before a tool has seen it, and lanes chosen by it.
//!
//! [`Features`] counts a description; a [`Model`] multiplies the counts by coefficients that are fitted to designs which were
//! placed and routed ([`table`]); [`choose`] searches lanes for a [`Goal`].

mod choose;
mod error;
mod features;
mod fit;
mod memory;
mod model;
pub mod table;

pub use choose::{AREA_CYCLES, Choice, Goal, LATENCY_PERCENT, choose};
pub use error::CostError;
pub use features::Features;
pub use model::{Accuracy, Estimate, LEAST_MARGIN, Model};
