//! What a command says, and where: results to stdout, everything else to stderr.
//!
//! Results are collected and written once at the end, so that `--format json` is one document and an error leaves stdout
//! without half a report. A closed pipe is not an error.

use super::progress::Progress;
use crate::diag::{Diagnostic, Place, Style, codes};
use clap::{ArgAction, Args, ValueEnum};
use serde_json::Value;
use std::cell::RefCell;
use std::io::{ErrorKind, IsTerminal, Write};
use std::num::NonZeroUsize;

/// Flags that every verb has.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Shared options")]
pub struct ConsoleArgs {
    /// Say only errors and results.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on stderr.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Colours; `auto` follows the terminal and the variable NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Colour,
    /// Format of the results on stdout; `json` is exactly one document.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    format: Format,
    /// Threads for runs over many samples [default: all].
    #[arg(long, global = true, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Colour {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

/// Where a command's words go.
#[derive(Debug)]
pub struct Console {
    quiet: bool,
    verbose: bool,
    json: bool,
    style: Style,
    jobs: usize,
    result: RefCell<String>,
}

impl ConsoleArgs {
    /// Those of a command line that was not understood, of which only the format is known.
    #[must_use]
    pub fn unread(json: bool) -> Self {
        Self {
            format: if json { Format::Json } else { Format::Human },
            ..Self::default()
        }
    }
}

impl Console {
    /// The console of these flags and this process's terminal.
    #[must_use]
    pub fn new(args: &ConsoleArgs) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = match args.color {
            Colour::Auto => terminal && !no_colour,
            Colour::Always => true,
            Colour::Never => false,
        };
        let threads = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            quiet: args.quiet,
            verbose: args.verbose > 0,
            json: args.format == Format::Json,
            style: Style {
                colour,
                unicode: terminal,
                width: terminal.then_some(100),
            },
            jobs: args.jobs.map_or_else(threads, NonZeroUsize::get),
            result: RefCell::new(String::new()),
        }
    }

    /// Threads for work that has no order.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// The result of the command, once: as text for people or as one JSON document.
    pub fn result(&self, human: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        let text = if self.json { pretty(&json()) } else { human() };
        self.result.borrow_mut().push_str(&text);
    }

    /// Writes the collected results to stdout.
    ///
    /// # Errors
    /// Anything but a closed pipe.
    pub fn flush(&self) -> Result<(), Diagnostic> {
        to_stdout(&self.result.take())
    }

    /// One line on stderr about what is done now; not with `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            to_stderr(text);
        }
    }

    /// One line on stderr with `--verbose`.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            to_stderr(text);
        }
    }

    /// A warning on stderr; not with `--quiet`.
    pub fn warn(&self, warning: &Diagnostic) {
        if !self.quiet {
            to_stderr(warning.render(self.style).trim_end());
        }
    }

    /// The error that ended the command: on stderr, and with `--format json` as the document `{"error": ...}`.
    pub fn failed(&self, error: &Diagnostic) {
        to_stderr(error.render(self.style).trim_end());
        self.result.take();
        if self.json {
            // The error is on stderr already; a second one about stdout would hide it.
            let _ = to_stdout(&pretty(&serde_json::json!({ "error": error.to_json() })));
        }
    }

    /// A progress bar for `total` pieces of work: shown after a second, on a terminal, not with `--quiet`.
    #[must_use]
    pub fn progress(&self, total: usize, what: &str) -> Progress {
        Progress::new(total, what, !self.quiet && std::io::stderr().is_terminal())
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Writes text to stdout.
///
/// # Errors
/// `GS0607` for anything but a closed pipe.
pub fn to_stdout(text: &str) -> Result<(), Diagnostic> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Diagnostic::error(
            &codes::OUTPUT_UNWRITABLE,
            format!("the results cannot be written: {error}"),
        )
        .at(Place::file("stdout"))),
    }
}

fn to_stderr(text: &str) {
    // A message that nobody can receive is dropped.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
