//! Random designs: a network case with lane numbers that do and do not divide its layers, and pauses of the streams.

use goldspike::engine::{Stalls, Stimulus};
use goldspike::rtl::{
    ConstantInput, DesignOptions, Fabric, Forms, LaneChoice, LargeMemories, Weights, design,
};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::strategy::{Case, rng};

/// Lane options for a case; every choice is drawn from `seed`.
#[must_use]
pub fn options(case: &Case, probe: bool, seed: u64) -> DesignOptions {
    let rng = &mut rng(seed ^ 0xDE51);
    let lanes: Vec<u32> = case
        .network
        .layers
        .iter()
        .map(|layer| lane_count(rng, layer.neurons))
        .collect();
    let neuron_lanes = lanes
        .iter()
        .map(|&lanes| lane_count(rng, lanes as usize))
        .collect();
    let drawn = DesignOptions {
        lanes: if rng.random_bool(0.2) {
            LaneChoice::Auto
        } else {
            LaneChoice::PerLayer(lanes)
        },
        neuron_lanes: if rng.random_bool(0.2) {
            LaneChoice::Auto
        } else {
            LaneChoice::PerLayer(neuron_lanes)
        },
        events: if rng.random_bool(0.5) {
            LaneChoice::All(1)
        } else {
            LaneChoice::All(rng.random_range(1..=8))
        },
        probe,
        banks: rng.random_range(2..=5),
        forms: if rng.random_bool(0.25) {
            Forms::General
        } else {
            Forms::Cheapest
        },
        fabric: fabric(rng),
        constant_input: if rng.random_bool(0.25) {
            ConstantInput::Recompute
        } else {
            ConstantInput::Keep
        },
        ..DesignOptions::default()
    };
    let options = DesignOptions {
        weights: weights(rng),
        fabric: Fabric {
            large: large(rng),
            ..drawn.fabric
        },
        ..drawn
    };
    DesignOptions {
        beat_events: beat_events(rng, case, &options),
        ..options
    }
}

/// Events of a beat, most often as many as the first layer can take of this input.
fn beat_events(rng: &mut TestRng, case: &Case, options: &DesignOptions) -> u32 {
    let LaneChoice::All(events) = options.events else {
        return 1;
    };
    let fitting = (1..=events).rev().find(|&beat_events| {
        let options = DesignOptions {
            beat_events,
            ..options.clone()
        };
        design(&case.network, &options).is_ok()
    });
    let most = fitting.unwrap_or(1);
    if rng.random_bool(0.5) {
        most
    } else {
        rng.random_range(1..=most)
    }
}

/// A family's fabric, or one of no family.
fn fabric(rng: &mut TestRng) -> Fabric {
    match rng.random_range(0..5) {
        0 => Fabric::PORTABLE,
        1 => Fabric::ICE40,
        2 => Fabric::ECP5,
        _ => Fabric {
            memory_stages: rng.random_range(0..=2),
            clears_apart: rng.random_bool(0.5),
            chooses: rng.random_bool(0.5),
            registers_ports: rng.random_bool(0.5),
            block_bits: None,
            spread_bits: rng.random_bool(0.5).then_some(0),
            adds_products: rng.random_bool(0.5),
            large: None,
        },
    }
}

/// Where the weights stand: part of the design most of the time.
fn weights(rng: &mut TestRng) -> Weights {
    match rng.random_range(0..8) {
        0 => Weights::Writable,
        1 | 2 => Weights::Loaded,
        _ => Weights::Rom,
    }
}

/// Large memories that small networks fill, or none.
pub fn large(rng: &mut TestRng) -> Option<LargeMemories> {
    rng.random_bool(0.75).then(|| LargeMemories {
        count: rng.random_range(1..=16),
        depth: 1 << rng.random_range(3..=6),
        bits: 1 << rng.random_range(2..=5),
        least: rng.random_range(0..=64),
        stages: rng.random_range(0..=2),
    })
}

fn lane_count(rng: &mut TestRng, neurons: usize) -> u32 {
    rng.random_range(1..=u32::try_from(neurons.min(12)).unwrap_or(12))
}

/// The case's samples with pauses on every interface, or now and then without.
#[must_use]
pub fn stimulus(case: &Case, seed: u64) -> Stimulus {
    let stalls = match seed % 4 {
        0 => Stalls::NONE,
        1 => Stalls {
            seed,
            input_gap: 0,
            output_stall: 200,
        },
        _ => Stalls::random(seed),
    };
    Stimulus {
        samples: case.samples.clone(),
        stalls,
    }
}
