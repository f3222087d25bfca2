//! `goldspike evidence`: every level of a build in one report, signed off only where nothing failed, is unknown or was skipped;
//! and what was changed since is found.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;
#[path = "../testbench/src/tools.rs"]
mod tools;

use cli_support::net::Net;
use cli_support::{Ran, finished, names, program, run, run_in, stored, text};
use goldspike::engine::tool::{
    CXX, ECPPACK, ECPUNPACK, ICEBOX_VLOG, ICEPACK, ICEUNPACK, IVERILOG, MAKE, NEXTPNR_ECP5,
    NEXTPNR_ICE40, VERILATOR, VVP, YICES, YOSYS, YOSYS_SMTBMC,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tools::missing;

/// Every level of a build for an iCE40, in the order of the report.
const LEVELS: [&str; 12] = [
    "golden",
    "quantizer",
    "coverage",
    "emission",
    "rust-hdl",
    "icarus",
    "verilator",
    "netlist",
    "bitstream",
    "proof",
    "control",
    "synthesis",
];

/// A folder with a network of two neurons and samples for it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lif = r#""kind": "lif", "decay": 0.5, "v_threshold": 1.0, "reset": "hard""#;
        let net = Net::new("tiny", 3, 2).layer(2, lif);
        net.write(&folder.path().join("net"));
        net.write_data(&folder.path().join("data.npz"), 4);
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Evidence of the network into `out`, with other programs before those of `PATH`, or instead of them.
    fn evidence(&self, more: &[&str], tools: Option<&Path>, alone: bool) -> Ran {
        let mut command = program();
        command
            .args(["evidence", "net", "--data", "data.npz", "--cases", "6"])
            .args([
                "-o",
                "out",
                "--timeout",
                "20",
                "--weight-bits",
                "4",
                "--format",
                "json",
            ])
            .args(more)
            .current_dir(self.folder.path());
        if let Some(tools) = tools {
            let path = std::env::var_os("PATH").unwrap();
            let others = std::env::split_paths(&path).filter(|_| !alone);
            let folders = std::iter::once(tools.to_owned()).chain(others);
            command.env("PATH", std::env::join_paths(folders).unwrap());
        }
        finished(command.output().unwrap())
    }

    /// What `--check` finds open.
    fn open(&self, code: i32) -> Vec<String> {
        let found = run(&["evidence", "--check", text(&self.out()), "--format", "json"]).json(code);
        assert_eq!(found["signed_off"], code == 0);
        strings(&found["open"])
    }

    /// What `--check` finds open while a file is another one.
    fn with(&self, file: &str, alter: impl Fn(&mut Vec<u8>)) -> Vec<String> {
        let path = self.out().join(file);
        let before = std::fs::read(&path).unwrap();
        let mut bytes = before.clone();
        alter(&mut bytes);
        assert_ne!(bytes, before);
        std::fs::write(&path, bytes).unwrap();
        let open = self.open(1);
        std::fs::write(&path, before).unwrap();
        open
    }
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// A program of this name that is a shell script.
fn stand_in(name: &str, body: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn level<'a>(evidence: &'a Value, name: &str) -> &'a Value {
    let mut levels = evidence["levels"].as_array().unwrap().iter();
    levels.find(|level| level["name"] == name).unwrap()
}

fn kept(ran: &Ran) -> Vec<&str> {
    ran.stderr
        .lines()
        .filter_map(|line| line.strip_suffix(": kept"))
        .collect()
}

/// The levels are these, and each row says what was run, how often, and how it is repeated.
fn whole(evidence: &Value, expected: &[&str]) {
    let levels = evidence["levels"].as_array().unwrap();
    let found: Vec<&str> = levels
        .iter()
        .map(|level| level["name"].as_str().unwrap())
        .collect();
    assert_eq!(found, expected);
    for level in levels {
        let name = level["name"].as_str().unwrap();
        for row in level["rows"].as_array().unwrap() {
            let expected = if ["proof", "control"].contains(&name) {
                "proved"
            } else {
                "passed"
            };
            assert_eq!(row["status"], expected, "{name}: {row:#}");
            let cases = row["cases"].as_object().unwrap().values();
            assert!(
                cases.map(|count| count.as_u64().unwrap()).sum::<u64>() > 0,
                "{row:#}"
            );
            assert!(row["command"].as_str().unwrap().len() > 10);
            let external = expected[5..].contains(name);
            assert!(
                !external || !row["tools"].as_array().unwrap().is_empty(),
                "{row:#}"
            );
        }
        assert!(!level["rows"].as_array().unwrap().is_empty());
    }
    assert_eq!(evidence["signed_off"], true);
    assert!(strings(&evidence["not_shown"]).len() > 3);
}

