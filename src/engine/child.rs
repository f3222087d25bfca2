//! A simulator process that is kept open: text in on stdin, lines out on stdout.
//!
//! A process that ends, or says nothing for too long, is an error that shows the last lines of its stderr. Dropping the
//! value ends the process.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::engine::EngineError;
use crate::engine::tool::last_lines;

/// The longest silence. A program writes at least every 65,536 cycles while beats come out, and gives up after
/// `HANG_CYCLES` without one.
const SILENCE: Duration = Duration::from_secs(300);

pub(crate) struct Child {
    engine: &'static str,
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    partial: Vec<u8>,
    lines: VecDeque<String>,
    errors: tempfile::NamedTempFile,
    silence: Duration,
}

impl Child {
    /// Starts `program` in `folder`.
    pub(crate) fn start(
        engine: &'static str,
        program: &Path,
        folder: &Path,
    ) -> Result<Self, EngineError> {
        let fault = |error: std::io::Error| EngineError::Build {
            engine,
            message: format!("{}: cannot be started: {error}", program.display()),
        };
        let errors = tempfile::NamedTempFile::new().map_err(fault)?;
        let mut process = Command::new(program)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(errors.path()).map_err(fault)?)
            .spawn()
            .map_err(fault)?;
        let stdin = process.stdin.take();
        let (sender, output) = channel();
        if let Some(mut stdout) = process.stdout.take() {
            std::thread::spawn(move || {
                let mut chunk = vec![0; 1 << 16];
                while let Ok(length @ 1..) = stdout.read(&mut chunk) {
                    if sender.send(chunk[..length].to_vec()).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Self {
            engine,
            process,
            stdin,
            output,
            partial: Vec::new(),
            lines: VecDeque::new(),
            errors,
            silence: SILENCE,
        })
    }

    /// Sends text.
    pub(crate) fn send(&mut self, text: &[u8]) -> Result<(), EngineError> {
        let sent = match &mut self.stdin {
            Some(stdin) => stdin.write_all(text).and_then(|()| stdin.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        sent.map_err(|error| self.died(&format!("does not read ({error})")))
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> Result<String, EngineError> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            match self.output.recv_timeout(self.silence) {
                Ok(chunk) => self.cut(&chunk),
                Err(RecvTimeoutError::Disconnected) => return Err(self.died("ended")),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(
                        self.died(&format!("said nothing for {} s", self.silence.as_secs()))
                    );
                }
            }
        }
    }

    fn cut(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.partial);
                self.lines
                    .push_back(String::from_utf8_lossy(&line).into_owned());
            } else {
                self.partial.push(byte);
            }
        }
    }

    fn died(&mut self, what: &str) -> EngineError {
        let _ = self.process.kill();
        let status = self
            .process
            .wait()
            .map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = std::fs::read_to_string(self.errors.path()).unwrap_or_default();
        let rest = String::from_utf8_lossy(&self.partial).into_owned();
        EngineError::Build {
            engine: self.engine,
            message: format!(
                "the simulation {what}, {status}\n{}{rest}",
                last_lines(&said)
            ),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        let mut child = Child::start("verilator", Path::new("/bin/sh"), Path::new("/")).unwrap();
        child.send(script.as_bytes()).unwrap();
        child
    }

    #[test]
    fn lines_arrive_whole() {
        let mut child = shell("printf 'a b\\nc'; printf 'd\\n'\n");
        assert_eq!(child.line().unwrap(), "a b");
        assert_eq!(child.line().unwrap(), "cd");
    }

    #[test]
    fn a_process_that_ends_shows_its_last_words() {
        let mut child = shell("echo something broke >&2; exit 7\n");
        let error = child.line().unwrap_err().to_string();
        assert!(
            error.contains("ended, exit status: 7") && error.contains("something broke"),
            "{error}"
        );
        assert!(matches!(
            child.send(b"more\n"),
            Err(EngineError::Build { .. })
        ));
    }

    #[test]
    fn a_silent_process_is_ended() {
        let mut child = shell("sleep 60\n");
        child.silence = Duration::from_millis(100);
        let error = child.line().unwrap_err().to_string();
        assert!(error.contains("said nothing"), "{error}");
    }
}
