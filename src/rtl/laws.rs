//! What the circuit of one layer does against the contract: refractory period, linear leak, constants by step.

use goldspike_golden::arith::{Arith, Raw};
use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::Domain;
use goldspike_golden::neuron::{Leak, ModelId, Modes, Reset, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_golden::trace::LayerTrace;

use super::{DesignOptions, design};
use crate::engine::{Engine, Rtl, RustHdl, Stalls, Stimulus, Subject};

const AXONS: usize = 4;
const NEURONS: usize = 5;

/// Small numbers that look random.
fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    *seed >> 33
}

fn layer(modes: Modes, refractory: u32) -> QuantLayer {
    let model = ModelId::Lif;
    let mut neuron = QuantNeuron {
        modes,
        refractory,
        ..QuantNeuron::new(model, QFormat::unsigned(7, 6))
    };
    for row in model.info().constants {
        if neuron.needs(row) != Some(true) {
            continue;
        }
        let value = match row.domain {
            Domain::Decay { .. } | Domain::Conductance => Param::Layer(57),
            Domain::Threshold => Param::Neuron(vec![40, 50, 60, 45, 55]),
            Domain::Pending => Param::Layer(41),
            Domain::Amount => Param::Neuron(vec![40, 50, 60, 45, 55]),
            Domain::Offset { .. } => Param::Neuron(vec![1, -2, 3, 0, -1]),
            Domain::Leak => Param::Neuron(vec![3, 0, 7, 1, 2]),
            Domain::State => Param::Neuron(vec![-5, 0, 4, 9, -3]),
        };
        neuron = neuron.with(row.name, value);
    }
    let mut seed = 11;
    let weights: Vec<i32> = (0..AXONS * NEURONS)
        .map(|_| draw(&mut seed) as i32 % 48 - 19)
        .collect();
    let mut layer = QuantLayer {
        name: "n0".to_owned(),
        axons: AXONS,
        neurons: NEURONS,
        weight_bits: 7,
        weights,
        bias: vec![2, 0, -1, 1, 0],
        accumulator: QFormat::signed(20, 0),
        guard_bits: 0,
        membrane: QFormat::signed(9, 0),
        rounding: Rounding::HalfUp,
        overflow: Overflow::Saturate,
        scale: Param::Layer(1.0),
        neuron,
    };
    let (low, high) = accumulator_range(&layer, Payloads::SPIKES);
    layer.accumulator = QFormat::signed_for(low, high, 0);
    layer
}

fn network(layer: QuantLayer) -> QuantNetwork {
    QuantNetwork {
        name: "laws".to_owned(),
        time_steps: 6,
        input: QuantInput {
            axons: AXONS,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![layer],
    }
}

fn samples(lengths: &[usize]) -> Vec<Sample> {
    let mut seed = 5;
    lengths
        .iter()
        .map(|&steps| Sample {
            steps: (0..steps)
                .map(|_| {
                    let mask = draw(&mut seed);
                    (0..AXONS)
                        .filter(|axon| mask >> axon & 1 == 1)
                        .map(|axon| Event {
                            address: axon as u32,
                            payload: 1,
                        })
                        .collect()
                })
                .collect(),
        })
        .collect()
}

/// The layer's steps, neuron by neuron, without the contract's checks.
fn by_hand(layer: &QuantLayer, sample: &Sample) -> Vec<LayerTrace<i64>> {
    let raw = Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    };
    let cell = |n, t| layer.cell(n, t, |raw| raw, |raw| raw).unwrap();
    let mut states: Vec<_> = (0..NEURONS).map(|n| cell(n, 0).start(&raw)).collect();
    let mut steps = Vec::new();
    for (t, events) in sample.steps.iter().enumerate() {
        let mut trace = LayerTrace::default();
        for (n, state) in states.iter_mut().enumerate() {
            let weight = |axon: u32| i64::from(layer.weights[n * AXONS + axon as usize]);
            let sum: i64 = events.iter().map(|event| weight(event.address)).sum();
            let x = raw.align(&(sum + layer.bias[n]), layer.guard_bits);
            let done = cell(n, t).step(&raw, state, &x);
            trace.spikes.push(done.signed_spike());
            trace.h.push(done.h);
            trace.states.resize(done.kept.len(), Vec::new());
            for (values, &value) in trace.states.iter_mut().zip(&done.kept) {
                values.push(value);
            }
            *state = done.into_state();
        }
        steps.push(trace);
    }
    steps
}

/// Traces of the circuit; its error flag; spikes and silent neurons in refractory steps that were seen.
fn equal(layer: QuantLayer, lengths: &[usize]) -> (bool, usize, usize) {
    let network = network(layer);
    let layer = &network.layers[0];
    let options = DesignOptions {
        probe: true,
        ..DesignOptions::default()
    };
    let design = design(&network, &options).unwrap();
    let samples = samples(lengths);
    let stimulus = Stimulus {
        samples: samples.clone(),
        stalls: Stalls::random(3),
    };
    let subject = Subject {
        network: &network,
        design: &design,
    };
    let outcome = Rtl(RustHdl).run(subject, &stimulus).unwrap();
    let (mut spikes, mut waiting) = (0, 0);
    for (sample, trace) in samples.iter().zip(&outcome.traces) {
        let expected = by_hand(layer, sample);
        assert_eq!(trace.steps.len(), expected.len());
        for (t, (got, expected)) in trace.steps.iter().zip(&expected).enumerate() {
            assert_eq!(&got.layers[0], expected, "step {t} of {layer:?}");
            spikes += expected.spikes.iter().filter(|&&spike| spike != 0).count();
            if layer.neuron.refractory > 0 {
                waiting += expected.states[1].iter().filter(|&&left| left > 0).count();
            }
        }
    }
    (outcome.protocol_error, spikes, waiting)
}

#[test]
fn refractory_periods_and_leaks_equal_the_cell_in_every_mode() {
    let mut ran = 0;
    for modes in ModelId::Lif.info().modes.combinations() {
        for refractory in [0, 1, 3] {
            let ternary = modes.spikes == Spikes::Ternary;
            let (error, spikes, waiting) = equal(layer(modes, refractory), &[30, 1, 25]);
            assert!(!error);
            assert!(spikes > 5, "{modes:?} {refractory} {ternary}: {spikes}");
            assert_eq!(waiting > spikes / 2, refractory > 0, "{modes:?}");
            ran += 1;
        }
    }
    assert!(ran > 60);
}

#[test]
fn a_sample_longer_than_its_constants_is_flagged_and_keeps_the_last() {
    let modes = Modes {
        reset: Reset::Soft,
        leak: Leak::LinearTowardZero,
        ..Modes::default()
    };
    let by_step = Param::Step {
        by_step: vec![0, 9, -9, 20],
    };
    let by_both = Param::StepNeuron {
        steps: 4,
        by_step_and_neuron: (0..20).map(|n| (n * 7) % 31 + 20).collect(),
    };
    for (offset, threshold) in [(true, false), (false, true), (true, true)] {
        for (lengths, flagged) in [
            (&[4, 1, 4, 3, 4][..], false),
            (&[2, 5, 1], true),
            (&[9, 3], true),
        ] {
            let mut layer = layer(modes, 0);
            if offset {
                layer.neuron = layer.neuron.with("offset", by_step.clone());
            }
            if threshold {
                layer.neuron = layer.neuron.with("fire_at", by_both.clone());
            }
            let (error, spikes, _) = equal(layer, lengths);
            assert_eq!(error, flagged, "{lengths:?}");
            assert!(spikes > 3);
        }
    }
}
