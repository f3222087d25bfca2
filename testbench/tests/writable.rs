//! Designs whose weights and constants are rewritten over the load port: they equal the golden model of whatever was
//! loaded, and keep what they had when an image is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    missing_docs,
    reason = "a failure is a failed test"
)]

mod writable_support;

use goldspike::engine::beats::{BeatStimulus, traces};
use goldspike::engine::tool::IVERILOG;
use goldspike::engine::{Bench, Icarus, Loaded, LoadState, Rtl, Stalls};
use goldspike::image::{Image, image};
use goldspike::rtl::load_map::Refusal;
use goldspike::rtl::{Design, DesignOptions, Weights, design};
use goldspike::verify::verify_engine;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::neuron::registry;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::strategy::{Case, generate, rng};
use goldspike_testbench::{designs, tools};
use writable_support::{another, extreme};

fn writable(case: &Case, probe: bool, draw: u64) -> Design {
    let options = DesignOptions {
        weights: Weights::Writable,
        ..designs::options(case, probe, draw)
    };
    design(&case.network, &options).unwrap()
}

/// Loads an image as it is.
fn load(bench: &mut Bench, image: &Image) -> LoadState {
    let last = image.words().len() - 1;
    let words = image.words().iter().enumerate();
    bench
        .load(words.map(|(place, &word)| (word, place == last)))
        .unwrap()
}

/// Plays the samples and compares every spike, compared value and state; returns how many spikes there were.
fn plays(bench: &mut Bench, design: &Design, network: &QuantNetwork, samples: &[Sample]) -> usize {
    let beats = BeatStimulus::of_samples(design, samples, Stalls::random(7));
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

#[test]
fn a_loaded_network_equals_its_own_golden_model() {
    let rng = &mut rng(seed(41));
    let mut models = std::collections::BTreeSet::new();
    let mut spikes = [0; 4];
    let networks = cases(60, 600);
    for draw in 0..u64::from(networks) {
        let case = generate::case(rng);
        let design = writable(&case, true, draw);
        let second = another(rng, &case.network);
        let images: Vec<QuantNetwork> = vec![
            second,
            extreme(&case.network, false),
            extreme(&case.network, true),
            case.network.clone(),
        ];
        let mut bench = Bench::new(&design).unwrap();
        spikes[3] += plays(&mut bench, &design, &case.network, &case.samples);
        for (number, network) in images.iter().enumerate() {
            let version = 100 * draw as u32 + number as u32;
            let image = image(network, &design, version).unwrap();
            assert_eq!(image.words().len(), design.load.as_ref().unwrap().words());
            let state = load(&mut bench, &image);
            let expected = LoadState {
                loaded: true,
                version,
                refused: None,
            };
            assert_eq!(state, expected, "{network:?}");
            spikes[number] += plays(&mut bench, &design, network, &case.samples);
        }
        models.extend(case.network.layers.iter().map(|l| l.neuron.model.info().name));
    }
    println!("{networks} networks, spikes by image {spikes:?}");
    assert!(spikes.iter().all(|&spikes| spikes > 100), "{spikes:?}");
    assert_eq!(models.len(), registry().count());
}
