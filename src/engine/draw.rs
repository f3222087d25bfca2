//! Random samples of a network's input; a pure function of the generator.

use goldspike_golden::event::{Event, Sample};
use goldspike_golden::quant::QuantNetwork;

use super::random::SplitMix;

/// Samples in a random case: they follow one another without a pause between.
pub(crate) const SAMPLES_PER_CASE: usize = 3;

/// Samples of random length (one step included) and random density, silent ones included.
pub(crate) fn random_samples(network: &QuantNetwork, random: &mut SplitMix) -> Vec<Sample> {
    (0..SAMPLES_PER_CASE)
        .map(|_| {
            let steps = 1 + random.below(u64::from(network.time_steps).max(2));
            let silent = random.below(8) == 0;
            let density = if silent { 0 } else { 1 + random.below(256) };
            Sample {
                steps: (0..steps)
                    .map(|_| random_step(network, density, random))
                    .collect(),
            }
        })
        .collect()
}

fn random_step(network: &QuantNetwork, density: u64, random: &mut SplitMix) -> Vec<Event> {
    let silent = random.below(8) == 0;
    step(network, random, |random| {
        random.below(256) < density && !silent
    })
}

/// An event of a random payload on each axon for which `fires` says so; it is asked after the payload is drawn.
pub(crate) fn step(
    network: &QuantNetwork,
    random: &mut SplitMix,
    fires: impl Fn(&mut SplitMix) -> bool,
) -> Vec<Event> {
    (0u32..)
        .zip(0..network.input.axons)
        .filter_map(|(address, _)| {
            let payload = 1 + random.below(u64::from(network.input.payload_max.max(1)));
            let event = Event {
                address,
                payload: i32::try_from(payload).unwrap_or(1),
            };
            fires(random).then_some(event)
        })
        .collect()
}
