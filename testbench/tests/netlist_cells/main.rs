//! The models of FPGA cells that netlists are simulated with, against what the vendor's documents say of the cells.
//!
//! Each bench is a list of documented facts with their source; every fact is a number that was worked out from the document,
//! not from the model. An altered model must fail its bench.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::PathBuf;

use goldspike::engine::tool::{IVERILOG, Run, Toolbox, VVP, YOSYS};
use goldspike::synth::{Cells, Family, routed_models};
use goldspike_testbench::tools::missing;

/// Yosys' folder of a family's models.
fn models(toolbox: &Toolbox, family: &str) -> PathBuf {
    let place = tempfile::tempdir().unwrap();
    let script = format!("read_verilog -lib +/{family}/cells_sim.v");
    let log = Run::new(&toolbox.find(YOSYS).unwrap(), place.path(), "yosys.log")
        .args(["-p", &script])
        .output()
        .unwrap();
    let read = |line: &str| Some(PathBuf::from(line.split_once("frontend: ")?.1.trim()));
    log.lines()
        .find_map(read)
        .unwrap_or_else(|| panic!("{log}"))
}

/// Facts that held and facts that did not, with what was found.
struct Found {
    held: usize,
    failed: Vec<String>,
}

/// Runs a bench on the family's models, altered by `alter`.
fn bench(family: Family, bench: &str, alter: impl Fn(&str, String) -> String) -> Found {
    let toolbox = Toolbox::from_environment();
    let name = match family {
        Family::Ice40 => "ice40",
        Family::Ecp5 => "ecp5",
        other => panic!("{other:?} is not simulated"),
    };
    let mut cells = Cells::of(&models(&toolbox, name), family).unwrap();
    if family == Family::Ecp5 {
        // Models of routed cells have Yosys' name for the flip-flop.
        for text in cells.sources.values_mut() {
            *text = text.replace("module TRELLIS_FF(", "module YOSYS_FF(");
        }
        cells.sources.extend(routed_models().sources);
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let mut sources = vec![PathBuf::from("bench.v")];
    fs::write(folder.join("bench.v"), bench).unwrap();
    for (path, text) in cells.sources {
        let text = alter(&path.to_string_lossy(), text);
        fs::write(folder.join(&path), text).unwrap();
        sources.push(path);
    }
    for (path, text) in cells.included {
        fs::write(folder.join(path), text).unwrap();
    }
    Run::new(&toolbox.find(IVERILOG).unwrap(), folder, "iverilog.log")
        .args(["-g2012", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-s", "bench"])
        .args(["-o", "bench.vvp"])
        .args(sources)
        .output()
        .unwrap();
    let said = Run::new(&toolbox.find(VVP).unwrap(), folder, "vvp.log")
        .args(["-n", "bench.vvp"])
        .output()
        .unwrap();
    assert!(said.contains("end of bench"), "{said}");
    let (held, failed): (Vec<&str>, Vec<&str>) = said
        .lines()
        .filter(|line| line.starts_with("held ") || line.starts_with("FAILED "))
        .partition(|line| line.starts_with("held "));
    Found {
        held: held.len(),
        failed: failed.into_iter().map(str::to_owned).collect(),
    }
}

fn tools() -> bool {
    ![YOSYS, IVERILOG, VVP].into_iter().any(missing)
}

/// `.P0(w[0]), .P1(w[1]), …`
fn bus(port: &str, wire: &str, bits: usize) -> String {
    let one = |bit| format!(".{port}{bit}({wire}[{bit}])");
    (0..bits).map(one).collect::<Vec<_>>().join(", ")
}

/// Replaces `@BUS port wire bits@` of a text without other `@` by the connections of a bus.
fn connected(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('@').enumerate() {
        let words: Vec<&str> = part.split(' ').collect();
        match words.as_slice() {
            ["BUS", port, wire, bits] if index % 2 == 1 => {
                out.push_str(&bus(port, wire, bits.parse().unwrap()));
            }
            _ => out.push_str(part),
        }
    }
    out
}

/// The bench holds with the model, and fails with each alteration `(from, to)` of `file`.
fn holds(family: Family, text: &str, facts: usize, file: &str, alterations: &[(&str, &str)]) {
    if !tools() {
        return;
    }
    let text = connected(text);
    let found = bench(family, &text, |_, model| model);
    assert!(found.failed.is_empty(), "{:#?}", found.failed);
    assert_eq!(found.held, facts);
    for (from, to) in alterations {
        let altered = bench(family, &text, |path, model| {
            if path != file {
                return model;
            }
            assert!(model.contains(from), "`{from}` is not in {file}");
            model.replace(from, to)
        });
        assert!(!altered.failed.is_empty(), "`{from}` -> `{to}` is not seen");
    }
}

#[test]
fn dp16kd_is_the_documented_block_ram() {
    holds(
        Family::Ecp5,
        include_str!("dp16kd.v"),
        37,
        "dp16kd.v",
        &[
            ("INIT[word * 20 +: 18]", "INIT[word * 18 +: 18]"),
            (
                r#"WRITEMODE_A == "WRITETHROUGH" ?"#,
                r#"WRITEMODE_A == "NORMAL" ?"#,
            ),
            ("else if (OCEB) register_b", "else register_b"),
            (
                "{9{bytes[3]}}, {9{bytes[2]}}",
                "{9{bytes[2]}}, {9{bytes[3]}}",
            ),
            (
                "address[4] * 18 + address[3] * 9 + address[2] * 4",
                "address[4:2] * 4",
            ),
        ],
    );
}

#[test]
fn mult18x18d_is_the_documented_multiplier() {
    holds(
        Family::Ecp5,
        include_str!("mult18x18d.v"),
        23,
        "mult18x18d.v",
        &[
            ("{19{a_q[18] & a_q[17]}}", "{19{a_q[17]}}"),
            (".d(pipeline_q), .q(output_q)", ".d(product), .q(output_q)"),
            ("wire enable = enables[ENABLE[1:0]];", "wire enable = 1'b1;"),
            ("SOURCEA ?", "1'b0 ?"),
        ],
    );
}

#[test]
fn trellis_comb_is_the_tables_that_it_is_made_of() {
    holds(
        Family::Ecp5,
        include_str!("trellis_comb.v"),
        9,
        "trellis_comb.v",
        &[
            ("{D, C, B, A}", "{D, B, C, A}"),
            ("bit4 ? FCI : chained & bit2", "bit4 ? FCI : bit2"),
            ("(chained & FCI)", "FCI"),
            ("M ? FXB : FXA", "M ? FXA : FXB"),
            ("M ? F1 : F)", "M ? F : F1)"),
            ("{WAD0, WAD2, WAD1, WAD3}", "{WAD3, WAD2, WAD1, WAD0}"),
        ],
    );
    holds(
        Family::Ecp5,
        include_str!("trellis_comb.v"),
        9,
        "trellis_ramw.v",
        &[
            ("{B1, D1, A1, C1}", "{D1, B1, A1, C1}"),
            ("{A0, C0, B0, D0}", "{D0, C0, B0, A0}"),
        ],
    );
}

#[test]
fn trellis_ff_is_the_documented_flip_flop() {
    holds(
        Family::Ecp5,
        include_str!("trellis_ff.v"),
        21,
        "trellis_ff.v",
        &[
            ("SD == 1 ? DI : M", "DI"),
            ("REGSET == \"SET\"", "1'b0"),
            ("CE ^ (CEMUX == \"INV\")", "CE"),
            ("LSR ^ (LSRMUX == \"INV\")", "LSR"),
            ("CLK ^ (CLKMUX == \"INV\")", "CLK"),
            ("or posedge set", ""),
            ("if (set) Q <= START;", "if (set && enable) Q <= START;"),
            ("initial Q = START;", ""),
        ],
    );
}

#[test]
fn sb_mac16_is_the_documented_multiplier() {
    holds(
        Family::Ice40,
        include_str!("sb_mac16.v"),
        15,
        "cells_sim.v",
        &[
            (
                "assign iH = PIPELINE_16x16_MULT_REG2 ? rH : iL;",
                "assign iH = iL;",
            ),
            (
                "{A_SIGNED ? {8{iA[15]}} : 8'b0, iA[15: 8]}",
                "{8'b0, iA[15: 8]}",
            ),
        ],
    );
}

#[test]
fn sb_spram256ka_is_the_documented_memory() {
    holds(
        Family::Ice40,
        include_str!("sb_spram256ka.v"),
        8,
        "cells_sim.v",
        &[("if (MASKWREN[1])", "if (MASKWREN[0])")],
    );
}

#[test]
fn sb_ram40_4k_is_the_documented_block_ram() {
    holds(
        Family::Ice40,
        include_str!("sb_ram40_4k.v"),
        9,
        "cells_sim.v",
        &[("if (!WMASK_I[", "if (WMASK_I[")],
    );
}
