//! The engines that run Verilog text see what the embedded simulator sees, beat for beat.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::beats::{BeatStimulus, Simulator};
use goldspike::engine::{Icarus, RustHdl, Verilator};
use goldspike::rtl::design;
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::strategy::rng;
use goldspike_testbench::{designs, strategy::generate};

#[test]
fn scratch() {
    let rng = &mut rng(seed(3));
    for n in 0..cases(5, 20) {
        let case = generate::case(rng);
        let design = design(&case.network, &designs::options(&case, true, u64::from(n))).unwrap();
        let stimulus = designs::stimulus(&case, u64::from(n));
        let beats = BeatStimulus::of_samples(&design, &stimulus.samples, stimulus.stalls);
        let a = goldspike::engine::meaning(&design, &RustHdl.play(&design, &beats).unwrap());
        let t = std::time::Instant::now();
        let b = Icarus::new().play(&design, &beats).unwrap_or_else(|e| panic!("{e}"));
        println!("icarus {:?} {} cycles, {} equal", t.elapsed(), b.cycles, a == b);
        if n < 2 {
            let t = std::time::Instant::now();
            let mut v = Verilator::new();
            let c = v.play(&design, &beats).unwrap_or_else(|e| panic!("{e}"));
            println!("verilator {:?} {} cycles, {} {} equal", t.elapsed(), c.cycles, c == b, c == a);
        }
        assert!(a == b);
    }
}

#[test]
fn dump() {
    let rng = &mut rng(seed(3));
    let case = generate::case(rng);
    let design = design(&case.network, &designs::options(&case, true, 0)).unwrap();
    let mut e = goldspike::emit::design(&design, &case.network, "digest", "goldspike generate").unwrap();
    let golden = goldspike_golden::network::golden(&case.network).unwrap();
    let traces: Vec<_> = case.samples.iter().map(|s| golden.run(s)).collect();
    let x = goldspike::emit::testbench::Expectation { samples: &case.samples, traces: &traces, stalls: goldspike::engine::Stalls::random(1) };
    goldspike::emit::testbench::add(&mut e, &design, &x, ("n", "d", "c")).unwrap();
    goldspike::emit::write(std::path::Path::new("/tmp/emit_dump"), &e).unwrap();
}
