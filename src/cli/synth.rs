//! `goldspike synth`: what the whole design costs on a device, and how fast it is there.

use super::console::Console;
use super::input::Integers;
use super::throughput::{Throughput, play, throughput};
use super::work::WorkArgs;
use super::{Ending, errors, hardware};
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::emit;
use crate::engine::tool::Toolbox;
use crate::report::Synthesis;
use crate::rtl::Design;
use crate::synth::{self, Capacity, SynthError, TARGETS, Target};
use clap::Args;
use goldspike_golden::quant::QuantNetwork;
use std::path::PathBuf;

/// Cells, clock rate and time of a step on a device, with Yosys and nextpnr.
///
/// The clock rate is the median over nextpnr's seeds. Pins are assigned by nextpnr; a design with more ports than the
/// package has pins is measured in a frame of registers. No bitstream is made.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Device: hx1k, hx8k, up5k, ecp5-25k, ecp5-85k.
    #[arg(long, value_name = "DEVICE")]
    target: String,
    #[command(flatten)]
    seeds: SeedArgs,
    /// Folder for the Verilog and synth.json.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

/// How often nextpnr places.
#[derive(Clone, Copy, Debug, Args)]
pub struct SeedArgs {
    /// Seeds of nextpnr, 1 to N; the clock rate is their median.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub seeds: u32,
}

/// Runs the verb.
///
/// # Errors
/// An unknown device, a missing tool, bad input, a design that does not fit, a folder that is not ours.
pub fn run(args: &SynthArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let target = target(&args.target)?;
    let toolbox = Toolbox::from_environment();
    missing(&toolbox, target)?;
    if let Some(output) = &args.output {
        emit::check(output).map_err(|error| errors::emit(&error))?;
    }
    let source = args.work.source(console)?;
    let Integers {
        network, digest, ..
    } = args.work.integers(&source)?;
    let data = source.data_if_any(&args.work.data)?;
    let design = hardware::design(&network, &args.work.lanes, false, console)?;
    let count = args.work.data.samples.map(std::num::NonZeroUsize::get);
    let played = play(&network, data.as_ref(), count)?;
    let measured = throughput(&network, &design, played.samples)?;
    let footprint = place(&toolbox, &design, (target, args.seeds.seeds), console)
        .map_err(|error| refused(&error, &network, &design, target))?;
    let synthesis = summed(footprint, &measured, played.origin, target);
    let mut document = serde_json::to_value(&synthesis).map_err(errors::internal)?;
    document["network"] = source.name().into();
    document["digest"] = digest.clone().into();
    document["mismatches"] = measured.mismatches.into();
    document["layers"] = hardware::document(&network, &design);
    if let Some(output) = &args.output {
        let command = args.work.command("synth", source.title(), false);
        let command = format!(
            "{command} --target {} --seeds {}",
            target.name, args.seeds.seeds
        );
        let mut emitted = emit::design(&design, &network, &digest, &command)
            .map_err(|error| errors::emit(&error))?;
        emitted
            .files
            .insert("synth.json".into(), format!("{document:#}\n"));
        emit::write(output, &emitted).map_err(|error| errors::emit(&error))?;
        document["output"] = output.display().to_string().into();
    }
    console.result(
        || {
            let mut text = format!(
                "{}: digest {digest}\n{}",
                source.name(),
                hardware::lines(&network, &design)
            );
            text.push_str(&lines(&synthesis));
            if measured.mismatches > 0 {
                text.push_str(&differs(measured.mismatches));
            }
            if let Some(output) = &args.output {
                text.push_str(&format!("{:<13}{}\n", "written", output.display()));
            }
            text
        },
        || document,
    );
    Ok(match measured.mismatches {
        0 => Ending::Done,
        _ => Ending::Mismatch,
    })
}

fn differs(mismatches: u64) -> String {
    format!(
        "{:<13}{mismatches} output spikes are not the golden model's: `goldspike verify` shows the first\n",
        "DIFFERS"
    )
}

/// The device of a name.
///
/// # Errors
/// `GS1001` with the nearest name.
pub fn target(name: &str) -> Result<&'static Target, Diagnostic> {
    synth::target(name).ok_or_else(|| {
        let message = format!("there is no device `{}`", shown(name));
        Diagnostic::error(&codes::UNKNOWN_TARGET, message)
            .help(did_you_mean(name, TARGETS.iter().map(|target| target.name)))
    })
}

/// Refuses a device whose tools are missing.
///
/// # Errors
/// `GS0802` with the command that installs the first of them.
pub fn missing(toolbox: &Toolbox, target: &Target) -> Result<(), Diagnostic> {
    synth::tools(target)
        .into_iter()
        .try_for_each(|tool| toolbox.require("synth", tool).map(|_| ()))
        .map_err(|error| errors::synth(&SynthError::Missing(error)))
}

