//! What a network is given: samples, and when the streams around it pause.

use goldspike_golden::event::Sample;

use super::random::SplitMix;

/// Samples with the pauses of the streams.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// Samples, back to back.
    pub samples: Vec<Sample>,
    /// Pauses.
    pub stalls: Stalls,
}

/// Random pauses, a pure function of the seed: the same on every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalls {
    /// Seed.
    pub seed: u64,
    /// Chance of a gap before an input beat, in 1/256.
    pub input_gap: u8,
    /// Chance in 1/256 that an output stream is not ready, per pattern position; bursts make it lumpy.
    pub output_stall: u8,
}

impl Stalls {
    /// No pauses.
    pub const NONE: Self = Self {
        seed: 0,
        input_gap: 0,
        output_stall: 0,
    };

    /// Pauses on every interface.
    #[must_use]
    pub const fn random(seed: u64) -> Self {
        Self {
            seed,
            input_gap: 48,
            output_stall: 96,
        }
    }

    /// Idle cycles before each of `beats` input beats.
    #[must_use]
    pub fn gaps(&self, beats: usize) -> Vec<u32> {
        let mut random = SplitMix::new(self.seed ^ 0x5EED_0001);
        (0..beats)
            .map(|_| {
                let draw = random.next();
                if (draw & 0xFF) < u64::from(self.input_gap) {
                    1 + (draw >> 8 & 7) as u32
                } else {
                    0
                }
            })
            .collect()
    }

    /// Readiness of output stream `stream` (0 is the output, 1 the first layer's probe), repeated for ever; at least
    /// one entry is true.
    #[must_use]
    pub fn ready_pattern(&self, stream: usize) -> Vec<bool> {
        if self.output_stall == 0 {
            return vec![true];
        }
        let mut random = SplitMix::new(self.seed ^ 0x5EED_0002 ^ (stream as u64) << 32);
        let mut pattern = Vec::with_capacity(READY_PERIOD);
        while pattern.len() < READY_PERIOD {
            let draw = random.next();
            let ready = (draw & 0xFF) >= u64::from(self.output_stall);
            let burst = if draw >> 8 & 0xF == 0 {
                24
            } else {
                1 + (draw >> 12 & 3) as usize
            };
            pattern.extend(std::iter::repeat_n(ready, burst));
        }
        pattern.truncate(READY_PERIOD);
        pattern[0] = true;
        pattern
    }
}

/// Length of a readiness pattern in cycles: a prime, so that it drifts against the passes.
const READY_PERIOD: usize = 1021;
