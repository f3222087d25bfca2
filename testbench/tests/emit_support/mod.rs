//! What the tests of emission share: tools that may be missing, designs of small networks.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use goldspike::emit::{self, Emitted, testbench::Expectation};
use goldspike::engine::Stalls;
use goldspike::engine::tool::Tool;
use goldspike::quantize::digest;
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike_golden::network;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::small::Small;
use goldspike_testbench::tools::missing;

/// Whether all tools are there; `goldspike_testbench::tools` says which is not.
pub fn tools(tools: &[Tool]) -> bool {
    tools.iter().all(|&tool| !missing(tool))
}

/// Hardware of a network with the same numbers of lanes in every layer.
pub fn hardware(network: &QuantNetwork, lanes: u32, neuron_lanes: u32, probe: bool) -> Design {
    let options = DesignOptions {
        lanes: LaneChoice::All(lanes),
        neuron_lanes: LaneChoice::All(neuron_lanes),
        probe,
        ..DesignOptions::default()
    };
    design(network, &options).unwrap()
}

/// Everything that `generate --testbench` writes.
pub fn generated(small: &Small, lanes: u32, neuron_lanes: u32, probe: bool) -> Emitted {
    let network = small.network();
    network
        .validate()
        .unwrap_or_else(|error| panic!("{small:?}: {error}"));
    let design = hardware(&network, lanes, neuron_lanes, probe);
    let digest = digest(&network);
    let probe_flag = if probe { " --probe" } else { "" };
    let command = format!(
        "goldspike generate {} --lanes {lanes} --neuron-lanes {neuron_lanes}{probe_flag} --testbench",
        small.name
    );
    let mut emitted = emit::design(&design, &network, &digest, &command).unwrap();
    let golden = network::golden(&network).unwrap();
    let samples = small.samples();
    let traces: Vec<_> = samples.iter().map(|sample| golden.run(sample)).collect();
    let expectation = Expectation {
        samples: &samples,
        traces: &traces,
        stalls: Stalls::random(7),
    };
    emit::testbench::add(
        &mut emitted,
        &design,
        &expectation,
        (small.name, &digest, &command),
    )
    .unwrap();
    emitted
}
