//! Inference over many samples, on several threads: accuracy, spikes, activity.

use super::errors;
use super::input::Samples;
use super::progress::Progress;
use crate::diag::Diagnostic;
use crate::engine::{Engine, Stalls, Stimulus, Subject};
use goldspike_golden::arith::Arith;
use goldspike_golden::network::Program;
use goldspike_golden::trace::SampleTrace;
use num_traits::{FromPrimitive, Zero};
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sums over the samples of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Samples run.
    pub samples: usize,
    /// Samples with a label.
    pub labelled: usize,
    /// Samples whose prediction is the label.
    pub correct: usize,
    /// Time steps run.
    pub steps: u64,
    /// Input events.
    pub input_events: u64,
    /// By layer.
    pub layers: Vec<LayerTally>,
}

/// Sums of one layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerTally {
    /// Neurons.
    pub neurons: usize,
    /// Spikes.
    pub spikes: u64,
    /// Compared values at an end of the membrane's format, where the run counts them.
    pub at_limit: u64,
}

impl Tally {
    /// Share of the labelled samples that were right; `None` without labels.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        (self.labelled > 0).then(|| self.correct as f64 / self.labelled as f64)
    }

    /// Spikes by neuron and step, layer by layer.
    #[must_use]
    pub fn activity(&self) -> Vec<f64> {
        let steps = self.steps.max(1) as f64;
        self.layers
            .iter()
            .map(|layer| layer.spikes as f64 / (steps * layer.neurons.max(1) as f64))
            .collect()
    }

    /// Adds the trace of one sample with `input_events` events; `at_limit(layer, h)` counts compared values.
    pub fn add<N>(
        &mut self,
        trace: &SampleTrace<N>,
        label: Option<i64>,
        input_events: u64,
        at_limit: impl Fn(usize, &N) -> bool,
    ) {
        self.samples += 1;
        self.input_events += input_events;
        if let Some(label) = label {
            self.labelled += 1;
            self.correct += usize::from(
                trace
                    .prediction()
                    .and_then(|class| i64::try_from(class).ok())
                    == Some(label),
            );
        }
        for step in &trace.steps {
            self.steps += 1;
            self.layers.resize_with(
                self.layers.len().max(step.layers.len()),
                LayerTally::default,
            );
            for (index, (sum, layer)) in self.layers.iter_mut().zip(&step.layers).enumerate() {
                sum.neurons = layer.spikes.len();
                sum.spikes += layer.spikes.iter().filter(|&&spike| spike != 0).count() as u64;
                sum.at_limit += layer.h.iter().filter(|h| at_limit(index, h)).count() as u64;
            }
        }
    }

    fn merge(mut self, other: &Self) -> Self {
        self.samples += other.samples;
        self.labelled += other.labelled;
        self.correct += other.correct;
        self.steps += other.steps;
        self.input_events += other.input_events;
        self.layers.resize_with(
            self.layers.len().max(other.layers.len()),
            LayerTally::default,
        );
        for (sum, layer) in self.layers.iter_mut().zip(&other.layers) {
            sum.neurons = layer.neurons;
            sum.spikes += layer.spikes;
            sum.at_limit += layer.at_limit;
        }
        self
    }
}

/// Runs `program` on the samples with `jobs` threads.
///
/// # Errors
/// A sample that is not of the network's encoding.
pub fn infer<A>(
    program: &Program<A>,
    samples: &Samples,
    jobs: usize,
    progress: &Progress,
    at_limit: impl Fn(usize, &A::Num) -> bool + Sync,
) -> Result<Tally, Diagnostic>
where
    A: Arith<Bit = bool> + Sync,
    A::Num: Zero + FromPrimitive + Sync,
    Program<A>: Sync,
{
    let next = AtomicUsize::new(0);
    let work = || -> Result<Tally, Diagnostic> {
        let mut tally = Tally::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= samples.count() {
                return Ok(tally);
            }
            let sample = samples.encode(index)?;
            let events = sample.steps.iter().map(|step| step.len() as u64).sum();
            tally.add(
                &program.run(&sample),
                samples.label(index),
                events,
                &at_limit,
            );
            progress.add(1);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.clamp(1, samples.count()))
            .map(|_| scope.spawn(work))
            .collect();
        threads
            .into_iter()
            .try_fold(Tally::default(), |sum, thread| {
                let part = thread
                    .join()
                    .map_err(|_| errors::internal("an inference thread stopped"))??;
                Ok(sum.merge(&part))
            })
    })
}

/// Samples that an engine gets at once.
const BATCH: usize = 32;

/// Runs samples of the data set on an engine, without pauses. `seen(index, trace, events)` gets each one's number, trace and
/// number of input events.
///
/// # Errors
/// A sample that is not of the network's encoding; an engine that fails.
pub fn play(
    engine: &mut dyn Engine,
    subject: Subject<'_>,
    samples: &Samples,
    indices: &[usize],
    mut seen: impl FnMut(usize, SampleTrace<i64>, u64),
) -> Result<(), Diagnostic> {
    for batch in indices.chunks(BATCH) {
        let encoded = batch
            .iter()
            .map(|&index| samples.encode(index))
            .collect::<Result<Vec<_>, _>>()?;
        let events: Vec<u64> = encoded
            .iter()
            .map(|sample| sample.steps.iter().map(|step| step.len() as u64).sum())
            .collect();
        let stimulus = Stimulus {
            samples: encoded,
            stalls: Stalls::NONE,
        };
        let outcome = engine
            .run(subject, &stimulus)
            .map_err(|error| errors::engine(&error))?;
        for ((&index, trace), events) in batch.iter().zip(outcome.traces).zip(events) {
            seen(index, trace, events);
        }
    }
    Ok(())
}
