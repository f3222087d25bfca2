//! The levels of proofs: the neuron units of this very network with the bounds that they rely on, and the control of its design.

use super::job::Job;
use super::levels::{Outline, Planned, stopped};
use crate::cli::console::Console;
use crate::cli::prove;
use crate::diag::Diagnostic;
use crate::engine::tool::{Tool, Toolbox, YOSYS, YOSYS_SMTBMC};
use crate::evidence::{Row, Status};
use crate::prove::{
    self as proof, Limits, Property, ProveError, Prover, Solver, control_claims, network_claims,
};
use std::time::Duration;

/// Names of the levels.
pub(super) const NAMES: [&str; 2] = ["proof", "control"];

/// How the claims of a level are asked.
type Ask = fn(&Job<'_>, &Prover, &Console) -> Result<Vec<Property>, ProveError>;

/// The levels.
pub(super) fn planned<'a>(job: &'a Job<'a>, toolbox: &'a Toolbox) -> Vec<Planned<'a>> {
    let solver = Solver::installed(toolbox).map_or(Solver::ALL[0], |solver| solver);
    let timeout = job.args.timeout.max(1);
    let command = job.of_prove(&format!("--timeout {timeout}"));
    let [units, control] = NAMES;
    let level = |name, shows, tools: &[Tool], ask: Ask| Planned {
        outline: Outline {
            name,
            shows,
            tools: [tools, &[solver.tool()]].concat(),
            depends: vec![timeout.to_string()],
            command: command.clone(),
        },
        run: Box::new({
            let command = command.clone();
            move |console: &Console| {
                asked(job, toolbox, solver, console, ask)
                    .map(|properties| {
                        let rows = properties.into_iter();
                        rows.map(|property| row(property, toolbox, &command))
                            .collect()
                    })
                    .unwrap_or_else(|error| vec![stopped("every claim", &command, &error)])
            }
        }),
    };
    vec![
        level(
            units,
            "For all inputs: each neuron unit equals the golden step, and its states stay within the bounds that it relies on",
            &[YOSYS],
            |job, prover, console| {
                prover.ask_all(
                    &network_claims(job.network(), job.shipped.plans[0].fabric)?,
                    console.jobs(),
                    |property| {
                        told(console, property);
                    },
                )
            },
        ),
        level(
            control,
            "In every cycle after a reset, whatever comes and however streams stall: the control around the neuron units loses, repeats and reorders nothing",
            &[YOSYS, YOSYS_SMTBMC],
            |job, prover, console| {
                prover.ask_all_control(&control_claims(&job.shipped)?, console.jobs(), |property| {
                    told(console, property);
                })
            },
        ),
    ]
}

fn told(console: &Console, property: &Property) {
    console.detail(prove::line(property).trim_end());
}

fn asked(
    job: &Job<'_>,
    toolbox: &Toolbox,
    solver: Solver,
    console: &Console,
    ask: Ask,
) -> Result<Vec<Property>, Diagnostic> {
    let limits = Limits {
        time: Duration::from_secs(job.args.timeout.max(1)),
        ..Limits::default()
    };
    Prover::new(toolbox.clone(), solver, limits)
        .and_then(|prover| ask(job, &prover, console))
        .map_err(|error| prove::failed(&error))
}

fn row(property: Property, toolbox: &Toolbox, command: &str) -> Row {
    let (status, note) = match &property.status {
        proof::Status::Proved => (Status::Proved, None),
        proof::Status::Unknown(why) => (Status::Unknown, Some(why.clone())),
        proof::Status::Refuted { .. } | proof::Status::Broken { .. } => {
            (Status::Failed, Some(prove::line(&property)))
        }
    };
    let assumed = (!property.assumes.is_empty() && note.is_none())
        .then(|| format!("assumed: {}", property.assumes.join("; ")));
    Row {
        tools: toolbox
            .version(YOSYS)
            .into_iter()
            .chain([property.solver])
            .collect(),
        seconds: property.seconds,
        note: note.or(assumed),
        ..Row::new(property.name, status, command).with([("claims", 1)])
    }
}
