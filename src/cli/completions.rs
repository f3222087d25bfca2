//! `goldspike completions`: shell completions, made from the same definition as the help.

use super::console::Console;
use super::{Ending, command};
use crate::diag::Diagnostic;
use clap::Args;
use clap_complete::Shell;
use serde_json::json;

/// Completions for a shell, on stdout.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Runs the verb.
///
/// # Errors
/// None of its own.
pub fn run(args: &CompletionsArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "goldspike", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    console.result(
        || script.clone(),
        || json!({ "shell": args.shell.to_string(), "script": script }),
    );
    Ok(Ending::Done)
}
