//! `goldspike synth`: what the whole design costs on a device, and how fast it is there.

use super::console::Console;
use super::input::Integers;
use super::smaller::{Made, TooLarge};
use super::throughput::{Throughput, play, throughput};
use super::work::WorkArgs;
use super::{Ending, errors, hardware};
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::emit;
use crate::engine::tool::Toolbox;
use crate::report::Synthesis;
use crate::rtl::Design;
use crate::synth::{self, Constraints, Effort, SynthError, TARGETS, Target, demand};
use clap::Args;
use goldspike_golden::quant::QuantNetwork;
use std::path::PathBuf;

/// Cells, clock rate and time of a step on a device, with Yosys and nextpnr; with `-o` the Verilog and the bitstream.
///
/// The clock rate is the median over nextpnr's seeds, the bitstream is that of the best one. Pins are assigned; a design with
/// more ports than the package has pins is measured in a frame of registers, and has no bitstream. Figures of xc7 are estimates
/// of Yosys: nothing is placed there.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Device: hx1k, hx8k, up5k, ecp5-25k, ecp5-85k, gw1nr-9, gatemate, xc7.
    #[arg(long, value_name = "DEVICE")]
    target: String,
    #[command(flatten)]
    place: PlaceArgs,
    /// Folder for the Verilog, the bitstream and synth.json.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

/// How often nextpnr places, and for which clock rate.
#[derive(Clone, Copy, Debug, Args)]
pub struct PlaceArgs {
    /// Seeds of nextpnr, 1 to N; the clock rate is their median.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: u32,
    /// Clock rate to reach, in MHz; if no seed does, the command ends with 1 and the slowest path.
    #[arg(long, value_name = "F", value_parser = megahertz)]
    mhz: Option<f64>,
}

fn megahertz(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(mhz) if (0.001..=10_000.0).contains(&mhz) => Ok(mhz),
        _ => Err("give MHz, from 0.001 to 10000".to_owned()),
    }
}

impl PlaceArgs {
    /// The flags as they were given, each with a space before it.
    pub fn given(&self) -> String {
        let mhz = self.mhz.map(|mhz| format!(" --mhz {mhz}"));
        format!(" --seeds {}{}", self.seeds, mhz.unwrap_or_default())
    }

