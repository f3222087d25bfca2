//! The self-checking bench needs no goldspike: it passes on the design, and fails when the design or what it expects is
//! altered.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod emit_support;

use std::path::Path;
use std::process::{Command, Stdio};

use emit_support::{generated, tools};
use goldspike::emit::testbench::{Expectation, add};
use goldspike::emit::{self, EmitError, Emitted};
use goldspike::engine::Stalls;
use goldspike::engine::tool::{CXX, IVERILOG, MAKE, Run, Toolbox, VERILATOR, VVP};
use goldspike_testbench::small::{Small, references};

/// What the bench prints, once its exit status is seen to say the same as its verdict.
fn ended(program: &Path, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let passed = verdict(&said).starts_with("PASS ");
    assert!(passed != verdict(&said).starts_with("FAIL"), "{said}");
    assert_eq!(output.status.success(), passed, "{}: {said}", output.status);
    said
}

/// Writes the files and runs the bench as its README says.
fn icarus(emitted: &Emitted) -> String {
    let toolbox = Toolbox::from_environment();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("design");
    emit::write(&folder, emitted).unwrap();
    let bench = format!("tb_{}", emitted.top);
    let compiler = toolbox.require("test", IVERILOG).unwrap();
    let said = Run::new(&compiler, &folder, "iverilog.log")
        .args([
            "-g2005", "-Wall", "-s", &bench, "-o", "tb.vvp", "-f", "tb.f",
        ])
        .output()
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(said, "", "a clean bench");
    let runner = toolbox.require("test", VVP).unwrap();
    ended(&runner, &["tb.vvp"], &folder)
}

/// The last line that is the verdict.
fn verdict(said: &str) -> &str {
    said.lines()
        .find(|line| line.starts_with("PASS") || line.starts_with("FAIL"))
        .unwrap_or(said)
}

#[test]
fn the_bench_passes_on_every_reference_with_and_without_the_probe() {
    if !tools(&[IVERILOG, VVP]) {
        return;
    }
    for (small, lanes, neuron_lanes) in references() {
        for probe in [true, false] {
            let said = icarus(&generated(&small, lanes, neuron_lanes, probe));
            let beats: u32 = verdict(&said)
                .strip_prefix("PASS ")
                .and_then(|rest| rest.strip_suffix(" beats")?.parse().ok())
                .unwrap_or_else(|| panic!("{} probe {probe}: {said}", small.name));
            assert!(beats >= 16, "{}: {beats} beats", small.name);
        }
    }
}

#[test]
fn the_bench_passes_on_verilator_and_fails_when_one_bit_is_altered() {
    if !tools(&[VERILATOR, CXX, MAKE]) {
        return;
    }
    let (small, lanes, neuron_lanes) = references().remove(0);
    let emitted = generated(&small, lanes, neuron_lanes, true);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("design");
    emit::write(&folder, &emitted).unwrap();
    let bench = format!("tb_{}", emitted.top);
    let verilator = Toolbox::from_environment()
        .require("test", VERILATOR)
        .unwrap();
    Run::new(&verilator, &folder, "verilator.log")
        .args(["--binary", "--timing", "--top-module", &bench, "-f", "tb.f"])
        .output()
        .unwrap_or_else(|failure| panic!("{failure}"));
    let program = folder.join(format!("obj_dir/V{bench}"));
    let said = ended(&program, &[], &folder);
    assert!(verdict(&said).starts_with("PASS "), "{said}");

    let expected = folder.join("tb/expected0.hex");
    let mut text = std::fs::read_to_string(&expected).unwrap();
    flip(&mut text, 3);
    std::fs::write(&expected, text).unwrap();
    let said = ended(&program, &[], &folder);
    let message = "FAIL m_axis: step 3: {tuser, spikes} is ";
    assert!(verdict(&said).starts_with(message), "{said}");
}

/// `text` with one hexadecimal digit of data line `line` changed by its lowest bit.
fn flip(text: &mut String, line: usize) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = lines
        .iter()
        .enumerate()
        .filter(|(_, text)| !text.starts_with("//"))
        .nth(line)
        .unwrap()
        .0;
    let digit = lines[place].pop().unwrap().to_digit(16).unwrap() ^ 1;
    lines[place].push(char::from_digit(digit, 16).unwrap());
    *text = lines.join("\n") + "\n";
}

#[test]
fn the_bench_fails_when_one_bit_is_altered() {
    if !tools(&[IVERILOG, VVP]) {
        return;
    }
    let (small, lanes, neuron_lanes) = references().remove(0);
    let cases = [
        (
            "gs_lif_hard_l0_weights.hex",
            0,
            "FAIL m_axis_probe0: step 0: row 0 is ",
        ),
        (
            "tb/expected0.hex",
            3,
            "FAIL m_axis: step 3: {tuser, spikes} is ",
        ),
        (
            "tb/expected1.hex",
            7,
            "FAIL m_axis_probe0: step 2: row 1 is ",
        ),
        (
            "tb/expected2.hex",
            31,
            "FAIL m_axis_probe1: step 15: row 1 is ",
        ),
    ];
    for (file, line, message) in cases {
        let mut emitted = generated(&small, lanes, neuron_lanes, true);
        flip(emitted.files.get_mut(Path::new(file)).unwrap(), line);
        let said = icarus(&emitted);
        assert!(verdict(&said).starts_with(message), "{file}: {said}");
        assert!(!said.contains("PASS"), "{file}: {said}");
    }
}

#[test]
fn the_bench_fails_on_a_design_that_says_nothing_and_on_illegal_input() {
    if !tools(&[IVERILOG, VVP]) {
        return;
    }
    let (small, lanes, neuron_lanes) = references().remove(0);
    let top = Path::new("rtl/gs_lif_hard.v");
    let mut mute = generated(&small, lanes, neuron_lanes, false);
    let text = mute.files.get_mut(top).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains("assign m_axis_tvalid"))
        .unwrap()
        .to_owned();
    *text = text.replace(&line, "    assign m_axis_tvalid = 1'b0;");
    assert!(verdict(&icarus(&mute)).starts_with("FAIL: no beat for"));

    let mut illegal = generated(&small, lanes, neuron_lanes, false);
    let beats = illegal.files.get_mut(Path::new("tb/stimulus.hex")).unwrap();
    let lines: Vec<String> = beats.lines().map(str::to_owned).collect();
    // The first step has all four axons: its second beat repeats the first one's address.
    let again = format!(
        "{}{}",
        &lines[2][..lines[2].len() - 1],
        &lines[1][lines[1].len() - 1..]
    );
    *beats = beats.replacen(&lines[2], &again, 1);
    assert!(verdict(&icarus(&illegal)).starts_with("FAIL"));
}

#[test]
fn a_bench_that_would_compare_nothing_is_refused() {
    let small = Small::default();
    let design = emit_support::hardware(&small.network(), 1, 1, false);
    let mut emitted = Emitted::default();
    let none = Expectation {
        samples: &[],
        traces: &[],
        stalls: Stalls::NONE,
    };
    assert_eq!(
        add(&mut emitted, &design, &none, ("small", "", "")),
        Err(EmitError::NoSteps)
    );
    let samples = small.samples();
    let wrong = Expectation {
        samples: &samples,
        traces: &[],
        stalls: Stalls::NONE,
    };
    assert!(matches!(
        add(&mut emitted, &design, &wrong, ("small", "", "")),
        Err(EmitError::Trace(_))
    ));
    assert!(emitted.files.is_empty());
}
