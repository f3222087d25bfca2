//! The golden model as an engine.

use goldspike_golden::event::Sample;
use goldspike_golden::network;

use crate::engine::{Engine, EngineError, Outcome, Stimulus, Subject};
use crate::rtl::longest_sample;

/// The bit-exact golden model; needs nothing installed and knows no clock.
pub struct Golden;

impl Engine for Golden {
    fn name(&self) -> &'static str {
        "golden"
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn run(&mut self, subject: Subject<'_>, stimulus: &Stimulus) -> Result<Outcome, EngineError> {
        let refuse = |error: &dyn std::fmt::Display| EngineError::Stimulus {
            engine: "golden",
            message: error.to_string(),
        };
        let program = network::golden(subject.network).map_err(|error| refuse(&error))?;
        let traces = stimulus
            .samples
            .iter()
            .map(|sample| program.run(sample))
            .collect();
        let longest = longest_sample(subject.network);
        let too_long = |sample: &Sample| longest.is_some_and(|steps| sample.steps.len() > steps);
        Ok(Outcome {
            traces,
            protocol_error: stimulus.samples.iter().any(too_long),
            ..Outcome::default()
        })
    }
}