/// The evidence is made once; each planted fault then runs again only what it touches.
#[test]
fn a_build_is_signed_off_with_every_level_and_never_with_a_fault() {
    let needed = [
        YOSYS,
        NEXTPNR_ICE40,
        ICEPACK,
        ICEUNPACK,
        ICEBOX_VLOG,
        IVERILOG,
        VVP,
        VERILATOR,
        CXX,
        MAKE,
        YICES,
        YOSYS_SMTBMC,
    ];
    if needed.iter().any(|&tool| missing(tool)) {
        return;
    }
    let place = Place::new();
    let device = ["--target", "hx1k", "--seeds", "1", "--lanes", "1"];
    let evidence = place.evidence(&device, None, false).json(0);
    whole(&evidence, &LEVELS);
    let bitstream = &evidence["subject"]["bitstream"];
    let file = bitstream["file"].as_str().unwrap();
    assert_eq!(evidence["files"][file], bitstream["sha256"]);
    let shipped = &level(&evidence, "bitstream")["rows"][1]["property"];
    assert!(shipped.as_str().unwrap().contains(file), "{shipped}");
    assert!(names(&place.out()).contains(&"evidence.md".to_owned()));
    assert!(place.open(0).is_empty());

    altered_files(&place, file);

    // Nothing is run again while nothing changes, and the report is the same.
    let mut again = device.to_vec();
    again.push("--resume");
    let ran = place.evidence(&again, None, false);
    assert_eq!(kept(&ran).len(), LEVELS.len(), "{}", ran.stderr);
    assert_eq!(ran.json(0), evidence);

    // A solver that does not know.
    let solver = stand_in(
        "yices-smt2",
        "[ \"$1\" = --version ] && exit 0\nif grep -q 'assert (or false' question.smt2; then echo unknown; else echo sat; fi",
    );
    let ran = place.evidence(&again, Some(solver.path()), false);
    assert_eq!(kept(&ran).len(), LEVELS.len() - 2, "{}", ran.stderr);
    let found = ran.json(1);
    let open = strings(&found["open"]);
    assert!(
        open.iter().all(|why| {
            let of_a_proof = why.starts_with("proof: n") || why.starts_with("control: ");
            of_a_proof && why.contains(": unknown: ")
        }),
        "{open:#?}"
    );
    assert!(open.len() >= 4);
    for name in ["proof: n0", "control: guard"] {
        assert!(open.iter().any(|why| why.starts_with(name)), "{open:#?}");
    }
    assert_eq!(place.open(1), open);

    // A bench and a simulator that fail.
    let vvp = stand_in("vvp", "echo 'FAIL: 1 of 2 values'; exit 1");
    let found = place.evidence(&again, Some(vvp.path()), false).json(1);
    let open = strings(&found["open"]);
    let bench = "emission: the self-checking bench passes on the files of the folder: failed: FAIL";
    assert!(open.iter().any(|why| why.starts_with(bench)), "{open:#?}");
    assert!(
        open.iter().any(|why| why.starts_with("icarus: ")),
        "{open:#?}"
    );
    assert_eq!(level(&found, "proof")["rows"][0]["status"], "proved");

    // A clock rate that is missed: no bitstream, and the level failed.
    again.extend(["--mhz", "9999"]);
    let found = place.evidence(&again, None, false).json(1);
    let open = strings(&found["open"]);
    assert_eq!(open.len(), 1, "{open:#?}");
    assert!(
        open[0].starts_with("synthesis: the clock rate is reached: failed: 9999 MHz"),
        "{open:#?}"
    );
    assert_eq!(found["subject"]["bitstream"], Value::Null);
    assert_eq!(place.open(1), open);
}

/// Of an ECP5 the design is simulated that the folder's bitstream equals.
#[test]
fn the_routed_design_is_that_of_the_folder_s_bitstream() {
    let needed = [
        YOSYS,
        NEXTPNR_ECP5,
        ECPPACK,
        ECPUNPACK,
        IVERILOG,
        VVP,
        VERILATOR,
        CXX,
        MAKE,
        YICES,
        YOSYS_SMTBMC,
    ];
    if needed.iter().any(|&tool| missing(tool)) {
        return;
    }
    let place = Place::new();
    let device = ["--target", "ecp5-25k", "--seeds", "1", "--lanes", "1"];
    let evidence = place.evidence(&device, None, false).json(0);
    let levels = LEVELS.map(|name| if name == "bitstream" { "routed" } else { name });
    whole(&evidence, &levels);
    let file = evidence["subject"]["bitstream"]["file"].as_str().unwrap();
    let shipped = &level(&evidence, "routed")["rows"][1]["property"];
    assert!(shipped.as_str().unwrap().contains(file), "{shipped}");
    let netlist = file.replace(".bit", ".routed.json");
    assert!(evidence["files"][&netlist].is_string(), "{netlist}");
    let open = place.with(&netlist, |bytes| bytes[0] = b'[');
    assert!(open[0].starts_with(&format!("{netlist}: changed since")));
    let ran = place.evidence(&[&device[..], &["--resume"]].concat(), None, false);
    assert_eq!(kept(&ran).len(), levels.len(), "{}", ran.stderr);
    assert_eq!(ran.json(0), evidence);
}

