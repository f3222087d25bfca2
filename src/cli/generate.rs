//! `goldspike generate`: Verilog, memory contents, file list and datasheet into a folder.

use super::console::Console;
use super::input::{Integers, Source};
use super::options::{LaneArgs, QuantizeArgs};
use super::{Ending, errors, hardware};
use crate::diag::Diagnostic;
use crate::emit;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Verilog, memory contents, file list, FuseSoC core and datasheet into a folder.
///
/// The folder is replaced as a whole if goldspike made it; any other folder that is not empty is refused.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Network folder, quantized folder or embedded name.
    #[arg(value_name = "NETWORK|QUANT")]
    network: PathBuf,
    /// Folder to write.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Add output streams with the compared value and every state of every neuron.
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    quantize: QuantizeArgs,
    #[command(flatten)]
    lanes: LaneArgs,
}

/// Runs the verb.
///
/// # Errors
/// Bad input, lanes that do not fit, a folder that is not ours or cannot be written.
pub fn run(args: &GenerateArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let source = Source::read(&args.network, console)?;
    let Integers { network, digest, .. } = source.integers(&args.quantize)?;
    let design = hardware::design(&network, &args.lanes, args.probe, console)?;
    let command = command(&network.name, &args.quantize, &args.lanes, args.probe);
    let emitted = emit::design(&design, &network, &digest, &command).map_err(|error| errors::emit(&error))?;
    emit::write(&args.output, &emitted).map_err(|error| errors::emit(&error))?;
    console.result(
        || {
            format!(
                "{}: digest {digest}\n{}written   {} ({} files, top module {})\n",
                source.name(),
                hardware::lines(&network, &design),
                args.output.display(),
                emitted.files.len(),
                emitted.top
            )
        },
        || {
            json!({
                "network": source.name(),
                "digest": digest,
                "output": args.output.display().to_string(),
                "top": emitted.top,
                "files": emitted.files.keys().map(|path| path.display().to_string()).collect::<Vec<_>>(),
                "layers": hardware::document(&network, &design),
            })
        },
    );
    Ok(Ending::Done)
}

/// The command line as it stands in the generated files: without paths.
#[must_use]
pub fn command(name: &str, quantize: &QuantizeArgs, lanes: &LaneArgs, probe: bool) -> String {
    let mut words = vec!["goldspike".to_owned(), "generate".to_owned(), name.to_owned()];
    words.extend(quantize.given());
    words.extend(lanes.given());
    words.extend(probe.then(|| "--probe".to_owned()));
    words.join(" ")
}
