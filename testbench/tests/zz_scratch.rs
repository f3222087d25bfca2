#![allow(missing_docs, clippy::unwrap_used)]
use goldspike::import;
use goldspike::quantize::{Options, quantize};
use goldspike::rtl::{DesignOptions, design};
#[test]
fn dump() {
    let net = import::embedded("digits").unwrap();
    let q = quantize(&net.network, &Options::default()).unwrap();
    for l in &q.network.layers {
        println!(
            "{} acc {:?} g {} mem {} {:?}",
            l.name, l.accumulator, l.guard_bits, l.membrane, l.neuron
        );
    }
    let d = design(&q.network, &DesignOptions::default()).unwrap();
    std::fs::create_dir_all("/tmp/dump").unwrap();
    for m in goldspike::hdl::all_modules(&d.top) {
        let f = goldspike::hdl::verilog(&m, "// header").unwrap();
        std::fs::write(format!("/tmp/dump/{}.v", f.name), &f.text).unwrap();
        for (n, t) in &f.memory_files {
            std::fs::write(format!("/tmp/dump/{n}"), t).unwrap();
        }
    }
}
