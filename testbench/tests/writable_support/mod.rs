//! Networks of the same shape: what an image can hold.

pub mod checks;
pub mod loading;
pub mod traffic;

use goldspike::rtl::{Design, DesignOptions, Weights, design};
use goldspike_golden::contract::accumulator_range;
use goldspike_golden::format::{QFormat, Rounding};
use goldspike_golden::quant::{Param, Payloads, QuantLayer, QuantNetwork};
use goldspike_testbench::designs;
use goldspike_testbench::strategy::{Case, generate};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

/// A drawn design of the case with a load port.
pub fn with_load_port(weights: Weights, case: &Case, probe: bool, draw: u64) -> Design {
    let options = DesignOptions {
        weights,
        ..designs::options(case, probe, draw)
    };
    design(&case.network, &options).unwrap()
}

/// The network with `change` made in each layer, and accumulators for what came out.
fn changed(network: &QuantNetwork, mut change: impl FnMut(&mut QuantLayer)) -> QuantNetwork {
    let mut network = network.clone();
    let mut fed: Payloads = network.input.payloads();
    for layer in &mut network.layers {
        change(layer);
        let (low, high) = accumulator_range(layer, fed);
        layer.accumulator = QFormat::signed_for(low, high, layer.accumulator.frac);
        fed = layer.payloads();
    }
    network.validate().unwrap();
    network
}

/// Legal weights of a width: the smallest and the largest.
fn weights(bits: u32) -> (i32, i32) {
    match bits {
        1 => (-1, 1),
        bits => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    }
}

/// Other weights, biases and constants: some drawn anew, the others moved between neurons.
pub fn another(rng: &mut TestRng, network: &QuantNetwork) -> QuantNetwork {
    changed(network, |layer| {
        let (low, high) = weights(layer.weight_bits);
        for weight in &mut layer.weights {
            *weight = match layer.weight_bits {
                1 => 2 * rng.random_range(0..=1) - 1,
                _ => rng.random_range(low..=high),
            };
        }
        layer.bias.rotate_left(1);
        let rows: Vec<_> = layer.neuron.table().map(|(row, _)| row).collect();
        for row in rows {
            let (low, high) = layer.constant_range(row);
            let neurons = layer.neurons;
            let values = layer.neuron.constants.get_mut(row.name).unwrap();
            if matches!(values, Param::Layer(_)) && rng.random_bool(0.5) {
                *values = Param::Neuron(vec![values.of(0); neurons]);
            }
            for value in values.values_mut() {
                if rng.random_bool(0.3) {
                    *value = rng.random_range(low..=high);
                } else {
                    let moved = *value + rng.random_range(-2..=2);
                    *value = moved.clamp(low, high);
                }
            }
        }
    })
}

/// Every weight, bias and constant at its smallest or largest value.
pub fn extreme(network: &QuantNetwork, largest: bool) -> QuantNetwork {
    let mut fed = network.input.payloads();
    changed(network, |layer| {
        let pick = |(low, high): (i64, i64)| if largest { high } else { low };
        let (low, high) = weights(layer.weight_bits);
        let weight = pick((low.into(), high.into())) as i32;
        layer.weights.fill(weight);
        let end = i64::from(weight) * layer.axons as i64 * i64::from(fed.max);
        layer.bias.fill(end);
        fed = layer.payloads();
        let rows: Vec<_> = layer.neuron.table().map(|(row, _)| row).collect();
        for row in rows {
            let value = pick(layer.constant_range(row));
            let values = layer.neuron.constants.get_mut(row.name).unwrap();
            values.values_mut().fill(value);
        }
    })
}

/// A case of two small layers of LIF neurons.
pub fn small(rng: &mut TestRng) -> Case {
    loop {
        let case = generate::case(rng);
        let layers = &case.network.layers;
        let weights: usize = layers.iter().map(|layer| layer.weights.len()).sum();
        if layers.len() == 2
            && layers.iter().all(|layer| {
                layer.neuron.refractory == 0
                    && layer.neuron.constants.len() < 6
                    && !layer.neuron.by_step()
                    && layer.rounding != Rounding::ToZero
                    && (2..16).contains(&layer.weight_bits)
            })
            && (4..60).contains(&weights)
        {
            return case;
        }
    }
}
