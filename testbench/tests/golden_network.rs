//! Laws of the network runner: stepwise equals whole samples, samples do not touch each other, a spike crosses all layers
//! in its step, the order of events is free, events outside the contract are dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use goldspike_golden::event::{Event, Sample};
use goldspike_golden::network::{dequantised, golden};
use goldspike_testbench::contract_case::parse;
use goldspike_testbench::strategy::{config, quant_case};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config(300, "proptest-regressions/golden_network.txt"))]

    #[test]
    fn steps_make_the_sample_and_samples_start_fresh(case in quant_case()) {
        let program = golden(&case.network).unwrap();
        let alone: Vec<_> = case.samples.iter().map(|sample| program.run(sample)).collect();
        for (sample, whole) in case.samples.iter().zip(&alone) {
            let mut state = program.start();
            let steps: Vec<_> = sample.steps.iter().map(|events| program.step(&mut state, events)).collect();
            prop_assert_eq!(&steps, &whole.steps);
        }
        let again: Vec<_> = case.samples.iter().rev().map(|sample| program.run(sample)).collect();
        prop_assert!(again.iter().rev().eq(&alone));
    }

    #[test]
    fn the_order_of_events_is_free(case in quant_case()) {
        let program = golden(&case.network).unwrap();
        for sample in &case.samples {
            let reversed = sample.steps.iter().map(|events| events.iter().rev().copied().collect()).collect();
            prop_assert_eq!(program.run(sample), program.run(&Sample { steps: reversed }));
        }
    }

    #[test]
    fn events_outside_the_contract_are_dropped(case in quant_case(), payload in any::<i32>(), address in any::<u32>()) {
        let (axons, most) = (case.network.input.axons as u32, case.network.input.payload_max as i32);
        let programs = (golden(&case.network).unwrap(), dequantised(&case.network).unwrap());
        let surplus = [
            Event { address: address.max(axons), payload: 1 },
            Event { address: 0, payload: 0 },
            Event { address: 0, payload: payload.max(most.saturating_add(1)) },
            Event { address: 0, payload: payload.min(-1) },
        ];
        for sample in &case.samples {
            let with = sample.steps.iter().map(|events| [events.as_slice(), &surplus].concat()).collect();
            let with = Sample { steps: with };
            prop_assert_eq!(programs.0.run(sample), programs.0.run(&with));
            prop_assert_eq!(programs.1.run(sample), programs.1.run(&with));
        }
    }
}

#[test]
fn a_spike_crosses_the_network_in_its_step() {
    let first = parse("neuron a\n  25 | 25 1 0").unwrap().neurons.remove(0);
    let mut second = parse("neuron b\n fire_at 1\n  1 | 1 1 0")
        .unwrap()
        .neurons
        .remove(0)
        .network
        .layers
        .remove(0);
    (second.axons, second.weights) = (1, vec![1]);
    let mut network = first.network;
    network.layers.push(second);
    let trace = golden(&network).unwrap().run(&first.sample);
    let spikes: Vec<_> = trace.steps[0]
        .layers
        .iter()
        .map(|layer| layer.spikes.clone())
        .collect();
    assert_eq!(spikes, [[1], [1]]);
    assert_eq!((trace.counts(), trace.prediction()), (vec![1], Some(0)));
}
