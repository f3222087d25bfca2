//! `rtl_equals_golden`: random networks, lanes and pauses, on every engine, in every spike, compared value and state.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::{Rtl, RustHdl};
use goldspike_testbench::coverage::ARITHMETIC;
use goldspike_testbench::cross_check::{cases, cross_check, seed};

const STREAMS: [&str; 3] = ["input stall", "output stall", "probe stall"];

#[test]
fn rtl_equals_golden_on_the_embedded_simulator() {
    let wanted = cases(200, 2000);
    let bins = cross_check(|| Box::new(Rtl(RustHdl)), wanted, seed(1))
        .unwrap_or_else(|error| panic!("{error}"));
    println!("rust-hdl:\n{bins}");
    assert_eq!(bins.count("networks"), u64::from(wanted));
    assert!(bins.count("values") > 10_000);
    assert_eq!(
        bins.missing(&ARITHMETIC),
        [""; 0],
        "corners that no random network reached"
    );
    assert_eq!(
        bins.missing(&STREAMS),
        [""; 0],
        "interfaces that never waited"
    );
}
