//! The adapter between samples and beats: any [`Simulator`] is an [`Engine`].

use crate::engine::beats::{BeatStimulus, Simulator, traces};
use crate::engine::{Engine, EngineError, Outcome, Stimulus, Subject};

/// A simulator of the hardware as an engine.
pub struct Rtl<S>(pub S);

impl<S: Simulator> Engine for Rtl<S> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn version(&self) -> String {
        self.0.version()
    }

    fn run(&mut self, subject: Subject<'_>, stimulus: &Stimulus) -> Result<Outcome, EngineError> {
        let beats = BeatStimulus::of_samples(subject.design, &stimulus.samples, stimulus.stalls);
        let result = self.0.play(subject.design, &beats)?;
        Ok(Outcome {
            traces: traces(self.0.name(), subject.design, &stimulus.samples, &result)?,
            cycles: result.cycles,
            protocol_error: result.protocol_error,
            stalls: result.stalls,
        })
    }
}
