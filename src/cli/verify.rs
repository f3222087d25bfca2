//! `goldspike verify`: the generated hardware against the golden model, on one or more engines.

use super::check::{Again, check};
use super::console::Console;
use super::engines::{EngineArg, choose};
use super::input::Integers;
use super::mutants::{self, MutantArgs};
use super::stimuli::{Pauses, Plan};
use super::target::Aim;
use super::work::WorkArgs;
use super::{Ending, hardware};
use crate::diag::Diagnostic;
use crate::mutants::Report;
use crate::rtl::Fabric;
use clap::Args;
use serde_json::json;

/// Every spike, compared value and state of the generated hardware against the golden model.
///
/// Each engine runs two designs: with the probe, where the whole trace is compared, and as shipped, where the output spikes
/// are. The streams around the design pause at random, the same on every engine.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Device or board whose form of the design is run, and for `--engine netlist`, `bitstream` and `all` whose netlist and
    /// bitstream are: as in `goldspike synth`.
    #[arg(long, value_name = "DEVICE|BOARD")]
    target: Option<String>,
    #[command(flatten)]
    check: CheckArgs,
    #[command(flatten)]
    mutants: MutantArgs,
    #[command(flatten)]
    work: WorkArgs,
}

/// Which engines, which stimuli.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Engines, separated by commas.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "rust-hdl",
        value_name = "ENGINE,.."
    )]
    pub engine: Vec<EngineArg>,
    /// Random cases besides the data: random events, silent steps and samples, one-step samples.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cases: usize,
    /// Seed of the pauses and of the random cases.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// No pauses on the streams.
    #[arg(long)]
    pub no_stalls: bool,
}

impl CheckArgs {
    /// Which pauses.
    #[must_use]
    pub fn pauses(&self) -> Pauses {
        Pauses {
            stalls: !self.no_stalls,
            seed: self.seed,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// Bad input, a missing tool, nothing to run.
pub fn run(args: &VerifyArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let aim = args.target.as_deref().map(Aim::named).transpose()?;
    let target = aim.as_ref().map(Aim::target);
    let fabric = aim.as_ref().map_or(Fabric::PORTABLE, Aim::fabric);
    let chosen = choose(&args.check.engine, target)?;
    let source = args.work.source(console)?;
    let Integers {
        network, digest, ..
    } = args.work.integers(&source)?;
    let data = if args.check.cases > 0 {
        source.data_if_any(&args.work.data)?
    } else {
        Some(source.data(&args.work.data)?)
    };
    let lanes = &args.work.lanes;
    let shipped = hardware::design(&network, lanes, fabric, false, console)?;
    let probed = hardware::probed(&network, lanes, fabric, &chosen.engines, console)?;
    let plan = Plan::new(
        &network,
        data.as_ref(),
        args.check.cases,
        args.check.pauses(),
    )?;
    let checks = check(
        &network,
        &[&probed, &shipped],
        &chosen,
        &plan,
        args.check.cases,
        console,
    )?;
    // A design that fails the check cannot tell a mutant.
    let hunted = match checks.equal() {
        true => mutants::hunted(
            &args.mutants,
            &network,
            &probed,
            &plan.stimuli,
            args.check.seed,
            console,
        )?,
        false => None,
    };
    let again = again(&args.work, &args.check, aim.as_ref());
    let killed = hunted.as_ref().is_none_or(Report::passed);
    let passed = checks.passed() && killed;
    console.result(
        || {
            let end = match (checks.equal(), passed) {
                (true, true) => "passed: every compared value equals the golden model",
                (true, false) => {
                    "NOT PASSED: not every engine ran; every compared value equals the golden model"
                }
                (false, _) => "FAILED: the hardware differs from the golden model",
            };
            let end = match killed {
                true => end,
                false => "FAILED: a mutant is neither killed nor proved equivalent",
            };
            format!(
                "{}: digest {digest}\n{}{}{end}\n",
                source.name(),
                checks.lines(&again),
                hunted.as_ref().map(ToString::to_string).unwrap_or_default()
            )
        },
        || {
            json!({
                "network": source.name(),
                "digest": digest,
                "passed": passed,
                "target": target.map(|target| target.name),
                "seed": args.check.seed,
                "stalls": !args.check.no_stalls,
                "engines": checks.document(&again),
                "missing": checks.missing_document(),
                "mutants": hunted.as_ref().map(mutants::document),
            })
        },
    );
    Ok(match (killed, checks.ending()) {
        (false, Ending::Done | Ending::Undecided) => Ending::Mismatch,
        (_, ending) => ending,
    })
}

/// The commands that show a mismatch again.
#[must_use]
pub fn again(work: &WorkArgs, check: &CheckArgs, aim: Option<&Aim>) -> Again {
    again_of(work, aim, check.pauses())
}

/// As [`again`], of these pauses.
#[must_use]
pub fn again_of(work: &WorkArgs, aim: Option<&Aim>, pauses: Pauses) -> Again {
    let given = work.given();
    let target = aim.map_or_else(String::new, |aim| format!(" {}", aim.given()));
    let none = if pauses.stalls { "" } else { " --no-stalls" };
    Again {
        verify: format!(
            "goldspike verify {given}{target} --seed {}{none}",
            pauses.seed
        ),
        wave: format!("goldspike wave {given} --seed {}{none}", pauses.seed),
    }
}
