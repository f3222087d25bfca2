//! Agreement with a framework's trace, as text.

use super::input::Samples;
use super::progress::Progress;
use crate::data::{Agreement, FrameworkTrace, Unit};
use crate::diag::Diagnostic;
use goldspike_golden::arith::Arith;
use goldspike_golden::network::Program;
use num_traits::{FromPrimitive, Zero};

/// Runs the samples of `framework` and compares. `real(unit, layer, neuron, value)` is the real value of a number of
/// the trace.
///
/// # Errors
/// A sample that the data set does not have; a trace of another shape.
pub fn compare<A>(
    framework: &FrameworkTrace,
    program: &Program<A>,
    samples: &Samples,
    progress: &Progress,
    real: impl Fn(Unit, usize, usize, A::Num) -> f64,
) -> Result<Agreement, Diagnostic>
where
    A: Arith<Bit = bool>,
    A::Num: Zero + FromPrimitive + Copy,
{
    let run = |index: usize| -> Result<_, Diagnostic> {
        let trace = program.run(&samples.encode(index)?);
        progress.add(1);
        Ok(trace)
    };
    Agreement::compare(framework, run, real)
}

/// The comparison in a few lines, each indented by two.
#[must_use]
pub fn lines(agreement: &Agreement) -> String {
    let Agreement {
        samples,
        predictions_equal,
        counts_equal,
        traced_samples,
        spikes_compared,
        spikes_different,
        ..
    } = agreement;
    let mut text = format!(
        "  predictions equal   {predictions_equal} of {samples} samples\n  \
         output counts equal {counts_equal} of {samples} samples\n  \
         spikes different    {spikes_different} of {spikes_compared} in {traced_samples} traced samples\n  \
         largest membrane error {:.3e}\n",
        agreement.membrane_max_error
    );
    if let Some(first) = &agreement.first_difference {
        text.push_str(&format!(
            "  first difference    sample {}, step {}, layer {}, neuron {}: framework {}, here {}\n",
            first.sample, first.step, first.layer, first.neuron, first.framework, first.ours
        ));
    }
    text
}
