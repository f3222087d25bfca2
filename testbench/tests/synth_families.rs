//! A small network through every family of FPGAs: figures, pins, clock rates, bitstreams.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::PathBuf;

use goldspike::engine::tool::Toolbox;
use goldspike::rtl::{DesignOptions, LaneChoice, design};
use goldspike::synth::{
    Constraints, ESTIMATE, Effort, Footprint, Job, PLACED, SynthError, TARGETS, Target, bitstream,
    footprint, implement, map, place, target,
};
use goldspike_testbench::small::{Small, references};
use goldspike_testbench::tools::missing;

fn absent(target: &Target) -> bool {
    let family = target.family;
    let tools = [Some(family.yosys()), family.placer(), family.packer()];
    tools.into_iter().flatten().any(missing)
}

fn effort(constraints: Constraints) -> Effort {
    Effort {
        seeds: 1,
        jobs: 1,
        constraints,
        bitstream: true,
    }
}

fn measured(target: &Target, constraints: Constraints) -> Result<Footprint, SynthError> {
    let (small, _, _) = references().into_iter().next().unwrap();
    placed_with(1, &small, target, constraints)
}

fn placed_with(
    lanes: u32,
    small: &Small,
    target: &Target,
    constraints: Constraints,
) -> Result<Footprint, SynthError> {
    let options = DesignOptions {
        lanes: LaneChoice::All(lanes),
        neuron_lanes: LaneChoice::All(lanes),
        ..DesignOptions::default()
    };
    let top = design(&small.network(), &options).unwrap().top;
    let toolbox = Toolbox::from_environment();
    footprint(&toolbox, &top, target, &effort(constraints), &|| {})
}

/// How a bitstream of the family begins.
fn is_bitstream(target: &Target, bytes: &[u8]) -> bool {
    match target.name {
        // A comment, or the preamble.
        "hx1k" | "hx8k" | "up5k" => bytes.starts_with(&[0xff, 0]) || bytes.starts_with(b"\x7e\xaa"),
        "ecp5-25k" | "ecp5-85k" => bytes.starts_with(&[0xff, 0]),
        "gw1nr-9" => bytes
            .iter()
            .all(|byte| b"01\n\r/".contains(byte) || byte.is_ascii()),
        _ => bytes.len() > 1000,
    }
}

fn placed(name: &str) {
    let target = target(name).unwrap();
    if absent(target) {
        return;
    }
    let found = measured(target, Constraints::default()).unwrap();
    assert_eq!((found.basis, found.frame), (PLACED, None));
    assert!(
        found.cells >= found.lut4 && found.cells <= found.cells_available,
        "{found:?}"
    );
    assert!(found.ff > 100 && found.ff < 2000, "{found:?}");
    assert!(
        (15.0..400.0).contains(&found.fmax_mhz.unwrap()),
        "{found:?}"
    );
    let path = found.critical_path.as_ref().unwrap();
    assert!(
        path.through.iter().all(|name| name.starts_with("u_")),
        "names of the description: {path:?}"
    );
    let made = found.bitstream.unwrap();
    assert!(is_bitstream(target, &made.bytes), "{:?}", &made.bytes[..64]);
    assert!(made.name.contains(&format!("_{name}.")), "{}", made.name);
    assert_eq!((made.sha256.len(), made.seed), (64, 1));
}

#[test]
fn ice40_to_a_bitstream() {
    placed("hx8k");
}

#[test]
fn ecp5_to_a_bitstream() {
    placed("ecp5-25k");
}

#[test]
fn gowin_to_a_bitstream() {
    placed("gw1nr-9");
}

#[test]
fn gatemate_to_a_bitstream() {
    placed("gatemate");
}

#[test]
fn xilinx_is_an_estimate_without_a_clock_rate() {
    let target = target("xc7").unwrap();
    if absent(target) {
        return;
    }
    let found = measured(target, Constraints::default()).unwrap();
    assert_eq!((found.basis, found.fmax_mhz), (ESTIMATE, None));
    assert!(found.cells >= found.lut4 && found.lut4 > 100 && found.ff > 100);
    assert!(found.bitstream.is_none() && found.fmax_by_seed.is_empty());
    let mut tiny = *target;
    tiny.holds.cells = 10;
    let said = measured(&tiny, Constraints::default())
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("the design does not fit on xc7: it needs")
            && said.contains("look-up tables, 10 are there ("),
        "{said}"
    );
    let netlist = PathBuf::from("t.json");
    let toolbox = Toolbox::from_environment();
    let nothing = place(
        &toolbox,
        &netlist,
        &netlist,
        target,
        &Constraints::default(),
        1,
    );
    assert!(matches!(nothing, Err(SynthError::NotPlaced { .. })));
}

