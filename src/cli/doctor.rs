//! `goldspike doctor`: which tools are there, what for, and how to get the others.

use super::Ending;
use super::console::Console;
use crate::diag::Diagnostic;
use crate::engine::tool::{TOOLS, Tool, Toolbox};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The external tools: found or not, version, what each is needed for, the command that installs it.
///
/// goldspike needs none of them: golden model, quantizer, generator and the rust-hdl simulator are built in.
#[derive(Debug, Args)]
pub struct DoctorArgs {}

struct Finding {
    tool: Tool,
    path: Option<PathBuf>,
    version: Option<String>,
    /// An executable that is too old, and its version, where there is no other.
    outdated: Option<(PathBuf, String)>,
}

/// Runs the verb. A missing tool is a finding, not an error.
///
/// # Errors
/// None of its own.
pub fn run(_: &DoctorArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let toolbox = Toolbox::from_environment();
    let finding = |&tool: &Tool| Finding {
        tool,
        path: toolbox.find(tool),
        version: toolbox.version(tool),
        outdated: toolbox.outdated(tool),
    };
    let findings: Vec<Finding> = TOOLS.iter().map(finding).collect();
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
        outdated,
    } = finding;
    let oldest = tool.oldest().map(|oldest| format!(" {oldest} or newer"));
    let oldest = oldest.unwrap_or_default();
    let state = match (path, outdated) {
        (Some(path), _) => format!(
            "found    {:<13} {} ({})",
            tool.name,
            version.as_deref().unwrap_or("unknown version"),
            path.display()
        ),
        (None, Some((path, version))) => format!(
            "too old  {:<13} {version} ({}); install{oldest} with: {}",
            tool.name,
            path.display(),
            tool.install()
        ),
        (None, None) => format!(
            "missing  {:<13} install{oldest} with: {}",
            tool.name,
            tool.install()
        ),
    };
    format!("{state}\n{:23}for {}\n", "", tool.purpose)
}

fn document(finding: &Finding) -> Value {
    let Finding {
        tool,
        path,
        version,
        outdated,
    } = finding;
    json!({
        "name": tool.name,
        "found": path.is_some(),
        "path": path.as_ref().map(|path| path.display().to_string()),
        "version": version,
        "needs": tool.oldest(),
        "too_old": outdated.as_ref().map(|(_, version)| version),
        "needed_for": tool.purpose,
        "install": tool.install(),
    })
}
