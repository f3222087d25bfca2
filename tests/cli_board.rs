//! Boards on the command line: their files, their bitstreams, and every way in which a board's folder can be wrong.

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
use cli_support::{names, repository, run, stored, text};
use goldspike::board;
use goldspike::engine::tool::{ICEPACK, NEXTPNR_ICE40, Tool, YOSYS};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tools::missing;

/// A network that the tools handle in seconds.
fn small(scratch: &Path) -> PathBuf {
    let folder = scratch.join("net");
    Net::new("small", 4, 3)
        .layer(2, r#""kind": "lif", "decay": 0.5, "v_threshold": 0.5"#)
        .write(&folder);
    folder
}

/// A copy of a board's folder.
fn copied(board: &str, scratch: &Path) -> PathBuf {
    let (from, to) = (repository("constraints").join(board), scratch.join("mine"));
    std::fs::create_dir_all(&to).unwrap();
    for name in names(&from) {
        std::fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
    to
}

/// Replaces one text of a file.
fn edit(file: &Path, from: &str, to: &str) {
    let old = std::fs::read_to_string(file).unwrap();
    assert_eq!(old.matches(from).count(), 1, "{from}");
    std::fs::write(file, old.replace(from, to)).unwrap();
}

#[test]
fn every_board_of_the_repository_is_complete() {
    let found = board::names();
    for name in &found {
        let board = board::find(name).unwrap().unwrap();
        assert_eq!(board.name, *name);
        assert!(board.file("Makefile").contains(&board.pins), "{name}");
        assert!(
            board
                .file("Makefile")
                .contains(&format!("--target {name}`")),
            "{name}"
        );
    }
    let folders: Vec<String> = names(&repository("constraints"))
        .into_iter()
        .filter(|name| !name.contains('.'))
        .collect();
    assert_eq!(found, folders);
    assert!(found.len() >= 5, "{found:?}");
}

#[test]
fn generate_writes_everything_that_a_board_needs() {
    let scratch = tempfile::tempdir().unwrap();
    let net = small(scratch.path());
    for board in board::names() {
        let out = scratch.path().join(board);
        let found = run(&[
            "generate",
            text(&net),
            "--target",
            board,
            "-o",
            text(&out),
            "--format",
            "json",
        ])
        .json(0);
        assert_eq!(found["board"], board);
        let list = std::fs::read_to_string(out.join("board/files.f")).unwrap();
        let sources: Vec<&str> = list
            .lines()
            .filter(|line| !line.starts_with("//"))
            .collect();
        assert!(
            sources.iter().all(|path| out.join(path).is_file()),
            "{list}"
        );
        for needed in [
            "rtl/gs_small.v",
            "board/goldspike_system.v",
            "board/board_top.v",
        ] {
            assert!(sources.contains(&needed), "{needed}");
        }
        for name in names(&repository("constraints").join(board)) {
            assert!(out.join("board").join(&name).is_file(), "{name}");
        }
        assert!(out.join("board/LINK.md").is_file());
    }
}

#[test]
fn a_folder_is_a_board() {
    let scratch = tempfile::tempdir().unwrap();
    let net = small(scratch.path());
    let mine = copied("icebreaker", scratch.path());
    edit(
        &mine.join("board.toml"),
        "baud = 1_000_000",
        "baud = 115_200",
    );
    let out = scratch.path().join("out");
    let found = run(&[
        "generate",
        text(&net),
        "--target",
        text(&mine),
        "-o",
        text(&out),
        "--format",
        "json",
    ])
    .json(0);
    assert_eq!(found["board"], "mine");
    let system = std::fs::read_to_string(out.join("board/goldspike_system.v")).unwrap();
    assert!(system.contains("104 clocks a bit"), "{system}");
}

#[test]
fn a_name_that_is_no_board() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    for (name, verb, target) in [
        ("board-unknown", "synth", "icebraker"),
        ("board-unknown", "generate", "icebraker"),
        ("board-unknown", "build", "icebraker"),
        ("board-folder-missing", "generate", "no/such/folder"),
    ] {
        let ran = run(&[verb, "digits", "--target", target, "-o", text(&out)]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        stored(name, scratch.path(), &ran.stderr);
        assert!(!out.exists());
    }
}

#[test]
fn a_device_gets_the_form_of_its_cells_and_no_board() {
    let scratch = tempfile::tempdir().unwrap();
    let crossbar = |target: Option<&str>| {
        let out = scratch.path().join(target.unwrap_or("portable"));
        let mut arguments = vec!["generate", "digits", "-o", text(&out)];
        arguments.extend(target.into_iter().flat_map(|target| ["--target", target]));
        run(&arguments).ended(0);
        assert!(!out.join("board").exists());
        std::fs::read_to_string(out.join("rtl/gs_digits_lif_hard_l0_crossbar.v")).unwrap()
    };
    let (portable, hx8k, ecp5) = (
        crossbar(None),
        crossbar(Some("hx8k")),
        crossbar(Some("ecp5-25k")),
    );
    let block = "ram_style = \"block\"";
    assert!(hx8k.contains(block) && !portable.contains(block), "{hx8k}");
    let second = "weights_word0_d2";
    assert!(ecp5.contains(second) && !hx8k.contains(second), "{ecp5}");
}

#[test]
fn a_board_has_no_writable_weights() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let arguments = [
        "generate",
        "digits",
        "--target",
        "icebreaker",
        "--weights",
        "writable",
        "-o",
        text(&out),
    ];
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    stored("board-weights-writable", scratch.path(), &ran.stderr);
    assert!(!out.exists());
}

#[test]
fn a_folder_that_is_not_a_whole_board() {
    type Change = fn(&Path);
    let cases: &[(&str, Change)] = &[
        ("board-no-toml", |mine| {
            std::fs::remove_file(mine.join("board.toml")).unwrap()
        }),
        ("board-syntax", |mine| {
            edit(&mine.join("board.toml"), "[uart]", "[uart")
        }),
        ("board-unknown-key", |mine| {
            edit(&mine.join("board.toml"), "baud =", "bauds =")
        }),
        ("board-missing-key", |mine| {
            edit(&mine.join("board.toml"), "clock_hz = 12_000_000\n", "")
        }),
        ("board-missing-key-of-a-table", |mine| {
            edit(&mine.join("board.toml"), "baud = 1_000_000\n", "")
        }),
        ("board-type", |mine| {
            edit(&mine.join("board.toml"), "12_000_000", "\"12 MHz\"")
        }),
        ("board-target", |mine| {
            edit(&mine.join("board.toml"), "\"up5k\"", "\"up5\"")
        }),
        ("board-clock", |mine| {
            edit(&mine.join("board.toml"), "12_000_000", "12")
        }),
        ("board-baud", |mine| {
            edit(&mine.join("board.toml"), "1_000_000", "900_000")
        }),
        ("board-baud-fast", |mine| {
            edit(&mine.join("board.toml"), "1_000_000", "3_000_000")
        }),
        ("board-beats", |mine| {
            edit(&mine.join("board.toml"), "512", "100_000")
        }),
        ("board-pins-missing", |mine| {
            edit(
                &mine.join("board.toml"),
                "icebreaker.pcf\"\nsource",
                "icebraker.pcf\"\nsource",
            )
        }),
        ("board-pins-outside", |mine| {
            edit(
                &mine.join("board.toml"),
                "\"board_top.v\"",
                "\"../mine/board_top.v\"",
            )
        }),
        ("board-port-without-pin", |mine| {
            edit(&mine.join("icebreaker.pcf"), "set_io tx 9", "# set_io tx 9")
        }),
        ("board-top-name", |mine| {
            edit(&mine.join("board_top.v"), "module board_top", "module top")
        }),
        ("board-top-port", |mine| {
            edit(&mine.join("board.toml"), "\"led_n\"", "\"led_green\"")
        }),
        ("board-not-utf8", |mine| {
            std::fs::write(mine.join("board_top.v"), b"\xff\xfe").unwrap()
        }),
    ];
    for (name, change) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let mine = copied("icebreaker", scratch.path());
        change(&mine);
        let out = scratch.path().join("out");
        let ran = run(&[
            "generate",
            "digits",
            "--target",
            text(&mine),
            "-o",
            text(&out),
        ]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {}",
            ran.stderr
        );
        stored(name, scratch.path(), &ran.stderr);
        assert!(!out.exists(), "{name}: something was written");
    }
}

