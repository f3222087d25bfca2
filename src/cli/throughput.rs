//! What a time step takes: the shipped design on the embedded simulator, samples back to back, without pauses.
//!
//! A synaptic operation (SOP) is one event at one neuron of the layer that it enters, whatever the weight. Events of a step
//! that takes the sums of the one before are none at its first layer: nothing is added.

use super::errors;
use super::input::Samples;
use super::stimuli::sparse_samples;
use crate::diag::Diagnostic;
use crate::engine::{Engine, Rtl, RustHdl, Stalls, Stimulus};
use crate::rtl::Design;
use crate::verify::verify_engine;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;

/// Samples whose cycles are measured, unless `--samples` says how many.
pub const SAMPLES: usize = 32;

/// Events of a random stimulus, in percent of its axons and steps.
const PERCENT: u64 = 10;

/// Seed of a random stimulus.
const SEED: u64 = 1;

/// What is played.
pub struct Played {
    /// The samples.
    pub samples: Vec<Sample>,
    /// Where they come from, for people.
    pub origin: String,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throughput {
    /// Clock cycles of a time step.
    pub cycles_per_step: f64,
    /// Samples played.
    pub samples: usize,
    /// Synaptic operations of a cycle.
    pub sop_per_cycle: f64,
    /// Bits of weights that those operations use in a cycle.
    pub weight_bits_per_cycle: f64,
    /// Output spikes that differ from the golden model's.
    pub mismatches: u64,
}

/// The first samples of the data set, or random ones with 10 % events.
///
/// # Errors
/// A sample that is not of the network's encoding.
pub fn play(
    network: &QuantNetwork,
    data: Option<&Samples>,
    count: Option<usize>,
) -> Result<Played, Diagnostic> {
    let Some(data) = data else {
        let count = count.unwrap_or(SAMPLES);
        return Ok(Played {
            samples: sparse_samples(network, count, PERCENT, SEED),
            origin: format!("{count} random samples with {PERCENT} % events, seed {SEED}"),
        });
    };
    let count = data.count().min(count.unwrap_or(SAMPLES));
    let samples: Vec<Sample> = (0..count)
        .map(|index| data.encode(index))
        .collect::<Result<_, _>>()?;
    Ok(Played {
        origin: format!("{count} samples of {}", data.file()),
        samples,
    })
}

/// Plays samples on a design without the probe.
///
/// # Errors
/// A design that hangs, breaks the protocol, or plays nothing.
pub fn throughput(
    network: &QuantNetwork,
    design: &Design,
    samples: Vec<Sample>,
) -> Result<Throughput, Diagnostic> {
    let (sop, bits, steps) = operations(network, design.input.repeats, &samples)?;
    let count = samples.len();
    let stimulus = [Stimulus {
        samples,
        stalls: Stalls::NONE,
    }];
    let mut simulator: Box<dyn Engine> = Box::new(Rtl(RustHdl));
    let report = verify_engine(simulator.as_mut(), network, design, &stimulus, |_| {})
        .map_err(|error| errors::verify(&error))?;
    let cycles = report.cycles_per_step * steps as f64;
    Ok(Throughput {
        cycles_per_step: report.cycles_per_step,
        samples: count,
        sop_per_cycle: sop as f64 / cycles.max(1.0),
        weight_bits_per_cycle: bits as f64 / cycles.max(1.0),
        mismatches: report.comparison.mismatches,
    })
}

/// Synaptic operations, the bits of their weights, and the steps, counted on the golden model; `keeps`: steps that are as
/// the one before take its sums.
fn operations(
    network: &QuantNetwork,
    keeps: bool,
    samples: &[Sample],
) -> Result<(u64, u64, u64), Diagnostic> {
    let program = golden(network).map_err(|error| errors::contract(&error))?;
    let (mut sop, mut bits, mut steps) = (0, 0, 0);
    for sample in samples {
        let trace = program.run(sample);
        let mut before = None;
        for (events, step) in sample.steps.iter().zip(&trace.steps) {
            steps += 1;
            let repeated = keeps && before == Some(events);
            before = Some(events);
            let mut entering = if repeated { 0 } else { events.len() as u64 };
            for (layer, did) in network.layers.iter().zip(&step.layers) {
                let operations = entering * layer.neurons as u64;
                sop += operations;
                bits += operations * u64::from(layer.weight_bits);
                entering = did.spikes.iter().filter(|&&spike| spike != 0).count() as u64;
            }
        }
    }
    Ok((sop, bits, steps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import;
    use crate::quantize::{Options, quantize};
    use goldspike_golden::event::Event;

    #[test]
    fn an_event_is_an_operation_at_every_neuron_of_the_layer_it_enters() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let silent = Sample {
            steps: vec![Vec::new(); 3],
        };
        let (sop, bits, steps) = operations(&network, true, std::slice::from_ref(&silent)).unwrap();
        let fired = |sample: &Sample| -> u64 {
            let trace = golden(&network).unwrap().run(sample);
            let first = trace.steps.iter().map(|step| &step.layers[0].spikes);
            first.flatten().filter(|&&spike| spike != 0).count() as u64
        };
        assert_eq!((sop, steps), (10 * fired(&silent), 3));
        assert_eq!(bits, 8 * sop);
        let one = Sample {
            steps: vec![vec![Event {
                address: 3,
                payload: 1,
            }]],
        };
        let (sop, _, _) = operations(&network, false, std::slice::from_ref(&one)).unwrap();
        assert_eq!(sop, 48 + 10 * fired(&one));
        let thrice = Sample {
            steps: vec![one.steps[0].clone(); 3],
        };
        for (keeps, times) in [(true, 1), (false, 3)] {
            let (sop, _, _) = operations(&network, keeps, std::slice::from_ref(&thrice)).unwrap();
            assert_eq!(sop, times * 48 + 10 * fired(&thrice));
        }
    }
}