const BLINK: &str = "module t (input clk_i, input [1:0] a, output reg [1:0] y);\n\
                     always @(posedge clk_i) y <= y + a;\nendmodule\n";

/// A file of pins is used as it is, a port that it leaves out is named, and a clock rate that no seed reaches is told.
#[test]
fn pins_and_clock_rate_are_kept() {
    let target = target("hx8k").unwrap();
    if absent(target) {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    fs::write(folder.join("t.v"), BLINK).unwrap();
    let sources = [PathBuf::from("t.v")];
    let job = Job {
        folder,
        sources: &sources,
        top: "t",
        apart: None,
    };
    let toolbox = Toolbox::from_environment();
    let pins = folder.join("board.pcf");
    let write = |text: &str| fs::write(&pins, text).unwrap();
    let constraints = |mhz| Constraints {
        pins: Some(pins.clone()),
        mhz,
        ..Constraints::default()
    };
    write("set_io clk_i J3\nset_io a[0] B5\nset_io a[1] B4 \nset_io y[0] A2 # y[1]\n");
    let run = |mhz| implement(&toolbox, &job, target, &effort(constraints(mhz)), &|| {});
    let said = run(None).unwrap_err().to_string();
    assert!(
        said.ends_with("board.pcf names no pin for 1 port: y[1]"),
        "{said}"
    );
    write("set_io clk_i J3\nset_io a[0] B5\nset_io a[1] B4\nset_io y[0] A2\nset_io y[1] A1\n");
    let slow = run(Some(12.0)).unwrap();
    let goal = slow.goal.unwrap();
    assert!(goal.met && goal.reached_mhz >= 12.0);
    let first = slow.bitstream.unwrap();
    let fast = run(Some(5000.0)).unwrap();
    let goal = fast.goal.unwrap();
    assert!(!goal.met && goal.reached_mhz < 5000.0 && goal.critical_path.is_some());
    assert!(
        fast.bitstream.is_none(),
        "a bitstream that misses its clock rate"
    );
    // Other pins, another bitstream.
    write("set_io clk_i J3\nset_io a[0] B5\nset_io a[1] B4\nset_io y[0] A1\nset_io y[1] A2\n");
    assert_ne!(run(None).unwrap().bitstream.unwrap().sha256, first.sha256);
    // Step by step, as a caller with files of its own does.
    let mapped = map(&toolbox, &job, target).unwrap();
    let placed = place(
        &toolbox,
        folder,
        &mapped.netlist,
        target,
        &constraints(None),
        1,
    )
    .unwrap();
    let file = bitstream(&toolbox, folder, target, &placed).unwrap();
    assert!(is_bitstream(target, &fs::read(file).unwrap()));
}

#[test]
fn every_target_names_tools_and_what_it_holds() {
    for target in TARGETS {
        assert!(target.holds.cells > 1000 && target.memory_bits_per_cycle() > 200);
        assert_eq!(target.is_placed(), target.family.packer().is_some());
        assert_eq!(target.is_placed(), target.name != "xc7");
    }
}

#[test]
fn a_design_larger_than_the_device_is_refused_with_the_amounts() {
    let target = target("hx1k").unwrap();
    if absent(target) {
        return;
    }
    let wide = Small {
        sizes: vec![16, 32, 4],
        ..Small::default()
    };
    let error = placed_with(16, &wide, target, Constraints::default()).unwrap_err();
    let SynthError::TooLarge { target, shortages } = &error else {
        panic!("{error}");
    };
    assert_eq!(*target, "hx1k");
    let [cells] = shortages.as_slice() else {
        panic!("{shortages:?}");
    };
    assert_eq!(cells.available, 1280, "{cells:?}");
    assert!(cells.used > 1280, "{cells:?}");
    assert!(error.to_string().contains("1280"), "{error}");
}