const ICE40: &[Tool] = &[YOSYS, NEXTPNR_ICE40, ICEPACK];

/// `synth` of the small network for a board's folder.
fn synth(scratch: &Path, target: &str, flags: &[&str]) -> cli_support::Ran {
    let net = small(scratch);
    let out = scratch.join("out");
    let mut arguments = vec!["synth", text(&net), "--target", target, "--seeds", "1"];
    arguments.extend(["-o", text(&out), "--format", "json"]);
    arguments.extend(flags);
    run(&arguments)
}

#[test]
fn a_board_gets_a_bitstream_at_its_own_clock() {
    if ICE40.iter().any(|&tool| missing(tool)) {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let found: Value = synth(scratch.path(), "icebreaker", &[]).json(0);
    assert_eq!(
        (&found["board"], &found["target"]),
        (&"icebreaker".into(), &"up5k".into())
    );
    assert_eq!(
        (&found["goal"]["mhz"], &found["goal"]["met"]),
        (&12.0.into(), &true.into())
    );
    assert!(found["frame"].is_null());
    let step = found["cycles_per_step"].as_f64().unwrap() / 12.0;
    assert!((found["us_per_step"].as_f64().unwrap() - step).abs() < 1e-3);
    let bitstream = std::fs::read(found["bitstream"].as_str().unwrap()).unwrap();
    assert_eq!(bitstream.len(), 104_090, "a whole configuration of an UP5K");
    for file in [
        "board/icebreaker.pcf",
        "board/board_top.v",
        "board/files.f",
        "synth.json",
    ] {
        assert!(scratch.path().join("out").join(file).is_file(), "{file}");
    }
}

#[test]
fn a_board_whose_clock_is_not_reached() {
    if ICE40.iter().any(|&tool| missing(tool)) {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let mine = copied("icebreaker", scratch.path());
    edit(&mine.join("board.toml"), "12_000_000", "400_000_000");
    let ran = synth(scratch.path(), text(&mine), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("GS1005") && ran.stderr.contains("400 MHz"),
        "{}",
        ran.stderr
    );
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(found["bitstream"].is_null() && found["goal"]["met"] == false);
    assert!(
        !found["goal"]["critical_path"]["through"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_board_whose_device_is_too_small() {
    if ICE40.iter().any(|&tool| missing(tool)) {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let mine = copied("hx8k-breakout", scratch.path());
    let toml = mine.join("board.toml");
    edit(&toml, "\"hx8k\"", "\"hx1k\"");
    edit(&toml, "\"ct256\"", "\"tq144\"");
    edit(&toml, "input_beats = 512", "input_beats = 10_000");
    for (from, to) in [("J3", "21"), ("B10", "9"), ("B12", "8"), ("B5", "99")] {
        let (from, to) = (format!(" {from}\n"), format!(" {to}\n"));
        edit(&mine.join("hx8k-breakout.pcf"), &from, &to);
    }
    let ran = synth(scratch.path(), text(&mine), &[]);
    assert_eq!(
        (ran.code, names(&scratch.path().join("out")).len()),
        (2, 0),
        "{}",
        ran.stdout
    );
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let said = said.to_string();
    assert!(
        said.contains("GS1004") && said.contains("block RAMs"),
        "{said}"
    );
    assert!(
        said.contains("hx8k (7680 cells"),
        "what would be large enough: {said}"
    );
}
