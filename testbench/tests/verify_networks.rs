//! The trained networks, as hardware, against the golden model: every spike, compared value and state, with pauses.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::path::Path;

use goldspike::engine::tool::IVERILOG;
use goldspike::engine::{
    Bitstream, Engine, Icarus, Netlist, Rtl, RustHdl, Stalls, Stimulus, Verilator,
};
use goldspike::quantize::{Options, quantize};
use goldspike::rtl::{DesignOptions, design};
use goldspike::synth::target;
use goldspike::verify::{EngineReport, verify_engine};
use goldspike::{data, import};
use goldspike_golden::describe::Network;
use goldspike_golden::event::Sample;
use goldspike_golden::quant::{QuantLayer, QuantNetwork};
use goldspike_testbench::tools::missing;

/// The first `count` samples of a data set as events (all of them if there are fewer).
fn samples(network: &Network, dataset: &data::Dataset, count: usize) -> Vec<Sample> {
    let encode = |(index, raw): (usize, &[u8])| {
        network
            .encoding
            .encode(raw, network.time_steps, network.axons, index as u64)
            .unwrap()
    };
    dataset
        .samples()
        .take(count)
        .enumerate()
        .map(encode)
        .collect()
}

/// Verifies with the probe and as shipped, and asserts how much was compared.
fn verify(network: &Network, samples: &[Sample], engine: &mut dyn Engine) {
    let quantized = quantize(network, &Options::default()).unwrap().network;
    let stimulus = Stimulus {
        samples: samples.to_vec(),
        stalls: Stalls::random(11),
    };
    for probe in [true, false] {
        let options = DesignOptions {
            probe,
            ..DesignOptions::default()
        };
        let design = design(&quantized, &options).unwrap();
        let stimuli = std::slice::from_ref(&stimulus);
        let report = verify_engine(engine, &quantized, &design, stimuli, |_| {}).unwrap();
        expect(&quantized, samples, probe, &report);
    }
}

fn expect(network: &QuantNetwork, samples: &[Sample], probe: bool, report: &EngineReport) {
    let compared = &report.comparison;
    assert!(
        compared.passed(),
        "{} on {}: {compared:?}",
        network.name,
        report.name
    );
    let steps: u64 = samples.iter().map(|sample| sample.steps.len() as u64).sum();
    let shown = if probe {
        network.layers.as_slice()
    } else {
        &network.layers[network.layers.len() - 1..]
    };
    let total = |of: fn(&QuantLayer) -> usize| steps * shown.iter().map(of).sum::<usize>() as u64;
    let neurons = total(|layer| layer.neurons);
    let states = total(|layer| layer.neurons * layer.neuron.states().count());
    assert_eq!(compared.spikes_compared, neurons);
    assert_eq!(
        (compared.membranes_compared, compared.states_compared),
        if probe { (neurons, states) } else { (0, 0) }
    );
    assert!(
        report.stalls.iter().take(2).all(|&waits| waits > 0),
        "{:?}",
        report.stalls
    );
    println!(
        "{} on {} {}: {} samples, {} spikes, {} membranes, {} states, 0 mismatches",
        network.name,
        report.name,
        report.version,
        report.samples,
        compared.spikes_compared,
        compared.membranes_compared,
        compared.states_compared
    );
}

fn digits() -> (Network, Vec<Sample>) {
    let network = import::embedded("digits").unwrap().network;
    let samples = samples(&network, &data::embedded("digits").unwrap(), usize::MAX);
    assert_eq!(samples.len(), 355);
    (network, samples)
}

#[test]
fn digits_on_the_embedded_simulator() {
    let (network, samples) = digits();
    verify(&network, &samples, &mut Rtl(RustHdl));
}

#[test]
fn digits_on_icarus() {
    if missing(IVERILOG) {
        return;
    }
    let (network, samples) = digits();
    verify(&network, &samples, &mut Rtl(Icarus::new()));
}

#[test]
fn digits_on_verilator() {
    if Verilator::tools().any(missing) {
        return;
    }
    let (network, samples) = digits();
    verify(&network, &samples, &mut Rtl(Verilator::new()));
}

/// Of the test set as many as a netlist plays in seconds; in a campaign all of it.
fn some_digits() -> (Network, Vec<Sample>) {
    let (network, mut samples) = digits();
    if std::env::var_os("GOLDSPIKE_CAMPAIGN").is_none() {
        samples.truncate(40);
    }
    (network, samples)
}

#[test]
fn digits_as_a_netlist() {
    if Netlist::tools().any(missing) {
        return;
    }
    let (network, samples) = some_digits();
    let mut devices = vec!["hx8k"];
    if std::env::var_os("GOLDSPIKE_CAMPAIGN").is_some() {
        devices.extend(["up5k", "ecp5-25k", "ecp5-85k"]);
    }
    for name in devices {
        let engine = Netlist::new(target(name).unwrap());
        verify(&network, &samples, &mut Rtl(engine));
    }
}

#[test]
fn digits_as_a_bitstream() {
    if Bitstream::tools().any(missing) {
        return;
    }
    let (network, samples) = some_digits();
    let engine = Bitstream::new(target("hx8k").unwrap());
    verify(&network, &samples, &mut Rtl(engine));
}

/// A network of the workloads with its data set.
fn workload(name: &str, count: usize) -> (Network, Vec<Sample>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let imported = import::load(&root.join("workloads/nets").join(name)).unwrap();
    let file = match imported.dataset.as_deref() {
        Some("mnist") => root.join("workloads/data/mnist_test2000.npz"),
        _ => root.join("../examples/digits/data.npz"),
    };
    let dataset = data::load(&file).unwrap();
    let samples = samples(&imported.network, &dataset, count);
    assert_eq!(samples.len(), count);
    (imported.network, samples)
}

#[test]
fn mnist_with_sigma_delta_input_on_verilator() {
    if Verilator::tools().any(missing) {
        return;
    }
    let (network, samples) = workload("mnist_fc_lif_sd", 50);
    verify(&network, &samples, &mut Rtl(Verilator::new()));
}

#[test]
fn every_other_network_on_the_embedded_simulator() {
    for (name, count) in [
        ("digits_lif_soft", 40),
        ("digits_plif", 40),
        ("digits_klif", 40),
        ("digits_glif", 40),
        ("digits_clif", 40),
        ("digits_leaky_sub", 40),
        ("digits_latency", 40),
        ("digits_q4_lif_hard", 40),
        ("mnist_fc_lif_direct", 1),
        ("mnist_fc_leaky_bern", 1),
        ("mnist_q4_fc_if_sd", 2),
    ] {
        let (network, samples) = workload(name, count);
        verify(&network, &samples, &mut Rtl(RustHdl));
    }
}
