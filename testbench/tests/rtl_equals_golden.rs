//! `rtl_equals_golden`: random networks, lanes and pauses, on every engine, in every spike, compared value and state.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::Rtl;
use goldspike_golden::neuron::registry;
use goldspike_testbench::coverage::{ARITHMETIC, REPEATED, TABLES};
use goldspike_testbench::cross_check::{cases, cross_check, seed};
use goldspike_testbench::hardware_bins::{HARDWARE, Watched};

use goldspike::engine::tool::{IVERILOG, VERILATOR};
use goldspike::engine::{Engine, Icarus, Verilator};
use goldspike_testbench::coverage::Bins;
use goldspike_testbench::tools;

const STREAMS: [&str; 3] = ["input stall", "output stall", "probe stall"];

/// Runs the cross-check and asserts that it compared something in every network.
fn check(name: &str, networks: u32, seed: u64, engine: impl Fn() -> Box<dyn Engine>) -> Bins {
    let bins = cross_check(engine, networks, seed).unwrap_or_else(|error| panic!("{error}"));
    println!("{name}:\n{bins}");
    assert_eq!(bins.count("networks"), u64::from(networks));
    assert!(bins.count("values") >= u64::from(networks));
    assert_eq!(
        bins.missing(&STREAMS),
        [""; 0],
        "interfaces that never waited"
    );
    bins
}

#[test]
fn rtl_equals_golden_on_the_embedded_simulator() {
    let hardware = Bins::default();
    let bins = check("rust-hdl", cases(200, 2000), seed(1), || {
        Box::new(Rtl(Watched::new(hardware.clone())))
    });
    println!("the circuit, in cycles and steps:\n{hardware}");
    assert_eq!(
        hardware.missing(&HARDWARE),
        [""; 0],
        "what no circuit went through"
    );
    assert!(bins.count("values") > 10_000);
    assert_eq!(
        bins.missing(&ARITHMETIC),
        [""; 0],
        "corners that no random network reached"
    );
    assert_eq!(bins.missing(&REPEATED), [""; 0], "sums never taken again");
    if registry().any(|info| !info.tables.is_empty()) {
        assert_eq!(bins.missing(&TABLES), [""; 0], "parts of tables never read");
    }
}

#[test]
fn rtl_equals_golden_on_icarus() {
    if tools::missing(IVERILOG) {
        return;
    }
    check("icarus", cases(20, 200), seed(3), || {
        Box::new(Rtl(Icarus::new()))
    });
}

#[test]
fn rtl_equals_golden_on_verilator() {
    if tools::missing(VERILATOR) {
        return;
    }
    check("verilator", cases(20, 200), seed(5), || {
        Box::new(Rtl(Verilator::new()))
    });
}