/// A byte of any file, and of the report itself.
fn altered_files(place: &Place, bitstream: &str) {
    for file in [
        "rtl/gs_tiny.v",
        "gs_tiny_l0_weights.hex",
        "files.f",
        bitstream,
    ] {
        let open = place.with(file, |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        });
        assert_eq!(open.len(), 1, "{open:#?}");
        assert!(
            open[0].starts_with(&format!("{file}: changed since")),
            "{open:#?}"
        );
    }
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replacen(from, to, 1).into_bytes();
        }
    };
    let open = place.with("evidence.json", replaced("\"passed\"", "\"failed\""));
    assert!(open[0].contains("the report was altered"), "{open:#?}");
    assert!(open.iter().any(|why| why.contains("failed: ")), "{open:#?}");
    let open = place.with(
        "evidence.json",
        replaced("\"seconds\": 0", "\"seconds\": 1"),
    );
    assert!(open[0].contains("the report was altered"), "{open:#?}");
    let open = place.with("evidence.md", replaced("passed", "proved"));
    assert_eq!(
        open,
        ["evidence.md: it says something else than evidence.json"]
    );
    let other = place.out().join("rtl/other.v");
    std::fs::write(&other, "module other; endmodule\n").unwrap();
    assert_eq!(
        place.open(1),
        ["rtl/other.v: a source that the evidence does not know"]
    );
    std::fs::remove_file(other).unwrap();
    let hidden = place.out().join("tb.f");
    let text = std::fs::read(&hidden).unwrap();
    std::fs::remove_file(&hidden).unwrap();
    assert!(place.open(1)[0].starts_with("tb.f: "));
    std::fs::write(&hidden, text).unwrap();
    assert!(place.open(0).is_empty());
}

#[test]
fn a_tool_that_is_missing_skips_its_level_and_is_named() {
    let place = Place::new();
    let none = tempfile::tempdir().unwrap();
    let found = place
        .evidence(&["--target", "hx1k"], Some(none.path()), true)
        .json(1);
    assert_eq!(found["signed_off"], false);
    let open = strings(&found["open"]);
    for (name, tool) in [
        ("icarus", "iverilog"),
        ("verilator", "verilator"),
        ("netlist", "yosys"),
        ("bitstream", "yosys"),
        ("proof", "yosys"),
        ("control", "yosys"),
        ("synthesis", "yosys"),
        ("emission", "verilator"),
    ] {
        let said = open
            .iter()
            .find(|why| why.starts_with(&format!("{name}: ")));
        let said = said.unwrap_or_else(|| panic!("{name}: {open:#?}"));
        assert!(
            said.contains(": skipped: ") && said.contains(&format!("`{tool}` was not found")),
            "{said}"
        );
    }
    for name in ["golden", "quantizer", "coverage", "rust-hdl"] {
        assert!(!open.iter().any(|why| why.starts_with(name)), "{open:#?}");
        assert_eq!(level(&found, name)["rows"][0]["status"], "passed");
    }
    assert_eq!(place.open(1), open);
}

#[test]
fn corners_that_were_never_seen_are_unknown() {
    let place = Place::new();
    let none = tempfile::tempdir().unwrap();
    let found = place.evidence(&["--cases", "0"], Some(none.path()), true);
    // `--cases` may be given once.
    assert_eq!(found.code, 2);
    let mut command = program();
    command
        .args([
            "evidence", "net", "--data", "data.npz", "--cases", "0", "-o", "out", "--format",
            "json",
        ])
        .env("PATH", none.path())
        .current_dir(place.folder.path());
    let found = finished(command.output().unwrap()).json(1);
    let open = strings(&found["open"]);
    let corner = "coverage: the input has steps of every kind: unknown: never seen: ";
    assert!(
        open.iter()
            .any(|why| why.starts_with(corner) && why.contains("samples of one step")),
        "{open:#?}"
    );
}

#[test]
fn bad_input_is_refused_and_nothing_is_written() {
    let place = Place::new();
    let folder = place.folder.path();
    let ran = run_in(folder, &["evidence", "--check", "net"]);
    assert_eq!(ran.code, 2);
    stored("evidence-none", folder, &ran.stderr);
    std::fs::write(
        folder.join("net/evidence.json"),
        "{\"format\": \"other/1\"}",
    )
    .unwrap();
    let ran = run_in(folder, &["evidence", "--check", "net"]);
    assert_eq!(ran.code, 2);
    stored("evidence-format", folder, &ran.stderr);
    std::fs::write(folder.join("net/evidence.json"), "{\"format\": ").unwrap();
    let ran = run_in(folder, &["evidence", "--check", "net"]);
    assert_eq!(ran.code, 2);
    stored("evidence-broken", folder, &ran.stderr);
    let ran = run_in(folder, &["evidence", "net", "--cases", "0", "-o", "out"]);
    assert_eq!(ran.code, 2);
    stored("evidence-nothing", folder, &ran.stderr);
    for more in [["--target", "hx1k"], ["--lanes", "2"], ["--cases", "3"]] {
        let arguments = [&["evidence", "--check", "net"][..], &more].concat();
        assert_eq!(run_in(folder, &arguments).code, 2, "{more:?}");
    }
    let ran = run_in(folder, &["evidence", "net", "--cases", "1", "-o", "net"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("GS0525"), "{}", ran.stderr);
    assert!(!names(folder).contains(&"out".to_owned()));
}
