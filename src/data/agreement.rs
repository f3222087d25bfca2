//! How far our traces agree with a framework's: predictions, output counts, every spike, every membrane.
//!
//! Works on traces alone, so the real reference (f64) and the integers of any engine are compared by the same code.

use super::trace::{FrameworkLayer, FrameworkTrace};
use crate::diag::{Diagnostic, Place, codes};
use goldspike_golden::trace::{LayerTrace, SampleTrace};
use serde::Serialize;

/// The counts of a comparison. Serialised, it is `against` of the command line's JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// Samples of the framework's trace.
    pub samples: usize,
    /// Samples with the same predicted class.
    pub predictions_equal: usize,
    /// Samples with the same output count at every neuron.
    pub counts_equal: usize,
    /// Samples whose spikes and membranes were compared.
    pub traced_samples: usize,
    /// Pairs of spikes compared (sample, layer, neuron, step).
    pub spikes_compared: u64,
    /// Pairs that differ.
    pub spikes_different: u64,
    /// Pairs of kept membranes compared.
    pub membranes_compared: u64,
    /// Largest difference of a kept membrane, in real units; infinite if ours is not a number.
    pub membrane_max_error: f64,
    /// Pairs of further kept states compared, as far as the file has them.
    pub states_compared: u64,
    /// Largest difference of a further kept state, in real units.
    pub state_max_error: f64,
    /// Largest difference of a compared value `h`, in real units, as far as the file has them.
    pub compared_value_max_error: f64,
    /// The first pair of spikes that differs, by sample, step, layer, neuron.
    pub first_difference: Option<Difference>,
}

/// Which number of a trace is to be shown in real units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Layer.
    pub layer: usize,
    /// Neuron.
    pub neuron: usize,
    /// Index of the kept state; `None`: the compared value.
    pub state: Option<usize>,
}

/// A pair of spikes that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Sample number in the test set.
    pub sample: usize,
    /// Time step.
    pub step: usize,
    /// Name of the neuron layer.
    pub layer: String,
    /// Neuron.
    pub neuron: usize,
    /// The framework's spike.
    pub framework: i8,
    /// Ours.
    pub ours: i8,
}

impl Agreement {
    /// As [`Self::compare_states`], with one unit for all numbers of a neuron: `real(layer, neuron, value)`.
    ///
    /// # Errors
    /// As there.
    pub fn compare<N: Copy, E: From<Diagnostic>>(
        framework: &FrameworkTrace,
        run: impl FnMut(usize) -> Result<SampleTrace<N>, E>,
        real: impl Fn(usize, usize, N) -> f64,
    ) -> Result<Self, E> {
        Self::compare_states(framework, run, |shown, value| {
            real(shown.layer, shown.neuron, value)
        })
    }

    /// Compares `framework` with the traces that `run` gives for sample numbers. `real(shown, value)` is the real value of
    /// a compared value or state (for raw traces: `value` times its LSB).
    ///
    /// # Errors
    /// Those of `run`; `GS0409` if its traces have another number of steps, layers or neurons.
    pub fn compare_states<N: Copy, E: From<Diagnostic>>(
        framework: &FrameworkTrace,
        mut run: impl FnMut(usize) -> Result<SampleTrace<N>, E>,
        real: impl Fn(Shown, N) -> f64,
    ) -> Result<Self, E> {
        let mut out = Self {
            samples: framework.index.len(),
            ..Self::default()
        };
        for sample in framework.samples() {
            let trace = run(sample)?;
            let prediction = trace
                .prediction()
                .and_then(|class| i64::try_from(class).ok());
            let counts = trace.counts();
            for position in positions(&framework.index, sample) {
                out.predictions_equal += usize::from(prediction == Some(framework.pred[position]));
                out.counts_equal += usize::from(counts == framework.out_count[position]);
            }
            for position in positions(&framework.full_index, sample) {
                out.full(framework, position, sample, &trace, &real)?;
            }
        }
        Ok(out)
    }

