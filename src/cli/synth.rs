//! `goldspike synth`: what the whole design costs on a device, and how fast it is there.

use super::console::Console;
use super::goal::{self, GoalArgs};
use super::input::Integers;
use super::smaller::{Made, TooLarge};
use super::target::{Aim, emitted};
use super::throughput::{Throughput, play, throughput};
use super::work::WorkArgs;
use super::{Ending, errors, hardware};
use crate::board::Board;
use crate::cost::{Features, Model};
use crate::diag::{Diagnostic, codes};
use crate::emit::{self, Emitted};
use crate::engine::tool::Toolbox;
use crate::report::Synthesis;
use crate::rtl::Design;
use crate::synth::{self, Constraints, Effort, SynthError, Target, demand};
use clap::Args;
use goldspike_golden::quant::QuantNetwork;
use std::path::PathBuf;

/// Cells, clock rate and time of a step on a device, with Yosys and nextpnr; with `-o` the Verilog and the bitstream.
///
/// The clock rate is the median over nextpnr's seeds, the bitstream is that of the best one. Pins are assigned; a design with
/// more ports than the package has pins is measured in a frame of registers, and has no bitstream. Figures of xc7 are estimates
/// of Yosys: nothing is placed there. For a board the design is that of `generate --target BOARD`: the network with its
/// serial link, on the board's pins; if the board's clock is not reached, the command ends with 1.
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Device: hx1k, hx8k, up5k, ecp5-25k, ecp5-85k, gw1nr-9, gatemate, xc7. Board: icebreaker, hx8k-breakout, ulx3s-85f,
    /// colorlight-i5, tang-nano-9k, or the folder of another.
    #[arg(long, value_name = "DEVICE|BOARD")]
    target: String,
    #[command(flatten)]
    place: PlaceArgs,
    /// Folder for the Verilog, the bitstream and synth.json.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    goal: GoalArgs,
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
    /// Whether a clock rate is asked for.
    #[must_use]
    pub fn has_goal(&self) -> bool {
        self.mhz.is_some()
    }

    /// The flags as they were given, each with a space before it.
    pub fn given(&self) -> String {
        let mhz = self.mhz.map(|mhz| format!(" --mhz {mhz}"));
        format!(" --seeds {}{}", self.seeds, mhz.unwrap_or_default())
    }

    /// What is tried.
    #[must_use]
    pub fn effort(&self, jobs: usize, bitstream: bool) -> Effort {
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
    let aim = Aim::named(&args.target)?;
    let target = aim.target();
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
    let work = goal::chosen(args.goal, &args.work, &network, Some(target), console)?;
    let design = hardware::design(&network, &work.lanes, target.fabric(), false, console)?;
    let count = args.work.data.samples.map(std::num::NonZeroUsize::get);
    let played = play(&network, data.as_ref(), count)?;
    let measured = throughput(&network, &design, played.samples)?;
    let command = work.command("synth", source.title(), false);
    let command = format!("{command} --target {}{}", aim.name(), args.place.given());
    let mut emitted = emitted(Some(&aim), (&design, &network), (&digest, &command))?;
    let made = Made {
        work: &work,
        source: &source,
        network: &network,
        design: &design,
    };
    let footprint = place(&toolbox, (&design, &emitted), (&aim, &effort), console)
        .map_err(|error| refused(&error, made, (&toolbox, &aim), console))?;
    let mut synthesis = summed(footprint, &measured, played.origin, (&aim, &design));
    let bitstream = take_bitstream(&mut synthesis);
    let missed = missed(&synthesis);
    let mut document = serde_json::to_value(&synthesis).map_err(errors::internal)?;
    document["network"] = source.name().into();
    document["digest"] = digest.clone().into();
    document["mismatches"] = measured.mismatches.into();
    document["layers"] = hardware::document(&network, &design);
    if let Some(output) = &args.output {
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
    made: (&Design, &Emitted),
    (aim, effort): (&Aim, &Effort),
    console: &Console,
) -> Result<synth::Footprint, SynthError> {
    let target = aim.target();
    let (pieces, what) = match target.is_placed() {
        true => (1 + effort.seeds as usize, "Yosys and nextpnr"),
        false => (1, "Yosys"),
    };
    let progress = console.progress(pieces, &format!("{what} for {}", aim.name()));
    progress.show();
    aim.place(toolbox, made, effort, &|| progress.add(1))
}

/// Cells, clock rate and cycles together, with what the cost model says where there is one.
#[must_use]
pub fn summed(
    footprint: synth::Footprint,
    measured: &Throughput,
    stimulus: String,
    (aim, design): (&Aim, &Design),
) -> Synthesis {
    let rounded = |value: f64, places: i32| {
        let scale = 10f64.powi(places);
        (value * scale).round() / scale
    };
    let ports = aim.target().memory_bits_per_cycle() as f64;
    let board = aim.as_board();
    Synthesis {
        us_per_step: board
            .map(Board::mhz)
            .or(footprint.fmax_mhz)
            .map(|mhz| rounded(measured.cycles_per_step / mhz, 4)),
        cycles_per_step: measured.cycles_per_step,
        stimulus,
        model: Model::of(aim.target())
            .ok()
            .map(|model| model.estimate(&Features::of(&design.top))),
        useful_sop_per_cycle: rounded(measured.sop_per_cycle, 4),
        roofline_fraction: Some(rounded(measured.weight_bits_per_cycle / ports, 6)),
        board: board.map(|board| board.name.clone()),
        board_mhz: board.map(Board::mhz),
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
    (toolbox, aim): (&Toolbox, &Aim),
    console: &Console,
) -> Diagnostic {
    let target = aim.target();
    let diagnostic = errors::synth(error);
    let SynthError::TooLarge { .. } = error else {
        return diagnostic;
    };
    let progress = console.progress(1, &format!("what would fit on {}", aim.name()));
    progress.show();
    let count = |_: &QuantNetwork, design: &Design| {
        demand(
            toolbox,
            &aim.whole(design)?,
            target,
            &Constraints::default(),
        )
        .ok()
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
    aim: Option<&Aim>,
    args: &PlaceArgs,
    made: Made<'_>,
    emitted: &Emitted,
    (measured, stimulus): (&Throughput, &str),
    console: &Console,
) -> Attempt {
    let Some(aim) = aim else {
        return Attempt::NotRun("no device: name one with --target".to_owned());
    };
    let toolbox = Toolbox::from_environment();
    let packer = aim.target().family.packer();
    let unpacked = packer.and_then(|packer| toolbox.require("bitstream", packer).err());
    let effort = args.effort(console.jobs(), unpacked.is_none());
    match place(&toolbox, (made.design, emitted), (aim, &effort), console) {
        Ok(footprint) => {
            let stimulus = stimulus.to_owned();
            Attempt::Done(
                Box::new(summed(footprint, measured, stimulus, (aim, made.design))),
                unpacked.map(|error| error.to_string()),
            )
        }
        Err(SynthError::Missing(error)) => Attempt::NotRun(error.to_string()),
        Err(error) => Attempt::Refused(refused(&error, made, (&toolbox, aim), console)),
    }
}
