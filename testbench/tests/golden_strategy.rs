//! Laws of the generators: every network is legal, everything that a network can do happens, and a failure is shrunk to
//! something that a person can read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::collections::HashSet;

use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::network::golden;
use goldspike_golden::neuron::info::{Domain, Presence};
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming};
use goldspike_golden::quant::{Param, QuantNeuron};
use goldspike_testbench::strategy::{config, generate, quant_case, quant_network, rng, samples};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

#[derive(Debug, Default)]
struct Bins {
    networks: usize,
    neuron_steps: usize,
    spikes: usize,
    negative_spikes: usize,
    silences: usize,
    ties: usize,
    top_ends: usize,
    bottom_ends: usize,
    silent_steps: usize,
    silent_samples: usize,
    one_step_samples: usize,
    one_neuron_layers: usize,
    direct: usize,
    negative_guards: usize,
    positive_guards: usize,
    layers: [usize; 3],
    spiking_networks: usize,
    mixed: usize,
    above_one: usize,
    refractory: usize,
    refractory_steps: usize,
}

/// What a layer's constants look like.
fn shape<T>(param: &Param<T>) -> u8 {
    match param {
        Param::Layer(_) => 0,
        Param::Neuron(_) => 1,
        Param::Step { .. } => 2,
        Param::StepNeuron { .. } => 3,
    }
}

/// Whether a factor is above 1.
fn above_one(neuron: &QuantNeuron) -> bool {
    neuron.table().any(|(row, values)| {
        !row.domain.is_membrane()
            && values
                .values()
                .iter()
                .any(|&raw| raw > 1 << neuron.coefficient.frac)
    })
}

/// Networks of the survey: enough for every mode of every model.
fn networks() -> usize {
    let forms = ModelId::ALL
        .iter()
        .map(|model| model.info().modes.combinations().len());
    1500.max(forms.max().unwrap_or(0) * ModelId::ALL.len() * 12)
}

#[test]
fn everything_happens_often() {
    let mut rng = rng(1);
    let mut bins = Bins::default();
    let mut forms = HashSet::new();
    let mut arithmetic = HashSet::new();
    let mut shapes = HashSet::new();
    let (mut weight_bits, mut membrane_bits) = ([0; 17], [0; 33]);
    for _ in 0..networks() {
        let case = generate::case(&mut rng);
        let program = golden(&case.network).unwrap();
        bins.networks += 1;
        bins.layers[case.network.layers.len() - 1] += 1;
        bins.direct += usize::from(case.network.input.payload_max > 1);
        for layer in &case.network.layers {
            let neuron = &layer.neuron;
            forms.insert((neuron.model, neuron.modes));
            arithmetic.insert((neuron.model, layer.rounding, layer.overflow));
            for row in neuron.model.info().constants {
                let found = neuron.constants.get(row.name).map(shape);
                shapes.insert((neuron.model, row.name, found));
            }
            bins.above_one += usize::from(above_one(neuron));
            bins.refractory += usize::from(neuron.refractory > 0);
            weight_bits[layer.weight_bits as usize] += 1;
            membrane_bits[layer.membrane.width as usize] += 1;
            bins.one_neuron_layers += usize::from(layer.neurons == 1);
            bins.negative_guards += usize::from(layer.guard_bits < 0);
            bins.positive_guards += usize::from(layer.guard_bits > 0);
        }
        let models = case.network.layers.iter().map(|layer| layer.neuron.model);
        let models: HashSet<_> = models.collect();
        bins.mixed += usize::from(models.len() > 1);
        let spikes_before = bins.spikes;
        for sample in &case.samples {
            bins.one_step_samples += usize::from(sample.steps.len() == 1);
            bins.silent_samples += usize::from(sample.steps.iter().all(Vec::is_empty));
            bins.silent_steps += sample
                .steps
                .iter()
                .filter(|events| events.is_empty())
                .count();
            let trace = program.run(sample);
            assert_eq!(trace.steps.len(), sample.steps.len());
            for (t, step) in trace.steps.iter().enumerate() {
                let layers = case.network.layers.iter().zip(&step.layers);
                for (l, (layer, done)) in layers.enumerate() {
                    let fire_at = layer.neuron.fire_at();
                    for (n, (&h, &spike)) in done.h.iter().zip(&done.spikes).enumerate() {
                        assert!(layer.membrane.holds(h));
                        for (state, values) in layer.neuron.states().zip(&done.states) {
                            assert!(layer.state_format(&state).holds(values[n]), "{state:?}");
                        }
                        let spikes = layer.neuron.modes.spikes;
                        // A layer with per-step thresholds is compared with each step's.
                        let adaptation = layer.neuron.states().position(|state| state.name == "b");
                        let risen = adaptation
                            .filter(|_| t > 0)
                            .map_or(0, |b| trace.steps[t - 1].layers[l].states[b][n]);
                        let at = *fire_at.get(n, t).unwrap() + risen;
                        let period = layer.neuron.refractory > 0;
                        let below = !spikes.is_binary() && h <= -at;
                        let waits = period && t > 0 && {
                            let before = &trace.steps[t - 1].layers[l];
                            before.states.last().is_some_and(|left| left[n] > 0)
                        };
                        let fires = i8::from(h >= at) - i8::from(below);
                        assert_eq!(spike, if waits { 0 } else { fires });
                        bins.refractory_steps += usize::from(waits);
                        bins.neuron_steps += 1;
                        bins.spikes += usize::from(spike != 0);
                        bins.negative_spikes += usize::from(spike == -1);
                        bins.silences += usize::from(spike == 0);
                        bins.ties += usize::from(h == at);
                        let bottom = match layer.overflow {
                            Overflow::Saturate => layer.membrane.min(),
                            Overflow::SaturateSymmetric => -layer.membrane.max(),
                            Overflow::Wrap => continue,
                        };
                        bins.top_ends +=
                            usize::from(layer.membrane.width > 8 && h == layer.membrane.max());
                        bins.bottom_ends += usize::from(layer.membrane.width > 8 && h == bottom);
                    }
                }
            }
        }
        bins.spiking_networks += usize::from(bins.spikes > spikes_before);
    }
    println!("{bins:#?}\n{} forms", forms.len());
    for &model in ModelId::ALL {
        let info = model.info();
        for modes in info.modes.combinations() {
            assert!(forms.contains(&(model, modes)), "{model:?} {modes:?}");
        }
        for rounding in Rounding::ALL {
            for overflow in Overflow::ALL {
                assert!(arithmetic.contains(&(model, rounding, overflow)));
            }
        }
        for row in info.constants {
            let seen = |found| shapes.contains(&(model, row.name, found));
            let place = || format!("{} of {model:?}", row.name);
            assert!(seen(Some(0)) && seen(Some(1)), "{}", place());
            let by_step = seen(Some(2)) && seen(Some(3));
            assert_eq!(by_step, row.by_step, "{}", place());
            let always = matches!(row.presence, Presence::Always);
            assert_eq!(!seen(None), always, "{}", place());
        }
    }
    assert!(bins.refractory > 100 && bins.refractory_steps > 1000);
    let factors = ModelId::ALL.iter().flat_map(|model| model.info().constants);
    let above = factors.filter(|row| row.domain == Domain::Decay { above_one: true });
    assert!(bins.above_one > 20 * above.count());
    assert!(bins.mixed > 100);
    assert!(
        weight_bits[1..]
            .iter()
            .chain(&membrane_bits[4..])
            .all(|&count| count > 0)
    );
    let percent = |count: usize, of: usize| 100 * count / of;
    assert!(percent(bins.spikes, bins.neuron_steps) >= 10);
    assert!(percent(bins.silences, bins.neuron_steps) >= 10);
    assert!(percent(bins.spiking_networks, bins.networks) >= 50);
    // Not every model fires them, nor goes below 0.
    assert!(bins.negative_spikes > 1000 && bins.bottom_ends > 1000);
    assert!(percent(bins.ties, bins.neuron_steps) >= 2);
    assert!(percent(bins.top_ends, bins.neuron_steps) >= 2);
    for count in [
        bins.silent_samples,
        bins.one_step_samples,
        bins.one_neuron_layers,
        bins.direct,
    ] {
        assert!(count >= bins.networks / 20);
    }
    assert!(bins.negative_guards > 100 && bins.positive_guards > 100 && bins.silent_steps > 1000);
    assert!(bins.layers.iter().all(|&count| count > 100));
}