    fn effort(&self, jobs: usize, bitstream: bool) -> Effort {
        Effort {
            seeds: self.seeds,
            jobs,
            constraints: Constraints {
                mhz: self.mhz,
                ..Constraints::default()
            },
            bitstream,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// An unknown device, a missing tool, bad input, a design that does not fit, a folder that is not ours.
pub fn run(args: &SynthArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let target = target(&args.target)?;
    let toolbox = Toolbox::from_environment();
    let effort = args.place.effort(console.jobs(), args.output.is_some());
    applies(target, &args.place)?;
    present(target, &effort, &toolbox)?;
    if let Some(output) = &args.output {
        emit::check(output).map_err(|error| errors::emit(&error))?;
    }
    let source = args.work.source(console)?;
    let Integers {
        network, digest, ..
    } = args.work.integers(&source)?;
    let data = source.data_if_any(&args.work.data)?;
    let design = hardware::design(
        &network,
        &args.work.lanes,
        target.family.fabric(),
        false,
        console,
    )?;
    let count = args.work.data.samples.map(std::num::NonZeroUsize::get);
    let played = play(&network, data.as_ref(), count)?;
    let measured = throughput(&network, &design, played.samples)?;
    let made = Made {
        work: &args.work,
        source: &source,
        network: &network,
        design: &design,
    };
    let footprint = place(&toolbox, &design, (target, &effort), console)
        .map_err(|error| refused(&error, made, (&toolbox, target), console))?;
    let mut synthesis = summed(footprint, &measured, played.origin, target);
    let bitstream = take_bitstream(&mut synthesis);
    let missed = missed(&synthesis);
    let mut document = serde_json::to_value(&synthesis).map_err(errors::internal)?;
    document["network"] = source.name().into();
    document["digest"] = digest.clone().into();
    document["mismatches"] = measured.mismatches.into();
    document["layers"] = hardware::document(&network, &design);
    if let Some(output) = &args.output {
        let command = args.work.command("synth", source.title(), false);
        let command = format!("{command} --target {}{}", target.name, args.place.given());
        let mut emitted = emit::design(&design, &network, &digest, &command)
            .map_err(|error| errors::emit(&error))?;
        emitted
            .files
            .insert("synth.json".into(), format!("{document:#}\n"));
        emitted.binaries.extend(bitstream);
        emit::write(output, &emitted).map_err(|error| errors::emit(&error))?;
        let inside = |name: &str| output.join(name).display().to_string();
        document["output"] = output.display().to_string().into();
        synthesis.bitstream = synthesis.bitstream.as_deref().map(inside);
        document["bitstream"] = synthesis.bitstream.clone().into();
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
    if let Some(missed) = &missed {
        console.warn(missed);
    }
    Ok(match (measured.mismatches, missed) {
        (0, None) => Ending::Done,
        _ => Ending::Mismatch,
    })
}

/// The bitstream as a file of the folder to be written; the figures name it from now on.
pub fn take_bitstream(synthesis: &mut Synthesis) -> Option<(PathBuf, Vec<u8>)> {
    let made = synthesis.footprint.bitstream.take()?;
    synthesis.bitstream = Some(made.name.clone());
    synthesis.bitstream_sha256 = Some(made.sha256);
    synthesis.bitstream_seed = Some(made.seed);
    Some((made.name.into(), made.bytes))
}

/// What is to be said of a clock rate that no seed reaches.
pub fn missed(synthesis: &Synthesis) -> Option<Diagnostic> {
    let footprint = &synthesis.footprint;
    let goal = footprint.goal.as_ref().filter(|goal| !goal.met)?;
    let seeds = footprint.fmax_by_seed.len();
    Some(errors::timing(goal, footprint.target, seeds))
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

/// Refuses flags of placing for a device for which nothing is placed.
///
/// # Errors
/// `GS0604`.
pub fn applies(target: &Target, place: &PlaceArgs) -> Result<(), Diagnostic> {
    if target.is_placed() || place.mhz.is_none() {
        return Ok(());
    }
    let message = format!(
        "--mhz: figures of {} are estimates from a netlist, and have no clock rate",
        target.name
    );
    Err(Diagnostic::error(&codes::NOT_APPLICABLE, message).help(
        "leave the flag out, or name a device that is placed: `goldspike synth --help` lists them",
    ))
}

/// Refuses a device whose tools are missing.
///
/// # Errors
/// `GS0802` with the command that installs the first tool that is missing or too old.
fn present(target: &Target, effort: &Effort, toolbox: &Toolbox) -> Result<(), Diagnostic> {
    let packer = target.family.packer().filter(|_| effort.bitstream);
    synth::tools(target)
        .into_iter()
        .chain(packer)
        .try_for_each(|tool| toolbox.require("synth", tool).map(|_| ()))
        .map_err(|error| errors::synth(&SynthError::Missing(error)))
}

/// Runs Yosys and nextpnr, with a progress bar.
///
/// # Errors
/// See [`SynthError`].
fn place(
    toolbox: &Toolbox,
    design: &Design,
    (target, effort): (&Target, &Effort),
    console: &Console,
) -> Result<synth::Footprint, SynthError> {
    let (pieces, what) = match target.is_placed() {
        true => (1 + effort.seeds as usize, "Yosys and nextpnr"),
        false => (1, "Yosys"),
    };
    let progress = console.progress(pieces, &format!("{what} for {}", target.name));
    progress.show();
    synth::footprint(toolbox, &design.top, target, effort, &|| progress.add(1))
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
        us_per_step: footprint
            .fmax_mhz
            .map(|mhz| rounded(measured.cycles_per_step / mhz, 4)),
        cycles_per_step: measured.cycles_per_step,
        stimulus,
        useful_sop_per_cycle: rounded(measured.sop_per_cycle, 4),
        roofline_fraction: Some(rounded(measured.weight_bits_per_cycle / ports, 6)),
        bitstream: None,
        bitstream_sha256: None,
        bitstream_seed: None,
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

/// A refusal; of a design that is too large with what would fit.
fn refused(
    error: &SynthError,
    made: Made<'_>,
    (toolbox, target): (&Toolbox, &Target),
    console: &Console,
) -> Diagnostic {
    let diagnostic = errors::synth(error);
    let SynthError::TooLarge { .. } = error else {
        return diagnostic;
    };
    let progress = console.progress(1, &format!("what would fit on {}", target.name));
    progress.show();
    let count = |_: &QuantNetwork, design: &Design| {
        demand(toolbox, &design.top, target, &Constraints::default()).ok()
    };
    let count = &count;
    diagnostic.help(
        TooLarge {
            made,
            target,
            count,
        }
        .help(),
    )
}

/// How the step of a build ended.
pub enum Attempt {
    /// The figures, and why there cannot be a bitstream, if a tool for it is missing.
    Done(Box<Synthesis>, Option<String>),
    /// The tools ran, and the design is refused.
    Refused(Diagnostic),
    /// It did not run: why.
    NotRun(String),
}

/// Synthesizes what a build made. A missing tool and a design that does not fit are endings, since the rest is done.
#[must_use]
pub fn attempt(
    target: Option<&'static Target>,
    args: &PlaceArgs,
    made: Made<'_>,
    (measured, stimulus): (&Throughput, &str),
    console: &Console,
) -> Attempt {
    let Some(target) = target else {
        return Attempt::NotRun("no device: name one with --target".to_owned());
    };
    let toolbox = Toolbox::from_environment();
    let packer = target.family.packer();
    let unpacked = packer.and_then(|packer| toolbox.require("bitstream", packer).err());
    let effort = args.effort(console.jobs(), unpacked.is_none());
    match place(&toolbox, made.design, (target, &effort), console) {
        Ok(footprint) => {
            let stimulus = stimulus.to_owned();
            Attempt::Done(
                Box::new(summed(footprint, measured, stimulus, target)),
                unpacked.map(|error| error.to_string()),
            )
        }
        Err(SynthError::Missing(error)) => Attempt::NotRun(error.to_string()),
        Err(error) => Attempt::Refused(refused(&error, made, (&toolbox, target), console)),
    }
}
