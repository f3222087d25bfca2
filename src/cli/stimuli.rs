//! What a verification plays: the samples of a data set in batches, and random cases.
//!
//! Everything is a pure function of the seed and the sample's number, and batches start at multiples of their size: a
//! shorter run with the same seed plays the same beats and the same pauses up to its end.

use super::input::Samples;
use crate::diag::Diagnostic;
use crate::engine::draw::{SAMPLES_PER_CASE, random_samples, step};
use crate::engine::random::SplitMix;
use crate::engine::{Stalls, Stimulus};
use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;

/// Samples in one stimulus: large, because an engine builds or starts once for each; small enough for a progress bar.
const BATCH: usize = 32;

/// Random cases where there is no data set.
pub const CASES_WITHOUT_DATA: usize = 16;

/// Which pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// Random ones, or none.
    pub stalls: bool,
    /// Seed.
    pub seed: u64,
}

impl Pauses {
    fn of(self, stimulus: u64) -> Stalls {
        if self.stalls {
            Stalls::random(SplitMix::stream(self.seed, stimulus).next())
        } else {
            Stalls::NONE
        }
    }
}

/// What a verification plays, with where each sample comes from.
#[derive(Debug, Default)]
pub struct Plan {
    /// Stimuli in order.
    pub stimuli: Vec<Stimulus>,
    /// By sample over all stimuli.
    pub origins: Vec<Origin>,
}

/// Where a sample comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Number in the data set.
    Data(usize),
    /// Number of the random case.
    Case(usize),
}

impl Plan {
    /// The samples of `data`, then `cases` random cases.
    ///
    /// # Errors
    /// A sample that is not of the network's encoding.
    pub fn new(
        network: &QuantNetwork,
        data: Option<&Samples>,
        cases: usize,
        pauses: Pauses,
    ) -> Result<Self, Diagnostic> {
        let mut plan = Self::default();
        let count = data.map_or(0, Samples::count);
        if let Some(data) = data {
            for start in (0..count).step_by(BATCH) {
                let samples = (start..count.min(start + BATCH))
                    .map(|index| data.encode(index))
                    .collect::<Result<_, _>>()?;
                plan.origins
                    .extend((start..count.min(start + BATCH)).map(Origin::Data));
                plan.stimuli.push(Stimulus {
                    samples,
                    stalls: pauses.of(start as u64),
                });
            }
        }
        for case in 0..cases {
            plan.origins.extend([Origin::Case(case); SAMPLES_PER_CASE]);
            plan.stimuli.push(random_case(network, case, pauses));
        }
        Ok(plan)
    }

    /// Number of a sample within its data set or its random case.
    #[must_use]
    pub fn number(&self, sample: usize) -> usize {
        match self.origins.get(sample) {
            Some(&Origin::Data(number)) => number,
            Some(Origin::Case(_)) => (sample - self.data_samples()) % SAMPLES_PER_CASE,
            None => 0,
        }
    }

    /// Samples of the data set.
    #[must_use]
    pub fn data_samples(&self) -> usize {
        self.origins
            .iter()
            .filter(|origin| matches!(origin, Origin::Data(_)))
            .count()
    }
}

/// Random case number `case`.
#[must_use]
pub fn random_case(network: &QuantNetwork, case: usize, pauses: Pauses) -> Stimulus {
    let number = (1 << 32) + case as u64;
    Stimulus {
        samples: random_samples(network, &mut SplitMix::stream(pauses.seed ^ 0xCA5E, number)),
        stalls: pauses.of(number),
    }
}

/// `count` samples of the network's length in which each axon has an event in `percent` of the steps, of a random payload.
#[must_use]
pub fn sparse_samples(
    network: &QuantNetwork,
    count: usize,
    percent: u64,
    seed: u64,
) -> Vec<Sample> {
    let mut random = SplitMix::stream(seed, 2 << 32);
    let mut step = || step(network, &mut random, |random| random.below(100) < percent);
    (0..count)
        .map(|_| Sample {
            steps: (0..network.time_steps.max(1)).map(|_| step()).collect(),
        })
        .collect()
}

/// The batch in which a verification plays sample `sample`, up to it, and the number of its first sample.
///
/// # Errors
/// A sample that is not of the network's encoding.
pub fn batch_of(
    data: &Samples,
    sample: usize,
    pauses: Pauses,
) -> Result<(Stimulus, usize), Diagnostic> {
    let start = sample / BATCH * BATCH;
    let samples = (start..=sample)
        .map(|index| data.encode(index))
        .collect::<Result<_, _>>()?;
    let stalls = pauses.of(start as u64);
    Ok((Stimulus { samples, stalls }, start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import;
    use crate::quantize::{Options, quantize};

    #[test]
    fn sparse_samples_have_the_share_of_events_that_was_asked_for() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let samples = sparse_samples(&network, 50, 10, 1);
        let places = 50 * network.time_steps as usize * network.input.axons;
        let events: usize = samples
            .iter()
            .flat_map(|sample| &sample.steps)
            .map(Vec::len)
            .sum();
        let share = events as f64 / places as f64;
        assert!((0.09..0.11).contains(&share), "{share}");
        assert_eq!(samples, sparse_samples(&network, 50, 10, 1));
        assert_ne!(samples, sparse_samples(&network, 50, 10, 2));
    }

    #[test]
    fn random_cases_are_legal_and_hold_the_corners() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let pauses = Pauses {
            stalls: true,
            seed: 3,
        };
        let plan = Plan::new(&network, None, 100, pauses).unwrap();
        assert_eq!(
            (plan.stimuli.len(), plan.origins.len(), plan.data_samples()),
            (100, 300, 0)
        );
        let samples: Vec<&Sample> = plan
            .stimuli
            .iter()
            .flat_map(|stimulus| &stimulus.samples)
            .collect();
        assert!(samples.iter().all(|sample| !sample.steps.is_empty()));
        assert!(samples.iter().any(|sample| sample.steps.len() == 1));
        assert!(
            samples
                .iter()
                .any(|sample| sample.steps.iter().all(Vec::is_empty)),
            "a silent sample"
        );
        assert!(
            samples
                .iter()
                .any(|sample| sample.steps.iter().any(|step| step.len() > 60)),
            "a dense step"
        );
        let max = i32::try_from(network.input.payload_max).unwrap();
        for event in samples
            .iter()
            .flat_map(|sample| sample.steps.iter().flatten())
        {
            assert!(
                (1..=max).contains(&event.payload)
                    && (event.address as usize) < network.input.axons
            );
        }
        let fewer = Plan::new(&network, None, 7, pauses).unwrap();
        assert_eq!(
            fewer.stimuli[..],
            plan.stimuli[..7],
            "a shorter run is the beginning of a longer one"
        );
        let other = Plan::new(&network, None, 7, Pauses { seed: 4, ..pauses }).unwrap();
        assert_ne!(other.stimuli, fewer.stimuli);
    }
}
