//! `goldspike doctor`: which tools are there, what for, and how to get the others.

use super::Ending;
use super::console::Console;
use crate::diag::Diagnostic;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The external tools: found or not, version, what each is needed for, the command that installs it.
///
/// goldspike needs none of them: golden model, quantizer, generator and the rust-hdl simulator are built in.
#[derive(Debug, Args)]
pub struct DoctorArgs {}

/// An external tool.
struct Tool {
    name: &'static str,
    program: &'static str,
    version_flag: &'static str,
    needed_for: &'static str,
    install: &'static str,
}

static TOOLS: &[Tool] = &[
    Tool {
        name: "icarus",
        program: "iverilog",
        version_flag: "-V",
        needed_for: "verify --engine icarus",
        install: "apt-get install iverilog",
    },
    Tool {
        name: "verilator",
        program: "verilator",
        version_flag: "--version",
        needed_for: "verify --engine verilator",
        install: "apt-get install verilator",
    },
    Tool {
        name: "c++",
        program: "c++",
        version_flag: "--version",
        needed_for: "verify --engine verilator: compiles its model",
        install: "apt-get install g++ make",
    },
    Tool {
        name: "yosys",
        program: "yosys",
        version_flag: "-V",
        needed_for: "checks of the test suite; synthesis comes with a later version",
        install: "apt-get install yosys",
    },
    Tool {
        name: "gtkwave",
        program: "gtkwave",
        version_flag: "--version",
        needed_for: "looking at waveforms",
        install: "apt-get install gtkwave",
    },
];

struct Finding {
    tool: &'static Tool,
    path: Option<PathBuf>,
    version: Option<String>,
}

/// Runs the verb. A missing tool is a finding, not an error.
///
/// # Errors
/// None of its own.
pub fn run(_: &DoctorArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let findings: Vec<Finding> = TOOLS.iter().map(look_for).collect();
    console.result(
        || {
            let built_in =
                "golden model, quantizer, generator and the rust-hdl simulator are built in";
            let mut text = format!("goldspike {}: {built_in}\n", env!("CARGO_PKG_VERSION"));
            text.extend(findings.iter().map(lines));
            text
        },
        || {
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "tools": findings.iter().map(document).collect::<Vec<_>>(),
            })
        },
    );
    Ok(Ending::Done)
}

fn lines(finding: &Finding) -> String {
    let Finding {
        tool,
        path,
        version,
    } = finding;
    let state = match path {
        Some(path) => format!(
            "found    {:<10} {} ({})",
            tool.name,
            version.as_deref().unwrap_or("unknown version"),
            path.display()
        ),
        None => format!(
            "missing  {:<10} install it with: {}",
            tool.name, tool.install
        ),
    };
    format!("{state}\n{:20}for {}\n", "", tool.needed_for)
}

fn document(finding: &Finding) -> Value {
    let Finding {
        tool,
        path,
        version,
    } = finding;
    json!({
        "name": tool.name,
        "program": tool.program,
        "found": path.is_some(),
        "path": path.as_ref().map(|path| path.display().to_string()),
        "version": version,
        "needed_for": tool.needed_for,
        "install": tool.install,
    })
}

fn look_for(tool: &'static Tool) -> Finding {
    let path = std::env::var_os("PATH").and_then(|folders| {
        std::env::split_paths(&folders)
            .map(|folder| folder.join(tool.program))
            .find(|path| path.is_file())
    });
    let version = path
        .as_ref()
        .and_then(|path| version(path, tool.version_flag));
    Finding {
        tool,
        path,
        version,
    }
}

/// First line of what the program says of its version.
fn version(path: &Path, flag: &str) -> Option<String> {
    let output = Command::new(path)
        .arg(flag)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    let line = String::from_utf8_lossy(&said)
        .lines()
        .next()?
        .trim()
        .to_owned();
    (!line.is_empty()).then_some(line)
}
