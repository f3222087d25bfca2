//! Proofs: what a neuron lane gives equals the golden step for **all** states, sums and constants, not for those that were
//! run.
//!
//! The golden step is written as an expression (`Symbolic` is one more arithmetic of the one step);
//! the lane is the emitted Verilog, as Yosys reads it. A [`Claim`] is that both are equal at the lane's stated latency,
//! whatever the pipeline held before and whatever comes after. Of a network ([`network_claims`]) it is also that the states stay
//! within the bounds for which a lane leaves out overflow and reset. [`Prover`] asks a solver for a counterexample; only `unsat`
//! is a proof.
//!
//! Of event buffers, queues, passes and streams around the lanes a [`ControlClaim`] says that nothing is lost, repeated or
//! reordered, and of the load port that an image is applied whole or not at all. Not claimed: the sums of the crossbar, and that
//! a product in the Verilog is one: `*` is read by Yosys as the solver's multiplication, and stands as one function on both
//! sides.

mod answer;
mod cases;
mod claim;
mod control;
mod error;
mod golden;
mod graph;
mod inductive;
mod label;
mod network;
mod number;
mod prover;
mod smt;
mod solver;
mod spec;
mod split;
mod sums;
mod symbolic;
mod unrolled;

pub use answer::Status;
pub use cases::{WIDTHS, claims};
pub use claim::{Claim, Hardware};
pub(crate) use control::KEPT;
pub use control::{
    ASSUMPTIONS, Assumption, ControlClaim, Ground, control_claims, control_shapes, meeting_claims,
};
pub use error::ProveError;
pub use network::{lane_claim, network_claims};
pub use prover::{Property, Prover};
pub use solver::{Limits, Solver};
pub use spec::Specification;
