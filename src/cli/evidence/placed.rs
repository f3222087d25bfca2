//! The level of synthesis: the netlist is the circuit, it fits, and its clock rate is reached. What comes out of it is the
//! folder's bitstream, on pins that the simulation of it knows.

use super::job::Job;
use super::levels::{Outline, stopped};
use crate::board::Board;
use crate::cli::console::Console;
use crate::cli::errors;
use crate::cli::target::Aim;
use crate::diag::codes;
use crate::engine::tool::Toolbox;
use crate::evidence::{Evidence, Level, Row, Status, sha256};
use crate::synth::{self, Footprint, SynthError, Target, pin_file, ports, window};
use std::path::Path;
use std::time::Instant;

/// Name of the level.
pub(super) const NAME: &str = "synthesis";

/// A bitstream for the folder.
pub(super) struct Placed {
    /// Its file.
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
    /// Seed of nextpnr.
    pub(super) seed: u32,
    /// The file that a simulation of the bits needs beside them, if they are the design alone: its pins, or the netlist after
    /// routing.
    pub(super) beside: Option<(String, Vec<u8>)>,
}

impl Placed {
    /// What the evidence of before says of its bitstream, from the folder; `Some(None)`: there was none. `None`: the files are
    /// not what they were.
    pub(super) fn kept(before: &Evidence, folder: &Path) -> Option<Option<Self>> {
        let Some(bitstream) = &before.subject.bitstream else {
            return Some(None);
        };
        let bytes = std::fs::read(folder.join(&bitstream.file)).ok()?;
        let mut names = [PINS, NETLIST]
            .map(|ending| beside(&bitstream.file, ending))
            .into_iter();
        let beside = match names.find_map(|name| Some((before.files.get(&name)?, name))) {
            Some((digest, name)) => {
                let bytes = std::fs::read(folder.join(&name)).ok()?;
                (sha256(&bytes) == *digest).then_some(())?;
                Some((name, bytes))
            }
            None => None,
        };
        (sha256(&bytes) == bitstream.sha256).then_some(Some(Self {
            file: bitstream.file.clone(),
            bytes,
            seed: bitstream.seed,
            beside,
        }))
    }
}

/// How a file of pins ends.
const PINS: &str = "pcf";

/// How a netlist after routing ends.
const NETLIST: &str = "routed.json";

/// The name of a file beside a bitstream.
fn beside(bitstream: &str, ending: &str) -> String {
    let path = Path::new(bitstream).with_extension(ending);
    path.display().to_string()
}

/// The level, if there is a device.
pub(super) fn outline(job: &Job<'_>) -> Option<Outline> {
    let target = job.aim.as_ref()?.target();
    let packer = target.family.packer();
    Some(Outline {
        name: NAME,
        shows: "The netlist is the circuit that was described, the device holds it, and it is fast enough",
        tools: synth::tools(target).into_iter().chain(packer).collect(),
        depends: vec![job.args.place.given()],
        command: job.command().to_owned(),
    })
}

/// What the level does not show.
pub(super) fn not_shown(job: &Job<'_>, aim: &Aim) -> Vec<String> {
    let target = aim.target();
    let mut all = Vec::new();
    if !target.is_placed() {
        all.push(format!(
            "placement: nothing here places for {}",
            target.name
        ));
        return all;
    }
    all.push(
        "paths between a pin and a register: clock rates are those between registers".to_owned(),
    );
    match aim.as_board() {
        Some(board) => all.push(format!(
            "the board's bitstream, with its serial link: what is simulated of {} is the network alone",
            board.name
        )),
        None if !job.args.place.has_goal() => {
            all.push("that a clock rate is reached: none was asked for (`--mhz`)".to_owned());
        }
        None => {}
    }
    if aim.as_board().is_none() {
        all.extend(of_bits(job, target));
    }
    all
}

/// What a simulation of the bits does not show of the folder's bitstream.
fn of_bits(job: &Job<'_>, target: &'static Target) -> Option<String> {
    let compared = target.family.is_compared();
    if target.pins().is_none() && !compared {
        return Some("the bits: a bitstream, where there is one, is not simulated".to_owned());
    }
    let framed = match compared {
        true => !matches!(window(&job.shipped.top, target), Ok(None)),
        false => pinned(job, target).is_none(),
    };
    if framed {
        return Some(format!(
            "the design alone in a device: it has more ports than {} has pins, so there is no bitstream of it, and \
             what is simulated is in a frame",
            target.name
        ));
    }
    compared.then(|| {
        "the folder's bitstream by itself: what is simulated is its netlist after routing, to which it is equal but for widths, \
         write modes and inversions of block memories, modes of multipliers, and pins"
            .to_owned()
    })
}

