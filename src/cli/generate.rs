//! `goldspike generate`: Verilog, memory contents, file list and datasheet into a folder.

use super::console::Console;
use super::input::{Integers, Source};
use super::options::{DataArgs, LaneArgs, QuantizeArgs};
use super::stimuli::{Pauses, Plan};
use super::{Ending, errors, hardware};
use crate::diag::Diagnostic;
use crate::emit::testbench::{self, Expectation};
use crate::emit::{self, Emitted};
use crate::engine::Stalls;
use crate::rtl::Design;
use clap::Args;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Samples of the bench where none are asked for: a bench is read by people, too.
const BENCH_SAMPLES: usize = 4;

/// Random cases of the bench where there is no data set.
const BENCH_CASES: usize = 4;

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
    /// Add a self-checking Verilog bench with stimulus and expected trace, which needs no goldspike.
    #[arg(long)]
    testbench: bool,
    #[command(flatten)]
    data: DataArgs,
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
    let Integers {
        network, digest, ..
    } = source.integers(&args.quantize)?;
    let design = hardware::design(&network, &args.lanes, args.probe, console)?;
    let command = command(
        "generate",
        source.title(),
        &args.quantize,
        &args.lanes,
        args.probe,
    );
    let mut emitted =
        emit::design(&design, &network, &digest, &command).map_err(|error| errors::emit(&error))?;
    if args.testbench {
        let samples = source.data_if_any(&args.data)?;
        let cases = if samples.is_some() { 0 } else { BENCH_CASES };
        let plan = Plan::new(
            &network,
            samples.as_ref(),
            cases,
            Pauses {
                stalls: true,
                seed: 1,
            },
        )?;
        let count = args.data.samples.map_or(BENCH_SAMPLES, NonZeroUsize::get);
        add_bench(
            &mut emitted,
            &design,
            &network,
            &plan,
            count,
            (&digest, &command),
        )?;
    }
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

/// Adds the self-checking bench of the plan's first `count` samples; `origin` is digest and command.
///
/// # Errors
/// No sample.
pub fn add_bench(
    emitted: &mut Emitted,
    design: &Design,
    network: &QuantNetwork,
    plan: &Plan,
    count: usize,
    origin: (&str, &str),
) -> Result<(), Diagnostic> {
    let samples: Vec<Sample> = plan
        .stimuli
        .iter()
        .flat_map(|stimulus| &stimulus.samples)
        .take(count)
        .cloned()
        .collect();
    let program = golden(network).map_err(|error| errors::contract(&error))?;
    let traces: Vec<_> = samples.iter().map(|sample| program.run(sample)).collect();
    let stalls = plan
        .stimuli
        .first()
        .map_or(Stalls::NONE, |stimulus| stimulus.stalls);
    let expectation = Expectation {
        samples: &samples,
        traces: &traces,
        stalls,
    };
    testbench::add(
        emitted,
        design,
        &expectation,
        (&network.name, origin.0, origin.1),
    )
    .map_err(|error| errors::emit(&error))
}

/// The command line as it stands in the generated files: without paths.
#[must_use]
pub fn command(
    verb: &str,
    name: &str,
    quantize: &QuantizeArgs,
    lanes: &LaneArgs,
    probe: bool,
) -> String {
    let mut words = vec!["goldspike".to_owned(), verb.to_owned(), name.to_owned()];
    words.extend(quantize.given());
    words.extend(lanes.given());
    words.extend(probe.then(|| "--probe".to_owned()));
    words.join(" ")
}
