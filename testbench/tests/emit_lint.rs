//! The emitted Verilog is clean under `verilator -Wall`, `iverilog -Wall` and Yosys' `check -assert`, over models, all of
//! their modes, widths, lane counts, payloads, refractory periods, constants by neuron and step, and the probe.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod emit_support;

use std::path::Path;

use emit_support::{hardware, tools};
use goldspike::emit::lint::{LINTERS, lint};
use goldspike::emit::sources;
use goldspike::engine::tool::{IVERILOG, Toolbox, VERILATOR, YOSYS};
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::neuron::ModelId;
use goldspike_testbench::small::Small;
use goldspike_testbench::strategy::rng;
use proptest::prelude::RngExt;

/// Networks of a model: at least so many, whatever the number of its modes.
const OF_A_MODEL: usize = 6;

/// Networks that differ in every choice that the hardware sees, with lanes, neuron lanes and the probe.
fn matrix() -> Vec<(Small, u32, u32, bool)> {
    let mut matrix = Vec::new();
    let mut rng = rng(60);
    for &model in ModelId::ALL {
        let forms = model.info().modes.combinations();
        for (k, &modes) in (0..OF_A_MODEL.max(forms.len())).zip(forms.iter().cycle()) {
            let sizes: [&[usize]; 5] = [&[4, 3, 2], &[1, 1], &[9, 5], &[16, 7, 1], &[2, 8]];
            let small = Small {
                name: "lint",
                model,
                sizes: sizes[rng.random_range(0..5)].to_vec(),
                payload_max: [1, 1, 15, 255][rng.random_range(0..4)],
                weight_bits: [6, 1, 2, 8, 16][rng.random_range(0..5)],
                membrane_bits: [12, 4, 24, 32, 8][rng.random_range(0..5)],
                guard_bits: [1, 0, -2, 3][rng.random_range(0..4)],
                modes,
                refractory: [0, 0, 1, 3][rng.random_range(0..4)],
                per_step: rng.random_bool(0.6),
                optional: rng.random_bool(0.5),
                per_neuron: k % 2 == 1,
                leaky: k % 3 != 2,
                rounding: Rounding::ALL[rng.random_range(0..4)],
                overflow: Overflow::ALL[rng.random_range(0..3)],
            };
            let lanes = rng.random_range(1..=4);
            let neuron_lanes = rng.random_range(1..=lanes);
            matrix.push((small, lanes, neuron_lanes, rng.random_bool(0.5)));
        }
    }
    matrix
}

#[test]
fn emitted_verilog_is_clean_over_widths_lanes_and_resets() {
    let toolbox = Toolbox::from_environment();
    let (mut clean, mut faults) = (0, Vec::new());
    for (small, lanes, neuron_lanes, probe) in matrix() {
        let network = small.network();
        network
            .validate()
            .unwrap_or_else(|error| panic!("{small:?}: {error}"));
        let emitted = sources(&hardware(&network, lanes, neuron_lanes, probe), "lint").unwrap();
        for &tool in LINTERS {
            if !tools(&[tool]) {
                continue;
            }
            let said = lint(&toolbox, tool, &emitted).unwrap();
            if said.is_clean() {
                clean += 1;
            } else {
                faults.push(format!(
                    "{small:?} P{lanes} Q{neuron_lanes} probe {probe}: {}\n{}",
                    said.tool, said.messages
                ));
            }
        }
    }
    println!("{clean} runs without a message");
    assert!(
        faults.is_empty(),
        "{} runs with messages:\n{}",
        faults.len(),
        faults.join("\n\n")
    );
}

#[test]
fn a_fault_is_not_clean() {
    let faults = [
        (VERILATOR, "wire [3:0] fault = 8'd3;"),
        (IVERILOG, "gs_missing u_missing ();"),
        (
            YOSYS,
            "wire twice;\nassign twice = !clk_i;\nassign twice = !rst_i;",
        ),
    ];
    for (tool, fault) in faults {
        if tools(&[tool]) {
            let mut emitted =
                sources(&hardware(&Small::default().network(), 2, 1, false), "lint").unwrap();
            let top = emitted.files.get_mut(Path::new("rtl/gs_small.v")).unwrap();
            *top = top.replace("endmodule", &format!("{fault}\nendmodule"));
            let said = lint(&Toolbox::from_environment(), tool, &emitted).unwrap();
            assert!(!said.is_clean(), "{} accepts {fault}", tool.name);
        }
    }
}
