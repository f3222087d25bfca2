//! The level of proofs: the neuron units of this very network, and the bounds that they rely on.

use super::job::Job;
use super::levels::{Outline, Planned, stopped};
use crate::cli::console::Console;
use crate::cli::prove;
use crate::diag::Diagnostic;
use crate::engine::tool::{Toolbox, YOSYS};
use crate::evidence::{Row, Status};
use crate::prove::{self as proof, Limits, Property, Prover, Solver, network_claims};
use std::time::Duration;

/// Name of the level.
pub(super) const NAME: &str = "proof";

/// The level.
pub(super) fn planned<'a>(job: &'a Job<'a>, toolbox: &'a Toolbox) -> Planned<'a> {
    let solver = Solver::installed(toolbox).map_or(Solver::ALL[0], |solver| solver);
    let timeout = job.args.timeout.max(1);
    let command = job.of_network("prove", &format!("--timeout {timeout}"));
    let run = {
        let command = command.clone();
        move |console: &Console| {
            let all = "every claim of the neuron units";
            asked(job, toolbox, solver, console)
                .map(|properties| {
                    let rows = properties.into_iter();
                    rows.map(|property| row(property, toolbox, &command))
                        .collect()
                })
                .unwrap_or_else(|error| vec![stopped(all, &command, &error)])
        }
    };
    Planned {
        outline: Outline {
            name: NAME,
            shows: "For all inputs: each neuron unit equals the golden step, and its states stay within the bounds that it relies on",
            tools: vec![YOSYS, solver.tool()],
            depends: vec![timeout.to_string()],
            command,
        },
        run: Box::new(run),
    }
}

fn asked(
    job: &Job<'_>,
    toolbox: &Toolbox,
    solver: Solver,
    console: &Console,
) -> Result<Vec<Property>, Diagnostic> {
    let limits = Limits {
        time: Duration::from_secs(job.args.timeout.max(1)),
        ..Limits::default()
    };
    let told = |property: &Property| console.detail(&format!("{NAME}: {}", property.name));
    let claims = network_claims(job.network());
    claims
        .and_then(|claims| {
            let prover = Prover::new(toolbox.clone(), solver, limits)?;
            prover.ask_all(&claims, console.jobs(), told)
        })
        .map_err(|error| prove::failed(&error))
}

fn row(property: Property, toolbox: &Toolbox, command: &str) -> Row {
    let (status, note) = match &property.status {
        proof::Status::Proved => (Status::Proved, None),
        proof::Status::Unknown(why) => (Status::Unknown, Some(why.clone())),
        proof::Status::Refuted { .. } => (Status::Failed, Some(prove::line(&property))),
    };
    Row {
        tools: toolbox
            .version(YOSYS)
            .into_iter()
            .chain([property.solver])
            .collect(),
        seconds: property.seconds,
        note,
        ..Row::new(property.name, status, command).with([("claims", 1)])
    }
}
