//! The golden model as an engine.

use goldspike_golden::network;

use crate::engine::{Engine, EngineError, Outcome, Stimulus, Subject};

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
        Ok(Outcome {
            traces,
            ..Outcome::default()
        })
    }
}