    /// Every prediction, count and spike is equal, and there were some of each.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.samples > 0
            && self.predictions_equal == self.samples
            && self.counts_equal == self.samples
            && self.spikes_compared > 0
            && self.spikes_different == 0
    }

    fn full<N: Copy>(
        &mut self,
        framework: &FrameworkTrace,
        position: usize,
        sample: usize,
        trace: &SampleTrace<N>,
        real: &impl Fn(Shown, N) -> f64,
    ) -> Result<(), Diagnostic> {
        let other = || {
            let message = format!(
                "our trace of sample {sample} has another number of steps, layers or neurons"
            );
            Diagnostic::error(&codes::TRACE_MISMATCH, message)
                .at(Place::file(framework.file.clone()))
        };
        if trace.steps.len() != framework.time_steps {
            return Err(other());
        }
        self.traced_samples += 1;
        for (t, step) in trace.steps.iter().enumerate() {
            if step.layers.len() != framework.layers.len() {
                return Err(other());
            }
            for (l, (ours, theirs)) in step.layers.iter().zip(&framework.layers).enumerate() {
                self.spikes(theirs, ours, (sample, t, position))
                    .ok_or_else(other)?;
                let unit = |state: Option<usize>| {
                    move |neuron: usize, value: N| {
                        let layer = l;
                        real(
                            Shown {
                                layer,
                                neuron,
                                state,
                            },
                            value,
                        )
                    }
                };
                for (state, values) in theirs.states(t, position) {
                    let kept = ours
                        .states
                        .get(state)
                        .filter(|kept| kept.len() == values.len())
                        .ok_or_else(other)?;
                    let (compared, largest) = if state == 0 {
                        (&mut self.membranes_compared, &mut self.membrane_max_error)
                    } else {
                        (&mut self.states_compared, &mut self.state_max_error)
                    };
                    *compared += values.len() as u64;
                    worst(largest, values, kept, unit(Some(state)));
                }
                if let Some(h) = theirs.h(t, position) {
                    let compared = Some(&ours.h)
                        .filter(|ours| ours.len() == h.len())
                        .ok_or_else(other)?;
                    worst(&mut self.compared_value_max_error, h, compared, unit(None));
                }
            }
        }
        Ok(())
    }

    /// Compares the spikes of one layer and step; `None` if the numbers of neurons differ.
    fn spikes<N>(
        &mut self,
        framework: &FrameworkLayer,
        ours: &LayerTrace<N>,
        (sample, step, position): (usize, usize, usize),
    ) -> Option<()> {
        let theirs = framework
            .spikes(step, position)
            .filter(|theirs| theirs.len() == ours.spikes.len())?;
        self.spikes_compared += theirs.len() as u64;
        for (neuron, (&framework_spike, &our_spike)) in theirs.iter().zip(&ours.spikes).enumerate()
        {
            if framework_spike != our_spike {
                self.spikes_different += 1;
                self.first_difference.get_or_insert_with(|| Difference {
                    sample,
                    step,
                    layer: framework.name.clone(),
                    neuron,
                    framework: framework_spike,
                    ours: our_spike,
                });
            }
        }
        Some(())
    }
}

fn positions(numbers: &[usize], sample: usize) -> impl Iterator<Item = usize> {
    numbers
        .iter()
        .enumerate()
        .filter(move |(_, number)| **number == sample)
        .map(|(position, _)| position)
}

/// Raises `largest` to the largest difference; a value that is not a number counts as infinitely far.
fn worst<N: Copy>(largest: &mut f64, theirs: &[f64], ours: &[N], real: impl Fn(usize, N) -> f64) {
    for (neuron, (&theirs, &ours)) in theirs.iter().zip(ours).enumerate() {
        let error = (theirs - real(neuron, ours)).abs();
        *largest = largest.max(if error.is_nan() { f64::INFINITY } else { error });
    }
}
