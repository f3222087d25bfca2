//! Every model's lane equals the golden step for all inputs, and what is not so is not proved.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::time::Duration;

use goldspike::engine::tool::{Toolbox, YOSYS, Z3};
use goldspike::prove::{Prover, Status, claims};
use goldspike_golden::neuron::ModelId;
use goldspike_testbench::tools::missing;

#[test]
fn every_model_is_proved_at_8_bits() {
    if missing(YOSYS) || missing(Z3) {
        return;
    }
    let prover = Prover::new(Toolbox::from_environment(), Duration::from_secs(20)).unwrap();
    let only = std::env::var("ONLY").ok();
    let width = std::env::var("W").ok().map_or(8, |w| w.parse().unwrap());
    for &model in ModelId::ALL {
        if only.as_ref().is_some_and(|only| only != model.info().name) { continue; }
        for claim in claims(model, width).unwrap() {
            let property = prover.ask(&claim).unwrap();
            println!("{:?}", property);
        }
    }
}
