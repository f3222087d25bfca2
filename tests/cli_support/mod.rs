//! Running the built program, and stored messages.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "helpers of several test files"
)]

pub mod net;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A finished run.
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// What went to stdout.
    pub stdout: String,
    /// What went to stderr.
    pub stderr: String,
}

/// The program with an environment of its own choice of colours, and with the project's tools wherever it is run.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goldspike"));
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin");
    let folders = std::env::split_paths(&path).chain([own]);
    command.env("PATH", std::env::join_paths(folders).unwrap());
    command
}

/// Runs the program.
pub fn run(arguments: &[&str]) -> Ran {
    finished(program().args(arguments).output().unwrap())
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    finished(
        program()
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap(),
    )
}

/// What a finished process did.
pub fn finished(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("ended by a signal"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// stdout of a run that ended with `code`.
    pub fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// The one JSON document of a run that ended with `code`.
    pub fn json(self, code: i32) -> Value {
        let text = self.ended(code);
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("not one JSON document: {error}\n{text}"))
    }
}

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Names in a folder, sorted; none if it does not exist.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Compares a message with `testbench/bad-input/NAME.txt`; `GOLDSPIKE_BLESS=1` stores it. `scratch` is shown as `<dir>`.
pub fn stored(name: &str, scratch: &Path, message: &str) {
    let message = message
        .replace(text(scratch), "<dir>")
        .replace(env!("CARGO_MANIFEST_DIR"), "<repository>");
    let lines: Vec<&str> = message
        .trim_matches('\n')
        .lines()
        .map(str::trim_end)
        .collect();
    let message = format!("{}\n", lines.join("\n"));
    assert!(message.is_ascii(), "{name}: {message}");
    let path = repository("testbench/bad-input").join(format!("{name}.txt"));
    if std::env::var("GOLDSPIKE_BLESS").as_deref() == Ok("1") {
        std::fs::write(&path, &message).unwrap();
    }
    let stored = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}\n{message}", path.display()));
    assert_eq!(
        message, stored,
        "{name}: GOLDSPIKE_BLESS=1 stores the new message"
    );
}
