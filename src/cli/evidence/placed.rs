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
use crate::synth::{self, Footprint, SynthError, Target, pin_file, ports};
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
    /// File and text of the pins, if they are those that a simulation of the bits knows.
    pub(super) pins: Option<(String, String)>,
}

impl Placed {
    /// Whether the bits can be simulated as they are.
    pub(super) fn is_simulated(&self) -> bool {
        self.pins.is_some()
    }

    /// What the evidence of before says of its bitstream, from the folder; `Some(None)`: there was none. `None`: the files are
    /// not what they were.
    pub(super) fn kept(before: &Evidence, folder: &Path) -> Option<Option<Self>> {
        let Some(bitstream) = &before.subject.bitstream else {
            return Some(None);
        };
        let bytes = std::fs::read(folder.join(&bitstream.file)).ok()?;
        let name = pins_of(&bitstream.file);
        let pins = match before.files.get(&name) {
            Some(digest) => {
                let text = std::fs::read_to_string(folder.join(&name)).ok()?;
                (sha256(text.as_bytes()) == *digest).then_some(())?;
                Some((name, text))
            }
            None => None,
        };
        (sha256(&bytes) == bitstream.sha256).then_some(Some(Self {
            file: bitstream.file.clone(),
            bytes,
            seed: bitstream.seed,
            pins,
        }))
    }
}

/// The file of pins beside a bitstream.
fn pins_of(bitstream: &str) -> String {
    let path = Path::new(bitstream).with_extension("pcf");
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
    if aim.as_board().is_none() && pinned(job, target).is_none() {
        all.push(match target.pins() {
            Some(_) => format!(
                "the design alone in a device: it has more ports than {} has pins, so there is no bitstream of it, and \
                 what is simulated is in a frame",
                target.name
            ),
            None if target.family.is_compared() => {
                "the folder's bitstream: what is simulated is routed apart from it, and equal to a bitstream of its own but for \
                 widths, write modes and inversions of block memories, modes of multipliers, and pins"
                    .to_owned()
            }
            None => "the bits: a bitstream, where there is one, is not simulated".to_owned(),
        });
    }
    all
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
            let made = footprint.bitstream.take();
            let mut rows = rows(job, aim.as_board(), &footprint);
            for row in &mut rows {
                row.tools = footprint.tools.values().cloned().collect();
                row.seconds = seconds;
            }
            let placed = made.map(|made| Placed {
                pins: pins.map(|text| (pins_of(&made.name), text)),
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
