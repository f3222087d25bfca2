//! Lint of emitted Verilog with whatever of Verilator, Icarus and Yosys is installed.
//!
//! Clean means not one message: the generator waives nothing on the command line.

use std::path::Path;

use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::tool::{IVERILOG, Run, Tool, Toolbox, VERILATOR, YOSYS};

/// What one tool said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// The tool.
    pub tool: &'static str,
    /// Its messages; empty when the text is clean.
    pub messages: String,
}

impl Lint {
    /// Whether the tool had nothing to say.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.messages.is_empty()
    }
}

/// The linters: `verilator --lint-only -Wall`, `iverilog -g2005 -Wall`, and Yosys' `check -assert` after `hierarchy`
/// and `proc`.
pub const LINTERS: &[Tool] = &[VERILATOR, IVERILOG, YOSYS];

/// Lints a design with one of [`LINTERS`]. A tool that ends with an error gives messages, not an error.
///
/// # Errors
/// The tool is not installed, or no file can be written.
pub fn lint(toolbox: &Toolbox, tool: Tool, emitted: &Emitted) -> Result<Lint, EngineError> {
    let program = toolbox.require("lint", tool)?;
    let fault = |error: std::io::Error| EngineError::Build {
        engine: "lint",
        message: error.to_string(),
    };
    let place = tempfile::Builder::new()
        .prefix("goldspike-lint-")
        .tempdir()
        .map_err(fault)?;
    emitted.lay_out(place.path()).map_err(fault)?;
    let run = Run::new(&program, place.path(), "lint.log");
    let sources: Vec<&Path> = emitted.rtl().collect();
    let run = if tool == VERILATOR {
        run.args(["--lint-only", "-Wall", "--top-module", &emitted.top])
            .args(&sources)
    } else if tool == IVERILOG {
        run.args(["-g2005", "-Wall", "-o", "lint.vvp", "-s", &emitted.top])
            .args(&sources)
    } else {
        let list: Vec<String> = sources
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let script = format!(
            "read_verilog {}; hierarchy -check -top {}; proc; check -assert",
            list.join(" "),
            emitted.top
        );
        run.args(["-q".to_owned(), "-p".to_owned(), script])
    };
    let messages = match run.output() {
        Ok(text) => text.trim().to_owned(),
        Err(failure) => failure.to_string(),
    };
    Ok(Lint {
        tool: tool.name,
        messages,
    })
}
