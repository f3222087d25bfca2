//! The emitted Verilog is clean under `verilator -Wall`, `iverilog -Wall` and Yosys' `check -assert`, over resets, timings,
//! widths, lane counts, payloads, per-neuron constants and the probe.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod emit_support;

use std::path::Path;

use emit_support::{hardware, tools};
use goldspike::emit::lint::{LINTERS, lint};
use goldspike::emit::sources;
use goldspike::engine::tool::{IVERILOG, Toolbox, VERILATOR, YOSYS};
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_testbench::small::{Small, SmallModel};

/// Networks that differ in every choice that the hardware sees, with lanes, neuron lanes and the probe.
fn matrix() -> Vec<(Small, u32, u32, bool)> {
    let mut matrix = Vec::new();
    let resets = [Reset::Hard, Reset::Soft, Reset::None];
    let timings = [
        ResetTiming::SameStep,
        ResetTiming::NextStep,
        ResetTiming::SameStepGuarded,
    ];
    let mut ternary = Vec::new();
    for (n, (reset, timing)) in resets
        .iter()
        .flat_map(|r| timings.map(|t| (*r, t)))
        .enumerate()
    {
        for (m, per_neuron) in [false, true].into_iter().enumerate() {
            let k = 2 * n + m;
            let small = Small {
                name: "lint",
                model: SmallModel::Lif,
                sizes: [
                    vec![4, 3, 2],
                    vec![1, 1],
                    vec![9, 5],
                    vec![16, 7, 1],
                    vec![2, 8],
                ][k % 5]
                    .clone(),
                payload_max: [1, 15, 1, 255][k % 4],
                weight_bits: [6, 1, 2, 8, 16][(k + 2) % 5],
                membrane_bits: [12, 4, 24, 32, 8][(k + 1) % 5],
                guard_bits: [1, 0, -2, 3][k % 4],
                reset,
                timing,
                per_neuron,
                leaky: k % 3 != 0,
                spikes: Spikes::Binary,
                rounding: Rounding::ALL[k % 4],
                overflow: Overflow::ALL[k % 3],
            };
            if timing != ResetTiming::SameStepGuarded {
                let small = Small {
                    spikes: Spikes::Ternary,
                    ..small.clone()
                };
                ternary.push((small, [4, 1, 2][k % 3], [2, 1, 2][k % 3], k % 4 < 2));
            }
            matrix.push((small, [1, 2, 4, 3][k % 4], [1, 2, 1, 3][k % 4], k % 2 == 0));
        }
    }
    matrix.extend(ternary);
    for (k, (reset, per_neuron)) in resets
        .iter()
        .flat_map(|r| [(*r, false), (*r, true)])
        .enumerate()
    {
        let small = Small {
            name: "lint",
            model: SmallModel::Klif,
            membrane_bits: [12, 4, 32][k % 3],
            guard_bits: [1, -2][k % 2],
            reset,
            per_neuron,
            leaky: k != 2,
            rounding: Rounding::ALL[k % 4],
            overflow: Overflow::ALL[k % 3],
            ..Small::default()
        };
        matrix.push((small, [1, 2][k % 2], 1, k % 2 == 0));
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
