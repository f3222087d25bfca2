#![no_main]

use goldspike_testbench::readers::network;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|seed: u64| {
    if let Err(why) = network(seed, &[]) {
        panic!("network {seed}: {why}");
    }
});
