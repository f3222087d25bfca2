//! Checks: does an engine do what the golden model does, in every spike, compared value and state?

mod compare;
mod run;

pub use compare::{Comparison, Mismatch, Quantity, compare};
pub use run::{EngineReport, VerifyError, verify_engine};
