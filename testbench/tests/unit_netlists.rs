//! The netlist whose cells are counted computes what the unit's Verilog computes: both in one Icarus simulation, in their
//! scan frames, with random bits, every cycle compared. It is not the golden comparison, which the Verilog has already.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use goldspike::engine::tool::{IVERILOG, Run, Tool, Toolbox, VVP, YOSYS};
use goldspike::hdl::{all_modules, verilog};
use goldspike::synth::{Family, Job, Target, Unit, map, scan, target, units};
use goldspike_testbench::tools::missing;

const TOOLS: &[Tool] = &[YOSYS, IVERILOG, VVP];
const CYCLES: usize = 2_000;

/// Writes the netlist as Verilog, the frame renamed to `mapped`, and Yosys' models of the cells beside it, without the
/// elaboration-time `$error` that Icarus 11 cannot read; gives the models' file.
fn netlist(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    top: &str,
) -> PathBuf {
    let family = match target.family {
        Family::Ice40 => "ice40",
        Family::Ecp5 => "ecp5",
        other => panic!("{other:?} is not among the measured families"),
    };
    let script = format!(
        "read_verilog -lib +/{family}/cells_sim.v; design -reset; read_json {}; rename {top} mapped; \
         write_verilog -noattr mapped.v",
        netlist.file_name().unwrap().display()
    );
    let log = Run::new(&toolbox.find(YOSYS).unwrap(), folder, "netlist.log")
        .args(["-p", &script])
        .output()
        .unwrap();
    let models = log
        .lines()
        .find_map(|line| line.split_once("Verilog-2005 frontend: "))
        .unwrap_or_else(|| panic!("{log}"));
    let models = Path::new(models.1.trim());
    let copies = folder.join("models");
    fs::create_dir(&copies).unwrap();
    for entry in fs::read_dir(models.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|end| end == "v" || end == "vh")
        {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| !line.contains("$error("));
            let text: String = lines.flat_map(|line| [line, "\n"]).collect();
            fs::write(copies.join(path.file_name().unwrap()), text).unwrap();
        }
    }
    copies.join(models.file_name().unwrap())
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
    let models = netlist(&toolbox, folder, &mapped.netlist, target, top);
    let unit_file = folder.join(format!("{}.v", unit.module.name()));
    fs::write(&unit_file, alter(fs::read_to_string(&unit_file).unwrap())).unwrap();
    let warm_up = frame.inputs + frame.outputs + unit.latency as usize;
    fs::write(folder.join("bench.v"), bench(top, warm_up)).unwrap();
    Run::new(&toolbox.find(IVERILOG).unwrap(), folder, "iverilog.log")
        .args([
            "-g2012",
            "-DNO_ICE40_DEFAULT_ASSIGNMENTS",
            "-DNO_INCLUDES",
            "-I",
        ])
        .args([models.parent().unwrap()])
        .args(["-o", "bench.vvp", "-s", "bench", "bench.v", "mapped.v"])
        .args([&models])
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
        let altered = text.replace("h_q >= 16'sd1024", "h_q >= 16'sd1280");
        assert_ne!(text, altered);
        altered
    });
    assert!(different > 10, "{different} of {CYCLES} cycles differ");
}