/// The file of pins on which a bitstream can be simulated.
fn pinned(job: &Job<'_>, target: &'static Target) -> Option<String> {
    target.pins()?;
    pin_file(target, &ports(&job.shipped.top)).ok()
}

/// Runs it.
pub(super) fn run(
    outline: &Outline,
    job: &Job<'_>,
    toolbox: &Toolbox,
    console: &Console,
) -> (Level, Option<Placed>) {
    let (rows, placed) = match (outline.skipped(toolbox), &job.aim) {
        (Some(row), _) => (vec![row], None),
        (None, None) => (Vec::new(), None),
        (None, Some(aim)) => placed(job, aim, toolbox, console),
    };
    (outline.level(job, toolbox, rows), placed)
}

fn placed(
    job: &Job<'_>,
    aim: &Aim,
    toolbox: &Toolbox,
    console: &Console,
) -> (Vec<Row>, Option<Placed>) {
    let start = Instant::now();
    let target = aim.target();
    let mut effort = job.args.place.effort(console.jobs(), true);
    let pins = match aim {
        Aim::Device(_) => pinned(job, target),
        Aim::Board(..) => None,
    };
    let found = (|| -> Result<Footprint, SynthError> {
        let scratch = tempfile::tempdir()?;
        if let Some(text) = &pins {
            let file = scratch.path().join("pins.pcf");
            std::fs::write(&file, text)?;
            effort.constraints.pins = Some(file);
        }
        let progress = console.progress(
            1 + effort.seeds as usize,
            &format!("{NAME} for {}", aim.name()),
        );
        progress.show();
        aim.place(toolbox, (&job.shipped, &job.emitted), &effort, &|| {
            progress.add(1)
        })
    })();
    let seconds = start.elapsed().as_secs_f64();
    match found {
        Err(error) => {
            let diagnostic = errors::synth(&error);
            let property = "the netlist is the circuit, and the device holds it";
            let mut row = stopped(property, job.command(), &diagnostic);
            if diagnostic.code == &codes::TOO_LARGE {
                row.status = Status::Failed;
            }
            row.seconds = seconds;
            (vec![row], None)
        }
        Ok(mut footprint) => {
            let mut made = footprint.bitstream.take();
            let mut rows = rows(job, aim.as_board(), &footprint);
            for row in &mut rows {
                row.tools = footprint.tools.values().cloned().collect();
                row.seconds = seconds;
            }
            let netlist = made.as_mut().and_then(|made| made.netlist.take());
            let needed = match aim {
                Aim::Device(_) => (pins.map(|text| (PINS, text.into_bytes())))
                    .or(netlist.map(|netlist| (NETLIST, netlist))),
                Aim::Board(..) => None,
            };
            let placed = made.map(|made| Placed {
                beside: needed.map(|(ending, bytes)| (beside(&made.name, ending), bytes)),
                file: made.name,
                bytes: made.bytes,
                seed: made.seed,
            });
            (rows, placed)
        }
    }
}

fn rows(job: &Job<'_>, board: Option<&Board>, footprint: &Footprint) -> Vec<Row> {
    let row = |property: &str, status| Row::new(property, status, job.command());
    let seeds = footprint.fmax_by_seed.len() as u64;
    let mut rows = vec![
        row(
            "Yosys maps it without a warning of another circuit",
            Status::Passed,
        )
        .with([("netlists", 1)]),
        row("the device holds it", Status::Passed)
            .with([("placements", seeds.max(1))])
            .noting(format!(
                "{}, {}: {} of {} {}, {} block RAMs, {} multipliers{}",
                footprint.device,
                footprint.basis,
                footprint.cells,
                footprint.cells_available,
                footprint.cell,
                footprint.bram,
                footprint.dsp,
                footprint
                    .fmax_mhz
                    .map_or_else(String::new, |mhz| format!(", median of {mhz:.1} MHz"))
            )),
    ];
    if let Some(goal) = &footprint.goal {
        let whose = if board.is_some() {
            "the board's clock"
        } else {
            "the clock rate"
        };
        let status = if goal.met {
            Status::Passed
        } else {
            Status::Failed
        };
        let property = format!("{whose} is reached");
        rows.push(
            row(&property, status)
                .with([("placements", seeds)])
                .noting(goal.to_string()),
        );
    }
    rows
}
