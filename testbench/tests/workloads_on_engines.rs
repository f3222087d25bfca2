//! Trained networks on every engine: spikes of both signs, compared values and states equal the golden model's.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod quantize_support;

use goldspike::engine::tool::{IVERILOG, VERILATOR};
use goldspike::engine::{Engine, Icarus, Rtl, RustHdl, Stalls, Stimulus, Verilator};
use goldspike::quantize::{Options, quantize};
use goldspike::rtl::{DesignOptions, LaneChoice, design};
use goldspike::verify::verify_engine;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::tools;
use quantize_support::{encode, network, samples};

const SAMPLES: usize = 8;

fn check(engine: &mut dyn Engine) {
    for (name, exact) in [
        ("digits_tlif_hard", false),
        ("digits_tlif_soft", false),
        ("digits_q2_tlif_soft", true),
    ] {
        let real = network(name);
        let data = samples(name);
        let options = Options {
            exact,
            ..Options::default()
        };
        let quantized: QuantNetwork = quantize(&real, &options).unwrap().network;
        let options = DesignOptions {
            lanes: LaneChoice::PerLayer(vec![16, 5]),
            neuron_lanes: LaneChoice::PerLayer(vec![4, 3]),
            probe: true,
            ..DesignOptions::default()
        };
        let design = design(&quantized, &options).unwrap();
        let samples: Vec<_> = (0..SAMPLES).map(|n| encode(&real, &data, n)).collect();
        let program = golden(&quantized).unwrap();
        let traces = samples.iter().map(|sample| program.run(sample));
        let negative: usize = traces
            .flat_map(|trace| trace.steps)
            .flat_map(|step| step.layers)
            .map(|layer| layer.spikes.iter().filter(|&&spike| spike < 0).count())
            .sum();
        let stimulus = Stimulus {
            samples,
            stalls: Stalls::random(3),
        };
        let report = verify_engine(engine, &quantized, &design, &[stimulus], |_| {}).unwrap();
        let found = report.comparison;
        assert!(found.passed(), "{name}: {found:?}");
        let values = (SAMPLES * 8 * (48 + 10)) as u64;
        assert_eq!(
            (found.spikes_compared, found.states_compared),
            (values, values),
            "{name}"
        );
        assert!(negative > 200, "{name}: {negative} spikes of -1");
    }
}

#[test]
fn ternary_networks_on_the_embedded_simulator() {
    check(&mut Rtl(RustHdl));
}

#[test]
fn ternary_networks_on_icarus() {
    if !tools::missing(IVERILOG) {
        check(&mut Rtl(Icarus::new()));
    }
}

#[test]
fn ternary_networks_on_verilator() {
    if !tools::missing(VERILATOR) {
        check(&mut Rtl(Verilator::new()));
    }
}
