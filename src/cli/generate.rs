//! `goldspike generate`: Verilog, memory contents, file list and datasheet into a folder.

use super::console::Console;
use super::goal::{self, GoalArgs};
use super::input::Integers;
use super::stimuli::{CASES_WITHOUT_DATA, Pauses, Plan};
use super::target::{Aim, emitted};
use super::work::WorkArgs;
use super::{Ending, errors, hardware};
use crate::board;
use crate::diag::Diagnostic;
use crate::emit::testbench::{self, Expectation};
use crate::emit::{self, Emitted};
use crate::engine::Stalls;
use crate::rtl::{Design, Fabric};
use clap::Args;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Input beats that a bench plays at least, as far as there are samples. Of 40 designs with one bit of a weight flipped, 2
/// samples of `digits` (600 beats) show none at the output, 8 show 4, 32 (8,200 beats) show 8.
const BENCH_BEATS: usize = 8192;

/// Time steps that it plays at least.
const BENCH_STEPS: usize = 64;

/// Samples that it plays at least, however long they are: the state is set anew between two.
const BENCH_SAMPLES: usize = 2;

/// Verilog, memory contents, file list, FuseSoC core and datasheet into a folder.
///
/// The folder is replaced as a whole if goldspike made it; any other folder that is not empty is refused.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Folder to write.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Device or board to generate for: memories and stages as its cells want them; for a board also its top level, its pins
    /// and a serial link for the network, in the folder `board`.
    #[arg(long, value_name = "BOARD", conflicts_with = "probe")]
    target: Option<String>,
    /// Add output streams with the compared value and every state of every neuron.
    #[arg(long)]
    probe: bool,
    /// Add a self-checking Verilog bench with stimulus and expected trace, which needs no goldspike.
    #[arg(long)]
    testbench: bool,
    #[command(flatten)]
    goal: GoalArgs,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs the verb.
///
/// # Errors
/// Bad input, lanes that do not fit, a folder that is not ours or cannot be written.
pub fn run(args: &GenerateArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let aim = args.target.as_deref().map(Aim::named).transpose()?;
    let board = aim.as_ref().and_then(Aim::as_board);
    let source = args.work.source(console)?;
    let Integers {
        network, digest, ..
    } = args.work.integers(&source)?;
    let fabric = aim.as_ref().map_or(Fabric::PORTABLE, Aim::fabric);
    let device = aim.as_ref().map(Aim::target);
    let work = goal::chosen(args.goal, &args.work, &network, device, console)?;
    let design = hardware::design(&network, &work.lanes, fabric, args.probe, console)?;
    let mut command = work.command("generate", source.title(), args.probe);
    if let Some(aim) = &aim {
        command.push_str(&format!(" --target {}", aim.name()));
    }
    let mut emitted = emitted(aim.as_ref(), (&design, &network), (&digest, &command))?;
    if args.testbench {
        let samples = source.data_if_any(&args.work.data)?;
        let cases = if samples.is_some() {
            0
        } else {
            CASES_WITHOUT_DATA
        };
        let plan = Plan::new(
            &network,
            samples.as_ref(),
            cases,
            Pauses {
                stalls: true,
                seed: 1,
            },
        )?;
        add_bench(
            &mut emitted,
            &design,
            &network,
            &plan,
            args.work.data.samples,
            (&digest, &command),
        )?;
    }
    emit::write(&args.output, &emitted).map_err(|error| errors::emit(&error))?;
    let on_board = board.as_ref().map_or_else(String::new, |board| {
        let folder = args.output.join(board::FOLDER);
        format!(
            "board     {} ({}, top module {})\n",
            folder.display(),
            board.title,
            board::TOP
        )
    });
    console.result(
        || {
            format!(
                "{}: digest {digest}\n{}written   {} ({} files, top module {})\n{on_board}",
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
                "board": board.as_ref().map(|board| &board.name),
                "output": args.output.display().to_string(),
                "top": emitted.top,
                "files": emitted.files.keys().map(|path| path.display().to_string()).collect::<Vec<_>>(),
                "layers": hardware::document(&network, &design),
            })
        },
    );
    Ok(Ending::Done)
}

/// Adds the self-checking bench of the plan's first `count` samples, or of as many as give enough steps; `origin` is
/// digest and command.
///
/// # Errors
/// No sample.
pub fn add_bench(
    emitted: &mut Emitted,
    design: &Design,
    network: &QuantNetwork,
    plan: &Plan,
    count: Option<NonZeroUsize>,
    origin: (&str, &str),
) -> Result<(), Diagnostic> {
    let samples = bench_samples(plan, count);
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

/// The first `count` samples of the plan, or as many as a bench needs.
fn bench_samples(plan: &Plan, count: Option<NonZeroUsize>) -> Vec<Sample> {
    let samples = plan.stimuli.iter().flat_map(|stimulus| &stimulus.samples);
    if let Some(count) = count {
        return samples.take(count.get()).cloned().collect();
    }
    let (mut chosen, mut steps, mut beats) = (Vec::new(), 0, 0);
    for sample in samples {
        if chosen.len() >= BENCH_SAMPLES && steps >= BENCH_STEPS && beats >= BENCH_BEATS {
            break;
        }
        steps += sample.steps.len();
        beats += sample
            .steps
            .iter()
            .map(|step| step.len().max(1))
            .sum::<usize>();
        chosen.push(sample.clone());
    }
    chosen
}
