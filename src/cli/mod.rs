//! The command line: what a user types, one file a verb.
//!
//! Help, completions and the man page come from the doc comments of the argument types. A verb returns an ending or
//! a [`Diagnostic`]; this file prints the latter and makes the exit code: 0 done and equal, 1 a
//! mismatch was found, 2 bad arguments, bad input or a missing tool. Results go to stdout, all else to stderr.

mod agreement;
mod arguments;
mod build;
mod check;
mod completions;
mod console;
mod doctor;
mod engines;
mod errors;
mod evidence;
mod generate;
mod goal;
mod hardware;
mod image;
mod inference;
mod input;
mod later;
mod man;
mod models;
mod mutants;
mod options;
mod progress;
mod prove;
mod quantize;
mod run;
mod smaller;
mod stimuli;
mod synth;
mod target;
mod throughput;
mod verify;
mod wave;
mod work;

use clap::{CommandFactory, Parser, Subcommand};
use console::{Console, ConsoleArgs};
use std::process::ExitCode;

use crate::diag::Diagnostic;

/// A trained spiking network in, Verilog out that equals its golden model bit for bit.
///
/// NETWORK is a folder with net.json and net.safetensors, or the name of an embedded example (`digits`: needs no file at
/// all). QUANT is a folder with quant.json and quant.safetensors, as `goldspike quantize` writes it.
#[derive(Debug, Parser)]
#[command(
    name = "goldspike",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 done and equal, 1 a mismatch was found, 2 bad arguments, bad input or a missing tool."
)]
pub struct Cli {
    #[command(flatten)]
    console: ConsoleArgs,
    #[command(subcommand)]
    verb: Verb,
}

/// The verbs, in the order of the help.
#[derive(Debug, Subcommand)]
enum Verb {
    Build(build::BuildArgs),
    Run(run::RunArgs),
    Quantize(quantize::QuantizeVerb),
    Generate(generate::GenerateArgs),
    Image(image::ImageArgs),
    Verify(verify::VerifyArgs),
    Synth(synth::SynthArgs),
    Prove(prove::ProveArgs),
    Evidence(Box<evidence::EvidenceArgs>),
    Wave(wave::WaveArgs),
    Models(models::ModelsArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// How a command ended that was not stopped by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Done, and equal where something was compared.
    Done,
    /// Ran, and found a mismatch.
    Mismatch,
    /// Ran, and what was asked is not decided.
    Undecided,
}

/// The definition of the command line, for help, completions and the man page.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return arguments::refused(&error, &arguments),
    };
    let console = Console::new(&cli.console);
    let ended = dispatch(&cli.verb, &console).and_then(|ending| console.flush().map(|()| ending));
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Mismatch) => ExitCode::from(1),
        Ok(Ending::Undecided) => ExitCode::from(2),
        Err(diagnostic) => {
            console.failed(&diagnostic);
            ExitCode::from(diagnostic.exit_code())
        }
    }
}

fn dispatch(verb: &Verb, console: &Console) -> Result<Ending, Diagnostic> {
    match verb {
        Verb::Build(args) => build::run(args, console),
        Verb::Run(args) => run::run(args, console),
        Verb::Quantize(args) => quantize::run(args, console),
        Verb::Generate(args) => generate::run(args, console),
        Verb::Image(args) => image::run(args, console),
        Verb::Verify(args) => verify::run(args, console),
        Verb::Synth(args) => synth::run(args, console),
        Verb::Prove(args) => prove::run(args, console),
        Verb::Evidence(args) => evidence::run(args, console),
        Verb::Wave(args) => wave::run(args, console),
        Verb::Models(args) => models::run(args, console),
        Verb::Doctor(args) => doctor::run(args, console),
        Verb::Completions(args) => completions::run(args, console),
        Verb::Man(args) => man::run(args, console),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_consistent() {
        super::command().debug_assert();
    }
}