proptest! {
    #![proptest_config(config(500, "proptest-regressions/golden_strategy.txt"))]

    #[test]
    fn every_generated_network_validates(network in quant_network()) {
        prop_assert_eq!(network.validate(), Ok(()));
    }

    #[test]
    fn every_generated_sample_is_legal((axons, payload_max, list) in (1usize..=40, 1u32..=255)
        .prop_flat_map(|(axons, payload_max)| (Just(axons), Just(payload_max), samples(axons, payload_max))))
    {
        prop_assert!(!list.is_empty());
        for sample in &list {
            prop_assert!(!sample.steps.is_empty());
            for events in &sample.steps {
                let addresses: std::collections::BTreeSet<_> = events.iter().map(|event| event.address).collect();
                prop_assert_eq!(addresses.len(), events.len());
                prop_assert!(addresses.iter().all(|&address| (address as usize) < axons));
                prop_assert!(events.iter().all(|event| (1..=payload_max as i32).contains(&event.payload)));
            }
        }
    }
}

/// A made-up bug: a soft reset in the next step after a spike of the first layer. What remains must be one layer of one
/// neuron, one sample, at most two steps and one event a step.
#[test]
fn a_failure_shrinks_to_something_readable() {
    let config = Config {
        cases: 2000,
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng(7));
    let outcome = runner.run(&quant_case(), |case| {
        let modes = case.network.layers[0].neuron.modes;
        let late = modes.reset == Reset::Soft && modes.reset_timing == ResetTiming::NextStep;
        let program = golden(&case.network).unwrap();
        let fired = case.samples.iter().any(|sample| {
            program
                .run(sample)
                .steps
                .iter()
                .rev()
                .skip(1)
                .any(|step| step.layers[0].spikes.iter().any(|&spike| spike != 0))
        });
        prop_assert!(!(late && fired));
        Ok(())
    });
    let Err(TestError::Fail(_, minimal)) = outcome else {
        panic!("the bug was not found: {outcome:?}")
    };
    println!("{minimal:#?}");
    assert_eq!(minimal.network.layers.len(), 1);
    assert_eq!(
        (
            minimal.network.input.axons,
            minimal.network.layers[0].neurons
        ),
        (1, 1)
    );
    assert_eq!(minimal.samples.len(), 1);
    assert_eq!(minimal.samples[0].steps.len(), 2);
    assert!(minimal.samples[0].steps.iter().map(Vec::len).sum::<usize>() <= 1);
}
