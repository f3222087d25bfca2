//! A simulator that loads an image before it plays.

use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::{EngineError, Stalls};
use crate::image::Image;
use crate::rtl::Design;

/// A simulator of a design with a load port; after the reset it loads `image`, then it plays.
pub struct Loaded<'a, S> {
    /// What simulates.
    pub simulator: S,
    /// What is loaded.
    pub image: &'a Image,
    /// Pauses of the load port.
    pub stalls: Stalls,
}

impl<S: Simulator> Simulator for Loaded<'_, S> {
    fn name(&self) -> &'static str {
        self.simulator.name()
    }

    fn version(&self) -> String {
        self.simulator.version()
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        if design.load.is_none() {
            return Err(EngineError::Build {
                engine: self.name(),
                message: "the design has no load port".to_owned(),
            });
        }
        let stimulus = stimulus.clone().with_image(self.image, self.stalls);
        self.simulator.play(design, &stimulus)
    }
}
