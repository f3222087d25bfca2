//! Runs one engine against the golden model.

use goldspike_golden::quant::QuantNetwork;
use serde::Serialize;
use thiserror::Error;

use crate::engine::{Engine, EngineError, Golden, Outcome, StallCounts, Stimulus, Subject};
use crate::rtl::Design;
use crate::verify::{Comparison, compare};

/// What verification of one engine found.
#[derive(Clone, Debug, Serialize)]
pub struct EngineReport {
    /// Engine.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Samples run.
    pub samples: usize,
    /// Stimuli run: each is all samples under one pattern of pauses.
    pub cases: usize,
    /// Whether the design carried the probe: the whole trace, or the output spikes alone (as shipped).
    pub probe: bool,
    /// Numbers of values compared, and the first that differs.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// Clock cycles per time step, pauses included.
    pub cycles_per_step: f64,
    /// Waiting cycles on the input, the output, and the probe streams.
    pub stalls: [u64; 3],
}

/// Why verification gave no answer.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum VerifyError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Nothing to compare.
    #[error("{0}: 0 values were compared, which is never a pass")]
    Nothing(&'static str),
}

/// Runs `stimuli` on `engine` and on the golden model and compares the traces. `progress` is called after each.
///
/// # Errors
/// An engine that fails; an empty comparison.
pub fn verify_engine(
    engine: &mut dyn Engine,
    network: &QuantNetwork,
    design: &Design,
    stimuli: &[Stimulus],
    mut progress: impl FnMut(usize),
) -> Result<EngineReport, VerifyError> {
    let subject = Subject { network, design };
    let mut report = EngineReport {
        name: engine.name(),
        version: engine.version(),
        samples: 0,
        cases: stimuli.len(),
        probe: design.options.probe,
        comparison: Comparison::default(),
        cycles_per_step: 0.0,
        stalls: [0; 3],
    };
    let mut cycles = 0;
    for stimulus in stimuli {
        let golden = Golden.run(subject, stimulus)?;
        let outcome = engine.run(subject, stimulus)?;
        cycles += outcome.cycles;
        add(&mut report, &golden, &outcome, stimulus);
        progress(stimulus.samples.len());
    }
    if report.comparison.spikes_compared == 0 {
        return Err(VerifyError::Nothing(engine.name()));
    }
    report.cycles_per_step = cycles as f64 / report.comparison.steps.max(1) as f64;
    Ok(report)
}

fn add(report: &mut EngineReport, golden: &Outcome, outcome: &Outcome, stimulus: &Stimulus) {
    let mut this = compare(&golden.traces, &outcome.traces);
    if let Some(first) = &mut this.first {
        first.sample += report.samples;
    }
    let total = &mut report.comparison;
    total.steps += this.steps;
    total.spikes_compared += this.spikes_compared;
    total.membranes_compared += this.membranes_compared;
    total.states_compared += this.states_compared;
    total.mismatches +=
        this.mismatches + u64::from(outcome.protocol_error != golden.protocol_error);
    total.first = total.first.take().or(this.first);
    report.samples += stimulus.samples.len();
    let StallCounts {
        input,
        output,
        probe,
    } = outcome.stalls;
    for (sum, count) in report.stalls.iter_mut().zip([input, output, probe]) {
        *sum += count;
    }
}
