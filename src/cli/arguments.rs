//! A command line that clap did not take: its message, as text or as the JSON document that was asked for.

use super::console::{Console, ConsoleArgs, to_stdout};
use super::later;
use crate::diag::{Diagnostic, codes};
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::process::ExitCode;

/// Prints what clap says. Help and version are no errors and end with 0.
pub fn refused(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if let Some(diagnostic) = later::refused(error) {
        Console::new(&ConsoleArgs::unread(wants_json(arguments))).failed(&diagnostic);
        return ExitCode::from(diagnostic.exit_code());
    }
    let help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    // Nothing is left to be said if the stream is closed.
    let _ = error.print();
    if help {
        return ExitCode::SUCCESS;
    }
    if wants_json(arguments) {
        let text = error.render().to_string();
        let first = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        let message = if first.is_empty() {
            "a verb is needed".to_owned()
        } else {
            first
        };
        let diagnostic =
            Diagnostic::error(&codes::BAD_ARGUMENTS, message).help("see `goldspike help`");
        let _ = to_stdout(&format!(
            "{}\n",
            serde_json::json!({ "error": diagnostic.to_json() })
        ));
    }
    ExitCode::from(2)
}

fn wants_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|a| a == "--format=json")
        || arguments
            .windows(2)
            .any(|w| w[0] == "--format" && w[1] == "json")
}
