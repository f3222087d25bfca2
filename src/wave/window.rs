//! Which part of a run is shown.

use std::ops::Range;

use goldspike_golden::event::Sample;

use crate::wave::WaveError;

/// A sample and some of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Sample, from 0.
    pub sample: usize,
    /// The sample runs alone after the reset; otherwise after the samples before it, as a verification plays them.
    pub alone: bool,
    /// Number of sample 0 in its data set, for the reader.
    pub number: usize,
    /// Steps, from 0, the end excluded; at least one.
    pub steps: Range<usize>,
}

impl Window {
    /// The window's sample, if it has all of the window's steps.
    pub(super) fn of<'a>(&self, samples: &'a [Sample]) -> Result<&'a Sample, WaveError> {
        let sample = samples.get(self.sample).ok_or(WaveError::Sample {
            sample: self.sample,
            samples: samples.len(),
        })?;
        if self.steps.is_empty() || self.steps.end > sample.steps.len() {
            return Err(WaveError::Steps {
                first: self.steps.start,
                end: self.steps.end,
                sample: self.sample,
                steps: sample.steps.len(),
            });
        }
        Ok(sample)
    }
}
