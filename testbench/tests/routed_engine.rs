//! The engine `routed`: a design as nextpnr-ecp5 placed and routed it equals the golden model, and its bitstream equals it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::tool::{
    CXX, ECPPACK, ECPUNPACK, MAKE, NEXTPNR_ECP5, VERILATOR, YOSYS,
};
use goldspike::engine::{Engine, Routed, Rtl, Stalls, Stimulus};
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike::synth::{Target, target, window};
use goldspike::verify::{EngineReport, VerifyError, verify_engine};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::small::Small;
use goldspike_testbench::tools;

fn tools() -> bool {
    ![YOSYS, NEXTPNR_ECP5, ECPPACK, ECPUNPACK, VERILATOR, CXX, MAKE]
        .into_iter()
        .any(tools::missing)
}

fn device() -> &'static Target {
    target("ecp5-25k").unwrap()
}

fn hardware(network: &QuantNetwork, lanes: u32, probe: bool) -> Design {
    let options = DesignOptions {
        lanes: LaneChoice::All(lanes),
        neuron_lanes: LaneChoice::All(1),
        probe,
        fabric: device().fabric(),
        ..DesignOptions::default()
    };
    design(network, &options).unwrap()
}

fn verify(
    small: &Small,
    lanes: u32,
    probe: bool,
    engine: Routed,
) -> Result<EngineReport, VerifyError> {
    let network = small.network();
    let stimulus = Stimulus {
        samples: small.samples(),
        stalls: Stalls::random(5),
    };
    let engine: &mut dyn Engine = &mut Rtl(engine);
    let design = hardware(&network, lanes, probe);
    verify_engine(engine, &network, &design, &[stimulus], |_| {})
}

/// Products in crossbar and neurons, and enough synapses for block memories.
fn multiplying() -> Small {
    Small {
        name: "products",
        model: ModelId::Lif,
        sizes: vec![64, 16, 2],
        payload_max: 9,
        per_neuron: true,
        ..Small::default()
    }
}

#[test]
fn a_routed_design_equals_the_golden_model_with_and_without_a_window() {
    if !tools() {
        return;
    }
    for (small, lanes, probe, windowed) in [
        (multiplying(), 2, false, false),
        (Small::default(), 2, true, true),
    ] {
        let design = hardware(&small.network(), lanes, probe);
        assert_eq!(window(&design.top, device()).unwrap().is_some(), windowed);
        let report = verify(&small, lanes, probe, Routed::new(device())).unwrap();
        let compared = &report.comparison;
        assert!(compared.passed(), "{compared:?}");
        assert!(compared.spikes_compared > 0);
        assert_eq!(compared.states_compared > 0, probe);
    }
}
