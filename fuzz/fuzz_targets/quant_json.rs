#![no_main]

use goldspike_testbench::readers::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzz("quant_json", data));
