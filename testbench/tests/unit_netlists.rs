//! The netlist whose cells are counted computes what the unit's Verilog computes: both in one Icarus simulation, in their
//! scan frames, with random bits, every cycle compared. It is not the golden comparison, which the Verilog has already.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use goldspike::engine::tool::{IVERILOG, Run, Tool, Toolbox, VVP, YOSYS};
use goldspike::hdl::{all_modules, verilog};
use goldspike::synth::simulated as netlist_text;
use goldspike::synth::{Job, Mapped, Target, Unit, map, scan, target, units};
use goldspike_testbench::tools::missing;

const TOOLS: &[Tool] = &[YOSYS, IVERILOG, VVP];
const CYCLES: usize = 2_000;

/// Writes the netlist as Verilog, the frame renamed to `mapped`, and the models of its cells beside it; gives the files.
fn netlist(
    toolbox: &Toolbox,
    folder: &Path,
    mapped: &Mapped,
    on: &Target,
    top: &str,
) -> Vec<PathBuf> {
    let (text, cells) = netlist_text(toolbox, mapped, on.family).unwrap();
    let head = format!("module {top}(");
    assert!(text.contains(&head), "{text}");
    let mut sources = cells.sources;
    sources.insert("mapped.v".into(), text.replacen(&head, "module mapped(", 1));
    for (name, text) in sources.iter().chain(&cells.included) {
        fs::write(folder.join(name), text).unwrap();
    }
    sources.into_keys().collect()
}

fn bench(top: &str, warm_up: usize) -> String {
    format!(
        "module bench;\nreg clk = 0, d = 0;\nwire a, b;\n\
         {top} u_described (.clk_i(clk), .rst_i(1'b0), .scan_i(d), .scan_o(a));\n\
         mapped u_mapped (.clk_i(clk), .rst_i(1'b0), .scan_i(d), .scan_o(b));\n\
         integer n, ones = 0, different = 0;\n\
         initial begin\n\
         for (n = 0; n < {CYCLES}; n = n + 1) begin\n\
         d = $random;\n#5 clk = 1;\n#5 clk = 0;\n\
         if (n > {warm_up}) begin\nif (a === 1'b1) ones = ones + 1;\nif (a !== b) different = different + 1;\nend\n\
         end\n$display(\"%0d %0d\", ones, different);\n$finish;\nend\nendmodule\n"
    )
}

/// Cycles in which the output was 1, and in which the two differ.
fn simulated(unit: &Unit, target: &Target, alter: impl Fn(String) -> String) -> (usize, usize) {
    let toolbox = Toolbox::from_environment();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let frame = scan(&unit.module).unwrap();
    let mut sources = Vec::new();
    for module in all_modules(&frame.module) {
        let file = verilog(&module, "").unwrap();
        let name = PathBuf::from(format!("{}.v", file.name));
        fs::write(folder.join(&name), file.text).unwrap();
        for (name, words) in file.memory_files {
            fs::write(folder.join(name), words).unwrap();
        }
        sources.push(name);
    }
    let top = frame.module.name();
    let job = Job {
        folder,
        sources: &sources,
        top,
        apart: Some(unit.module.name()),
    };
    let mapped = map(&toolbox, &job, target).unwrap();
    let mapped = netlist(&toolbox, folder, &mapped, target, top);
    let unit_file = folder.join(format!("{}.v", unit.module.name()));
    fs::write(&unit_file, alter(fs::read_to_string(&unit_file).unwrap())).unwrap();
    let warm_up = frame.inputs + frame.outputs + unit.latency as usize;
    fs::write(folder.join("bench.v"), bench(top, warm_up)).unwrap();
    Run::new(&toolbox.find(IVERILOG).unwrap(), folder, "iverilog.log")
        .args(["-g2012", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-DNO_INCLUDES"])
        .args(["-o", "bench.vvp", "-s", "bench", "bench.v"])
        .args(&mapped)
        .args(&sources)
        .output()
        .unwrap();
    let said = Run::new(&toolbox.find(VVP).unwrap(), folder, "vvp.log")
        .args(["-n", "bench.vvp"])
        .output()
        .unwrap();
    let numbers: Vec<usize> = said
        .split_whitespace()
        .map(|word| word.parse().unwrap_or_else(|_| panic!("{said}")))
        .collect();
    (numbers[0], numbers[1])
}

fn unit(name: &str) -> Unit {
    let mut units = units().unwrap();
    units.retain(|unit| unit.name == name);
    units.remove(0)
}

#[test]
fn a_mapped_unit_computes_what_its_verilog_computes() {
    if TOOLS.iter().any(|tool| missing(*tool)) {
        return;
    }
    for (name, on) in [
        ("klif", "hx8k"),
        ("lif_soft", "up5k"),
        ("tif_soft", "ecp5-85k"),
    ] {
        let (ones, different) = simulated(&unit(name), target(on).unwrap(), |text| text);
        assert_eq!(different, 0, "{name} on {on}: of {CYCLES} cycles");
        assert!(
            ones.abs_diff(CYCLES / 2) < CYCLES / 10,
            "{name} on {on}: 1 in {ones} of {CYCLES} cycles"
        );
    }
}

#[test]
fn another_threshold_is_seen() {
    if TOOLS.iter().any(|tool| missing(*tool)) {
        return;
    }
    let (_, different) = simulated(&unit("if"), target("hx8k").unwrap(), |text| {
        let altered = text.replace("h_q - 16'sd1024", "h_q - 16'sd1280");
        assert_ne!(text, altered);
        altered
    });
    assert!(different > 10, "{different} of {CYCLES} cycles differ");
}
