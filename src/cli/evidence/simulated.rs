//! One level for each engine that the target has: the design with the probe and as shipped, value by value against the golden
//! model. The bitstream that is simulated as shipped is the file of the folder.

use super::job::Job;
use super::levels::{Outline, Planned, stopped};
use crate::cli::check::{Check, Checks, played};
use crate::cli::console::Console;
use crate::cli::engines::Simulation;
use crate::cli::verify::again_of;
use crate::engine::{Bitstream, Engine, Routed, Rtl};
use crate::evidence::{Row, Status};
use crate::rtl::Design;
use crate::verify::EngineReport;
use std::time::Instant;

/// The levels.
pub(super) fn planned<'a>(job: &'a Job<'a>) -> Vec<Planned<'a>> {
    let simulations = job.simulations().into_iter();
    simulations
        .map(|simulation| Planned {
            outline: Outline {
                name: simulation.name(),
                shows: shows(simulation),
                tools: simulation.tools(),
                depends: depends(job, simulation),
                command: command(job, simulation),
            },
            run: Box::new(move |console| compared(job, simulation, console)),
        })
        .collect()
}

fn shows(simulation: Simulation) -> &'static str {
    match simulation {
        Simulation::RustHdl => {
            "The hardware description equals the golden model, on the embedded simulator"
        }
        Simulation::Icarus => "The Verilog equals the golden model, on Icarus Verilog",
        Simulation::Verilator => "The Verilog equals the golden model, on Verilator",
        Simulation::Netlist(_) => {
            "What Yosys maps the design to equals the golden model, cell by cell"
        }
        Simulation::Bitstream(_) => {
            "What the device is loaded with equals the golden model: the bits, taken apart, weights included"
        }
        Simulation::Routed(_) => {
            "The design as it is placed and routed equals the golden model, and its bitstream equals it: switches, tables, memory contents"
        }
    }
}

fn depends(job: &Job<'_>, simulation: Simulation) -> Vec<String> {
    match (simulation, &job.placed) {
        (Simulation::Bitstream(_) | Simulation::Routed(_), Some(placed)) => {
            vec![crate::evidence::sha256(&placed.bytes)]
        }
        _ => Vec::new(),
    }
}

fn command(job: &Job<'_>, simulation: Simulation) -> String {
    format!("{} --engine {}", job.verify(), simulation.name())
}

fn compared(job: &Job<'_>, simulation: Simulation, console: &Console) -> Vec<Row> {
    [&job.probed, &job.shipped]
        .into_iter()
        .map(|design| one(job, simulation, design, console))
        .collect()
}

/// The engine of a design, what is said of it, and what repeats it.
fn subject(
    job: &Job<'_>,
    simulation: Simulation,
    design: &Design,
) -> (Box<dyn Engine>, String, String) {
    let probe = design.options.probe;
    let of_engine = command(job, simulation);
    let property = match probe {
        true => "with the probe, the whole trace",
        false => "as shipped, output spikes",
    };
    let placed = job.placed.as_ref().filter(|_| !probe);
    let Some((placed, beside)) = placed.and_then(|placed| Some((placed, placed.beside.clone()?.1)))
    else {
        return (simulation.engine(), property.to_owned(), of_engine);
    };
    let bytes = placed.bytes.clone();
    let (engine, of_folder): (Box<dyn Engine>, _) = match simulation {
        Simulation::Bitstream(target) => (
            Box::new(Rtl(Bitstream::of_bytes(target, bytes))),
            "bit for bit",
        ),
        Simulation::Routed(target) => (
            Box::new(Rtl(Routed::of_files(target, beside, bytes))),
            "which equals its netlist after routing",
        ),
        _ => return (simulation.engine(), property.to_owned(), of_engine),
    };
    let property = format!("{property}: {} of the folder, {of_folder}", placed.file);
    (engine, property, job.command().to_owned())
}

fn one(job: &Job<'_>, simulation: Simulation, design: &Design, console: &Console) -> Row {
    let (mut engine, property, command) = subject(job, simulation, design);
    let start = Instant::now();
    let ran = played(engine.as_mut(), job.network(), design, &job.plan, console);
    let mut row = match ran {
        Err(error) => stopped(&property, &command, &error),
        Ok(report) => judged(
            job,
            simulation,
            report,
            Row::new(property, Status::Passed, command),
        ),
    };
    row.seed = Some(job.args.seed);
    row.tools = vec![engine.version()];
    row.seconds = start.elapsed().as_secs_f64();
    row
}

/// The row of a report: equal, and not on streams that never paused.
fn judged(job: &Job<'_>, simulation: Simulation, report: EngineReport, row: Row) -> Row {
    let sum = &report.comparison;
    let [input, output, _] = report.stalls;
    let row = row.with([
        ("samples", report.samples as u64),
        ("steps", sum.steps),
        ("spikes", sum.spikes_compared),
        ("waits", report.stalls.iter().sum()),
    ]);
    let row = if report.probe {
        row.with([
            ("membranes", sum.membranes_compared),
            ("states", sum.states_compared),
        ])
    } else {
        row
    };
    if sum.passed() && input > 0 && output > 0 {
        return row;
    }
    if sum.passed() {
        let unknown = Row {
            status: Status::Unknown,
            ..row
        };
        return unknown.noting(format!(
            "no pause was met: {input} waiting cycles at the input, {output} at the output"
        ));
    }
    let checks = Checks {
        network: job.network(),
        plan: &job.plan,
        cases: job.args.cases,
        checks: vec![Check {
            engine: simulation,
            probe: report.probe,
            found: Ok(report),
        }],
        missing: Vec::new(),
    };
    let again = again_of(&job.work, job.aim.as_ref(), job.pauses());
    let failed = Row {
        status: Status::Failed,
        ..row
    };
    failed.noting(checks.lines(&again))
}
