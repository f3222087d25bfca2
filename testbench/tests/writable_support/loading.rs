//! A bench that loads images and plays samples.

use goldspike::engine::beats::{BeatStimulus, traces};
use goldspike::engine::{Bench, LoadState, Stalls};
use goldspike::image::Image;
use goldspike::rtl::Design;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;

/// Words with TLAST at the end.
pub fn ended(words: &[u32]) -> Vec<(u32, bool)> {
    let last = words.len() - 1;
    let words = words.iter().enumerate();
    words.map(|(place, &word)| (word, place == last)).collect()
}

/// Loads an image as it is.
pub fn load(bench: &mut Bench, image: &Image) -> LoadState {
    bench.load(ended(image.words())).unwrap()
}

/// The samples without an image before them.
pub fn beats_alone(design: &Design, samples: &[Sample]) -> BeatStimulus {
    BeatStimulus {
        image: Vec::new(),
        ..BeatStimulus::of_samples(design, samples, Stalls::random(7))
    }
}

/// Plays the samples and compares every spike, compared value and state; returns how many spikes there were.
pub fn plays(
    bench: &mut Bench,
    design: &Design,
    network: &QuantNetwork,
    samples: &[Sample],
) -> usize {
    let beats = beats_alone(design, samples);
    let result = bench.play(&beats, |_| {}).unwrap();
    let got = traces("rust-hdl", design, samples, &result).unwrap();
    let program = golden(network).unwrap();
    let mut spikes = 0;
    for (sample, got) in samples.iter().zip(&got) {
        let expected = program.run(sample);
        assert_eq!(*got, expected);
        for layer in expected.steps.iter().flat_map(|step| &step.layers) {
            spikes += layer.spikes.iter().filter(|&&spike| spike != 0).count();
        }
    }
    spikes
}
