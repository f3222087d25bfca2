//! `goldspike man`: the man page, made from the same definition as the help.

use super::console::Console;
use super::{Ending, command, errors};
use crate::diag::Diagnostic;
use clap::Args;
use clap_mangen::Man;
use serde_json::json;

/// The man page (roff), on stdout: the program, then each verb.
#[derive(Debug, Args)]
pub struct ManArgs {}

/// Runs the verb.
///
/// # Errors
/// None of its own.
pub fn run(_: &ManArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let mut whole = command();
    whole.build();
    let mut page = Vec::new();
    Man::new(whole.clone())
        .render(&mut page)
        .map_err(errors::internal)?;
    for verb in whole
        .get_subcommands()
        .filter(|verb| verb.get_name() != "help")
    {
        Man::new(verb.clone())
            .render(&mut page)
            .map_err(errors::internal)?;
    }
    let page = String::from_utf8_lossy(&page).into_owned();
    console.result(|| page.clone(), || json!({ "page": page }));
    Ok(Ending::Done)
}
