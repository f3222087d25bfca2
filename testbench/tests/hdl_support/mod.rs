//! Shared by the tests of the hardware layer: tools, random stimulus, and co-simulation of a module in the interpreter
//! and in Icarus Verilog.

#![allow(dead_code, reason = "each test crate uses its part")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use goldspike::engine::tool::{IVERILOG, VERILATOR, YOSYS};
use goldspike::hdl::{Module, PortInfo, Sim, Ty, all_modules, verilog};
use goldspike_testbench::tools;

/// SplitMix64: small, seeded, good enough for stimulus.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A value of `ty`; the ends, 0 and -1 are frequent.
    pub fn value(&mut self, ty: Ty) -> i128 {
        match self.below(8) {
            0 => ty.min(),
            1 => ty.max(),
            2 => ty.wrap(-1),
            3 => ty.wrap(self.below(4) as i128),
            4 => ty.wrap(ty.max() / 2 + self.below(3) as i128),
            _ => ty.wrap(i128::from(self.next()) << 64 | i128::from(self.next())),
        }
    }

    /// A type of 1 to `widest` bits.
    pub fn ty(&mut self, widest: u32) -> Ty {
        let width = 1 + self.below(widest as usize) as u32;
        if self.below(2) == 0 {
            Ty::u(width)
        } else {
            Ty::s(width)
        }
    }
}

/// Runs a command in `dir`; its standard output if it succeeds.
pub fn run(dir: &Path, command: &str, args: &[&str]) -> String {
    let out = Command::new(command)
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(
        out.status.success(),
        "{command} {} failed:\n{text}",
        args.join(" ")
    );
    text
}

/// Writes all modules below `top` and their memory files; the names of the Verilog files.
pub fn write_design(dir: &Path, top: &Arc<Module>) -> Vec<String> {
    let mut files = vec![];
    for module in all_modules(top) {
        let file = verilog(&module, "test design").unwrap();
        let name = format!("{}.v", file.name);
        std::fs::write(dir.join(&name), &file.text).unwrap();
        for (name, text) in &file.memory_files {
            std::fs::write(dir.join(name), text).unwrap();
        }
        files.push(name);
    }
    files
}

fn hex(elements: &[(i128, Ty)]) -> String {
    let mut bits: Vec<bool> = vec![];
    for (value, ty) in elements {
        bits.extend((0..ty.width()).map(|b| value >> b & 1 == 1));
    }
    let nibble = |n: &[bool]| n.iter().rev().fold(0u32, |d, &b| d << 1 | u32::from(b));
    bits.chunks(4)
        .rev()
        .map(|n| char::from_digit(nibble(n), 16).unwrap())
        .collect()
}

/// One cycle of stimulus: the elements of every input in port order, then the reset.
pub type Stimulus = (Vec<Vec<i128>>, bool);

/// Random values on every input; reset in the first two cycles and rarely later.
pub fn random_stimulus(top: &Arc<Module>, cycles: usize, seed: u64) -> Vec<Stimulus> {
    let mut random = Random::new(seed);
    let inputs: Vec<PortInfo<'_>> = top.ports().filter(|p| p.is_input).collect();
    (0..cycles)
        .map(|cycle| {
            let values = inputs.iter().map(|p| {
                (0..p.packed.unwrap_or(1))
                    .map(|_| random.value(p.ty))
                    .collect()
            });
            (values.collect(), cycle < 2 || random.below(29) == 0)
        })
        .collect()
}

/// Outputs of the interpreter before each edge, as hexadecimal, the last port in the most significant place.
pub fn interpret(top: &Arc<Module>, stimulus: &[Stimulus]) -> Vec<String> {
    let mut sim = Sim::new(top).unwrap();
    let inputs: Vec<_> = top
        .ports()
        .filter(|p| p.is_input)
        .map(|p| sim.input(p.name).unwrap())
        .collect();
    let outputs: Vec<_> = top
        .ports()
        .filter(|p| !p.is_input)
        .map(|p| (sim.output(p.name).unwrap(), p.ty))
        .collect();
    let reset = sim.input("rst_i").ok();
    let mut lines = vec![];
    for (values, rst) in stimulus {
        for (port, value) in inputs.iter().zip(values) {
            sim.set_vec(*port, value);
        }
        if let Some(reset) = reset {
            sim.set(reset, i128::from(*rst));
        }
        sim.settle();
        let elements: Vec<(i128, Ty)> = outputs
            .iter()
            .flat_map(|(p, ty)| sim.get_vec(*p).into_iter().map(|v| (v, *ty)))
            .collect();
        for (value, ty) in &elements {
            assert!(ty.holds(*value), "{value} is not a value of {ty}");
        }
        lines.push(hex(&elements));
        sim.clock();
    }
    assert_eq!(sim.out_of_range_reads(), 0);
    lines
}

/// Which Verilog of a design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Print {
    /// `verilog()`: what is released.
    Flat,
    /// rust-hdl's own generator on the blocks its probes see.
    RustHdl,
}

