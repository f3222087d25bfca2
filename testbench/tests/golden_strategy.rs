//! Laws of the generators: every network is legal, everything that a network can do happens, and a failure is shrunk to
//! something that a person can read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use goldspike_golden::format::Overflow;
use goldspike_golden::network::golden;
use goldspike_golden::neuron::lif::{Reset, ResetTiming};
use goldspike_golden::quant::QuantNeuron;
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
}

#[test]
fn everything_happens_often() {
    let mut rng = rng(1);
    let mut bins = Bins::default();
    let mut modes = std::collections::HashSet::new();
    let mut klif_modes = std::collections::HashSet::new();
    let (mut weight_bits, mut membrane_bits) = ([0; 17], [0; 33]);
    for _ in 0..1500 {
        let case = generate::case(&mut rng);
        let program = golden(&case.network).unwrap();
        bins.networks += 1;
        bins.layers[case.network.layers.len() - 1] += 1;
        bins.direct += usize::from(case.network.input.payload_max > 1);
        for layer in &case.network.layers {
            match &layer.neuron {
                QuantNeuron::Lif(lif) => {
                    modes.insert((
                        layer.rounding,
                        layer.overflow,
                        lif.reset,
                        lif.reset_timing,
                        lif.spikes,
                    ));
                }
                QuantNeuron::Klif(klif) => {
                    klif_modes.insert((layer.rounding, layer.overflow, klif.reset));
                    bins.above_one += usize::from(
                        klif.decay
                            .values()
                            .iter()
                            .any(|&decay| decay > 1 << klif.coefficient.frac),
                    );
                }
            }
            weight_bits[layer.weight_bits as usize] += 1;
            membrane_bits[layer.membrane.width as usize] += 1;
            bins.one_neuron_layers += usize::from(layer.neurons == 1);
            bins.negative_guards += usize::from(layer.guard_bits < 0);
            bins.positive_guards += usize::from(layer.guard_bits > 0);
        }
        let models = case
            .network
            .layers
            .iter()
            .map(|layer| layer.neuron.info().name);
        let models: std::collections::HashSet<_> = models.collect();
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
            for step in &trace.steps {
                for (layer, done) in case.network.layers.iter().zip(&step.layers) {
                    let fire_at = layer.neuron.fire_at();
                    for (n, (&h, &spike)) in done.h.iter().zip(&done.spikes).enumerate() {
                        assert!(layer.membrane.holds(h) && layer.membrane.holds(done.states[0][n]));
                        let below = !layer.neuron.spikes().is_binary() && h <= -fire_at.of(n);
                        assert_eq!(spike, i8::from(h >= fire_at.of(n)) - i8::from(below));
                        bins.neuron_steps += 1;
                        bins.spikes += usize::from(spike != 0);
                        bins.negative_spikes += usize::from(spike == -1);
                        bins.silences += usize::from(spike == 0);
                        bins.ties += usize::from(h == fire_at.of(n));
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
    println!(
        "{bins:#?}\n{} mode combinations of {}",
        modes.len(),
        4 * 3 * 3 * 5
    );
    assert_eq!(modes.len(), 4 * 3 * 3 * 5);
    assert_eq!(klif_modes.len(), 4 * 3 * 3);
    assert!(bins.mixed > 100 && bins.above_one > 100);
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
    assert!(percent(bins.negative_spikes, bins.neuron_steps) >= 4);
    assert!(percent(bins.ties, bins.neuron_steps) >= 2);
    assert!(percent(bins.top_ends, bins.neuron_steps) >= 2);
    assert!(percent(bins.bottom_ends, bins.neuron_steps) >= 2);
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
        let late = matches!(&case.network.layers[0].neuron, QuantNeuron::Lif(lif)
            if lif.reset == Reset::Soft && lif.reset_timing == ResetTiming::NextStep);
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
