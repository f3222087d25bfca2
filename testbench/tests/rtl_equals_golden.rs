//! The hardware, as the embedded simulator runs it, equals the golden model.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use goldspike::engine::{Rtl, RustHdl};
use goldspike::rtl::design;
use goldspike::verify::verify_engine;
use goldspike_testbench::{designs, strategy};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

#[test]
fn scratch() {
    let mut runner = TestRunner::new_with_rng(Config::default(), strategy::rng(7));
    let mut spikes = 0;
    for seed in 0..3000u64 {
        let case = strategy::quant_case().new_tree(&mut runner).unwrap().current();
        let options = designs::options(&case, true, seed);
        let design = design(&case.network, &options).unwrap();
        let mut engine = Rtl(RustHdl);
        let report =
            verify_engine(&mut engine, &case.network, &design, &[designs::stimulus(&case, seed)], |_| {});
        match report {
            Ok(report) if report.comparison.passed() => spikes += report.comparison.spikes_compared,
            other => panic!("seed {seed}: {other:?}\n{:?}\n{:?}", design.plans, case.network),
        }
    }
    eprintln!("{spikes} spikes");
}
