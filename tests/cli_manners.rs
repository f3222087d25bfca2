//! Manners: help, completions, man page, colours, streams.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;

use cli_support::{finished, program, run};
use std::process::Stdio;

const VERBS: [&str; 14] = [
    "build",
    "run",
    "quantize",
    "generate",
    "image",
    "verify",
    "synth",
    "prove",
    "evidence",
    "wave",
    "models",
    "doctor",
    "completions",
    "man",
];

#[test]
fn help_and_version_go_to_stdout() {
    let help = run(&["--help"]).ended(0);
    for verb in VERBS {
        assert!(help.contains(verb), "{verb}");
        let own = run(&[verb, "--help"]).ended(0);
        assert!(own.contains("--format"), "{verb}");
        for (words, verbs) in [
            (
                "--target",
                &["generate", "build", "synth", "verify", "prove", "evidence"][..],
            ),
            ("--goal", &["generate", "build", "synth", "evidence"]),
            ("- bitstream", &["build", "verify"]),
            ("- routed", &["build", "verify"]),
            ("--mutants", &["verify", "evidence"]),
        ] {
            assert_eq!(own.contains(words), verbs.contains(&verb), "{verb} {words}");
        }
    }
    assert!(
        run(&["--version"])
            .ended(0)
            .contains(env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(run(&[]).code, 2);
}

#[test]
fn completions_and_man_page_know_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).ended(0);
        assert!(VERBS.iter().all(|verb| script.contains(verb)), "{shell}");
    }
    let page = run(&["man"]).ended(0);
    assert!(page.contains(".TH") && VERBS.iter().all(|verb| page.contains(verb)));
    assert!(page.contains("weight\\-bits"));
}

#[test]
fn colours_follow_the_flag_and_no_color() {
    let escape = '\u{1b}';
    assert!(
        run(&["run", "digit", "--color", "always"])
            .stderr
            .contains(escape)
    );
    assert!(
        !run(&["run", "digit", "--color", "never"])
            .stderr
            .contains(escape)
    );
    assert!(
        !run(&["run", "digit"]).stderr.contains(escape),
        "not a terminal"
    );
    let mut command = program();
    let ran = finished(
        command
            .args(["run", "digit"])
            .env("NO_COLOR", "1")
            .output()
            .unwrap(),
    );
    assert!(!ran.stderr.contains(escape));
}

#[test]
fn quiet_says_nothing_but_results() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("out");
    let ran = run(&[
        "-q",
        "generate",
        "digits",
        "--lanes",
        "64",
        "-o",
        folder.to_str().unwrap(),
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(!ran.stdout.is_empty());
}

#[test]
fn a_closed_pipe_is_not_a_panic() {
    for arguments in [
        &["man"][..],
        &["models", "lif"],
        &["--help"],
        &["run", "digits", "--samples", "1"],
    ] {
        let mut child = program()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ran = finished(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = program();
    command.args(["models"]).stdout(full).stderr(Stdio::piped());
    let ran = finished(command.spawn().unwrap().wait_with_output().unwrap());
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("GS0607"), "{}", ran.stderr);
}
