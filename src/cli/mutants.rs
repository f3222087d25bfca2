//! `goldspike verify --mutants`: the checks checked.

use super::console::Console;
use super::errors;
use crate::diag::{Diagnostic, codes};
use crate::engine::Stimulus;
use crate::engine::tool::Toolbox;
use crate::mutants::{Fate, Hunt, Kill, MutantError, Options, Report, UnitReport};
use crate::prove::{Limits, ProveError};
use crate::rtl::Design;
use clap::Args;
use goldspike_golden::quant::QuantNetwork;
use serde_json::{Value, json};
use std::time::Duration;

/// Whether mutants are made, and of what.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Mutants")]
pub struct MutantArgs {
    /// Plant up to N small faults in each unit of the generated Verilog, one at a time, and say of each whether the checks notice
    /// it: every one must be killed, or proved equivalent. Needs Yosys (with yosys-abc), Verilator, and a solver.
    #[arg(long, value_name = "N")]
    mutants: Option<std::num::NonZeroUsize>,
    /// Only these units, by name (`l0_lane`, `guard`, `top`) or kind (`lane`, `crossbar`, `layer`).
    #[arg(
        long,
        value_name = "NAME,..",
        value_delimiter = ',',
        requires = "mutants"
    )]
    unit: Vec<String>,
    /// Longest time for a solver with one surviving mutant, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        requires = "mutants"
    )]
    timeout: u64,
}

/// Hunts, if mutants are asked for, with the stimuli of the verification.
///
/// # Errors
/// A missing or failing tool, no such unit, a design that fails without a mutation.
pub fn hunted(
    args: &MutantArgs,
    network: &QuantNetwork,
    design: &Design,
    stimuli: &[Stimulus],
    seed: u64,
    console: &Console,
) -> Result<Option<Report>, Diagnostic> {
    let Some(count) = args.mutants else {
        return Ok(None);
    };
    let options = Options {
        count: count.get(),
        units: args.unit.clone(),
        seed,
        limits: Limits {
            time: Duration::from_secs(args.timeout.max(1)),
            ..Limits::default()
        },
        jobs: console.jobs(),
        ..Options::default()
    };
    let hunt = Hunt {
        network,
        design,
        stimuli,
        options: &options,
    };
    let report = hunt
        .run(&Toolbox::from_environment(), None, |told| {
            console.detail(told);
        })
        .map_err(|error| failed(&error))?;
    Ok(Some(report))
}

/// Mutants that were not made or not judged.
pub(super) fn failed(error: &MutantError) -> Diagnostic {
    match error {
        MutantError::Engine(error) => errors::engine(error),
        MutantError::NoUnit { .. } => Diagnostic::error(&codes::NOT_APPLICABLE, error.to_string())
            .help("name one of them, or a kind: `--unit lane`"),
        MutantError::Nothing => Diagnostic::error(&codes::NOTHING_RAN, error.to_string())
            .help("name a larger unit, or leave `--unit` out"),
        MutantError::Yosys(_) | MutantError::Unreadable(_) | MutantError::Io(_) => {
            Diagnostic::error(&codes::ENGINE_BUILD, error.to_string())
                .help("`goldspike doctor` lists the tools and their versions")
        }
        MutantError::Prove(failure) => match &**failure {
            ProveError::Missing(missing) => errors::engine(missing),
            _ => errors::internal(error),
        },
        MutantError::Healthy(_) => errors::internal(error),
    }
}

/// The report as JSON.
#[must_use]
pub fn document(report: &Report) -> Value {
    let unit = |unit: &UnitReport| {
        let left = unit.left().map(|mutant| {
            json!({
                "mode": mutant.mutation.mode,
                "what": mutant.mutation.what,
                "signal": mutant.mutation.signal,
                "place": mutant.mutation.place,
                "status": match mutant.fate {
                    Fate::Hole(_) => "hole",
                    _ => "unknown",
                },
                "reason": mutant.fate.why(),
            })
        });
        json!({
            "name": unit.unit.name,
            "module": unit.unit.module,
            "mutants": unit.mutants.len(),
            "killed": {
                "trace": unit.killed(Kill::Trace),
                "protocol": unit.killed(Kill::Protocol),
                "hang": unit.killed(Kill::Hang),
                "cycles": unit.killed(Kill::Cycles),
                "proof": unit.killed(Kill::Proof),
            },
            "equivalent": unit.equivalent(),
            "holes": unit.holes(),
            "unknown": unit.unknown(),
            "left": left.collect::<Vec<_>>(),
        })
    };
    json!({
        "passed": report.passed(),
        "mutants": report.mutants(),
        "plays": report.plays,
        "tools": report.tools,
        "units": report.units.iter().map(unit).collect::<Vec<_>>(),
    })
}