/// The same from Icarus on the printed Verilog.
pub fn icarus(dir: &Path, top: &Arc<Module>, stimulus: &[Stimulus], print: Print) -> Vec<String> {
    let mut files = write_design(dir, top);
    if print == Print::RustHdl {
        let text = Sim::new(top).unwrap().rust_hdl_verilog();
        std::fs::write(dir.join("rust_hdl.v"), text).unwrap();
        files = vec!["rust_hdl.v".into()];
    }
    let inputs: Vec<PortInfo<'_>> = top.ports().filter(|p| p.is_input).collect();
    let outputs: Vec<PortInfo<'_>> = top.ports().filter(|p| !p.is_input).collect();
    let width: usize = 1 + inputs.iter().map(PortInfo::bits).sum::<usize>();
    let mut tb = format!(
        "module tb;\nreg clk = 0;\nreg [{}:0] in;\nreg [{}:0] stim [0:{}];\ninteger i;\n",
        width - 1,
        width - 1,
        stimulus.len() - 1
    );
    let mut pins = vec![];
    if top.is_clocked() {
        pins.push(".clk_i(clk)".to_owned());
        pins.push(format!(".rst_i(in[{}])", width - 1));
    }
    let mut low = 0;
    for p in &inputs {
        pins.push(format!(".{}(in[{low} +: {}])", p.name, p.bits()));
        low += p.bits();
    }
    let mut names = vec![];
    for p in &outputs {
        let _ = writeln!(tb, "wire [{}:0] out_{};", p.bits() - 1, p.name);
        pins.push(format!(".{}(out_{})", p.name, p.name));
        names.push(format!("out_{}", p.name));
    }
    names.reverse();
    let _ = writeln!(
        tb,
        "{} dut ({});\ninitial begin\n$readmemh(\"stim.hex\", stim);",
        top.name(),
        pins.join(", ")
    );
    let _ = writeln!(
        tb,
        "for (i = 0; i < {}; i = i + 1) begin in = stim[i]; #1 $display(\"%h\", {{{}}}); #1 clk = 1; #1 clk = 0; #1; end",
        stimulus.len(),
        names.join(", ")
    );
    tb.push_str("$finish(0);\nend\nendmodule\n");
    std::fs::write(dir.join("tb.v"), tb).unwrap();
    let mut text = String::new();
    for (values, rst) in stimulus {
        let mut elements: Vec<(i128, Ty)> = inputs
            .iter()
            .zip(values)
            .flat_map(|(p, v)| v.iter().map(|&x| (x, p.ty)))
            .collect();
        elements.push((i128::from(*rst), Ty::BIT));
        let _ = writeln!(text, "{}", hex(&elements));
    }
    std::fs::write(dir.join("stim.hex"), text).unwrap();
    files.push("tb.v".into());
    let mut args = vec!["-g2005", "-o", "tb.vvp"];
    args.extend(files.iter().map(String::as_str));
    run(dir, "iverilog", &args);
    run(dir, "vvp", &["-n", "tb.vvp"])
        .lines()
        .map(str::to_owned)
        .collect()
}

/// rust-hdl's checks pass; interpreter and Icarus agree, for both lowerings, on every output bit of every cycle from `from` on.
pub fn assert_equal_from(top: &Arc<Module>, stimulus: &[Stimulus], from: usize) {
    Sim::new(top).unwrap().check().unwrap();
    for print in [Print::Flat, Print::RustHdl] {
        assert_one_equal(top, stimulus, from, print);
    }
}

fn assert_one_equal(top: &Arc<Module>, stimulus: &[Stimulus], from: usize, print: Print) {
    let ours = interpret(top, stimulus);
    let dir = tempfile::tempdir().unwrap();
    let theirs = icarus(dir.path(), top, stimulus, print);
    assert_eq!(ours.len(), theirs.len(), "{theirs:?}");
    for (cycle, (a, b)) in ours.iter().zip(&theirs).enumerate().skip(from) {
        if a != b {
            let text = verilog(top, "").unwrap().text;
            let kept = dir.keep();
            panic!(
                "{print:?}, cycle {cycle}: interpreter {a}, Icarus {b}; kept in {}\n{text}\n{:?}",
                kept.display(),
                stimulus[cycle]
            );
        }
    }
}

/// `verilator -Wall`, `iverilog -Wall` and yosys' own checks say nothing.
pub fn assert_lints_clean(top: &Arc<Module>) {
    let dir = tempfile::tempdir().unwrap();
    let files = write_design(dir.path(), top);
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let show = |tool: &str, text: String| {
        assert!(
            text.trim().is_empty(),
            "{tool}: {text}\n{}",
            verilog(top, "").unwrap().text
        );
    };
    if !tools::missing(IVERILOG) {
        let mut args = vec!["-g2005", "-Wall", "-o", "lint.vvp"];
        args.extend(&names);
        show("iverilog", run(dir.path(), "iverilog", &args));
    }
    if !tools::missing(VERILATOR) {
        let mut args = vec!["--lint-only", "-Wall", "--top-module", top.name()];
        args.extend(&names);
        show("verilator", run(dir.path(), "verilator", &args));
    }
    if !tools::missing(YOSYS) {
        let script = format!(
            "read_verilog {}; hierarchy -check -top {}; proc; check -assert; select -assert-none t:$dlatch",
            names.join(" "),
            top.name()
        );
        let text = run(dir.path(), "yosys", &["-p", &script]);
        let bad: Vec<&str> = text
            .lines()
            .filter(|l| l.contains("Warning") || l.contains("Latch inferred"))
            .collect();
        show("yosys", bad.join("\n"));
    }
}
