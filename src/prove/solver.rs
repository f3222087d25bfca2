//! Solvers: yices and z3, each as a process that reads one script and says one word.
//!
//! Only `sat` and `unsat` are answers. A solver that fails, is ended, runs out of time or memory, or says anything else has
//! none, and its words are the reason.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::error::ProveError;
use crate::engine::tool::{Run, Tool, Toolbox, YICES, Z3};

/// What a solver may use for one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its time.
    pub time: Duration,
    /// Its memory in MiB.
    pub memory: u64,
}

impl Default for Limits {
    /// A minute and 4 GiB.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            memory: 4096,
        }
    }
}

/// A solver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// Yices 2.
    Yices,
    /// Z3.
    Z3,
}

impl Solver {
    /// In the order of preference.
    pub const ALL: [Self; 2] = [Self::Yices, Self::Z3];

    /// Its program.
    #[must_use]
    pub const fn tool(self) -> Tool {
        match self {
            Self::Yices => YICES,
            Self::Z3 => Z3,
        }
    }

    /// Its name for `yosys-smtbmc`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Yices => "yices",
            Self::Z3 => "z3",
        }
    }

    /// The fastest that is installed.
    ///
    /// # Errors
    /// There is none.
    pub fn installed(toolbox: &Toolbox) -> Result<Self, ProveError> {
        match Self::ALL
            .iter()
            .find(|solver| toolbox.find(solver.tool()).is_some())
        {
            Some(solver) => Ok(*solver),
            None => {
                toolbox.require("prove", YICES)?;
                Ok(Self::Yices)
            }
        }
    }

    /// What it says to a script in `folder`, or why it says nothing.
    pub(super) fn says(
        self,
        toolbox: &Toolbox,
        limits: Limits,
        script: &str,
        folder: &Path,
    ) -> Result<Result<String, String>, ProveError> {
        fs::write(folder.join("question.smt2"), script)?;
        let program = toolbox.require("prove", self.tool())?;
        Ok(limited(&program, folder, limits)
            .args(match self {
                Self::Yices => &["question.smt2"][..],
                Self::Z3 => &["-smt2", "question.smt2"],
            })
            .output()
            .map_err(|failure| first_line(&failure.last_lines, &failure.status)))
    }
}

/// A run with a limit of its memory as well as of its time, where there is a shell for it.
fn limited(program: &Path, folder: &Path, limits: Limits) -> Run {
    limited_with(program, folder, limits, None)
}

/// The same, of a program that looks for others in the folder `beside` first.
pub(super) fn limited_with(
    program: &Path,
    folder: &Path,
    limits: Limits,
    beside: Option<&Path>,
) -> Run {
    let shell = Path::new("/bin/sh");
    let run = if cfg!(unix) && shell.is_file() {
        let script = format!(
            "ulimit -v {} && export PATH=\"${{0:+$0:}}$PATH\" && exec \"$@\"",
            limits.memory * 1024
        );
        Run::new(shell, folder, "solver.log")
            .args(["-c", &script])
            .args([beside.unwrap_or(Path::new(""))])
            .args([program])
    } else {
        Run::new(program, folder, "solver.log")
    };
    run.timeout(limits.time)
}

/// What a tool said first, and if it said nothing how it ended.
pub(super) fn first_line(said: &str, status: &str) -> String {
    let mut lines = said.lines().map(str::trim);
    match lines.find(|line| !line.is_empty()) {
        Some(line) => format!("{line} ({status})"),
        None => status.to_owned(),
    }
}
