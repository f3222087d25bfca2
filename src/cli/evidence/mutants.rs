//! The level of mutants, where they are asked for: small faults planted in each unit, each noticed or proved equivalent.

use super::job::Job;
use super::levels::{Outline, Planned, stopped};
use crate::cli::console::Console;
use crate::cli::mutants;
use crate::engine::tool::{CXX, MAKE, Toolbox, VERILATOR, YOSYS};
use crate::evidence::{Row, Status};
use crate::mutants::{Hunt, Kill, Options, Report, UnitReport};
use crate::prove::{Limits, Solver};
use std::time::{Duration, Instant};

/// Name of the level.
pub(super) const NAME: &str = "mutants";

/// The level, if mutants are asked for.
pub(super) fn planned<'a>(job: &'a Job<'a>, toolbox: &'a Toolbox) -> Option<Planned<'a>> {
    let count = job.args.mutants?.get();
    let options = Options {
        count,
        seed: job.args.seed,
        limits: Limits {
            time: Duration::from_secs(job.args.timeout.max(1)),
            ..Limits::default()
        },
        ..Options::default()
    };
    let solver = Solver::installed(toolbox).map_or(Solver::ALL[0], |solver| solver);
    let again = job.verify();
    let command = format!("{again} --mutants {count} --timeout {}", job.args.timeout);
    Some(Planned {
        outline: Outline {
            name: NAME,
            shows: "The checks see small faults in each unit of the Verilog, or the fault is proved to change nothing",
            tools: vec![YOSYS, VERILATOR, CXX, MAKE, solver.tool()],
            depends: vec![count.to_string(), job.args.timeout.to_string()],
            command: command.clone(),
        },
        run: Box::new(move |console| hunted(job, toolbox, &options, &command, console)),
    })
}

fn hunted(
    job: &Job<'_>,
    toolbox: &Toolbox,
    options: &Options,
    command: &str,
    console: &Console,
) -> Vec<Row> {
    let start = Instant::now();
    let options = Options {
        jobs: console.jobs(),
        ..options.clone()
    };
    let hunt = Hunt {
        network: job.network(),
        design: &job.probed,
        stimuli: &job.plan.stimuli,
        options: &options,
    };
    match hunt.run(toolbox, None, |told| console.detail(told)) {
        Err(error) => vec![stopped("every unit", command, &mutants::failed(&error))],
        Ok(report) => {
            let seconds = start.elapsed().as_secs_f64();
            let units = report.units.iter();
            units
                .map(|unit| Row {
                    seed: Some(options.seed),
                    tools: report.tools.clone(),
                    seconds,
                    ..row(&report, unit, command)
                })
                .collect()
        }
    }
}

/// A unit: a fault that nothing sees fails it, one of which nobody knows leaves it unknown.
fn row(report: &Report, unit: &UnitReport, command: &str) -> Row {
    let kills = [
        Kill::Trace,
        Kill::Protocol,
        Kill::Hang,
        Kill::Cycles,
        Kill::Proof,
    ];
    let killed: usize = kills.iter().map(|&kill| unit.killed(kill)).sum();
    let status = match (unit.holes(), unit.unknown()) {
        (0, 0) => Status::Passed,
        (0, _) => Status::Unknown,
        _ => Status::Failed,
    };
    let row = Row::new(&unit.unit.name, status, command).with([
        ("mutants", unit.mutants.len() as u64),
        ("killed", killed as u64),
        ("proved equivalent", unit.equivalent() as u64),
        ("plays", report.plays as u64),
    ]);
    match (unit.holes(), unit.unknown()) {
        (0, 0) if unit.mutants.is_empty() => Row {
            status: Status::Unknown,
            ..row.noting("no mutant was made")
        },
        (0, 0) => row,
        (holes, unknown) => row.noting(format!(
            "{holes} mutants are seen by nothing that was played, {unknown} are neither killed nor proved equivalent"
        )),
    }
}
