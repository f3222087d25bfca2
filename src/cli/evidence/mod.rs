//! `goldspike evidence`: every level that a build has, in one report that is signed off or says why it is not.

mod check;
mod emission;
mod golden;
mod job;
mod levels;
mod mutants;
mod placed;
mod proofs;
mod simulated;

use super::Ending;
use super::console::Console;
use super::errors;
use super::goal::GoalArgs;
use super::synth::PlaceArgs;
use super::work::{AgainstArgs, WorkArgs};
use crate::diag::Diagnostic;
use crate::emit;
use crate::engine::tool::Toolbox;
use crate::evidence::{self, Evidence, JSON, Level, PAGE};
use clap::Args;
use job::Job;
use levels::Outline;
use placed::Placed;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Run every level that a build has, down to the bitstream, and write what each found into one report: evidence.json and
/// evidence.md beside the Verilog.
///
/// Signed off only if every property passed or is proved; what failed, is unknown or was skipped for a missing tool is named,
/// and the exit code is 1. The report is written after each level: one that was interrupted goes on with `--resume`.
#[derive(Debug, Args)]
pub struct EvidenceArgs {
    /// Only look at the evidence in the folder that is named in the place of the network: whether it is signed off, and no file
    /// has changed since. Runs nothing.
    #[arg(long, conflicts_with_all = [
        "output", "target", "resume", "seeds", "mhz", "cases", "seed", "timeout", "mutants", "against", "goal", "data", "samples",
        "weight_bits", "membrane_bits", "guard_bits", "coefficient_bits", "scale", "rounding", "overflow", "exact",
        "lanes", "neuron_lanes", "events", "weights", "constant_input",
    ])]
    check: bool,
    /// Folder to write [default: rtl-out/NAME-evidence].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Device or board, as in `goldspike synth`; without it the levels of the portable form are run.
    #[arg(long, value_name = "DEVICE|BOARD")]
    target: Option<String>,
    /// Keep levels of the folder's evidence that are good and depend on nothing that has changed: network, Verilog, stimulus,
    /// goldspike, tools, limits.
    #[arg(long)]
    resume: bool,
    /// Random cases besides the data.
    #[arg(long, value_name = "N", default_value_t = 16)]
    cases: usize,
    /// Seed of the pauses and of the random cases.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Longest time for one question to the solver, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Plant up to N small faults in each unit of the design as well, as in `goldspike verify --mutants`.
    #[arg(long, value_name = "N")]
    mutants: Option<NonZeroUsize>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    framework: AgainstArgs,
    #[command(flatten)]
    goal: GoalArgs,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs the verb.
///
/// # Errors
/// Bad input; a folder that is not ours, cannot be written, or with `--check` has no evidence.
pub fn run(args: &EvidenceArgs, console: &Console) -> Result<Ending, Diagnostic> {
    if args.check {
        return check::run(args.work.path(), console);
    }
    let toolbox = Toolbox::from_environment();
    let mut job = Job::new(args, console)?;
    let output = args.output.clone().unwrap_or_else(|| {
        let name = format!("{}-evidence", job.source.title());
        Path::new("rtl-out").join(name)
    });
    emit::check(&output).map_err(|error| errors::emit(&error))?;
    let before = if args.resume {
        kept(&output, console)
    } else {
        None
    };
    let mut evidence = job.evidence();
    if let Some(outline) = placed::outline(&job) {
        let reused = reused(&outline, &job, &toolbox, before.as_ref());
        let (level, placed) = match reused
            .and_then(|level| Some((level, Placed::kept(before.as_ref()?, &output)?)))
        {
            Some(found) => {
                console.note(&format!("{}: kept", outline.name));
                found
            }
            None => placed::run(&outline, &job, &toolbox, console),
        };
        job.take(placed);
        evidence = Evidence {
            levels: vec![level],
            ..job.evidence()
        };
    }
    write(&output, &job, &mut evidence)?;
    for planned in levels::planned(&job, &toolbox) {
        let outline = &planned.outline;
        let level = match reused(outline, &job, &toolbox, before.as_ref()) {
            Some(level) => {
                console.note(&format!("{}: kept", outline.name));
                level
            }
            None => {
                console.detail(&format!("{}: {}", outline.name, outline.shows));
                planned.ended(&job, &toolbox, console)
            }
        };
        evidence.levels.push(level);
        write(&output, &job, &mut evidence)?;
    }
    let mut document = evidence.json().map_err(errors::internal)?;
    document["output"] = output.display().to_string().into();
    console.result(|| lines(&evidence, &output), || document);
    Ok(if evidence.is_signed_off() {
        Ending::Done
    } else {
        Ending::Mismatch
    })
}

/// The evidence of a folder that is gone on with; `None`, and why, if there is none or it was altered.
fn kept(output: &Path, console: &Console) -> Option<Evidence> {
    let found =
        evidence::read(output).and_then(|(evidence, _)| Ok((evidence, evidence::altered(output)?)));
    match found {
        Ok((evidence, false)) => Some(evidence),
        Ok((_, true)) => {
            console.note("nothing is kept: the report was altered since it was written");
            None
        }
        Err(error) => {
            console.note(&format!("nothing is kept: {error}"));
            None
        }
    }
}

/// A level of before that is good and depends on the same.
fn reused(
    outline: &Outline,
    job: &Job<'_>,
    toolbox: &Toolbox,
    before: Option<&Evidence>,
) -> Option<Level> {
    let key = outline.key(job, toolbox);
    let mut levels = before?.levels.iter();
    let level = levels.find(|level| level.name == outline.name)?;
    (level.key == key && level.is_good()).then(|| level.clone())
}

/// Writes the folder with what is known so far.
fn write(output: &Path, job: &Job<'_>, evidence: &mut Evidence) -> Result<(), Diagnostic> {
    let place = |level: &Level| evidence.needed.iter().position(|name| *name == level.name);
    let mut levels = evidence.levels.clone();
    levels.sort_by_key(place);
    evidence.levels = levels;
    let mut emitted = job.emitted.clone();
    let json = evidence.json().map_err(errors::internal)?;
    emitted.files.insert(JSON.into(), format!("{json:#}\n"));
    emitted.files.insert(PAGE.into(), evidence.markdown());
    emit::write(output, &emitted).map_err(|error| errors::emit(&error))
}

fn lines(evidence: &Evidence, output: &Path) -> String {
    let mut text = format!(
        "{}: digest {}\n",
        evidence.subject.network, evidence.subject.digest
    );
    for level in &evidence.levels {
        for row in &level.rows {
            let cases: Vec<String> = row
                .cases
                .iter()
                .map(|(what, count)| format!("{count} {what}"))
                .collect();
            text.push_str(&format!(
                "{:<10} {:<8} {}: {} ({:.1} s)\n",
                level.name,
                row.status.word(),
                row.property,
                cases.join(", "),
                row.seconds
            ));
        }
    }
    text.push_str(&verdict(&evidence.open()));
    text.push_str(&format!("report     {}\n", output.join(PAGE).display()));
    text
}

/// Signed off, or not and why.
fn verdict(open: &[String]) -> String {
    if open.is_empty() {
        return "signed off: every property passed or is proved\n".to_owned();
    }
    let mut text = "NOT SIGNED OFF\n".to_owned();
    text.extend(open.iter().map(|why| format!("  {why}\n")));
    text
}

/// The verdict on a folder.
fn verdict_document(folder: &Path, open: &[String]) -> serde_json::Value {
    json!({
        "folder": folder.display().to_string(),
        "signed_off": open.is_empty(),
        "open": open,
    })
}
