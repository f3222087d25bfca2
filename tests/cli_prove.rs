//! `goldspike prove`: exit code and JSON follow what the solver says, here a script in its place.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    dead_code,
    reason = "tests"
)]

mod cli_support;

use cli_support::{finished, program, run};
use goldspike::engine::tool::{Toolbox, YICES, YOSYS};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Says `sat` of premises and `denied` of what is denied.
fn solver(denied: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    // What the control asks goes to the solver itself.
    let real = Toolbox::from_environment().find(YICES);
    let real = real.map_or("false".to_owned(), |path| path.display().to_string());
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --incremental ] && exec {real} \"$@\"\n[ \"$1\" = --version ] && exit 0\nif grep -q 'assert (or false' question.smt2; then\n{denied}\nelse\necho sat\nfi\n"
    );
    let path = folder.path().join("yices-smt2");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The program, with the tools of a folder before all others.
fn program_with(tools: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap();
    let folders = [tools.to_owned()].into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap();
    let mut command = program();
    command.env("PATH", path);
    command
}

fn no_yosys() -> bool {
    let missing = Toolbox::from_environment().find(YOSYS).is_none();
    if missing {
        assert!(std::env::var_os("GOLDSPIKE_REQUIRE_TOOLS").is_none_or(|value| value != "1"));
        println!("SKIPPED: yosys not found");
    }
    missing
}

#[test]
fn the_exit_code_is_0_for_proved_1_for_refuted_and_2_for_unknown() {
    if no_yosys() {
        return;
    }
    let numbers = "echo sat; grep get-value question.smt2 | tr '() ' '\\n\\n\\n' | grep '[.]' \
                   | sed 's/^golden.*/(& #b01)/; s/^rtl.*/(& #b00)/; s/^in.*/(& #b00)/'";
    for (denied, code, status) in [
        ("echo unsat", 0, "proved"),
        (numbers, 1, "refuted"),
        ("echo unknown", 2, "unknown"),
        ("exit 3", 2, "unknown"),
    ] {
        let folder = solver(denied);
        for (what, key) in [("glif", "model"), ("digits", "network")] {
            let ran = finished(
                program_with(folder.path())
                    .args(["prove", what, "--format", "json"])
                    .output()
                    .unwrap(),
            );
            let said = ran.json(code);
            assert!(said[key].is_string(), "{said}");
            let properties = said["properties"].as_array().unwrap();
            assert!(properties.len() >= 2);
            for property in properties {
                let control = property["assumes"].is_array();
                let status = if control { "proved" } else { status };
                assert_eq!(property["status"], status, "{property}");
                assert!(property["name"].is_string() && property["solver"].is_string());
                assert!(property["seconds"].is_number());
            }
        }
    }
}

/// A module and its question for each unit, and one property more that the module is the golden step.
#[test]
fn specifications_are_written_with_their_questions() {
    if no_yosys() {
        return;
    }
    let (tools, place) = (solver("echo unsat"), tempfile::tempdir().unwrap());
    let specs = place.path().join("specs");
    for _ in 0..2 {
        let mut prove = program_with(tools.path());
        prove.args([
            "prove", "klif", "--width", "6", "--format", "json", "--spec",
        ]);
        let said = finished(prove.arg(&specs).output().unwrap()).json(0);
        let properties = said["properties"].as_array().unwrap();
        let of_specs = properties.iter().filter(|property| {
            property["name"]
                .as_str()
                .unwrap()
                .starts_with("spec_klif_6")
        });
        assert_eq!((properties.len(), of_specs.count()), (12, 6));
        let module = std::fs::read_to_string(specs.join("spec_klif_6_soft_general.v")).unwrap();
        assert!(module.contains("module spec_klif_6_soft_general (") && module.contains("// R: "));
        let question =
            std::fs::read_to_string(specs.join("spec_klif_6_soft_general.smt2")).unwrap();
        assert!(question.contains("(set-logic QF_BV)") && question.ends_with("(check-sat)\n"));
        assert_eq!(std::fs::read_dir(&specs).unwrap().count(), 13);
    }
}

#[test]
fn what_cannot_be_proved_is_refused() {
    for (arguments, says) in [
        (&["prove", "kliff"][..], "no neuron model and no network"),
        (
            &["prove", "digits", "--width", "8"],
            "--width is for a model",
        ),
        (
            &["prove", "klif", "--weight-bits", "8"],
            "--weight-bits is for a network",
        ),
        (&["prove", "klif", "--width", "3"], "4 to 32 bits"),
        (
            &["prove", "control", "--lanes", "2"],
            "--lanes is for a network",
        ),
        (
            &["prove", "control", "--spec", "specs"],
            "--spec is for neuron units",
        ),
        (
            &["prove", "klif", "--spec", "src"],
            "choose a new or an empty folder with --spec",
        ),
        (
            &["prove", "control", "--width", "8"],
            "--width is for a model",
        ),
    ] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
}