/// Runs Yosys and nextpnr, with a progress bar.
///
/// # Errors
/// See [`SynthError`].
pub fn place(
    toolbox: &Toolbox,
    design: &Design,
    (target, seeds): (&Target, u32),
    console: &Console,
) -> Result<synth::Footprint, SynthError> {
    let what = format!("Yosys and nextpnr for {}", target.name);
    let progress = console.progress(1 + seeds as usize, &what);
    progress.show();
    let jobs = console.jobs();
    synth::footprint(toolbox, &design.top, target, (seeds, jobs), &|| {
        progress.add(1);
    })
}

/// Cells, clock rate and cycles together.
#[must_use]
pub fn summed(
    footprint: synth::Footprint,
    measured: &Throughput,
    stimulus: String,
    target: &Target,
) -> Synthesis {
    let rounded = |value: f64, places: i32| {
        let scale = 10f64.powi(places);
        (value * scale).round() / scale
    };
    let ports = target.memory_bits_per_cycle() as f64;
    Synthesis {
        us_per_step: rounded(measured.cycles_per_step / footprint.fmax_mhz, 4),
        cycles_per_step: measured.cycles_per_step,
        stimulus,
        useful_sop_per_cycle: rounded(measured.sop_per_cycle, 4),
        roofline_fraction: Some(rounded(measured.weight_bits_per_cycle / ports, 6)),
        bitstream: None,
        footprint,
    }
}

/// A line for each figure.
#[must_use]
pub fn lines(synthesis: &Synthesis) -> String {
    let rows = synthesis.rows();
    rows.iter()
        .map(|(name, value)| format!("{name:<13}{value}\n"))
        .collect()
}

/// A refusal; of a design that is too large with what would be smaller.
#[must_use]
pub fn refused(
    error: &SynthError,
    network: &QuantNetwork,
    design: &Design,
    target: &Target,
) -> Diagnostic {
    let diagnostic = errors::synth(error);
    match error {
        SynthError::TooLarge { .. } => diagnostic.help(smaller(network, design, target)),
        _ => diagnostic,
    }
}

/// What takes less of a device.
fn smaller(network: &QuantNetwork, design: &Design, target: &Target) -> String {
    let list = |lanes: &dyn Fn(u32) -> u32, neuron: bool| -> String {
        let each = design.plans.iter().map(|plan| {
            let now = if neuron {
                plan.neuron_lanes
            } else {
                plan.lanes
            };
            lanes(now).to_string()
        });
        each.collect::<Vec<_>>().join(",")
    };
    let half = |now: u32| now.div_ceil(2);
    let now = format!(
        "--lanes {} --neuron-lanes {}",
        list(&|now| now, false),
        list(&|now| now, true)
    );
    let fewest = design
        .plans
        .iter()
        .all(|plan| plan.lanes == 1 && plan.neuron_lanes == 1);
    let lanes = if fewest {
        "the layers have one lane each already".to_owned()
    } else {
        format!(
            "`--lanes {} --neuron-lanes {}` has half the lanes of this design ({now})",
            list(&half, false),
            list(&half, true)
        )
    };
    let bits = network
        .layers
        .iter()
        .map(|layer| layer.weight_bits)
        .max()
        .unwrap_or(1);
    let narrower = if bits > 4 {
        format!("; narrower weights than {bits} bits (`--weight-bits`) take less memory and logic")
    } else {
        String::new()
    };
    let larger: Vec<String> = TARGETS
        .iter()
        .filter(|other| other.family == target.family && other.holds.cells > target.holds.cells)
        .map(|other| {
            let Capacity { cells, bram, .. } = other.holds;
            format!("{} ({cells} cells, {bram} block RAMs)", other.name)
        })
        .collect();
    let larger = match larger.as_slice() {
        [] => String::new(),
        names => format!("; larger devices of the family: {}", names.join(", ")),
    };
    format!("{lanes}{narrower}{larger}")
}

/// How the step of a build ended.
pub enum Attempt {
    /// The figures.
    Done(Box<Synthesis>),
    /// The tools ran, and the design is refused.
    Refused(Diagnostic),
    /// It did not run: why.
    NotRun(String),
}

/// Synthesizes what a build made. A missing tool and a design that does not fit are endings, since the rest is done.
#[must_use]
pub fn attempt(
    target: Option<&'static Target>,
    seeds: u32,
    (network, design): (&QuantNetwork, &Design),
    (measured, stimulus): (&Throughput, &str),
    console: &Console,
) -> Attempt {
    let Some(target) = target else {
        return Attempt::NotRun("no device: name one with --target".to_owned());
    };
    match place(
        &Toolbox::from_environment(),
        design,
        (target, seeds),
        console,
    ) {
        Ok(footprint) => Attempt::Done(Box::new(summed(
            footprint,
            measured,
            stimulus.to_owned(),
            target,
        ))),
        Err(SynthError::Missing(error)) => Attempt::NotRun(error.to_string()),
        Err(error) => Attempt::Refused(refused(&error, network, design, target)),
    }
}
